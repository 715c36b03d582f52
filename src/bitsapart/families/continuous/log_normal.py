"""Log-normal distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 14."""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.ratios import representable, square_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Constant, Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support


class LogNormal(ExponentialFamily):
    """Distribution of e^Y for Y normal: density e^(-z^2 / 2) / (x log_sd sqrt(2 pi)), z = (log x - log_mean) / log_sd.

    KL(P || Q) = (v - 1 - log v + ((log_mean_p - log_mean_q) / log_sd_q)^2) / 2 with v = (log_sd_p / log_sd_q)^2.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.LogNormal(0.0, 1.0), ba.LogNormal(1.0, 1.0), unit="nat"))
    0.5 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"log_mean": REAL, "log_sd": POSITIVE}

    def __init__(self, log_mean: Any = 0.0, log_sd: Any = 1.0) -> None:
        self._set(log_mean=log_mean, log_sd=log_sd)

    log_mean: Array
    log_sd: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        log_x = np.log(x)
        z = (log_x - self.log_mean) / self.log_sd
        return np.where(np.isinf(log_x), -np.inf, -0.5 * z * z - log_x - np.log(self.log_sd) - HALF_LOG_2_PI)

    def _entropy(self) -> Array:
        return self.log_mean + np.log(self.log_sd) + HALF_LOG_2_PI + 0.5

    def _kl_divergence(self, q: "LogNormal") -> Array:
        shift = (self.log_mean - q.log_mean) / q.log_sd
        return 0.5 * (square_excess(self.log_sd, q.log_sd) + shift * shift)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                return self._power(k)
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), self.log_mean, self.log_mean**2 + self.log_sd**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                mean = self._power(1.0)
                return (mean - center) ** 2 + mean * mean * np.expm1(self.log_sd**2)
            case Deviation(center, k) if np.all(np.equal(k, 1.0)) and np.all(np.less_equal(center, 0.0)):
                return self._power(1.0) - center
            case Exponential(c) if np.all(np.asarray(c) > 0.0):
                return np.full(np.broadcast_shapes(np.shape(c), self.batch_shape), np.inf)
        return None

    def _power(self, k: Any) -> Array:
        with np.errstate(all="ignore"):
            return representable(np.exp(k * (self.log_mean + 0.5 * k * self.log_sd**2)))

    def standardised(self, location: Array, scale: Array) -> "LogNormal | None":
        return None if np.any(location) else LogNormal(self.log_mean - np.log(scale), self.log_sd)

    def natural(self) -> list[Term]:
        precision = 1.0 / (self.log_sd * self.log_sd)
        return [Term(self.log_mean * precision, LogPower()), Term(-0.5 * precision, LogPower(2.0))]

    def log_partition(self) -> Array:
        return 0.5 * (self.log_mean / self.log_sd) ** 2 + np.log(self.log_sd)

    def log_base(self) -> list[Term]:
        return [Term(-1.0, LogPower()), Term(-HALF_LOG_2_PI, Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[1] < 0.0) & np.isfinite(theta[0]) & np.isfinite(theta[1])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "LogNormal":
        precision = -2.0 * theta[1]
        return cls(theta[0] / precision, 1.0 / np.sqrt(precision))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "LogNormal":
        name = "no log-normal distribution is closest"
        if not np.all(np.isfinite(moments)):
            raise NoMinimiserError(f"{name}: E log x or E (log x)^2 is infinite or undefined")
        variance = moments[1] - moments[0] ** 2
        if not np.all(variance > 0.0):
            raise NoMinimiserError(f"{name}: the values do not vary, and log_sd would be 0")
        return cls(moments[0], np.sqrt(variance))

    def _frozen(self) -> Any:
        from scipy.stats import lognorm

        return lognorm(self.log_sd, scale=np.exp(self.log_mean))
