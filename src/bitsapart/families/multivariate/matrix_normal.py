"""Matrix normal distribution. Gupta & Nagar 2000, Matrix Variate Distributions, chapter 2."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.maths.ratios import excess
from bitsapart.families.multivariate.definite import (
    NEAR,
    both_sides,
    found_divergence,
    found_entropy,
    inflation,
    log_determinant_ratio,
    log_diagonal,
    solve_lower,
    transposed,
)
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.families.parameter import MATRIX, POSITIVE_DEFINITE, Domain
from bitsapart.families.support import Space, Support
from bitsapart.values.errors import UsageError


class MatrixNormal(Distribution):
    """Normal distribution of n x p matrices whose entries have Cov(x_ij, x_kl) = rows_ik columns_jl.

    ``mean`` M has shape (..., n, p), ``rows`` U shape (..., n, n) and ``columns`` V shape (..., p, p). Density
    exp(-tr(V^-1 (X - M)' U^-1 (X - M)) / 2) / ((2 pi)^(n p / 2) det(U)^(p / 2) det(V)^(n / 2)).

    KL(P || Q) = (sum(g - log(1 + g)) + tr(V_q^-1 D' U_q^-1 D)) / 2, where D is the difference of the means and
    1 + g = (1 + u_i) (1 + v_j) with the eigenvalues u of U_q^-1 U_p - 1 and v of V_q^-1 V_p - 1.

    >>> import bitsapart as ba
    >>> one = [[1.0, 0.0], [0.0, 1.0]]
    >>> p, q = (ba.MatrixNormal([[mean, 0.0], [0.0, 0.0]], one, one) for mean in (0.0, 1.0))
    >>> print(ba.kl_divergence(p, q, unit="nat"))
    0.5 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"mean": MATRIX, "rows": POSITIVE_DEFINITE, "columns": POSITIVE_DEFINITE}

    def __init__(self, mean: Any, rows: Any, columns: Any) -> None:
        self._set(mean=mean, rows=rows, columns=columns)
        needed = (self.rows.shape[-1], self.columns.shape[-1])
        if self.event_shape != needed:
            raise UsageError(
                f"MatrixNormal: covariances of {needed[0]} rows and {needed[1]} columns need a mean of that shape; "
                f"got {self.event_shape}"
            )

    rows: Array
    columns: Array

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(self.mean.shape[-2:])

    @property
    def support(self) -> Support:
        return Space("matrices", self.event_shape, lambda x: np.isfinite(x).all(axis=(-1, -2)))

    @property
    def variance(self) -> Any:
        """Var x_ij."""
        rows, columns = (np.diagonal(side, axis1=-2, axis2=-1) for side in (self.rows, self.columns))
        return rows[..., :, np.newaxis] * columns[..., np.newaxis, :]

    @cached_property
    def _row_factor(self) -> Array:
        return np.linalg.cholesky(self.rows)

    @cached_property
    def _column_factor(self) -> Array:
        return np.linalg.cholesky(self.columns)

    def _log_norm(self) -> Array:
        n, p = self.event_shape
        scale = p * log_diagonal(self._row_factor) + n * log_diagonal(self._column_factor)
        return scale + 0.5 * n * p * math.log(2.0 * math.pi)

    def _distance(self, difference: Array) -> Array:
        """Tr(V^-1 D' U^-1 D)."""
        half = solve_lower(self._row_factor, difference)
        whole = solve_lower(self._column_factor, transposed(half))
        return (whole * whole).sum(axis=(-1, -2))

    def _log_density(self, x: Array) -> Array:
        return -0.5 * self._distance(x - self.mean) - self._log_norm()

    def _inflation(self) -> Array:
        return inflation(self._row_factor) + inflation(self._column_factor)

    def _entropy(self) -> Found:
        n, p = self.event_shape
        return found_entropy(self._log_norm() + 0.5 * n * p, max(n, p) * self._inflation(), self.batch_shape)

    def _kl_divergence(self, q: "MatrixNormal") -> Found:
        n, p = self.event_shape
        # a factor that was moved from rows to columns is moved back; a power of 2 costs no digit
        factor = _power_of_2(self.rows, q.rows)
        rows = both_sides(q._row_factor, self.rows / factor - q.rows)
        columns = both_sides(q._column_factor, self.columns * factor - q.columns)

        def log_ratio() -> Array:
            of_rows = log_determinant_ratio(self._row_factor, q._row_factor)
            return p * of_rows + n * log_determinant_ratio(self._column_factor, q._column_factor)

        u, v = (np.linalg.eigvalsh(side) for side in (rows, columns))
        both = u[..., :, np.newaxis] + v[..., np.newaxis, :] + u[..., :, np.newaxis] * v[..., np.newaxis, :]
        spread = _total_excess(both.reshape(*both.shape[:-2], n * p), log_ratio)
        value = 0.5 * (spread + q._distance(self.mean - q.mean))
        return found_divergence(value, max(n, p) * self._inflation(), q._inflation())

    def _flattened(self) -> MultivariateNormal:
        """Of the entries row by row: what lies between two of these has no rows and columns of its own."""
        mean = np.broadcast_to(self.mean, (*self.batch_shape, *self.event_shape))
        size = mean.shape[-2] * mean.shape[-1]
        covariance = self.rows[..., :, np.newaxis, :, np.newaxis] * self.columns[..., np.newaxis, :, np.newaxis, :]
        whole = covariance.reshape(*covariance.shape[:-4], size, size)
        return MultivariateNormal(mean.reshape(*self.batch_shape, size), whole)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        z = generator.standard_normal((*shape, *self.batch_shape, *self.event_shape))
        return self.mean + self._row_factor @ z @ transposed(self._column_factor)


def _total_excess(gaps: Array, log_ratio: Callable[[], Array]) -> Array:
    """As ``matrix_excess``, from eigenvalues on the last axis."""
    near = (np.abs(gaps) < NEAR).all(axis=-1)
    close = excess(np.where(near[..., np.newaxis], gaps, 0.0)).sum(axis=-1)
    return close if near.all() else np.where(near, close, gaps.sum(axis=-1) - log_ratio())


def _power_of_2(p: Array, q: Array) -> Array:
    """About the ratio of the traces."""
    ratio = np.trace(p, axis1=-2, axis2=-1) / np.trace(q, axis1=-2, axis2=-1)
    return np.exp2(np.rint(np.log2(ratio)))[..., np.newaxis, np.newaxis]
