"""Tables of counts of two variables, and what their divergences from a law of their marginals have in common."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.counts import numbers, read_counts
from bitsapart.estimate.discrete.sample_coverage import sample_coverage
from bitsapart.estimate.intervals.noncentral import Spread, interval, rows_of
from bitsapart.estimate.intervals.rare_counts import moved_out, own_side
from bitsapart.estimate.intervals.small_counts import small_count_variance
from bitsapart.estimate.unseen import extrapolated
from bitsapart.estimate.unseen_tail import CAUTION, variance_of
from bitsapart.measures.arrays import whole
from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]
FEWEST = 2.0
"""Rows a cell has on average, below which a table does not bound from above what its variables tell of each other."""


def read_table(table: Any, axis: Sequence[int]) -> tuple[Array, tuple[int, ...]]:
    """The tables as (rows, r, c), with the axes of X and Y last, and the shape of the batch."""
    array = numbers(table, "table")
    axes = [whole(one) for one in (axis if isinstance(axis, Sequence) else (axis,))]
    if len(axes) != 2 or array.ndim < 2:
        raise UsageError(
            f"a table of two variables is needed, each on its own axis; got {array.ndim} axes, axis={axis!r}"
        )
    if not all(-array.ndim <= one < array.ndim for one in axes) or axes[0] % array.ndim == axes[1] % array.ndim:
        raise UsageError(f"table has {array.ndim} axes, so its variables cannot lie on {tuple(axes)}")
    moved = np.moveaxis(array, axes, (-2, -1))
    shape = moved.shape[-2:]
    if 0 in shape:
        raise UsageError(f"table has no outcomes: its variables have {shape[0]} and {shape[1]}")
    (rows,), batch = read_counts({"table": moved.reshape(*moved.shape[:-2], shape[0] * shape[1])})
    return rows.reshape(-1, *shape), batch


def marginals(table: Array) -> tuple[Array, Array, Array]:
    """Counts of X, (..., r), and of Y, (..., c), and of all, (...), of tables (..., r, c)."""
    return table.sum(axis=-1), table.sum(axis=-2), table.sum(axis=(-2, -1))


def entropy_sum(counts: Array, axes: int) -> Array:
    """The sum of c psi(c) over the last axes."""
    return np.asarray(np.sum(counts * special.digamma(np.maximum(counts, 1.0)), axis=tuple(range(-axes, 0))))


def tail_and_variance(counts: Array) -> tuple[Array, Array]:
    """What the digamma entropy of counts (..., outcomes) of an unknown alphabet misses, and its variance."""
    tail = extrapolated(sample_coverage(counts), counts.sum(axis=-1))
    return tail, np.minimum(variance_of(counts), tail**2)


def null_variance(expected: Array, fixed: Array, n: Array) -> Array:
    """The variance of a divergence of tables (..., r, c) from the law it is measured from, if that is the truth.

    ``expected``: its counts under that law; ``fixed``: how many degrees of freedom its parameters take, (...).
    """
    freedom = np.sum(np.where(expected > 0.0, small_count_variance(expected), 0.0), axis=(-2, -1)) - fixed
    return np.asarray(np.maximum(freedom, 1.0) / (2.0 * n * n))


def independent_tail(table: Array) -> Array:
    """T, (rows,), if X and Y are independent, when most cells are left unseen: sum u E1(u) / n of expected counts u."""
    first, second, n = marginals(table)
    expected = first[..., :, None] * second[..., None, :] / n[..., None, None]
    some = expected > 0.0
    lost = np.where(some, expected * special.exp1(np.where(some, expected, 1.0)), 0.0)
    return np.asarray(np.sum(lost, axis=(-2, -1)) / n)


def divergence_ends(table: Array, code: Array, spread: Spread, tail: Array, level: float) -> tuple[Array, Array]:
    """Both ends of a divergence of tables from exp(``code``), flat, of which ``tail`` was taken off.

    More is taken off for the low end: as much as if X and Y were independent, if that is more.
    """
    flat = table.reshape(-1, table.shape[-2] * table.shape[-1])
    low, high = interval(spread, level)
    more = np.maximum(np.maximum(CAUTION * tail, independent_tail(table)) - tail, 0.0)
    short = np.flatnonzero(more > 0.0)
    if short.size:
        some = rows_of(spread, short)
        less = Spread(some.estimate - more[short], some.bias, some.variance, some.slope)
        low[short] = interval(less, level)[0]
    variance = spread.spread_at(np.maximum(spread.estimate, 0.0))
    return moved_out((low, high), variance, (own_side(flat, code),), level)


def too_few_rows(flat: Array, outcomes: tuple[int, int]) -> list[str]:
    """Why a table has too few rows for a high end, or "", one a row of flat tables."""
    tables = flat.reshape(-1, *outcomes)
    first, second, n = marginals(tables)
    cells = np.count_nonzero(first, axis=-1) * np.count_nonzero(second, axis=-1)
    few = n < FEWEST * cells
    return [
        f"too few data: {rows:,.0f} rows for {of:,} cells, under {FEWEST:g} a cell" if short else ""
        for rows, of, short in zip(n.tolist(), cells.tolist(), few.tolist(), strict=True)
    ]
