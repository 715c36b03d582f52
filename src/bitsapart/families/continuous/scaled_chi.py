"""Chi distributions with a scale, the lengths of normal vectors: half-normal, Rayleigh and Maxwell distributions.

    X = scale sqrt(chi^2_n):   E X^k = scale^k 2^(k/2) Gamma((n + k) / 2) / Gamma(n / 2)

Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 18.
"""

import math
from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.gamma_functions import digamma_minus_log, log_rising_over_power
from bitsapart.families.maths.ratios import log_ratio, representable, square_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, Domain
from bitsapart.families.statistic import Constant, Deviation, Exponential, LogPower, Power, Statistic
from bitsapart.families.support import Interval, Support

MILLER = 160
"""Where the backward recurrence starts, for rates of at least 1.5."""


def chi_moment(statistic: Statistic, degrees: Any, root: Array, lost: Any = 0.0) -> Array | None:
    """Expectations of root sqrt(chi^2_n / n), whose mean square is root^2; ``lost`` is what rounding took from root."""
    half = np.asarray(degrees / 2.0)
    match statistic:
        case Power(k):
            step = np.asarray(k / 2.0)
            exists = half + step > 0.0
            with np.errstate(all="ignore"):
                finite = root**k * np.exp(log_rising_over_power(half, np.where(exists, step, 0.0)))
            return np.where(exists, representable(finite), np.inf)
        case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
            mean = np.log(root) + 0.5 * digamma_minus_log(half)
            return np.where(np.equal(k, 1.0), mean, mean * mean + sp.polygamma(1, half) / 4.0)
        case Deviation(center, k) if np.all(np.equal(k, 2.0)):
            # mean / root - 1 is small where there are many degrees of freedom
            log_mean = log_rising_over_power(half, 0.5)
            deviation = (root - center) + lost + root * np.expm1(log_mean)
            return deviation * deviation - root * root * np.expm1(2.0 * log_mean)
        case Deviation(center, k) if np.all(np.equal(k, 1.0)) and np.all(np.less_equal(center, 0.0)):
            return root * np.exp(log_rising_over_power(half, 0.5)) - center
    return None


class ScaledChi(ExponentialFamily):
    """A family of one scale, with density x^(n - 1) e^(-(x / scale)^2 / 2) 2^(1 - n / 2) / (scale^n Gamma(n / 2))."""

    domains: ClassVar[dict[str, Domain]] = {"scale": POSITIVE}
    degrees: ClassVar[int]
    """The degrees of freedom n."""

    def __init__(self, scale: Any = 1.0) -> None:
        self._set(scale=scale)

    scale: Array

    @classmethod
    def _log_constant(cls) -> float:
        return (1.0 - cls.degrees / 2.0) * math.log(2.0) - math.lgamma(cls.degrees / 2.0)

    @property
    def support(self) -> Support:
        return Interval(0.0)

    def _log_density(self, x: Array) -> Array:
        z = x / self.scale
        rising = 0.0 if self.degrees == 1 else (self.degrees - 1) * log_ratio(x, self.scale)
        return np.where(np.isposinf(z), -np.inf, rising - 0.5 * z * z - np.log(self.scale) + self._log_constant())

    def _entropy(self) -> Array:
        n = self.degrees
        rest = n / 2.0 - self._log_constant() - (n - 1) / 2.0 * (math.log(2.0) + float(sp.psi(n / 2.0)))
        return np.broadcast_to(np.log(self.scale) + rest, self.batch_shape)

    def _kl_divergence(self, q: Self) -> Array:
        return 0.5 * self.degrees * square_excess(self.scale, q.scale)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                return self._absolute(center)
            case Exponential(c):
                return self._exponential(np.asarray(c * self.scale))
        return chi_moment(statistic, self.degrees, math.sqrt(self.degrees) * self.scale)

    def _absolute(self, center: Any) -> Array:
        """E |X - c| = E X - c + 2 (c P(X <= c) - E X 1[X <= c])."""
        n = self.degrees
        mean = self.scale * math.sqrt(2.0) * math.exp(math.lgamma((n + 1) / 2.0) - math.lgamma(n / 2.0))
        z = np.maximum(np.asarray(center / self.scale), 0.0)
        half = 0.5 * z * z
        below = self.scale * z * sp.gammainc(n / 2.0, half) - mean * sp.gammainc((n + 1) / 2.0, half)
        return mean - center + 2.0 * below

    def _exponential(self, rate: Array) -> Array:
        """E e^(rate X) of scale 1, from J_n = integral of z^n e^(rate z - z^2 / 2): J_n+1 = n J_n-1 + rate J_n."""
        with np.errstate(all="ignore"):
            first = math.sqrt(math.pi / 2.0) * sp.erfcx(-rate / math.sqrt(2.0))
            ahead = [first, 1.0 + rate * first]
            ahead.append(ahead[0] + rate * ahead[1])
            found = ahead[self.degrees - 1]
            if np.any(rate < -1.5):
                # forwards it cancels
                found = np.where(rate < -1.5, _backward(np.minimum(rate, -1.5), first, self.degrees), found)
            return representable(found * math.exp(self._log_constant()))

    @abstractmethod
    def _frozen(self) -> Any: ...

    def standardised(self, location: Array, scale: Array) -> Self | None:
        return None if np.any(location) else type(self)(self.scale / scale)

    def natural(self) -> list[Term]:
        return [Term(-0.5 / (self.scale * self.scale), Power(2.0))]

    def log_partition(self) -> Array:
        return self.degrees * np.log(self.scale)

    def log_base(self) -> list[Term]:
        return [Term(self.degrees - 1.0, LogPower()), Term(self._log_constant(), Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> Self:
        return cls(np.sqrt(-0.5 / theta[0]))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> Self:
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError(f"no {cls.__name__} distribution is closest: E x^2 is infinite or undefined")
        if not np.all(moments[0] > 0.0):
            raise NoMinimiserError(f"no {cls.__name__} distribution is closest: all values are 0, and scale would be 0")
        return cls(np.sqrt(moments[0] / cls.degrees))


def _backward(rate: Array, first: Array, degrees: int) -> Array:
    """J_(degrees - 1) by Miller's recurrence: all its terms are positive for a negative rate."""
    above, here, kept = np.zeros_like(rate), np.ones_like(rate), np.ones_like(rate)
    for n in range(MILLER, 0, -1):
        above, here = here, (above - rate * here) / n
        if n == degrees:
            kept = here
        # only the ratios count
        above, here, kept = above / here, np.ones_like(rate), kept / here
    return first * kept
