"""The gamma function where a difference of its logarithms is small: near 1, and far out.

    log Gamma(1 + t) = t - log(1 + t) - gamma t + sum_{n >= 2} (zeta(n) - 1) (-t)^n / n        for |t| < 2

Abramowitz & Stegun 1964, 6.1.33.
"""

from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.special import SHIFT, excess, stirling_remainder

Array = Any

EULER = 0.5772156649015329
NEAR = 0.5
TERMS = 28
"""Of the series near 1, which for |t| <= NEAR decrease as 4^-n."""


def zeta_series(t: Any) -> Array:
    """Sum over n >= 2 of (zeta(n) - 1) (-t)^n / n for |t| <= NEAR."""
    t = np.asarray(t, float)
    total = np.zeros(t.shape)
    for n in range(TERMS, 1, -1):
        total = total * -t + sp.zetac(n) / n
    return total * t * t


def log_gamma_1p(t: Any) -> Array:
    """Log Gamma(1 + t) for t > -1, with full relative precision near 0.

    >>> float(log_gamma_1p(1e-12))
    -5.77215664...e-13
    """
    t = np.asarray(t, float)
    near = np.where(np.abs(t) <= NEAR, t, 0.0)
    return np.where(np.abs(t) <= NEAR, excess(near) - EULER * near + zeta_series(near), sp.gammaln(1.0 + t))


def log_gamma_spread(t: Any) -> Array:
    """Log Gamma(1 + 2 t) - 2 log Gamma(1 + t) >= 0, t > -1/2: log(1 + v), v the squared variation coefficient of E^t.

    E is an exponential variable, so that E^t is one of Weibull or Frechet.

    >>> float(log_gamma_spread(1e-9)) / 1e-18   # pi^2 / 6
    1.6449...
    """
    t = np.asarray(t, float)
    small = np.abs(t) <= NEAR / 2.0
    near = np.where(small, t, 0.0)
    close = zeta_series(2.0 * near) - 2.0 * zeta_series(near) + np.log1p(near * near / (1.0 + 2.0 * near))
    return np.where(small, close, sp.gammaln(1.0 + 2.0 * t) - 2.0 * sp.gammaln(1.0 + t))


def log_rising(x: Any, step: Any) -> Array:
    """Log of Gamma(x + step) / (Gamma(x) x^step), for x and x + step above 0.

    >>> float(log_rising(1e6, 0.5)) * 1e6   # about -1/8
    -0.12499...
    """
    x, step = np.broadcast_arrays(np.asarray(x, float), np.asarray(step, float))
    near = sp.gammaln(x + step) - sp.gammaln(x) - step * np.log(x)
    moved = x + step
    # (x + step - 1/2) log(1 + step / x) - step, whose parts cancel
    lead = (step - 0.5) * step / x - (moved - 0.5) * excess(step / x)
    return np.where(np.minimum(x, moved) >= SHIFT, lead + stirling_remainder(moved) - stirling_remainder(x), near)
