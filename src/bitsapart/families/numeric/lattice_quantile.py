"""Quantiles of whole numbers where the distribution function has no inverse: growing steps, then bisection."""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any

FURTHEST = 2.0**1000


def lattice_quantile(cdf: Callable[[Array], Array], u: Array, low: float, batch_shape: tuple[int, ...]) -> Array:
    """The least whole number x >= low with cdf(x) >= u, for a support without end; nan for u outside of 0 ... 1.

    >>> float(lattice_quantile(lambda x: 1.0 - 0.5**x, np.array(0.9), 1.0, ()))
    4.0
    """
    found = _least(lambda x: cdf(x) >= u, low, np.broadcast_shapes(u.shape, batch_shape))
    return np.where((u >= 0.0) & (u < 1.0), found, np.where(u == 1.0, np.inf, np.nan))


def lattice_upper_quantile(
    survival: Callable[[Array], Array], u: Array, low: float, batch_shape: tuple[int, ...]
) -> Array:
    """The least whole number x >= low with P(X > x) <= u, for a support without end; nan for u outside of 0 ... 1."""
    found = _least(lambda x: survival(x) <= u, low, np.broadcast_shapes(u.shape, batch_shape))
    return np.where((u > 0.0) & (u <= 1.0), found, np.where(u == 0.0, np.inf, np.nan))


def _least(reached: Callable[[Array], Array], low: float, shape: tuple[int, ...]) -> Array:
    """The least whole number x >= low at which ``reached`` holds, a condition that stays true; inf if it is too far."""
    origin = np.full(shape, low - 1.0)
    below, distance = origin, np.ones(shape)
    above = origin + distance
    while True:
        short = ~reached(above) & (distance < FURTHEST)
        if not np.any(short):
            break
        # distances 1, 2, 8, 128, ...: there may be far to go
        below = np.where(short, above, below)
        distance = np.where(short, np.minimum(2.0 * distance * distance, FURTHEST), distance)
        above = origin + distance
    found = reached(above)
    while True:
        middle = origin + np.rint(_between(below - origin, above - origin))
        between = (middle > below) & (middle < above)
        if not np.any(between):
            break
        yes = reached(middle)
        below, above = np.where(between & ~yes, middle, below), np.where(between & yes, middle, above)
    return np.where(found, above, np.inf)


def _between(low: Array, high: Array) -> Array:
    """Half way, of numbers of different size geometrically."""
    return np.where(
        high > 8.0 * np.maximum(low, 1.0), np.sqrt(np.maximum(low, 1.0)) * np.sqrt(high), 0.5 * low + 0.5 * high
    )
