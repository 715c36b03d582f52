"""Gamma distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 17."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.batches import of_pairs
from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.gamma_functions import (
    digamma_minus_log,
    gamma_entropy,
    log_rising,
    rising,
    shape_bregman,
    stirling_remainder,
)
from bitsapart.families.maths.inverses import shape_of_gap
from bitsapart.families.maths.ratios import TINY, excess, gap
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support

SHAPE = Domain("a number from 1e-100 to 1e100", lambda x: (x >= 1e-100) & (x <= 1e100), 0, np.log, np.exp)
"""Products of four of them are numbers, so that no divergence overflows on its way."""


class Gamma(ExponentialFamily):
    """Gamma distribution with density rate^shape x^(shape - 1) e^(-rate x) / Gamma(shape); both broadcast.

    KL(P || Q) = D(k_p, k_q) + k_q (u - 1 - log u), with shapes k, the ratio u of the mean of P to that of Q, and the
    Bregman divergence D of log Gamma(k) - k log k + k: shape and mean are orthogonal.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Gamma(2.0, 1.0), ba.Gamma(1.0, 1.0), unit="nat"))
    0.422784 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"shape": SHAPE, "rate": POSITIVE}

    def __init__(self, shape: Any, rate: Any = 1.0) -> None:
        self._set(shape=shape, rate=rate)

    shape: Array
    rate: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        return gamma_log_density(self.shape, self.rate, x)

    def _entropy(self) -> Array:
        return gamma_entropy(self.shape) - np.log(self.rate)

    def _kl_divergence(self, q: "Gamma") -> Array:
        return gamma_divergence(self.shape, self.rate, q.shape, q.rate)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                return self._power(np.asarray(k, float))
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                mean = digamma_minus_log(self.shape) + np.log(self.shape / self.rate)
                return np.where(np.equal(k, 1.0), mean, mean * mean + sp.polygamma(1, self.shape))
            case Exponential(c):
                c = np.asarray(c, float)
                with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                    return np.where(c < self.rate, np.exp(-self.shape * np.log1p(-c / self.rate)), np.inf)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return self.shape / self.rate**2 + self._mean_less(center) ** 2
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                return self._absolute_deviation(np.asarray(center, float))
        return None

    def _power(self, k: Array) -> Array:
        with np.errstate(all="ignore"):
            found = rising(self.shape, k) / self.rate**k
            # each may be no number where their ratio is one
            usual = np.isfinite(found) & (found > 0.0)
            return (
                found
                if usual.all()
                else np.where(usual, found, np.exp(log_rising(self.shape, k) - k * np.log(self.rate)))
            )

    def _mean_less(self, center: Array) -> Array:
        positive = np.asarray(center, float) > 0.0
        difference, _ = gap(self.shape, 1.0, self.rate, np.where(positive, center, 1.0))
        return np.where(positive, center * difference, self.shape / self.rate - center)

    def _absolute_deviation(self, center: Array) -> Array:
        """(mean - c) (1 - 2 F(c)) + 2 c f(c) / rate, without what cancels."""
        inside = np.where(center > 0.0, center, 1.0)
        scaled = self.rate * inside
        balance = sp.gammaincc(self.shape, scaled) - sp.gammainc(self.shape, scaled)
        spread = 2.0 * inside * np.exp(gamma_log_density(self.shape, self.rate, inside)) / self.rate
        mean_less = self._mean_less(center)
        return np.where(center > 0.0, mean_less * balance + spread, mean_less)

    def standardised(self, location: Array, scale: Array) -> "Gamma | None":
        if np.any(np.not_equal(location, 0.0)):
            return None
        return Gamma(self.shape, self.rate * scale)

    def natural(self) -> list[Term]:
        return [Term(self.shape - 1.0, LogPower()), Term(-self.rate, Power())]

    def log_partition(self) -> Array:
        return sp.gammaln(self.shape) - self.shape * np.log(self.rate)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] > -1.0) & (theta[1] < 0.0)

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Gamma":
        return cls(theta[0] + 1.0, -theta[1])

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Gamma":
        """The member with these E log x and E x.

        Their gap, log E x - E log x, is about 1 / (2 shape): what rounding leaves of it bounds the digits of the shape,
        about 1e-10 of a shape of 1e6.
        """
        logarithm, mean = (np.asarray(side, float) for side in moments)
        if not np.all(np.isfinite(logarithm) & np.isfinite(mean)):
            raise NoMinimiserError("no gamma distribution is closest: E log x or E x is infinite or undefined")
        if not np.all(mean > 0.0):
            raise NoMinimiserError("no gamma distribution is closest: E x is not positive")
        distance = np.log(mean) - logarithm
        if not np.all(distance > 0.0):
            raise NoMinimiserError(
                "no gamma distribution is closest: the values do not vary, and shape would be infinite"
            )
        shape = shape_of_gap(distance)
        return cls(shape, shape / mean)

    def _frozen(self) -> Any:
        from scipy.stats import gamma

        return gamma(self.shape, scale=1.0 / self.rate)


def gamma_divergence(shape_p: Array, rate_p: Array, shape_q: Array, rate_q: Array) -> Array:
    """KL(P || Q) of gamma distributions, or of their reciprocals."""
    return of_pairs("gamma", _divergence, shape_p, rate_p, shape_q, rate_q)


def _divergence(shape_p: Array, rate_p: Array, shape_q: Array, rate_q: Array) -> Array:
    difference, ratio = gap(shape_p, rate_q, shape_q, rate_p)
    logarithm = np.log(shape_p) + np.log(rate_q) - np.log(shape_q) - np.log(rate_p)
    means = np.where(ratio < TINY, -1.0 - logarithm, excess(difference, ratio))
    return shape_bregman(shape_p, shape_q) + shape_q * means


def gamma_log_density(shape: Array, rate: Array, x: Array) -> Array:
    """By the deviance of the shape from rate x.

    Loader 2000, Fast and Accurate Computation of Binomial Probabilities.
    """
    inside = np.where(x > 0.0, x, 1.0)
    difference, ratio = gap(rate, inside, shape, 1.0)
    at = -shape * excess(difference, ratio) + 0.5 * np.log(shape) - (HALF_LOG_2_PI + stirling_remainder(shape))
    # at 0 the density is 0, the rate, or infinite
    zero = np.where(shape > 1.0, -np.inf, np.where(shape < 1.0, np.inf, np.log(rate)))
    return np.where(x > 0.0, at - np.log(inside), zero)
