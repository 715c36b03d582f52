"""Functions that are exact where a difference of textbook ones is not: what a divergence near 0 is made of.

All take arrays that broadcast, in double precision, and have relative errors of some 1e-15. A function of two
parameters is built from their difference, which is exact where they are close, and from their ratio, which is exact
where they are not.
"""

import math
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.pairs import of_pairs
from bitsapart.measures.logarithm import log1pmx

Array = Any

NEAR = 0.3
"""Up to this relative difference a series is used, beyond it logarithms."""
TINY = 1e-290
"""A ratio below this may have lost digits."""
SHIFT = 10
"""Gamma functions are moved up by this, beyond which the series below has all digits."""
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400, 43867 / 244188)
"""Coefficients of 1/x, 1/x^3, ... in log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2. Abramowitz & Stegun 6.1.41."""
HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)
FACTORS = 8
"""Up to as many are multiplied."""
SPLIT = 134217729.0
"""2^27 + 1: cuts a double in halves whose products are exact. Dekker 1971."""


# ---------------------------------------------------------------------------------------------- ratios near 1


def excess(x: Any, ratio: Any = None) -> Array:
    """X - log(1 + x) >= 0 for x >= -1; ``ratio`` is 1 + x, where that is known to more digits than x + 1 has.

    >>> float(excess(1e-9)), float(excess(-1.0, 1e-20))
    (4.99999999666...e-19, 45.05...)
    """
    return of_pairs("excess", _excess, x, np.add(x, 1.0) if ratio is None else ratio)


def _excess(x: Array, ratio: Array) -> Array:
    far = x < -0.5
    found = np.where(far, x - np.log(np.where(far, ratio, 1.0)), 0.0 - log1pmx(np.where(far, 0.0, x), np))
    return np.where(x == np.inf, np.inf, found)


def ratio_excess(a: Any, b: Any) -> Array:
    """A / b - 1 - log(a / b) >= 0 for a >= 0 and b > 0, also where a / b is smaller than any number.

    >>> float(ratio_excess(1.0 + 1e-9, 1.0)), float(ratio_excess(1e-200, 1e200))
    (5.00000082...e-19, 920.03...)
    """
    return of_pairs("ratio_excess", _ratio_excess, a, b)


def _ratio_excess(a: Array, b: Array) -> Array:
    ratio = a / b
    return np.where(ratio < TINY, ratio - 1.0 - (np.log(a) - np.log(b)), _excess((a - b) / b, ratio))


def deviance(p: Any, q: Any) -> Array:
    """Half the deviance of a Poisson count p of mean q, p log(p / q) - p + q >= 0; infinite for q = 0 < p.

    >>> float(deviance(2.0, 2.0)), float(deviance(0.0, 3.0))
    (0.0, 3.0)
    """
    return of_pairs("deviance", _deviance, p, q)


def _deviance(p: Array, q: Array) -> Array:
    # if q / p is no number, it is all of the deviance
    found = np.where(np.isinf(q / p), q, p * _ratio_excess(q, p))
    return np.where(p == 0.0, q, np.where(q == 0.0, np.inf, found))


def product_difference(a: Any, b: Any, c: Any, d: Any) -> Array:
    """A b - c d with full relative precision, where no product overflows. Dekker 1971, as Kahan's determinant."""
    first, first_rest = _product(np.asarray(a, float), np.asarray(b, float))
    second, second_rest = _product(np.asarray(c, float), np.asarray(d, float))
    return (first - second) + (first_rest - second_rest)


def _product(a: Array, b: Array) -> tuple[Array, Array]:
    """A product and what its rounding lost."""
    high_a, high_b = SPLIT * a - (SPLIT * a - a), SPLIT * b - (SPLIT * b - b)
    low_a, low_b = a - high_a, b - high_b
    product = a * b
    return product, ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b


def gap(a: Any, b: Any, c: Any, d: Any) -> tuple[Array, Array]:
    """A b / (c d), of positive numbers, as the difference to 1 and as it is; neither overflows before the ratio does.

    >>> float(gap(3.0, 1.0 + 2.0**-40, 1.0, 3.0)[0]) == 2.0**-40
    True
    """
    (a, b), (c, i), (d, j) = (np.asarray(a, float), np.asarray(b, float)), np.frexp(c), np.frexp(d)
    a, b, below = np.ldexp(a, -i), np.ldexp(b, -j), c * d
    ratio = a * b / below
    near = ratio < 2.0
    held_a, held_b = np.where(near, a, 1.0), np.where(near, b, 1.0)
    return np.where(near, product_difference(held_a, held_b, c, d) / below, ratio - 1.0), ratio


# ---------------------------------------------------------------------------------------------- gamma functions


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
        total += np.where(low, _excess(step / (a + i), (b + i) / (a + i)), 0.0)
    moved = np.where(low, SHIFT, 0.0)
    # the step is the exact one: moved up, a and b are rounded
    a, b = a + moved, b + moved
    return total + b * _excess(-step / b, a / b) + _stirling_bregman(a, b, step)


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
    close = (step / a) * (step / b / (a + 1.0)) - (b + 1.0) * _excess(r, ratio)
    return np.where(r < 1.0, close, (b + 1.0) * np.log(ratio) + step / a)


def _stirling_bregman(a: Array, b: Array, step: Array) -> Array:
    """The Bregman divergence of -log(x) / 2 + sum c_n x^-n, for a, b of at least SHIFT.

    With t = step / a, b^-n - a^-n + n t a^-n = t^2 S_n, S_n = sum_j (n - j + 1) b^-j a^(j - n) over j = 1 ... n, so
    that S_n = S_(n-1) / a + G_n and G_n = G_(n-1) / a + b^-n.
    """
    t = step / a
    return _excess(t, b / a) / 2.0 + t * (t * _remainder_sum(1.0 / a, 1.0 / b))


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
    x, k = np.broadcast_arrays(np.asarray(x, float), np.asarray(k, float))
    with np.errstate(all="ignore"):
        large, possible = x >= SHIFT, x + k > 0.0
        held, moved = np.where(large, x, SHIFT), np.where(large & possible, x + k, SHIFT)
        far = k * sp.digamma(held) + log_gamma_bregman(held, moved)
        return np.where(possible, np.where(large, far, sp.gammaln(x + k) - sp.gammaln(x)), np.inf)


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
