"""Miller-Madow entropy: the plug-in and its bias to first order.

    H = plug-in + (s - 1) / 2n          s: outcomes seen; n: rows

Miller 1955, "Note on the bias of information estimates".
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.discrete.plug_in import plug_in, total
from bitsapart.estimate.discrete.plug_in import term as plug_in_term

Array = NDArray[np.float64]


def miller_madow(counts: ArrayLike) -> Array:
    """H in nats, shape (...), of ``counts``, shape (..., outcomes); nan where all are zero.

    >>> round(float(miller_madow([1, 2, 3, 2, 1])), 6)
    1.745177
    """
    counts = np.asarray(counts, dtype=np.float64)
    seen = np.count_nonzero(counts, axis=-1)
    return np.asarray(plug_in(counts) + (seen - 1.0) / (2.0 * total(counts)))


def term(counts: Array, n: float) -> Array:
    """What one outcome with this count adds, same shape; the estimate is the sum of these less 1 / 2n."""
    return plug_in_term(counts, n) + (counts > 0.0) / (2.0 * n)
