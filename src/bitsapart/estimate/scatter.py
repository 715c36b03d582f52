"""The variance of values under weights, from which first-order variances of estimates are made."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def scatter(weights: Array, values: Array) -> Array:
    """Sum w v^2 - (sum w v)^2 with weights w made to sum to 1, (...), of (..., outcomes); below 0 by rounding only.

    >>> float(scatter(np.array([1.0, 3.0]), np.array([0.0, 4.0])))
    3.0
    """
    share = weights / weights.sum(axis=-1, keepdims=True)
    return np.asarray(np.sum(share * values**2, axis=-1) - np.sum(share * values, axis=-1) ** 2)
