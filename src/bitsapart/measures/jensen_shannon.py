"""Jensen-Shannon divergence.  JS = sum_k w_k KL(P_k || M) with M = sum_k w_k P_k.  Lin 1991, eq. 4.1 and 5.1.

Its square root is a metric: Endres & Schindelin 2003; Oesterreicher & Vajda 2003.
"""

import math
from collections.abc import Sequence
from typing import Any

from bitsapart.measures.arrays import Array, Namespace, namespace_of
from bitsapart.measures.distribution import Distribution, beside, kl_terms, pair_of
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.laws import LOG_2, Bound, divergence, obeys
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit


def js_formula(xp: Namespace, weights: Any, *sides: Distribution) -> Array:
    """In nats, for any number of distributions; the differences from the mean are taken before anything is rounded."""
    shares = list(weights) if isinstance(weights, Sequence) else [weights, 1.0 - weights]
    first = sides[0]
    steps = [xp.zeros_like(first.p), *(pair_of(first, side, xp).difference for side in sides[1:])]
    middle_step = sum(w * step for w, step in zip(shares, steps, strict=True))
    weighed = [side for w, side in zip(shares, sides, strict=True) if w > 0.0]
    possible = weighed[0].possible
    for side in weighed[1:]:
        possible = possible | side.possible
    mean = sum(w * side.p for w, side in zip(shares, sides, strict=True))
    # halves of the smallest of numbers are 0
    mean = xp.where(possible & (mean == 0.0), weighed[0].p, mean)
    some = mean > 0.0
    log_mean = xp.where(some, xp.log(xp.where(some, mean, 1.0)), 0.0)
    middle = Distribution(mean, log_mean, possible, mean, xp.ones_like(mean[..., :1]))
    terms = [
        w * kl_terms(beside(side, middle, middle_step - step, xp), xp)
        for w, side, step in zip(shares, sides, steps, strict=True)
        if w > 0.0
    ]
    return xp.sum(sum(terms), axis=-1)


JS_OF_TWO = Rule(js_formula, "js_divergence")
JS = Rule(js_formula)


@obeys(divergence(LOG_2, symmetric=True, information=True))
@takes_distributions
def js_divergence(
    p: Any,
    q: Any,
    *more: Any,
    weights: Sequence[float] | None = None,
    unit: str | Unit = "bit",
    axis: int = -1,
    from_logits: bool = False,
    normalize: bool = False,
) -> Any:
    """Jensen-Shannon divergence of two or more distributions; (..., outcomes) each -> (...).

    The mean divergence from their mixture, or what an outcome tells about which of them it came from; always finite, at
    most 1 bit for two. `weights`, one a distribution, are non-negative and sum to 1; equal by default. Batches
    broadcast; the other arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(js_divergence([1.0, 0.0], [0.0, 1.0]))
    1.0
    >>> float(js_divergence([0.5, 0.5], [0.5 + 2**-30, 0.5 - 2**-30], unit="nat")) / 2**-61
    1.0
    >>> float(js_divergence([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], weights=[0.5, 0.25, 0.25]))
    1.5
    """
    given = {"p": p, "q": q, **{f"distribution {i + 3}": side for i, side in enumerate(more)}}
    shares = shares_of(weights, len(given))
    options = Options(axis, from_logits, normalize)
    if more:
        return evaluate(JS, given, options, shares, unit=unit)
    return evaluate(JS_OF_TWO, given, options, shares[0], unit=unit)


@obeys(
    divergence(
        Bound("sqrt(log 2)", lambda _outcomes: math.sqrt(math.log(2.0))),
        symmetric=True,
        information=True,
        triangle=True,
        convex=False,
    )
)
@takes_distributions
def js_distance(
    p: Any,
    q: Any,
    *more: Any,
    weights: Sequence[float] | None = None,
    unit: str | Unit = "bit",
    axis: int = -1,
    from_logits: bool = False,
    normalize: bool = False,
) -> Any:
    """Jensen-Shannon distance, the square root of the divergence in the unit: a metric; (..., outcomes) each -> (...).

    Between 0 and 1 in bits (scipy's `jensenshannon` with base 2). Arguments and errors are those of `js_divergence`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then the answer is an Estimate.

    >>> float(js_distance([1.0, 0.0], [0.0, 1.0]))
    1.0
    """
    squared = js_divergence(
        p, q, *more, weights=weights, unit=unit, axis=axis, from_logits=from_logits, normalize=normalize
    )
    return root(squared, namespace_of(squared))


def root(x: Array, xp: Namespace) -> Array:
    """The square root, whose gradient at 0 is taken as 0."""
    positive = x > 0.0
    return xp.where(positive, xp.sqrt(xp.where(positive, x, 1.0)), 0.0 * x)[()]


def shares_of(weights: Sequence[float] | None, sides: int) -> list[float]:
    """The weights of so many distributions."""
    if weights is None:
        return [1.0 / sides] * sides
    try:
        shares = [float(w) for w in weights]
    except (TypeError, ValueError) as error:
        raise UsageError(f"weights should be {sides} numbers, one a distribution; got {weights!r}") from error
    if len(shares) != sides:
        raise UsageError(f"there are {sides} distributions and {len(shares)} weights")
    if not all(0.0 <= w <= 1.0 for w in shares) or abs(math.fsum(shares) - 1.0) > 1e-9:
        raise UsageError(f"weights should be at least 0 and sum to 1; got {shares}")
    total = math.fsum(shares)
    return [w / total for w in shares]
