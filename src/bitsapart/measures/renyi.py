"""Renyi entropy and divergence of order alpha.  Renyi 1961; van Erven & Harremoes 2014 for the extended orders.

H_a(P) = log(sum p^a) / (1 - a)        D_a(P || Q) = log(sum p^a q^(1-a)) / (a - 1)
"""

import math
from typing import Any

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution, pair_of
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.entropy import ENTROPY
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.kl_divergence import KL
from bitsapart.measures.laws import LOG_OUTCOMES, UNBOUNDED, Laws, obeys
from bitsapart.measures.order import alpha_formula, order_of, power_formula, renyi_from
from bitsapart.values.unit import Unit


def entropy_formula(xp: Namespace, alpha: float, p: Distribution) -> Array:
    """In nats, for alpha other than 1."""
    highest = xp.max(xp.where(p.possible, p.log_p, -xp.inf), axis=-1, keepdims=True)
    if math.isinf(alpha):
        return -highest[..., 0]
    powers = xp.where(p.possible, xp.exp(alpha * xp.where(p.possible, p.log_p - highest, 0.0)), 0.0)
    log_sum = xp.log(xp.sum(powers, axis=-1)) + alpha * highest[..., 0]
    return renyi_from(power_formula(xp, alpha, p), 1.0 - alpha, log_sum, xp)


ENTROPY_OF_ORDER = Rule(entropy_formula, "power", column=1)
MIN_ENTROPY = Rule(entropy_formula)


@obeys(lambda alpha: Laws("distribution", LOG_OUTCOMES, concave=alpha <= 1.0, data_processing=True, additive=True))
@takes_distributions
def renyi_entropy(
    p: Any,
    alpha: float,
    *,
    unit: str | Unit = "bit",
    axis: int = -1,
    from_logits: bool = False,
    normalize: bool = False,
) -> Any:
    """Renyi entropy log(sum p^alpha) / (1 - alpha) of order alpha in [0, inf]; shape (..., outcomes) -> (...).

    Order 0 is the log of the number of possible outcomes, 1 Shannon's entropy, 2 the collision entropy, infinity the
    min-entropy; continuous in alpha. Arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(renyi_entropy([0.5, 0.25, 0.25], 2))
    1.415...
    >>> float(renyi_entropy([0.5, 0.25, 0.25], float("inf")))
    1.0
    """
    order = order_of(alpha)
    rule = ENTROPY if order == 1.0 else MIN_ENTROPY if math.isinf(order) else ENTROPY_OF_ORDER
    return evaluate(rule, {"p": p}, Options(axis, from_logits, normalize), order, unit=unit)


def divergence_formula(xp: Namespace, alpha: float, p: Distribution, q: Distribution) -> Array:
    """In nats, for alpha other than 1."""
    pair = pair_of(p, q, xp)
    lost = xp.any(p.possible & ~q.possible, axis=-1)
    if math.isinf(alpha):
        highest = xp.max(xp.where(pair.both, -pair.log_ratio, -xp.inf), axis=-1)
        return xp.where(lost, xp.inf, xp.where(highest > 0.0, highest, 0.0))
    between = alpha * p.log_p + (1.0 - alpha) * q.log_p
    logs = xp.where(pair.both, between if alpha < 1.0 else p.log_p + (1.0 - alpha) * pair.log_ratio, -xp.inf)
    highest = xp.max(logs, axis=-1, keepdims=True)
    shift = xp.where(highest > -xp.inf, highest, 0.0)
    sums = xp.sum(xp.where(pair.both, xp.exp(xp.where(pair.both, logs - shift, 0.0)), 0.0), axis=-1)
    apart = sums == 0.0
    log_sum = xp.log(xp.where(apart, 1.0, sums)) + shift[..., 0]
    # at 0, the mass of Q where P is impossible
    left_out = xp.sum(xp.where(p.possible, 0.0, q.p), axis=-1)
    power = left_out if alpha == 0.0 else alpha * alpha_formula(xp, alpha, pair)
    value = renyi_from(power, alpha - 1.0, log_sum, xp)
    return xp.where(apart, xp.inf, xp.where(lost, xp.inf, value) if alpha > 1.0 else value)


DIVERGENCE_OF_ORDER = Rule(divergence_formula, "alpha_divergence", column=1)
DIVERGENCE_OF_EXTREME_ORDER = Rule(divergence_formula)


def divergence_laws(alpha: float) -> Laws:
    """Laws of the divergence of order alpha."""
    return Laws(
        "pair",
        UNBOUNDED,
        finite="some outcome in common" if alpha < 1.0 else "q > 0 where p > 0",
        symmetric=alpha == 0.5,
        zero_iff_equal=alpha > 0.0,
        triangle=math.isinf(alpha),
        convex=alpha <= 1.0,
        data_processing=True,
        additive=True,
    )


@obeys(divergence_laws)
@takes_distributions
def renyi_divergence(
    p: Any,
    q: Any,
    alpha: float,
    *,
    unit: str | Unit = "bit",
    axis: int = -1,
    from_logits: bool = False,
    normalize: bool = False,
) -> Any:
    """Renyi divergence log(sum p^alpha q^(1-alpha)) / (alpha - 1), alpha in [0, inf]; (..., outcomes) twice -> (...).

    Order 0 is -log Q(p > 0), 1/2 twice the Bhattacharyya distance, 1 the Kullback-Leibler divergence, infinity the log
    of the largest p / q; never decreasing, and continuous, in alpha. Arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(renyi_divergence([0.5, 0.5], [0.25, 0.75], 2))
    0.415...
    >>> float(renyi_divergence([0.5, 0.5], [0.25, 0.75], float("inf")))
    1.0
    """
    order = order_of(alpha)
    options = Options(axis, from_logits, normalize)
    moderate = 0.0 < order <= 64.0
    rule = KL if order == 1.0 else DIVERGENCE_OF_ORDER if moderate else DIVERGENCE_OF_EXTREME_ORDER
    return evaluate(rule, {"p": p, "q": q}, options, order, unit=unit)
