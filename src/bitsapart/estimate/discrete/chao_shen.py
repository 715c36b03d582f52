"""Chao & Shen's entropy: shares shrunk by the coverage, and each weighted by its chance of having been seen.

    H = -sum C p log(C p) / (1 - (1 - C p)^n)          C = 1 - f1 / n,  p = c / n

f1: outcomes seen once; where every row is one, C = 1/n, so that something is left. Chao & Shen 2003,
"Nonparametric estimation of Shannon's index of diversity when there are unseen species in sample".
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.discrete.plug_in import minus_x_log_x, total

Array = NDArray[np.float64]


def chao_shen(counts: ArrayLike) -> Array:
    """H in nats, shape (...), of whole ``counts``, shape (..., outcomes); nan where all are zero.

    >>> round(float(chao_shen([1, 2, 3, 2, 1])), 6)
    1.876548
    """
    counts = np.asarray(counts, dtype=np.float64)
    n = total(counts)
    once = np.count_nonzero(counts == 1.0, axis=-1)
    covered = 1.0 - np.where(once == n, n - 1.0, once) / n
    share = covered[..., None] * (counts / n[..., None])
    seen = np.expm1(n[..., None] * np.log1p(-np.where(share < 1.0, share, 0.0)))
    chance = np.where(seen < 0.0, -seen, 1.0)
    return np.asarray(np.sum(minus_x_log_x(share) / chance, axis=-1))
