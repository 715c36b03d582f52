"""The laws of `bitsapart.measures.laws`, one function each: it fails if a measure breaks the law on a case.

A case is a tuple of arrays, without a batch: the arguments of the measure, twice where a law needs two of each (all
first, then all second ones), three distributions for the triangle. `strategies.case` draws them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from bitsapart.measures.laws import MEASURES
from laws_table import Row

Case = tuple[np.ndarray, ...]

NARROW = 1e-11
"""Relative difference that rounding may make; the inputs of a law are exact."""
NOTHING = 1e-25
"""What is left of 0 by rounding, where 2^-26 is the smallest difference of two inputs."""
SAME = Fraction(1, 10**18)
"""Total variation below which float64 need not tell two distributions apart."""


@dataclass(frozen=True)
class Measured(Row):
    """A measure, of one order if it has one, on the arrays of one library; in nats."""

    array: Callable[[np.ndarray], Any] = field(default=np.asarray, repr=False)

    def __call__(self, *arrays: np.ndarray) -> float:
        value = float(self.raw(*map(self.array, arrays)))
        assert not math.isnan(value), f"{self} of {arrays} is NaN"
        return value

    def raw(self, *arrays: Any, **options: Any) -> Any:
        """Of arrays of the library, any batch."""
        unit = {"unit": "nat"} if self.laws.information else {}
        return MEASURES[self.name](*arrays, *self.arguments, **unit, **options)

    def __str__(self) -> str:
        return self.name if self.order is None else f"{self.name}({self.order:g})"


# comparing ----------------------------------------------------------------------------------------------------------


def same(left: float, right: float) -> bool:
    return left == right or math.isclose(left, right, rel_tol=NARROW, abs_tol=NOTHING)


def not_above(left: float, right: float) -> bool:
    return left <= right or same(left, right)


def total_variation(p: np.ndarray, q: np.ndarray) -> Fraction:
    """Between the distributions that two arrays stand for, without rounding."""
    p, q = ([Fraction(float(x)) for x in side] for side in (p, q))
    return sum((abs(x / sum(p) - y / sum(q)) for x, y in zip(p, q, strict=True)), Fraction(0)) / 2


# moving the problem -------------------------------------------------------------------------------------------------


def halves(measured: Measured, case: Case) -> tuple[Case, Case, Case]:
    """The first arguments, the second, and those half-way."""
    first, second = case[: measured.sides], case[measured.sides :]
    return first, second, tuple(0.5 * a + 0.5 * b for a, b in zip(first, second, strict=True))


def merged(x: np.ndarray, axis: int) -> np.ndarray:
    """The first two outcomes of one variable count as one: the first has the mass of both, the second is impossible."""
    x = np.moveaxis(x.copy(), axis, 0)
    x[0] += x[1]
    x[1] = 0.0
    return np.moveaxis(x, 0, axis)


# the laws -----------------------------------------------------------------------------------------------------------


def symmetric(measured: Measured, *case: np.ndarray) -> None:
    """D(P, Q) = D(Q, P); of a table, its first two variables swapped."""
    back = case[::-1] if len(case) == 2 else (np.swapaxes(case[0], 0, 1),)
    assert same(measured(*case), measured(*back))


def zero_iff_equal(measured: Measured, p: np.ndarray, q: np.ndarray) -> None:
    """D(P, Q) = 0 exactly when P = Q."""
    assert measured(p, p) == 0.0
    assert measured(q, q.copy()) == 0.0
    assert measured(p, q) > 0.0 or total_variation(p, q) < SAME


def triangle(measured: Measured, p: np.ndarray, q: np.ndarray, r: np.ndarray) -> None:
    """D(P, R) <= D(P, Q) + D(Q, R)."""
    assert not_above(measured(p, r), measured(p, q) + measured(q, r))


def at_most(measured: Measured, *case: np.ndarray) -> None:
    """Between 0 and the largest value for so many outcomes."""
    value, most = measured(*case), measured.laws.at_most.of(case[0].size)
    assert value >= 0.0
    assert not_above(value, most) or math.isclose(value, most, abs_tol=1e-14)


def finite(measured: Measured, *case: np.ndarray) -> None:
    """Finite where declared, infinite elsewhere."""
    assert math.isfinite(measured(*case)) == FINITE[measured.laws.finite](case[0] > 0.0, case[-1] > 0.0)


FINITE: dict[str, Callable[[np.ndarray, np.ndarray], bool]] = {
    "always": lambda _p, _q: True,
    "q > 0 where p > 0": lambda p, q: not np.any(p & ~q),
    "p > 0 where q > 0": lambda p, q: not np.any(q & ~p),
    "p > 0 where q > 0 and back": lambda p, q: not np.any(p ^ q),
    "some outcome in common": lambda p, q: bool(np.any(p & q)),
}


def convex(measured: Measured, *case: np.ndarray) -> None:
    """Half-way, at most the mean."""
    first, second, between = halves(measured, case)
    assert not_above(measured(*between), 0.5 * (measured(*first) + measured(*second)))


def concave(measured: Measured, *case: np.ndarray) -> None:
    """Half-way, at least the mean."""
    first, second, between = halves(measured, case)
    assert not_above(0.5 * (measured(*first) + measured(*second)), measured(*between))


def data_processing(measured: Measured, *case: np.ndarray) -> None:
    """Merging two outcomes, of any variable, never makes it larger."""
    value = measured(*case)
    for axis in (axis for axis in range(measured.variables) if case[0].shape[axis] > 1):
        assert not_above(measured(*(merged(x, axis) for x in case)), value)


def additive(measured: Measured, *case: np.ndarray) -> None:
    """Independent parts add up."""
    first, second, _ = halves(measured, case)
    both = [np.kron(a, b) for a, b in zip(first, second, strict=True)]
    assert same(measured(*both), measured(*first) + measured(*second))


CHECKS: dict[str, Callable[..., None]] = {
    check.__name__: check
    for check in (symmetric, zero_iff_equal, triangle, at_most, finite, convex, concave, data_processing, additive)
}
"""The check of each field of Laws."""
