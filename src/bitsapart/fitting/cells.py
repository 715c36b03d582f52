"""Adaptive quadrature in two dimensions: Gauss-Legendre cells that are quartered where it helps, all at once.

The grid of cells that it starts from is fine, as an error estimate does not see what no node has seen.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any

NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)
POINTS = np.stack(np.meshgrid(NODES, NODES, indexing="ij"), axis=-1).reshape(-1, 2)
PRODUCTS = (WEIGHTS[:, np.newaxis] * WEIGHTS).ravel()
QUARTERS = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])
ROUNDS = 30
RELATIVE = 1e-14
"""Of the integral, the error of a cell that is good enough."""


def integrate_plane(
    function: Callable[[Array], Array], rows: Array, columns: Array, *, most: int
) -> tuple[float, float]:
    """The integral over the rectangle of a positive function of points (n, 2), and its error.

    ``rows`` and ``columns`` are the sorted edges of the first cells. After ``most`` evaluations it stops. The error is
    the sum over cells of |whole - four quarters|, which is far above that of the quarters, plus rounding.
    """
    centres = np.stack(np.meshgrid(_middles(rows), _middles(columns), indexing="ij"), axis=-1).reshape(-1, 2)
    halves = 0.5 * np.stack(np.meshgrid(np.diff(rows), np.diff(columns), indexing="ij"), axis=-1).reshape(-1, 2)
    whole, evaluated = _cells(function, centres, halves), len(centres) * len(POINTS)
    total, error = 0.0, 0.0
    for round_number in range(ROUNDS):
        parts_at = (centres[:, np.newaxis] + QUARTERS * halves[:, np.newaxis]).reshape(-1, 2)
        parts_halves = np.repeat(0.5 * halves, 4, axis=0)
        parts = _cells(function, parts_at, parts_halves)
        evaluated += len(parts_at) * len(POINTS)
        sums = parts.reshape(-1, 4).sum(axis=1)
        off = np.abs(whole - sums)
        last = evaluated > most or round_number == ROUNDS - 1
        good = (off <= RELATIVE * (total + sums.sum())) | last
        total, error = total + float(sums[good].sum()), error + float(off[good].sum())
        if good.all():
            break
        again = np.repeat(~good, 4)
        centres, halves, whole = parts_at[again], parts_halves[again], parts[again]
    return total, error + 8.0 * float(np.finfo(float).eps) * total


def _middles(edges: Array) -> Array:
    return 0.5 * (edges[:-1] + edges[1:])


def _cells(function: Callable[[Array], Array], centres: Array, halves: Array) -> Array:
    points = centres[:, np.newaxis] + halves[:, np.newaxis] * POINTS
    values = function(points.reshape(-1, 2)).reshape(len(centres), -1)
    return values @ PRODUCTS * halves.prod(axis=1)
