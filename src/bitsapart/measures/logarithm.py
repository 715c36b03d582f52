"""The natural logarithm near 1, where measures of almost equal distributions live.

    log1pmx(x) = log(1 + x) - x = -x^2/2 + x^3/3 - ...

Abramowitz & Stegun 1964, 4.1.24 and 4.1.27: with y = x / (2 + x), log(1 + x) = 2 (y + y^3/3 + y^5/5 + ...), and
2 y - x = -x y.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def log1pmx(x: Array) -> Array:
    """log(1 + x) - x with full relative precision near 0; any shape, x >= -1.

    >>> float(log1pmx(np.array(1e-9)))
    -4.99999999666...e-19
    """
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(divide="ignore"):
        far = np.log1p(x) - x
    y = np.where(np.abs(x) < 0.1, x, 0.0)
    y = y / (2.0 + y)
    series = np.polyval(1.0 / (2.0 * np.arange(12, 0, -1) + 1.0), y * y)
    return np.where(np.abs(x) < 0.1, 2.0 * y**3 * series - x * y, far)
