"""Columns that are linear in others, up to rounding: the rows then fill fewer dimensions than they have columns.

There is no density in all of the columns, and an entropy of -infinite; a divergence or a mutual information is that of
the columns that remain, as a column that others determine adds nothing. Found by the rank of the standardised columns;
a relation that is not linear, such as a column and its square, is not seen here.
"""

import math

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.continuous.samples import atoms, to_unit_size

Array = NDArray[np.float64]

ROUNDINGS = 4.0
"""A spread of so many roundings is none."""
MOST_ROUNDING = 1e-4
"""Of the spread of a column: no coarser relation is taken for rounding."""


def constant(rows: Array) -> bool:
    """Whether all rows are equal."""
    return bool(np.all(rows == rows[0]))


def related(rows: Array) -> list[int]:
    """The columns of a linear relation that every row (n, d) satisfies, such as [0, 2]; none where rows are too few.

    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> related(x), related(np.column_stack([x, 3.0 * x[:, 0] + 1.0]))
    ([], [0, 2])
    """
    n, d = rows.shape
    still = [j for j in range(d) if constant(rows[:, j])]
    if still:
        return still[:1]
    if d == 1 or n <= d:
        return []
    (unit,), _ = to_unit_size(rows)
    rounding = ROUNDINGS * math.sqrt(d) * float(np.max(precision(unit) / np.std(unit, axis=0)))
    width, direction = narrowest(unit)
    if width > min(rounding, MOST_ROUNDING):
        return []
    weight = np.abs(direction)
    return [int(j) for j in np.flatnonzero(weight > 1e-6 * np.max(weight))]


def narrowest(rows: Array) -> tuple[float, Array]:
    """The least spread of the standardised columns in any direction, 1 if uncorrelated, and that direction (d,)."""
    unit = (rows - np.mean(rows, axis=0)) / np.std(rows, axis=0)
    _, sizes, directions = np.linalg.svd(unit, full_matrices=False)
    return float(sizes[-1]) / math.sqrt(len(rows)), directions[-1]


def precision(unit: Array) -> Array:
    """The relative rounding of every column (d,) of unit size: that of float32 where its numbers came as such."""
    single = np.all(unit.astype(np.float32) == unit, axis=0)
    # whole numbers fit float32 too, and are exact
    whole = np.all(unit * 2.0**24 == np.floor(unit * 2.0**24), axis=0)
    return np.where(single & ~whole, np.finfo(np.float32).eps, np.finfo(np.float64).eps)


def independent(rows: Array) -> list[int]:
    """The columns that are left when each constant one, and the last one of each linear relation, is left out."""
    left = list(range(rows.shape[1]))
    while left and (columns := related(rows[:, left])):
        del left[columns[-1]]
    return left


def of_densities(rows: Array) -> list[int]:
    """The columns of a linear relation, unless they are discrete, which a relation may leave a probability."""
    columns = related(rows)
    if not columns:
        return []
    marks = atoms(rows)
    discrete = (marks[j].size or len(np.unique(rows[:, j])) <= len(rows) / 2.0 for j in columns)
    return [] if any(discrete) else columns


def words(columns: list[int], name: str) -> str:
    """Such as "columns 0 and 2 of x"."""
    if len(columns) == 1:
        return f"column {columns[0]} of {name}"
    return f"columns {', '.join(map(str, columns[:-1]))} and {columns[-1]} of {name}"


def left_out(width: int, kept: list[int], name: str) -> str:
    """A note on columns that were left out, if any."""
    gone = [j for j in range(width) if j not in kept]
    if not gone:
        return ""
    verb = "is" if len(gone) == 1 else "are"
    return f"{words(gone, name)} {verb} left out: constant or a linear function of the others, so nothing is lost"
