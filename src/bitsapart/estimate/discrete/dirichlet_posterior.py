"""The entropy of a distribution drawn from a Dirichlet law: its mean and variance, and ratios of gamma functions.

With parameters a_i of sum A, weights w_i = a_i / A, and the digamma and trigamma functions psi and psi',

    E H   = psi(A + 1) - sum w_i psi(a_i + 1)
    Var H = (Var_w psi(a + 1) + sum w_i t(a_i) - t(A)) / (A + 1)          t(a) = (a + 1) psi'(a + 1) - 1

Wolpert & Wolf 1995, "Estimating functions of probability distributions from a finite set of samples",
with the large sums cancelled on paper. Where an outcome also counts v_i per unit of its probability, Var H is with
psi(a_i + 1) - v_i for psi(a_i + 1).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
SERIES_FROM = 10.0


def entropy_moments(parameters: Array, times: Array, logs: Array) -> tuple[Array, Array]:
    """Mean and variance of the entropy, both (g,), for ``parameters`` (d, g), each that of ``times`` outcomes.

    ``times``: (d,); ``logs``: psi(a + 1), (d, g), or what stands for it where an outcome has more to add.

    >>> a = np.array([[2.0], [3.0]])
    >>> [float(found[0].round(6)) for found in entropy_moments(a, np.ones(2), special.digamma(a + 1.0))]
    [0.583333, 0.015637]
    """
    mass = parameters * times.reshape(-1, 1)
    total = mass.sum(axis=0)
    weights = mass / total
    mean = np.sum(weights * logs, axis=0)
    scatter = np.sum(weights * (logs - mean) ** 2, axis=0)
    beyond = np.sum(weights * trigamma_excess(parameters), axis=0) - trigamma_excess(total)
    return special.digamma(total + 1.0) - mean, np.maximum(scatter + beyond, 0.0) / (total + 1.0)


def trigamma_excess(a: Array) -> Array:
    """t(a) = (a + 1) psi'(a + 1) - 1, same shape."""
    return (a + 1.0) * trigamma(a + 1.0) - 1.0


def trigamma(x: Array) -> Array:
    """psi'(x), same shape; the Hurwitz zeta function of 2."""
    return np.asarray(special.zeta(2.0, x))


def log_rising(c: Array, x: Array) -> Array:
    """The logarithm of Gamma(c + x) / Gamma(x), less c log c - c, broadcast.

    By Stirling's series, in which no c log c is formed: it would leave no digits of x log c where c is large.

    >>> round(float(log_rising(np.array(3.0), np.array(0.5))), 6), round(float(np.log(0.5 * 1.5 * 2.5 / 27) + 3), 6)
    (0.332772, 0.332772)
    """
    return c * np.log1p(x / c) + (x - 0.5) * np.log1p(c / x) + stirling_rest(c + x) - stirling_rest(x)


def stirling_rest(z: Array) -> Array:
    """What Stirling's formula leaves: log Gamma(z) - (z - 1/2) log z + z - log(2 pi) / 2, same shape, for z > 0."""
    large = np.maximum(z, SERIES_FROM)
    square = 1.0 / (large * large)
    series = square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square * (1.0 / 1188.0 - square * (691.0 / 360360.0))))
    found = np.asarray((1.0 / 12.0 - square * (1.0 / 360.0) + square * series) / large)
    few = z < SERIES_FROM
    small = z[few]
    found[few] = special.gammaln(small) - (small - 0.5) * np.log(small) + small - 0.5 * np.log(2.0 * np.pi)
    return found
