"""Many estimates of one quantity, one for each row of a batch, held as arrays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

SHOWN = 6
"""Estimates that are printed."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates in an array of any shape: each field but ``level`` and ``unit`` is an array of that shape.

    An index gives one ``Estimate``, or several. ``low`` and ``high`` are nan where an ``Estimate`` has None.

    >>> many = Estimates.filled(np.array([0.5, 1.0]), 0.95, "plug_in", Unit.bit, np.array([10, 20]))
    >>> print(many[1])
    1.000 bits
    >>> len(many), many.shape, many.kind.tolist()
    (2, (2,), ['unknown', 'unknown'])
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    level: float
    kind: NDArray[np.object_]
    method: NDArray[np.object_]
    unit: Unit | None
    n: NDArray[np.int64]
    note: NDArray[np.object_]

    @classmethod
    def filled(
        cls,
        value: NDArray[np.float64],
        level: float,
        method: str,
        unit: Unit | None,
        n: NDArray[np.int64],
        ends: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
        note: str = "",
    ) -> "Estimates":
        """Estimates of one method and note; of kind "confidence" with ``ends``, (low, high), else "unknown"."""
        low, high = ends or (np.full(value.shape, np.nan),) * 2
        words = ("confidence" if ends else "unknown", method, note)
        kind, methods, notes = (np.full(value.shape, word, dtype=object) for word in words)
        return cls(value, low, high, level, kind, methods, unit, n, notes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of every field that is an array."""
        return self.value.shape

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, index: int | tuple[()]) -> Estimate: ...
    @overload
    def __getitem__(self, index: Any) -> "Estimate | Estimates": ...

    def __getitem__(self, index: Any) -> "Estimate | Estimates":
        """One estimate, or those of a slice, mask or row."""
        value = self.value[index]
        if np.ndim(value):
            return self.each(lambda field: field[index])
        low, high = (None if np.isnan(end[index]) else float(end[index]) for end in (self.low, self.high))
        kind, method, note = self.kind[index], self.method[index], self.note[index]
        return Estimate(float(value), low, high, self.level, kind, method, self.unit, int(self.n[index]), note)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The values alone."""
        return np.asarray(self.value, dtype=dtype, copy=copy)

    def each(self, change: Any) -> "Estimates":
        """The same with a function applied to every field that is an array."""
        names = ("value", "low", "high", "kind", "method", "n", "note")
        return replace(self, **{name: change(getattr(self, name)) for name in names})

    def reshape(self, shape: tuple[int, ...]) -> "Estimates":
        """The same estimates in another shape."""
        return self.each(lambda field: field.reshape(shape))

    def to(self, unit: Unit) -> "Estimates":
        """The same estimates in another unit."""
        if unit is self.unit:
            return self
        if self.unit is None:
            raise UsageError(f"numbers without a unit have no value in {unit.name}s")
        value, low, high = ((x * self.unit.value) / unit.value for x in (self.value, self.low, self.high))
        return replace(self, value=value, low=low, high=high, unit=unit)

    def __str__(self) -> str:
        flat = self.reshape((-1,))
        first = [str(flat[i]) for i in range(min(SHOWN, len(flat)))]
        more = [f"... {self.value.size - SHOWN:,} more"] if self.value.size > SHOWN else []
        return "\n".join([f"{self.value.size:,} estimates of shape {self.shape}", *first, *more])
