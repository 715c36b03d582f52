"""Cauchy distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 16."""

import math
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Cosine, Deviation, Exponential, Power, Sine, Statistic
from bitsapart.families.support import Interval, Support

LOG_PI = math.log(math.pi)
CLOSE = -0.9
"""The least relative change from which a log ratio is computed; beyond it, from the two logarithms."""


class Cauchy(Distribution):
    """Cauchy distribution with density 1 / (pi scale (1 + z^2)), z = (x - location) / scale.

    KL(P || Q) = log(1 + ((scale_p - scale_q)^2 + (location_p - location_q)^2) / (4 scale_p scale_q)), symmetric.
    Chyzak & Nielsen 2019, A closed-form formula for the Kullback-Leibler divergence between Cauchy distributions.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Cauchy(0.0, 1.0), ba.Cauchy(2.0, 1.0), unit="bit"))
    1 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"location": REAL, "scale": POSITIVE}

    def __init__(self, location: Any = 0.0, scale: Any = 1.0) -> None:
        self._set(location=location, scale=scale)

    location: Array
    scale: Array

    @property
    def support(self) -> Support:
        return Interval()

    def _log_density(self, x: Array) -> Array:
        return -log_one_and_square((x - self.location) / self.scale) - np.log(self.scale) - LOG_PI

    def _log_ratio(self, q: "Cauchy", x: Array) -> Array:
        """Log of q's density over this one's at x, exact where the two are close."""
        z = (x - self.location) / self.scale
        growth = (q.scale - self.scale) / self.scale
        shift = (self.location - q.location) / self.scale
        change = square_change(z, growth * (2.0 + growth) + shift * shift, 2.0 * shift)
        near = np.log1p(growth) - np.log1p(np.maximum(change, CLOSE))
        return np.where(change > CLOSE, near, q._log_density(x) - self._log_density(x))

    def _entropy(self) -> Array:
        return np.broadcast_to(np.log(self.scale) + math.log(4.0 * math.pi), self.batch_shape)

    def _kl_divergence(self, q: "Cauchy") -> Array:
        size = 2.0 * np.sqrt(self.scale) * np.sqrt(q.scale)
        distance = np.hypot(self.scale - q.scale, self.location - q.location)
        with np.errstate(over="ignore", divide="ignore"):
            ratio = distance / size
            beyond = 2.0 * (np.log(distance) - np.log(size))
        return np.where(np.isinf(ratio), beyond, log_one_and_square(ratio))

    def moment(self, statistic: Statistic) -> Array | None:
        shape = self.batch_shape
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.broadcast_to(
                    np.where(np.equal(k, 1.0), np.nan, np.inf), np.broadcast_shapes(shape, np.shape(k))
                )
            case Deviation(center, k) if np.all(np.asarray(k) >= 1.0):
                return np.full(np.broadcast_shapes(shape, np.shape(center), np.shape(k)), np.inf)
            case Exponential(c) if np.all(np.not_equal(c, 0.0)):
                return np.full(np.broadcast_shapes(shape, np.shape(c)), np.inf)
            case Cosine():
                return np.exp(-self.scale) * np.cos(self.location)
            case Sine():
                return np.exp(-self.scale) * np.sin(self.location)
        return None

    def standardised(self, location: Array, scale: Array) -> "Cauchy":
        return Cauchy((self.location - location) / scale, self.scale / scale)

    def _cdf(self, x: Array) -> Array:
        return np.arctan2(self.scale, self.location - x) / math.pi

    def _survival(self, x: Array) -> Array:
        return np.arctan2(self.scale, x - self.location) / math.pi

    def _quantile(self, u: Array) -> Array:
        return self.location - self.scale * _cotangent(u)

    def _upper_quantile(self, u: Array) -> Array:
        return self.location + self.scale * _cotangent(u)

    def _frozen(self) -> Any:
        from scipy.stats import cauchy

        return cauchy(self.location, self.scale)


def log_one_and_square(z: Array) -> Array:
    """log(1 + z^2), for any size of z."""
    size = np.abs(z)
    large = size > 1e8
    return np.where(large, 2.0 * np.log(np.where(large, size, 1.0)), np.log1p(np.where(large, 0.0, size) ** 2))


def square_change(z: Array, constant: Array, slope: Array) -> Array:
    """(constant + slope z) / (1 + z^2), for any size of z."""
    large = np.abs(z) > 1.0
    far = np.where(large, z, 1.0)
    inverse = 1.0 / far
    near = np.where(large, 0.0, z)
    return np.where(
        large, (constant * inverse + slope) * inverse / (1.0 + inverse**2), (constant + slope * near) / (1.0 + near**2)
    )


def _cotangent(u: Array) -> Array:
    """cot(pi u) for u from 0 to 1, exact near both."""
    return np.where((u >= 0.0) & (u <= 1.0), 1.0 / np.tan(math.pi * np.where(u > 0.5, u - 1.0, u)), np.nan)
