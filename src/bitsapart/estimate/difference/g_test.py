"""The G-test: the likelihood ratio of two distributions against one.

    G = 2 sum over both samples  count log(count / expected)
      = 2 (n + m) JS                                         Jensen-Shannon in nats, with weights n and m over n + m

Wilks 1938: under 'no difference' G tends to a chi-square of (outcomes seen - 1) degrees of freedom. Rare outcomes make
it larger and that chi-square rejects too often; so by default the law of G given both margins is taken, exactly where
the tables can be enumerated, else as a gamma law of its moments.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bitsapart.estimate.counts import choice, seed_of
from bitsapart.estimate.difference import each_row
from bitsapart.estimate.difference.g_moments import gamma_p_value
from bitsapart.estimate.difference.hypothesis_test import HypothesisTest, HypothesisTests
from bitsapart.estimate.difference.margins import (
    DRAWABLE,
    ENUMERATED,
    PERMUTATIONS,
    Array,
    Term,
    enumerated,
    few_tables,
    permuted,
    sum_of_terms,
)
from bitsapart.measures.logarithm import log1pmx
from bitsapart.values.errors import UsageError

METHODS = ("auto", "exact", "permutation", "gamma", "chi_squared")
FEW = 1_000
"""Up to so many rows in all, permutations are taken not the gamma law, which rejects a tenth too often there."""


def g_test(
    counts_p: ArrayLike,
    counts_q: ArrayLike,
    *,
    method: str = "auto",
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    axis: int = -1,
) -> HypothesisTest | HypothesisTests:
    """Test of 'no difference at all' between two samples of counts of the same outcomes.

    ``method``, which the result states:

    - ``"exact"``: all tables with the same margins, up to 200,000 of them; valid for any counts
    - ``"permutation"``: so many random ones and the one seen; valid for any counts, never below 1 / (permutations + 1)
    - ``"gamma"``: a gamma law with the moments that G has given the margins, at any depth, also with rare outcomes
    - ``"chi_squared"``: Wilks's limit, right only where every outcome is expected often in both samples
    - ``"auto"``: exact where it can be, else gamma; permutation up to 1,000 rows and where G is skewed

    Outcomes along ``axis``; the other axes are a batch, and give ``HypothesisTests`` of its shape.

    Raises UsageError for what are no counts, and where the method asked for cannot be had.

    >>> print(g_test([30, 10, 10], [10, 20, 20]))
    p = 0.000241 for no difference (statistic 17.3; G, exact given both margins)
    >>> g_test([[60, 40], [50, 50]], [40, 60], method="chi_squared").p_value.round(4).tolist()
    [0.0045, 0.1549]
    """
    choice(method, "method", METHODS)
    permutations, seed = each_row.permutations_of(permutations), seed_of(seed)

    def test(p: Array, q: Array) -> HypothesisTest:
        p, q = each_row.seen(p, q)
        known = each_row.undecidable(p, q)
        if known:
            return known
        totals, n, m = p + q, float(p.sum()), float(q.sum())
        term = g_term(n, m)
        observed = float(term(p, totals).sum())
        p_value, name = law(observed, totals, n, m, method, permutations, seed)
        return HypothesisTest(p_value, observed, each_row.NO_DIFFERENCE, "G, " + name, int(n + m))

    return each_row.for_each_row(test, {"counts_p": counts_p, "counts_q": counts_q}, axis)


def g_term(n: float, m: float) -> Term:
    """What an outcome adds to G, of its count in P and its total: never negative."""

    def term(counts: Array, totals: Array) -> Array:
        rows = n + m
        return 2.0 * (surplus(counts, n * totals / rows) + surplus(totals - counts, m * totals / rows))

    return term


def surplus(count: Array, expected: Array) -> Array:
    """What a count adds: count log(count / expected) - count + expected, without cancellation near 0.

    >>> surplus(np.array([0.0, 5.0, 1e9 + 1]), np.array([2.0, 5.0, 1e9])).tolist()
    [2.0, 0.0, 4.99...e-10]
    """
    excess = np.where(count > 0.0, (count - expected) / expected, 0.0)
    found = expected * ((1.0 + excess) * log1pmx(excess, np) + excess * excess)
    return np.asarray(np.where(count > 0.0, found, expected), dtype=np.float64)


def law(
    observed: float, totals: Array, n: float, m: float, method: str, permutations: int, seed: int
) -> tuple[float, str]:
    """P-value by this method, and what to call it."""
    term = g_term(n, m)
    if method == "chi_squared":
        tail = float(special.gammaincc((totals.size - 1) / 2.0, observed / 2.0))
        return max(tail, float(np.finfo(np.float64).tiny)), "chi-squared law"
    if method in ("auto", "exact") and few_tables(totals):
        return enumerated(observed, totals, n, term), "exact given both margins"
    if method == "exact":
        raise UsageError(
            f"more than {ENUMERATED:,} tables have these margins, too many to enumerate: "
            'method="auto" takes the best of the others'
        )
    if method == "gamma" or (method == "auto" and n + m > FEW):
        tail_or_none = gamma_p_value(observed, totals, n, m, term)
        if tail_or_none is not None:
            return tail_or_none, "gamma law of its permutation moments"
        if method == "gamma":
            raise UsageError("G is too skewed here for a gamma law, or its rows too few: pass method='permutation'")
    if n + m >= DRAWABLE:
        raise UsageError(f"permutations are drawn of fewer than {DRAWABLE:,} rows, and here are {n + m:,.0f}")
    p_value = permuted(observed, totals, int(n), sum_of_terms(term, totals, permutations), permutations, seed)
    return p_value, f"{permutations} permutations, seed {seed}"
