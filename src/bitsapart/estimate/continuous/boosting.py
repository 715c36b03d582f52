"""What a log density ratio leaves unexplained, by gradient boosting: a challenger with no form of its own.

One Newton step of the log loss from the fitted log odds: trees for (label - share) / (share (1 - share)), weighted by
share (1 - share), cross-fitted. Friedman 2001; the trees are scikit-learn's HistGradientBoostingRegressor.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.continuous.logistic import FAR
from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]

TREES, LEAVES, RATE = 20, 6, 0.2
HALVES = 2
MOST = 10_000
"""Rows that a fit takes; more change little here and cost time."""


@dataclass(frozen=True)
class Residual:
    """The correction of a log ratio at the rows of P and Q, and twice the gain in log likelihood, on 1 degree."""

    p: Array
    q: Array
    statistic: float


def available() -> bool:
    """Whether scikit-learn is installed."""
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


def require() -> None:
    """Say how to get scikit-learn where it is missing."""
    if not available():
        raise UsageError("the classifier takes scikit-learn: pip install 'bitsapart[learn]', or pass method='auto'")


def residual(
    rows: tuple[Array, Array], ratio: tuple[Array, Array], fold: tuple[NDArray[np.int64], NDArray[np.int64]], seed: int
) -> Residual:
    """Cross-fitted boosting of the log ratio at ``rows``, the samples of P (n, d) and Q (m, d)."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    n, m = len(rows[0]), len(rows[1])
    table = np.concatenate(rows)
    first = np.arange(n + m) < n
    odds = np.clip(np.concatenate(ratio) + np.log(n / m), -FAR, FAR)
    share = 1.0 / (1.0 + np.exp(-odds))
    weight = np.maximum(share * (1.0 - share), 1e-3)
    target = (first - share) / weight
    folds = np.concatenate(fold) % HALVES
    found = np.empty(n + m)
    rng = np.random.default_rng(seed)
    for k in range(HALVES):
        train = np.flatnonzero(folds != k)
        train = rng.permutation(train)[:MOST] if len(train) > MOST else train
        trees = HistGradientBoostingRegressor(
            max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=RATE, l2_regularization=1.0, early_stopping=False,
            min_samples_leaf=20, random_state=int(seed) % 2**32,
        )  # fmt: skip
        found[folds == k] = trees.fit(table[train], target[train], sample_weight=weight[train]).predict(
            table[folds == k]
        )
    shift, scale, statistic = improved(first, odds, found)
    correction = shift + scale * found
    return Residual(correction[:n], correction[n:], statistic)


def improved(first: NDArray[np.bool_], odds: Array, found: Array) -> tuple[float, float, float]:
    """The best odds + a + b found with b >= 0, and twice what it gains over the best odds + a."""
    alone = likelihood(first, odds, np.column_stack([np.ones(len(odds))]))
    both = likelihood(first, odds, np.column_stack([np.ones(len(odds)), found]))
    if both[0][1] <= 0.0:
        return float(alone[0][0]), 0.0, 0.0
    return float(both[0][0]), float(both[0][1]), 2.0 * (both[1] - alone[1])


def likelihood(first: NDArray[np.bool_], odds: Array, design: Array) -> tuple[Array, float]:
    """The coefficients that add most to the log likelihood of the labels, and that log likelihood, by Newton."""
    found = np.zeros(design.shape[1])
    for _ in range(8):
        share = 1.0 / (1.0 + np.exp(-np.clip(odds + design @ found, -FAR, FAR)))
        curve = design.T @ (design * (share * (1.0 - share))[:, np.newaxis]) + 1e-6 * np.eye(len(found))
        step = np.linalg.solve(curve, design.T @ (first - share))
        found = found + np.clip(step, -1.0, 1.0)
    there = odds + design @ found
    return found, -float(np.sum(np.logaddexp(0.0, np.where(first, -there, there))))
