"""Every measure, at each of its orders, against every law that it declares; on NumPy, torch and JAX."""

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import strategies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suite import CHECKS, Measured

import bitsapart as ba
import laws_table
from bitsapart.measures.laws import MEASURES, Laws

MEASURED = [Measured(row.name, row.order) for row in laws_table.rows()]
DECLARED = [
    (one, law, getattr(one.laws, law)) for one in MEASURED for law in CHECKS if getattr(one.laws, law) is not None
]
HOLDS = [(one, law) for one, law, value in DECLARED if value is not False]
FAILS = [(one, law) for one, law, value in DECLARED if value is False]
EVERY_LAW = {
    "pair": set(CHECKS) - {"concave"},
    "distribution": {"at_most", "finite", "concave", "data_processing", "additive"},
    "joint": {"at_most", "finite", "symmetric", "data_processing", "additive"},
}

examples = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def name(value: object) -> str:
    return str(value)


# NumPy --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("measured", "law"), HOLDS, ids=name)
@examples
@given(data=st.data())
def test_a_law_that_is_declared_holds(measured: Measured, law: str, data: st.DataObject) -> None:
    CHECKS[law](measured, *data.draw(strategies.case(law, measured.sides, measured.variables)))


@pytest.mark.parametrize(("measured", "law"), FAILS, ids=name)
def test_a_law_that_is_declared_to_fail_has_a_counterexample(measured: Measured, law: str) -> None:
    found = laws_table.counterexample(laws_table.Row(measured.name, measured.order), law)
    assert found is not None
    with pytest.raises(AssertionError):
        CHECKS[law](measured, *found.case)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_no_law_with_a_meaning_is_left_out(measured: Measured) -> None:
    declared = {law for one, law, _ in DECLARED if one == measured}
    assert declared >= EVERY_LAW[measured.laws.of]
    assert {field.name for field in fields(Laws)} - {"of", "information"} == set(CHECKS)


EXTREMES = {
    "distribution": [(np.full(4, 0.25),), (np.eye(4)[0],)],
    "pair": [(np.eye(4)[0], np.eye(4)[1]), (np.eye(4)[0], np.eye(4)[0]), (np.eye(4)[0], np.full(4, 0.25))],
    "joint": [(np.eye(3) / 3.0,), (np.full((1, 4), 0.25),), (np.eye(3)[:, :, None] / 3.0,)],
}


@pytest.mark.parametrize("measured", [one for one in MEASURED if one.name != "total_correlation"], ids=name)
def test_the_largest_value_is_reached(measured: Measured) -> None:
    cases = [case for case in EXTREMES[measured.laws.of] if case[0].ndim == measured.variables]
    assert any(math.isclose(measured(*case), measured.laws.at_most.of(case[0].size), rel_tol=1e-15) for case in cases)


def test_total_correlation_comes_close_to_its_largest_value() -> None:
    copies = np.zeros([2] * 10)
    copies.flat[[0, -1]] = 0.5
    assert float(ba.total_correlation(copies)) == pytest.approx(9.0, rel=1e-15)
    assert ba.total_correlation.laws().at_most.of(copies.size) == pytest.approx(10.0 * math.log(2.0))


def test_every_measure_with_an_order_is_tested_at_its_orders() -> None:
    with_order = {name for name, measure in MEASURES.items() if inspect.signature(measure.laws).parameters}
    assert with_order == set(laws_table.ORDERS)
    assert all(name in ba.__all__ for name in MEASURES)


def test_the_page_of_laws_is_current() -> None:
    assert laws_table.main(["--check"]) == 0


class Off(Measured):
    """A measure with a fault of 1e-9 in some places."""

    def __call__(self, *arrays: np.ndarray) -> float:
        return super().__call__(*arrays) * (1.0 + 1e-9 * float(arrays[0].flat[0] > 0.3))


FIFTHS, HALVES = np.array([0.2, 0.8]), np.array([0.5, 0.5])


@pytest.mark.parametrize(
    ("measure", "law", "case"),
    [
        ("total_variation", "symmetric", (FIFTHS, HALVES)),
        ("entropy", "additive", (HALVES, FIFTHS)),
        ("entropy", "at_most", (HALVES,)),
    ],
)
def test_the_suite_finds_a_fault(measure: str, law: str, case: tuple[np.ndarray, ...]) -> None:
    CHECKS[law](Measured(measure), *case)
    with pytest.raises(AssertionError):
        CHECKS[law](Off(measure), *case)


# torch and JAX ------------------------------------------------------------------------------------------------------

ROWS = np.array([[4, 4, 4, 4], [8, 0, 8, 0], [0, 0, 0, 16], [1, 3, 4, 8], [1, 3, 5, 7]]) / 16.0
ROWS = np.concatenate([ROWS, ROWS[-1:] + np.array([1.0, 0.0, -1.0, 0.0]) * 2.0**-26])


@pytest.fixture(params=["torch", "jax"], scope="module")
def array(request: pytest.FixtureRequest) -> Iterator[Callable[[np.ndarray], Any]]:
    """Makes arrays of a library in double precision."""
    library = pytest.importorskip(request.param)
    if request.param == "torch":
        yield lambda x: library.from_numpy(np.array(x))
        return
    before = library.config.jax_enable_x64
    library.config.update("jax_enable_x64", True)
    yield library.numpy.asarray
    library.config.update("jax_enable_x64", before)


def few_cases(measured: Measured, law: str) -> list[tuple[np.ndarray, ...]]:
    """Of four outcomes each, so that a library compiles for few shapes."""
    shape = {1: (4,), 2: (2, 2), 3: (1, 2, 2)}[measured.variables]
    count = laws_table.arrays_of(law, measured) if law in laws_table.SIDES else measured.sides
    chosen = list(product([row.reshape(shape) for row in ROWS], repeat=count))
    return [chosen[-2], *chosen[:: max(1, len(chosen) // 4) | 1]]


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_the_same_laws_in_other_libraries(measured: Measured, array: Callable[[np.ndarray], Any]) -> None:
    other = replace(measured, array=array)
    for law in CHECKS:
        if getattr(measured.laws, law) not in {None, False}:
            for case in few_cases(measured, law):
                CHECKS[law](other, *case)


@pytest.mark.parametrize("measured", MEASURED, ids=name)
def test_other_libraries_agree_with_numpy(measured: Measured, array: Callable[[np.ndarray], Any]) -> None:
    other = replace(measured, array=array)
    for case in few_cases(measured, "at_most"):
        assert other(*case) == pytest.approx(measured(*case), rel=1e-13, abs=1e-27)
        assert type(other.raw(*map(array, case))) is type(array(case[0]))
