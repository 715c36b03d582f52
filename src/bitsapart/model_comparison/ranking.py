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
    """The closest to the base first; of equal ones, in the order in which they were given.

    Last are those that have no numbers at some tokens: what they lose there is not known.
    """
    order = sorted(candidates, key=place)
    tests = [pair_test(first, second, level) for first, second in combinations(order, 2)]
    adjusted = holm([test.p_value for test in tests])
    pairs = tuple(
        PairTest(test.first, test.second, test.difference, test.p_value, value)
        for test, value in zip(tests, adjusted, strict=True)
    )
    return ModelRanking(tuple(one.comparison for one in order), pairs, order[0].comparison.version)


def place(candidate: Candidate) -> tuple[bool, bool, float]:
    """What the order goes by."""
    found = candidate.comparison
    return math.isnan(found.kl.value), found.candidate_nonfinite_tokens > 0, found.kl.value


def pair_test(first: Candidate, second: Candidate, level: float) -> PairTest:
    """Two candidates on the tokens that both were compared at."""
    names = first.comparison.candidate.name, second.comparison.candidate.name
    _, i, j = np.intersect1d(first.row, second.row, assume_unique=True, return_indices=True)
    a, b = first.kl[i], second.kl[j]
    with np.errstate(invalid="ignore"):
        differences = a - b
    refusal = why_not(first, second, differences)
    if refusal:
        value, why = refusal
        difference = Estimate(value, None, None, level, "unknown", "paired mean", Unit.bit, len(a), why)
        return PairTest(*names, difference, math.nan, math.nan)
    clusters = None if first.clusters is None else first.clusters[i]
    estimate = in_bits(means_of(clusters, differences), 0, level)
    return PairTest(*names, estimate, p_value(differences, clusters), math.nan)


def why_not(first: Candidate, second: Candidate, differences: NDArray[np.float64]) -> tuple[float, str] | None:
    """Why two candidates cannot be tested, and what is known of their difference all the same; None where they can."""
    both = first.comparison, second.comparison
    if any(one.truncation for one in both):
        return math.nan, "the difference of two lower bounds bounds nothing"
    if not len(differences):
        return math.nan, "there is no token at which both were compared"
    value = float(differences.mean()) / Unit.bit.value
    if any(one.candidate_nonfinite_tokens for one in both):
        why = "what a candidate loses where its logits are NaN or infinite is not known"
        return value if math.isfinite(value) else math.nan, why
    return None if math.isfinite(value) else (value, "an infinite divergence has no mean difference")


def p_value(differences: NDArray[np.float64], clusters: Small | None) -> float:
    """Two-sided, of a mean of 0: Student's t of the documents' sums, or of the tokens where there is one document.

    Not Hall's transformation, as the interval has: far out, at small p-values, its cubic term is all that counts.
    """
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
    return float(2.0 * stdtr(len(sums) - 1.0, -abs(t)))


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
