"""Logistic distribution. Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 23."""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Deviation, Exponential, Power, Statistic
from bitsapart.families.support import Interval, Support


class Logistic(Distribution):
    """Logistic distribution with density e^-z / (scale (1 + e^-z)^2), z = (x - location) / scale.

    KL(P || Q) has no closed form.

    >>> import bitsapart as ba
    >>> print(ba.Logistic(0.0, 1.0).entropy(unit="nat"))
    2 nats
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
        z = np.abs(x - self.location) / self.scale
        return -z - 2.0 * np.log1p(np.exp(-z)) - np.log(self.scale)

    def _log_ratio(self, q: "Logistic", x: Array) -> Array:
        """Log of q's density over this one's at x, exact where the two are close."""
        z = (x - self.location) / self.scale
        # of q's z over this one's, away from 0: densities are symmetric
        change = ((self.scale - q.scale) * z + (self.location - q.location)) / q.scale
        change, z = np.where(z < 0.0, -change, change), np.abs(z)
        near = np.abs(change) < 1.0
        held = np.where(near, change, 0.0)
        shape = np.where(
            near,
            -held - 2.0 * np.log1p(np.expm1(-held) * sp.expit(-z)),
            z - np.abs(z + change) + 2.0 * (np.log1p(np.exp(-z)) - np.log1p(np.exp(-np.abs(z + change)))),
        )
        return shape - np.log1p((q.scale - self.scale) / self.scale)

    def _entropy(self) -> Array:
        return np.broadcast_to(np.log(self.scale) + 2.0, self.batch_shape)

    def moment(self, statistic: Statistic) -> Array | None:
        variance = (math.pi * self.scale) ** 2 / 3.0
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), self.location, self.location**2 + variance)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (self.location - center) ** 2 + variance
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                z = np.abs(self.location - center) / self.scale
                return self.scale * (z + 2.0 * np.log1p(np.exp(-z)))
            case Exponential(c):
                angle = c * self.scale
                return np.where(np.abs(angle) < 1.0, np.exp(c * self.location) / np.sinc(angle), np.inf)
        return None

    def standardised(self, location: Array, scale: Array) -> "Logistic":
        return Logistic((self.location - location) / scale, self.scale / scale)

    def _frozen(self) -> Any:
        from scipy.stats import logistic

        return logistic(self.location, self.scale)
