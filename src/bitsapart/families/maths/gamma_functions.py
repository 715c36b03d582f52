"""The gamma function, its derivatives and its ratios, exact where differences of its logarithms are not.

    log Gamma(x) = (x - 1/2) log x - x + log(2 pi) / 2 + c_1 / x + c_2 / x^3 + ...             for x of at least SHIFT
    log Gamma(1 + t) = t - log(1 + t) - gamma t + sum_{n >= 2} (zeta(n) - 1) (-t)^n / n        for |t| < 2

Abramowitz & Stegun 1964, 6.1.41 and 6.1.33.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.maths.batches import of_pairs
from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.ratios import excess

Array = Any

SHIFT = 10
"""Gamma functions are moved up by this, beyond which the series below has all digits."""
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400, 43867 / 244188)
"""Coefficients c of 1/x, 1/x^3, ..."""
FACTORS = 8
"""Up to as many are multiplied."""
NEAR_ONE = 0.5
"""Up to this |t| the series around 1 is used."""
ZETA_TERMS = 28
"""Of that series, which decrease as 4^-n."""


def log_gamma_bregman(a: Any, b: Any) -> Array:
    """Log Gamma(b) - log Gamma(a) - (b - a) psi(a) >= 0 for a, b > 0: every term of the sum is.

    >>> float(log_gamma_bregman(3.0, 3.0 + 1e-8)) / 1e-16   # half of trigamma(3)
    0.197...
    """
    return of_pairs("log_gamma_bregman", _log_gamma_bregman, a, b)


def _log_gamma_bregman(a: Array, b: Array) -> Array:
    step = b - a
    low = np.minimum(a, b) < SHIFT
    total = np.zeros(a.shape)
    for i in range(SHIFT if low.any() else 0):
        total += np.where(low, excess(step / (a + i), (b + i) / (a + i)), 0.0)
    moved = np.where(low, SHIFT, 0.0)
    # the step is the exact one: moved up, a and b are rounded
    a, b = a + moved, b + moved
    return total + b * excess(-step / b, a / b) + _stirling_bregman(a, b, step)


def shape_bregman(a: Any, b: Any) -> Array:
    """Bregman divergence from a to b of f(x) = log Gamma(x) - x log x + x: of gamma distributions of equal means.

    f(x) - f(x + 1) = (x + 1) log(1 + 1 / x) - 1 is convex too, so that the terms of small a and b are positive.
    """
    return of_pairs("shape_bregman", _shape_bregman, a, b)


def _shape_bregman(a: Array, b: Array) -> Array:
    step = b - a
    low = np.minimum(a, b) < SHIFT
    total = np.zeros(a.shape)
    for i in range(SHIFT if low.any() else 0):
        total += np.where(low, _shift_bregman(a + i, b + i, step), 0.0)
    moved = np.where(low, SHIFT, 0.0)
    return total + _stirling_bregman(a + moved, b + moved, step)


def _shift_bregman(a: Array, b: Array, step: Array) -> Array:
    """The Bregman divergence of (x + 1) log(1 + 1 / x).

    It is (b + 1) log(1 + r) + step / a with r = -step / (b (a + 1)); where r is small, both cancel in first order.
    """
    r = -step / (b * (a + 1.0))
    ratio = ((b + 1.0) / (a + 1.0)) * (a / b)
    close = (step / a) * (step / b / (a + 1.0)) - (b + 1.0) * excess(r, ratio)
    return np.where(r < 1.0, close, (b + 1.0) * np.log(ratio) + step / a)


def _stirling_bregman(a: Array, b: Array, step: Array) -> Array:
    """The Bregman divergence of -log(x) / 2 + sum c_n x^-n, for a, b of at least SHIFT.

    With t = step / a, b^-n - a^-n + n t a^-n = t^2 S_n, S_n = sum_j (n - j + 1) b^-j a^(j - n) over j = 1 ... n, so
    that S_n = S_(n-1) / a + G_n and G_n = G_(n-1) / a + b^-n.
    """
    t = step / a
    return excess(t, b / a) / 2.0 + t * (t * _remainder_sum(1.0 / a, 1.0 / b))


def _remainder_sum(a: Array, b: Array) -> Array:
    """Sum c_n S_n, given 1 / a and 1 / b."""
    power, inner, outer = b, b, b
    total = STIRLING[0] * outer
    for coefficient in STIRLING[1:]:
        for _ in range(2):
            power = power * b
            inner = inner * a + power
            outer = outer * a + inner
        total = total + coefficient * outer
    return total


def stirling_remainder(x: Any) -> Array:
    """Log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2 > 0 for x > 0.

    >>> float(stirling_remainder(1e6))
    8.33333333333...e-08
    """
    x = np.asarray(x, float)
    low = x < SHIFT
    total = np.zeros(x.shape)
    for i in range(SHIFT if low.any() else 0):
        total += np.where(low, _remainder_step(np.where(low, x, 1.0) + i), 0.0)
    inverse = 1.0 / np.where(low, x + SHIFT, x)
    return total + inverse * _series(STIRLING, inverse * inverse)


def _remainder_step(x: Array) -> Array:
    """(x + 1/2) log(1 + 1 / x) - 1 = atanh(y) / y - 1 with y = 1 / (2 x + 1)."""
    y = 1.0 / (2.0 * x + 1.0)
    square = np.where(y < 0.25, y * y, 0.0)
    series = square * _series([1.0 / (2 * k + 1) for k in range(1, 14)], square)
    return np.where(y < 0.25, series, (x + 0.5) * (np.log1p(x) - np.log(x)) - 1.0)


def _series(coefficients: Any, x: Array) -> Array:
    """A polynomial, its constant first."""
    total = np.full(np.shape(x), float(coefficients[-1]))
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total


def digamma_minus_log(x: Any) -> Array:
    """Psi(x) - log x < 0, for x > 0: E log X - log E X of a gamma distribution.

    >>> float(digamma_minus_log(1e9))
    -5.000000000833...e-10
    """
    x = np.asarray(x, float)
    low = x < SHIFT
    total = np.zeros(x.shape)
    for i in range(SHIFT if low.any() else 0):
        y = 1.0 / (np.where(low, x, 1.0) + i)
        total -= np.where(low, excess(y), 0.0)
    inverse = 1.0 / np.where(low, x + SHIFT, x)
    return total + _remainder_slope(inverse) - 0.5 * inverse


def _remainder_slope(inverse: Array) -> Array:
    """The derivative of the Stirling remainder at a large x, given 1 / x."""
    square = inverse * inverse
    return square * _series([-(2 * i + 1) * coefficient for i, coefficient in enumerate(STIRLING)], square)


def gamma_entropy(shape: Any) -> Array:
    """Entropy in nats of a gamma distribution of rate 1, k + log Gamma(k) + (1 - k) psi(k).

    Where k is large, it is log(2 pi e k) / 2 and a remainder: entropies of beta and Dirichlet distributions are sums.

    >>> float(gamma_entropy(1.0)), float(gamma_entropy(1e6))
    (1.0, 8.326...)
    """
    k = np.asarray(shape, float)
    low = k < SHIFT
    held, small = np.where(low, SHIFT, k), np.where(low, k, 1.0)
    inverse = 1.0 / held
    remainder = stirling_remainder(held) - 0.5 * inverse + (1.0 - held) * _remainder_slope(inverse)
    large = 0.5 * np.log(held) + (HALF_LOG_2_PI + 0.5) + remainder
    return np.where(low, small + sp.gammaln(small) + (1.0 - small) * sp.digamma(small), large)


def rising(x: Any, k: Any) -> Array:
    """Gamma(x + k) / Gamma(x) for x > 0, infinite where x + k <= 0: moments of a gamma distribution.

    >>> float(rising(3.0, 2.0)), float(rising(2.0, -2.0))
    (12.0, inf)
    """
    x, k = np.broadcast_arrays(np.asarray(x, float), np.asarray(k, float))
    whole = (np.abs(k) <= FACTORS) & (k == np.floor(k))
    with np.errstate(all="ignore"):
        found = _product_of_steps(x, np.where(whole, k, 0.0))
        if not whole.all():
            found = np.where(whole, found, np.exp(log_rising(x, k)))
    return np.where(x + k > 0.0, found, np.inf)


def log_rising(x: Any, k: Any) -> Array:
    """Log Gamma(x + k) - log Gamma(x) for x > 0 and x + k > 0, also of a small k beside a large x; infinite for others.

    >>> float(log_rising(1e6, 1e-9)) / 1e-9   # psi(1e6)
    13.8155...
    """
    return _log_rising(x, k, sp.digamma, np.zeros_like)


def log_rising_over_power(x: Any, k: Any) -> Array:
    """Log Gamma(x + k) - log Gamma(x) - k log x, small where x is large.

    >>> float(log_rising_over_power(1e6, 0.5)) * 1e6   # about -1/8
    -0.12499...
    """
    return _log_rising(x, k, digamma_minus_log, np.log)


def _log_rising(x: Any, k: Any, slope: Callable[[Array], Array], log_power: Callable[[Array], Array]) -> Array:
    """Less k times ``log_power``, which ``slope`` is psi less of."""
    x, k = np.broadcast_arrays(np.asarray(x, float), np.asarray(k, float))
    with np.errstate(all="ignore"):
        large, possible = x >= SHIFT, x + k > 0.0
        held, moved = np.where(large, x, SHIFT), np.where(large & possible, x + k, SHIFT)
        far = k * slope(held) + log_gamma_bregman(held, moved)
        near = sp.gammaln(x + k) - sp.gammaln(x) - k * log_power(x)
        return np.where(possible, np.where(large, far, near), np.inf)


def _product_of_steps(x: Array, k: Array) -> Array:
    """X (x + 1) ... (x + k - 1), or 1 / ((x - 1) ... (x + k)) for k < 0, for whole k."""
    found = np.ones(x.shape)
    for i in range(int(np.abs(k).max(initial=0.0))):
        found = np.where(k > i, found * (x + i), np.where(-k > i, found / (x - 1.0 - i), found))
    return found


def shape_curvature(x: Any) -> Array:
    """Psi'(x) - 1 / x > 0, for x > 0; about 1 / (2 x^2) where x is large."""
    x = np.asarray(x, float)
    low = x < SHIFT
    held, small = np.where(low, SHIFT, x), np.where(low, x, 1.0)
    inverse = 1.0 / held
    square = inverse * inverse
    second = [(2 * i + 1) * (2 * i + 2) * coefficient for i, coefficient in enumerate(STIRLING)]
    large = square * (0.5 + inverse * _series(second, square))
    return np.where(low, sp.polygamma(1, small) - 1.0 / small, large)


