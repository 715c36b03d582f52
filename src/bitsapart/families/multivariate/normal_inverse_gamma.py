"""Normal-inverse-gamma distribution. Bernardo & Smith 1994, Bayesian Theory, section 3.2.3."""

from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.inverse_gamma import InverseGamma
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.maths.gamma_functions import gamma_entropy
from bitsapart.families.multivariate.normal_gamma import (
    LOG_2_PI,
    diagonal,
    divergence,
    inverse_mean,
    location_marginal,
    location_mean,
    log_normal,
    mean_log_gamma,
    mixed_locations,
    pair,
)
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.support import Entries, Interval, Support


class NormalInverseGamma(Distribution):
    """Distribution of vectors (x, v): 1 / v is Gamma(shape, scale), and x given v is normal of variance v / k.

    It is the conjugate prior of the mean and the variance of a normal distribution, with k = ``precision_scale`` and
    the mean ``location`` of x; v is inverse gamma. KL(P || Q) is that of the normal-gamma distributions of (x, 1 / v).

    >>> import bitsapart as ba
    >>> p, q = ba.NormalInverseGamma(0.0, 1.0, 2.0, 2.0), ba.NormalInverseGamma(1.0, 1.0, 2.0, 2.0)
    >>> print(ba.kl_divergence(p, q, unit="nat"))
    0.5 nats
    """

    domains: ClassVar[dict[str, Domain]] = {
        "location": REAL,
        "precision_scale": POSITIVE,
        "shape": POSITIVE,
        "scale": POSITIVE,
    }

    def __init__(self, location: Any, precision_scale: Any, shape: Any, scale: Any) -> None:
        self._set(location=location, precision_scale=precision_scale, shape=shape, scale=scale)

    location: Array
    precision_scale: Array
    shape: Array
    scale: Array

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (2,)

    @property
    def support(self) -> Support:
        return Entries((Interval(), Interval(0.0, np.inf)))

    @property
    def mean(self) -> Any:
        """E (x, v); that of x is undefined for shape <= 1/2, that of v infinite for shape <= 1."""
        return pair(self, location_mean(self), inverse_mean(self.shape, self.scale))

    @property
    def variance(self) -> Any:
        """Var x, infinite for shape <= 1, and Var v, infinite for shape <= 2."""
        of_v = inverse_mean(self.shape, self.scale)
        return pair(self, of_v / self.precision_scale, of_v * inverse_mean(self.shape - 1.0, of_v))

    @property
    def covariance(self) -> Any:
        """Diagonal: x and v are uncorrelated."""
        return diagonal(self.variance)

    def _log_density(self, x: Array) -> Array:
        value, v = x[..., 0], x[..., 1]
        of_v = InverseGamma(self.shape, self.scale)._log_density(v)
        return of_v + log_normal(value - self.location, self.precision_scale / v)

    def _entropy(self) -> Array:
        # that of 1 / v, and twice E log v for the change of variable
        mean_log_v = np.log(self.scale) - mean_log_gamma(self.shape)
        of_v = gamma_entropy(self.shape) - np.log(self.scale) + 2.0 * mean_log_v
        whole = of_v + 0.5 * (LOG_2_PI + 1.0 - np.log(self.precision_scale) + mean_log_v)
        return np.broadcast_to(whole, self.batch_shape)

    def _kl_divergence(self, q: "NormalInverseGamma") -> Array:
        return divergence(self, q, self.scale, q.scale)

    def _between(self, q: "NormalInverseGamma", alpha: float) -> dict[str, Array]:
        location, precision_scale, apart = mixed_locations(self, q, alpha)
        scale = alpha * self.scale + (1.0 - alpha) * q.scale + 0.5 * apart * (self.location - q.location) ** 2
        shape = alpha * self.shape + (1.0 - alpha) * q.shape
        return {"location": location, "precision_scale": precision_scale, "shape": shape, "scale": scale}

    def _marginals(self) -> list[Distribution]:
        """The distributions of x and of v alone."""
        return [location_marginal(self, self.scale), InverseGamma(self.shape, self.scale)]

    def _from_uniform(self, u: Array) -> Array:
        v = self.scale / sp.gammaincinv(self.shape, u[..., 1])
        return np.stack([self.location + sp.ndtri(u[..., 0]) * np.sqrt(v / self.precision_scale), v], axis=-1)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        size = (*shape, *self.batch_shape)
        v = self.scale / generator.gamma(np.broadcast_to(self.shape, size))
        return np.stack(
            [self.location + generator.standard_normal(size) * np.sqrt(v / self.precision_scale), v], axis=-1
        )
