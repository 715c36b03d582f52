"""Quantities that need no estimator: with no rows on one side nothing is known, with one outcome it is 0."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.values.estimates import Estimates

Array = NDArray[np.float64]


def filled_in(*sides: Array) -> list[Array]:
    """The sides, (rows, outcomes), with a row of ones in place of one without counts, so that all can be computed."""
    return [np.where(side.sum(axis=-1, keepdims=True) > 0.0, side, 1.0) for side in sides]


def degenerate(found: Estimates, *sides: Array) -> Estimates:
    """Estimates in nats with those replaced that the counts of all sides, (rows, outcomes), decide alone."""
    empty = np.zeros(len(found), dtype=bool)
    for side in sides:
        empty |= side.sum(axis=-1) == 0.0
    if sides[0].shape[-1] == 1:
        found = marked(found, ~empty, 0.0, 0.0, ("confidence", "a single outcome"))
    reason = "no rows on one side" if len(sides) > 1 else "no rows"
    return marked(found, empty, np.nan, np.nan, ("unknown", reason)) if empty.any() else found


def marked(found: Estimates, rows: NDArray[np.bool_], value: float, end: float, words: tuple[str, str]) -> Estimates:
    """The same with these rows set: their value, both ends, (kind, method) and no note."""
    numbers = {"value": value, "low": end, "high": end}
    new: dict[str, Any] = {name: np.where(rows, number, getattr(found, name)) for name, number in numbers.items()}
    for name, word in zip(("kind", "method", "note"), (*words, ""), strict=True):
        field = getattr(found, name).copy()
        field[rows] = word
        new[name] = field
    return replace(found, **new)
