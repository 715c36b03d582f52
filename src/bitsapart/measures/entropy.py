"""Entropy.  H(P) = -sum p log p, in nats, with 0 log 0 = 0.  Shannon 1948."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def entropy(p: ArrayLike) -> Array:
    """H(P) in nats over the last axis; shape (..., outcomes) -> (...).

    The logarithm of a probability above one half is taken from the sum of the others, which keeps the entropy of
    an almost certain outcome exact.

    >>> float(entropy([0.5, 0.25, 0.25]) / np.log(2))
    1.5
    >>> float(entropy([1.0, 1e-30]))
    7.00...e-29
    """
    p = np.asarray(p, dtype=np.float64)
    large = p > 0.5
    others = np.sum(np.where(large, 0.0, p), axis=-1, keepdims=True)
    logs = np.where(large, np.log1p(-np.where(large, others, 0.0)), np.log(np.where(p > 0, p, 1.0)))
    return np.asarray(np.maximum(-np.sum(p * logs, axis=-1), 0.0))
