"""Jensen-Shannon divergence from two samples of counts, with its interval.

    JS = H((P + Q) / 2) - H(P) / 2 - H(Q) / 2

Each entropy by the digamma estimate and the tail of Chao, Wang & Jost (see ``js_moments``). The low end is that of the
same with outcomes merged that are rare in both samples together, as the law of many rare ones is not a chi-square.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.asked import Asked, Measure, estimated
from bitsapart.estimate.counts import answered, read_counts
from bitsapart.estimate.intervals.merged import merged_rare
from bitsapart.estimate.intervals.noncentral import METHOD
from bitsapart.estimate.intervals.rare_counts import skewed_interval
from bitsapart.estimate.js_moments import JsSpread, js_estimate, js_side, js_spread, plug_in_js
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


def js_divergence(
    counts_p: ArrayLike,
    counts_q: ArrayLike,
    *,
    interval: str = "auto",
    level: float = 0.95,
    side: str = "both",
    unit: str | Unit = "bit",
    axis: int = -1,
    seed: int = 0,
) -> Estimate | Estimates:
    """JS(P, Q), between 0 and 1 bit, from counts of the same outcomes; (..., outcomes) twice -> (...).

    The arguments are those of ``kl_divergence``; there is no prior, since none is needed.

    >>> print(js_divergence([60, 40], [40, 60]))
    0.025 bits [0.003, 0.090]
    """
    (p, q), shape = read_counts({"counts_p": counts_p, "counts_q": counts_q}, axis)
    return answered(js_estimates(p, q, Asked(level, interval, side, seed)), shape, unit)


def js_estimates(p: Array, q: Array, asked: Asked) -> Estimates:
    """JS(P, Q) in nats, one a row, from counts (rows, outcomes)."""
    return estimated(JS, (p, q), asked)


def js_ends(p: Array, q: Array, spread: JsSpread, level: float) -> tuple[Array, Array]:
    """Both ends; the low one with rare outcomes merged, the high one with only half the tails of P and Q taken off."""
    sides = js_side(p, q), js_side(q, p)
    low, high = skewed_interval(spread, sides, level)
    high = high + spread.tails / 4.0
    fewer_p, fewer_q, some = merged_rare(p, q)
    rows = np.flatnonzero(some)
    if rows.size:
        fewer_p, fewer_q = fewer_p[rows], fewer_q[rows]
        sides = js_side(fewer_p, fewer_q), js_side(fewer_q, fewer_p)
        low[rows] = skewed_interval(js_spread(fewer_p, fewer_q), sides, level)[0]
    return low, high


def js_notes(p: Array, q: Array) -> list[str]:
    """Why the rows are too few for a high end, one a row."""
    single = np.count_nonzero(p + q, axis=-1) == 1
    return [ONE if one else "" for one in single.tolist()]


ONE = "too few data: all rows of both samples have one outcome"
JS = Measure(
    method=METHOD,
    estimator="digamma entropies with tails of Chao, Wang & Jost",
    spread=js_spread,
    ends=js_ends,
    notes=js_notes,
    estimate=js_estimate,
    plug_in=plug_in_js,
    largest=lambda p, q: np.full(p.shape[:-1], math.log(2.0)),
    infinite=lambda p, q: np.zeros(p.shape[:-1], dtype=bool),
)
