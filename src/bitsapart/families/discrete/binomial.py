"""Binomial distribution. Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, chapter 3."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.discrete.bernoulli import binary_kl
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.found import Found
from bitsapart.families.maths.saddle_point import log_binomial
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.numeric.sums import lattice_kl
from bitsapart.families.parameter import COUNT, PROBABILITY, Domain
from bitsapart.families.statistic import Deviation, LogChoose, Power, Statistic
from bitsapart.families.support import Lattice, Support


class Binomial(ExponentialFamily):
    """Binomial distribution of the successes in n trials, x = 0 ... n; p may be 0 or 1.

    KL(P || Q) = n (p log(p / q) + (1 - p) log((1 - p) / (1 - q))) for equal n, infinite for n_p > n_q, else a sum.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Binomial(5, 0.3), ba.Binomial(7, 0.4), unit="nat"))
    0.551134 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"n": COUNT, "p": PROBABILITY}
    fixed = ("n",)

    def __init__(self, n: Any, p: Any) -> None:
        self._set(n=n, p=p)

    n: Array
    p: Array

    @property
    def support(self) -> Support:
        return Lattice(np.where(self.p < 1.0, 0.0, self.n), np.where(self.p > 0.0, self.n, 0.0))

    def _log_density(self, x: Array) -> Array:
        return log_binomial(x, self.n, self.p)

    def _kl_divergence(self, q: "Binomial") -> Array | Found:
        found = self.n * binary_kl(self.p, q.p)
        same = np.equal(self.n, q.n)
        if np.all(same):
            return found
        return lattice_kl(self, q).where(same, Found.of(found, "closed form"))

    def moment(self, statistic: Statistic) -> Array | None:
        mean, variance = self.n * self.p, self.n * self.p * (1.0 - self.p)
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), mean, variance + mean**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return variance + (mean - center) ** 2
        return None

    def natural(self) -> list[Term]:
        return [Term(np.log(self.p) - np.log1p(-self.p), Power())]

    def log_partition(self) -> Array:
        return -self.n * np.log1p(-self.p)

    def log_base(self) -> list[Term]:
        return [Term(1.0, LogChoose(self.n))]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return ~np.isnan(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "Binomial":
        return cls(fixed["n"], sp.expit(theta[0]))

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "Binomial":
        if not np.all((moments[0] >= 0.0) & (moments[0] <= fixed["n"])):
            raise NoMinimiserError("no binomial distribution is closest: E x is not between 0 and n")
        return cls(fixed["n"], moments[0] / fixed["n"])

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return generator.binomial(self.n.astype(np.int64), self.p, size=(*shape, *self.batch_shape)).astype(float)

    def _frozen(self) -> Any:
        from scipy.stats import binom

        return binom(self.n, self.p)
