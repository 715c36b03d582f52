"""Nemenman, Shafee & Bialek's entropy: a mixture of Dirichlet priors that is nearly flat in the entropy.

For K outcomes and a pseudo-count b the expected entropy before data is x(b) = psi(K b + 1) - psi(b + 1). With dx as the
prior of b, the posterior mean of the entropy from counts c_i of sum n is

    H = int E[H | c, b] L(b) dx / int L(b) dx          L(b) = Gamma(K b) / Gamma(K b + n) prod Gamma(c_i + b) / Gamma(b)

Nemenman, Shafee & Bialek 2002, "Entropy and inference, revisited". It needs K, and is good only if K is right.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.discrete.dirichlet_posterior import entropy_moments, log_rising, trigamma
from bitsapart.estimate.discrete.outcomes import outcomes_of
from bitsapart.estimate.discrete.quadrature import averages, in_pieces

Array = NDArray[np.float64]


def nsb(counts: ArrayLike, outcomes: ArrayLike | None = None) -> Array:
    """The posterior mean of H in nats, shape (...), of ``counts``, shape (..., outcomes); nan where all are zero.

    ``outcomes``: how many there are, one number or (...); as many as counts are given if None.

    >>> round(float(nsb([1, 2, 3, 2, 1])), 12), round(float(nsb([1, 2, 3, 2, 1], 100)), 12)
    (1.509006227872, 2.217191867774)
    """
    return nsb_posterior(counts, outcomes)[0]


def nsb_posterior(counts: ArrayLike, outcomes: ArrayLike | None = None) -> tuple[Array, Array]:
    """Posterior mean and standard deviation of H in nats, both (...); arguments as of ``nsb``."""
    counts = np.asarray(counts, dtype=np.float64)
    known, _ = outcomes_of(counts, outcomes)
    rows = counts.reshape(-1, counts.shape[-1])
    found = np.array([one_row(row, float(k)) for row, k in zip(rows, known.reshape(-1), strict=True)]).reshape(-1, 2)
    return found[:, 0].reshape(known.shape), found[:, 1].reshape(known.shape)


def one_row(counts: Array, outcomes: float) -> tuple[float, float]:
    """Posterior mean and standard deviation for one row of counts."""
    values, times = np.unique(counts[counts > 0.0], return_counts=True)
    n = float(values @ times)
    if n == 0.0:
        return np.nan, np.nan
    if outcomes == 1.0:
        return 0.0, 0.0
    sample = values[:, None], times.astype(np.float64)
    density = in_pieces(lambda _, v: log_density(v, *sample, n, outcomes)[None], values.size)
    posterior = in_pieces(lambda _, v: moments(v, *sample, outcomes)[:, None], values.size)
    line = (0.0, 0.0), (-np.log(outcomes) - 45.0, 2.0 * np.log1p(n) + 45.0)
    found, _ = averages(density, posterior, line)
    return float(found[0]), float(np.sqrt(found[1] + found[2]))


def log_density(v: Array, values: Array, times: Array, n: float, outcomes: float) -> Array:
    """The logarithm of L(b) dx/du at b = exp(v), (g,), up to a constant."""
    b = np.exp(v)
    likelihood = times @ log_rising(values, b) - log_rising(np.asarray(n), outcomes * b)
    return np.asarray(likelihood + np.log(prior_slope(b, outcomes)))


def prior_slope(b: Array, outcomes: float) -> Array:
    """dx/dlog b = K b psi'(K b + 1) - b psi'(b + 1), same shape, from parts that do not cancel."""
    return np.where(
        b < 1.0,
        outcomes * b * trigamma(outcomes * b + 1.0) - b * trigamma(b + 1.0),
        short_of_one(b) - short_of_one(outcomes * b),
    )


def short_of_one(x: Array) -> Array:
    """1 - x psi'(x + 1), same shape; by its series 1/2x - 1/6x^2 + ... where the difference would lose digits."""
    large = np.maximum(x, 100.0)
    series = (0.5 - (1.0 / 6.0 - (1.0 / 30.0 - 1.0 / (42.0 * large**2)) / large**2) / large) / large
    return np.where(x < 100.0, 1.0 - x * trigamma(np.minimum(x, 100.0) + 1.0), series)


def moments(v: Array, values: Array, times: Array, outcomes: float) -> Array:
    """Mean and variance of the entropy given b = exp(v); (2, g)."""
    b = np.exp(v)
    parameters = np.concatenate((values + b, b[None]))
    often = np.append(times, outcomes - times.sum())
    return np.stack(entropy_moments(parameters, often, special.digamma(parameters + 1.0)))
