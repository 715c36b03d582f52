"""What a computation found, in nats: a value a pair, with its error, how it was found, and why it is infinite."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from bitsapart.families.maths.batches import of_pairs
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = Any

EPS = float(np.finfo(float).eps)
FIELDS = ("value", "error", "kind", "method", "note", "n")
ROUNDING = 32.0 * EPS
"""Relative error of a closed form whose terms do not cancel."""


@dataclass(frozen=True, eq=False)
class Found:
    """Numbers of a batch, in nats (or pure numbers), and how they were found; every field has the batch's shape.

    ``error`` is absolute. ``kind`` is "exact" (a formula or a finite sum, up to rounding), "bound" (an error estimate
    of quadrature, or a proved bound of what a series leaves out), "confidence" (quasi-random points; the error
    is then half an interval at ``level``) or "unknown". ``n`` counts evaluations, 0 for a formula.
    """

    value: Array
    error: Array
    kind: Any
    method: Any
    note: Any
    n: Any
    level: float = 0.95

    @classmethod
    def of(
        cls, value: Any, method: str, *, error: Any = None, kind: str = "exact", note: str = "", n: Any = 0
    ) -> "Found":
        """One method for all of a batch; without an error, that of rounding."""
        values = np.asarray(value, float)
        kinds, methods, notes = (
            np.broadcast_to(np.asarray(word, dtype=object), values.shape) for word in (kind, method, note)
        )
        counts = np.broadcast_to(np.asarray(n, dtype=np.int64), values.shape)
        if error is None:
            return Rounded(values, None, kinds, methods, notes, counts)
        return cls(values, np.broadcast_to(np.asarray(error, float), values.shape), kinds, methods, notes, counts)

    def each(self, change: Any, *others: "Found") -> "Found":
        """A function applied to every field that is an array, together with the same field of others."""
        return replace(self, **{name: change(*(getattr(found, name) for found in (self, *others))) for name in FIELDS})

    def where(self, mask: Any, other: "Found") -> "Found":
        """``other`` where the mask holds, else this; shapes broadcast."""
        return self.each(lambda own, others: np.where(mask, others, own), other)

    def put(self, mask: Any, some: "Found") -> "Found":
        """The same with the answers ``some`` at the places where the mask holds."""

        def changed(own: Any, others: Any) -> Any:
            whole = np.array(own, dtype=object if np.asarray(own).dtype.kind == "U" else None)
            whole[mask] = np.reshape(others, np.shape(whole[mask]))[()]
            return whole

        return self.each(changed, some)

    def estimate(self, unit: Unit | None, *, least: float = -np.inf, most: float = np.inf) -> Any:
        """As an Estimate, or Estimates of a batch; no interval leaves what is possible, from ``least`` to ``most``."""
        nats = 1.0 if unit is None else unit.value
        value, low, high = self._interval(least, nats)
        if np.ndim(self.value) == 0:
            known = self.kind != "unknown"
            return Estimate(
                float(value),
                float(low) if known else None,
                float(high) if known else None,
                self.level,
                self.kind[()],
                str(self.method),
                unit,
                int(self.n),
                str(self.note),
            )
        return Estimates(value, low, high, self.level, self.kind, self.method, unit, np.asarray(self.n), self.note)

    def _interval(self, least: float, nats: float) -> Array:
        """The value and its ends in another unit, on the first axis."""
        return of_pairs("interval", _ends, self.value, self.error, least, nats, results=3)


class Rounded(Found):
    """A closed form: its error is a part of the value, and takes no memory before somebody asks for it."""

    def __init__(
        self, value: Array, error: Array | None, kind: Any, method: Any, note: Any, n: Any, level: float = 0.95
    ) -> None:
        self.__dict__.update(value=value, kind=kind, method=method, note=note, n=n, level=level)
        if error is not None:
            self.__dict__["error"] = error

    @cached_property
    def error(self) -> Array:
        """Absolute."""
        return ROUNDING * np.abs(self.value)

    def _interval(self, least: float, nats: float) -> Array:
        if "error" in self.__dict__:
            return super()._interval(least, nats)
        return of_pairs("rounded", _rounded, self.value, ROUNDING, least, nats, results=3)


def _rounded(value: Array, relative: Array, least: Array, nats: Array) -> Array:
    return _ends(value, relative * np.abs(value), least, nats)


def _ends(value: Array, error: Array, least: Array, nats: Array) -> Array:
    finite = np.isfinite(value)
    low, high = np.where(finite, np.maximum(value - error, least), value), np.where(finite, value + error, value)
    return np.stack([value, low, high]) / nats
