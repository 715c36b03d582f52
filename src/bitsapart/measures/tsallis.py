"""Tsallis entropy and divergence.  Tsallis 1988, eq. 1; Tsallis 1998.

S_q(P) = (1 - sum p^q) / (q - 1)        D_a(P || Q) = (sum p^a q^(1-a) - 1) / (a - 1)
"""

import math
from typing import Any

from bitsapart.measures.alpha import of_order
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.entropy import ENTROPY
from bitsapart.measures.laws import UNBOUNDED, Bound, Laws, divergence, obeys
from bitsapart.measures.order import order_of, power_formula
from bitsapart.values.errors import UsageError

TSALLIS = Rule(power_formula, "power")


def entropy_laws(q: float) -> Laws:
    """Laws of the entropy of order q."""
    most = (
        Bound("log K", math.log)
        if q == 1
        else Bound("(1 - K^(1-q)) / (q-1)", lambda outcomes: (1 - outcomes ** (1 - q)) / (q - 1))
    )
    return Laws("distribution", most, information=False, concave=True, data_processing=True, additive=q == 1)


@obeys(entropy_laws)
def tsallis_entropy(p: Any, q: float, *, axis: int = -1, from_logits: bool = False, normalize: bool = False) -> Any:
    """Tsallis entropy (1 - sum p^q) / (q - 1) of order q >= 0; shape (..., outcomes) -> (...).

    A pure number: Shannon's entropy in nats at q = 1, the Gini-Simpson index at 2, one less than the number of possible
    outcomes at 0. Arguments and errors are those of `entropy`.

    >>> float(tsallis_entropy([0.5, 0.25, 0.25], 2))
    0.625
    """
    order = finite_order(q, "q")
    rule = ENTROPY if order == 1.0 else TSALLIS
    return evaluate(rule, {"p": p}, Options(axis, from_logits, normalize), order)


def divergence_laws(alpha: float) -> Laws:
    """Laws of the divergence of order alpha."""
    below = alpha < 1.0
    return divergence(
        Bound("1 / (1-a)", lambda _outcomes: 1.0 / (1.0 - alpha)) if below else UNBOUNDED,
        symmetric=alpha == 0.5,
        finite="always" if below else "q > 0 where p > 0",
        additive=alpha == 1.0,
    )


@obeys(divergence_laws)
def tsallis_divergence(
    p: Any, q: Any, alpha: float, *, axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Tsallis divergence (sum p^alpha q^(1-alpha) - 1) / (alpha - 1), alpha > 0; (..., outcomes) twice -> (...).

    A pure number, the Kullback-Leibler divergence in nats at alpha = 1. Arguments and errors are those of `entropy`.

    >>> float(tsallis_divergence([0.5, 0.5], [0.25, 0.75], 2))
    0.3333333333333333
    """
    order = finite_order(alpha, "alpha")
    if order == 0.0:
        raise UsageError("the order alpha should be above 0, where this divergence is 0 for most distributions")
    return order * of_order(order, p, q, Options(axis, from_logits, normalize))


def finite_order(value: Any, name: str) -> float:
    """An order that is not infinite."""
    order = order_of(value, name)
    if math.isinf(order):
        raise UsageError(f"the order {name} should be finite; got {value!r}")
    return order
