"""Divergences that need no estimator: with no rows on one side nothing is known, with one outcome it is 0."""

import math

import numpy as np
from numpy.typing import NDArray

from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit


def degenerate_divergence(p: NDArray[np.float64], q: NDArray[np.float64], level: float) -> Estimate | None:
    """The estimate in nats where the counts of both sides decide it alone; None where an estimator is needed.

    >>> import numpy as np
    >>> degenerate_divergence(np.array([3.0]), np.array([5.0]), 0.95).value
    0.0
    """
    rows = int(p.sum() + q.sum())
    if p.sum() == 0 or q.sum() == 0:
        return Estimate(math.nan, None, None, level, "unknown", "no rows on one side", Unit.nat, rows)
    if p.size == 1:
        return Estimate(0.0, 0.0, 0.0, level, "confidence", "a single outcome", Unit.nat, rows)
    return None
