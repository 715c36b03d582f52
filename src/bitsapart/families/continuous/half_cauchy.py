"""Half-Cauchy distribution. Gelman 2006, Prior distributions for variance parameters in hierarchical models."""

import math
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.continuous.cauchy import Cauchy, log_one_and_square
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support


class HalfCauchy(Distribution):
    """Half-Cauchy distribution, of |X| for a Cauchy X around 0: density 2 / (pi scale (1 + (x / scale)^2)) for x >= 0.

    KL(P || Q) = log(1 + (scale_p - scale_q)^2 / (4 scale_p scale_q)), that of the Cauchy distributions.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.HalfCauchy(1.0), ba.HalfCauchy(2.0), unit="nat"))
    0.117783 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"scale": POSITIVE}

    def __init__(self, scale: Any = 1.0) -> None:
        self._set(scale=scale)

    scale: Array

    @property
    def _whole(self) -> Cauchy:
        return Cauchy(0.0, self.scale)

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        return math.log(2.0 / math.pi) - np.log(self.scale) - log_one_and_square(x / self.scale)

    def _log_ratio(self, q: "HalfCauchy", x: Array) -> Array:
        """Log of q's density over this one's at x, exact where the two are close."""
        return self._whole._log_ratio(q._whole, x)

    def _entropy(self) -> Array:
        return np.log(self.scale) + math.log(2.0 * math.pi)

    def _kl_divergence(self, q: "HalfCauchy") -> Array:
        return self._whole._kl_divergence(q._whole)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                return np.where(np.abs(k) < 1.0, self.scale**k / np.cos(0.5 * math.pi * np.asarray(k)), np.inf)
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                mean = np.log(self.scale)
                return np.where(np.equal(k, 1.0), mean, mean * mean + math.pi**2 / 4.0)
            case Deviation(center, k) if np.all(np.asarray(k) >= 1.0):
                return np.full(np.broadcast_shapes(self.batch_shape, np.shape(center), np.shape(k)), np.inf)
            case Exponential(c) if np.all(np.asarray(c) > 0.0):
                return np.full(np.broadcast_shapes(self.batch_shape, np.shape(c)), np.inf)
        return None

    def _cdf(self, x: Array) -> Array:
        return np.where(x > 0.0, np.arctan2(x, self.scale) * (2.0 / math.pi), 0.0)

    def _survival(self, x: Array) -> Array:
        return np.where(x > 0.0, np.arctan2(self.scale, x) * (2.0 / math.pi), 1.0)

    def _quantile(self, u: Array) -> Array:
        return self._at(u, 1.0 - u)

    def _upper_quantile(self, u: Array) -> Array:
        return self._at(1.0 - u, u)

    def _at(self, lower: Array, upper: Array) -> Array:
        """The value with these probabilities below and above it, the smaller of which is exact."""
        angle = 0.5 * math.pi * np.minimum(lower, upper)
        legal = (lower >= 0.0) & (upper >= 0.0)
        return np.where(legal, self.scale * np.where(lower < upper, np.tan(angle), 1.0 / np.tan(angle)), np.nan)

    def _frozen(self) -> Any:
        from scipy.stats import halfcauchy

        return halfcauchy(scale=self.scale)
