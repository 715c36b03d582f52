"""Hellinger distance and Bhattacharyya coefficient.

    BC = sum sqrt(p q)        H^2 = 1 - BC = sum (sqrt p - sqrt q)^2 / 2        D_B = -log BC

Hellinger 1909; Bhattacharyya 1943; Le Cam & Yang 2000, chapter 3.
"""

from typing import Any

from bitsapart.measures.arrays import Array, Namespace, namespace_of
from bitsapart.measures.distribution import Distribution, pair_of, where_possible
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.jensen_shannon import root
from bitsapart.measures.laws import ONE, UNBOUNDED, Laws, divergence, obeys
from bitsapart.measures.renyi import divergence_formula
from bitsapart.values.unit import Unit


def squared_formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """(sqrt p - sqrt q)^2 = ((p - q) / (sqrt p + sqrt q))^2, halved."""
    pair = pair_of(p, q, xp)
    roots = root(p.p, xp) + root(q.p, xp)
    step = pair.difference / xp.where(roots > 0.0, roots, 1.0)
    return xp.sum(where_possible(pair, step * step / 2.0, q_only=q.p / 2.0, p_only=p.p / 2.0, xp=xp), axis=-1)


def common_formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """Sum sqrt(p q)."""
    return xp.sum(root(p.p, xp) * root(q.p, xp), axis=-1)


def distance_formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """Half the Renyi divergence of order 1/2."""
    return divergence_formula(xp, 0.5, p, q) / 2.0


SQUARED_HELLINGER = Rule(squared_formula, "squared_hellinger")
COEFFICIENT = Rule(common_formula, "squared_hellinger", column=1)
DISTANCE = Rule(distance_formula, "squared_hellinger", column=2)


@obeys(divergence(ONE, symmetric=True))
@takes_distributions
def squared_hellinger(p: Any, q: Any, *, axis: int = -1, from_logits: bool = False, normalize: bool = False) -> Any:
    """Squared Hellinger distance 1 - sum sqrt(p q), between 0 and 1; (..., outcomes) twice -> (...).

    A pure number; an f-divergence. Batches broadcast; arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(squared_hellinger([0.5, 0.5], [0.0, 1.0]))
    0.2928...
    """
    return evaluate(SQUARED_HELLINGER, {"p": p, "q": q}, Options(axis, from_logits, normalize))


@obeys(divergence(ONE, symmetric=True, triangle=True, convex=False))
@takes_distributions
def hellinger_distance(p: Any, q: Any, *, axis: int = -1, from_logits: bool = False, normalize: bool = False) -> Any:
    """Hellinger distance sqrt(1 - sum sqrt(p q)), between 0 and 1: a metric; (..., outcomes) twice -> (...).

    A pure number. Batches broadcast; arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(hellinger_distance([1.0, 0.0], [0.0, 1.0]))
    1.0
    """
    squared = squared_hellinger(p, q, axis=axis, from_logits=from_logits, normalize=normalize)
    return root(squared, namespace_of(squared))


@obeys(
    Laws(
        "pair",
        ONE,
        information=False,
        symmetric=True,
        zero_iff_equal=False,
        triangle=False,
        convex=False,
        concave=True,
        data_processing=False,
        additive=False,
    )
)
@takes_distributions
def bhattacharyya_coefficient(
    p: Any, q: Any, *, axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Bhattacharyya coefficient sum sqrt(p q); (..., outcomes) twice -> (...).

    A pure number, a similarity: 1 for equal, 0 for disjoint distributions. Batches broadcast; arguments and errors are
    those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(bhattacharyya_coefficient([0.5, 0.5], [0.5, 0.5]))
    1.0
    """
    return evaluate(COEFFICIENT, {"p": p, "q": q}, Options(axis, from_logits, normalize))


@obeys(divergence(UNBOUNDED, symmetric=True, finite="some outcome in common", information=True, additive=True))
@takes_distributions
def bhattacharyya_distance(
    p: Any, q: Any, *, unit: str | Unit = "bit", axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Bhattacharyya distance -log sum sqrt(p q); (..., outcomes) twice -> (...).

    Half the Renyi divergence of order 1/2. Infinite for disjoint distributions; not a metric. Batches broadcast;
    arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(bhattacharyya_distance([0.5, 0.5], [0.25, 0.75]))
    0.0500...
    """
    return evaluate(DISTANCE, {"p": p, "q": q}, Options(axis, from_logits, normalize), unit=unit)
