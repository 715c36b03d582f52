"""The log-partition functions of directions: modified Bessel functions at any order and argument, without cancellation.

With c = cos of the angle between a direction in d dimensions and a fixed one, t = 1 - c, nu = d / 2 - 1 the order and
E0 the mean over the sphere,

    f(x) = log E0 e^(-x t) = log(Gamma(nu + 1) (2 / x)^nu I_nu(x)) - x,     E t = -f'(x) = 1 - I_(nu + 1)(x) / I_nu(x).

Where s = sqrt(nu^2 + x^2) is large, Olver's expansion has all digits (Abramowitz & Stegun 1964, 9.7.7: it is one in
1 / s, so it holds at order 0 too); where it is not, quadrature over the angle has, every term of which is positive.
The order is a number, a multiple of 1/2; arguments are arrays.
"""

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from bitsapart.families.maths.ratios import excess, exponential_excess

Array = Any

SWITCH = 40.0
"""The least s of Olver's expansion."""
TERMS = 16
"""Terms of it: the next one is below 1e-17 at the switch."""
NEGLIGIBLE = 1e-19
"""Of a term with the factor that it gets in a second difference, beside a sum of 1 / s or so."""
NODES = 80
"""Of quadrature over the angle: exact to rounding up to an order and argument of twice the switch."""
CHUNK = 2048
"""Arguments of quadrature at a time."""
STEPS = 30
"""Of Newton's method, at most."""


def log_mean_exp(order: float, x: Any) -> Array:
    """Log of the mean over the sphere of e^(-x (1 - c)), 0 or less; x >= 0.

    >>> float(log_mean_exp(0.5, 1.0))   # log(sinh(1)) - 1, in three dimensions
    -0.83856...
    """
    return _by_size(order, x, _log_mean_exp_near, _log_mean_exp_far)


def mean_gap(order: float, x: Any) -> Array:
    """E (1 - c) = 1 - I_(order + 1)(x) / I_order(x), exact where that is tiny.

    >>> float(mean_gap(0.0, 1e6))
    5.000001...e-07
    """
    return _by_size(order, x, _mean_gap_near, _mean_gap_far)


def bessel_ratio(order: float, x: Any) -> Array:
    """E c = I_(order + 1)(x) / I_order(x), exact where that is tiny.

    >>> float(bessel_ratio(0.5, 1e-9)) / 1e-9
    0.333...
    """
    return _by_size(order, x, _ratio_near, _ratio_far)


def bessel_bregman(order: float, x: Any, step: Any) -> Array:
    """F(x + step) - F(x) - step F'(x) >= 0 with F = log I_order(x) - order log x, convex; x and x + step >= 0.

    >>> float(bessel_bregman(0.5, 1e-3, 1e-9)) / 1e-18   # half of F'' = 1/3
    0.1666...
    """
    x, step = np.broadcast_arrays(np.asarray(x, float), np.asarray(step, float))
    other = x + step
    least = np.hypot(order, np.minimum(x, other))
    most = np.hypot(order, np.maximum(x, other))
    found = np.empty(x.shape)
    far = least >= SWITCH
    near = ~far & (most <= 2.0 * SWITCH)
    apart = ~far & ~near
    found[far] = _bregman_far(order, x[far], step[far])
    found[near] = _in_chunks(_bregman_near, order, x[near], step[near])
    a, b = x[apart], other[apart]
    found[apart] = log_mean_exp(order, b) - log_mean_exp(order, a) + step[apart] * mean_gap(order, a)
    return found


