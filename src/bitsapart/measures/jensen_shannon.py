"""Jensen-Shannon divergence.  JS(P, Q) = KL(P || M) / 2 + KL(Q || M) / 2 with M = (P + Q) / 2, in nats.  Lin 1991.

With d = (p - q) / (p + q) an outcome adds M (d atanh d + log(1 - d^2) / 2), which is >= 0, symmetric, and exact near
d = 0.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def js_divergence(p: ArrayLike, q: ArrayLike) -> Array:
    """JS(P, Q) in nats over the last axis, between 0 and log 2; shape (..., outcomes) -> (...).

    >>> float(js_divergence([1.0, 0.0], [0.0, 1.0]) / np.log(2))
    1.0
    >>> float(js_divergence([0.5, 0.5], [0.5 + 1e-9, 0.5 - 1e-9]))
    4.99999999...e-19
    """
    p, q = np.broadcast_arrays(np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64))
    total = p + q
    d = np.divide(np.abs(p - q), total, out=np.zeros(total.shape), where=total > 0)
    inside = np.where(d < 1.0, d, 0.0)
    terms = np.where(d < 1.0, inside * np.arctanh(inside) + np.log1p(-inside * inside) / 2.0, np.log(2.0))
    return np.asarray(np.minimum(np.sum(total / 2.0 * terms, axis=-1), np.log(2.0)))
