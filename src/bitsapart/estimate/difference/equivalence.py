"""The test of equivalence: whether KL(P || Q) has been shown to be smaller than a tolerance.

The hypothesis is turned round: 'KL is at least the tolerance' is what a small p-value speaks against (Schuirmann 1987;
Wellek 2010). The p-value is the smallest tail at which the one-sided upper confidence bound of KL lies below the
tolerance, so that p < 1 - level where, and only where, `kl_divergence(..., level=level, side="upper")` ends below it.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bitsapart.estimate.difference.each_row import for_each_row, seen
from bitsapart.estimate.difference.hypothesis_test import HypothesisTest, HypothesisTests
from bitsapart.estimate.difference.margins import Array
from bitsapart.estimate.intervals.noncentral import METHOD, Spread, probability_below
from bitsapart.estimate.intervals.rare_counts import excess
from bitsapart.estimate.kl_moments import kl_sides, kl_spread
from bitsapart.estimate.too_few import too_few
from bitsapart.measures.door import unit_of
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

SMALLEST = 1e-15
"""No p-value is called smaller: the law of the estimate is not known so far out."""


def equivalence_test(
    counts_p: ArrayLike, counts_q: ArrayLike, tolerance: float, *, unit: str | Unit = "bit", axis: int = -1
) -> HypothesisTest | HypothesisTests:
    """Test of 'KL(P || Q) >= tolerance' from counts of the same outcomes: a small p-value shows a smaller difference.

    ``tolerance`` > 0 in ``unit``, and so the result's ``statistic``, the estimate of KL. The p-value is 1 where an
    outcome of P was never seen in Q, or another sample of Q would lack some: KL may then be of any size. Outcomes along
    ``axis``; the other axes are a batch.

    >>> found = equivalence_test([5010, 4990], [4980, 5020], tolerance=0.01)
    >>> found.p_value < 1e-9, found.hypothesis
    (True, 'KL(P || Q) >= 0.01 bits')
    >>> equivalence_test([60, 40], [50, 50], tolerance=0.01).p_value > 0.5
    True
    """
    unit = unit_of(unit)
    limit = limit_of(tolerance) * unit.value
    hypothesis = f"KL(P || Q) >= {tolerance:g} {unit.name}s"

    def test(p: Array, q: Array) -> HypothesisTest:
        rows = int(p.sum() + q.sum())
        if p.sum() == 0 or q.sum() == 0:
            return HypothesisTest(1.0, math.nan, hypothesis, "no rows on one side", rows)
        p, q = seen(p, q)
        if np.any((q == 0) & (p > 0)):
            return HypothesisTest(1.0, math.inf, hypothesis, "an outcome of P was never seen in Q", rows)
        spread = kl_spread(p, q)
        estimate = float(unit.of(float(spread.estimate)))
        if too_few(p[None], q[None])[0]:
            return HypothesisTest(1.0, estimate, hypothesis, "too few data", rows)
        return HypothesisTest(equivalence(p, q, spread, limit), estimate, hypothesis, METHOD, rows)

    return for_each_row(test, {"counts_p": counts_p, "counts_q": counts_q}, axis, hypothesis)


def limit_of(tolerance: Any) -> float:
    """A tolerance, checked."""
    try:
        found = float(tolerance)
    except (TypeError, ValueError) as error:
        raise UsageError(f"tolerance should be a number above 0, such as 0.01; got {tolerance!r}") from error
    if not 0.0 < found < math.inf:
        raise UsageError(f"tolerance should be above 0 and finite, such as 0.01; got {tolerance!r}")
    return found


def equivalence(p: Array, q: Array, spread: Spread, limit: float) -> float:
    """The tail at which the upper bound of KL falls to ``limit`` nats.

    The bound is that of the noncentral law moved out for rare outcomes, which depends on the tail as well.
    """
    # as at the upper end of the interval, a negative estimate is read as 0
    read = Spread(max(float(spread.estimate), 0.0), spread.bias, spread.variance, spread.slope)
    variance = float(read.spread_at(read.estimate))
    sides = kl_sides(p, q)

    def so_far_below(tail: float) -> float:
        """The probability of so small an estimate, if KL is the limit less what rare outcomes add."""
        added = sum(float(excess(side, tail)[0]) for side in sides) / variance
        return float(probability_below(read, limit - added)) if limit > added else 1.0

    def gap(logarithm: float) -> float:
        return math.log(max(so_far_below(math.exp(logarithm)), 1e-300)) - logarithm

    least, most = math.log(SMALLEST), math.log(0.5)
    if gap(most) >= 0.0:
        return max(so_far_below(0.5), 0.5)
    if gap(least) <= 0.0:
        return SMALLEST
    from scipy.optimize import brentq

    return math.exp(float(brentq(gap, least, most, xtol=1e-6)))
