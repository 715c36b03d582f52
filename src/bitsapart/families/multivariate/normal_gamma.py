"""Normal-gamma distribution. Bernardo & Smith 1994, Bayesian Theory, section 3.2.3."""

import math
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.gamma import Gamma
from bitsapart.families.continuous.student_t import StudentT
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.maths.gamma_functions import digamma_minus_log, gamma_entropy, shape_bregman
from bitsapart.families.maths.ratios import excess, gap
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.support import Entries, Interval, Support

LOG_2_PI = math.log(2.0 * math.pi)


class NormalGamma(Distribution):
    """Distribution of vectors (x, t): t is Gamma(shape, rate), and x given t is normal of precision precision_scale t.

    It is the conjugate prior of the mean and the precision of a normal distribution; ``location`` is the mean of x.

    KL(P || Q) = KL of the gamma distributions + (r - 1 - log r + k_q (m_p - m_q)^2 shape_p / rate_p) / 2, where k is
    ``precision_scale``, m is ``location`` and r = k_q / k_p.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.NormalGamma(0.0, 1.0, 2.0, 2.0), ba.NormalGamma(1.0, 1.0, 2.0, 2.0), unit="nat"))
    0.5 nats
    """

    domains: ClassVar[dict[str, Domain]] = {
        "location": REAL,
        "precision_scale": POSITIVE,
        "shape": POSITIVE,
        "rate": POSITIVE,
    }

    def __init__(self, location: Any, precision_scale: Any, shape: Any, rate: Any) -> None:
        self._set(location=location, precision_scale=precision_scale, shape=shape, rate=rate)

    location: Array
    precision_scale: Array
    shape: Array
    rate: Array

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (2,)

    @property
    def support(self) -> Support:
        return Entries((Interval(), Interval(0.0, np.inf)))

    @property
    def mean(self) -> Any:
        """E (x, t); that of x is undefined for shape <= 1/2."""
        return pair(self, location_mean(self), self.shape / self.rate)

    @property
    def variance(self) -> Any:
        """Var x, infinite for shape <= 1, and Var t."""
        return pair(self, inverse_mean(self.shape, self.rate) / self.precision_scale, self.shape / self.rate**2)

    @property
    def covariance(self) -> Any:
        """Diagonal: x and t are uncorrelated."""
        return diagonal(self.variance)

    def _log_density(self, x: Array) -> Array:
        value, t = x[..., 0], x[..., 1]
        of_t = Gamma(self.shape, self.rate)._log_density(t)
        return of_t + log_normal(value - self.location, self.precision_scale * t)

    def _entropy(self) -> Array:
        of_t = gamma_entropy(self.shape) - np.log(self.rate)
        mean_log_t = mean_log_gamma(self.shape) - np.log(self.rate)
        whole = of_t + 0.5 * (LOG_2_PI + 1.0 - np.log(self.precision_scale) - mean_log_t)
        return np.broadcast_to(whole, self.batch_shape)

    def _kl_divergence(self, q: "NormalGamma") -> Array:
        return divergence(self, q, self.rate, q.rate)

    def _between(self, q: "NormalGamma", alpha: float) -> dict[str, Array]:
        location, scale, apart = mixed_locations(self, q, alpha)
        rate = alpha * self.rate + (1.0 - alpha) * q.rate + 0.5 * apart * (self.location - q.location) ** 2
        shape = alpha * self.shape + (1.0 - alpha) * q.shape
        return {"location": location, "precision_scale": scale, "shape": shape, "rate": rate}

    def _marginals(self) -> list[Distribution]:
        """The distributions of x and of t alone."""
        return [location_marginal(self, self.rate), Gamma(self.shape, self.rate)]

    def _from_uniform(self, u: Array) -> Array:
        t = sp.gammaincinv(self.shape, u[..., 1]) / self.rate
        return np.stack([self.location + sp.ndtri(u[..., 0]) / np.sqrt(self.precision_scale * t), t], axis=-1)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        size = (*shape, *self.batch_shape)
        t = generator.gamma(np.broadcast_to(self.shape, size)) / self.rate
        z = generator.standard_normal(size)
        return np.stack([self.location + z / np.sqrt(self.precision_scale * t), t], axis=-1)


def divergence(p: Any, q: Any, rate_p: Array, rate_q: Array) -> Array:
    """KL of normal-gamma distributions; it is the same where the variance takes the place of the precision."""
    of_means = gap(p.shape, rate_q, q.shape, rate_p)
    of_precision = shape_bregman(p.shape, q.shape) + q.shape * excess(*of_means)
    shift = q.precision_scale * (p.location - q.location) ** 2 * (p.shape / rate_p)
    narrowing = gap(q.precision_scale, 1.0, p.precision_scale, 1.0)
    return of_precision + 0.5 * (excess(*narrowing) + shift)


def mixed_locations(p: Any, q: Any, alpha: float) -> tuple[Array, Array, Array]:
    """Location m and k where a (x - m_p)^2 k_p + (1 - a) (x - m_q)^2 k_q = k (x - m)^2 + c (m_p - m_q)^2, and c."""
    scale = alpha * p.precision_scale + (1.0 - alpha) * q.precision_scale
    share = (1.0 - alpha) * q.precision_scale / scale
    step = share[..., np.newaxis] if p.domains["location"].event else share
    return p.location + step * (q.location - p.location), scale, alpha * p.precision_scale * share


def log_normal(difference: Array, precision: Array) -> Array:
    """Log density of a normal distribution at a difference to its mean."""
    return 0.5 * (np.log(precision) - LOG_2_PI - precision * difference * difference)


def mean_log_gamma(shape: Array) -> Array:
    """E log of a gamma distribution of rate 1."""
    return np.log(shape) + digamma_minus_log(shape)


def inverse_mean(shape: Array, rate: Array) -> Array:
    """E 1 / t of a gamma distribution, infinite for shape <= 1."""
    return np.where(shape > 1.0, rate / np.where(shape > 1.0, shape - 1.0, 1.0), np.inf)


def location_mean(p: Any) -> Array:
    """E x: x has a Student t distribution of 2 shape degrees of freedom, and above 1 of these a mean."""
    return np.where(p.shape > 0.5, p.location, np.nan)


def location_marginal(p: Any, rate: Array) -> Distribution:
    """The distribution of x alone."""
    return StudentT(2.0 * p.shape, p.location, np.sqrt(rate / (p.shape * p.precision_scale)))


def pair(p: Distribution, first: Array, second: Array) -> Array:
    """Two numbers of the batch as a vector."""
    return np.stack([np.broadcast_to(side, p.batch_shape) for side in (first, second)], axis=-1)


def diagonal(variances: Array) -> Array:
    """A matrix with these on its diagonal."""
    return np.where(np.eye(variances.shape[-1], dtype=bool), variances[..., np.newaxis], 0.0)
