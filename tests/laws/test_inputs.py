"""What measures take, what they refuse and in which words, and what they give back; on NumPy, torch and JAX."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from suite import Measured

import bitsapart as ba
import laws_table
from bitsapart.measures.laws import MEASURES

MEASURED = [Measured(row.name, row.order) for row in laws_table.rows()]
FLAT = [one for one in MEASURED if one.variables == 1]
PAIRS = [one for one in FLAT if one.sides == 2]
JOINT = [one for one in MEASURED if one.variables > 1]

P, Q = np.array([0.5, 0.25, 0.125, 0.125]), np.array([0.25, 0.25, 0.25, 0.25])
TABLE = np.array([[0.5, 0.125], [0.125, 0.25]])


def name(value: object) -> str:
    return str(value)


def arguments(measured: Measured) -> list[np.ndarray]:
    """Arguments that every measure takes."""
    if measured.variables == 1:
        return [P, Q][: measured.sides]
    return [TABLE if measured.variables == 2 else np.multiply.outer(TABLE, [0.25, 0.75])]


def refused(message: str) -> Any:
    return pytest.raises(ba.UsageError, match=message)


# what is no distribution --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "message"),
    [
        (np.array([3, 1]), r"p holds int64.*ba\.estimate"),
        (np.array([3, 1], np.uint8), r"p holds uint8.*ba\.estimate"),
        ([1, 0], r"p holds int64.*ba\.estimate"),
        ([True, False], "p holds bool"),
        ([0.5 + 0.0j, 0.5], "p holds complex128.*real floating-point numbers"),
        (["0.5", "0.5"], "p holds <U3.*numbers"),
        ([None, 0.5], "p holds object.*numbers"),
        (np.array(["2013-01-01"], "datetime64[D]"), "p holds datetime64"),
        (None, "p holds object"),
        ({"a": 0.5, "b": 0.5}, "p holds object"),
        ([[0.5, 0.5], [1.0]], "rows differ in length"),
        (0.5, "p is a single number"),
        (np.float64(1.0), "p is a single number"),
        (np.array(1.0), "p is a single number"),
        ([], "p has no outcomes along axis -1"),
        (np.zeros((5, 0)), "p has no outcomes along axis -1"),
        ([0.75, -0.25, 0.5], r"p holds -0\.25 in column 1.*from_logits=True"),
        ([[0.5, 0.5], [1.0, -1e-300]], r"p holds -1e-300 in row 1, column 1.*no probability"),
        ([0.5, math.nan], "p holds nan in column 1"),
        ([math.inf, 0.5], "p holds inf in column 0"),
        (np.full((2, 3, 2), [0.5, 0.75]), r"p sums to 1\.25 in row \(0, 0\)"),
        ([[0.5, 0.5], [0.5, 0.25]], r"p sums to 0\.75 in row 1.*normalize=True.*from_logits=True.*ba\.estimate"),
        ([3.0, 1.0], r"p sums to 4, and probabilities sum to 1.*normalize=True.*from_logits=True.*ba\.estimate"),
        ([0.0, 0.0], "p sums to 0"),
        ([0.5, 0.5 + 1e-7], r"p sums to 1\.0000001"),
        (np.ma.array([0.5, 0.25, 0.25], mask=[0, 0, 1]), r"masked array.*\.filled\(0\.0\)"),
        (np.ma.array([0.5, 0.5]), "masked array"),
    ],
    ids=repr,
)
def test_what_is_no_distribution_is_refused_in_words(p: Any, message: str) -> None:
    with refused(message):
        ba.entropy(p)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
@pytest.mark.parametrize(
    "spoil", [lambda x: x * 2.0, lambda x: x - 1e-7, lambda x: x * math.nan, lambda x: (x * 8).astype(int)],
    ids=["sum 2", "sum off", "nan", "integers"],
)  # fmt: skip
def test_every_measure_refuses_on_every_side(measured: Measured, spoil: Callable[[np.ndarray], np.ndarray]) -> None:
    given = arguments(measured)
    for side in range(len(given)):
        with pytest.raises(ba.UsageError):
            measured.raw(*(spoil(x) if i == side else x for i, x in enumerate(given)))


@pytest.mark.parametrize("measured", PAIRS, ids=name)
def test_the_second_side_is_named(measured: Measured) -> None:
    with refused(r"q sums to 2 in row 1"):
        measured.raw(P, np.array([Q, 2.0 * Q]))
    with refused(r"p sums to 2"):
        measured.raw(2.0 * P, Q)
    for fewer in ([0.5, 0.25, 0.25], [1.0]):
        with refused(f"has (4|{len(fewer)}) outcomes along axis -1 and . has (4|{len(fewer)})"):
            measured.raw(P, np.array(fewer))
    with refused(r"batches do not fit.*\((2|3), 4\) and \((2|3), 4\)"):
        measured.raw(np.array([P] * 2), np.array([Q] * 3))


def test_each_of_several_sides_is_named() -> None:
    with refused("distribution 3 sums to 2"):
        ba.js_divergence(P, Q, 2.0 * Q)
    with refused("prior sums to 2"):
        ba.information_gain(2.0 * P, Q)
    with refused("joint sums to 2"):
        ba.mutual_information(2.0 * TABLE)


@pytest.mark.parametrize("weights", [[0.5], [0.5, 0.25, 0.25], [0.5, 0.6], [1.5, -0.5], [math.nan, 1.0], "ab", 0.5])
def test_weights_that_are_none(weights: Any) -> None:
    with refused("weights"):
        ba.js_divergence(P, Q, weights=weights)


@pytest.mark.parametrize("axis", [2, -3, 1.0, True, None, "0", (0,)])
def test_axes_that_are_none(axis: Any) -> None:
    with refused("axis"):
        ba.entropy(np.array([P, Q]), axis=axis)


@pytest.mark.parametrize("axis", [(0, 0), (0, 2), (0, -3), (0,), (0, 1, 2), (0, -2), (0.0, 1)])
def test_axes_of_tables_that_are_none(axis: Any) -> None:
    with refused("ax[ei]s"):
        ba.mutual_information(TABLE, axis=axis)


def test_a_table_needs_its_variables() -> None:
    with refused("1 axis"):
        ba.mutual_information(P)
    with refused("single number"):
        ba.joint_entropy(1.0)
    with refused("at least 2 variables"):
        ba.total_correlation(P)


@pytest.mark.parametrize("measure", ["renyi_entropy", "tsallis_entropy", "renyi_divergence", "tsallis_divergence"])
@pytest.mark.parametrize("order", [-1.0, math.nan, "two", None, [1.0, 2.0]])
def test_orders_that_are_none(measure: str, order: Any) -> None:
    given = arguments(Measured(measure, 1.0))
    with refused("the order (alpha|q) should be"):
        MEASURES[measure](*given, order)


@pytest.mark.parametrize("measure", ["tsallis_entropy", "tsallis_divergence", "alpha_divergence"])
def test_orders_that_should_be_finite(measure: str) -> None:
    with refused("should be finite"):
        MEASURES[measure](*arguments(Measured(measure, 1.0)), math.inf)
    with refused("should be above 0"):
        ba.tsallis_divergence(P, Q, 0)


@pytest.mark.parametrize("unit", ["bits", "BIT", "", None, 2])
def test_units_that_are_none(unit: Any) -> None:
    with refused("unit should be one of bit, nat, ban"):
        ba.entropy(P, unit=unit)


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([0.0, math.nan], "p holds nan in column 1.*logit"),
        ([0.0, math.inf], "p holds inf in column 1.*logit"),
        ([[0.0, 1.0], [-math.inf, -math.inf]], "every logit of p is -inf in row 1"),
        ([0, 1], "p holds int64"),
    ],
)
def test_logits_that_are_none(logits: Any, message: str) -> None:
    with refused(message):
        ba.entropy(logits, from_logits=True)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([0.0, 0.0], "p sums to 0.*nothing can be normalised"),
        ([[1.0, 1.0], [0.0, 0.0]], "p sums to 0 in row 1"),
        ([1.0, -1e-300], "p holds -1e-300 in column 1"),
        ([1.0, math.inf], "p holds inf in column 1"),
        ([3, 1], r"p holds int64.*ba\.estimate"),
    ],
)
def test_weights_that_cannot_be_normalised(weights: Any, message: str) -> None:
    with refused(message):
        ba.entropy(weights, normalize=True)


def test_generators_that_are_none() -> None:
    with refused(r"f\(1\) should be 0"):
        ba.f_divergence(P, Q, lambda t: t)
    with refused("one of chi_squared_divergence"):
        ba.f_divergence(P, Q, "euclid")
    with refused("at_infinity"):
        ba.f_divergence(P, [0.5, 0.5, 0.0, 0.0], lambda t: t * t - 1.0)


# what is one --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measured", MEASURED, ids=name)
@pytest.mark.parametrize(
    "other",
    [
        lambda x: x.tolist(),
        lambda x: x.astype(">f8"),
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 3, axis=-1)[..., ::3],
        lambda x: x[..., ::-1].copy()[..., ::-1],
        lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
        lambda x: np.frombuffer(b"\0" + x.tobytes(), offset=1).reshape(x.shape),
        lambda x: x.astype(np.float16),
        lambda x: x.astype(np.longdouble),
        lambda x: np.matrix(x) if x.ndim == 2 else x,
    ],
    ids=["lists", "swapped", "Fortran", "strided", "backwards", "read-only", "unaligned", "half", "long", "matrix"],
)
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_how_an_array_lies_does_not_matter(measured: Measured, other: Callable[[np.ndarray], Any]) -> None:
    given = arguments(measured)
    before = [x.copy() for x in given]
    value = measured.raw(*(other(x) for x in given))
    assert np.ndim(value) == 0
    half = getattr(other(given[0]), "dtype", None) == np.float16
    assert float(value) == pytest.approx(measured(*given), rel=1e-6 if half else 1e-15)
    assert all(np.array_equal(x, y) for x, y in zip(given, before, strict=True))


def test_what_numpy_can_read_is_read() -> None:
    assert ba.entropy(pd.Series(P, index=list("abcd"))) == ba.entropy(tuple(P)) == ba.entropy(P) == 1.75
    assert ba.entropy(pd.DataFrame([P, Q])).tolist() == [1.75, 2.0]
    assert ba.kl_divergence(pd.Series(P), Q.tolist()) == ba.kl_divergence(P, Q)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_precision_in_is_precision_out(measured: Measured) -> None:
    given = arguments(measured)
    for kind, result in ((np.float64, np.float64), (np.float32, np.float32), (np.float16, np.float32)):
        value = measured.raw(*(x.astype(kind) for x in given))
        assert type(value) is result
        batch = measured.raw(*(np.stack([x, x]).astype(kind) for x in given), **batch_axis(measured))
        assert type(batch) is np.ndarray
        assert (batch.dtype, batch.shape) == (result, (2,))
    if measured.sides == 2:
        mixed = measured.raw(given[0].astype(np.float32), given[1])
        assert type(mixed) is np.float64
        assert mixed == measured(*given)


def batch_axis(measured: Measured) -> dict[str, Any]:
    return {"axis": tuple(range(1, 1 + measured.variables))} if measured.variables > 1 else {}


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_no_rows_give_no_values(measured: Measured) -> None:
    empty = [np.zeros((0, *x.shape)) for x in arguments(measured)]
    value = measured.raw(*empty, **batch_axis(measured))
    assert (value.shape, value.dtype) == ((0,), np.float64)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_one_outcome_is_certain(measured: Measured) -> None:
    value = measured(*[np.ones((1,) * measured.variables)] * measured.sides)
    assert value == {"perplexity": 1.0, "bhattacharyya_coefficient": 1.0}.get(measured.name, 0.0)
    assert math.copysign(1.0, value) == 1.0


@pytest.mark.parametrize("measured", MEASURED, ids=name)
@pytest.mark.parametrize("scale", [1e308, 5e-324, 1e-310], ids=["overflow", "subnormal", "small"])
def test_weights_at_the_ends_of_the_floats(measured: Measured, scale: float) -> None:
    shape = (2,) * measured.variables
    weights = [np.full(shape, scale)] * measured.sides
    expected = measured(*(np.full(shape, 0.5**measured.variables) for _ in weights))
    assert float(measured.raw(*weights, normalize=True)) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("rounding", [1e-8, -1e-8, 2.0**-53])
@pytest.mark.parametrize("measured", FLAT, ids=name)
def test_a_rounded_sum_does_not_matter(measured: Measured, rounding: float) -> None:
    given = arguments(measured)
    assert measured(*(x * (1.0 + rounding) for x in given)) == pytest.approx(measured(*given), rel=1e-14)


CORNERS = [
    np.array(row)
    for row in (
        [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [5e-324, 1.0, 0.0], [1.0, 5e-324, 2e-308],
        [1e-310, 0.0, 1.0], [1e-160, 1.0, 1e-160], [0.25, 0.25, 0.5], [0.25 + 2.0**-54, 0.25, 0.5],
        [1.0 - 2.0**-53, 2.0**-53, 0.0],
    )
]  # fmt: skip


@pytest.mark.parametrize("measured", FLAT, ids=name)
def test_no_corner_is_nan_or_negative(measured: Measured) -> None:
    """Nor does it warn: a warning is an error here. A batch and a row alone give the same."""
    rows = np.array(CORNERS)
    given = [rows[:, None], rows][: measured.sides] if measured.sides == 2 else [rows]
    values = measured.raw(*given)
    assert np.all(values >= 0.0)
    if measured.sides == 2:
        alone = [[measured(p, q) for q in CORNERS] for p in CORNERS]
        if measured.laws.zero_iff_equal:
            assert np.all(np.diag(values) == 0.0)
    else:
        alone = [measured(p) for p in CORNERS]
    assert np.allclose(values, alone, rtol=1e-14, atol=0.0)


@pytest.mark.parametrize("measured", JOINT, ids=name)
def test_no_corner_of_a_table_is_nan_or_negative(measured: Measured) -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        flat = rng.choice([0.0, 5e-324, 1e-310, 1e-160, 1e-20, 0.25, 1.0], 2**measured.variables)
        flat[rng.integers(flat.size)] = 1.0
        assert float(measured.raw(flat.reshape((2,) * measured.variables), normalize=True)) >= 0.0


@pytest.mark.parametrize(
    ("order", "expected"),
    [(0.5, 2.0 * math.log(math.sqrt(2.0))), (1.5, 3.0 * math.log(0.5) + 310.0 * math.log(10.0)),
     (2.0, 2.0 * math.log(0.5) + 310.0 * math.log(10.0)), (3.0, 1.5 * math.log(0.5) + 310.0 * math.log(10.0)),
     (65.0, 65.0 / 64.0 * math.log(0.5) + 310.0 * math.log(10.0)), (math.inf, math.log(0.5) + 310.0 * math.log(10.0))],
)  # fmt: skip
def test_renyi_divergence_is_finite_where_its_sum_overflows(order: float, expected: float) -> None:
    assert float(ba.renyi_divergence([0.5, 0.5], [1e-310, 1.0], order, unit="nat")) == pytest.approx(expected, rel=1e-9)


# torch and JAX ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def jax() -> Iterator[Any]:
    library = pytest.importorskip("jax")
    before = library.config.jax_enable_x64
    library.config.update("jax_enable_x64", True)
    yield library
    library.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_torch_in_torch_out(measured: Measured, torch: Any) -> None:
    given = arguments(measured)
    expected = measured(*given)
    kinds = {torch.float64: (torch.float64, 1e-13), torch.float32: (torch.float32, 1e-5)}
    kinds |= dict.fromkeys((torch.float16, torch.bfloat16), (torch.float32, 1e-5))
    for kind, (result, rel) in kinds.items():
        value = measured.raw(*(torch.tensor(x, dtype=kind) for x in given))
        assert (value.dtype, value.shape) == (result, torch.Size([]))
        assert float(value) == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_torch_gradients_are_finite_and_right(measured: Measured, torch: Any) -> None:
    given = [torch.tensor(x, requires_grad=True) for x in arguments(measured)]
    value = measured.raw(*given)
    assert value.requires_grad
    if "Equal" in str(type(value)) or (measured.order == 0 and measured.name.startswith(("renyi", "tsallis"))):
        return  # a step function
    value.backward()
    step = np.random.default_rng(1).normal(size=given[0].shape)
    step -= step.mean()
    for i, side in enumerate(given):
        assert torch.isfinite(side.grad).all()
        moved = [[x + sign * 1e-6 * step * (i == j) for j, x in enumerate(arguments(measured))] for sign in (1.0, -1.0)]
        slope = (measured(*moved[0]) - measured(*moved[1])) / 2e-6
        assert float((side.grad * torch.tensor(step)).sum()) == pytest.approx(slope, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("measured", FLAT, ids=name)
def test_torch_gradients_stay_finite_at_zeros_and_at_equality(measured: Measured, torch: Any) -> None:
    rows = torch.tensor([[0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.5, 0.0]], dtype=torch.float64, requires_grad=True)
    value = measured.raw(*[rows] * measured.sides)
    value.sum().backward()
    assert torch.isfinite(rows.grad).all()


@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([3, 1], r"p holds .*int.*ba\.estimate"),
        ([True, False], "p holds .*bool"),
        ([[0.5, 0.5], [0.5, 0.75]], r"p sums to 1\.25 in row 1.*normalize=True"),
        ([0.5, -0.5, 1.0], r"p holds -0\.5 in column 1"),
        ([0.5, math.nan], "p holds nan in column 1"),
        (1.0, "p is a single number"),
        ([[], []], "p has no outcomes"),
    ],
)
def test_other_libraries_refuse_in_the_same_words(
    library: str, p: Any, message: str, request: pytest.FixtureRequest
) -> None:
    module = request.getfixturevalue(library)
    array = module.tensor(p) if library == "torch" else module.numpy.asarray(p)
    with refused(message):
        ba.entropy(array)
    with refused(message):
        ba.kl_divergence(array, array)


def test_libraries_do_not_mix_unseen(torch: Any, jax: Any) -> None:
    with refused("jax(lib)? and torch"):
        ba.kl_divergence(torch.tensor(P), jax.numpy.asarray(Q))
    beside_numpy = ba.kl_divergence(torch.tensor(P), Q)
    assert type(beside_numpy) is torch.Tensor
    assert float(beside_numpy) == pytest.approx(float(ba.kl_divergence(P, Q)), rel=1e-14)
    assert isinstance(ba.kl_divergence(P.tolist(), jax.numpy.asarray(Q)), jax.Array)


@pytest.mark.parametrize("measured", FLAT, ids=name)
def test_torch_vmap_is_a_batch(measured: Measured, torch: Any) -> None:
    rows = [torch.tensor(np.array([x, x[::-1]])) for x in arguments(measured)]
    mapped = torch.func.vmap(measured.raw)(*rows)
    assert torch.allclose(mapped, measured.raw(*rows), rtol=1e-14, atol=0.0)


TRACED = ["entropy", "js_distance", "kl_divergence", "mutual_information", "total_variation"]


@pytest.mark.parametrize("measured", [*map(Measured, TRACED), Measured("renyi_divergence", 2.0)], ids=name)
def test_jax_jit_grad_and_vmap(measured: Measured, jax: Any) -> None:
    given = [jax.numpy.asarray(x) for x in arguments(measured)]
    value = float(measured.raw(*given))
    assert value == pytest.approx(measured(*arguments(measured)), rel=1e-13)
    both = jax.jit(jax.value_and_grad(lambda *x: measured.raw(*x), argnums=tuple(range(len(given)))))
    compiled, gradients = both(*given)
    assert float(compiled) == pytest.approx(value, rel=1e-13)
    assert all(bool(jax.numpy.all(jax.numpy.isfinite(g))) for g in gradients)
    mapped = jax.vmap(measured.raw)(*(jax.numpy.stack([x, x]) for x in given))
    assert mapped.tolist() == pytest.approx([value] * 2, rel=1e-13)


def test_jax_in_its_own_precision(jax: Any) -> None:
    for kind in ("float16", "bfloat16", "float32"):
        value = ba.kl_divergence(jax.numpy.asarray(P, kind), jax.numpy.asarray(Q, kind))
        assert (str(value.dtype), value.shape) == ("float32", ())
        assert float(value) == pytest.approx(0.25, rel=1e-6)


def test_a_traced_row_that_is_no_distribution_becomes_nan(jax: Any) -> None:
    rows = jax.numpy.asarray([P, 2.0 * P, -P])
    assert np.isnan(np.asarray(jax.jit(ba.entropy)(rows))).tolist() == [False, True, True]


@pytest.fixture(params=[{}, {"from_logits": True}], ids=["probabilities", "logits"])
def compilable(request: pytest.FixtureRequest, torch: Any) -> tuple[Callable[..., Any], list[Any]]:
    """A divergence, and arguments."""
    p, q = np.random.default_rng(5).dirichlet(np.ones(6), (2, 3))
    given = [3.0 + np.log(p), np.log(q)] if request.param else [p, q]

    def divergence(p: Any, q: Any) -> Any:
        return ba.kl_divergence(p, q, unit="nat", **request.param)

    return divergence, [torch.tensor(x) for x in given]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
def test_torch_compiles_the_divergence_as_one_graph(
    compilable: tuple[Callable[..., Any], list[Any]], torch: Any
) -> None:
    divergence, given = compilable
    leaves, expected = ([x.clone().requires_grad_() for x in given] for _ in range(2))
    value = torch.compile(divergence, fullgraph=True, backend="aot_eager")(*leaves)
    value.sum().backward()
    divergence(*expected).sum().backward()
    assert torch.allclose(value, divergence(*given), rtol=1e-12, atol=0.0)
    for leaf, other in zip(leaves, expected, strict=True):
        assert torch.allclose(leaf.grad, other.grad, rtol=1e-10, atol=1e-14)
