"""Derivatives of the log density with respect to unconstrained parameters, and what follows from their spread.

    score  s(x) = d log q(x) / d phi       J = -E d^2 log q / d phi^2       V = Var of the mean score

The maximum of the likelihood has covariance J^-1 V J^-1, and costs tr(J^-1 V) / 2 nats more than the closest member, in
expectation and to first order, whether the family holds the truth or not. White 1982, Econometrica 50, 1-25; Takeuchi
1976 for the trace; Huber 1967.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.fitting.gathered import Gathered
from bitsapart.fitting.unconstrained import Unconstrained

Array = Any

FIRST = float(np.finfo(float).eps) ** (1.0 / 3.0)
SECOND = float(np.finfo(float).eps) ** 0.25
"""Steps of first and second differences, for which rounding and truncation are about equal."""
LEAST = -1e300
"""Stands for the log of a density of 0, so that differences are numbers."""
AT_ONCE = 1 << 20
"""Log densities that are evaluated in one call."""
ENOUGH = 1 << 14
"""Rows that second derivatives are averaged over."""
MOST = 24
"""Parameters up to which second derivatives are evaluated; beyond, scores stand in: J = E s s', if the family fits."""


def log_densities(free: Unconstrained, vectors: Array, x: Array) -> Array:
    """Log densities (vectors, rows) of members with the parameters ``vectors`` (vectors, size)."""
    members = free.member(vectors[:, np.newaxis])
    with np.errstate(all="ignore"):
        return np.asarray(members.log_density(x))


def mean_losses(free: Unconstrained, vectors: Array, x: Array, weights: Array) -> Array:
    """-sum w log q(x), one a vector."""
    total = np.zeros(len(vectors))
    step = max(1, AT_ONCE // max(1, len(vectors)))
    for start in range(0, len(x), step):
        with np.errstate(all="ignore"):
            found = log_densities(free, vectors, x[start : start + step])
            w = weights[start : start + step]
            total -= np.where(w > 0.0, found, 0.0) @ w
    return total


def steps(vector: Array, size: float) -> Array:
    """A step for each parameter."""
    return size * np.maximum(1.0, np.abs(vector))


def scores(free: Unconstrained, vector: Array, x: Array) -> Array:
    """Scores (rows, size), by central differences."""
    step = steps(vector, FIRST)
    ends = np.concatenate([vector + np.diag(step), vector - np.diag(step)])
    width = np.diag(ends[: len(step)] - ends[len(step) :])
    found = np.empty((len(x), len(step)))
    rows = max(1, AT_ONCE // len(ends))
    for start in range(0, len(x), rows):
        values = log_densities(free, ends, x[start : start + rows])
        values = np.maximum(values, LEAST)
        found[start : start + rows] = ((values[: len(step)] - values[len(step) :]) / width[:, np.newaxis]).T
    return found


def information(free: Unconstrained, vector: Array, x: Array, weights: Array) -> Array:
    """J (size, size), of the mean over rows, by second differences."""
    if len(x) > ENOUGH:
        chosen = np.linspace(0, len(x) - 1, ENOUGH).astype(np.int64)
        x, weights = x[chosen], weights[chosen] / weights[chosen].sum()
    step = steps(vector, SECOND)
    k = len(vector)
    first, second = np.triu_indices(k)
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    moves = [
        vector + a * np.eye(k)[first] * step[first, np.newaxis] + b * np.eye(k)[second] * step[second, np.newaxis]
        for a, b in signs
    ]
    losses = mean_losses(free, np.concatenate(moves), x, weights).reshape(4, len(first))
    with np.errstate(invalid="ignore"):
        curved = (losses[0] - losses[1] - losses[2] + losses[3]) / (4.0 * step[first] * step[second])
    found = np.zeros((k, k))
    found[first, second] = found[second, first] = curved
    return found


@dataclass(frozen=True, eq=False)
class Sandwich:
    """Spread of the fitted parameters about those of the closest member."""

    covariance: Array
    """Of the unconstrained parameters, (size, size)."""
    error: float
    """Expected KL(Q* || Q) of the fit, in nats."""
    error_variance: float
    """Its variance: to first order it is a weighted sum of chi-squares."""
    residual: float
    """The length of the mean score, in units of J: the square root of twice what a Newton step would gain."""


def sandwich(free: Unconstrained, member: Any, data: Gathered) -> Sandwich:
    """The spread of a fit to such data, in their scaled values."""
    vector = free.vector(member)
    if not vector.size:
        return Sandwich(np.zeros((0, 0)), 0.0, 0.0, 0.0)
    s = scores(free, vector, data.values)
    mean = s.T @ data.weights
    s -= mean
    V = (s * data.spread[:, np.newaxis]).T @ s
    if vector.size <= MOST:
        J = information(free, vector, data.values, data.weights)
    else:
        J = (s * data.weights[:, np.newaxis]).T @ s
    inverse = inverted(J)
    covariance = inverse @ V @ inverse
    residual = float(np.sqrt(max(float(mean @ inverse @ mean), 0.0)))
    terms = inverse @ V
    return Sandwich(covariance, float(np.trace(terms)) / 2.0, float(np.trace(terms @ terms)) / 2.0, residual)


def inverted(information: Array) -> Array:
    """The inverse on the directions that the data say anything about."""
    values, vectors = np.linalg.eigh(0.5 * (information + information.T))
    known = values > 1e-9 * max(float(values.max()), 0.0)
    return (vectors[:, known] / values[known]) @ vectors[:, known].T
