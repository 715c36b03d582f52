"""Negative binomial distribution. Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, chapter 5."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.discrete.geometric import waiting_kl
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.found import EPS, Found
from bitsapart.families.maths.gamma_functions import log_gamma_bregman
from bitsapart.families.maths.ratios import step_deviance
from bitsapart.families.maths.saddle_point import log_negative_binomial
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.numeric.sums import expectation, lattice_kl
from bitsapart.families.parameter import POSITIVE, POSITIVE_PROBABILITY, Domain
from bitsapart.families.statistic import Constant, Deviation, LogFactorial, Power, Statistic
from bitsapart.families.support import Lattice, Support

WANTED = 1e-12
"""Relative error above which another sum is tried."""


class NegativeBinomial(ExponentialFamily):
    """Negative binomial distribution of the failures before the success number r, real and above 0; p may be 1.

    Its probabilities are Gamma(x + r) / (x! Gamma(r)) p^r (1 - p)^x, x = 0, 1, ...
    KL(P || Q) = r / p (p log(p / q) + (1 - p) log((1 - p) / (1 - q))) for equal r; else a series, of which all but
    E log Gamma(x + r_q) is closed.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.NegativeBinomial(2.0, 0.5), ba.NegativeBinomial(2.0, 0.25), unit="nat"))
    0.575364 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"r": POSITIVE, "p": POSITIVE_PROBABILITY}
    fixed = ("r",)

    def __init__(self, r: Any, p: Any) -> None:
        self._set(r=r, p=p)

    r: Array
    p: Array

    @property
    def support(self) -> Support:
        return Lattice(0.0, np.where(self.p < 1.0, np.inf, 0.0))

    def _log_density(self, x: Array) -> Array:
        return log_negative_binomial(x, self.r, self.p)

    def _kl_divergence(self, q: "NegativeBinomial") -> Array | Found:
        # with B the Bregman divergence of log Gamma: B(r_p, r_q) - E B(x + r_p, x + r_q) is what r costs, less what
        # the p of equal means would save
        found = self.r * waiting_kl(self.p, q.p)
        if np.all(np.equal(self.r, q.r)):
            return found
        step = q.r - self.r
        scale = q.r * self.p + self.r * (1.0 - self.p)
        matched = q.r * self.p / scale
        beyond = self.p * (1.0 - self.p) * step / scale
        unmatched = self.r * (1.0 - self.p) / scale

        def to(p: Array, step: Array) -> Array:
            apart = step_deviance(matched, p, step) + step_deviance(unmatched, 1.0 - p, -step)
            return q.r / matched * apart

        back, onward = to(self.p, -beyond), to(q.p, (q.p - self.p) - beyond)
        own = log_gamma_bregman(self.r, q.r)
        later = expectation(self, lambda x, r, by: _log_gamma_bregman(x + r, by), self.r, step)
        value = (own - later.value) - back + onward
        error = 32.0 * EPS * (own + np.abs(later.value) + back + onward) + later.error
        summed = Found(np.maximum(value, 0.0), error, later.kind, later.method, later.note, later.n)
        rough = error > WANTED * value
        if rough.any():
            # of nearly Poisson ones, the probabilities themselves differ more exactly
            direct = lattice_kl(self, q)
            summed = summed.where(rough & (direct.error < error), direct)
        return summed.where(np.equal(self.r, q.r), Found.of(found, "closed form"))

    def moment(self, statistic: Statistic) -> Array | None:
        mean = self.r * (1.0 - self.p) / self.p
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
        return -self.r * np.log(self.p)

    def log_base(self) -> list[Term]:
        return [
            Term(1.0, LogFactorial(self.r - 1.0)),
            Term(-1.0, LogFactorial()),
            Term(-sp.gammaln(self.r), Constant()),
        ]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return theta[0] < 0.0

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "NegativeBinomial":
        return cls(fixed["r"], -np.expm1(theta[0]))

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "NegativeBinomial":
        if not np.all(np.isfinite(moments[0]) & (moments[0] >= 0.0)):
            raise NoMinimiserError("no negative binomial distribution is closest: E x is negative or does not exist")
        return cls(fixed["r"], fixed["r"] / (fixed["r"] + moments[0]))

    def _frozen(self) -> Any:
        from scipy.stats import nbinom

        return nbinom(self.r, self.p)


def _log_gamma_bregman(a: Array, step: Array) -> Array:
    """The Bregman divergence of log Gamma from a to a + step, of a step that a + step would round away.

    Of a small one the series sum (-step)^n zeta(n, a) / n from n = 2.
    """
    close = np.abs(step) <= 0.01 * a
    x = np.where(close, -step, 0.0)
    orders = np.arange(2.0, 11.0)
    series = sum(x**n / n * sp.zeta(n, np.where(close, a, 1.0)) for n in orders)
    return np.where(close, series, log_gamma_bregman(a, a + step))
