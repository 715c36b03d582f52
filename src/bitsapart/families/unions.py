"""Supports with gaps: unions of intervals, and of runs of whole numbers, as mixtures have them.

Mass in a gap is not covered, so that a divergence from what has mass there is infinite, as it should be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.families.support import Interval, Lattice, Points, Support
from bitsapart.values.errors import UsageError

Array = Any


@dataclass(frozen=True)
class Intervals(Interval):
    """Numbers in any of several intervals, whose ends lie on a first axis; ``low`` and ``high`` are those of all."""

    lows: Any = ()
    highs: Any = ()

    @property
    def words(self) -> str:
        return f"numbers in {len(self.lows)} intervals, {super().words.removeprefix('numbers ')}"

    def holds(self, x: Array) -> Any:
        return (
            (x >= self.lows[:, *[np.newaxis] * _more(x, self.lows)])
            & (x <= self.highs[:, *[np.newaxis] * _more(x, self.highs)])
        ).any(axis=0)

    def covers(self, other: Support) -> Any:
        return _covered(self.lows, self.highs, other, 0.0)


@dataclass(frozen=True)
class Lattices(Lattice):
    """Whole numbers in any of several runs, whose ends lie on a first axis; ``low`` and ``high`` are those of all."""

    lows: Any = ()
    highs: Any = ()

    @property
    def words(self) -> str:
        return f"whole numbers in {len(self.lows)} runs, {super().words.removeprefix('whole numbers ')}"

    def holds(self, x: Array) -> Any:
        lows, highs = (ends[:, *[np.newaxis] * _more(x, ends)] for ends in (self.lows, self.highs))
        return ((x >= lows) & (x <= highs)).any(axis=0) & (x == np.floor(x))

    def covers(self, other: Support) -> Any:
        if isinstance(other, Points):
            return np.asarray([self.holds(np.asarray(point)) for point in other.points]).all(axis=0)
        return _covered(self.lows, self.highs, other, 1.0)


def union(supports: Sequence[Support], used: Sequence[Any]) -> Support:
    """The union of comparable supports; a support counts where ``used`` holds.

    Raises:
        UsageError: they have no densities with respect to one measure, or their union is of no kind that is known.
    """
    first = supports[0]
    for support in supports[1:]:
        if not first.comparable(support):
            raise UsageError(f"these have no common support: {first.words}, and {support.words}")
    if all(isinstance(support, Interval) for support in supports):
        return _of_runs(supports, used, Interval, Intervals, 0.0)
    if all(isinstance(support, Lattice) for support in supports):
        return _of_runs(supports, used, Lattice, Lattices, 1.0)
    if all(isinstance(support, Points) for support in supports):
        kept = [s for s, some in zip(supports, used, strict=True) if np.any(some)]
        return Points(tuple(sorted({point for support in kept for point in support.points})))  # type: ignore[attr-defined]
    for support in supports[1:]:
        if isinstance(support, Points) or not (np.all(first.covers(support)) and np.all(support.covers(first))):
            raise UsageError(f"these supports differ: {first.words}, and {support.words}")
    return first


def _of_runs(supports: Sequence[Any], used: Sequence[Any], whole: Any, several: Any, gap: float) -> Support:
    lows = np.stack(np.broadcast_arrays(*(np.where(u, s.low, np.inf) for s, u in zip(supports, used, strict=True))))
    highs = np.stack(np.broadcast_arrays(*(np.where(u, s.high, -np.inf) for s, u in zip(supports, used, strict=True))))
    low, high = lows.min(axis=0)[()], highs.max(axis=0)[()]
    if np.all(_covered(lows, highs, whole(low, high), gap)):
        found: Support = whole(low, high)
    else:
        found = several(low, high, lows, highs)
    return found


def _more(x: Array, ends: Array) -> int:
    """Axes that x has and the batch of ends has not."""
    return max(0, np.ndim(x) - (np.ndim(ends) - 1))


def _covered(lows: Array, highs: Array, other: Any, gap: float) -> Array:
    """Whether all of other lies in runs: from its low end on, every run that is reached leads further."""
    pieces = zip(other.lows, other.highs, strict=True) if hasattr(other, "lows") else [(other.low, other.high)]
    covered = np.asarray(True)
    for low, high in pieces:
        # an infinite end is reached by what is infinite too
        reached = np.asarray(low, float) - gap
        for _ in range(len(lows)):
            leads = np.where(lows <= reached + gap, highs, -np.inf).max(axis=0)
            reached = np.maximum(reached, leads)
        covered = covered & ((reached >= high) | (np.asarray(low) > high))
    return covered
