"""Kullback-Leibler divergence.  KL(P || Q) = sum p log(p / q), in nats.  Kullback & Leibler 1951.

Computed as sum (p log(p / q) - p + q), which is the same for distributions and whose terms are all >= 0: nothing
cancels, and the divergence of two almost equal distributions keeps its relative precision.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.measures.logarithm import log1pmx

Array = NDArray[np.float64]


def kl_divergence(p: ArrayLike, q: ArrayLike) -> Array:
    """KL(P || Q) in nats over the last axis; shape (..., outcomes) -> (...). Infinite where q = 0 < p.

    >>> float(kl_divergence([0.5, 0.5], [0.25, 0.75]))
    0.1438...
    >>> float(kl_divergence([1.0, 0.0], [0.0, 1.0]))
    inf
    """
    p, q, change, near = relative_change(p, q)
    close = -p * log1pmx(np.where(near, change, 0.0))
    apart = p * log_ratio(p, q) - p + q
    terms = np.where(near, close, apart)
    return np.asarray(np.sum(np.maximum(terms, 0.0), axis=-1))


def kl_contributions(p: ArrayLike, q: ArrayLike) -> Array:
    """Terms p log(p / q) of each outcome, in nats, with their signs; shape (..., outcomes). Their sum is KL(P || Q).

    >>> kl_contributions([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]).round(4).tolist()
    [0.3466, 0.3466, 0.0]
    """
    p, q, change, near = relative_change(p, q)
    close = -p * np.log1p(np.where(near, change, 0.0))
    return np.where(near, close, p * log_ratio(p, q))


def relative_change(p: ArrayLike, q: ArrayLike) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """The two as arrays of one shape, (q - p) / p where p > 0, and where that is small."""
    p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
    positive = p > 0
    with np.errstate(over="ignore"):
        change = np.divide(q - p, p, out=np.full(p.shape, np.inf), where=positive)
    return p, q, change, positive & (np.abs(change) < 0.5)


def log_ratio(p: Array, q: Array) -> Array:
    """log(p / q) where p > 0, else 0."""
    positive = p > 0
    with np.errstate(divide="ignore"):
        return np.log(np.where(positive, p, 1.0)) - np.log(np.where(positive, q, 1.0))
