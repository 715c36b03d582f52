"""Counting keys into intervals at a few nanoseconds a key, with NumPy alone.

An affine function names the cell of a fine grid that a key falls in. Rounding keeps it monotone, so a key in a lower
(higher) cell than an edge is surely below (above) it: only keys in a cell that holds an edge are compared with it, and
those few in a cell of several edges are looked up by bisection. Keys are taken in blocks that stay in the cache.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.tables.columns import Keys

CELLS = 1 << 14
BLOCK = 1 << 16
DENSE = 64
"""Edges below which bisection alone is as fast."""


@dataclass(frozen=True)
class Grid:
    """A grid over the bulk of some edges."""

    edges: Keys
    low: float
    scale: float
    inside: NDArray[np.int64]
    """How many edges a cell holds; 2 for those at the ends, where keys beyond the grid fall too."""
    interval: NDArray[np.int64]
    """The interval of a cell's lowest key."""
    edge: Keys
    """The first edge in a cell, where it holds any."""

    @staticmethod
    def over(edges: Keys) -> "Grid | None":
        """A grid for edges; None where it would not pay."""
        if len(edges) < DENSE:
            return None
        trim = len(edges) // 50
        low, high = float(edges[trim]), float(edges[-1 - trim])
        if not np.finfo(float).tiny < (high - low) / CELLS < np.inf:
            return None
        scale = (CELLS - 1) / (high - low)
        at = cells(edges, low, scale)
        if len(np.unique(at)) < len(edges) / 2:  # edges crowd in few cells: most keys would be looked up
            return None
        inside = np.bincount(at, minlength=CELLS)
        inside[[0, -1]] = 2
        interval = np.searchsorted(at, np.arange(CELLS), side="left")
        return Grid(edges, low, scale, inside, interval, edges[np.minimum(interval, len(edges) - 1)])

    def count(self, keys: Keys) -> NDArray[np.int64]:
        """How many keys fall in each interval."""
        per_cell = np.zeros(CELLS, np.int64)
        counts = np.zeros(len(self.edges) + 1, np.int64)
        for start in range(0, len(keys), BLOCK):
            block = keys[start : start + BLOCK]
            at = cells(block, self.low, self.scale)
            per_cell += np.bincount(at, minlength=CELLS)
            held = self.inside[at]
            near = np.flatnonzero(held == 1)
            place, key = at[near], block[near]
            counts += np.bincount(self.interval[place] + (key >= self.edge[place]), minlength=len(counts))
            counts += bisected(self.edges, block[held > 1])
        per_cell[self.inside > 0] = 0
        np.add.at(counts, self.interval, per_cell)
        return counts


def cells(keys: Keys, low: float, scale: float) -> NDArray[np.intp]:
    """The cell of every key; never decreasing in the key."""
    place = np.subtract(keys, low, dtype=np.float64)
    place *= scale
    np.clip(place, 0, CELLS - 1, out=place)
    return place.astype(np.intp)


def bisected(edges: Keys, keys: Keys) -> NDArray[np.int64]:
    """How many keys fall in each interval, by bisection."""
    return np.bincount(np.searchsorted(edges, keys, side="right"), minlength=len(edges) + 1)
