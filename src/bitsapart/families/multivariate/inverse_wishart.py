"""Inverse Wishart distribution. Muirhead 1982, Aspects of Multivariate Statistical Theory, chapter 3.6."""

from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.multivariate.definite import (
    as_definite,
    both_sides,
    found_divergence,
    found_entropy,
    inflation,
    log_determinant_ratio,
    log_diagonal,
    matrix_excess,
    solve_lower,
    transposed,
)
from bitsapart.families.multivariate.multivariate_gamma import (
    log_multivariate_gamma,
    log_norm_of_mean,
    multivariate_digamma,
    standard_entropy,
)
from bitsapart.families.multivariate.wishart import (
    LOG_2,
    bartlett,
    check_degrees,
    divergence,
    inverse_mean,
    mixed_degrees,
    summed,
)
from bitsapart.families.parameter import POSITIVE, POSITIVE_DEFINITE, Domain
from bitsapart.families.support import Space, Support


class InverseWishart(Distribution):
    """Distribution of X where X^-1 has the Wishart distribution of df degrees of freedom and scale S^-1.

    Density det(S)^(df / 2) det(X)^(-(df + d + 1) / 2) exp(-tr(S X^-1) / 2) / (2^(df d / 2) Gamma_d(df / 2)), with
    respect to the d (d + 1) / 2 entries on and below the diagonal; df > d - 1, ``scale`` S of shape (..., d, d). Its
    divergences are those of the Wishart distributions of the inverses.

    >>> import bitsapart as ba
    >>> p, q = ba.InverseWishart(5.0, [[1.0, 0.5], [0.5, 1.0]]), ba.InverseWishart(5.0, [[1.0, 0.0], [0.0, 1.0]])
    >>> print(ba.kl_divergence(q, p, unit="nat"))
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
        """E X = S / (df - d - 1), infinite for df <= d + 1."""
        return inverse_mean(self.df, self.scale)

    @property
    def variance(self) -> Any:
        """Var x_ij, infinite for df <= d + 3."""
        left = (self.df - self._size)[..., np.newaxis, np.newaxis]
        diagonal = np.diagonal(self.scale, axis1=-2, axis2=-1)
        products = diagonal[..., :, np.newaxis] * diagonal[..., np.newaxis, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = ((left + 1.0) * self.scale**2 + (left - 1.0) * products) / (left * (left - 1.0) ** 2 * (left - 3.0))
        return np.where(left > 3.0, found, np.inf)

    @property
    def mean_log_determinant(self) -> Array:
        """E log det X."""
        return 2.0 * log_diagonal(self._factor) - self._size * LOG_2 - multivariate_digamma(0.5 * self.df, self._size)

    @property
    def mean_inverse(self) -> Array:
        """E X^-1 = df S^-1."""
        return self.df[..., np.newaxis, np.newaxis] * np.linalg.inv(self.scale)

    @cached_property
    def _factor(self) -> Array:
        return np.linalg.cholesky(self.scale)

    def _log_norm(self) -> Array:
        half = 0.5 * self.df
        return (
            half * self._size * LOG_2 - self.df * log_diagonal(self._factor) + log_multivariate_gamma(half, self._size)
        )

    def _log_density(self, x: Array) -> Array:
        """As of `Wishart` at X^-1, with -(d + 1) log det X for the change of variable."""
        factor = np.linalg.cholesky(as_definite(x))
        degrees = self.df[..., np.newaxis, np.newaxis]
        gap = both_sides(factor, self.scale / degrees - x)
        spread = matrix_excess(gap, lambda: log_determinant_ratio(self._factor, factor) - self._size * np.log(self.df))
        constant = log_norm_of_mean(0.5 * self.df, self._size)
        return -(self._size + 1.0) * log_diagonal(factor) - 0.5 * self.df * spread - constant

    def _entropy(self) -> Found:
        # that of X^-1 and d + 1 times E log det X
        d = self._size
        of_inverse = (d + 1) * (0.5 * d * LOG_2 - log_diagonal(self._factor)) + standard_entropy(0.5 * self.df, d)
        value = of_inverse + (d + 1) * self.mean_log_determinant
        return found_entropy(value, (d + 1) * inflation(self._factor), self.batch_shape)

    def _kl_divergence(self, q: "InverseWishart") -> Found:
        gap = both_sides(self._factor, q.scale - self.scale)
        value = divergence(self.df, q.df, gap, lambda: log_determinant_ratio(q._factor, self._factor))
        return found_divergence(value, q.df * inflation(q._factor), inflation(self._factor))

    def _between(self, q: "InverseWishart", alpha: float) -> dict[str, Array]:
        """Degrees of freedom mix, and scales."""
        return {"df": mixed_degrees(self, q, alpha), "scale": alpha * self.scale + (1.0 - alpha) * q.scale}

    def _cross_entropy_of(self, p: Distribution) -> Found | None:
        """H(P, self) of any P of positive definite matrices that knows E X^-1 and E log det X."""
        moments: Any = p
        if not hasattr(p, "mean_log_determinant"):
            return None
        power = 0.5 * (self.df + self._size + 1.0)
        finite = np.isfinite(moments.mean_inverse).all(axis=(-1, -2))
        inverse = np.where(finite[..., np.newaxis, np.newaxis], moments.mean_inverse, 0.0)
        trace = np.where(finite, 0.5 * (self.scale * inverse).sum(axis=(-1, -2)), np.inf)
        return summed(power * moments.mean_log_determinant, trace, self._log_norm(), "X^-1")

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        root = transposed(solve_lower(bartlett(self, shape, generator), transposed(self._factor)))
        return root @ transposed(root)
