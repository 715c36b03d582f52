"""How many rows would settle whether a divergence exceeds a tolerance.

If the truth is the estimate, then with s times the rows the bias and the slope shrink by s and the variance at 0 by
s^2, so the interval to come is known up to chance (an unlucky sample needs more: at this number about half are
settled). Cochran 1977, ch. 4.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.kl_divergence import kl_spread
from bitsapart.estimate.intervals.noncentral import Spread, interval

MOST = 1e12


def rows_to_decide(p: ArrayLike, q: ArrayLike, tolerance: float, level: float) -> int | None:
    """Rows on the larger side, at the present ratio of sides, at which KL(P || Q)'s interval leaves ``tolerance`` nats.

    None where the interval has left it already, or would need more than 1e12 rows.

    >>> rows_to_decide([60, 40], [40, 60], 0.05, 0.95)
    2044
    >>> rows_to_decide([600, 400], [400, 600], 0.01, 0.95) is None
    True
    """
    p, q = as_counts(p), as_counts(q)
    larger = float(max(p.sum(), q.sum()))
    if p.size < 2 or min(p.sum(), q.sum()) == 0:
        return None
    spread = kl_spread(p, q)
    limit = math.log(MOST / larger)
    if settled(spread, tolerance, level) or not settled(spread.scaled(math.exp(limit)), tolerance, level):
        return None
    low, high = 0.0, limit
    while high - low > 1e-3:
        middle = (low + high) / 2.0
        if settled(spread.scaled(math.exp(middle)), tolerance, level):
            high = middle
        else:
            low = middle
    return int(np.ceil(larger * math.exp(high)))


def settled(spread: Spread, tolerance: float, level: float) -> bool:
    """Whether the interval lies wholly on one side of the tolerance."""
    low, high = interval(spread, level)
    return high < tolerance or low > tolerance
