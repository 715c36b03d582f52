"""f-divergences.  D_f(P || Q) = sum q f(p / q) for convex f with f(1) = 0.  Csiszar 1963; Ali & Silvey 1966.

The classic ones have functions of their own, exact also near P = Q; they can be named here.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bitsapart.measures.arrays import Array, Namespace, known, namespace_of
from bitsapart.measures.chi_squared import CHI_SQUARED
from bitsapart.measures.distribution import Distribution, pair_of, where_possible
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.hellinger import SQUARED_HELLINGER
from bitsapart.measures.jeffreys import JEFFREYS
from bitsapart.measures.jensen_shannon import JS_OF_TWO
from bitsapart.measures.kl_divergence import KL
from bitsapart.measures.total_variation import TOTAL_VARIATION
from bitsapart.values.errors import UsageError

Generator = Callable[[Array], Array]


def neyman(given: dict[str, Any], options: Options) -> Array:
    """Pearson's, seen from the other side."""
    return evaluate(CHI_SQUARED, dict(reversed(given.items())), options)


NAMED: dict[str, Callable[..., Array]] = {
    "chi_squared_divergence": partial(evaluate, CHI_SQUARED),
    "jeffreys_divergence": partial(evaluate, JEFFREYS),
    "js_divergence": partial(evaluate, JS_OF_TWO, order=0.5),
    "kl_divergence": partial(evaluate, KL),
    "neyman_chi_squared_divergence": neyman,
    "squared_hellinger": partial(evaluate, SQUARED_HELLINGER),
    "total_variation": partial(evaluate, TOTAL_VARIATION),
}
"""Divergences that are named instead of giving their generator."""


def f_divergence(
    p: Any,
    q: Any,
    generator: str | Generator,
    *,
    at_infinity: float | None = None,
    axis: int = -1,
    from_logits: bool = False,
    normalize: bool = False,
) -> Any:
    """f-divergence sum q f(p / q); (..., outcomes) twice -> (...).

    generator    f, convex with f(1) = 0, applied to the array of ratios p / q; or the name of one of these divergences
    at_infinity  the limit of f(t) / t: what an outcome with q = 0 < p costs per unit of p, needed only then

    A pure number (nats, where the divergence has a unit). Near P = Q the named ones keep their precision; a function of
    the ratio cannot. The other arguments and errors are those of `entropy`.

    >>> float(f_divergence([0.5, 0.5], [0.25, 0.75], lambda t: (t - 1) ** 2))
    0.3333333333333333
    >>> float(f_divergence([0.5, 0.5], [0.25, 0.75], "total_variation"))
    0.25
    """
    options = Options(axis, from_logits, normalize)
    given = {"p": p, "q": q}
    if not callable(generator):
        return named(generator)(given, options)
    xp = namespace_of(p, q)
    at_one = generator(xp.ones((1,)))
    if getattr(at_one, "shape", None) != (1,):
        raise UsageError(f"generator should map an array of ratios p / q to one of that shape; it gives {at_one!r}")
    if known(xp.abs(at_one[0]) < 1e-6, xp) is False:
        raise UsageError(f"f(1) should be 0, so that equal distributions are 0 apart; it is {at_one[0]:g}")
    return evaluate(Rule(partial(formula, generator, at_infinity)), given, options)


def named(generator: str) -> Callable[..., Array]:
    """The divergence of a name."""
    if generator not in NAMED:
        raise UsageError(f"generator should be a function of p / q, or one of {', '.join(NAMED)}; got {generator!r}")
    return NAMED[generator]


def formula(
    generator: Generator, at_infinity: float | None, xp: Namespace, _order: float, p: Distribution, q: Distribution
) -> Array:
    """Sum q f(p / q), with f(0) the limit from above, and p times the slope at infinity where q = 0."""
    pair = pair_of(p, q, xp)
    tiny = xp.full_like(pair.difference[..., :1], float(xp.finfo(pair.difference.dtype).smallest_normal))
    safe = xp.where(pair.both & (q.p > 0.0), q.p, 1.0)
    values = generator(xp.where(pair.both, 1.0 - pair.difference / safe, 1.0))
    at_zero = generator(0.0 * tiny)
    at_zero = xp.where(xp.isnan(at_zero), generator(tiny), at_zero)
    lost = known(xp.any(p.possible & ~q.possible), xp)
    if at_infinity is None and lost:
        raise UsageError("q is 0 where p is not: pass at_infinity=, the limit of f(t) / t (inf for Kullback-Leibler)")
    infinite = at_infinity is None or math.isinf(at_infinity)
    p_only = np.inf if infinite else p.p * at_infinity
    terms = where_possible(pair, q.p * values, q_only=q.p * at_zero, p_only=p_only, xp=xp)
    return xp.sum(terms, axis=-1)
