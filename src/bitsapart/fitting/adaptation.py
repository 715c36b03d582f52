"""Proposals that learn where the target is: mixtures of Student distributions, fitted to draws of the last one.

Cappe, Douc, Guillin, Marin & Robert 2008, Adaptive importance sampling in general mixture classes, Statistics and
Computing 18, 447-459. Weights that are too uneven are tempered, so that a proposal moves by as much as its draws can
tell; it is finished when two in a row agree on the normaliser.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.normaliser import Proposal, Weighted, agree, weighted

Array = Any

STAGES = 12
MANY = 50
"""Dimensions beyond which a proposal is adapted only a few times, as draws tell little of so many."""
COMPONENTS = 20
A_COMPONENT = 5
"""Effective draws a dimension that a component needs."""
EFFECTIVE = 300
"""Effective draws that weights are tempered to keep, or A_COMPONENT a dimension if that is more."""
USED = 6_000
"""Draws, resampled by their weights, that a mixture is fitted to."""
STEPS = 20
"""Of expectation maximisation."""
FLOOR = 1e-7
"""Share of the whole variance below which no component falls."""


@dataclass(frozen=True, eq=False)
class MixtureProposal:
    """A mixture of normal or Student distributions."""

    shares: Array
    components: tuple[Proposal, ...]

    def draws(self, n: int, generator: np.random.Generator) -> tuple[Array, Array]:
        """Points (n, d) and their log densities (n,)."""
        counts = generator.multinomial(n, self.shares)
        parts = [one.draws(int(k), generator)[0] for one, k in zip(self.components, counts, strict=True)]
        points = np.concatenate(parts)
        return points, self.log_density(points)

    def log_density(self, points: Array) -> Array:
        """At points (n, d)."""
        logs = np.stack([one.log_density(points) for one in self.components])
        return sp.logsumexp(logs + np.log(self.shares)[:, np.newaxis], axis=0)


def adapted(target: LogDensity, first: Weighted, generator: np.random.Generator) -> list[Weighted]:
    """Weighted draws of the last two proposals, which agree on log Z if any two in a row did."""
    samples = [first]
    for _ in range(STAGES if target.dimension <= MANY else STAGES // 4):
        samples.append(weighted(target, _fitted(samples[-1], generator), generator))
        before, sample = samples[-2:]
        if before.trusted and sample.trusted and agree(before, sample):
            break
    return samples[-2:]


def _fitted(sample: Weighted, generator: np.random.Generator) -> MixtureProposal:
    d = sample.points.shape[1]
    weights, effective = _tempered(sample.smoothed.log_weights, max(EFFECTIVE, A_COMPONENT * d))
    chosen = sample.points[generator.choice(len(weights), USED, p=weights)]
    count = int(np.clip(effective / (A_COMPONENT * d), 1, COMPONENTS))
    return _mixture(chosen, count, generator)


def _tempered(log_weights: Array, least: float) -> tuple[Array, float]:
    """Weights to the highest power of at most 1 that keeps so many effective draws, and how many there are."""
    power = 1.0
    for _ in range(60):
        weights = np.exp(power * (log_weights - log_weights.max()))
        weights /= weights.sum()
        effective = 1.0 / float((weights**2).sum())
        if effective >= min(least, 0.5 * len(weights)):
            break
        power *= 0.8
    return weights, effective


def _mixture(points: Array, count: int, generator: np.random.Generator) -> MixtureProposal:
    """Expectation maximisation for a mixture of normals, which are then given the tails of Student's."""
    n, d = points.shape
    whole = _spread(points, np.full(n, 1.0 / n), np.zeros((d, d)))
    floor = FLOOR * np.diag(np.diag(whole))
    means = points[generator.choice(n, count, replace=False)]
    covariances = np.stack([whole / count ** (2.0 / d)] * count) + floor
    shares = np.full(count, 1.0 / count)
    for _ in range(STEPS if count > 1 else 1):
        normals = [
            Proposal(mean, np.linalg.cholesky(covariance)) for mean, covariance in zip(means, covariances, strict=True)
        ]
        logs = np.stack([one.log_density(points) for one in normals]) + np.log(shares)[:, np.newaxis]
        duties = sp.softmax(logs, axis=0)
        shares = np.maximum(duties.mean(axis=1), 1e-3)
        shares /= shares.sum()
        duties /= np.maximum(duties.sum(axis=1, keepdims=True), 1e-300)
        means = duties @ points
        # a component of few points borrows from the whole
        covariances = np.stack([_spread(points, duty, floor) for duty in duties])
    factors = [np.linalg.cholesky(covariance) for covariance in covariances]
    wide = tuple(Proposal(mean, factor).wider() for mean, factor in zip(means, factors, strict=True))
    return MixtureProposal(shares, wide)


def _spread(points: Array, weights: Array, floor: Array) -> Array:
    rest = points - weights @ points
    return (rest.T * weights) @ rest + floor
