"""I-projection against closed forms, a general optimiser, its own identity, and tables that have no answer."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from bitsapart.projection.feasible import InfeasibleError
from bitsapart.projection.i_projection import i_projection
from bitsapart.values.errors import UsageError


def bits(p: np.ndarray, q: np.ndarray) -> float:
    some = p > 0.0
    return float(np.sum(p[some] * np.log2(p[some] / q[some])))


def margins_of(p: np.ndarray) -> dict[int, np.ndarray]:
    return {axis: p.sum(axis=tuple(i for i in range(p.ndim) if i != axis)) for axis in range(p.ndim)}


def test_the_die_of_jaynes() -> None:
    found = i_projection(np.full(6, 1 / 6), moments=[(np.arange(1, 7), 4.5)])
    # Jaynes 1978, Where do we stand on maximum entropy?
    assert found.p == pytest.approx([0.05435, 0.07877, 0.11416, 0.16545, 0.23977, 0.34749], abs=5e-6)
    assert found.cost.value == pytest.approx(np.log2(6) - 1.61358 / np.log(2), abs=2e-5)


def test_a_margin_of_one_axis_has_a_closed_form() -> None:
    q = np.array([[0.1, 0.2, 0.1], [0.3, 0.2, 0.1]])
    wanted = np.array([0.7, 0.3])
    found = i_projection(q, margins={0: wanted})
    own = q.sum(axis=1)
    assert found.p == pytest.approx(q * (wanted / own)[:, None], rel=1e-13)
    assert found.cost.value == pytest.approx(bits(wanted, own), rel=1e-12)
    assert found.effective_share == pytest.approx(1.0 / np.sum(wanted**2 / own), rel=1e-12)
    assert found.weights == pytest.approx(found.p / q)


def test_independence_from_two_margins_of_a_uniform_table() -> None:
    rows, columns = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.1, 0.1, 0.2])
    found = i_projection(np.ones((3, 4)), margins={0: rows, 1: columns})
    assert found.p == pytest.approx(np.outer(rows, columns), rel=1e-12)


@given(seed=st.integers(0, 10_000), shape=st.sampled_from([(3, 4), (2, 3, 2), (5, 2), (6,)]), holes=st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_pythagorean_identity(seed: int, shape: tuple[int, ...], holes: bool) -> None:
    draw = np.random.default_rng(seed)
    q, r = draw.dirichlet(np.full(np.prod(shape), 0.7), 2).reshape(2, *shape)
    if holes:
        empty = draw.random(shape) < 0.3
        empty.flat[0] = False
        q, r = np.where(empty, 0.0, q), np.where(empty, 0.0, r)
        q, r = q / q.sum(), r / r.sum()
    function = draw.normal(size=shape)
    asked = {} if len(shape) == 1 else margins_of(r)
    found = i_projection(q, margins=asked, moments=[(function, float(np.sum(r * function)))])
    assert found.violation < 1e-9
    assert np.all(found.p[q == 0.0] == 0.0)
    assert bits(r, q) == pytest.approx(bits(r, found.p) + found.cost.value, rel=1e-6, abs=1e-8)
    assert found.cost.low <= found.cost.value <= found.cost.high
    assert found.cost.high - found.cost.low < 1e-9


def test_against_a_general_optimiser() -> None:
    draw = np.random.default_rng(3)
    q, r = draw.dirichlet(np.ones(12), 2).reshape(2, 3, 4)
    matrix = np.array([np.eye(3)[i][:, None] * np.ones(4) for i in range(3)]).reshape(3, 12)
    matrix = np.vstack([matrix, np.array([np.ones(3)[:, None] * np.eye(4)[i] for i in range(4)]).reshape(4, 12)])
    matrix = matrix[:-1]  # the last follows from the others
    asked = matrix @ r.ravel()
    general = minimize(
        lambda p: np.sum(p * np.log(p / q.ravel())),
        r.ravel(),
        jac=lambda p: np.log(p / q.ravel()) + 1.0,
        bounds=[(1e-9, 1.0)] * 12,
        constraints={"type": "eq", "fun": lambda p: matrix @ p - asked, "jac": lambda _p: matrix},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    found = i_projection(q, margins=margins_of(r))
    assert found.p.ravel() == pytest.approx(general.x, abs=1e-5)
    assert found.cost.value * np.log(2) == pytest.approx(general.fun, abs=1e-8)


def test_what_already_fits_stays_as_it_is() -> None:
    q = np.random.default_rng(0).dirichlet(np.ones(24)).reshape(2, 3, 4)
    found = i_projection(q, margins={0: q.sum((1, 2)), (1, 2): q.sum(0), (2, 0): q.sum(1).T})
    assert found.p == pytest.approx(q, rel=1e-12)
    assert found.cost.value < 1e-20


def test_margins_of_several_axes_by_name_and_of_counts() -> None:
    q = np.random.default_rng(1).gamma(1.0, size=(2, 3, 4))
    wanted = np.random.default_rng(2).integers(1, 50, (4, 2))
    found = i_projection(q, margins={("z", "x"): wanted}, names=["x", "y", "z"])
    assert pytest.approx(wanted / wanted.sum(), rel=1e-12) == found.p.sum(axis=1).T


def test_cells_that_no_solution_fills_are_emptied() -> None:
    found = i_projection([[1.0, 1.0], [0.0, 1.0]], margins={0: [0.5, 0.5], 1: [0.5, 0.5]})
    assert found.p == pytest.approx(np.eye(2) / 2, abs=1e-12)
    assert found.emptied == 1
    assert found.cost.value == pytest.approx(np.log2(1.5), rel=1e-9)
    at_the_end = i_projection(np.ones(6), moments=[(np.arange(6), 5.0)])
    assert at_the_end.p.tolist() == [0, 0, 0, 0, 0, 1]
    a_level = i_projection(np.ones((2, 3)), margins={0: [0.0, 1.0]})
    assert a_level.p[0].tolist() == [0, 0, 0]
    assert a_level.cost.value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("q", "asked", "words"),
    [
        ([[1, 0], [0, 1]], {"margins": {0: [0.3, 0.7], 1: [0.5, 0.5]}}, "together they ask for axis 0 = 0 to be 0.3"),
        ([[1, 1], [0, 0]], {"margins": {0: [0.9, 0.1]}}, "axis 0 = 1 to be 0.1"),
        (np.ones(6), {"moments": [(np.arange(6), 7.0)]}, "lies between 0 and 5 on the cells that q fills"),
        (np.ones(4), {"moments": [([0, 0, 1, 1], 0.2), ([1, 1, 0, 0], 0.9)]}, "moment 0 to be 0.2, moment 1 to be 0.9"),
    ],
)
def test_what_cannot_be_had_is_explained(q: object, asked: dict[str, object], words: str) -> None:
    with pytest.raises(InfeasibleError, match=words):
        i_projection(np.asarray(q, float), **asked)


@pytest.mark.parametrize(
    ("q", "asked", "words"),
    [
        ([[1, 2]], {"margins": {0: [1], 1: [2, 3]}}, "margins 0 and 1 sum to 1 and 5: no table has both"),
        ([[1, 2]], {"margins": {0: [1, 1]}}, r"margin 0 should have shape \(1,\)"),
        ([[1, 2]], {"margins": {2: [1]}}, "axes 0 to 1; got 2"),
        ([[1, 2]], {"margins": {"age": [1]}}, "got 'age'"),
        ([[1, 2]], {"margins": {(0, 0): [[1]]}}, "names an axis twice"),
        ([[1, 2]], {"margins": {1: [-1, 2]}}, "-1.0 at level 0"),
        ([[1, 2]], {"margins": {1: [0, 0]}}, "sums to 0"),
        ([[1, -2]], {"margins": {1: [1, 1]}}, r"-2.0 in cell \(0, 1\)"),
        ([[1, np.nan]], {"margins": {1: [1, 1]}}, r"nan in cell \(0, 1\)"),
        ([[0, 0]], {"margins": {1: [1, 1]}}, "q sums to 0"),
        ([[1, 2]], {}, "give margins or moments"),
        ([[1, 2]], {"moments": [([1, 2, 3], 1.0)]}, r"shape \(3,\), the table \(1, 2\)"),
        ([[1, 2]], {"moments": [([1, np.inf], 1.0)]}, "should be finite"),
        ("abc", {"margins": {0: [1]}}, "a table of numbers"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(q: object, asked: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        i_projection(q, **asked)


def test_large_values_cost_no_digits() -> None:
    values = 1e9 + np.arange(5)
    found = i_projection(np.ones(5), moments=[(values, 1e9 + 2.5)])
    small = i_projection(np.ones(5), moments=[(np.arange(5), 2.5)])
    assert found.p == pytest.approx(small.p, rel=1e-6)


def test_every_margin_of_random_tables_is_met() -> None:
    for seed, shape in itertools.product(range(3), [(40, 30), (12, 10, 8), (300, 4)]):
        draw = np.random.default_rng(seed)
        q, r = draw.gamma(0.5, size=(2, *shape))
        found = i_projection(q, margins=margins_of(r))
        for axis, wanted in margins_of(r).items():
            others = tuple(i for i in range(len(shape)) if i != axis)
            assert found.p.sum(axis=others) == pytest.approx(wanted / r.sum(), abs=1e-12)
