"""Multivariate normal distribution. Anderson 2003, An Introduction to Multivariate Statistical Analysis, chapter 2."""

import math
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.normal import Normal
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import EPS, Found
from bitsapart.families.multivariate.definite import (
    both_sides,
    found_divergence,
    found_entropy,
    inflation,
    log_determinant_ratio,
    log_diagonal,
    matrix_excess,
    mixed_precisions,
    squared_length,
    trace_of_ratio,
    whitened,
)
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE_DEFINITE, VECTOR, Domain
from bitsapart.families.support import Entries, Interval, Support
from bitsapart.values.errors import UsageError

LOG_2_PI = math.log(2.0 * math.pi)


class MultivariateNormal(Distribution):
    """Normal distribution of vectors of length d, density exp(-(x - m)' S^-1 (x - m) / 2) / sqrt(det(2 pi S)).

    ``mean`` m has shape (..., d) and ``covariance`` S shape (..., d, d); leading axes broadcast.

    KL(P || Q) = (sum(g - log(1 + g)) + |L_q^-1 (m_p - m_q)|^2) / 2, where S_q = L_q L_q' and g are the eigenvalues of
    L_q^-1 (S_p - S_q) L_q'^-1.

    >>> import bitsapart as ba
    >>> p = ba.MultivariateNormal([0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]])
    >>> print(ba.kl_divergence(p, ba.MultivariateNormal([1.0, 0.0], [[1.0, 0.0], [0.0, 1.0]]), unit="nat"))
    0.643841 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"mean": VECTOR, "covariance": POSITIVE_DEFINITE}

    def __init__(self, mean: Any, covariance: Any) -> None:
        self._set(mean=mean, covariance=covariance)
        if self.mean.shape[-1] != self.covariance.shape[-1]:
            raise UsageError(
                f"MultivariateNormal: a mean of length {self.mean.shape[-1]} needs a covariance of as many rows; "
                f"got {self.covariance.shape[-1]}"
            )

    covariance: Array

    @classmethod
    def from_moments(cls, mean: Any, covariance: Any) -> "MultivariateNormal":
        """The closest one, in forward KL, to whatever has this mean and covariance.

        Raises:
            NoMinimiserError: they are not finite, or the covariance is singular.
        """
        mean, covariance = np.asarray(mean, float), np.asarray(covariance, float)
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise NoMinimiserError("no normal distribution is closest: a mean or a covariance is infinite or undefined")
        if not POSITIVE_DEFINITE.holds(covariance).all():
            raise NoMinimiserError(
                "no normal distribution is closest: the covariance is singular, as where the values lie in a plane, "
                "one column is a sum of others, or there are fewer rows than columns"
            )
        return cls(mean, covariance)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (int(self.mean.shape[-1]),)

    @property
    def support(self) -> Support:
        return Entries((Interval(),) * self.event_shape[0])

    @property
    def variance(self) -> Any:
        """Var x_i, the diagonal of the covariance."""
        return np.diagonal(self.covariance, axis1=-2, axis2=-1)

    @cached_property
    def _factor(self) -> Array:
        return np.linalg.cholesky(self.covariance)

    @property
    def _log_norm(self) -> Array:
        """Log sqrt(det(2 pi S))."""
        return log_diagonal(self._factor) + 0.5 * self.event_shape[0] * LOG_2_PI

    def _log_density(self, x: Array) -> Array:
        z = whitened(self._factor, x - self.mean)
        return -0.5 * squared_length(z) - self._log_norm

    def _entropy(self) -> Found:
        return found_entropy(self._log_norm + 0.5 * self.event_shape[0], inflation(self._factor), self.batch_shape)

    def _kl_divergence(self, q: "MultivariateNormal") -> Found:
        gap = both_sides(q._factor, self.covariance - q.covariance)
        shift = whitened(q._factor, self.mean - q.mean)
        spread = matrix_excess(gap, lambda: log_determinant_ratio(self._factor, q._factor))
        value = 0.5 * (spread + squared_length(shift))
        return found_divergence(value, inflation(self._factor), inflation(q._factor))

    def _between(self, q: "MultivariateNormal", alpha: float) -> dict[str, Array]:
        """Precisions mix, and means times precisions."""
        covariance, turn = mixed_precisions(self.covariance, q.covariance, alpha)
        step = (turn @ (q.mean - self.mean)[..., np.newaxis])[..., 0]
        return {"mean": self.mean + (1.0 - alpha) * step, "covariance": covariance}

    def _kl_divergence_from(self, p: Distribution) -> Found | None:
        """KL(p || self) of a P of another class that is normal all the same."""
        as_normal: Any = getattr(p, "_as_multivariate_normal", None)
        normal = None if as_normal is None else as_normal()
        return None if normal is None else normal._kl_divergence(self)

    def _marginals(self) -> list[Distribution]:
        """The distribution of every entry alone."""
        mean, sd = np.broadcast_arrays(self.mean, np.sqrt(self.variance))
        return [Normal(mean[..., i], sd[..., i]) for i in range(self.event_shape[0])]

    def _total_correlation(self) -> Array:
        """KL from the product of the marginals: half the excess of the eigenvalues of the correlation matrix."""
        sd = np.sqrt(self.variance)
        scaled = self.covariance / sd[..., :, np.newaxis] / sd[..., np.newaxis, :]
        apart = np.where(np.eye(self.event_shape[0], dtype=bool), 0.0, scaled)
        log_ratio = 2.0 * (log_diagonal(self._factor) - np.log(sd).sum(axis=-1))
        return 0.5 * matrix_excess(apart, lambda: log_ratio)

    def _cross_entropy_of(self, p: Distribution) -> Found | None:
        """H(P, self) of any P of vectors, which needs its mean and covariance only."""
        covariance = getattr(p, "covariance", None)
        if covariance is None:
            return None
        with np.errstate(all="ignore"):
            shift = whitened(self._factor, p.mean - self.mean)
            known = np.isfinite(covariance).all(axis=(-1, -2)) & np.isfinite(shift).all(axis=-1)
            usable = np.where(known[..., np.newaxis, np.newaxis], covariance, 0.0)
            spread = trace_of_ratio(self._factor, usable)
            quadratic = np.where(known, 0.5 * (spread + squared_length(shift)), np.inf)
        size = self.event_shape[0] * np.abs(self._log_norm) + inflation(self._factor) * (1.0 + quadratic)
        error = np.where(known, 8.0 * EPS * size, 0.0)
        note = np.where(known, "", "a variance of P is infinite or undefined").astype(object)
        return replace(Found.of(quadratic + self._log_norm, "moment rule", error=error), note=note)

    def _from_uniform(self, u: Array) -> Array:
        return self.mean + (self._factor @ sp.ndtri(u)[..., np.newaxis])[..., 0]

    def _to_normal(self, x: Array) -> Array:
        """The scores z that ``_from_uniform`` takes to x at u = Phi(z)."""
        return whitened(self._factor, x - self.mean)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        z = generator.standard_normal((*shape, *self.batch_shape, *self.event_shape))
        if self._factor.ndim == 2:
            return self.mean + z @ self._factor.T
        return self.mean + (self._factor @ z[..., np.newaxis])[..., 0]
