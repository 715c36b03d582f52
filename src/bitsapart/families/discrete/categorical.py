"""Categorical distribution. Johnson, Kotz & Balakrishnan 1997, Discrete Multivariate Distributions, chapter 35."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.parameter import SIMPLEX, Domain
from bitsapart.families.statistic import Deviation, Statistic
from bitsapart.families.support import Lattice
from bitsapart.measures.distribution import from_probabilities
from bitsapart.measures.entropy import entropy_formula
from bitsapart.measures.kl_divergence import kl_formula
from bitsapart.measures.renyi import divergence_formula


class Categorical(Distribution):
    """Categorical distribution of a number 0 ... K - 1, x with probability p[x]; p has shape (..., K), zeros allowed.

    Probabilities stand for p / sum(p), exactly. KL(P || Q) = sum p log(p / q). Of two with different K, the shorter one
    has probability 0 for the rest.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Categorical([0.5, 0.5]), ba.Categorical([0.25, 0.25, 0.5])))
    1 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"p": SIMPLEX}

    def __init__(self, p: Any) -> None:
        self._set(p=p)

    p: Array

    @property
    def support(self) -> Lattice:
        possible = self.p > 0.0
        last = possible.shape[-1] - 1.0
        return Lattice(possible.argmax(axis=-1).astype(float), last - possible[..., ::-1].argmax(axis=-1))

    def _log_density(self, x: Array) -> Array:
        log_p = np.where(self.p > 0.0, from_probabilities(self.p, np).log_p, -np.inf)
        shape = np.broadcast_shapes(x.shape, self.batch_shape)
        inside = (x >= 0.0) & (x < log_p.shape[-1])
        index = np.broadcast_to(np.where(inside, x, 0.0).astype(np.intp), shape)
        found = np.take_along_axis(np.broadcast_to(log_p, (*shape, log_p.shape[-1])), index[..., np.newaxis], axis=-1)
        return np.where(inside, found[..., 0], -np.inf)

    def _entropy(self) -> Array:
        return entropy_formula(np, 1.0, from_probabilities(self.p, np))

    def _kl_divergence(self, q: "Categorical") -> Found:
        return categorical_kl(self.p, q.p)

    def _renyi_divergence(self, q: "Categorical", alpha: float) -> Found:
        """Of any order but 1, infinity included."""
        return categorical_renyi(self.p, q.p, alpha)

    def moment(self, statistic: Statistic) -> Array | None:
        shares = self.p / self.p.sum(axis=-1, keepdims=True)
        return weighted(statistic, np.arange(float(shares.shape[-1])), shares)

    def _cdf(self, x: Array) -> Array:
        return self._reached(np.cumsum(self.p, axis=-1), np.floor(x))

    def _survival(self, x: Array) -> Array:
        beyond = np.flip(np.cumsum(np.flip(self.p, axis=-1), axis=-1), axis=-1)
        later = np.concatenate([beyond[..., 1:], np.zeros((*self.batch_shape, 1))], axis=-1)
        return np.where(x < 0.0, 1.0, self._reached(later, np.floor(x)))

    def _reached(self, sums: Array, x: Array) -> Array:
        shape = np.broadcast_shapes(x.shape, self.batch_shape)
        last = sums.shape[-1] - 1
        index = np.broadcast_to(np.clip(np.where(np.isnan(x), 0.0, x), 0, last).astype(np.intp), shape)
        spread = np.broadcast_to(sums / self.p.sum(axis=-1, keepdims=True), (*shape, last + 1))
        found = np.take_along_axis(spread, index[..., np.newaxis], axis=-1)[..., 0]
        return np.where(np.isnan(x), np.nan, np.where(x < 0.0, 0.0, np.minimum(found, 1.0)))

    def _quantile(self, u: Array) -> Array:
        shares = np.cumsum(self.p, axis=-1) / self.p.sum(axis=-1, keepdims=True)
        below = (shares < u[..., np.newaxis]).sum(axis=-1)
        return np.where((u >= 0.0) & (u <= 1.0), np.clip(below, self.support.low, self.support.high), np.nan)

    def _upper_quantile(self, u: Array) -> Array:
        beyond = np.flip(np.cumsum(np.flip(self.p, axis=-1), axis=-1), axis=-1) / self.p.sum(axis=-1, keepdims=True)
        above = (beyond[..., 1:] > u[..., np.newaxis]).sum(axis=-1)
        return np.where((u >= 0.0) & (u <= 1.0), np.clip(above, self.support.low, self.support.high), np.nan)

    @property
    def variance(self) -> Any:
        """Var X."""
        return np.asarray(self.moment(Deviation(self.mean, 2.0)))[()]

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return self._quantile(1.0 - generator.random((*shape, *self.batch_shape)))


def categorical_kl(p: Array, q: Array) -> Found:
    """KL of probabilities along the last axis, infinite with the reason; the shorter has zeros for the rest."""
    return _of_tables(partial(kl_formula, np, 1.0), p, q, "support: P has mass where Q has none")


def categorical_renyi(p: Array, q: Array, alpha: float) -> Found:
    """The same of Renyi's divergence of an order other than 1."""
    apart = "support: P and Q have no value in common" if alpha < 1.0 else "support: P has mass where Q has none"
    return _of_tables(partial(divergence_formula, np, alpha), p, q, apart)


def _of_tables(formula: Callable[..., Array], p: Array, q: Array, reason: str) -> Found:
    longest = max(p.shape[-1], q.shape[-1])
    p, q = (np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, longest - v.shape[-1])]) for v in (p, q))
    with np.errstate(all="ignore"):
        found = Found.of(formula(from_probabilities(p, np), from_probabilities(q, np)), "closed form")
    note = np.where(np.isinf(found.value), reason, "").astype(object)
    return Found(found.value, found.error, found.kind, found.method, note, found.n)


def weighted(statistic: Statistic, points: Array, shares: Array) -> Array:
    """The expectation of a statistic under shares (..., points) at points (points,), a sum."""
    batch = shares.shape[:-1]
    axes = max([len(batch), *(np.ndim(parameter) for parameter in vars(statistic).values())])
    spread = np.moveaxis(shares, -1, 0).reshape(len(points), *(1,) * (axes - len(batch)), *batch)
    with np.errstate(all="ignore"):
        values = np.asarray(statistic(points.reshape(-1, *(1,) * axes)))
        return np.where(spread > 0.0, spread * values, 0.0).sum(axis=0)