def log_gamma_1p(t: Any) -> Array:
    """Log Gamma(1 + t) for t > -1, with full relative precision near 0.

    >>> float(log_gamma_1p(1e-12))
    -5.77215664...e-13
    """
    t = np.asarray(t, float)
    near = np.where(np.abs(t) <= NEAR_ONE, t, 0.0)
    return np.where(
        np.abs(t) <= NEAR_ONE, excess(near) - np.euler_gamma * near + zeta_series(near), sp.gammaln(1.0 + t)
    )


def log_gamma_spread(t: Any) -> Array:
    """Log Gamma(1 + 2 t) - 2 log Gamma(1 + t) >= 0, t > -1/2: log(1 + v), v the squared variation coefficient of E^t.

    E is an exponential variable, so that E^t is one of Weibull or Frechet.

    >>> float(log_gamma_spread(1e-9)) / 1e-18   # pi^2 / 6
    1.6449...
    """
    t = np.asarray(t, float)
    small = np.abs(t) <= NEAR_ONE / 2.0
    near = np.where(small, t, 0.0)
    close = zeta_series(2.0 * near) - 2.0 * zeta_series(near) + np.log1p(near * near / (1.0 + 2.0 * near))
    return np.where(small, close, sp.gammaln(1.0 + 2.0 * t) - 2.0 * sp.gammaln(1.0 + t))


def zeta_series(t: Any) -> Array:
    """Sum over n >= 2 of (zeta(n) - 1) (-t)^n / n for |t| <= NEAR_ONE."""
    t = np.asarray(t, float)
    total = np.zeros(t.shape)
    for n in range(ZETA_TERMS, 1, -1):
        total = total * -t + sp.zetac(n) / n
    return total * t * t
