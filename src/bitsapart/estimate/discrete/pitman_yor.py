"""The Pitman-Yor mixture's entropy: for outcomes without a known number, some of them common and many rare.

Pitman-Yor processes have a concentration a > 0 and a discount 0 <= d < 1: tails of p fall like exp(-k / a) or like
k^(-1/d). The expected entropy before data is h = psi(a + 1) - psi(1 - d), of which the discount has made the part
g = (psi(1) - psi(1 - d)) / h. The prior is flat in h from 0 to infinity, and exp(-10 / (1 - g)) in g. From counts
c_i > 0 of s outcomes and n rows:

    L(a, d) = prod_{l < s} (a + l d) Gamma(1 + a) / Gamma(n + a) prod Gamma(c_i - d) / Gamma(1 - d)
    E[H | c, a, d] = psi(a + n + 1) - (a + s d) / (a + n) psi(1 - d) - sum (c_i - d) / (a + n) psi(c_i - d + 1)

Archer, Park & Pillow 2014, "Bayesian entropy estimation for countable discrete distributions". The integral runs over
u = log a and v = log(d / (1 - d)). The authors' program takes exp(-10 / (1 - g)) as the density of (a, d), which is not
flat in h, and cuts the integral off; it finds 2.674 for counts of 1, 2, 3, 2, 1, where this finds 2.291.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.discrete.dirichlet_posterior import log_rising, trigamma, trigamma_excess
from bitsapart.estimate.discrete.quadrature import averages, in_pieces

Array = NDArray[np.float64]
HEAVY_TAILS = 10.0
"""The prior of g is exp(-HEAVY_TAILS / (1 - g))."""


def pitman_yor(counts: ArrayLike) -> Array:
    """The posterior mean of H in nats, shape (...), of whole ``counts``, shape (..., outcomes).

    nan where all are zero, and infinite where no outcome was seen twice: the sample then says nothing of how many
    there are.

    >>> round(float(pitman_yor([5, 3, 2, 1])), 6)
    1.643705
    """
    return pitman_yor_posterior(counts)[0]


def pitman_yor_posterior(counts: ArrayLike) -> tuple[Array, Array]:
    """Posterior mean and standard deviation of H in nats, both (...); as ``pitman_yor``."""
    counts = np.asarray(counts, dtype=np.float64)
    found = np.array([one_row(row) for row in counts.reshape(-1, counts.shape[-1])]).reshape(-1, 2)
    return found[:, 0].reshape(counts.shape[:-1]), found[:, 1].reshape(counts.shape[:-1])


def one_row(counts: Array) -> tuple[float, float]:
    """Posterior mean and standard deviation for one row of counts."""
    values, times = np.unique(counts[counts > 0.0], return_counts=True)
    sample = Sample(values[:, None], times.astype(np.float64), float(values @ times), float(times.sum()))
    if sample.n == 0.0:
        return np.nan, np.nan
    if sample.n == sample.seen:
        return np.inf, np.inf
    box = (-45.0, 2.0 * np.log(sample.n) + 45.0), (-45.0, 12.0)
    density, posterior = (in_pieces(function, values.size) for function in (sample.log_density, sample.moments))
    found, _ = averages(density, posterior, box, 1e-6)
    return float(found[0]), float(np.sqrt(found[1] + found[2]))


@dataclass(frozen=True, eq=False)
class Sample:
    """Distinct ``values`` of counts (d, 1), how many outcomes have each (d,), rows and outcomes ``seen``."""

    values: Array
    times: Array
    n: float
    seen: float

    def log_density(self, u: Array, v: Array) -> Array:
        """The logarithm of likelihood times prior at a = exp(u), d = 1 / (1 + exp(-v)); (g, h), up to a constant."""
        a, d, rest = np.exp(u)[:, None], special.expit(v), special.expit(-v)
        by_mass, by_tail = digamma_from_one(np.exp(u))[:, None], -digamma_from_one(-d, rest)
        slopes = np.log(trigamma(a + 1.0) * a) + np.log(trigamma(rest) * rest * d)
        prior = slopes - np.log(by_mass + by_tail) - HEAVY_TAILS * (by_mass + by_tail) / by_mass
        repeated = self.values[:, 0] > 1.0
        again = self.times[repeated] @ log_rising(self.values[repeated] - 1.0, rest)
        likelihood = again - log_rising(np.asarray(self.n - 1.0), 1.0 + a)
        if self.seen > 1.0:
            others = np.asarray(self.seen - 1.0)
            likelihood = likelihood + log_rising(others, a / d + 1.0) + others * np.log(others * d)
        return np.asarray(prior + likelihood)

    def moments(self, u: Array, v: Array) -> Array:
        """Mean and variance of the entropy given a and d; (2, g, h).

        Those of a Dirichlet law of the outcomes seen and of all others together, which have an entropy of their own.
        """
        a, d, rest = np.exp(u)[:, None], special.expit(v), special.expit(-v)
        left = self.values - d
        mass = left * self.times[:, None] / (self.n - self.seen * d)
        logs = special.digamma(left + 1.0)
        inside = np.sum(mass * logs, axis=0)
        scatter = np.sum(mass * (logs - inside) ** 2, axis=0)
        excess = np.sum(mass * trigamma_excess(left), axis=0)
        total, others = a + self.n, a + self.seen * d
        known, outside = (self.n - self.seen * d) / total, special.digamma(rest)
        mean = special.digamma(total + 1.0) - known * inside - others / total * outside
        among = known * scatter + known * others / total * (inside - outside) ** 2
        slope = trigamma(others + 1.0)
        beyond = known * excess + others / total * ((others + 1.0) * slope - 1.0) - trigamma_excess(total)
        unseen = others * (others + 1.0) / (total * (total + 1.0)) * process_variance(others, d, rest, slope)
        return np.stack((mean, np.maximum(among + beyond, 0.0) / (total + 1.0) + unseen))


def process_variance(a: Array, d: Array, rest: Array, slope: Array) -> Array:
    """The variance of the entropy of a Pitman-Yor process, broadcast. Archer et al. 2014.

    ``rest``: 1 - d; ``slope``: psi'(a + 1), of which psi'(a + 2) is made.
    """
    first = (a + d) / ((a + 1.0) ** 2 * rest) + rest / (a + 1.0) * trigamma(rest + 1.0)
    return np.maximum(first - slope + 1.0 / (a + 1.0) ** 2, 0.0)


def digamma_from_one(x: Array, one_more: Array | None = None) -> Array:
    """The difference psi(1 + x) - psi(1), same shape, to the last digit also next to 0.

    ``one_more``: 1 + x, where it is known better.
    """
    one_more = 1.0 + x if one_more is None else one_more
    near = np.where(np.abs(x) < 0.125, x, 0.0)
    series = np.zeros_like(x)
    for power in range(20, 1, -1):
        series = special.zeta(float(power)) - series * near
    return np.where(np.abs(x) < 0.125, series * near, special.digamma(one_more) - special.digamma(1.0))
