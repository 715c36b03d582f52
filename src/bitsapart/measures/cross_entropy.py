"""Cross-entropy.  H(P, Q) = -sum p log q = H(P) + KL(P || Q): the cost of coding P with the code made for Q.

Good 1956; Cover & Thomas 2006, theorem 5.4.3.
"""

from typing import Any

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.laws import UNBOUNDED, Laws, obeys
from bitsapart.values.unit import Unit


def cross_entropy_formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """In nats; every term is >= 0, and infinite where q = 0 < p."""
    terms = xp.where(q.possible, -p.p * q.log_p, xp.where(p.possible, xp.inf, 0.0))
    return xp.sum(terms, axis=-1)


CROSS_ENTROPY = Rule(cross_entropy_formula, "cross_entropy", from_logits=True)


@obeys(
    Laws(
        "pair",
        UNBOUNDED,
        finite="q > 0 where p > 0",
        symmetric=False,
        zero_iff_equal=False,
        triangle=False,
        convex=False,
        data_processing=True,
        additive=True,
    )
)
@takes_distributions
def cross_entropy(
    p: Any, q: Any, *, unit: str | Unit = "bit", axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Cross-entropy H(P, Q) = -sum p log q = H(P) + KL(P || Q), P the truth; (..., outcomes) twice -> (...).

    Infinite where q = 0 < p. Batches broadcast; arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(cross_entropy([0.5, 0.5], [0.25, 0.75]))
    1.207...
    >>> float(cross_entropy([1.0, 0.0], [0.0, 1.0]))
    inf
    """
    return evaluate(CROSS_ENTROPY, {"p": p, "q": q}, Options(axis, from_logits, normalize), unit=unit)
