"""Inverse Gaussian distribution.

Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 15.
"""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.ratios import log_ratio, ratio_excess, representable
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Constant, Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support

ROOT_2 = math.sqrt(2.0)
STEPS = 60
FAR = 50.0
"""From here on the asymptotic series of the exponential integral has all digits."""


class InverseGaussian(ExponentialFamily):
    """Inverse Gaussian distribution with density sqrt(shape / (2 pi x^3)) e^(-shape (x / mean - 1)^2 / (2 x)), x > 0.

    With r = shape_q / shape_p, KL(P || Q) = (r - 1 - log r + shape_q (mean_p / mean_q - 1)^2 / mean_p) / 2.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.InverseGaussian(1.0, 1.0), ba.InverseGaussian(2.0, 1.0), unit="nat"))
    0.125 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"mean": POSITIVE, "shape": POSITIVE}

    def __init__(self, mean: Any, shape: Any = 1.0) -> None:
        self._set(mean=mean, shape=shape)

    shape: Array

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        z = (x - self.mean) / self.mean
        found = 0.5 * log_ratio(self.shape, x) - np.log(x) - HALF_LOG_2_PI - 0.5 * (self.shape / x) * z * z
        return np.where((x == 0.0) | np.isposinf(x), -np.inf, found)

    def _entropy(self) -> Array:
        spread = 0.5 * log_ratio(self.mean, self.shape) + np.log(self.mean)
        return spread + HALF_LOG_2_PI + 0.5 - 1.5 * scaled_exponential_integral(2.0 * self.shape / self.mean)

    def _kl_divergence(self, q: "InverseGaussian") -> Array:
        shift = (self.mean - q.mean) / q.mean
        return 0.5 * (ratio_excess(q.shape, self.shape) + (q.shape / self.mean) * shift * shift)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k) if np.all(np.equal(k, 1.0)):
                return np.broadcast_to(self.mean, self.batch_shape)
            case Power(k) if np.all(np.equal(k, -1.0)):
                return 1.0 / self.mean + 1.0 / self.shape
            case Power(k) if np.all(np.equal(k, 2.0)):
                return self.mean**2 * (1.0 + self.mean / self.shape)
            case Power(k):
                ratio = self.shape / self.mean
                with np.errstate(all="ignore"):
                    return representable(self.mean**k * (sp.kve(k - 0.5, ratio) / sp.kve(0.5, ratio)))
            case LogPower(k) if np.all(np.equal(k, 1.0)):
                return np.log(self.mean) - scaled_exponential_integral(2.0 * self.shape / self.mean)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (self.mean - center) ** 2 + self.mean**2 * (self.mean / self.shape)
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                return self._absolute(center)
            case Exponential(c):
                y = np.asarray(2.0 * c * self.mean * (self.mean / self.shape))
                with np.errstate(all="ignore"):
                    finite = representable(np.exp(2.0 * c * self.mean / (1.0 + np.sqrt(1.0 - y))))
                return np.where(y <= 1.0, finite, np.inf)
        return None

    def _absolute(self, center: Any) -> Array:
        """E |X - c| = (mean - c) (1 - 2 Phi(a)) + 2 (c + mean) e^(2 shape / mean) Phi(-b), c > 0, neither negative."""
        inside = np.where(np.greater(center, 0.0), center, self.mean)
        a, reflected = self._parts(inside)
        near = np.abs(self.mean - inside) * sp.erf(np.abs(a) / ROOT_2) + 2.0 * (inside + self.mean) * reflected
        return np.where(np.greater(center, 0.0), near, self.mean - center)

    def standardised(self, location: Array, scale: Array) -> "InverseGaussian | None":
        return None if np.any(location) else InverseGaussian(self.mean / scale, self.shape / scale)

    def natural(self) -> list[Term]:
        return [Term(-0.5 * self.shape / self.mean / self.mean, Power()), Term(-0.5 * self.shape, Power(-1.0))]

    def log_partition(self) -> Array:
        return -self.shape / self.mean - 0.5 * np.log(self.shape)

    def log_base(self) -> list[Term]:
        return [Term(-1.5, LogPower()), Term(-HALF_LOG_2_PI, Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < 0.0) & (theta[1] < 0.0) & np.isfinite(theta[0]) & np.isfinite(theta[1])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "InverseGaussian":
        return cls(np.sqrt(theta[1] / theta[0]), -2.0 * theta[1])

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "InverseGaussian":
        if not np.all(np.isfinite(moments)):
            raise NoMinimiserError("no inverse Gaussian distribution is closest: E x or E 1/x is infinite or undefined")
        gap = moments[1] - 1.0 / moments[0]
        if not np.all(gap > 0.0):
            raise NoMinimiserError(
                "no inverse Gaussian distribution is closest: the values do not vary, and shape would be infinite"
            )
        return cls(moments[0], 1.0 / gap)

    def _frozen(self) -> Any:
        from scipy.stats import invgauss

        return invgauss(self.mean / self.shape, scale=self.shape)

    # scipy loses all digits where shape is much larger than mean

    def _parts(self, x: Array) -> tuple[Array, Array]:
        """The parts of P(X <= x) = Phi(a) + e^(2 shape / mean) Phi(-b): a, and the second addend.

        a and b are sqrt(shape / x) (x / mean -+ 1), so that b^2 = a^2 + 4 shape / mean.
        """
        root = np.sqrt(self.shape / x)
        a = root * ((x - self.mean) / self.mean)
        b = root * ((x + self.mean) / self.mean)
        return a, 0.5 * sp.erfcx(b / ROOT_2) * np.exp(-0.5 * a * a)

    def _cdf(self, x: Array) -> Array:
        a, reflected = self._parts(np.where(x > 0.0, x, self.mean))
        return np.where(x > 0.0, np.where(np.isposinf(x), 1.0, sp.ndtr(a) + reflected), 0.0)

    def _survival(self, x: Array) -> Array:
        a, reflected = self._parts(np.where(x > 0.0, x, self.mean))
        return np.where(x > 0.0, np.where(np.isposinf(x), 0.0, sp.ndtr(-a) - reflected), 1.0)

    def _quantile(self, u: Array) -> Array:
        return self._solved(np.asarray(u), lower=True)

    def _upper_quantile(self, u: Array) -> Array:
        return self._solved(np.asarray(u), lower=False)

    def _solved(self, u: Array, lower: bool) -> Array:
        """The x whose probability on one side is u, by Newton's method for the logarithm of both."""
        # where a = z; it lies above the quantile, for P(X <= x) > Phi(a)
        z = sp.ndtri(u) if lower else -sp.ndtri(u)
        root = np.sqrt(z * z + 4.0 * (self.shape / self.mean))
        wide = np.where(z > 0.0, z + root, 4.0 * (self.shape / self.mean) / (root - z))
        x = (0.5 * wide * self.mean) ** 2 / self.shape
        sign = 1.0 if lower else -1.0
        for _ in range(STEPS):
            side = self._cdf(x) if lower else self._survival(x)
            slope = sign * x * np.exp(self._log_density(x)) / side
            step = np.clip((np.log(u) - np.log(side)) / slope, -1.0, 1.0)
            x = np.where(np.isfinite(step), x * np.exp(step), x)
            if np.all(~np.isfinite(step) | (np.abs(step) < 4e-16)):
                break
        ends = (0.0, np.inf) if lower else (np.inf, 0.0)
        return np.where(u == 0.0, ends[0], np.where(u == 1.0, ends[1], x))


def scaled_exponential_integral(x: Any) -> Array:
    """e^x E1(x) for x > 0. Abramowitz & Stegun 5.1.51: (1 - 1/x + 2!/x^2 - ...) / x for large x."""
    x = np.asarray(x, float)
    near, far = np.minimum(x, FAR), np.maximum(x, FAR)
    series = np.ones(x.shape)
    for n in range(24, 0, -1):
        series = 1.0 - n / far * series
    return np.where(x < FAR, np.exp(near) * sp.exp1(near), series / far)
