"""Geometric distribution. Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, section 5.2."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.discrete.bernoulli import binary_entropy
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import step_deviance
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE_PROBABILITY, Domain
from bitsapart.families.statistic import Deviation, Power, Statistic
from bitsapart.families.support import Lattice, Support


class Geometric(ExponentialFamily):
    """Geometric distribution of the failures before the first success, x = 0, 1, ...: p (1 - p)^x; p may be 1.

    KL(P || Q) = (p log(p / q) + (1 - p) log((1 - p) / (1 - q))) / p.

    >>> import bitsapart as ba
    >>> print(ba.Geometric(0.5).entropy())
    2 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"p": POSITIVE_PROBABILITY}

    def __init__(self, p: Any) -> None:
        self._set(p=p)

    p: Array

    @property
    def support(self) -> Support:
        return Lattice(0.0, np.where(self.p < 1.0, np.inf, 0.0))

    def _log_density(self, x: Array) -> Array:
        return np.log(self.p) + sp.xlog1py(x, -self.p)

    def _entropy(self) -> Array:
        return binary_entropy(self.p) / self.p

    def _kl_divergence(self, q: "Geometric") -> Array:
        return waiting_kl(self.p, q.p)

    def moment(self, statistic: Statistic) -> Array | None:
        mean = (1.0 - self.p) / self.p
        variance = mean / self.p
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), mean, variance + mean**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return variance + (mean - center) ** 2
        return None

    def natural(self) -> list[Term]:
        return [Term(np.log1p(-self.p), Power())]

    def log_partition(self) -> Array:
        return -np.log(self.p)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return theta[0] < 0.0

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Geometric":
        return cls(-np.expm1(theta[0]))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Geometric":
        if not np.all(np.isfinite(moments[0]) & (moments[0] >= 0.0)):
            raise NoMinimiserError("no geometric distribution is closest: E x is negative, infinite or undefined")
        return cls(1.0 / (1.0 + moments[0]))

    def _cdf(self, x: Array) -> Array:
        return -np.expm1(np.where(x < 0.0, 0.0, sp.xlog1py(np.floor(x) + 1.0, -self.p)))

    def _survival(self, x: Array) -> Array:
        return np.exp(np.where(x < 0.0, 0.0, sp.xlog1py(np.floor(x) + 1.0, -self.p)))

    def _frozen(self) -> Any:
        from scipy.stats import geom

        return geom(self.p, loc=-1.0)


def waiting_kl(p: Array, q: Array) -> Array:
    """KL of the wait for one success, in nats, a trial's divided by p; p may be so small that a trial's underflows."""
    step = (q - p) / p
    return step_deviance(np.ones_like(p), q / p, step) + step_deviance(1.0 - p, 1.0 - q, p - q) / p
