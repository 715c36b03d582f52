"""Normal-inverse-Wishart distribution. Gelman et al. 2013, Bayesian Data Analysis, section 3.6."""

from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import EPS, ROUNDING, Found
from bitsapart.families.maths.ratios import excess, gap
from bitsapart.families.multivariate.definite import as_definite, inflation, whitened
from bitsapart.families.multivariate.inverse_wishart import InverseWishart
from bitsapart.families.multivariate.multivariate_normal import LOG_2_PI
from bitsapart.families.multivariate.normal_gamma import mixed_locations
from bitsapart.families.multivariate.wishart import check_degrees, mixed_degrees
from bitsapart.families.parameter import POSITIVE, POSITIVE_DEFINITE, VECTOR, Domain
from bitsapart.families.support import Space, Support
from bitsapart.values.errors import UsageError


class NormalInverseWishart(Distribution):
    """Distribution of (x, S): S is InverseWishart(df, scale), and x given S is normal of covariance S / k.

    It is the conjugate prior of the mean and the covariance of a multivariate normal distribution, with the k of
    ``precision_scale``. A value is a flat vector of length d + d^2: the d entries of x, then S row by row. ``location``
    is the mean of x, of shape (..., d); ``scale`` has shape (..., d, d).

    KL(P || Q) = KL of the inverse Wishart distributions + (d (r - 1 - log r) + k_q df_p |L_p^-1 (m_p - m_q)|^2) / 2,
    where r = k_q / k_p, m is ``location`` and scale_p = L_p L_p'.

    >>> import bitsapart as ba
    >>> one = [[1.0, 0.0], [0.0, 1.0]]
    >>> p, q = (ba.NormalInverseWishart([mean, 0.0], 1.0, 4.0, one) for mean in (0.0, 1.0))
    >>> print(ba.kl_divergence(p, q, unit="nat"))
    2 nats
    """

    domains: ClassVar[dict[str, Domain]] = {
        "location": VECTOR,
        "precision_scale": POSITIVE,
        "df": POSITIVE,
        "scale": POSITIVE_DEFINITE,
    }

    def __init__(self, location: Any, precision_scale: Any, df: Any, scale: Any) -> None:
        self._set(location=location, precision_scale=precision_scale, df=df, scale=scale)
        check_degrees(self)
        if self.location.shape[-1] != self._size:
            raise UsageError(
                f"NormalInverseWishart: a scale of {self._size} rows needs a location of that length; "
                f"got {self.location.shape[-1]}"
            )

    location: Array
    precision_scale: Array
    df: Array
    scale: Array

    @property
    def _size(self) -> int:
        return int(self.scale.shape[-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self._size + self._size**2,)

    @property
    def support(self) -> Support:
        size = self._size

        def inside(x: Array) -> Any:
            return POSITIVE_DEFINITE.holds(_matrix(x, size)) & np.isfinite(x[..., :size]).all(axis=-1)

        return Space("vectors of a mean and a positive definite matrix", self.event_shape, inside)

    @cached_property
    def _of_matrix(self) -> InverseWishart:
        return InverseWishart(self.df, self.scale)

    @property
    def mean(self) -> Any:
        """E (x, S), where that of S is infinite for df <= d + 1, and that of x undefined for df <= d."""
        of_x = np.where((self.df > self._size)[..., np.newaxis], self.location, np.nan)
        return _flat(self, of_x, self._of_matrix.mean)

    @property
    def variance(self) -> Any:
        """Var of every entry."""
        diagonal = np.diagonal(self._of_matrix.mean, axis1=-2, axis2=-1)
        return _flat(self, diagonal / self.precision_scale[..., np.newaxis], self._of_matrix.variance)

    def _log_density(self, x: Array) -> Array:
        matrix = as_definite(_matrix(x, self._size))
        factor = np.linalg.cholesky(matrix)
        z = whitened(factor, x[..., : self._size] - self.location)
        k = self.precision_scale
        log_norm = 0.5 * np.linalg.slogdet(matrix)[1] + 0.5 * self._size * (LOG_2_PI - np.log(k))
        return self._of_matrix._log_density(matrix) - 0.5 * k * (z * z).sum(axis=-1) - log_norm

    def _entropy(self) -> Found:
        of_x = 0.5 * (
            self._size * (LOG_2_PI + 1.0 - np.log(self.precision_scale)) + self._of_matrix.mean_log_determinant
        )
        of_matrix = self._of_matrix._entropy()
        value = np.broadcast_to(of_matrix.value + of_x, self.batch_shape)
        return Found.of(value, "closed form", error=of_matrix.error + ROUNDING * np.abs(of_x))

    def _kl_divergence(self, q: "NormalInverseWishart") -> Found:
        shift = whitened(self._of_matrix._factor, self.location - q.location)
        narrowing = self._size * excess(*gap(q.precision_scale, 1.0, self.precision_scale, 1.0))
        of_x = narrowing + q.precision_scale * self.df * (shift * shift).sum(axis=-1)
        of_matrix = self._of_matrix._kl_divergence(q._of_matrix)
        value = of_matrix.value + 0.5 * of_x
        felt = inflation(self._of_matrix._factor)
        return Found.of(value, "closed form", error=of_matrix.error + (ROUNDING + 4.0 * EPS * felt) * 0.5 * of_x)

    def _between(self, q: "NormalInverseWishart", alpha: float) -> dict[str, Array]:
        location, precision_scale, apart = mixed_locations(self, q, alpha)
        step = self.location - q.location
        products = step[..., :, np.newaxis] * step[..., np.newaxis, :]
        scale = alpha * self.scale + (1.0 - alpha) * q.scale + apart[..., np.newaxis, np.newaxis] * products
        df = mixed_degrees(self, q, alpha)
        return {"location": location, "precision_scale": precision_scale, "df": df, "scale": scale}

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        matrix = self._of_matrix.broadcast_to(self.batch_shape)._sample(shape, generator)
        z = generator.standard_normal((*shape, *self.batch_shape, self._size, 1))
        x = self.location + (np.linalg.cholesky(matrix) @ z)[..., 0] / np.sqrt(self.precision_scale)[..., np.newaxis]
        return np.concatenate([x, matrix.reshape(*matrix.shape[:-2], -1)], axis=-1)


def _matrix(x: Array, size: int) -> Array:
    """The matrix of a flat value."""
    return x[..., size:].reshape(*x.shape[:-1], size, size)


def _flat(p: NormalInverseWishart, of_x: Array, of_matrix: Array) -> Array:
    """The mean's entries and the matrix's as one vector of the batch."""
    size = p._size
    whole = np.broadcast_to(of_matrix, (*p.batch_shape, size, size)).reshape(*p.batch_shape, size**2)
    return np.concatenate([np.broadcast_to(of_x, (*p.batch_shape, size)), whole], axis=-1)