def concentration(order: float, ratio: Any, gap: Any) -> Array:
    """The x at which E c is ``ratio`` and E (1 - c) is ``gap`` = 1 - ratio > 0, by Newton's method.

    The start is that of Banerjee et al. 2005, Clustering on the unit hypersphere, equation 4.4.

    >>> float(concentration(0.5, mean_gap(0.5, 1e5) * -1 + 1, mean_gap(0.5, 1e5)))
    100000.0...
    """
    ratio, gap = np.broadcast_arrays(np.asarray(ratio, float), np.asarray(gap, float))
    spread = gap * (1.0 + ratio)
    x = ratio * (2.0 * order + 1.0 + spread) / spread
    for _ in range(STEPS):
        found, missing = bessel_ratio(order, x), mean_gap(order, x)
        held = np.where(x > 0.0, x, 1.0)
        slope = np.where(x > 0.0, missing * (1.0 + found) - (2.0 * order + 1.0) * found / held, 0.5 / (order + 1.0))
        step = np.where(ratio < 0.5, ratio - found, missing - gap) / slope
        x = np.maximum(x + step, 0.25 * x)
        if np.all(np.abs(step) <= 1e-14 * x):
            break
    return x


def _by_size(order: float, x: Any, near: Callable[..., Array], far: Callable[..., Array]) -> Array:
    x = np.asarray(x, float)
    small = np.hypot(order, x) < SWITCH
    found = np.empty(x.shape)
    found[small], found[~small] = _in_chunks(near, order, x[small]), far(order, x[~small])
    return found


# large s


@cache
def _olver() -> list[Array]:
    """Coefficients c[k - 1][j] of p^(k + 2 j) in the term of order nu^-k of the log of Olver's sum, p = nu / s.

    The derivatives v_k by p of these terms follow from the recurrence of the sum's, Abramowitz & Stegun 9.3.10:
    v_(k + 1) = ((g v_k)' + g (v_1 v_(k - 1) + ... + v_(k - 1) v_1)) / 2 with g = p^2 (1 - p^2), v_1 = (1 - 5 p^2) / 8.
    """
    poly = np.polynomial.Polynomial
    g = poly([0.0, 0.0, 1.0, 0.0, -1.0])
    v = [poly([0.125, 0.0, -0.625])]
    for k in range(1, TERMS):
        products = sum((v[i] * v[k - 2 - i] for i in range(k - 1)), poly([0.0]))
        v.append(0.5 * ((g * v[-1]).deriv() + g * products))
    return [term.integ().coef[k : 3 * k + 1 : 2] for k, term in enumerate(v, start=1)]


