"""Log probabilities of counts to full precision, however many: Loader's saddle-point expansion.

    log binomial(x; n, p) = S(n) - S(x) - S(n - x) - D(x, n p) - D(n - x, n (1 - p)) + log(n / (2 pi x (n - x))) / 2

with D(x, m) = x log(x / m) - x + m and S what Stirling's formula leaves out of log x!. The textbook sum of three log
factorials loses as many digits as n has. Loader 2000, Fast and Accurate Computation of Binomial Probabilities.
"""

from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.gamma_functions import stirling_remainder
from bitsapart.families.maths.ratios import product_difference, step_deviance

Array = Any

TINY = 1e-290


def log_factorial_excess(x: Array) -> Array:
    """Log x! - (x log x - x), 0 at x = 0: the part of a log factorial that grows like a logarithm.

    >>> float(log_factorial_excess(0.0)), float(log_factorial_excess(1e9))
    (0.0, 11.280...)
    """
    x = np.asarray(x, float)
    # below 0 nothing is right or wrong
    tabled = (x < len(TABLE)) & ((x == np.floor(x)) | (x < 0.0))
    found = TABLE[np.where(tabled, np.maximum(x, 0.0), 0.0).astype(np.intp)]
    if not tabled.all():
        found = np.asarray(found)
        found[~tabled] = _log_factorial_excess(x[~tabled])
    return found


def _log_factorial_excess(x: Array) -> Array:
    large = np.where(x < 1.0, 1.0, x)
    small = np.where(x < 1.0, x, 0.0)
    near_0 = sp.gammaln(small + 1.0) - sp.xlogy(small, small) + small
    return np.where(x < 1.0, near_0, stirling_remainder(large) + 0.5 * np.log(large) + HALF_LOG_2_PI)


TABLE = _log_factorial_excess(np.arange(64.0))
"""Most counts are small."""


def log_poisson(x: Array, rate: Array) -> Array:
    """Log probability of x events where the rate is expected."""
    return -step_deviance(x, rate, rate - x) - log_factorial_excess(x)


def log_binomial(x: Array, n: Array, p: Array) -> Array:
    """Log probability of x successes in n trials."""
    return _log_binomial(x, n - x, n, p, product_difference(n, p, x, 1.0))


def log_negative_binomial(x: Array, r: Array, p: Array) -> Array:
    """Log probability of x failures before the success number r, real or whole: r / (x + r) binomial(r; x + r, p)."""
    n = x + r
    rest = np.where(x > r, r - (n - x), x - (n - r))
    found = np.log(r / n) + _log_binomial(r, x, n, p, product_difference(n, p, r, 1.0) + rest * p)
    return np.where(x == 0.0, r * np.log(p), found)


def _log_binomial(x: Array, y: Array, n: Array, p: Array, step: Array) -> Array:
    """With the other count y = n - x and step = n p - x."""
    apart = step_deviance(x, n * p, step) + step_deviance(y, n * (1.0 - p), -step)
    inner = log_factorial_excess(n) - log_factorial_excess(x) - log_factorial_excess(y) - apart
    with np.errstate(all="ignore"):
        return np.where(x == 0.0, sp.xlog1py(y, -p), np.where(y == 0.0, sp.xlogy(x, p), inner))
