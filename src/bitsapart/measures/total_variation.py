"""Total variation distance.  sum |p - q| / 2: the largest difference in the probability of an event."""

from typing import Any

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution, pair_of
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.laws import ONE, divergence, obeys


def formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """A pure number."""
    return xp.sum(xp.abs(pair_of(p, q, xp).difference), axis=-1) / 2.0


TOTAL_VARIATION = Rule(formula, "total_variation")


@obeys(divergence(ONE, symmetric=True, triangle=True))
@takes_distributions
def total_variation(p: Any, q: Any, *, axis: int = -1, from_logits: bool = False, normalize: bool = False) -> Any:
    """Total variation distance sum |p - q| / 2, between 0 and 1: a metric; (..., outcomes) twice -> (...).

    A pure number. Batches broadcast; arguments and errors are those of `entropy`. Levin & Peres 2017, proposition 4.2.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(total_variation([0.5, 0.5], [0.25, 0.75]))
    0.25
    """
    return evaluate(TOTAL_VARIATION, {"p": p, "q": q}, Options(axis, from_logits, normalize))
