"""Wald's interval by the delta method, on the estimate that is freed of bias: only away from 0.

    estimate -+ z sqrt(V)          V: the variance of ``Spread`` at the estimate

Where two distributions are nearly one, the first-order variance vanishes and the law is not normal: no interval then.
Cramer 1946, section 28.4.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.intervals.noncentral import Spread

Array = NDArray[np.float64]
DELTA_METHOD = "delta method"
TOO_NEAR = 'too near 0 for the delta method, whose variance vanishes there: interval="noncentral" holds everywhere'
LEAST_RATIO = 4.0
"""The first-order variance should be so many times that at 0."""


def delta(spread: Spread, level: float) -> tuple[Array, Array]:
    """Both ends, (rows,), nan where the estimate is too near 0.

    >>> [round(float(end), 3) for end in delta(Spread(0.5, 1e-3, 1e-6, 4e-3), 0.95)]
    [0.412, 0.588]
    >>> [float(end) for end in delta(Spread(0.001, 1e-3, 1e-6, 4e-3), 0.95)]
    [nan, nan]
    """
    estimate = np.asarray(spread.estimate, dtype=np.float64)
    reach = float(special.ndtri((1.0 + level) / 2.0)) * np.sqrt(spread.spread_at(np.maximum(estimate, 0.0)))
    away = (spread.slope * estimate >= LEAST_RATIO * spread.variance) & (estimate > reach)
    return np.where(away, estimate - reach, np.nan), np.where(away, estimate + reach, np.nan)
