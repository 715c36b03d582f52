"""Supports, typed: where a distribution has its mass, and with respect to which measure it has a density.

Two distributions can be compared where both have densities with respect to one measure; KL(P || Q) is infinite where P
has mass outside the support of Q. The ends of an interval have no mass, so whether they belong to it never matters.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


class Support(ABC):
    """Where a distribution has its mass; a batch of them may share one."""

    @property
    @abstractmethod
    def words(self) -> str:
        """In words, for errors and reasons."""

    @abstractmethod
    def holds(self, x: Array) -> Any:
        """Which values lie in it; (..., *event) -> (...)."""

    @abstractmethod
    def comparable(self, other: "Support") -> bool:
        """Whether both have densities with respect to one measure."""

    @abstractmethod
    def covers(self, other: "Support") -> Any:
        """Where all of a comparable support lies in this one, but for sets that have no mass; an array of bools."""


@dataclass(frozen=True)
class Interval(Support):
    """Numbers from ``low`` to ``high``, with length as the measure; the ends are arrays of the batch."""

    low: Any = -np.inf
    high: Any = np.inf

    @property
    def words(self) -> str:
        return f"numbers from {_end(self.low, min)} to {_end(self.high, max)}"

    def holds(self, x: Array) -> Any:
        return (x >= self.low) & (x <= self.high)

    def comparable(self, other: Support) -> bool:
        return isinstance(other, Interval)

    def covers(self, other: Support) -> Any:
        assert isinstance(other, Interval)  # noqa: S101 - comparable() has been asked
        return (np.asarray(self.low) <= other.low) & (np.asarray(self.high) >= other.high)


@dataclass(frozen=True)
class Lattice(Support):
    """Whole numbers from ``low`` to ``high``, both included, with counting as the measure."""

    low: Any = 0.0
    high: Any = np.inf

    @property
    def words(self) -> str:
        return f"whole numbers from {_end(self.low, min)} to {_end(self.high, max)}"

    def holds(self, x: Array) -> Any:
        return (x >= self.low) & (x <= self.high) & (x == np.floor(x)) & np.isfinite(x)

    def comparable(self, other: Support) -> bool:
        return isinstance(other, (Lattice, Points))

    def covers(self, other: Support) -> Any:
        if isinstance(other, Points):
            batch = np.ndim(np.asarray(self.low) + np.asarray(self.high))
            return self.holds(np.asarray(other.points).reshape(-1, *(1,) * batch)).all(axis=0)
        assert isinstance(other, Lattice)  # noqa: S101 - comparable() has been asked
        return (np.asarray(self.low) <= other.low) & (np.asarray(self.high) >= other.high)


@dataclass(frozen=True)
class Points(Support):
    """Finitely many numbers, sorted, with counting as the measure; one set for the whole batch."""

    points: tuple[float, ...]

    @property
    def words(self) -> str:
        return f"{len(self.points):,} points from {self.points[0]:g} to {self.points[-1]:g}"

    def holds(self, x: Array) -> Any:
        return np.isin(x, self.points)

    def comparable(self, other: Support) -> bool:
        return isinstance(other, (Lattice, Points))

    def covers(self, other: Support) -> Any:
        if isinstance(other, Points):
            return np.isin(other.points, self.points).all()
        assert isinstance(other, Lattice)  # noqa: S101 - comparable() has been asked
        low, high = np.broadcast_arrays(other.low, other.high)
        own = np.asarray(self.points)
        inside = ((own >= low[..., np.newaxis]) & (own <= high[..., np.newaxis]) & (own == np.floor(own))).sum(axis=-1)
        return inside == high - low + 1.0


@dataclass(frozen=True)
class Space(Support):
    """A set in more than one dimension that all members of a family share, named by kind and shape.

    ``shape`` is the shape of one value. The kinds: "vectors", "vectors on the simplex", "unit vectors", "counts of n",
    "positive definite matrices", "matrices", "one-hot vectors".
    """

    kind: str
    shape: tuple[int, ...]
    inside: Any
    """Which values lie in it, a function."""
    total: Any = None
    """What the entries sum to, where that is fixed: the number of trials."""

    @property
    def words(self) -> str:
        return f"{self.kind} of shape {self.shape}"

    def holds(self, x: Array) -> Any:
        return self.inside(x)

    def comparable(self, other: Support) -> bool:
        return isinstance(other, Space) and (self.kind, self.shape) == (other.kind, other.shape)

    def covers(self, other: Support) -> Any:
        assert isinstance(other, Space)  # noqa: S101 - comparable() has been asked
        return np.asarray(True) if self.total is None else np.asarray(self.total == other.total)


@dataclass(frozen=True)
class Entries(Support):
    """Vectors whose entries lie in supports of their own, one each, with the product of their measures."""

    parts: tuple[Support, ...]

    @property
    def words(self) -> str:
        different = list(dict.fromkeys(part.words for part in self.parts))
        more = ["others"] if len(different) > 3 else []
        return f"vectors of length {len(self.parts)} of {' and '.join(different[:3] + more)}"

    def holds(self, x: Array) -> Any:
        first = self.parts[0]
        if np.ndim(getattr(first, "low", 0.0)) == 0 and all(part is first for part in self.parts):
            return np.asarray(first.holds(x)).all(axis=-1)
        inside = np.asarray(True)
        for i, part in enumerate(self.parts):
            inside = inside & part.holds(x[..., i])
        return inside

    def comparable(self, other: Support) -> bool:
        if not isinstance(other, Entries) or len(self.parts) != len(other.parts):
            return False
        return all(own.comparable(others) for own, others in self._pairs(other))

    def covers(self, other: Support) -> Any:
        assert isinstance(other, Entries)  # noqa: S101 - comparable() has been asked
        covered = np.asarray(True)
        for own, others in self._pairs(other):
            covered = covered & own.covers(others)
        return covered

    def _pairs(self, other: "Entries") -> list[tuple[Support, Support]]:
        """Pairs of parts at one place, each pair of objects once: a long vector often repeats one."""
        pairs = zip(self.parts, other.parts, strict=True)
        return list({(id(own), id(others)): (own, others) for own, others in pairs}.values())


def _end(value: Any, choose: Any) -> str:
    ends = np.unique(np.asarray(value, float))
    return f"{choose(ends.tolist()):g}" if ends.size else "?"
