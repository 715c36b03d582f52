"""How many equally weighted rows carry as much information as rows with survey weights.

    n = (sum w)^2 / sum w^2

Kish 1965, "Survey Sampling". It is right for a mean of something that has nothing to do with the weights.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.counts import numbers
from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]


def effective_sample_size(weights: ArrayLike, axis: int = -1) -> Array:
    """n, shape (...), of ``weights``, one for each row along ``axis``; 0 where all are 0.

    >>> float(effective_sample_size([1, 1, 2]).round(6))
    2.666667
    """
    weights = numbers(weights, "weights", "weights are wanted, one for each row").astype(np.float64)
    if weights.ndim == 0:
        raise UsageError("weights is a single number: one is wanted for each row")
    if not np.all(np.isfinite(weights)) or np.any(weights < 0.0):
        raise UsageError("weights should be finite and not negative, one for each row")
    largest = weights.max(axis=axis, keepdims=True, initial=0.0)
    scaled = weights / np.where(largest > 0.0, largest, 1.0)
    squares = np.sum(scaled**2, axis=axis)
    return np.asarray(np.sum(scaled, axis=axis) ** 2 / np.where(squares > 0.0, squares, 1.0))


def effective_counts(weighted: ArrayLike, effective_n: ArrayLike) -> Array:
    """Sums of weights by outcome, (..., outcomes), scaled to sum to ``effective_n``, one number or (...).

    >>> effective_counts([6.0, 2.0], 4.0).tolist()
    [3.0, 1.0]
    """
    weighted = np.asarray(weighted, dtype=np.float64)
    n = numbers(effective_n, "effective_n", "a number of rows is wanted").astype(np.float64)
    if not np.all(np.isfinite(n)) or np.any(n <= 0.0):
        raise UsageError(f"effective_n should be a positive number of rows; got {effective_n!r}")
    try:
        n = np.broadcast_to(n, weighted.shape[:-1])
    except ValueError as error:
        raise UsageError(
            f"effective_n has shape {n.shape}: one number is wanted, or one for each row of {weighted.shape[:-1]}"
        ) from error
    sums = weighted.sum(axis=-1)
    return np.asarray(weighted * (n / np.where(sums > 0.0, sums, math.inf))[..., None])
