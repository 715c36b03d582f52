"""Wishart distribution. Muirhead 1982, Aspects of Multivariate Statistical Theory, chapter 3.2."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import EPS, Found
from bitsapart.families.multivariate.definite import (
    as_definite,
    both_sides,
    found_divergence,
    found_entropy,
    inflation,
    log_determinant_ratio,
    log_diagonal,
    matrix_excess,
    mixed_precisions,
    trace_of_ratio,
    transposed,
)
from bitsapart.families.multivariate.multivariate_gamma import (
    log_multivariate_gamma,
    log_norm_of_mean,
    mean_shape_bregman,
    multivariate_digamma,
    standard_entropy,
)
from bitsapart.families.parameter import POSITIVE, POSITIVE_DEFINITE, Domain
from bitsapart.families.support import Space, Support
from bitsapart.values.errors import UsageError

LOG_2 = math.log(2.0)


class Wishart(Distribution):
    """Wishart distribution of positive definite d x d matrices: of sums of x x' of df centred normal vectors.

    Density det(X)^((df - d - 1) / 2) exp(-tr(V^-1 X) / 2) / (2^(df d / 2) det(V)^(df / 2) Gamma_d(df / 2)), with
    respect to the d (d + 1) / 2 entries on and below the diagonal; df > d - 1, ``scale`` V of shape (..., d, d).

    KL(P || Q) = B(df_p / 2, df_q / 2) + df_q / 2 sum(g - log(1 + g)), where B is the Bregman divergence of
    log Gamma_d(x) - d (x log x - x) and g are the eigenvalues of M_q^-1 M_p - 1 with the means M = df V.

    >>> import bitsapart as ba
    >>> p, q = ba.Wishart(5.0, [[1.0, 0.5], [0.5, 1.0]]), ba.Wishart(5.0, [[1.0, 0.0], [0.0, 1.0]])
    >>> print(ba.kl_divergence(p, q, unit="nat"))
    0.719205 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"df": POSITIVE, "scale": POSITIVE_DEFINITE}

    def __init__(self, df: Any, scale: Any) -> None:
        self._set(df=df, scale=scale)
        check_degrees(self)

    df: Array
    scale: Array

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(self.scale.shape[-2:])

    @property
    def support(self) -> Support:
        return Space("positive definite matrices", self.event_shape, POSITIVE_DEFINITE.holds)

    @property
    def _size(self) -> int:
        return int(self.scale.shape[-1])

    @property
    def mean(self) -> Any:
        """E X = df V."""
        return self.df[..., np.newaxis, np.newaxis] * self.scale

    @property
    def variance(self) -> Any:
        """Var x_ij = df (v_ij^2 + v_ii v_jj)."""
        diagonal = np.diagonal(self.scale, axis1=-2, axis2=-1)
        products = diagonal[..., :, np.newaxis] * diagonal[..., np.newaxis, :]
        return self.df[..., np.newaxis, np.newaxis] * (self.scale**2 + products)

    @property
    def mean_log_determinant(self) -> Array:
        """E log det X."""
        return multivariate_digamma(0.5 * self.df, self._size) + self._size * LOG_2 + 2.0 * log_diagonal(self._factor)

    @property
    def mean_inverse(self) -> Array:
        """E X^-1, infinite for df <= d + 1."""
        return inverse_mean(self.df, np.linalg.inv(self.scale))

    @cached_property
    def _factor(self) -> Array:
        return np.linalg.cholesky(self.scale)

    def _log_norm(self) -> Array:
        half = 0.5 * self.df
        return (
            half * self._size * LOG_2 + self.df * log_diagonal(self._factor) + log_multivariate_gamma(half, self._size)
        )

    def _log_density(self, x: Array) -> Array:
        """-(d + 1) / 2 log det X - df / 2 sum(g - log(1 + g)) - c(df), where g are the eigenvalues of M^-1 X - 1."""
        x = as_definite(x)
        log_determinant = np.linalg.slogdet(x)[1]
        gap = both_sides(self._factor, (x - self.mean) / self.df[..., np.newaxis, np.newaxis])
        spread = matrix_excess(gap, lambda: log_determinant - self._log_determinant_of_mean())
        constant = log_norm_of_mean(0.5 * self.df, self._size)
        return -0.5 * (self._size + 1.0) * log_determinant - 0.5 * self.df * spread - constant

    def _log_determinant_of_mean(self) -> Array:
        return 2.0 * log_diagonal(self._factor) + self._size * np.log(self.df)

    def _entropy(self) -> Found:
        d = self._size
        scaled = (d + 1) * (log_diagonal(self._factor) + 0.5 * d * LOG_2)
        value = scaled + standard_entropy(0.5 * self.df, d)
        return found_entropy(value, (d + 1) * inflation(self._factor), self.batch_shape)

    def _kl_divergence(self, q: "Wishart") -> Found:
        gap = both_sides(q._factor, self.scale - q.scale)
        value = divergence(self.df, q.df, gap, lambda: log_determinant_ratio(self._factor, q._factor))
        return found_divergence(value, q.df * inflation(self._factor), inflation(q._factor))

    def _between(self, q: "Wishart", alpha: float) -> dict[str, Array]:
        """Degrees of freedom mix, and inverse scales."""
        scale, _ = mixed_precisions(self.scale, q.scale, alpha)
        return {"df": mixed_degrees(self, q, alpha), "scale": scale}

    def _cross_entropy_of(self, p: Distribution) -> Found | None:
        """H(P, self) of any P of positive definite matrices that knows E X and E log det X."""
        moments: Any = p
        if not hasattr(p, "mean_log_determinant"):
            return None
        power = 0.5 * (self.df - self._size - 1.0)
        finite = np.isfinite(moments.mean).all(axis=(-1, -2))
        trace = trace_of_ratio(self._factor, np.where(finite[..., np.newaxis, np.newaxis], moments.mean, 0.0))
        return summed(
            -power * moments.mean_log_determinant, np.where(finite, 0.5 * trace, np.inf), self._log_norm(), "X"
        )

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        root = self._factor @ bartlett(self, shape, generator)
        return root @ transposed(root)


