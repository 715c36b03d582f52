"""Structures of a covariance F F': full, diagonal, or a diagonal with a few directions, as vectors for an optimiser.

Each starts at a normal approximation, and has coordinates in which that one is the unit: x = m + F z.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.fitting.normaliser import Proposal

Array = Any

RANK = 5
"""Directions of a low-rank covariance, or half its dimension if that is less."""
LEAST = 0.05
"""Least share of a variance that a direction leaves to the diagonal at the start."""


class Factors(ABC):
    """Vectors (p,) as means (d,) and factors (d, k), and gradients back."""

    noise: int
    """k: the length of z."""
    start: Array
    """The vector of the normal approximation that it was made from."""

    @abstractmethod
    def member(self, vector: Array) -> tuple[Array, Array]:
        """Mean and factor."""

    @abstractmethod
    def pulled(self, vector: Array, by_mean: Array, by_factor: Array) -> Array:
        """The gradient by the vector from those by mean and factor."""

    @abstractmethod
    def volume(self, factor: Array) -> tuple[float, Array]:
        """Log det(F F') / 2 and its gradient by the factor."""

    curvature: Array
    """(p,): the diagonal of the Hessian of KL(Q || P), were P the normal of the start."""


@dataclass(eq=False)
class Full(Factors):
    """F = C B, C the Cholesky factor of the start and B lower triangular with exponentials on its diagonal."""

    origin: Proposal

    def __post_init__(self) -> None:
        d = self.noise = len(self.origin.mean)
        self.rows, self.columns = np.tril_indices(d)
        self.on = self.rows == self.columns
        self.start = np.zeros(d + len(self.rows))
        self.curvature = np.concatenate([np.ones(d), 1.0 + self.on])

    def member(self, vector: Array) -> tuple[Array, Array]:
        """Mean and factor of a vector."""
        return self.origin.mean + self.origin.factor @ vector[: self.noise], self.origin.factor @ self._turn(vector)

    def _turn(self, vector: Array) -> Array:
        turn = np.zeros((self.noise, self.noise))
        entries = vector[self.noise :]
        turn[self.rows, self.columns] = np.where(self.on, np.exp(np.where(self.on, entries, 0.0)), entries)
        return turn

    def pulled(self, vector: Array, by_mean: Array, by_factor: Array) -> Array:
        """The gradient by the vector."""
        by_turn = (self.origin.factor.T @ by_factor)[self.rows, self.columns]
        scale = np.where(self.on, self._turn(vector)[self.rows, self.columns], 1.0)
        return np.concatenate([self.origin.factor.T @ by_mean, by_turn * scale])

    def volume(self, factor: Array) -> tuple[float, Array]:
        """Half of log det(F F'), and its gradient by the factor."""
        diagonal = np.diagonal(factor)
        return float(np.log(diagonal).sum()), np.diag(1.0 / diagonal)


@dataclass(eq=False)
class Diagonal(Factors):
    """F diagonal, by its logarithms; the start has the conditional standard deviations of the approximation."""

    origin: Proposal

    def __post_init__(self) -> None:
        d = self.noise = len(self.origin.mean)
        inverse = np.linalg.inv(self.origin.factor)
        self.scales = (inverse**2).sum(axis=0) ** -0.5
        self.start = np.zeros(2 * d)
        self.curvature = np.repeat([1.0, 2.0], d)

    def member(self, vector: Array) -> tuple[Array, Array]:
        """Mean and factor of a vector."""
        d = self.noise
        return self.origin.mean + self.origin.factor @ vector[:d], np.diag(self.scales * np.exp(vector[d:]))

    def pulled(self, vector: Array, by_mean: Array, by_factor: Array) -> Array:
        """The gradient by the vector."""
        sds = self.scales * np.exp(vector[self.noise :])
        return np.concatenate([self.origin.factor.T @ by_mean, np.diagonal(by_factor) * sds])

    def volume(self, factor: Array) -> tuple[float, Array]:
        """Half of log det(F F'), and its gradient by the factor."""
        diagonal = np.diagonal(factor)
        return float(np.log(diagonal).sum()), np.diag(1.0 / diagonal)


@dataclass(eq=False)
class LowRank(Factors):
    """F = D [I, V] with D diagonal and V (d, r): covariance D (I + V V') D."""

    origin: Proposal

    def __post_init__(self) -> None:
        d = len(self.origin.mean)
        self.rank = max(1, min(RANK, d // 2))
        self.noise = d + self.rank
        covariance = self.origin.factor @ self.origin.factor.T
        sds = np.sqrt(np.diagonal(covariance))
        sizes, axes = np.linalg.eigh(covariance / np.outer(sds, sds))
        # a direction that varies as the diagonal does has to start somewhere: at 0 its gradient vanishes
        directions = axes[:, -self.rank :] * np.sqrt(np.maximum(sizes[-self.rank :] - 1.0, LEAST))
        left = np.sqrt(np.maximum(1.0 - (directions**2).sum(axis=1), LEAST))
        self.scales = sds * left
        self.start = np.concatenate([np.zeros(2 * d), (directions / left[:, np.newaxis]).ravel()])
        self.curvature = np.concatenate([np.ones(d), np.full(d, 2.0), np.ones(d * self.rank)])

    def _parts(self, vector: Array) -> tuple[Array, Array]:
        d = len(self.scales)
        return self.scales * np.exp(vector[d : 2 * d]), vector[2 * d :].reshape(d, self.rank)

    def member(self, vector: Array) -> tuple[Array, Array]:
        """Mean and factor of a vector."""
        sds, directions = self._parts(vector)
        mean = self.origin.mean + self.origin.factor @ vector[: len(sds)]
        return mean, np.concatenate([np.diag(sds), sds[:, np.newaxis] * directions], axis=1)

    def pulled(self, vector: Array, by_mean: Array, by_factor: Array) -> Array:
        """The gradient by the vector."""
        sds, directions = self._parts(vector)
        d = len(sds)
        by_scale = sds * (np.diagonal(by_factor[:, :d]) + (by_factor[:, d:] * directions).sum(axis=1))
        by_directions = sds[:, np.newaxis] * by_factor[:, d:]
        return np.concatenate([self.origin.factor.T @ by_mean, by_scale, by_directions.ravel()])

    def volume(self, factor: Array) -> tuple[float, Array]:
        """Half of log det(F F'), and its gradient by the factor."""
        covariance = factor @ factor.T
        return 0.5 * float(np.linalg.slogdet(covariance)[1]), np.linalg.solve(covariance, factor)


STRUCTURES: dict[str, Any] = {"full": Full, "mean-field": Diagonal, "low-rank": LowRank}
