"""James-Stein shrinkage: the entropy of shares drawn towards the uniform distribution as far as the sample asks.

    p = L / K + (1 - L) c / n          L = (1 - sum (c/n)^2) / ((n - 1) sum (1/K - c/n)^2), within [0, 1]

Hausser & Strimmer 2009, "Entropy inference and the James-Stein estimator".
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.discrete.outcomes import outcomes_of
from bitsapart.estimate.discrete.plug_in import entropy_of, total

Array = NDArray[np.float64]


def shrinkage(counts: ArrayLike, outcomes: ArrayLike | None = None) -> Array:
    """H in nats, shape (...), of ``counts``, shape (..., outcomes); nan where all are zero.

    ``outcomes``: how many there are, one number or (...); as many as counts are given if None.

    >>> round(float(shrinkage([10, 2, 1, 0])), 6)
    0.828799
    """
    counts = np.asarray(counts, dtype=np.float64)
    n = total(counts)
    known, unseen = outcomes_of(counts, outcomes)
    share, even = counts / n[..., None], 1.0 / known
    apart = np.where(counts > 0.0, (share - even[..., None]) ** 2, 0.0).sum(axis=-1) + unseen * even**2
    scatter = np.sum(share * (n[..., None] - counts), axis=-1) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.where(scatter >= (n - 1.0) * apart, 1.0, scatter / ((n - 1.0) * apart))
    drawn = np.where(np.isnan(n), np.nan, drawn)
    most = n * drawn * even
    weights = np.where(counts > 0.0, most[..., None] + (1.0 - drawn[..., None]) * counts, 0.0)
    return entropy_of(weights, unseen, most)