def divergence(df_p: Array, df_q: Array, gap: Array, log_ratio: Callable[[], Array]) -> Array:
    """KL of Wishart distributions from L_q^-1 (V_p - V_q) L_q^-T and log det V_p - log det V_q.

    It is the same for the inverses of the matrices.
    """
    size = gap.shape[-1]
    ratio, shift = ((side / df_q)[..., np.newaxis, np.newaxis] for side in (df_p, df_p - df_q))
    of_means = ratio * gap + shift * np.eye(size)
    spread = matrix_excess(of_means, lambda: log_ratio() + size * np.log(df_p / df_q))
    return mean_shape_bregman(0.5 * df_p, 0.5 * df_q, size) + 0.5 * df_q * spread


def check_degrees(p: Any) -> None:
    """Degrees of freedom above d - 1.

    Raises:
        UsageError: they are not.
    """
    size = p.scale.shape[-1]
    low = float(np.min(p.df, initial=np.inf))
    if low <= size - 1:
        raise UsageError(
            f"{type(p).__name__}: df should be above {size - 1} for matrices of {size} rows; got {low:.17g}"
        )


def mixed_degrees(p: Any, q: Any, alpha: float) -> Array:
    """Of two distributions of matrices; nan where too few."""
    df = alpha * p.df + (1.0 - alpha) * q.df
    return np.where(df > p.scale.shape[-1] - 1, df, np.nan)


def bartlett(p: Any, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Lower triangular A such that A A' is a draw of a Wishart distribution of scale 1 (Bartlett 1934)."""
    size = p.scale.shape[-1]
    whole = (*shape, *p.batch_shape, size)
    degrees = np.broadcast_to(p.df[..., np.newaxis] - np.arange(size), whole)
    root = np.tril(generator.standard_normal((*whole, size)), -1)
    root[..., np.arange(size), np.arange(size)] = np.sqrt(generator.chisquare(degrees))
    return root


def inverse_mean(df: Array, inverse: Array) -> Array:
    """E X^-1 of a Wishart distribution from the inverse of its scale: infinite for df <= d + 1."""
    left = (df - inverse.shape[-1] - 1.0)[..., np.newaxis, np.newaxis]
    return np.where(left > 0.0, inverse / np.where(left > 0.0, left, 1.0), np.inf)


def summed(of_determinant: Array, of_trace: Array, log_norm: Array, matrix: str) -> Found:
    """A cross-entropy as the sum of its three terms; infinite where the mean of the matrix is."""
    value = of_determinant + of_trace + log_norm
    finite = np.isfinite(value)
    size = np.abs(of_determinant) + np.where(finite, of_trace, 0.0) + np.abs(log_norm)
    note = np.where(finite, "", f"E {matrix} is infinite").astype(object)
    return replace(Found.of(value, "moment rule", error=np.where(finite, 8.0 * EPS * size, 0.0)), note=note)
