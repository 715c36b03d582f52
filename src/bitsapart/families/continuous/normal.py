"""Normal distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 13."""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.batches import of_pairs
from bitsapart.families.maths.ratios import ratio_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Constant, Deviation, Exponential, Power, Statistic
from bitsapart.families.support import Interval, Support

HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


class Normal(ExponentialFamily):
    """Normal distribution with density exp(-((x - mean) / sd)^2 / 2) / (sd sqrt(2 pi)); mean and sd broadcast.

    KL(P || Q) = (v - 1 - log v + ((mean_p - mean_q) / sd_q)^2) / 2 with v = (sd_p / sd_q)^2.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Normal(0.0, 1.0), ba.Normal(1.0, 1.0), unit="nat"))
    0.5 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"mean": REAL, "sd": POSITIVE}

    def __init__(self, mean: Any = 0.0, sd: Any = 1.0) -> None:
        self._set(mean=mean, sd=sd)

    sd: Array

    @property
    def support(self) -> Support:
        return Interval()

    def _log_density(self, x: Array) -> Array:
        z = (x - self.mean) / self.sd
        return -0.5 * z * z - np.log(self.sd) - HALF_LOG_2_PI

    def _log_ratio(self, q: "Normal", x: Array) -> Array:
        """Log of q's density over this one's at x, exact where the two are close."""
        z = (x - self.mean) / self.sd
        widening = (self.sd - q.sd) / q.sd
        move = widening * z + (self.mean - q.mean) / q.sd
        return np.log1p(widening) - 0.5 * move * (2.0 * z + move)

    def _entropy(self) -> Array:
        return np.broadcast_to(np.log(self.sd) + HALF_LOG_2_PI + 0.5, self.batch_shape)

    def _kl_divergence(self, q: "Normal") -> Array:
        return of_pairs("normal", _divergence, self.mean, self.sd, q.mean, q.sd)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), self.mean, self.mean**2 + self.sd**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (self.mean - center) ** 2 + self.sd**2
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                z = (self.mean - center) / self.sd
                density = np.exp(-0.5 * z * z - HALF_LOG_2_PI)
                return self.sd * (2.0 * density + z * sp.erf(z / math.sqrt(2.0)))
            case Exponential(c):
                return np.exp(c * self.mean + 0.5 * (c * self.sd) ** 2)
        return None

    def standardised(self, location: Array, scale: Array) -> "Normal":
        return Normal((self.mean - location) / scale, self.sd / scale)

    def natural(self) -> list[Term]:
        precision = 1.0 / (self.sd * self.sd)
        return [Term(self.mean * precision, Power()), Term(-0.5 * precision, Power(2.0))]

    def log_partition(self) -> Array:
        return 0.5 * (self.mean / self.sd) ** 2 + np.log(self.sd)

    def log_base(self) -> list[Term]:
        return [Term(-HALF_LOG_2_PI, Constant())]

    def density_terms(self) -> list[Term]:
        # x^2 and x cancel far from 0
        precision = 1.0 / (self.sd * self.sd)
        return [Term(-0.5 * precision, Deviation(self.mean, 2.0)), Term(-np.log(self.sd) - HALF_LOG_2_PI, Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[1] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "Normal":
        precision = -2.0 * theta[1]
        return cls(theta[0] / precision, 1.0 / np.sqrt(precision))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "Normal":
        variance = moments[1] - moments[0] ** 2
        if not np.all(np.isfinite(moments)):
            raise NoMinimiserError("no normal distribution is closest: E x or E x^2 is infinite or undefined")
        if not np.all(variance > 0.0):
            raise NoMinimiserError("no normal distribution is closest: the values do not vary, and sd would be 0")
        return cls(moments[0], np.sqrt(variance))

    # scipy's own functions: its distributions take a millisecond to make
    def _cdf(self, x: Array) -> Array:
        return np.asarray(sp.ndtr((x - self.mean) / self.sd))

    def _survival(self, x: Array) -> Array:
        return np.asarray(sp.ndtr((self.mean - x) / self.sd))

    def _quantile(self, u: Array) -> Array:
        return np.asarray(self.mean + self.sd * sp.ndtri(u))

    def _upper_quantile(self, u: Array) -> Array:
        return np.asarray(self.mean - self.sd * sp.ndtri(u))

    def _frozen(self) -> Any:
        from scipy.stats import norm

        return norm(self.mean, self.sd)


def _divergence(mean_p: Array, sd_p: Array, mean_q: Array, sd_q: Array) -> Array:
    """With sd_p = (1 + d) sd_q, (v - 1 - log v) / 2 = d - log(1 + d) + d^2 / 2."""
    wider, shift = (sd_p - sd_q) / sd_q, (mean_p - mean_q) / sd_q
    return ratio_excess(sd_p, sd_q) + 0.5 * (wider * wider + shift * shift)
