"""How many rows would settle whether a divergence exceeds a tolerance.

For a given truth, s times the rows shrink the bias, the slope and what rare outcomes add by s and the variance at 0 by
s^2, so the interval to come is known up to chance: at some s, half of the samples are settled (Cochran 1977, ch. 4).
The truth is not known, and one estimate put in its place misleads: near the tolerance it asks for far too many rows. So
the rows are found for every truth of the confidence distribution (Cox 1958; its quantiles are the ends of one-sided
intervals), and the answer is a quantile of these rows.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.intervals.noncentral import Spread, lower_end, probability_below, upper_end
from bitsapart.estimate.intervals.rare_counts import excess
from bitsapart.estimate.kl_divergence import kl_ends
from bitsapart.estimate.kl_moments import kl_sides, kl_spread
from bitsapart.estimate.too_few import too_few

Array = NDArray[np.float64]

MOST = 1e12
TAILS = (np.arange(8.0) + 0.5) / 16.0
"""One-sided errors of the ends that stand for the confidence distribution, eight from below and eight from above."""
QUANTILE = 0.4
"""Of the rows over the truths. Samples are asked only if undecided, whose estimates lie nearer the tolerance than the
truth does: by simulation the median is then too high, up to 2.6 times, and this is within a factor of 2."""


def rows_to_decide(p: ArrayLike, q: ArrayLike, tolerance: float, level: float) -> int | None:
    """Rows on the larger side, at the present ratio of sides, at which KL(P || Q)'s interval leaves ``tolerance`` nats.

    None where the interval has left it already, or would need more than 1e12 rows. Right within a factor of 2 in the
    median where there is a fifth of the rows needed; with fewer no more than a guess, too low if the truth is near the
    tolerance.

    >>> rows_to_decide([60, 40], [40, 60], 0.05, 0.95)
    386
    >>> rows_to_decide([600, 400], [400, 600], 0.01, 0.95) is None
    True
    """
    p, q = as_counts(p), as_counts(q)
    larger = float(max(p.sum(), q.sum()))
    if p.size < 2 or min(p.sum(), q.sum()) == 0:
        return None
    p, q = p[None], q[None]
    spread, tail = kl_spread(p, q), (1.0 - level) / 2.0
    variance = float(spread.spread_at(np.maximum(spread.estimate, 0.0))[0])
    rise, fall = (sum(float(side[end][0]) for side in [excess(s, tail) for s in kl_sides(p, q)]) for end in (0, 1))
    added = (fall / variance, rise / variance)
    low, high = (float(end[0]) for end in kl_ends(p, q, spread, level))
    if low > tolerance or (high < tolerance and not too_few(p, q)[0]):
        return None
    rows = larger * times_the_rows(spread, added, tolerance, level, math.log(MOST / larger))
    found = float(np.quantile(np.maximum(rows, larger + 1.0), QUANTILE))
    return None if found >= MOST else math.ceil(found)


def times_the_rows(spread: Spread, added: tuple[float, float], tolerance: float, level: float, most: float) -> Array:
    """How many times the rows settle it, for each truth of the confidence distribution, up to exp(most)."""
    truths = plausible_truths(spread)
    low, high = np.zeros(truths.size), np.full(truths.size, most)
    while np.max(high - low) > 1e-2:
        middle = (low + high) / 2.0
        done = settled(spread, added, truths, np.exp(middle), tolerance, level)
        low, high = np.where(done, low, middle), np.where(done, middle, high)
    return np.asarray(np.exp(high))


def plausible_truths(spread: Spread) -> Array:
    """Quantiles of the confidence distribution of the truth, ascending."""
    fields = (spread.estimate, spread.bias, spread.variance, spread.slope)
    same = Spread(*(np.full(TAILS.size, field) for field in fields))
    return np.append(lower_end(same, TAILS), upper_end(same, TAILS)[::-1])


def settled(
    spread: Spread, added: tuple[float, float], truths: Array, times: Array, tolerance: float, level: float
) -> NDArray[np.bool_]:
    """Whether the interval around each truth would lie on one side of the tolerance with so many times the rows.

    An end lies beyond the tolerance where the tolerance is rejected, so that no interval needs to be found.
    """
    tail = (1.0 - level) / 2.0
    then = Spread(truths, spread.bias / times, spread.variance / times**2, spread.slope / times)
    below, above = tolerance - added[1] / times, tolerance + added[0] / times
    small = (below > 0.0) & (probability_below(then, np.maximum(below, 0.0)) < tail) & (truths < below)
    return np.asarray(small | ((probability_below(then, above) > 1.0 - tail) & (truths > above)))
