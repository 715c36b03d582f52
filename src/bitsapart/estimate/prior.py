"""The divergence from a reference that can code what it never saw.

The reference becomes a real code with an escape: ``prior`` counts are set aside for all values that it lacks, so

    q_i = q_i / (m + prior)      q_new = prior / (m + prior)

and all outcomes with q_i = 0 < p_i are one outcome, "new". Which other outcomes there are, and how many, does not
matter to the escape. Cleary & Witten 1984 (method A, with prior = 1).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.kl_divergence import kl_divergence, ratio_sums, scatter_of_logs
from bitsapart.estimate.intervals.noncentral import METHOD, Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import code_side, own_side, skewed_interval
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


def divergence_with_prior(p: ArrayLike, q: ArrayLike, prior: float, level: float) -> Estimate:
    """KL(P || code of Q with an escape) in nats, from counts of the same outcomes; always finite.

    The cost of outcomes known to the reference is estimated as in ``kl_divergence``; that of the escape is known.
    Once the share of new outcomes exceeds what the escape is worth, more of them cost more.

    >>> print(divergence_with_prior([60, 40], [100, 0], 0.5, 0.95))
    1.446 nats [1.016, 2.016]
    """
    p, q = as_counts(p), as_counts(q)
    known = q > 0
    new = float(p[~known].sum())
    if new == 0 or p.sum() == 0 or q.sum() == 0:
        return kl_divergence(p, q, level)
    spread = escape_spread(p[known], q[known], new, prior)
    m = q.sum()
    code = np.log(np.append(q[known] + 0.5, prior) / (m + prior))
    sides = own_side(np.append(p[known], new), code), code_side(p[known], q[known], p.sum())
    low, high = skewed_interval(spread, sides, level)
    value = max(spread.estimate, 0.0)
    method = f"{METHOD}; new outcomes coded by an escape of {prior:g} counts"
    return Estimate(
        value, min(low, value), max(high, value), level, "confidence", method, Unit.nat, int(p.sum() + q.sum())
    )


def escape_spread(p: Array, q: Array, new: float, prior: float) -> Spread:
    """The estimate and the moments of its law, for the known outcomes and a new one whose code has no uncertainty."""
    m = q.sum()
    n = p.sum() + new
    old = p.sum() / n
    escape = prior / (m + prior)
    seen = p > 0
    known = np.sum(p[seen] * (special.digamma(p[seen]) - special.digamma(q[seen] + 1.0))) / n
    known += old * (special.digamma(m + 1.0) - math.log1p(-escape))
    estimate = float(known + new / n * (special.digamma(new) - math.log(escape)) - special.digamma(n))
    terms, squares, ratio = ratio_sums(p, q, n)
    bias = max(terms - old / m, 1.0 / n) / 2.0
    variance = max(squares - (old / m) ** 2, 1.0 / n**2) / 2.0
    code = np.append(np.log(q + 0.5), math.log(prior))
    scatter = max(scatter_of_logs(np.append(p, new), code) - terms, 0.0)
    first_order = scatter / n + max(ratio - old**2, 0.0) / m
    return Spread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance))
