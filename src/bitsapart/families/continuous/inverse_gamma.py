"""Inverse gamma distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 17."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.gamma import SHAPE, Gamma, gamma_divergence, gamma_log_density
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.gamma_functions import gamma_entropy
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support


class InverseGamma(ExponentialFamily):
    """Inverse gamma distribution with density scale^shape x^(-shape - 1) e^(-scale / x) / Gamma(shape).

    1 / X has a gamma distribution of this shape with the scale as its rate, and KL(P || Q) is that of these two.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.InverseGamma(2.0, 1.0), ba.InverseGamma(1.0, 1.0), unit="nat"))
    0.422784 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"shape": SHAPE, "scale": POSITIVE}

    def __init__(self, shape: Any, scale: Any = 1.0) -> None:
        self._set(shape=shape, scale=scale)

    shape: Array
    scale: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        inside = np.where(x > 0.0, x, 1.0)
        found = gamma_log_density(self.shape, self.scale, 1.0 / inside) - 2.0 * np.log(inside)
        return np.where(x > 0.0, found, -np.inf)

    def _entropy(self) -> Array:
        return gamma_entropy(self.shape) - 2.0 * sp.digamma(self.shape) + np.log(self.scale)

    def _kl_divergence(self, q: "InverseGamma") -> Array:
        return gamma_divergence(self.shape, self.scale, q.shape, q.scale)

    def reciprocal(self) -> Gamma:
        """The distribution of 1 / X."""
        return Gamma(self.shape, self.scale)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                return self.reciprocal().moment(Power(-np.asarray(k, float)))
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                found = np.asarray(self.reciprocal().moment(statistic))
                return np.where(np.equal(k, 1.0), -found, found)
            case Exponential(c) if np.all(np.greater_equal(c, 0.0)):
                return np.where(np.equal(c, 0.0), 1.0, np.inf)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return self._squared_deviation(center)
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                return self._absolute_deviation(np.asarray(center, float))
        return None

    def _squared_deviation(self, center: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self.scale / (self.shape - 1.0)
            found = mean * mean / (self.shape - 2.0) + (mean - center) ** 2
        return np.where(self.shape > 2.0, found, np.inf)

    def _absolute_deviation(self, center: Array) -> Array:
        """(mean - c) (1 - 2 F(c)) and 2 mean f(1 / c) / scale, with the density f of 1 / X, without what cancels."""
        heavy = self.shape <= 1.0
        shape, inside = np.where(heavy, 2.0, self.shape), np.where(center > 0.0, center, 1.0)
        mean, at = self.scale / (shape - 1.0), self.scale / inside
        balance = sp.gammainc(shape, at) - sp.gammaincc(shape, at)
        density = np.exp(gamma_log_density(shape, self.scale, 1.0 / inside))
        found = (mean - inside) * balance + 2.0 * density * mean / self.scale
        return np.where(heavy, np.inf, np.where(center > 0.0, found, mean - center))

    def standardised(self, location: Array, scale: Array) -> "InverseGamma | None":
        if np.any(np.not_equal(location, 0.0)):
            return None
        return InverseGamma(self.shape, self.scale / scale)

    def natural(self) -> list[Term]:
        return [Term(-self.shape - 1.0, LogPower()), Term(-self.scale, Power(-1.0))]

    def log_partition(self) -> Array:
        return sp.gammaln(self.shape) - self.shape * np.log(self.scale)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < -1.0) & (theta[1] < 0.0)

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "InverseGamma":
        return cls(-theta[0] - 1.0, -theta[1])

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "InverseGamma":
        """The member with these E log x and E 1 / x: see `Gamma.from_moments`."""
        if not np.all(np.isfinite(moments)):
            raise NoMinimiserError(
                "no inverse gamma distribution is closest: E log x or E 1/x is infinite or undefined"
            )
        if not np.all(np.log(moments[1]) + moments[0] > 0.0):
            raise NoMinimiserError(
                "no inverse gamma distribution is closest: the values do not vary, and shape would be infinite"
            )
        found = Gamma.from_moments([-np.asarray(moments[0]), moments[1]])
        return cls(found.shape, found.rate)

    def _frozen(self) -> Any:
        from scipy.stats import invgamma

        return invgamma(self.shape, scale=self.scale)
