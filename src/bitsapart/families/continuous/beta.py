"""Beta distribution. Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 25."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.gamma import SHAPE
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.beta_divergence import beta_divergence
from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.gamma_functions import (
    digamma_minus_log,
    gamma_entropy,
    log_rising,
    rising,
    stirling_remainder,
)
from bitsapart.families.maths.inverses import concentration_of_log_means
from bitsapart.families.maths.ratios import excess, product_difference
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import Domain
from bitsapart.families.statistic import (
    Deviation,
    Exponential,
    LogComplement,
    LogitPower,
    LogPower,
    Power,
    Statistic,
)
from bitsapart.families.support import Interval, Support


class Beta(ExponentialFamily):
    """Beta distribution with density x^(a - 1) (1 - x)^(b - 1) / B(a, b) on [0, 1].

    KL(P || Q) = log B(q) - log B(p) + (a_p - a_q) (psi(a_p) - psi(s_p)) + (b_p - b_q) (psi(b_p) - psi(s_p)), s = a + b,
    computed as three Bregman divergences and that of the means.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Beta(2.0, 1.0), ba.Beta(1.0, 1.0), unit="nat"))
    0.193147 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"a": SHAPE, "b": SHAPE}

    def __init__(self, a: Any, b: Any) -> None:
        self._set(a=a, b=b)

    a: Array
    b: Array

    @property
    def support(self) -> Support:
        return Interval(0.0, 1.0)

    def _log_density(self, x: Array) -> Array:
        """By the deviance of a from s x. Loader 2000, Fast and accurate computation of binomial probabilities."""
        a, b, inside = self.a, self.b, np.where((x > 0.0) & (x < 1.0), x, 0.5)
        other = 1.0 - inside
        rest = (1.0 - other) - inside
        # s x - a, exactly
        apart = product_difference(b, inside, a, other) - a * rest
        sum_ = a + b
        found = -a * excess(apart / a, sum_ / a * inside) - b * excess(-apart / b, sum_ / b * other)
        found += stirling_remainder(sum_) - stirling_remainder(a) - stirling_remainder(b) - HALF_LOG_2_PI
        found += 0.5 * np.log(a / sum_ * b) - np.log(inside) - np.log1p(-inside)
        return np.where(x <= 0.0, _at_end(a, b), np.where(x >= 1.0, _at_end(b, a), found))

    def _entropy(self) -> Array:
        total = self.a + self.b
        return gamma_entropy(self.a) + gamma_entropy(self.b) - gamma_entropy(total) - sp.digamma(total)

    def _kl_divergence(self, q: "Beta") -> Array:
        return beta_divergence(self.a, self.b, q.a, q.b)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                return self._power(np.asarray(k, float))
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                return _log_moment(self.a, self.b, k)
            case LogComplement(power) if np.all(np.equal(power, 1.0)):
                return _log_moment(self.b, self.a, 1.0)
            case LogitPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                mean = digamma_minus_log(self.a) - digamma_minus_log(self.b) + np.log(self.a / self.b)
                spread = sp.polygamma(1, self.a) + sp.polygamma(1, self.b)
                return np.where(np.equal(k, 1.0), mean, mean * mean + spread)
            case Exponential(c):
                return self._exponential_moment(np.asarray(c, float))
            case Deviation(center, k) if np.all(np.isin(k, (1.0, 2.0))):
                first = self._absolute_deviation(np.asarray(center, float))
                return np.where(np.equal(k, 1.0), first, self._squared_deviation(np.asarray(center, float)))
        return None

    def _power(self, k: Array) -> Array:
        total = self.a + self.b
        with np.errstate(all="ignore"):
            found = rising(self.a, k) / rising(total, k)
            # each may be no number where their ratio is one
            usual = np.isfinite(found) & (found > 0.0)
            found = (
                found if usual.all() else np.where(usual, found, np.exp(log_rising(self.a, k) - log_rising(total, k)))
            )
        return np.where(self.a + k > 0.0, found, np.inf)

    def _exponential_moment(self, c: Array) -> Array | None:
        """Kummer's function of a positive argument, whose series has no signs; not by scipy beyond what it can."""
        if not np.all(np.abs(c) <= 100.0):
            return None
        negative = c < 0.0
        series = sp.hyp1f1(np.where(negative, self.b, self.a), self.a + self.b, np.abs(c))
        return np.where(negative, np.exp(c), 1.0) * series

    def _mean_less(self, center: Array) -> Array:
        return product_difference(self.a, 1.0 - center, self.b, center) / (self.a + self.b)

    def _squared_deviation(self, center: Array) -> Array:
        total = self.a + self.b
        return (self.a / total) * (self.b / total) / (total + 1.0) + self._mean_less(center) ** 2

    def _absolute_deviation(self, center: Array) -> Array:
        """(mean - c) (1 - 2 F(c)) + 2 c (1 - c) f(c) / s, without what cancels."""
        inside = (center > 0.0) & (center < 1.0)
        c = np.where(inside, center, 0.5)
        balance = sp.betaincc(self.a, self.b, c) - sp.betainc(self.a, self.b, c)
        spread = 2.0 * c * (1.0 - c) * np.exp(self._log_density(c)) / (self.a + self.b)
        mean_less = self._mean_less(center)
        return np.where(inside, mean_less * balance + spread, np.abs(mean_less))

    def natural(self) -> list[Term]:
        return [Term(self.a - 1.0, LogPower()), Term(self.b - 1.0, LogComplement())]

    def log_partition(self) -> Array:
        return sp.betaln(self.a, self.b)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] > -1.0) & (theta[1] > -1.0)

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Beta":
        return cls(theta[0] + 1.0, theta[1] + 1.0)

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Beta":
        """The member with these E log x and E log(1 - x); of large a and b, these hold few digits of the sum."""
        found = concentration_of_log_means(attainable("beta", np.stack(np.broadcast_arrays(*moments), axis=-1)))
        return cls(found[..., 0], found[..., 1])

    def _frozen(self) -> Any:
        from scipy.stats import beta

        return beta(self.a, self.b)


def attainable(family: str, logarithms: Array) -> Array:
    """Expected logarithms (..., n) that a Dirichlet distribution can have.

    Raises:
        NoMinimiserError: they are those of constants, of no vectors on the simplex, or not finite.
    """
    if not np.all(np.isfinite(logarithms)):
        raise NoMinimiserError(f"no {family} distribution is closest: E log x of some entry is infinite or undefined")
    if not np.all(np.exp(logarithms).sum(axis=-1) < 1.0):
        raise NoMinimiserError(
            f"no {family} distribution is closest: the values do not vary, and the parameters would be infinite"
        )
    return logarithms


def _log_moment(a: Array, b: Array, k: Any) -> Array:
    """E log x, or E (log x)^2, of a beta distribution."""
    mean = digamma_minus_log(a) - digamma_minus_log(a + b) - np.log1p(b / a)
    return np.where(np.equal(k, 1.0), mean, mean * mean + sp.polygamma(1, a) - sp.polygamma(1, a + b))


def _at_end(a: Array, b: Array) -> Array:
    """Log density at 0."""
    return np.where(a > 1.0, -np.inf, np.where(a < 1.0, np.inf, np.log(b)))
