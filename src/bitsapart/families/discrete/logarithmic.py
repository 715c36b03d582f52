"""Logarithmic distribution. Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, chapter 7."""

from typing import Any, ClassVar

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.numeric.lattice_quantile import lattice_quantile, lattice_upper_quantile
from bitsapart.families.parameter import UNIT, Domain
from bitsapart.families.statistic import Deviation, LogPower, Power, Statistic
from bitsapart.families.support import Lattice, Support

CLOSE = 0.6
"""Relative change of p and of 1 - p up to which the divergence is the integral of a variance."""
TINY = 1e-9
"""Below this, two terms of a series are exact."""
NODES, WEIGHTS = leggauss(16)
PATH = 0.5 + 0.5 * NODES
"""Places between P and Q, from 0 to 1."""
BREGMAN_WEIGHTS = 0.5 * WEIGHTS * (1.0 - PATH)


class Logarithmic(ExponentialFamily):
    """Logarithmic distribution of x = 1, 2, ... with probability p^x / (x L), L = -log(1 - p).

    KL(P || Q) = log(L_q / L_p) + E x log(p / q) with E x = p / ((1 - p) L_p); of close ones the integral of a variance.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Logarithmic(0.5), ba.Logarithmic(0.25), unit="nat"))
    0.120614 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"p": UNIT}

    def __init__(self, p: Any) -> None:
        self._set(p=p)

    p: Array

    @property
    def support(self) -> Support:
        return Lattice(1.0)

    def _log_density(self, x: Array) -> Array:
        # log(p / L) = -log(1 + (L - p) / p), exact for small p
        return (x - 1.0) * _log(self.p) - np.log(x) - np.log1p(_rise(self.p))

    def _kl_divergence(self, q: "Logarithmic") -> Array:
        p, q_p, step = np.broadcast_arrays(self.p, q.p, q.p - self.p)
        close = np.abs(step) <= CLOSE * np.minimum(p, 1.0 - p)
        near = np.zeros(p.shape)
        near[close] = _integral(p[close], step[close])
        # the mass beyond 1 times its log ratio, and that of 1
        near_1 = np.where(np.abs(step) < 0.5 * p, step / p, 0.0)
        ratio = np.where(np.abs(step) < 0.5 * p, np.log1p(near_1), np.log(q_p) - np.log(p))
        far = np.log1p(_rise(q_p)) - np.log1p(_rise(p)) - _mean_beyond(p, 1.0 - p) * ratio
        return np.where(close, near, far)

    def moment(self, statistic: Statistic) -> Array | None:
        mean = 1.0 + _mean_beyond(self.p, 1.0 - self.p)
        variance = _variance(self.p, 1.0 - self.p)
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), mean, variance + mean**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return variance + (mean - center) ** 2
        return None

    def natural(self) -> list[Term]:
        return [Term(_log(self.p), Power())]

    def log_partition(self) -> Array:
        return np.log(-np.log1p(-self.p))

    def log_base(self) -> list[Term]:
        return [Term(-1.0, LogPower())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Logarithmic":
        return cls(np.exp(theta[0]))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Logarithmic":
        beyond = np.asarray(moments[0], float) - 1.0
        if not np.all(np.isfinite(beyond) & (beyond > 0.0)):
            raise NoMinimiserError("no logarithmic distribution is closest: E x is not above 1, or does not exist")
        # Newton for log(E x - 1) as a function of the logit of p, which is nearly straight
        z = np.log(beyond) + np.log1p(1.0 / (0.5 + 1.0 / np.log1p(beyond)))
        for _ in range(60):
            p, rest = sp.expit(z), sp.expit(-z)
            mean = _mean_beyond(p, rest)
            step = (np.log(mean) - np.log(beyond)) * mean / (_variance(p, rest) * rest)
            z = z - np.clip(step, -4.0, 4.0)
            if np.all(np.abs(step) <= 1e-15 * (1.0 + np.abs(z))):
                break
        return cls(sp.expit(z))

    def _survival(self, x: Array) -> Array:
        k = np.maximum(np.floor(x), 0.0) + 1.0
        tail = np.exp(k * _log(self.p)) / k * sp.hyp2f1(1.0, k, k + 1.0, self.p) / -np.log1p(-self.p)
        return np.where(k == 1.0, 1.0, np.where(np.isinf(k), 0.0, np.clip(tail, 0.0, 1.0)))

    def _cdf(self, x: Array) -> Array:
        return 1.0 - self._survival(x)

    def _quantile(self, u: Array) -> Array:
        return lattice_quantile(self._cdf, u, 1.0, self.batch_shape)

    def _upper_quantile(self, u: Array) -> Array:
        return lattice_upper_quantile(self._survival, u, 1.0, self.batch_shape)

    def _frozen(self) -> Any:
        from scipy.stats import logser

        return logser(self.p)


def _integral(p: Array, step: Array) -> Array:
    """The divergence as the integral of the variance between p and p + step."""
    theta = np.log1p(step / p)
    total = np.zeros(p.shape)
    for place, weight in zip(PATH, BREGMAN_WEIGHTS, strict=True):
        change = p * np.expm1(place * theta)
        total += weight * _variance(p + change, (1.0 - p) - change)
    return theta * theta * total


def _log(p: Array) -> Array:
    """Log p, exact near 1 too."""
    return np.where(p > 0.5, np.log1p(-(1.0 - p)), np.log(p))


def _bend(p: Array, rest: Array) -> Array:
    """(L - p) / p^2, from 1/2 for p = 0 up to L for p = 1; ``rest`` is 1 - p."""
    small = np.where(p < 0.5, np.maximum(p, TINY), 0.25)
    large = np.where(p < 0.5, 0.5, p)
    direct = (-np.log(np.where(p < 0.5, 0.5, rest)) - large) / large**2
    return np.where(p < 0.5, np.where(p < TINY, 0.5 + p / 3.0, excess(-small) / small**2), direct)


def _rise(p: Array) -> Array:
    """(L - p) / p."""
    return p * _bend(p, 1.0 - p)


def _mean_beyond(p: Array, rest: Array) -> Array:
    """E x - 1 = (p - (1 - p) L) / ((1 - p) L)."""
    bend = _bend(p, rest)
    return p * (1.0 - rest * bend) / (rest * (1.0 + p * bend))


def _variance(p: Array, rest: Array) -> Array:
    """Var x = p (L - p) / ((1 - p) L)^2."""
    bend = _bend(p, rest)
    return p * bend / (rest * (1.0 + p * bend)) ** 2
