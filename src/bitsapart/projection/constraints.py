"""What is asked of a projection: margins and moments of a table of cells, as linear constraints with names.

A margin asks for the shares of the levels of one or several axes, a moment for the expectation of a function of cells.
Both are kept as they are, so that expectations and their adjoints cost one pass over the cells.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]

SAME_TOTAL = 1e-9
"""Relative difference of two totals that rounding explains."""


class Constraint(ABC):
    """Linear constraints E_P f = target on tables of one shape."""

    target: Array
    """Shape (constraints,)."""

    @abstractmethod
    def expectations(self, p: Array) -> Array:
        """E_P f of every function, for cells p of the table's shape; shape (constraints,)."""

    @abstractmethod
    def combination(self, weights: Array) -> Array:
        """The function sum of weights times f; broadcasts to the table's shape."""

    @abstractmethod
    def rows(self) -> Any:
        """The functions as a sparse matrix (constraints, cells)."""

    @abstractmethod
    def asks(self, i: int) -> str:
        """A constraint in words, as in "axis 0 = 1 to be 0.3"."""


@dataclass(frozen=True, eq=False)
class Margin(Constraint):
    """Shares of the levels of some axes."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    target: Array
    labels: Sequence[Any] | None = None
    """A name for each axis."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Levels of the axes."""
        return tuple(self.shape[axis] for axis in self.axes)

    @property
    def others(self) -> tuple[int, ...]:
        """The axes that are summed out."""
        return tuple(axis for axis in range(len(self.shape)) if axis not in self.axes)

    def expectations(self, p: Array) -> Array:
        return np.asarray(p.sum(axis=self.others)).ravel()

    def combination(self, weights: Array) -> Array:
        return np.expand_dims(weights.reshape(self.levels), self.others)

    def rows(self) -> Any:
        from scipy.sparse import csr_matrix

        cells = int(np.prod(self.shape))
        codes = np.ravel_multi_index([np.indices(self.shape)[axis].ravel() for axis in self.axes], self.levels)
        return csr_matrix((np.ones(cells), (codes, np.arange(cells))), shape=(len(self.target), cells))

    def asks(self, i: int) -> str:
        places = np.unravel_index(i, self.levels)
        level = ", ".join(f"{self._axis(axis)} = {int(place)}" for axis, place in zip(self.axes, places, strict=True))
        return f"{level} to be {self.target[i]:.6g}"

    def _axis(self, axis: int) -> str:
        return f"axis {axis}" if self.labels is None else str(self.labels[axis])


@dataclass(frozen=True, eq=False)
class Moment(Constraint):
    """The expectation of one function of the cell, less what it should be and scaled: large values cost no digits."""

    shape: tuple[int, ...]
    function: Array
    """(f - c) / scale."""
    wanted: float
    scale: float
    words: str
    target: Array = field(default_factory=lambda: np.zeros(1))

    def expectations(self, p: Array) -> Array:
        return np.sum(p * self.function, keepdims=True).reshape(1)

    def combination(self, weights: Array) -> Array:
        return np.asarray(weights[0] * self.function)

    def rows(self) -> Any:
        from scipy.sparse import csr_matrix

        return csr_matrix(self.function.reshape(1, -1))

    def asks(self, i: int) -> str:
        return f"{self.words} to be {self.wanted:.6g}"


def margin(shape: tuple[int, ...], axes: Any, target: Any, labels: Sequence[Any] | None = None) -> Margin:
    """A margin from what a user wrote: an axis or several, and the shares, or anything proportional to them."""
    chosen = (axes,) if not isinstance(axes, tuple) else axes
    places = tuple(_axis(axis, len(shape), labels) for axis in chosen)
    if len(set(places)) < len(places):
        raise UsageError(f"margin {axes!r} names an axis twice")
    # in the table's order
    order = np.argsort(places)
    ordered = tuple(int(places[i]) for i in order)
    shares = np.asarray(target, dtype=np.float64)
    levels = tuple(shape[axis] for axis in places)
    if shares.shape != levels:
        raise UsageError(f"margin {axes!r} should have shape {levels}, the levels of its axes; got {shares.shape}")
    wrong = ~((shares >= 0.0) & np.isfinite(shares))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        level = place[0] if len(place) == 1 else place
        raise UsageError(f"margin {axes!r} holds {shares[place]} at level {level}: shares are numbers of 0 or more")
    if not shares.sum() > 0.0:
        raise UsageError(f"margin {axes!r} sums to 0")
    return Margin(shape, ordered, np.transpose(shares, order).ravel(), labels)


def _axis(axis: Any, axes: int, labels: Sequence[Any] | None) -> int:
    if labels is not None and axis in labels:
        return list(labels).index(axis)
    if not isinstance(axis, bool) and hasattr(axis, "__index__") and -axes <= int(axis) < axes:
        return int(axis) % axes
    known = "" if labels is None else f", or one of {', '.join(map(repr, labels))}"
    raise UsageError(f"a margin is of axes 0 to {axes - 1}{known}; got {axis!r}")


def constraints_of(
    shape: tuple[int, ...],
    margins: Mapping[Any, Any],
    moments: Sequence[tuple[Any, float]],
    labels: Sequence[Any] | None,
) -> list[Constraint]:
    """All constraints, checked against the table and against one another."""
    asked = [margin(shape, axes, target, labels) for axes, target in margins.items()]
    totals = [float(one.target.sum()) for one in asked]
    for axes, total in zip(margins, totals, strict=True):
        if abs(total - totals[0]) > SAME_TOTAL * totals[0]:
            first = next(iter(margins))
            raise UsageError(
                f"margins {first!r} and {axes!r} sum to {totals[0]:.9g} and {total:.9g}: no table has both; "
                "divide each by its sum if shares are meant"
            )
    found: list[Constraint] = [
        Margin(one.shape, one.axes, one.target / total, labels) for one, total in zip(asked, totals, strict=True)
    ]
    for i, (values, target) in enumerate(moments):
        found.append(moment(shape, values, target, i))
    if not found:
        raise UsageError("nothing is asked of the projection: give margins or moments")
    return found


def moment(shape: tuple[int, ...], values: Any, target: Any, i: int) -> Moment:
    """A moment from what a user wrote."""
    try:
        function = np.broadcast_to(np.asarray(values, dtype=np.float64), shape)
    except ValueError as error:
        raise UsageError(f"moment {i}: the function has shape {np.shape(values)}, the table {shape}") from error
    if not np.isfinite(function).all() or not np.isfinite(target):
        raise UsageError(f"moment {i}: the function and its expectation should be finite")
    centred = function - float(target)
    scale = float(np.abs(centred).max()) or 1.0
    return Moment(shape, centred / scale, float(target), scale, f"moment {i}")
