"""Ratios of scales: logarithms and divergences that are exact where two scales are almost equal, or far apart.

    KL(P || Q) = u - 1 - log u,  u = a / b or its square

is what most families of one scale have in common.
"""

from typing import Any

import numpy as np

from bitsapart.families.blocks import in_blocks
from bitsapart.families.special import excess

Array = Any

TINY = float(np.finfo(float).tiny)
FAR = 1e-150
"""A ratio whose square has all its digits still, and is nothing next to 1."""


def log_ratio(a: Any, b: Any) -> Array:
    """log(a / b) for a >= 0 and b > 0, with full relative precision; shapes broadcast.

    >>> float(log_ratio(3.0 + 3e-12, 3.0))
    9.9994...e-13
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(all="ignore"):
        ratio = a / b
        found = np.asarray(np.log(ratio))
        lost = (ratio < TINY) | np.isposinf(ratio)
        if lost.any():
            found = np.where(lost, np.log(a) - np.log(b), found)
        # the difference of numbers within a factor of two is exact
        close = np.abs(ratio - 1.0) <= 0.5
        return np.asarray(np.log1p((a - b) / b, out=found, where=close)) if close.any() else found


def exponential_excess(x: Any) -> Array:
    """e^x - 1 - x >= 0.

    >>> float(exponential_excess(1e-9))
    5.0000000016...e-19
    """
    x = np.asarray(x, float)
    with np.errstate(all="ignore"):
        grown = np.expm1(x)
        close = np.abs(x) < 1.0
        far = np.asarray(grown - x)
        return np.where(close, excess(np.where(close, grown, 0.0)), far) if close.any() else far


def scale_excess(a: Any, b: Any) -> Array:
    """U - 1 - log u >= 0 with u = a / b, of two positive numbers.

    >>> float(scale_excess(1.0, 2.0))
    0.193147...
    """
    return _scale_excess(a, b)


def square_excess(a: Any, b: Any) -> Array:
    """U - 1 - log u >= 0 with u = (a / b)^2, of two positive numbers.

    >>> float(square_excess(1.0, 2.0))
    0.636294...
    """
    return _square_excess(a, b)


@in_blocks
def _scale_excess(a: Array, b: Array) -> Array:
    ratio = a / b
    found = excess((a - b) / b, ratio)
    return np.where(ratio < FAR, -1.0 - log_ratio(a, b), found) if (ratio < FAR).any() else found


@in_blocks
def _square_excess(a: Array, b: Array) -> Array:
    ratio, step = a / b, (a - b) / b
    found = excess(step * (2.0 + step), ratio * ratio)
    return np.where(ratio < FAR, -1.0 - 2.0 * log_ratio(a, b), found) if (ratio < FAR).any() else found


def representable(x: Any) -> Array:
    """The same where a number that is not 0 has all its digits; nan where rounding made it 0, subnormal or infinite."""
    x = np.asarray(x, float)
    return np.where((np.abs(x) >= TINY) & np.isfinite(x), x, np.nan)
