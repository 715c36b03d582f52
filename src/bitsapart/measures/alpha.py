"""Alpha divergence.  (sum p^a q^(1-a) - 1) / (a (a - 1)).  Cressie & Read 1984, a = lambda + 1; Minka 2005, eq. 1."""

import math
from typing import Any

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution, pair_of
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.kl_divergence import KL
from bitsapart.measures.laws import UNBOUNDED, Bound, Finite, Laws, divergence, obeys
from bitsapart.measures.order import alpha_formula, order_of
from bitsapart.values.errors import UsageError


def formula(xp: Namespace, alpha: float, p: Distribution, q: Distribution) -> Array:
    """A pure number; KL in nats at 1 and, reversed, at 0."""
    return alpha_formula(xp, alpha, pair_of(p, q, xp))


ALPHA = Rule(formula, "alpha_divergence")


def laws(alpha: float) -> Laws:
    """Laws of the divergence of order alpha."""
    between = 0.0 < alpha < 1.0
    finite: Finite = "always" if between else "q > 0 where p > 0" if alpha >= 1.0 else "p > 0 where q > 0"
    return divergence(
        Bound("1 / (a (1-a))", lambda _outcomes: 1.0 / (alpha * (1.0 - alpha))) if between else UNBOUNDED,
        symmetric=alpha == 0.5,
        finite=finite,
        additive=alpha in {0.0, 1.0},
    )


@obeys(laws)
def alpha_divergence(
    p: Any, q: Any, alpha: float, *, axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Alpha divergence (sum p^alpha q^(1-alpha) - 1) / (alpha (alpha - 1)), alpha real; (..., outcomes) twice -> (...).

    A pure number, continuous in alpha: KL(P || Q) in nats at 1, KL(Q || P) at 0, four times the squared Hellinger
    distance at 1/2, half of Pearson's chi-squared at 2 and of Neyman's at -1. Arguments and errors are those
    of `entropy`.

    >>> float(alpha_divergence([0.5, 0.5], [0.25, 0.75], 2))
    0.1666...
    """
    order = order_of(alpha, least=-math.inf)
    if math.isinf(order):
        raise UsageError(f"the order alpha should be finite; got {alpha!r}")
    return of_order(order, p, q, Options(axis, from_logits, normalize))


def of_order(order: float, p: Any, q: Any, options: Options) -> Array:
    """The divergence, by Kullback and Leibler's where it is that."""
    if abs(order) < 1e-290:
        return evaluate(KL, {"q": q, "p": p}, options)
    return evaluate(KL if order == 1.0 else ALPHA, {"p": p, "q": q}, options, order)
