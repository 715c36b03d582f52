"""Laplace distribution. Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 24."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.batches import in_blocks
from bitsapart.families.maths.ratios import exponential_excess, ratio_excess, representable
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Deviation, Exponential, Power, Statistic
from bitsapart.families.support import Interval, Support


class Laplace(ExponentialFamily):
    """Laplace distribution with density e^(-|x - location| / scale) / (2 scale).

    Those of one location are an exponential family. With r = scale_p / scale_q and d = |location_p - location_q| /
    scale_p, KL(P || Q) = r - 1 - log r + r (e^-d - 1 + d).

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Laplace(0.0, 1.0), ba.Laplace(1.0, 1.0), unit="nat"))
    0.367879 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"location": REAL, "scale": POSITIVE}
    fixed = ("location",)

    def __init__(self, location: Any = 0.0, scale: Any = 1.0) -> None:
        self._set(location=location, scale=scale)

    location: Array
    scale: Array

    @property
    def support(self) -> Support:
        return Interval()

    def _log_density(self, x: Array) -> Array:
        return -np.abs(x - self.location) / self.scale - np.log(2.0 * self.scale)

    def _entropy(self) -> Array:
        return np.broadcast_to(np.log(2.0 * self.scale) + 1.0, self.batch_shape)

    def _kl_divergence(self, q: "Laplace") -> Array:
        return _divergence(self.location, self.scale, q.location, q.scale)

    def moment(self, statistic: Statistic) -> Array | None:
        b = self.scale
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), self.location, self.location**2 + 2.0 * b * b)
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                distance = np.abs(self.location - center)
                return distance + b * np.exp(-distance / b)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (self.location - center) ** 2 + 2.0 * b * b
            case Deviation(center, k) if np.all(np.equal(center, self.location)):
                exists = np.asarray(k) > -1.0
                with np.errstate(all="ignore"):
                    finite = representable(b**k * sp.gamma(np.where(exists, 1.0 + np.asarray(k), 1.0)))
                return np.where(exists, finite, np.inf)
            case Exponential(c):
                step = np.abs(c * b)
                with np.errstate(all="ignore"):
                    finite = representable(np.exp(c * self.location) / ((1.0 - step) * (1.0 + step)))
                return np.where(step < 1.0, finite, np.inf)
        return None

    def breakpoints(self) -> list[Array]:
        return [self.location]

    def standardised(self, location: Array, scale: Array) -> "Laplace":
        return Laplace((self.location - location) / scale, self.scale / scale)

    def natural(self) -> list[Term]:
        return [Term(-1.0 / self.scale, Deviation(self.location))]

    def log_partition(self) -> Array:
        return np.log(2.0 * self.scale)

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "Laplace":
        return cls(fixed["location"], -1.0 / theta[0])

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "Laplace":
        name = "no Laplace distribution is closest"
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError(f"{name}: E |x - location| is infinite or undefined")
        if not np.all(moments[0] > 0.0):
            raise NoMinimiserError(f"{name}: all values are the location, and scale would be 0")
        return cls(fixed["location"], moments[0])

    def _frozen(self) -> Any:
        from scipy.stats import laplace

        return laplace(self.location, self.scale)


@in_blocks
def _divergence(location_p: Array, scale_p: Array, location_q: Array, scale_q: Array) -> Array:
    """That of the scales, and that of the locations for the wider or narrower Q: both are at least 0."""
    distance = np.abs(location_p - location_q) / scale_p
    return ratio_excess(scale_p, scale_q) + scale_p / scale_q * exponential_excess(-distance)
