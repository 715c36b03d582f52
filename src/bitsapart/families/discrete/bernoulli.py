"""Bernoulli distribution. Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, chapter 3."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import step_deviance
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import PROBABILITY, Domain
from bitsapart.families.statistic import Power, Statistic
from bitsapart.families.support import Lattice, Support


class Bernoulli(ExponentialFamily):
    """Bernoulli distribution: 1 with probability p, else 0; p may be 0 or 1.

    KL(P || Q) = p log(p / q) + (1 - p) log((1 - p) / (1 - q)).

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Bernoulli(0.5), ba.Bernoulli(0.25)))
    0.207519 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"p": PROBABILITY}

    def __init__(self, p: Any) -> None:
        self._set(p=p)

    p: Array

    @property
    def support(self) -> Support:
        return Lattice(np.where(self.p < 1.0, 0.0, 1.0), np.where(self.p > 0.0, 1.0, 0.0))

    def _log_density(self, x: Array) -> Array:
        return np.where(x == 1.0, np.log(self.p), np.log1p(-self.p))

    def _entropy(self) -> Array:
        return binary_entropy(self.p)

    def _kl_divergence(self, q: "Bernoulli") -> Array:
        return binary_kl(self.p, q.p)

    def moment(self, statistic: Statistic) -> Array | None:
        with np.errstate(all="ignore"):
            zero, one = statistic(np.asarray(0.0)), statistic(np.asarray(1.0))
            return np.where(self.p < 1.0, (1.0 - self.p) * zero, 0.0) + np.where(self.p > 0.0, self.p * one, 0.0)

    def natural(self) -> list[Term]:
        return [Term(np.log(self.p) - np.log1p(-self.p), Power())]

    def log_partition(self) -> Array:
        return -np.log1p(-self.p)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return ~np.isnan(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Bernoulli":
        return cls(sp.expit(theta[0]))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Bernoulli":
        if not np.all((moments[0] >= 0.0) & (moments[0] <= 1.0)):
            raise NoMinimiserError("no Bernoulli distribution is closest: E x is not between 0 and 1")
        return cls(moments[0])

    def _frozen(self) -> Any:
        from scipy.stats import bernoulli

        return bernoulli(self.p)


def binary_entropy(p: Array) -> Array:
    """-p log p - (1 - p) log(1 - p), in nats."""
    return (0.0 + sp.entr(p)) - sp.xlog1py(1.0 - p, -p)


def binary_kl(p: Array, q: Array) -> Array:
    """KL of one trial, in nats; infinite for an outcome that only P allows."""
    return step_deviance(p, q, q - p) + step_deviance(1.0 - p, 1.0 - q, p - q)
