"""Pareto distribution of the first kind.

Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 20.
"""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import log_ratio, ratio_excess, representable
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support


class Pareto(ExponentialFamily):
    """Pareto distribution with density (shape / x) (scale / x)^shape of numbers x >= scale, the least value.

    Those of one scale are an exponential family. For scale_p >= scale_q, and r = shape_q / shape_p,
    KL(P || Q) = r - 1 - log r + shape_q log(scale_p / scale_q).

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Pareto(1.0, 1.0), ba.Pareto(2.0, 1.0), unit="nat"))
    0.306853 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"shape": POSITIVE, "scale": POSITIVE}
    fixed = ("scale",)

    def __init__(self, shape: Any, scale: Any = 1.0) -> None:
        self._set(shape=shape, scale=scale)

    shape: Array
    scale: Array

    @property
    def support(self) -> Support:
        return Interval(self.scale)

    def _log_density(self, x: Array) -> Array:
        return log_ratio(self.shape, x) - self.shape * log_ratio(x, self.scale)

    def _entropy(self) -> Array:
        return log_ratio(self.scale, self.shape) + 1.0 / self.shape + 1.0

    def _kl_divergence(self, q: "Pareto") -> Array:
        return ratio_excess(q.shape, self.shape) + q.shape * log_ratio(self.scale, q.scale)

    def moment(self, statistic: Statistic) -> Array | None:
        a = self.shape
        match statistic:
            case Power(k):
                with np.errstate(all="ignore"):
                    return np.where(k < a, representable(a / (a - k) * self.scale**k), np.inf)
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                mean = np.log(self.scale) + 1.0 / a
                return np.where(np.equal(k, 1.0), mean, mean * mean + 1.0 / (a * a))
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                with np.errstate(all="ignore"):
                    deviation = (self.scale - center) + self.scale / (a - 1.0)
                    variance = (self.scale / (a - 1.0)) ** 2 * (a / (a - 2.0))
                return np.where(a > 2.0, deviation * deviation + variance, np.inf)
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                return self._absolute(center)
            case Exponential(c) if np.all(np.asarray(c) > 0.0):
                return np.full(np.broadcast_shapes(np.shape(c), self.batch_shape), np.inf)
        return None

    def _absolute(self, center: Any) -> Array:
        """E |X - c|: below the least value E X - c; above it, integrals of the distribution function."""
        a, m = self.shape, self.scale
        with np.errstate(all="ignore"):
            tail = np.exp(-a * log_ratio(np.maximum(center, m), m))
            above = (center - m) - m / (a - 1.0) + 2.0 * center * tail / (a - 1.0)
            below = (m - center) + m / (a - 1.0)
        return np.where(a > 1.0, np.where(np.greater(center, m), above, below), np.inf)

    def standardised(self, location: Array, scale: Array) -> "Pareto | None":
        return None if np.any(location) else Pareto(self.shape, self.scale / scale)

    def natural(self) -> list[Term]:
        return [Term(-self.shape - 1.0, LogPower())]

    def log_partition(self) -> Array:
        return -self.shape * np.log(self.scale) - np.log(self.shape)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < -1.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "Pareto":
        return cls(-theta[0] - 1.0, fixed["scale"])

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "Pareto":
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError("no Pareto distribution is closest: E log x is infinite or undefined")
        gap = moments[0] - np.log(fixed["scale"])
        if not np.all(gap > 0.0):
            raise NoMinimiserError("no Pareto distribution is closest: E log x is not above the log of the least value")
        return cls(1.0 / gap, fixed["scale"])

    def _frozen(self) -> Any:
        from scipy.stats import pareto

        return pareto(self.shape, scale=self.scale)

    def _cdf(self, x: Array) -> Array:
        return -np.expm1(-self.shape * log_ratio(np.maximum(x, self.scale), self.scale))

    def _survival(self, x: Array) -> Array:
        return np.exp(-self.shape * log_ratio(np.maximum(x, self.scale), self.scale))
