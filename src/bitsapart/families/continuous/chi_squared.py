"""Chi-squared distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 18."""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.gamma import SHAPE, Gamma, gamma_log_density
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.gamma_functions import gamma_entropy, log_gamma_bregman
from bitsapart.families.maths.inverses import shape_of_log_mean
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import Domain
from bitsapart.families.statistic import LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support


class ChiSquared(ExponentialFamily):
    """Chi-squared distribution with density x^(df / 2 - 1) e^(-x / 2) / (2^(df / 2) Gamma(df / 2)), df > 0.

    KL(P || Q) = log Gamma(k_q) - log Gamma(k_p) - (k_q - k_p) psi(k_p) with k = df / 2.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.ChiSquared(4.0), ba.ChiSquared(2.0), unit="nat"))
    0.422784 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"df": SHAPE}

    def __init__(self, df: Any) -> None:
        self._set(df=df)

    df: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        return gamma_log_density(0.5 * self.df, np.asarray(0.5), x)

    def _entropy(self) -> Array:
        return gamma_entropy(0.5 * self.df) + math.log(2.0)

    def _kl_divergence(self, q: "ChiSquared") -> Array:
        return log_gamma_bregman(0.5 * self.df, 0.5 * q.df)

    def moment(self, statistic: Statistic) -> Array | None:
        return Gamma(0.5 * self.df, 0.5).moment(statistic)

    def standardised(self, location: Array, scale: Array) -> "Gamma | None":
        return Gamma(0.5 * self.df, 0.5).standardised(location, scale)

    def natural(self) -> list[Term]:
        return [Term(0.5 * self.df - 1.0, LogPower())]

    def log_partition(self) -> Array:
        return sp.gammaln(0.5 * self.df) + 0.5 * self.df * math.log(2.0)

    def log_base(self) -> list[Term]:
        return [Term(-0.5, Power())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return np.asarray(theta[0]) > -1.0

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "ChiSquared":
        return cls(2.0 * (np.asarray(theta[0]) + 1.0))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "ChiSquared":
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError("no chi-squared distribution is closest: E log x is infinite or undefined")
        return cls(2.0 * shape_of_log_mean(np.asarray(moments[0]) - math.log(2.0)))

    def _frozen(self) -> Any:
        from scipy.stats import chi2

        return chi2(self.df)
