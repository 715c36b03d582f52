"""Logistic regression of "which sample is this row from", which is the log density ratio up to a constant.

    log P(first | x) / P(second | x) = log p(x) / q(x) + log n / m

so with the offset log(n / m) the linear part is the log of the ratio itself, whatever the sizes of the samples: the
semiparametric maximum likelihood fit of an exponential tilt. Qin 1998, Biometrika 85(3).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RIDGE = 0.1
"""Weight of the squared coefficients of standardised features: it keeps separated samples finite, and little else."""
STEPS = 30
FAR = 30.0
"""Log odds beyond which a row tells nothing more."""


def fit(p: Array, q: Array, start: Array | None = None) -> Array:
    """Coefficients (1 + features,), intercept first, of log p/q on the features of both samples, (rows, features).

    Newton's method with halved steps; ``start``: where to begin.

    >>> rng = np.random.default_rng(0)
    >>> p, q = rng.normal(1.0, 1.0, (4000, 1)), rng.normal(0.0, 1.0, (8000, 1))
    >>> fit(p, q).round(1).tolist()
    [-0.5, 1.0]
    """
    rows = np.concatenate([p, q])
    first = np.arange(len(rows)) < len(p)
    design = np.column_stack([np.ones(len(rows)), rows])
    offset = np.log(len(p) / len(q))
    ridge = np.full(design.shape[1], RIDGE)
    ridge[0] = 1e-6
    found = np.zeros(design.shape[1]) if start is None else start
    loss = penalised(design, first, offset, ridge, found)
    for _ in range(STEPS):
        share = 1.0 / (1.0 + np.exp(-np.clip(design @ found + offset, -FAR, FAR)))
        slope = design.T @ (first - share) - ridge * found
        weighted = design * (share * (1.0 - share))[:, np.newaxis]
        step = np.linalg.solve(design.T @ weighted + np.diag(ridge), slope)
        found, loss, gain = taken(design, first, offset, ridge, found, step, loss)
        if gain < 1e-7:
            break
    return found


def taken(
    design: Array, first: NDArray[np.bool_], offset: float, ridge: Array, found: Array, step: Array, loss: float
) -> tuple[Array, float, float]:
    """The coefficients after the longest of the halved steps that lowers the loss, that loss, and by how much."""
    for halvings in range(12):
        there = found + step / 2.0**halvings
        after = penalised(design, first, offset, ridge, there)
        if after <= loss:
            return there, after, loss - after
    return found, loss, 0.0


def penalised(design: Array, first: NDArray[np.bool_], offset: float, ridge: Array, found: Array) -> float:
    """The penalised loss, in nats over all rows."""
    odds = design @ found + offset
    return float(np.sum(np.logaddexp(0.0, np.where(first, -odds, odds))) + np.sum(ridge * found**2) / 2.0)


def log_ratio(features: Array, found: Array) -> Array:
    """The fitted log p/q of rows of features."""
    return np.asarray(features @ found[1:] + found[0])
