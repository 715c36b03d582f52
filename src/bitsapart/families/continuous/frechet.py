"""Frechet distribution of maxima.

Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 22.
"""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.continuous.gumbel import VARIANCE, gumbel_divergence
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.constants import EULER
from bitsapart.families.maths.gamma_functions import log_gamma_1p, log_gamma_spread
from bitsapart.families.maths.ratios import log_ratio, representable
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Constant, Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support


class Frechet(ExponentialFamily):
    """Frechet distribution with density (shape / scale) z^(-shape - 1) e^(-z^-shape), z = x / scale, of numbers x > 0.

    Those of one shape are an exponential family. With r = shape_q / shape_p and d = shape_q log(scale_p / scale_q),
    KL(P || Q) = -log r + gamma (r - 1) - 1 + d + e^-d Gamma(1 + r).

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Frechet(2.0, 1.0), ba.Frechet(1.0, 1.0), unit="nat"))
    0.290766 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"shape": POSITIVE, "scale": POSITIVE}
    fixed = ("shape",)

    def __init__(self, shape: Any, scale: Any = 1.0) -> None:
        self._set(shape=shape, scale=scale)

    shape: Array
    scale: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        log_z = log_ratio(x, self.scale)
        found = log_ratio(self.shape, self.scale) - (self.shape + 1.0) * log_z - np.exp(-self.shape * log_z)
        return np.where(np.isinf(log_z), -np.inf, found)

    def _entropy(self) -> Array:
        return EULER * (1.0 + 1.0 / self.shape) + log_ratio(self.scale, self.shape) + 1.0

    def _kl_divergence(self, q: "Frechet") -> Array:
        return gumbel_divergence(q.shape, self.shape, q.shape * log_ratio(self.scale, q.scale))

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                return self._power(k)
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                mean = np.log(self.scale) + EULER / self.shape
                return np.where(np.equal(k, 1.0), mean, mean * mean + VARIANCE / self.shape**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                h = np.where(self.shape > 2.0, -1.0 / self.shape, 0.0)
                mean, offset = np.expm1(log_gamma_1p(h)), self.scale - center
                deviation = offset + self.scale * mean
                spread = self.scale * (1.0 + mean)
                finite = deviation * deviation + spread * spread * np.expm1(log_gamma_spread(h))
                return np.where(self.shape > 2.0, finite, np.inf)
            case Deviation(center, k) if np.all(np.equal(k, 1.0)) and np.all(np.less_equal(center, 0.0)):
                return self._power(1.0) - center
            case Exponential(c) if np.all(np.asarray(c) > 0.0):
                return np.full(np.broadcast_shapes(np.shape(c), self.batch_shape), np.inf)
        return None

    def _power(self, k: Any) -> Array:
        step = np.asarray(k / self.shape)
        with np.errstate(all="ignore"):
            finite = self.scale**k * np.exp(log_gamma_1p(np.where(step < 1.0, -step, 0.0)))
        return np.where(step < 1.0, representable(finite), np.inf)

    def standardised(self, location: Array, scale: Array) -> "Frechet | None":
        return None if np.any(location) else Frechet(self.shape, self.scale / scale)

    def natural(self) -> list[Term]:
        with np.errstate(over="ignore", under="ignore"):
            return [Term(-(self.scale**self.shape), Power(-self.shape))]

    def log_partition(self) -> Array:
        return -self.shape * np.log(self.scale)

    def log_base(self) -> list[Term]:
        return [Term(-self.shape - 1.0, LogPower()), Term(np.log(self.shape), Constant())]

    def density_terms(self) -> list[Term]:
        # a coefficient that is 0 or infinite by rounding is no coefficient
        (power,) = self.natural()
        return [
            Term(representable(power.coefficient), power.statistic),
            Term(-self.shape - 1.0, LogPower()),
            Term(np.log(self.shape) - self.log_partition(), Constant()),
        ]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "Frechet":
        return cls(fixed["shape"], (-theta[0]) ** (1.0 / fixed["shape"]))

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "Frechet":
        if not np.all(np.isfinite(moments[0])) or not np.all(moments[0] > 0.0):
            raise NoMinimiserError("no Frechet distribution is closest: E x^-shape is infinite, undefined or 0")
        return cls(fixed["shape"], moments[0] ** (-1.0 / fixed["shape"]))

    def _frozen(self) -> Any:
        from scipy.stats import invweibull

        return invweibull(self.shape, scale=self.scale)
