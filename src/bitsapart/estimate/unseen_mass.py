"""The share of P that falls on outcomes which a sample of Q never saw.

It is the binomial share of the rows of P, so its interval is exact (Clopper & Pearson 1934), given the sample of Q.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.asked import Asked
from bitsapart.estimate.counts import read_counts, sided
from bitsapart.estimate.degenerate import marked
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates

Array = NDArray[np.float64]
METHOD = "share of rows + Clopper-Pearson, given the sample of Q"


def unseen_mass(
    counts_p: ArrayLike, counts_q: ArrayLike, *, level: float = 0.95, side: str = "both", axis: int = -1
) -> Estimate | Estimates:
    """The probability under P of the outcomes that Q lacks, between 0 and 1; (..., outcomes) twice -> (...).

    It says what KL(P || Q) cannot, which is infinite as soon as there is one. The share belongs to this sample of Q:
    a larger one has seen more. The result has no unit.

    >>> found = unseen_mass([90, 8, 2], [95, 5, 0])
    >>> round(found.value, 3), round(found.low, 4), round(found.high, 3)
    (0.02, 0.0024, 0.07)
    """
    (p, q), shape = read_counts({"counts_p": counts_p, "counts_q": counts_q}, axis)
    asked = Asked(level=level, side=side)
    n = p.sum(axis=-1)
    count = np.sum(np.where(q == 0.0, p, 0.0), axis=-1)
    low, high = clopper_pearson(count, n, (1.0 - asked.two_sided) / 2.0)
    with np.errstate(invalid="ignore"):
        value = count / n
    found = Estimates.filled(value, level, METHOD, None, n.astype(np.int64), (low, high))
    found = marked(sided(found, side, 0.0, 1.0), n == 0.0, np.nan, np.nan, ("unknown", "no rows"))
    return found.reshape(shape)[()]


def clopper_pearson(count: Array, n: Array, tail: float) -> tuple[Array, Array]:
    """The limits of a binomial share, each wrong with at most probability ``tail``; same shape as the counts."""
    rest = n - count
    low = np.where(count > 0.0, special.betaincinv(np.maximum(count, 1.0), rest + 1.0, tail), 0.0)
    high = np.where(rest > 0.0, special.betaincinv(count + 1.0, np.maximum(rest, 1.0), 1.0 - tail), 1.0)
    return low, high


def binary_lower_bound(p: Array, q: Array, tail: float) -> Array:
    """d(P(new) || Q(new)), (rows,), at the ends of both shares' confidence bounds; some outcome of P has no count in Q.

    Which outcomes are new was seen in the reference itself, so its bound covers every set of so many outcomes:
    C(K, s) sets of each of K sizes.
    """
    new = q == 0.0
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    outcomes, size = p.shape[-1], np.count_nonzero(new, axis=-1)
    count = np.sum(np.where(new, p, 0.0), axis=-1)
    current = special.betaincinv(count, n - count + 1.0, tail / 2.0)
    sets = math.lgamma(outcomes + 1) - special.gammaln(size + 1.0) - special.gammaln(outcomes - size + 1.0)
    reference = -np.expm1((math.log(tail / 2.0) - math.log(outcomes) - sets) / m)
    less = np.minimum(current, 1.0 - 1e-15)
    bound = special.xlogy(current, current / reference)
    bound += np.where(current < 1.0, (1.0 - less) * (np.log1p(-less) - np.log1p(-reference)), 0.0)
    return np.where(current > reference, np.maximum(bound, 0.0), 0.0)
