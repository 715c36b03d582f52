"""Differential entropy in several dimensions: that of every column, less what the columns tell of each other.

    H(X_1, ..., X_d) = sum_j H(X_j) - C            C: the total correlation, Watanabe 1960

The columns by spacings, C by the one-step density ratio of rows against rows with columns exchanged. Every part is a
mean over the same rows, so that the standard error is that of the sum of their influences.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.continuous.density_ratio import FAULT, MOST_FEATURES, OUTSIDE
from bitsapart.estimate.continuous.dependence import SHIFTS, challenged, fitted, too_few
from bitsapart.estimate.continuous.one_step import limit_of
from bitsapart.estimate.continuous.spacings import reach_of, spacing_terms

Array = NDArray[np.float64]

STRONG = (
    "too few data: the columns depend on each other so strongly that these rows do not show how strongly, so only the "
    "high end holds"
)
MISSED = (
    "bound only: gradient boosting finds dependence between the columns that the fitted density ratio misses; "
    "dependence lowers the entropy, so the high end holds and the low end does not; method='nearest_neighbours' needs "
    "no such fit, with an interval up to 2 columns"
)


def entropy_of_columns(x: Array, seed: int, boost: bool) -> tuple[float, float, str]:
    """H in nats, its standard error, and what is wrong with it, if something is; x of shape (n, d), d >= 2."""
    n, d = x.shape
    s = reach_of(n)
    surprise = np.zeros(n)
    for column in x.T:
        surprise[np.argsort(column, kind="stable")] += spacing_terms(column, s)
    parts = [column[:, np.newaxis] for column in x.T]
    fold, found = fitted(parts, seed)
    spread = found.spread()
    value = float(np.mean(surprise)) - float(spread.estimate)
    first = (float(np.var(surprise - found.influence)) + d * float(special.polygamma(1, 2 * s))) / n
    error = math.sqrt(first + float(spread.variance))
    trouble = ""
    if found.size > MOST_FEATURES * n:
        trouble = f"{too_few(found)}, so only the high end holds"
    elif float(np.mean(found.joint >= limit_of(n * SHIFTS) - 1e-9)) >= OUTSIDE:
        trouble = STRONG
    elif boost and challenged(parts, found, fold, seed).statistic > FAULT:
        trouble = MISSED
    return value, error, trouble
