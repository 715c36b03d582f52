"""Dirichlet distribution. Kotz, Balakrishnan & Johnson 2000, Continuous Multivariate Distributions, chapter 49."""

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.beta import attainable
from bitsapart.families.continuous.gamma import SHAPE
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.maths.beta_divergence import dirichlet_divergence
from bitsapart.families.maths.constants import HALF_LOG_2_PI
from bitsapart.families.maths.gamma_functions import gamma_entropy, stirling_remainder
from bitsapart.families.maths.inverses import concentration_of_log_means
from bitsapart.families.maths.ratios import excess, product_difference
from bitsapart.families.parameter import SIMPLEX, Domain
from bitsapart.families.support import Space, Support
from bitsapart.values.errors import UsageError

SHAPES = Domain("a vector of numbers from 1e-100 to 1e100", lambda x: SHAPE.holds(x).all(axis=-1), 1, np.log, np.exp)


class Dirichlet(Distribution):
    """Dirichlet distribution of probabilities x_1 ... x_n, density prod x_i^(a_i - 1) Gamma(sum a) / prod Gamma(a_i).

    ``concentration`` a has shape (..., n). KL(P || Q) = sum D(a_i) - D(sum a) with the Bregman divergence D of
    log Gamma, computed from the divergences of the shapes and of the means.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Dirichlet([1.0, 1.0, 1.0]), ba.Dirichlet([2.0, 2.0, 2.0]), unit="nat"))
    0.405655 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"concentration": SHAPES}

    def __init__(self, concentration: Any) -> None:
        self._set(concentration=concentration)
        if self.concentration.shape[-1] < 2:
            raise UsageError("Dirichlet: concentration should have 2 entries or more; got 1")

    concentration: Array

    @classmethod
    def from_moments(cls, logarithms: Any) -> "Dirichlet":
        """The closest one, in forward KL, to whatever has these E log x_i, shape (..., n).

        Of large concentrations they hold few digits of the sum: 1 - sum exp(E log x_i) is about (n - 1) / (2 sum).

        Raises:
            NoMinimiserError: they are not finite, or those of constants.
        """
        return cls(concentration_of_log_means(attainable("Dirichlet", np.asarray(logarithms, float))))

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (int(self.concentration.shape[-1]),)

    @property
    def support(self) -> Support:
        return Space("vectors on the simplex", self.event_shape, SIMPLEX.holds)

    @cached_property
    def mean(self) -> Any:
        """E X."""
        return self.concentration / self.concentration.sum(axis=-1, keepdims=True)

    @cached_property
    def variance(self) -> Any:
        """Of each entry."""
        total = self.concentration.sum(axis=-1, keepdims=True)
        return self.mean * ((total - self.concentration) / total) / (total + 1.0)

    @cached_property
    def mean_logarithm(self) -> Any:
        """E log X of each entry."""
        return sp.digamma(self.concentration) - sp.digamma(self.concentration.sum(axis=-1, keepdims=True))

    def _log_density(self, x: Array) -> Array:
        """By the deviances of a_i from x_i sum a: see `gamma_log_density`."""
        a = self.concentration
        total = a.sum(axis=-1, keepdims=True)
        inside = np.where(x > 0.0, x, 1.0)
        apart = product_difference(total, inside, a, 1.0) / a
        terms = -a * excess(apart, total / a * inside) - np.log(inside) + 0.5 * np.log(a) - stirling_remainder(a)
        # at 0 only a = 1 has a finite limit, of which log x and the Stirling terms are a part
        limit = np.log(total) + 0.5 * np.log(a) - stirling_remainder(a) + a
        terms = np.where(x > 0.0, terms, np.where(a > 1.0, -np.inf, np.where(a < 1.0, np.inf, limit)))
        # what rounding moved the sum of x away from 1, a large sum of a makes felt
        off = np.asarray(x.astype(np.longdouble).sum(axis=-1) - 1.0, float)
        total = total[..., 0]
        constant = stirling_remainder(total) - 0.5 * np.log(total) - (self.event_shape[0] - 1) * HALF_LOG_2_PI
        return terms.sum(axis=-1) + total * off + constant

    def _entropy(self) -> Array:
        total = self.concentration.sum(axis=-1)
        sides = gamma_entropy(self.concentration).sum(axis=-1) - gamma_entropy(total)
        return sides - (self.event_shape[0] - 1) * sp.digamma(total)

    def _kl_divergence(self, q: "Dirichlet") -> Array:
        return dirichlet_divergence(self.concentration, q.concentration)

    def _between(self, q: "Dirichlet", alpha: float) -> dict[str, Array]:
        """Concentrations mix."""
        return {"concentration": alpha * self.concentration + (1.0 - alpha) * q.concentration}

    def _from_uniform(self, u: Array) -> Array:
        parts = sp.gammaincinv(self.concentration, u)
        return parts / parts.sum(axis=-1, keepdims=True)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Of gamma variables, by logarithms: those of a small shape are smaller than any number."""
        size = (*shape, *self.concentration.shape)
        larger = np.log(generator.standard_gamma(np.broadcast_to(self.concentration + 1.0, size)))
        logarithms = larger + np.log1p(-generator.random(size)) / self.concentration
        return np.exp(logarithms - sp.logsumexp(logarithms, axis=-1, keepdims=True))
