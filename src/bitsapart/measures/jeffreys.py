"""Jeffreys divergence.  sum (p - q) log(p / q) = KL(P || Q) + KL(Q || P).  Jeffreys 1946."""

from typing import Any

import numpy as np

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution, pair_of, where_possible
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.laws import UNBOUNDED, divergence, obeys
from bitsapart.values.unit import Unit


def formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """In nats; both factors of a term have one sign."""
    pair = pair_of(p, q, xp)
    terms = pair.difference * pair.log_ratio
    return xp.sum(where_possible(pair, terms, q_only=np.inf, p_only=np.inf, xp=xp), axis=-1)


JEFFREYS = Rule(formula, "jeffreys_divergence")


@obeys(divergence(UNBOUNDED, symmetric=True, finite="p > 0 where q > 0 and back", information=True, additive=True))
@takes_distributions
def jeffreys_divergence(
    p: Any, q: Any, *, unit: str | Unit = "bit", axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Jeffreys divergence KL(P || Q) + KL(Q || P); (..., outcomes) twice -> (...).

    Infinite where one is 0 and the other is not. The population stability index (PSI) is this, in nats. Batches
    broadcast; arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(jeffreys_divergence([0.5, 0.5], [0.25, 0.75]))
    0.3962...
    """
    return evaluate(JEFFREYS, {"p": p, "q": q}, Options(axis, from_logits, normalize), unit=unit)
