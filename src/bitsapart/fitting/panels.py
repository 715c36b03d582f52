"""Adaptive quadrature of several functions of one number at once: Gauss-Legendre panels that are halved where it helps.

Davis & Rabinowitz 1984, Methods of Numerical Integration, chapter 6. All panels of a round are evaluated in one call.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = Any

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
ROUNDS = 48
MOST = 400_000
RELATIVE = 2e-16


class Integral(NamedTuple):
    """Integrals of k functions, shape (k,), their errors, and the panels: edges (m, 2) and integrals (m, k)."""

    value: Array
    error: Array
    panels: Array
    parts: Array
    n: int


def integrate(
    function: Callable[[Array], Array], edges: Array, *, relative: float = RELATIVE, most: int = MOST
) -> Integral:
    """Integrals over the range of sorted edges; ``function`` gives (k, n) at points (n,).

    ``relative`` is the error of a panel that is good enough, as a share of the integral of the absolute values; after
    ``most`` evaluations it stops, and the error says what is left.

    The error is the sum over panels of |whole - two halves|, which is far above that of the halves, plus rounding.
    """
    active = np.stack([edges[:-1], edges[1:]], axis=1)
    active = active[active[:, 1] > active[:, 0]]
    whole, _ = _panels(function, active)
    n = 16 * len(active)
    done: list[Array] = []
    parts: list[Array] = []
    errors: list[Array] = []
    sizes: list[Array] = []
    for round_number in range(ROUNDS):
        middle = active.mean(axis=1)
        halves = np.stack([active[:, 0], middle, middle, active[:, 1]], axis=1).reshape(-1, 2)
        fine, size = _panels(function, halves)
        n += 16 * len(halves)
        pairs, pair_sizes = fine.reshape(-1, 2, fine.shape[1]), size.reshape(-1, 2, fine.shape[1])
        error = np.abs(whole - pairs.sum(axis=1))
        total = pair_sizes.sum(axis=(0, 1)) + sum((kept.sum(axis=0) for kept in sizes), np.zeros(fine.shape[1]))
        enough = np.maximum(relative * total, 50.0 * relative * pair_sizes.sum(axis=1))
        good = (error <= enough).all(axis=1) | (n > most) | (round_number == ROUNDS - 1)
        done.append(active[good])
        parts.append(pairs.sum(axis=1)[good])
        errors.append(error[good])
        sizes.append(pair_sizes.sum(axis=1)[good])
        if good.all():
            break
        active, whole = halves.reshape(-1, 2, 2)[~good].reshape(-1, 2), pairs[~good].reshape(-1, fine.shape[1])
    values, total = np.concatenate(parts), np.concatenate(sizes).sum(axis=0)
    rounding = 8.0 * np.finfo(float).eps * total
    return Integral(values.sum(axis=0), np.concatenate(errors).sum(axis=0) + rounding, np.concatenate(done), values, n)


def _panels(function: Callable[[Array], Array], edges: Array) -> tuple[Array, Array]:
    """Integrals (m, k) over panels, and those of the absolute values."""
    half = 0.5 * (edges[:, 1] - edges[:, 0])
    points = edges.mean(axis=1)[:, np.newaxis] + half[:, np.newaxis] * NODES
    values = function(points.ravel())
    weighted = values.reshape(len(values), *points.shape) * WEIGHTS * half[:, np.newaxis]
    return weighted.sum(axis=-1).T, np.abs(weighted).sum(axis=-1).T
