"""Gumbel distribution of maxima. Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 22.

The logarithms of Weibull and Frechet variables are Gumbel variables but for their sign, so that what is exact here is
exact there.
"""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.batches import in_blocks
from bitsapart.families.maths.constants import EULER
from bitsapart.families.maths.gamma_functions import NEAR_ONE, log_gamma_1p, zeta_series
from bitsapart.families.maths.ratios import excess, exponential_excess, representable
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Constant, Deviation, Exponential, Power, Statistic
from bitsapart.families.support import Interval, Support

VARIANCE = math.pi**2 / 6.0


@in_blocks
def gumbel_divergence(a: Array, b: Array, shift: Array) -> Array:
    """KL of two Gumbel distributions, from scale_p / scale_q = a / b and (location_p - location_q) / scale_q.

    It is (e^w - 1 - w) + (log Gamma(r) + gamma (r - 1)), r = a / b, w = log Gamma(1 + r) - shift: both parts are at
    least 0.
    """
    r, t = a / b, (a - b) / b
    close = np.abs(t) <= NEAR_ONE
    near = np.where(close, t, 0.0)
    series = zeta_series(near)
    # log Gamma(r), and with log r log Gamma(1 + r)
    far = np.where(close, 1.0, r)
    log_gamma = sp.gammaln(far)
    growth = np.where(close, (1.0 - EULER) * near + series, log_gamma + np.log(far))
    shape = np.where(close, excess(near) + series, log_gamma + EULER * t)
    return exponential_excess(growth - shift) + shape


class Gumbel(ExponentialFamily):
    """Gumbel distribution of maxima with density e^(-z - e^-z) / scale, z = (x - location) / scale.

    Those of one scale are an exponential family. With r = scale_p / scale_q, d = (location_p - location_q) / scale_q,
    KL(P || Q) = -log r + gamma (r - 1) - 1 + d + e^-d Gamma(1 + r).

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Gumbel(0.0, 1.0), ba.Gumbel(1.0, 1.0), unit="nat"))
    0.718282 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"location": REAL, "scale": POSITIVE}
    fixed = ("scale",)

    def __init__(self, location: Any = 0.0, scale: Any = 1.0) -> None:
        self._set(location=location, scale=scale)

    location: Array
    scale: Array

    @property
    def support(self) -> Support:
        return Interval()

    def _log_density(self, x: Array) -> Array:
        z = (x - self.location) / self.scale
        return np.where(np.isinf(z), -np.inf, -z - np.exp(-z) - np.log(self.scale))

    def _entropy(self) -> Array:
        return np.broadcast_to(np.log(self.scale) + EULER + 1.0, self.batch_shape)

    def _kl_divergence(self, q: "Gumbel") -> Array:
        return gumbel_divergence(self.scale, q.scale, (self.location - q.location) / q.scale)

    def moment(self, statistic: Statistic) -> Array | None:
        mean = self.location + EULER * self.scale
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), mean, mean * mean + VARIANCE * self.scale**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                offset = (self.location - center) + EULER * self.scale
                return offset * offset + VARIANCE * self.scale**2
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                z = (center - self.location) / self.scale
                # E1(y) = -gamma - log y + ..., also where y = e^-z is 0 in floats
                far = np.where(z > 0.0, z - EULER, EULER - z)
                with np.errstate(all="ignore"):
                    return self.scale * np.where(np.abs(z) > 700.0, far, EULER - z + 2.0 * sp.exp1(np.exp(-z)))
            case Exponential(c):
                step = np.asarray(c * self.scale)
                with np.errstate(all="ignore"):
                    finite = representable(np.exp(c * self.location + log_gamma_1p(np.where(step < 1.0, -step, 0.0))))
                return np.where(step < 1.0, finite, np.inf)
        return None

    def standardised(self, location: Array, scale: Array) -> "Gumbel":
        return Gumbel((self.location - location) / scale, self.scale / scale)

    def natural(self) -> list[Term]:
        with np.errstate(over="ignore", under="ignore"):
            return [Term(-np.exp(self.location / self.scale), Exponential(-1.0 / self.scale))]

    def log_partition(self) -> Array:
        return -self.location / self.scale

    def log_base(self) -> list[Term]:
        return [Term(-1.0 / self.scale, Power()), Term(-np.log(self.scale), Constant())]

    def density_terms(self) -> list[Term]:
        # a coefficient that is 0 or infinite by rounding is no coefficient
        (power,) = self.natural()
        rest = -self.log_partition() - np.log(self.scale)
        return [
            Term(representable(power.coefficient), power.statistic),
            Term(-1.0 / self.scale, Power()),
            Term(rest, Constant()),
        ]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "Gumbel":
        return cls(fixed["scale"] * np.log(-theta[0]), fixed["scale"])

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "Gumbel":
        if not np.all(np.isfinite(moments[0])) or not np.all(moments[0] > 0.0):
            raise NoMinimiserError("no Gumbel distribution is closest: E e^(-x / scale) is infinite, undefined or 0")
        return cls(-fixed["scale"] * np.log(moments[0]), fixed["scale"])

    def _frozen(self) -> Any:
        from scipy.stats import gumbel_r

        return gumbel_r(self.location, self.scale)
