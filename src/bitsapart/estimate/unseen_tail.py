"""What outcomes that were not seen add to the entropy of P, taken off its divergence, and how sure that is.

The tail T is that of ``entropy`` (see ``unseen``). Its variance is that of Chao, Wang & Jost's,

    T = (f1 / n) e^z E1(z)      z = 2 f2 / f1       f1, f2: outcomes seen once and twice

for many rows, f1 and f2 being two Poisson counts, by the delta method. As the number of unseen outcomes behind T is
itself a lower bound (Chao 1984), an end of an interval that must not be too high takes more of it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.discrete.zhang import zhang
from bitsapart.estimate.entropy import auto_entropy
from bitsapart.estimate.unseen import alphabet, missed_entropy

Array = NDArray[np.float64]
CAUTION = 1.5
"""So many times the tail is taken off where a divergence must not be too high."""
RARE = 5.0
"""Without counts up to this, the tail is below 0.01 rows' worth and left out."""


def own_entropy(p: Array) -> Array:
    """H(P) in nats, one a row of counts (rows, outcomes): the value of ``entropy``."""
    known = alphabet(p)
    return auto_entropy(p, known, missed_entropy(p, known))


def unseen_tail(counts: Array, own: Array | None = None) -> tuple[Array, Array]:
    """T in nats and its variance, both (...), of counts (..., outcomes); both 0 where no count is small.

    ``own``: the entropy of each row, if it is known already.

    >>> [round(float(x), 5) for x in unseen_tail(np.array([8.0, 2.0, 1.0, 1.0]))]
    [0.09502, 0.01841]
    """
    rare = np.any((counts > 0.0) & (counts <= RARE), axis=-1)
    found, variance = np.zeros(rare.shape), np.zeros(rare.shape)
    if np.any(rare):
        rows = counts.reshape(-1, counts.shape[-1])
        own = own_entropy(rows) if own is None else own
        tail = np.maximum(np.nan_to_num(own - zhang(rows)), 0.0).reshape(rare.shape)
        found[rare] = tail[rare]
        variance[rare] = variance_of(rows[rare.reshape(-1)])
    return found, variance


def variance_of(counts: Array) -> Array:
    """The variance of T, (rows,); 0 where no outcome was seen once."""
    n = counts.sum(axis=-1)
    once, twice = (np.count_nonzero(counts == times, axis=-1).astype(np.float64) for times in (1.0, 2.0))
    pairs = np.where(twice > 0.0, 2.0 * twice, 2.0 / n)
    singles = np.where(twice > 0.0, once, np.maximum(once - 1.0, 0.0) + 2.0 / n)
    z = np.clip(pairs / np.maximum(singles, 1e-300), 1e-12, 50.0)
    scaled = np.exp(z) * special.exp1(z)
    by_once, by_twice = 1.0 + scaled - z * scaled, 1.0 / z - scaled
    return np.asarray(once / n**2 * (by_once**2 + 2.0 * z * by_twice**2))
