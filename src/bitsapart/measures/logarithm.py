"""Logarithm and exponential near their zeros, where measures of almost equal distributions live.

    log1pmx(x) = log(1 + x) - x = -x^2/2 + x^3/3 - ...

Abramowitz & Stegun 1964, 4.1.24 and 4.1.27: with y = x / (2 + x), log(1 + x) = 2 (y + y^3/3 + y^5/5 + ...), and
2 y - x = -x y.
"""

from bitsapart.measures.arrays import Array, Namespace

COEFFICIENTS = [1.0 / (2 * k + 1) for k in range(12, 0, -1)]


def log1pmx(x: Array, xp: Namespace) -> Array:
    """log(1 + x) - x with full relative precision near 0; any shape, x >= -1.

    >>> import numpy as np
    >>> float(log1pmx(np.array(1e-9), np))
    -4.99999999666...e-19
    """
    near = xp.abs(x) < 0.3
    held = xp.where(near, x, 0.0)
    y = held / (2.0 + held)
    square = y * y
    series = COEFFICIENTS[0] * xp.ones_like(x)
    for coefficient in COEFFICIENTS[1:]:
        series = series * square + coefficient
    far = xp.where(near, 1.0, x)
    return xp.where(near, 2.0 * y * square * series - held * y, xp.log1p(far) - far)
