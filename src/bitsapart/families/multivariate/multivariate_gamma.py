"""The multivariate gamma function, log Gamma_d(x) = d (d - 1) / 4 log pi + sum log Gamma(x - i / 2), i = 0 ... d - 1.

Muirhead 1982, Aspects of Multivariate Statistical Theory, theorem 2.1.12. What Wishart distributions share.
"""

import math
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.maths.gamma_functions import gamma_entropy, shape_bregman, stirling_remainder
from bitsapart.families.maths.ratios import deviance, excess

Array = Any

NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


def _arguments(x: Array, size: int) -> Array:
    """X - i / 2 on a new last axis."""
    return np.asarray(x, float)[..., np.newaxis] - 0.5 * np.arange(size)


def log_multivariate_gamma(x: Array, size: int) -> Array:
    """Log Gamma_d(x) for x > (d - 1) / 2."""
    return 0.25 * size * (size - 1) * math.log(math.pi) + sp.gammaln(_arguments(x, size)).sum(axis=-1)


def multivariate_digamma(x: Array, size: int) -> Array:
    """Its derivative, the sum of psi(x - i / 2)."""
    return sp.digamma(_arguments(x, size)).sum(axis=-1)


def standard_entropy(x: Array, size: int) -> Array:
    """Log Gamma_d(x) - (x - (d + 1) / 2) psi_d(x) + d x, without the terms that cancel for large x.

    With a = x - i / 2 it is a sum of entropies of gamma distributions, log Gamma(a) - (a - 1) psi(a) + a, of
    (d - 1 - i) / 2 psi(a), and of i / 2.
    """
    a, i = _arguments(x, size), np.arange(size)
    total = gamma_entropy(a) + 0.5 * (size - 1 - i) * sp.digamma(a)
    return total.sum(axis=-1) + 0.25 * size * (size - 1) * (1.0 + math.log(math.pi))


def log_norm_of_mean(x: Array, size: int) -> Array:
    """Log Gamma_d(x) - d (x log x - x), without the terms that cancel for large x."""
    whole, a = np.asarray(x, float)[..., np.newaxis], _arguments(x, size)
    # Stirling's formula, with (a - 1/2) log a - a + (x - x log x) from the differences of a and x
    terms = deviance(a, whole) - (whole - a) * np.log(whole) + 0.5 * np.log(2.0 * math.pi / a) + stirling_remainder(a)
    return terms.sum(axis=-1) + 0.25 * size * (size - 1) * math.log(math.pi)


def mean_shape_bregman(a: Array, b: Array, size: int) -> Array:
    """Bregman divergence from a to b of log Gamma_d(x) - d (x log x - x): of Wishart distributions of equal means.

    Entry by entry it is that of gamma distributions of equal means and shapes a - c, b - c, c = i / 2, plus the growth
    of b log(b / a) - (b - a) when c is taken off a and b, the integral of excess((b - a) / (a - s)) from 0 to c.
    """
    first, second = _arguments(a, size), _arguments(b, size)
    return (shape_bregman(first, second) + _growth(np.asarray(a, float), np.asarray(b, float), size)).sum(axis=-1)


def _growth(a: Array, b: Array, size: int) -> Array:
    c = 0.5 * np.arange(size)
    a, b = np.broadcast_arrays(a[..., np.newaxis], b[..., np.newaxis])
    step = b - a
    far = np.abs(step) > 0.5 * a
    short = ~far & (c <= 0.25 * a)
    direct = deviance(b - c, a - c) - deviance(b, a)
    # far apart, without the linear terms, which are the same, and the logarithms that are
    change = c * step / ((a - c) * b)
    ratio = ((b - c) / b) * (a / (a - c))
    steep = np.abs(change) > 0.5
    logarithm = np.where(steep, np.log(ratio), np.log1p(np.where(steep, 0.0, change)))
    apart = (b - c) * logarithm - c * np.log(b / a)
    # 12 Gauss-Legendre nodes have all digits where the integrand is smooth
    at = a[..., np.newaxis] - 0.5 * np.where(short, c, 0.0)[..., np.newaxis] * (1.0 + NODES)
    integral = 0.5 * c * (excess(np.where(short, step, 0.0)[..., np.newaxis] / at) * WEIGHTS).sum(axis=-1)
    return np.where(short, integral, np.where(far, apart, direct))
