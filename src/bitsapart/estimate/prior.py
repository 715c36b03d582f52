"""The divergence from a reference that can code what it never saw.

The reference becomes a real code with an escape: ``prior`` counts are set aside for all values that it lacks, so

    q_i = q_i / (m + prior)      q_new = prior / (m + prior)

and all outcomes with q_i = 0 < p_i are one outcome, "new". Which other outcomes there are, and how many, does not
matter to the escape. Cleary & Witten 1984 (method A, with prior = 1).
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.asked import Asked
from bitsapart.estimate.counts import sided
from bitsapart.estimate.intervals.noncentral import METHOD, Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import code_side, own_side, skewed_interval
from bitsapart.estimate.kl_moments import ratio_sums, scatter_of_logs
from bitsapart.estimate.unseen_tail import unseen_tail
from bitsapart.values.errors import UsageError
from bitsapart.values.estimates import Estimates

Array = NDArray[np.float64]


def with_prior(found: Estimates, p: Array, q: Array, asked: Asked) -> Estimates:
    """Divergences in nats, those of rows where Q lacks outcomes of P replaced by finite ones; counts (rows, outcomes).

    The cost of outcomes known to the reference is estimated as in ``kl_divergence``; that of the escape is known.
    Once the share of new outcomes exceeds what the escape is worth, more of them cost more.
    """
    prior = asked.prior or 0.0
    rows = np.flatnonzero(np.any((q == 0.0) & (p > 0.0), axis=-1) & (q.sum(axis=-1) > 0.0))
    if rows.size and asked.interval in ("basic_bootstrap", "delta"):
        raise UsageError(f'prior= has the noncentral interval only, not "{asked.interval}": leave out interval=')
    fields = {name: getattr(found, name).copy() for name in ("value", "low", "high", "kind", "method", "note")}
    for row in rows:
        value, low, high = by_escape(p[row], q[row], prior, asked.two_sided)
        fields["value"][row], fields["low"][row], fields["high"][row] = value, min(low, value), max(high, value)
        fields["kind"][row], fields["note"][row] = "confidence", ""
        fields["method"][row] = f"digamma divergence + {METHOD}; new outcomes coded by an escape of {prior:g} counts"
    ready = replace(found, **fields)
    return sided(ready, asked.side, 0.0, math.inf) if rows.size else ready


def by_escape(p: Array, q: Array, prior: float, level: float) -> tuple[float, float, float]:
    """The divergence from the code with an escape and both ends of its interval, of one row of counts."""
    known = q > 0.0
    new = float(p[~known].sum())
    p, q = p[known], q[known]
    spread = escape_spread(p, q, new, prior)
    m = q.sum()
    everything = np.append(p, new)
    code = np.log(np.append(q + 0.5, prior) / (m + prior))
    sides = own_side(everything, code), code_side(p, q, everything.sum())
    low, high = skewed_interval(spread, sides, level)
    return max(float(spread.estimate), 0.0), float(low), float(high)


def escape_spread(p: Array, q: Array, new: float, prior: float) -> Spread:
    """The estimate and the moments of its law, for the known outcomes and a new one whose code has no uncertainty."""
    m = q.sum()
    n = p.sum() + new
    old = p.sum() / n
    escape = prior / (m + prior)
    everything = np.append(p, new)
    tail, unsure = unseen_tail(everything)
    known = np.sum(p * (special.digamma(np.maximum(p, 1.0)) - special.digamma(q + 1.0))) / n
    known += old * (special.digamma(m + 1.0) - math.log1p(-escape))
    estimate = known + new / n * (special.digamma(new) - math.log(escape)) - special.digamma(n) - tail
    terms, squares, ratio = ratio_sums(p, q, n)
    bias = max(terms - old / m, 1.0 / n) / 2.0
    variance = max(squares - (old / m) ** 2, 1.0 / n**2) / 2.0 + unsure
    code = np.append(np.log(q + 0.5), math.log(prior))
    scatter = max(scatter_of_logs(everything, code) - terms, 0.0)
    first_order = scatter / n + max(ratio - old**2, 0.0) / m
    return Spread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance))
