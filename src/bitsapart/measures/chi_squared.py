"""Chi-squared divergence.  Pearson 1900: sum (p - q)^2 / q; Neyman 1949: sum (p - q)^2 / p."""

from typing import Any

import numpy as np

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution, pair_of, where_possible
from bitsapart.measures.door import Options, Rule, evaluate
from bitsapart.measures.laws import UNBOUNDED, Finite, Laws, divergence, obeys
from bitsapart.measures.order import exponential


def formula(xp: Namespace, _order: float, p: Distribution, q: Distribution) -> Array:
    """A pure number, infinite where q = 0 < p."""
    pair = pair_of(p, q, xp)
    terms = pair.difference * (pair.difference / xp.where(q.p > 0.0, q.p, 1.0))
    # p^2 / q, of which the rest is nothing, where q is too small to have all digits
    rough = pair.both & (q.p < float(xp.finfo(q.p.dtype).smallest_normal)) & (pair.log_ratio < -40.0)
    terms = xp.where(rough, exponential(xp.where(rough, 2.0 * p.log_p - q.log_p, 0.0), xp), terms)
    return xp.sum(where_possible(pair, terms, q_only=q.p, p_only=np.inf, xp=xp), axis=-1)


CHI_SQUARED = Rule(formula, "chi_squared_divergence")


def laws(finite: Finite) -> Laws:
    """Laws of either; they differ in what makes them infinite."""
    return divergence(UNBOUNDED, symmetric=False, finite=finite)


@obeys(laws("q > 0 where p > 0"))
def chi_squared_divergence(
    p: Any, q: Any, *, axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Pearson's chi-squared divergence sum (p - q)^2 / q; (..., outcomes) twice -> (...).

    A pure number, infinite where q = 0 < p. Batches broadcast; arguments and errors are those of `entropy`.

    >>> float(chi_squared_divergence([0.5, 0.5], [0.25, 0.75]))
    0.3333333333333333
    """
    return evaluate(CHI_SQUARED, {"p": p, "q": q}, Options(axis, from_logits, normalize))


@obeys(laws("p > 0 where q > 0"))
def neyman_chi_squared_divergence(
    p: Any, q: Any, *, axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Any:
    """Neyman's chi-squared divergence sum (p - q)^2 / p, Pearson's the other way round; (..., outcomes) twice -> (...).

    A pure number, infinite where p = 0 < q. Batches broadcast; arguments and errors are those of `entropy`.

    >>> float(neyman_chi_squared_divergence([0.5, 0.5], [0.25, 0.75]))
    0.25
    """
    return evaluate(CHI_SQUARED, {"q": q, "p": p}, Options(axis, from_logits, normalize))
