"""Generalized normal distribution, also called exponential power distribution.

Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 24; Nadarajah 2005, A generalized
normal distribution.
"""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.batches import in_blocks
from bitsapart.families.maths.gamma_functions import log_gamma_bregman, shape_bregman, shape_curvature
from bitsapart.families.maths.ratios import excess, exponential_excess, log_ratio, representable
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Constant, Deviation, Exponential, Power, Statistic
from bitsapart.families.support import Interval, Support

NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)
"""Their error is 8^-20 for shapes within the ratios below."""


class GeneralizedNormal(ExponentialFamily):
    """Generalized normal distribution: density e^(-|(x - location) / scale|^shape) shape / (2 scale Gamma(1 / shape)).

    It is Laplace's for shape 1 and normal for shape 2. Those of one location and shape are an exponential family. For
    one location, with a = 1 / shape_p, b = 1 / shape_q, KL(P || Q) = log(b scale_q Gamma(b) / (a scale_p Gamma(a))) - a
    + (scale_p / scale_q)^shape_q Gamma(a + a / b) / Gamma(a). For different locations there is no closed form.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.GeneralizedNormal(0.0, 1.0, 2.0), ba.GeneralizedNormal(0.0, 1.0, 1.0), unit="nat"))
    0.184972 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"location": REAL, "scale": POSITIVE, "shape": POSITIVE}
    fixed = ("location", "shape")

    def __init__(self, location: Any = 0.0, scale: Any = 1.0, shape: Any = 2.0) -> None:
        self._set(location=location, scale=scale, shape=shape)

    location: Array
    scale: Array
    shape: Array

    @property
    def support(self) -> Support:
        return Interval()

    def _log_density(self, x: Array) -> Array:
        log_z = log_ratio(np.abs(x - self.location), self.scale)
        return -np.exp(self.shape * log_z) - np.log(2.0 * self.scale) - sp.gammaln(1.0 + 1.0 / self.shape)

    def _entropy(self) -> Array:
        return np.broadcast_to(
            1.0 / self.shape + np.log(2.0 * self.scale) + sp.gammaln(1.0 + 1.0 / self.shape), self.batch_shape
        )

    def _kl_divergence(self, q: "GeneralizedNormal") -> Array | None:
        if not np.all(np.equal(self.location, q.location)):
            return None
        return _divergence(self.scale, self.shape, q.scale, q.shape)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k) if np.all(np.equal(k, 1.0)):
                return np.broadcast_to(self.location, self.batch_shape)
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), self.location, self.location**2 + self._absolute(2.0))
            case Deviation(center, k) if np.all(np.equal(center, self.location)):
                return self._absolute(k)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (self.location - center) ** 2 + self._absolute(2.0)
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                # E |X - c| = E max(|X - location|, |location - c|)
                distance = np.abs(self.location - center)
                a = 1.0 / self.shape
                power = np.exp(self.shape * log_ratio(distance, self.scale))
                return distance * sp.gammainc(a, power) + self._absolute(1.0) * sp.gammaincc(2.0 * a, power)
            case Exponential(c) if np.all((np.asarray(c) != 0.0) & (self.shape < 1.0)):
                return np.full(np.broadcast_shapes(np.shape(c), self.batch_shape), np.inf)
        return None

    def _absolute(self, k: Any) -> Array:
        """E |X - location|^k."""
        a, exists = 1.0 / self.shape, np.asarray(k) > -1.0
        with np.errstate(all="ignore"):
            power = np.where(exists, k, 0.0)
            # Gamma(a + a k) / Gamma(a) with both moved up by one, which keeps small a exact
            finite = (
                self.scale**power * np.exp(sp.gammaln(1.0 + a * (1.0 + power)) - sp.gammaln(1.0 + a)) / (1.0 + power)
            )
        return np.where(exists, representable(finite), np.inf)

    def breakpoints(self) -> list[Array]:
        return [self.location]

    def standardised(self, location: Array, scale: Array) -> "GeneralizedNormal":
        return GeneralizedNormal((self.location - location) / scale, self.scale / scale, self.shape)

    def natural(self) -> list[Term]:
        with np.errstate(over="ignore", under="ignore"):
            return [Term(-(self.scale**-self.shape), Deviation(self.location, self.shape))]

    def log_partition(self) -> Array:
        return np.log(self.scale)

    def log_base(self) -> list[Term]:
        return [Term(-math.log(2.0) - sp.gammaln(1.0 + 1.0 / self.shape), Constant())]

    def density_terms(self) -> list[Term]:
        # a coefficient that is 0 or infinite by rounding is no coefficient
        (power,) = self.natural()
        (base,) = self.log_base()
        return [
            Term(representable(power.coefficient), power.statistic),
            Term(base.coefficient - self.log_partition(), Constant()),
        ]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[0] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "GeneralizedNormal":
        return cls(fixed["location"], (-theta[0]) ** (-1.0 / fixed["shape"]), fixed["shape"])

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "GeneralizedNormal":
        name = "no generalized normal distribution is closest"
        if not np.all(np.isfinite(moments[0])):
            raise NoMinimiserError(f"{name}: E |x - location|^shape is infinite or undefined")
        if not np.all(moments[0] > 0.0):
            raise NoMinimiserError(f"{name}: all values are the location, and scale would be 0")
        return cls(fixed["location"], (fixed["shape"] * moments[0]) ** (1.0 / fixed["shape"]), fixed["shape"])

    def _frozen(self) -> Any:
        from scipy.stats import gennorm

        return gennorm(self.shape, self.location, self.scale)


@in_blocks
def _divergence(scale_p: Array, p: Array, scale_q: Array, q: Array) -> Array:
    """That of the scale from the best for shape q, and that of the shapes at the best scale: both are at least 0."""
    offset = q * log_ratio(scale_p, scale_q) + _scale_gap(p, q)
    return exponential_excess(offset) / q + _shape_divergence(p, q)


def _scale_gap(p: Array, q: Array) -> Array:
    """Log of q E |X|^q for shape p and scale 1, 0 for q = p: how far that scale is from the best for shape q."""
    a, step = 1.0 / p, (q - p) / p
    moved = np.where(np.abs(step) < 0.5, 1.0 + a + step, (1.0 + q) / p)
    return log_ratio(q, p) + step * sp.psi(1.0 + a) + log_gamma_bregman(1.0 + a, moved)


def _shape_divergence(p: Array, q: Array) -> Array:
    """KL from shape p to shape q of the best scale; >= 0.

    With a = 1 / p, b = 1 / q it is log(Gamma(1 + b) / Gamma(1 + a)) + b - a + b log(Gamma(a + a / b) / (b Gamma(a))).
    """
    ratio = q / p
    near = (ratio > 0.6) & (ratio < 1.6)
    found = np.empty(p.shape)
    found[near] = _near(p[near], q[near])
    found[~near] = _apart(p[~near], q[~near])
    return found


def _near(p: Array, q: Array) -> Array:
    """The same by its second derivative in b, integrated from a: (b - a)^2 int (1 - u) f(a + u (b - a)) du.

    With s between a and b, r = a / s and c(x) = psi'(x) - 1 / x,
    f(s) = r^2 c(r (1 + s)) / s + c(1 + s) + (r - 1) / (s (1 + s)).
    """
    a, gap = 1.0 / p, (p - q) / p / q
    total = np.zeros(np.shape(p))
    for node, weight in zip((1.0 + NODES) / 2.0, WEIGHTS / 2.0, strict=True):
        s = a + node * gap
        r = a / s
        curvature = r * r * shape_curvature(r * (1.0 + s)) / s + shape_curvature(1.0 + s)
        total = total + weight * (1.0 - node) * (curvature - node * gap / (s * s * (1.0 + s)))
    return gap * gap * total


def _apart(p: Array, q: Array) -> Array:
    """The same by Bregman divergences: of log Gamma, or of what is left of it beyond x log x - x for large a."""
    a, b = 1.0 / p, 1.0 / q
    t = (q - p) / p
    own, moved, best = 1.0 + a, (1.0 + q) / p, 1.0 + b
    log_part = t - log_ratio(q, p)
    small = b * (log_gamma_bregman(own, moved) - log_part) + log_gamma_bregman(own, best)
    large = b * shape_bregman(own, moved) + shape_bregman(own, best) + log_part - own * best * excess(t / own)
    return np.where(np.minimum(a, b) > 1.0, large, small)
