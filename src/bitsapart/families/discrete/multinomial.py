"""Multinomial distribution. Johnson, Kotz & Balakrishnan 1997, Discrete Multivariate Distributions, chapter 35."""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.discrete.binomial import Binomial
from bitsapart.families.discrete.categorical import categorical_kl, categorical_renyi
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.maths.ratios import step_deviance
from bitsapart.families.maths.saddle_point import log_factorial_excess
from bitsapart.families.numeric.sums import expectation
from bitsapart.families.parameter import COUNT, SIMPLEX, Domain
from bitsapart.families.support import Space, Support


class Multinomial(Distribution):
    """Multinomial distribution of the counts of K outcomes in n trials; p has shape (..., K), zeros allowed.

    Probabilities stand for p / sum(p). KL(P || Q) = n sum p log(p / q) for equal n, else infinite.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Multinomial(10, [0.5, 0.5]), ba.Multinomial(10, [0.25, 0.75])))
    2.07519 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"n": COUNT, "p": SIMPLEX}

    def __init__(self, n: Any, p: Any) -> None:
        self._set(n=n, p=p)

    n: Array
    p: Array

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (int(self.p.shape[-1]),)

    @property
    def shares(self) -> Array:
        """Probabilities that sum to 1."""
        return self.p / self.p.sum(axis=-1, keepdims=True)

    @property
    def support(self) -> Support:
        def inside(x: Array) -> Any:
            whole = ((x >= 0.0) & (x == np.floor(x)) & ((self.p > 0.0) | (x == 0.0))).all(axis=-1)
            return whole & (x.sum(axis=-1) == self.n)

        return Space("counts", self.event_shape, inside, self.n)

    def _log_density(self, x: Array) -> Array:
        # that the sum of the entries is n is part of the support
        apart = step_deviance(x, self.mean, self.mean - x) + log_factorial_excess(x)
        return log_factorial_excess(self.n) - apart.sum(axis=-1)

    def _entropy(self) -> Found:
        counts = Binomial(self.n[..., np.newaxis], self.shares)
        each = expectation(counts, lambda x, m: step_deviance(x, m, m - x) + log_factorial_excess(x), counts.mean)
        fixed = np.broadcast_to(log_factorial_excess(self.n), self.batch_shape)
        value = each.value.sum(axis=-1) - fixed
        error = each.error.sum(axis=-1) + 1e-15 * fixed
        kind = np.where((each.kind == "exact").all(axis=-1), "exact", "bound").astype(object)
        return Found(np.maximum(value, 0.0), error, kind, each.method[..., 0], each.note[..., 0], each.n.sum(axis=-1))

    def _kl_divergence(self, q: "Multinomial") -> Found:
        one = categorical_kl(self.p, q.p)
        return Found(self.n * one.value, self.n * one.error, one.kind, one.method, one.note, one.n)

    def _renyi_divergence(self, q: "Multinomial", alpha: float) -> Found | None:
        """That of one trial, n times."""
        if not np.all(self.n == q.n):
            return None
        one = categorical_renyi(self.p, q.p, alpha)
        return Found(self.n * one.value, self.n * one.error, one.kind, one.method, one.note, one.n)

    @property
    def mean(self) -> Any:
        """E X, a vector."""
        return self.n[..., np.newaxis] * self.shares

    @property
    def variance(self) -> Any:
        """Variances of the entries."""
        return self.mean * (1.0 - self.shares)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        n = np.broadcast_to(self.n, self.batch_shape).astype(np.int64)
        shares = np.broadcast_to(self.shares, (*self.batch_shape, *self.event_shape))
        return generator.multinomial(n, shares, size=(*shape, *self.batch_shape)).astype(float)
