"""Poisson distribution. Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, chapter 4."""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import deviance
from bitsapart.families.maths.saddle_point import log_poisson
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import NONNEGATIVE, Domain
from bitsapart.families.statistic import Deviation, LogFactorial, Power, Statistic
from bitsapart.families.support import Lattice, Support


class Poisson(ExponentialFamily):
    """Poisson distribution of counts x = 0, 1, ... with probability e^-rate rate^x / x!.

    KL(P || Q) = rate_p log(rate_p / rate_q) - rate_p + rate_q.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Poisson(1.0), ba.Poisson(2.0), unit="nat"))
    0.306853 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"rate": NONNEGATIVE}

    def __init__(self, rate: Any) -> None:
        self._set(rate=rate)

    rate: Array

    @property
    def support(self) -> Support:
        possible = self.rate > 0.0
        return Lattice(0.0, np.inf if possible.all() else np.where(possible, np.inf, 0.0))

    def _log_density(self, x: Array) -> Array:
        return log_poisson(x, self.rate)

    def _kl_divergence(self, q: "Poisson") -> Array:
        return deviance(self.rate, q.rate)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), self.rate, self.rate + self.rate**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return self.rate + (self.rate - center) ** 2
        return None

    def natural(self) -> list[Term]:
        return [Term(np.log(self.rate), Power())]

    def log_partition(self) -> Array:
        return self.rate

    def log_base(self) -> list[Term]:
        return [Term(-1.0, LogFactorial())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Poisson":
        return cls(np.exp(theta[0]))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Poisson":
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError("no Poisson distribution is closest: E x is infinite or undefined")
        return cls(moments[0])

    def _frozen(self) -> Any:
        from scipy.stats import poisson

        return poisson(self.rate)
