"""Plug-in entropy: the entropy of the observed shares.

    H = -sum (c_i / n) log(c_i / n)          c_i: counts; n: their sum

Too low by about (outcomes - 1) / 2n. Also the place where weights of any kind become an entropy.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def plug_in(counts: ArrayLike) -> Array:
    """H in nats, shape (...), of ``counts``, shape (..., outcomes); nan where all are zero.

    >>> round(float(plug_in([1, 2, 3, 2, 1])), 6)
    1.522955
    """
    return entropy_of(np.asarray(counts, dtype=np.float64))


def entropy_of(weights: Array, others: ArrayLike = 0.0, other: ArrayLike = 0.0) -> Array:
    """Entropy in nats, (...), of ``weights`` (..., outcomes) and ``others`` more of weight ``other``, over their sum.

    The term of the heaviest outcome is taken from what is left beside it, so that next to certainty the smallest
    entropy has all its digits; no term is negative.
    """
    others, other = np.asarray(others, dtype=np.float64), np.asarray(other, dtype=np.float64)
    n = total(weights) + others * other
    terms = minus_x_log_x(weights / n[..., None])
    place = np.argmax(weights, axis=-1)[..., None]
    top = np.take_along_axis(weights, place, axis=-1)
    rest = n[..., None] - top
    with np.errstate(divide="ignore", invalid="ignore"):
        heaviest = np.where(rest > 0.0, -(top / n[..., None]) * np.log1p(-rest / n[..., None]), 0.0)
    np.put_along_axis(terms, place, np.where(top > 0.0, heaviest, 0.0), axis=-1)
    return np.asarray(terms.sum(axis=-1) + others * minus_x_log_x(other / n))


def term(counts: Array, n: float) -> Array:
    """What one outcome with this count adds, same shape."""
    return minus_x_log_x(counts / n)


def minus_x_log_x(x: Array) -> Array:
    """-x log x, and 0 at 0; same shape."""
    return -x * np.log(np.where(x > 0.0, x, 1.0))


def total(counts: Array) -> Array:
    """The sum over the last axis, shape (...), and nan where nothing was counted, so that what comes of it is nan."""
    n = counts.sum(axis=-1)
    return np.where(n > 0.0, n, np.nan)
