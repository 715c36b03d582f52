"""The counting kernel: one pass over the keys, compiled on first use and cached."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

CELLS = 4096
LONGEST = 12.0
"""Average steps from a cell of the look-up table to the interval, above which a binary search is cheaper."""


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def count_keys(  # type: ignore[no-untyped-def]  # noqa: C901
    values, edges, table, low, scale, counts, specials
):
    """Count values into the intervals of edges; returns whether any is finite, and the smallest and largest that is.

    The look-up table gives the interval of a cell's first value (an affine function of the value names the cell); from
    there the interval is found in few steps, to either side, so that rounding in the affine function does no harm.
    Without a table the start is found by bisection.
    """
    last = len(table) - 1
    top = len(edges)
    smallest = values[0]
    largest = values[0]
    seen = False
    for value in values:
        if not np.isfinite(value):
            if np.isnan(value):
                specials[0] += 1
            elif value < 0:
                specials[1] += 1
            else:
                specials[2] += 1
            continue
        if last >= 0:
            where = table[int(min(max((float(value) - low) * scale, 0.0), float(last)))]
        else:
            where = 0
            after = top
            while where < after:
                middle = (where + after) >> 1
                if value >= edges[middle]:
                    where = middle + 1
                else:
                    after = middle
        while where < top and value >= edges[where]:
            where += 1
        while where > 0 and value < edges[where - 1]:
            where -= 1
        counts[where] += 1
        if not seen:
            smallest = value
            largest = value
            seen = True
        smallest = min(value, smallest)
        largest = max(value, largest)
    return seen, smallest, largest


def look_up_table(edges: NDArray[Any]) -> tuple[NDArray[np.int64], float, float]:
    """Cells over the bulk of the edges and the interval of each cell's first value; no cells where a search is cheaper."""
    none = np.empty(0, np.int64), 0.0, 0.0
    if len(edges) < 2:
        return none
    trim = len(edges) // 50
    inner = edges[trim : len(edges) - trim].astype(float)
    low, high = float(inner[0]), float(inner[-1])
    if not np.finfo(float).tiny < (high - low) / CELLS < np.inf:
        return none
    scale = CELLS / (high - low)
    starts = low + np.arange(CELLS) / scale
    table = np.searchsorted(edges.astype(float), starts, side="right")
    inside = np.clip(((inner - low) * scale).astype(int), 0, CELLS - 1)
    steps = np.bincount(inside, minlength=CELLS)[inside].mean() / 2
    return none if steps > LONGEST else (table, low, scale)
