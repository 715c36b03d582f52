"""Nakagami distribution.

Nakagami 1960, The m-distribution, in Hoffman, Statistical Methods in Radio Wave Propagation.
"""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.scaled_chi import chi_moment
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.gamma_functions import digamma_minus_log, gamma_entropy, shape_bregman, stirling_remainder
from bitsapart.families.maths.inverses import shape_of_gap
from bitsapart.families.maths.ratios import excess, gap, log_ratio, product_difference, ratio_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Constant, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support

LOG_2 = math.log(2.0)


class Nakagami(ExponentialFamily):
    """Nakagami distribution with density 2 (m / w)^m x^(2 m - 1) e^(-m x^2 / w) / Gamma(m), m = shape, w = spread.

    The spread is E x^2, and x^2 has a gamma distribution, whose divergence this is:
    KL(P || Q) = D(m_p, m_q) + m_q (u - 1 - log u) with u = w_p / w_q and the Bregman divergence D of
    log Gamma(m) - m log m + m.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Nakagami(1.0, 1.0), ba.Nakagami(1.0, 2.0), unit="nat"))
    0.193147 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"shape": POSITIVE, "spread": POSITIVE}

    def __init__(self, shape: Any, spread: Any = 1.0) -> None:
        self._set(shape=shape, spread=spread)

    shape: Array
    spread: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        m, zero = self.shape, x == 0.0
        constant = 0.5 * np.log(m) - (HALF_LOG_2_PI + stirling_remainder(m))
        held = np.where(zero, 1.0, x)
        found = LOG_2 - np.log(held) - m * excess(*gap(held, held, self.spread, 1.0)) + constant
        at_zero = LOG_2 + constant + m - m * np.log(self.spread)
        at_zero = np.where(m == 0.5, at_zero, np.where(m > 0.5, -np.inf, np.inf))
        return np.where(zero, at_zero, np.where(np.isposinf(x), -np.inf, found))

    def _entropy(self) -> Array:
        # of x^2, and the logarithm of the slope of the root
        m = self.shape
        return gamma_entropy(m) - 0.5 * digamma_minus_log(m) + 0.5 * np.log(self.spread) - np.log(m) - LOG_2

    def _kl_divergence(self, q: "Nakagami") -> Array:
        return shape_bregman(self.shape, q.shape) + q.shape * ratio_excess(self.spread, q.spread)

    def moment(self, statistic: Statistic) -> Array | None:
        root = np.sqrt(self.spread)
        lost = product_difference(self.spread, 1.0, root, root) / (2.0 * root)
        return chi_moment(statistic, 2.0 * self.shape, root, lost)

    def standardised(self, location: Array, scale: Array) -> "Nakagami | None":
        return None if np.any(location) else Nakagami(self.shape, self.spread / scale / scale)

    def natural(self) -> list[Term]:
        return [Term(2.0 * self.shape - 1.0, LogPower()), Term(-self.shape / self.spread, Power(2.0))]

    def log_partition(self) -> Array:
        return sp.gammaln(self.shape) + self.shape * log_ratio(self.spread, self.shape)

    def log_base(self) -> list[Term]:
        return [Term(LOG_2, Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] > -1.0) & (theta[1] < 0.0) & np.isfinite(theta[0]) & np.isfinite(theta[1])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Nakagami":
        shape = (theta[0] + 1.0) / 2.0
        return cls(shape, -shape / theta[1])

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Nakagami":
        name = "no Nakagami distribution is closest"
        if not np.all(np.isfinite(moments)):
            raise NoMinimiserError(f"{name}: E log x or E x^2 is infinite or undefined")
        distance = np.log(moments[1]) - 2.0 * moments[0]
        if not np.all(distance > 0.0):
            raise NoMinimiserError(f"{name}: the values do not vary, and shape would be infinite")
        return cls(shape_of_gap(distance), moments[1])

    def _frozen(self) -> Any:
        from scipy.stats import nakagami

        return nakagami(self.shape, scale=np.sqrt(self.spread))
