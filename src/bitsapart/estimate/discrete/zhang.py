"""Zhang's entropy in its digamma form: its bias falls exponentially with the expected counts.

    H = psi(n) - sum (c_i / n) psi(c_i)  =  plug-in + (sum t(c_i) - t(n)) / n          t: see ``digamma_bias``

The second form has no large difference. Zhang 2012, "Entropy estimation in Turing's perspective"; equal to the
digamma form by Schuermann 2015, "A note on entropy estimation".
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.discrete.digamma_bias import digamma_bias
from bitsapart.estimate.discrete.plug_in import plug_in, total

Array = NDArray[np.float64]


def zhang(counts: ArrayLike) -> Array:
    """H in nats, shape (...), of ``counts``, shape (..., outcomes); nan where all are zero.

    >>> round(float(zhang([1, 2, 3, 2, 1])), 6)
    1.773413
    """
    counts = np.asarray(counts, dtype=np.float64)
    more = digamma_bias(counts).sum(axis=-1) - digamma_bias(counts.sum(axis=-1))
    return np.asarray(np.maximum(plug_in(counts) + more / total(counts), 0.0))


def term(counts: Array, n: float) -> Array:
    """What one outcome with this count adds, same shape."""
    return np.where(counts > 0.0, counts / n * (special.digamma(n) - special.digamma(np.maximum(counts, 1.0))), 0.0)
