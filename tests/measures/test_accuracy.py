"""Every measure on every case of tests/oracle against the truth that is stored there."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from math import inf, isfinite, isnan, log
from typing import Any

import numpy as np
import pytest
import torch
from cases import IN_ONE_PASS, Case, cases, gradient_calls, vocabulary
from make_oracle import ORACLE, entry, inputs, key
from truth import SLOPES, Call, Given, gradient, values

import bitsapart as ba
from bitsapart.measures import kernels

TOLERANCE = 4e-15
FAMILY = 1e-13
"""For measures with an order."""
SLOPE = 1e-12
"""Of the largest slope of a gradient."""
ULP = 5e-324

KNOWN = json.loads(ORACLE.read_text())
FORMULAS = "numpy, not compiled"
LIBRARIES: dict[str, Callable[[np.ndarray], Any]] = {"numpy": lambda array: array, "torch": torch.from_numpy}
CALLS = {key(call): call for case in cases() for call in case.calls()}
KINDS = {
    "kl_divergence", "jeffreys_divergence", "js_divergence", "js_distance", "renyi_divergence",
    "bhattacharyya_distance", "tsallis_divergence", "alpha_divergence", "total_variation", "squared_hellinger",
    "hellinger_distance", "chi_squared_divergence", "neyman_chi_squared_divergence",
}  # fmt: skip
"""The measures of two that are 0 at P = Q."""


def wrong(found: float, truth: str, tolerance: float = TOLERANCE, subnormal: float = 4 * ULP) -> str:
    """What is wrong with a value, or nothing; near the smallest float only its absolute error can be asked for."""
    found, true = float(found), float(truth)
    if isnan(found) or np.signbit(found):
        return f"{found!r} for {truth}"
    if found == true or (isfinite(true) and abs(found - true) <= max(tolerance * true, subnormal)):
        return ""
    return f"{found!r} for {truth}, error {abs(found / true - 1) if true else inf:.1e}"


def precision(call: Call, truth: str) -> tuple[float, float]:
    """The relative and the absolute error that a measure may have."""
    if call[1]:  # an order multiplies; and a value of 1e300 is the exponential of 700, with the error of that
        return FAMILY * max(1.0, log(max(float(truth), 1.0)) / 300), 100 * ULP
    root = call[0] in ("js_distance", "hellinger_distance") and float(truth) > 0
    return TOLERANCE, 4 * ULP / float(truth) if root else 4 * ULP


def arrays_of(case: Case, library: str) -> list[Any]:
    return [LIBRARIES.get(library, np.asarray)(array) for array in case.arrays()]


def judge(case: Case, call: Call, arrays: list[Any], truth: str) -> str:
    """What is wrong with a measure of a case, an error or a warning counting as wrong too."""
    try:
        found = getattr(ba, call[0])(*arrays, *call[1], **case.options(call))
    except (ValueError, ArithmeticError, Warning) as error:
        return f"{error!r} for {truth}"
    return wrong(found, truth, *precision(call, truth))


def affordable(case: Case, call: Call, library: str) -> bool:
    """Without the compiled kernels, many outcomes take long: enough to see that their sums are right."""
    return library == "numpy" or case.outcomes <= (100_000 if call[0] in IN_ONE_PASS else 1000)


def report(failures: Iterable[tuple[str, str]]) -> None:
    lines = [f"{where}: {what}" for where, what in failures if what]
    assert not lines, f"{len(lines)} wrong\n" + "\n".join(lines)


@pytest.mark.parametrize("library", [*LIBRARIES, FORMULAS])
@pytest.mark.parametrize("called", CALLS)
def test_a_measure_is_its_truth(called: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    call = CALLS[called]
    if library == FORMULAS:
        monkeypatch.setattr(kernels, "_kernels", None)
    report(
        (case.name, judge(case, call, arrays_of(case, library), KNOWN[case.name]["truth"][called]))
        for case in cases()
        if called in KNOWN[case.name]["truth"] and affordable(case, call, library)
    )


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("called", [called for called, call in CALLS.items() if call[0] in KINDS])
def test_a_distribution_is_at_no_distance_from_itself(called: str, library: str) -> None:
    report(
        (case.name, judge(case, CALLS[called], arrays_of(case, library)[:1] * 2, "0.0"))
        for case in cases()
        if case.of == "pair" and not case.times and len(case.rows[0]) < 100
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_surprisal_is_its_truth(library: str) -> None:
    def failures() -> Iterator[tuple[str, str]]:
        for case in cases():
            if "surprisal" in KNOWN[case.name]:
                found = ba.surprisal(*arrays_of(case, library), **case.options(("surprisal", ())))
                for value, truth in zip(found, KNOWN[case.name]["surprisal"], strict=True):
                    yield case.name, wrong(value, truth)

    report(failures())


RELATED = {
    "entropy": "entropy", "cross_entropy": "cross_entropy", "divergence": "kl_divergence",
    "reverse_divergence": "information_gain", "js_divergence": "js_divergence",
}  # fmt: skip


def test_relate_is_its_truth() -> None:
    def failures() -> Iterator[tuple[str, str]]:
        for case in cases():
            if case.of == "pair" and not case.alone:
                related = ba.relate(*case.arrays(), **case.options(("kl_divergence", ())))
                truth = KNOWN[case.name]["truth"] | {"entropy": entropy_of_the_first(case)}
                assert related.cross_entropy == related.entropy + related.divergence
                for field, measure in RELATED.items():
                    yield f"{case.name}, {field}", wrong(getattr(related, field), truth[measure])

    report(failures())


@pytest.mark.parametrize(
    "called", ["kl_divergence", "total_variation", "squared_hellinger", "js_divergence", "chi_squared_divergence"]
)
def test_f_divergence_by_name_is_its_truth(called: str) -> None:
    def failures() -> Iterator[tuple[str, str]]:
        for case in cases():
            if case.of == "pair" and not case.alone:
                truth = KNOWN[case.name]["truth"][called]
                yield case.name, judge(case, ("f_divergence", ()), [*case.arrays(), called], truth)

    report(failures())


@pytest.mark.parametrize(
    ("called", "generator", "at_infinity"),
    [
        ("chi_squared_divergence", lambda t: (t - 1) ** 2, inf),
        ("total_variation", lambda t: abs(t - 1) / 2, 0.5),
        ("squared_hellinger", lambda t: 1 - t**0.5, 0.0),
    ],
)
def test_f_divergence_of_a_function_is_its_truth(
    called: str, generator: Callable[[Any], Any], at_infinity: float
) -> None:
    """Where P and Q are apart: near each other, the rounding of p / q is all that a function can see."""
    for case in cases():
        if case.group in ("P apart from Q", "zeros") and "near" not in case.name and "1e-" not in case.name:
            found = ba.f_divergence(*case.arrays(), generator, at_infinity=at_infinity)
            assert found == pytest.approx(float(KNOWN[case.name]["truth"][called]), rel=1e-13), case.name


@pytest.mark.parametrize(("unit", "nats"), [("bit", log(2)), ("ban", log(10))])
def test_units(unit: str, nats: float) -> None:
    for case in cases():
        if case.group in ("P apart from Q", "P near Q"):
            options = case.options(("kl_divergence", ())) | {"unit": unit}
            found = ba.kl_divergence(*case.arrays(), **options)
            assert found == pytest.approx(float(KNOWN[case.name]["truth"]["kl_divergence"]) / nats, rel=2 * TOLERANCE)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("called", ["kl_divergence", "js_divergence", "total_variation", "renyi_divergence(2)"])
def test_rows_of_a_batch_are_as_good_as_alone(called: str, library: str) -> None:
    """Also along the first axis, in memory that is not contiguous."""
    chosen = [case for case in cases() if case.group == "P near Q" and len(case.rows[0]) == 10]
    p, q = (np.array([case.rows[side] for case in chosen]).T for side in (0, 1))
    name, parameter = CALLS[called]
    found = getattr(ba, name)(*map(LIBRARIES[library], (p, q)), *parameter, axis=0, **chosen[0].options((name, ())))
    report(
        (case.name, wrong(value, KNOWN[case.name]["truth"][called], FAMILY if parameter else TOLERANCE))
        for case, value in zip(chosen, found, strict=True)
    )


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("kl_divergence", 1e-3), ("js_divergence", 1e-3), ("total_variation", 1e-3), ("entropy", 1e-6)],
)
def test_logits_of_a_vocabulary_in_single_precision(name: str, tolerance: float, library: str) -> None:
    """KL of 4e-11 nats, where a difference of logarithms in single precision is off by thousands of times that."""
    case = vocabulary()
    arrays = [LIBRARIES[library](array.astype(np.float32)) for array in case.arrays()]
    truth = KNOWN[case.name]["truth"]
    assert 3e-11 < float(truth["kl_divergence"]) < 5e-11
    found = getattr(ba, name)(*arrays[: 1 if name == "entropy" else 2], **case.options((name, ())))
    assert str(found.dtype).endswith("float32")
    assert not wrong(found, truth.get(name) or entropy_of_the_first(case), tolerance)


@cache
def entropy_of_the_first(case: Case) -> str:
    return values(Given(case.rows[:1], case.times, case.logits), [("entropy", ())])[0]


# gradients ----------------------------------------------------------------------------------------------------------


def steep(found: np.ndarray, case: Case, called: str) -> str:
    """What is wrong with a gradient: a slope that has no finite value must only not be NaN.

    Slopes are differences of parts as large as the measure itself, whose rounding is allowed for.
    """
    if np.isnan(found).any():
        return f"NaN: {found.tolist()}"
    true = np.array([[inf if x is None else float(x) for x in row] for row in KNOWN[case.name]["gradient"][called]])
    finite = np.isfinite(true)
    scale = np.abs(true[finite]).max(initial=0.0)
    rounding = 1e-15 * float(KNOWN[case.name]["truth"][called])
    error = np.abs(np.subtract(found, true, where=finite, out=np.zeros_like(true)))
    where = np.unravel_index(error.argmax(), error.shape)
    if error[where] <= SLOPE * scale + rounding:
        return ""
    return f"{found[where]} for {true[where]} at {tuple(map(int, where))}, of {scale:.3g}"


def torch_gradient(case: Case, call: Call) -> np.ndarray:
    rows = [torch.tensor(array, requires_grad=True) for array in case.arrays()]
    getattr(ba, call[0])(*rows, *call[1], **case.options(call)).backward()
    return np.array([row.grad.numpy() for row in rows])


@pytest.mark.parametrize("called", sorted({key(call) for case in cases() for call in gradient_calls(case)}))
def test_a_gradient_is_its_truth(called: str) -> None:
    report(
        (case.name, steep(torch_gradient(case, call), case, called))
        for case in cases()
        for call in gradient_calls(case)
        if key(call) == called
    )


# the oracle itself --------------------------------------------------------------------------------------------------


def test_the_oracle_knows_these_cases() -> None:
    every = [*cases(), vocabulary()]
    assert [case.name for case in every] == list(KNOWN)
    assert [case.name for case in every if inputs(case.rows) != KNOWN[case.name]["inputs"]] == []


def test_the_oracle_is_what_the_formulas_give() -> None:
    short = [case for case in cases() if len(case.rows[0]) <= 5][::17]
    assert [case.name for case in short if entry(case) != KNOWN[case.name]] == []


@pytest.mark.parametrize(
    ("call", "rows", "expected"),
    [
        ("entropy", [[0.25] * 4], 2 * log(2)),
        ("perplexity", [[0.25] * 4], 4),
        ("kl_divergence", [[0.5, 0.5], [0.25, 0.75]], 0.5 * log(4 / 3)),
        ("js_divergence", [[1.0, 0.0], [0.0, 1.0]], log(2)),
        ("js_divergence", [[1.0, 0.0], [0.5, 0.5]], 0.75 * log(4 / 3)),
        ("renyi_divergence(2)", [[0.5, 0.5], [0.25, 0.75]], log(4 / 3)),
        ("tsallis_divergence(2)", [[0.5, 0.5], [0.25, 0.75]], 1 / 3),
        ("alpha_divergence(2)", [[0.5, 0.5], [0.25, 0.75]], 1 / 6),
        ("alpha_divergence(-1)", [[0.25, 0.75], [0.5, 0.5]], 1 / 6),
        ("chi_squared_divergence", [[0.5, 0.5], [0.25, 0.75]], 1 / 3),
        ("neyman_chi_squared_divergence", [[0.5, 0.5], [0.25, 0.75]], 1 / 4),
        ("total_variation", [[0.5, 0.5], [0.25, 0.75]], 1 / 4),
        ("squared_hellinger", [[1.0, 0.0], [0.25, 0.75]], 1 / 2),
        ("bhattacharyya_distance", [[1.0, 0.0], [0.25, 0.75]], log(2)),
        ("renyi_entropy(0)", [[0.5, 0.5, 0.0]], log(2)),
        ("renyi_entropy(inf)", [[0.25, 0.75]], log(4 / 3)),
        ("tsallis_entropy(2)", [[0.25, 0.75]], 3 / 8),
    ],
)
def test_the_formulas_on_textbook_values(call: str, rows: list[list[float]], expected: float) -> None:
    assert float(values(Given(rows), [CALLS[call]])[0]) == pytest.approx(expected, rel=1e-15)


def test_the_formulas_of_a_table_on_textbook_values() -> None:
    """Exclusive or: any two of the variables are independent, given the third they determine each other."""
    xor = Given([[0.25, 0.0, 0.0, 0.25, 0.0, 0.25, 0.25, 0.0]], shape=(2, 2, 2))
    calls = [(name, ()) for name in ("conditional_mutual_information", "total_correlation", "joint_entropy")]
    assert [float(x) / log(2) for x in values(xor, calls)] == [1, 1, 2]
    same = Given([[0.5, 0.0, 0.0, 0.5]], shape=(2, 2))
    assert values(same, [("conditional_entropy", ())]) == ["0.0"]
    assert float(values(same, [("mutual_information", ())])[0]) == log(2)


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("name", SLOPES)
def test_the_gradients_of_the_formulas_are_slopes(name: str, logits: bool) -> None:
    rows = [[0.125, 0.25, 0.75], [0.5, 0.25, 0.125]][: 1 if name == "entropy" else 2]
    call: Call = (name, (0.5,) if name == "renyi_divergence" else ())
    step = 2.0**-26
    for side, row in enumerate(gradient(Given(rows, logits=logits), *call)):
        for outcome, slope in enumerate(row):
            ends = []
            for move in (step, -step):
                moved = [list(one) for one in rows]
                moved[side][outcome] += move
                ends.append(float(values(Given(moved, logits=logits), [call])[0]))
            assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(float(slope or "nan"), abs=1e-7)
