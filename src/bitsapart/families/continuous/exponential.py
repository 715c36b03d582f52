"""Exponential distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 19."""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.continuous.gamma import Gamma
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import ratio_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Power, Statistic
from bitsapart.families.support import Interval, Support


class Exponential(ExponentialFamily):
    """Exponential distribution with density rate e^(-rate x).

    KL(P || Q) = u - 1 - log u with u = rate_q / rate_p.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Exponential(1.0), ba.Exponential(2.0), unit="nat"))
    0.306853 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"rate": POSITIVE}

    def __init__(self, rate: Any = 1.0) -> None:
        self._set(rate=rate)

    rate: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        return np.log(self.rate) - self.rate * x

    def _entropy(self) -> Array:
        return 1.0 - np.log(self.rate)

    def _kl_divergence(self, q: "Exponential") -> Array:
        return ratio_excess(q.rate, self.rate)

    def moment(self, statistic: Statistic) -> Array | None:
        return Gamma(1.0, self.rate).moment(statistic)

    def standardised(self, location: Array, scale: Array) -> "Exponential | None":
        if np.any(np.not_equal(location, 0.0)):
            return None
        return Exponential(self.rate * scale)

    def natural(self) -> list[Term]:
        return [Term(-self.rate, Power())]

    def log_partition(self) -> Array:
        return -np.log(self.rate)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return np.asarray(theta[0]) < 0.0

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Exponential":
        return cls(-theta[0])

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Exponential":
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError("no exponential distribution is closest: E x is infinite or undefined")
        if not np.all(np.asarray(moments[0]) > 0.0):
            raise NoMinimiserError("no exponential distribution is closest: E x is not positive")
        return cls(1.0 / np.asarray(moments[0]))

    def _frozen(self) -> Any:
        from scipy.stats import expon

        return expon(scale=1.0 / self.rate)
