"""Uniform distribution. Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 26."""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.parameter import REAL, Domain
from bitsapart.families.statistic import (
    Cosine,
    Deviation,
    Exponential,
    LogComplement,
    LogitPower,
    LogPower,
    Power,
    Sine,
    Statistic,
)
from bitsapart.families.support import Interval, Support
from bitsapart.values.errors import UsageError


class Uniform(Distribution):
    """Uniform distribution from low to high, with density 1 / (high - low).

    KL(P || Q) = log((high_q - low_q) / (high_p - low_p)), where Q covers P.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Uniform(0.0, 1.0), ba.Uniform(-1.0, 1.0)))
    1 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"low": REAL, "high": REAL}

    def __init__(self, low: Any = 0.0, high: Any = 1.0) -> None:
        self._set(low=low, high=high)
        check_ends(self)

    low: Array
    high: Array

    @property
    def _width(self) -> Array:
        return self.high - self.low

    @property
    def support(self) -> Support:
        return Interval(self.low, self.high)

    def _log_density(self, x: Array) -> Array:
        return np.broadcast_to(-np.log(self._width), np.broadcast_shapes(np.shape(x), self.batch_shape))

    def _entropy(self) -> Array:
        return np.log(self._width)

    def _cross_entropy_of(self, p: Distribution) -> Found:
        """The same for every P whose mass lies inside."""
        shape = np.broadcast_shapes(p.batch_shape, self.batch_shape)
        return Found.of(np.broadcast_to(np.log(self._width), shape), "moment rule")

    def _kl_divergence(self, q: "Uniform") -> Array:
        return np.log1p(((self.low - q.low) + (q.high - self.high)) / self._width)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k):
                return _mean_power(self.low, self.high, np.asarray(k, float))
            case Deviation(center, k):
                return _mean_deviation(self.low - center, self.high - center, np.asarray(k, float))
            case LogPower(k) if np.all(np.isin(k, (1.0, 2.0))):
                return _mean_log(self.low, self.high, k)
            case LogComplement(a) if np.all(np.equal(a, 1.0)):
                return _mean_log(1.0 - self.high, 1.0 - self.low, 1.0)
            case LogComplement(a) if np.all((self.low == 0.0) & (self.high == 1.0)):
                return -np.euler_gamma - sp.digamma(1.0 + 1.0 / np.asarray(a))
            case LogitPower(k) if np.all(np.equal(k, 1.0)):
                return _mean_log(self.low, self.high, 1.0) - _mean_log(1.0 - self.high, 1.0 - self.low, 1.0)
            case LogitPower(k) if np.all(np.equal(k, 2.0) & (self.low == 0.0) & (self.high == 1.0)):
                return np.broadcast_to(math.pi**2 / 3.0, self.batch_shape)
            case Exponential(c):
                end = np.where(np.asarray(c) > 0.0, self.high, self.low)
                return np.exp(c * end) * sp.exprel(-np.abs(c) * self._width)
        return self._mean_circular(statistic)

    def _mean_circular(self, statistic: Statistic) -> Array | None:
        middle = 0.5 * self.low + 0.5 * self.high
        match statistic:
            case Cosine():
                return np.cos(middle) * np.sinc(self._width / (2.0 * math.pi))
            case Sine():
                return np.sin(middle) * np.sinc(self._width / (2.0 * math.pi))
        return None

    def standardised(self, location: Array, scale: Array) -> "Uniform":
        return Uniform((self.low - location) / scale, (self.high - location) / scale)

    def _frozen(self) -> Any:
        from scipy.stats import uniform

        return uniform(self.low, self._width)


def check_ends(distribution: Any) -> None:
    """Refuse ends that are not in order.

    Raises:
        UsageError: low is not below high somewhere; says which.
    """
    low, high = np.broadcast_arrays(distribution.low, distribution.high)
    wrong = ~(low < high)
    if wrong.any():
        first = f"{low[wrong][0]:.17g} and {high[wrong][0]:.17g}"
        raise UsageError(f"{type(distribution).__name__}: low should be below high; got {first}")


@np.errstate(all="ignore")
def _mean_positive(low: Array, high: Array, k: Array) -> Array:
    """E x^k for 0 <= low < high, from t = log(high / x)."""
    width = (high - low) / high
    top = np.where(low == 0.0, 1.0, -np.log1p(-width))
    found = high**k * sp.exprel(-(k + 1.0) * top) * top / width
    return np.where(low > 0.0, found, np.where(k > -1.0, high**k / (k + 1.0), np.inf))


@np.errstate(all="ignore")
def _mean_deviation(low: Array, high: Array, k: Array) -> Array:
    """E |x|^k."""
    least, most = np.minimum(np.abs(low), np.abs(high)), np.maximum(np.abs(low), np.abs(high))
    inside = (high * np.abs(high) ** k - low * np.abs(low) ** k) / ((k + 1.0) * (high - low))
    inside = np.where(k > -1.0, inside, np.inf)
    return np.where((low < 0.0) & (high > 0.0), inside, _mean_positive(least, most, k))


@np.errstate(all="ignore")
def _mean_power(low: Array, high: Array, k: Array) -> Array:
    """E x^k, which negative x have for whole k only."""
    even, odd = k % 2.0 == 0.0, k % 2.0 == 1.0
    positive = np.where(k == 1.0, 0.5 * low + 0.5 * high, _mean_deviation(low, high, k))
    # of both signs: each side of 0 on its own
    both = (high * np.abs(high) ** k + low * np.abs(low) ** k) / ((k + 1.0) * (high - low))
    mixed = np.where(k > -1.0, both, np.nan)
    signed = np.where(high <= 0.0, -_mean_deviation(low, high, k), mixed)
    negative = np.where(even, positive, np.where(odd, np.where(k == 1.0, positive, signed), np.nan))
    return np.where(low >= 0.0, positive, negative)


@np.errstate(all="ignore")
def _mean_log(low: Array, high: Array, k: Any) -> Array:
    """E (log x)^k for k of 1 or 2: with t = log(high / x), incomplete gamma functions; nan where x can be negative."""
    share = (high - low) / high
    top = -np.log1p(-share)
    first, second = (order * sp.gammainc(order + 1.0, top) / share for order in (1.0, 2.0))
    log = np.log(high)
    found = np.where(np.equal(k, 1.0), log - first, log * log - 2.0 * log * first + second)
    return np.where(low >= 0.0, found, np.nan)
