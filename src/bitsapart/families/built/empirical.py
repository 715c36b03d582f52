"""Empirical distribution: a table of values with their probabilities or counts."""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.discrete.categorical import categorical_kl, weighted
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.parameter import Domain
from bitsapart.families.statistic import Deviation, Statistic
from bitsapart.families.support import Points, Support
from bitsapart.measures.distribution import from_probabilities
from bitsapart.measures.entropy import entropy_formula
from bitsapart.values.errors import UsageError

VALUES = Domain("a row of one or more finite numbers", lambda x: np.isfinite(x).all(axis=-1) & (x.shape[-1] > 0), 1)
WEIGHTS = Domain(
    "a row of numbers of 0 or more that do not all vanish",
    lambda x: ((x >= 0.0) & np.isfinite(x)).all(axis=-1) & (x.sum(axis=-1) > 0.0),
    1,
)


class Empirical(Distribution):
    """The distribution of a sample or a table: ``values`` (n,), each with a weight, by default the same for all.

    Weights may be counts or probabilities: they stand for weights / sum(weights). Values are sorted, equal ones merged,
    and those of weight 0 left out. A batch has one set of values and weights of shape (..., n).

    >>> import bitsapart as ba
    >>> print(ba.Empirical([0, 1, 1, 2]).entropy())
    1.5 bits
    >>> print(ba.kl_divergence(ba.Empirical([0, 1], weights=[25, 75]), ba.Bernoulli(0.5)))
    0.188722 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"values": VALUES, "weights": WEIGHTS}

    def __init__(self, values: Any, weights: Any = None) -> None:
        self._set(values=values)
        if self.batch_shape:
            raise UsageError(f"Empirical: values should be one row of numbers; got shape {self.values.shape}")
        self._set(values=values, weights=np.ones(self.values.shape) if weights is None else weights)
        if self.weights.shape[-1:] != self.values.shape:
            raise UsageError(f"Empirical: {len(self.values)} values have weights of shape {self.weights.shape}")
        points, place = np.unique(self.values + 0.0, return_inverse=True)
        entries: Any = (..., place)
        merged = np.zeros((*self.batch_shape, len(points)))
        np.add.at(merged, entries, self.weights)
        used = merged.reshape(-1, len(points)).any(axis=0)
        self._set(values=points[used], weights=merged[..., used])

    values: Array
    weights: Array

    @property
    def shares(self) -> Array:
        """The probabilities of the values."""
        return self.weights / self.weights.sum(axis=-1, keepdims=True)

    @property
    def support(self) -> Support:
        return Points(tuple(self.values.tolist()))

    def __getitem__(self, index: Any) -> "Empirical":
        if not self.batch_shape:
            raise UsageError(f"{self} is one distribution, not a batch of them")
        return self._with(self.weights[index])

    def broadcast_to(self, shape: tuple[int, ...]) -> "Empirical":
        if shape == self.batch_shape:
            return self
        return self._with(np.broadcast_to(self.weights, (*shape, len(self.values))))

    def _with(self, weights: Array) -> "Empirical":
        """The same values with other weights, also such as one of a batch does not have."""
        other = object.__new__(Empirical)
        other._set(values=self.values, weights=weights)
        return other

    def _log_density(self, x: Array) -> Array:
        held = from_probabilities(self.weights, np)
        return self._at(np.where(self.weights > 0.0, held.log_p, -np.inf), np.searchsorted(self.values, x))

    def _at(self, rows: Array, place: Array) -> Array:
        """Entries of rows (..., n) at places that broadcast with the batch."""
        shape = np.broadcast_shapes(np.shape(place), self.batch_shape)
        if not self.batch_shape:
            return np.asarray(rows)[np.minimum(place, rows.shape[-1] - 1)]
        index = np.broadcast_to(np.minimum(place, rows.shape[-1] - 1), shape)
        flat = np.arange(int(np.prod(self.batch_shape))).reshape(self.batch_shape)
        return rows.reshape(-1, rows.shape[-1])[np.broadcast_to(flat, shape), index]

    def _entropy(self) -> Array:
        return entropy_formula(np, 1.0, from_probabilities(self.weights, np))

    def _kl_divergence(self, q: "Empirical") -> Found:
        points = np.union1d(self.values, q.values)
        return categorical_kl(self._spread(points), q._spread(points))

    def _spread(self, points: Array) -> Array:
        """Weights at points that include the values."""
        spread = np.zeros((*self.batch_shape, len(points)))
        spread[..., np.searchsorted(points, self.values)] = self.weights
        return spread

    def moment(self, statistic: Statistic) -> Array | None:
        return weighted(statistic, self.values, self.shares)

    @property
    def variance(self) -> Any:
        """Var X."""
        return np.asarray(self.moment(Deviation(self.mean, 2.0)))[()]

    def _cdf(self, x: Array) -> Array:
        sums = np.concatenate([np.zeros((*self.batch_shape, 1)), np.cumsum(self.shares, axis=-1)], axis=-1)
        found = np.minimum(self._at(sums, np.searchsorted(self.values, x, side="right")), 1.0)
        return np.where(np.isnan(x), np.nan, found)

    def _survival(self, x: Array) -> Array:
        sums = np.flip(np.cumsum(np.flip(self.shares, axis=-1), axis=-1), axis=-1)
        sums = np.concatenate([sums, np.zeros((*self.batch_shape, 1))], axis=-1)
        found = np.minimum(self._at(sums, np.searchsorted(self.values, x, side="right")), 1.0)
        return np.where(np.isnan(x), np.nan, found)

    def _quantile(self, u: Array) -> Array:
        return self._ranked(np.cumsum(self.shares, axis=-1)[..., :-1], u, lambda sums, level: sums < level)

    def _upper_quantile(self, u: Array) -> Array:
        beyond = np.flip(np.cumsum(np.flip(self.shares, axis=-1), axis=-1), axis=-1)[..., 1:]
        return self._ranked(beyond, u, lambda sums, level: sums > level)

    def _ranked(self, sums: Array, u: Array, passed: Any) -> Array:
        if self.batch_shape:
            rank = passed(sums, u[..., np.newaxis]).sum(axis=-1)
        elif passed(0.0, 1.0):
            rank = np.searchsorted(sums, u)
        else:
            rank = np.searchsorted(-sums, -u)
        return np.where((u >= 0.0) & (u <= 1.0), self.values[rank], np.nan)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return self._quantile(1.0 - generator.random((*shape, *self.batch_shape)))