def _small_terms(order: float, s: Array, growth: float = 1.0) -> Iterator[tuple[int, Array]]:
    """The log of Olver's sum, as n and its part that falls as s^-n, until two in a row are negligible.

    ``growth`` is how much smaller than s the s is to which they will be carried over.
    """
    coefficients, p, inverse, previous = _olver(), order / s, 1.0 / s, np.inf
    for n in range(1, 3 * TERMS + 1 if order else TERMS + 1):
        part = np.zeros(s.shape)
        for k in range(n, 0, -2):
            if k <= TERMS and n <= 3 * k and (order or n == k):
                part = part + coefficients[k - 1][(n - k) // 2] * p ** (n - k) * inverse**k
        yield n, part
        size = n * n * float(np.abs(part).max(initial=0.0)) * growth**n
        if max(size, previous) < NEGLIGIBLE:
            return
        previous = size


def _small(order: float, x: Array) -> tuple[Array, Array]:
    """The log of Olver's sum and its derivative by x, over x."""
    s = np.hypot(order, x)
    total, slope = np.zeros(s.shape), np.zeros(s.shape)
    for n, part in _small_terms(order, s):
        total, slope = total + part, slope - n * part
    return total, slope / s / s


def _log_mean_exp_far(order: float, x: Array) -> Array:
    s = np.hypot(order, x)
    small, _ = _small(order, x)
    if order < SWITCH:
        leading = order * order / (s + x) - order * np.log((order + s) / 2.0) - 0.5 * np.log(2.0 * math.pi * s)
        return leading + small + math.lgamma(order + 1.0)
    # Gamma(nu + 1) is in Olver's sum at x = 0
    grown = x * (x / (s + order))
    leading = -x * (order + order * order / (s + x)) / (s + order)
    start, _ = _small(order, np.zeros(()))
    logs = order * np.log1p(grown / (2.0 * order)) + 0.5 * np.log1p(grown / order)
    return leading - logs + small - start


def _ratio_far(order: float, x: Array) -> Array:
    s = np.hypot(order, x)
    return x * (1.0 / (order + s) - 0.5 / s / s + _small(order, x)[1])


def _mean_gap_far(order: float, x: Array) -> Array:
    s = np.hypot(order, x)
    return order * (1.0 + order / (s + x)) / (order + s) + x * (0.5 / s / s - _small(order, x)[1])


def _bregman_far(order: float, a: Array, step: Array) -> Array:
    """Of s - nu log(nu + s) - (log s) / 2 and the small terms, each by exact differences.

    With d = s_b - s_a, d - step a / s_a = k / s_a, where k >= 0 is of the second order in the step.
    """
    b = a + step
    s, s_b = np.hypot(order, a), np.hypot(order, b)
    difference = step * ((a + b) / (s + s_b))
    held = np.where(a + b > 0.0, b * s + a * s_b, 1.0)
    k = (order * step) ** 2 * ((a + b) / held) / (s + s_b)
    t, u = difference / s, s / s_b
    close = np.abs(t) < 0.5
    u = np.where(close, u, 1.0)
    series, slope, inner = np.zeros(a.shape), np.zeros(a.shape), np.zeros(a.shape)
    for n, part in _small_terms(order, s, float(u.max(initial=1.0))):
        inner = u * (n + inner)
        series, slope = series + part * inner, slope - n * part
    small = np.where(close, t * t * series, 0.0)
    if not close.all():
        apart = _small(order, b)[0] - _small(order, a)[0] - slope * t
        small = np.where(close, small, apart)
    main = k * (1.0 / (order + s) + (slope - 0.5) / s / s)
    return main + order * excess(difference / (order + s)) + 0.5 * excess(t, s_b / s) + small


# small s


@cache
def _angles(order: float) -> tuple[Array, Array]:
    """Values of t = 1 - c and their shares of the sphere."""
    if order == math.floor(order):  # the integrand is a periodic function: equal weights
        angle, weights = math.pi * (np.arange(NODES) + 0.5) / NODES, np.ones(NODES)
    else:
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        # a square: small angles, where the mass may be, are exact relative to their size
        root = 0.5 + 0.5 * nodes
        angle, weights = math.pi * root * root, weights * root
    share = weights * np.sin(angle) ** (2.0 * order)
    return 2.0 * np.sin(angle / 2.0) ** 2, share / share.sum()


def _in_chunks(function: Callable[..., Array], order: float, *arrays: Array) -> Array:
    """A function of arrays of one axis, which needs memory for every node of each, in parts that fit in a cache."""
    size = arrays[0].size
    parts = [function(order, *(part[i : i + CHUNK] for part in arrays)) for i in range(0, size, CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _log_mean_exp_near(order: float, x: Array) -> Array:
    t, share = _angles(order)
    lost = np.expm1(-x[:, np.newaxis] * t) @ share
    mean = np.exp(-x[:, np.newaxis] * t) @ share
    return np.where(lost > -0.5, np.log1p(lost), np.log(mean))


def _mean_near(order: float, x: Array, values: Array) -> Array:
    t, share = _angles(order)
    weight = np.exp(-x[:, np.newaxis] * t)
    return weight @ (share * values) / (weight @ share)


def _mean_gap_near(order: float, x: Array) -> Array:
    return _mean_near(order, x, _angles(order)[0])


def _ratio_near(order: float, x: Array) -> Array:
    # by parts: E c = x E (1 - c^2) / (d - 1), of positive terms
    t, _ = _angles(order)
    return x * _mean_near(order, x, t * (2.0 - t)) / (2.0 * order + 1.0)


def _bregman_near(order: float, a: Array, step: Array) -> Array:
    """The log of E e^(-step (t - E t)), where e^y - 1 - y is never negative and y has mean 0."""
    t, share = _angles(order)
    mean = _mean_gap_near(order, a)[:, np.newaxis]
    weight = np.exp(-a[:, np.newaxis] * t) * share
    rest = exponential_excess(step[:, np.newaxis] * (mean - t))
    return np.log1p((weight * rest).sum(axis=-1) / weight.sum(axis=-1))
