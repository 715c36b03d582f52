"""Candidates against each other: the differences of their divergences, paired by token, with Holm's correction.

Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 65-70.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bitsapart.model_comparison.estimates import in_bits, means_of
from bitsapart.model_comparison.result import ModelComparison, ModelRanking, PairTest
from bitsapart.model_comparison.text_rows import Small
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit


@dataclass(frozen=True, eq=False)
class Candidate:
    """A comparison with what is left of its tokens."""

    comparison: ModelComparison
    row: NDArray[np.int64]
    kl: NDArray[np.float64]
    """Nats."""
    clusters: Small | None
    """The document of each token."""


def ranking(candidates: Sequence[Candidate], level: float) -> ModelRanking:
    """The closest to the base first; of equal ones, in the order in which they were given."""
    order = sorted(candidates, key=lambda one: (math.isnan(one.comparison.kl.value), one.comparison.kl.value))
    tests = [pair_test(first, second, level) for first, second in combinations(order, 2)]
    adjusted = holm([test.p_value for test in tests])
    pairs = tuple(
        PairTest(test.first, test.second, test.difference, test.p_value, value)
        for test, value in zip(tests, adjusted, strict=True)
    )
    return ModelRanking(tuple(one.comparison for one in order), pairs, order[0].comparison.version)


def pair_test(first: Candidate, second: Candidate, level: float) -> PairTest:
    """Two candidates on the tokens that both were compared at."""
    names = first.comparison.candidate.name, second.comparison.candidate.name
    _, i, j = np.intersect1d(first.row, second.row, assume_unique=True, return_indices=True)
    a, b = first.kl[i], second.kl[j]
    refusal = why_not(first, second, a, b)
    if refusal:
        value = math.nan if np.isinf(a).any() == np.isinf(b).any() else math.inf if np.isinf(a).any() else -math.inf
        difference = Estimate(value, None, None, level, "unknown", "paired mean", Unit.bit, len(a), refusal)
        return PairTest(*names, difference, math.nan, math.nan)
    clusters = None if first.clusters is None else first.clusters[i]
    return PairTest(*names, in_bits(means_of(clusters, a - b), 0, level), p_value(a - b, clusters), math.nan)


def why_not(first: Candidate, second: Candidate, a: NDArray[np.float64], b: NDArray[np.float64]) -> str:
    """Why two candidates cannot be tested; nothing where they can."""
    if first.comparison.truncation or second.comparison.truncation:
        return "the difference of two lower bounds bounds nothing"
    if not len(a):
        return "there is no token at which both were compared"
    return "an infinite divergence has no mean difference" if np.isinf(a).any() or np.isinf(b).any() else ""


def p_value(differences: NDArray[np.float64], clusters: Small | None) -> float:
    """Two-sided, of a mean of 0: Hall's transformation of the studentised mean, as in its interval."""
    from scipy.special import stdtr

    n, mean = len(differences), float(differences.mean())
    away = differences - mean
    sums = away if clusters is None else np.bincount(np.unique(clusters, return_inverse=True)[1], away)
    squares = float(sums @ sums)
    if len(sums) < 2:
        return math.nan
    if squares <= 0.0:
        return 1.0 if mean == 0.0 else 0.0
    t = mean * n / math.sqrt(squares * len(sums) / (len(sums) - 1))
    a = float((sums**3).sum()) / squares**1.5
    g = t + a * t**2 / 3.0 + a**2 * t**3 / 27.0 + a / 6.0
    return float(min(1.0, 2.0 * stdtr(len(sums) - 1.0, -abs(g))))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given; those that are nan stay so and do not count as tests.

    >>> holm([0.01, 0.04, math.nan, 0.03])
    [0.03, 0.06, nan, 0.06]
    """
    tested = sorted((p, i) for i, p in enumerate(p_values) if not math.isnan(p))
    found, largest = [math.nan] * len(p_values), 0.0
    for rank, (p, i) in enumerate(tested):
        largest = max(largest, min(1.0, p * (len(tested) - rank)))
        found[i] = largest
    return found
