"""The permutation test of any statistic of two samples of counts: exactly valid, whatever the distribution."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bitsapart.estimate.counts import seed_of
from bitsapart.estimate.difference import each_row
from bitsapart.estimate.difference.g_test import g_term
from bitsapart.estimate.difference.hypothesis_test import HypothesisTest, HypothesisTests
from bitsapart.estimate.difference.margins import DRAWABLE, PERMUTATIONS, Array, Counts, permuted, sum_of_terms
from bitsapart.estimate.difference.pearson import chi_squared_term
from bitsapart.values.errors import UsageError

TERMS = {"g": g_term, "pearson": chi_squared_term}
NAMES = {"g": "G", "pearson": "Pearson's chi-squared"}
Statistic = Callable[[Array, Array], Any]
"""Counts of both sides, each (tables, outcomes), to one number a table, larger the more they differ."""


def permutation_test(
    counts_p: ArrayLike,
    counts_q: ArrayLike,
    statistic: str | Statistic = "g",
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    axis: int = -1,
) -> HypothesisTest | HypothesisTests:
    """Test of 'no difference at all': the share of random ways to deal the rows to P and Q that look as different.

        p = (1 + tables drawn with a statistic at least as large) / (1 + permutations)

    ``statistic``: ``"g"``, ``"pearson"``, or a function of counts of P and of Q, float64 of shape (tables, outcomes),
    which gives (tables,) numbers, larger the more the sides differ. Outcomes that neither side has are left out.
    The p-value is valid for any counts and any statistic; it is never below 1 / (permutations + 1).
    Phipson & Smyth 2010.

    >>> print(permutation_test([30, 10, 10], [10, 20, 20], permutations=999))
    p = 0.001 for no difference (statistic 17.3; G, 999 permutations, seed 0)
    >>> def largest_gap(p, q):
    ...     return abs(p / p.sum(axis=1, keepdims=True) - q / q.sum(axis=1, keepdims=True)).max(axis=1)
    >>> permutation_test([30, 10, 10], [10, 20, 20], largest_gap).p_value < 0.001
    True
    """
    permutations, seed = each_row.permutations_of(permutations), seed_of(seed)
    if not callable(statistic) and statistic not in TERMS:
        raise UsageError(f"statistic should be one of {', '.join(TERMS)}, or a function; got {statistic!r}")

    def test(p: Array, q: Array) -> HypothesisTest:
        p, q = each_row.seen(p, q)
        known = each_row.undecidable(p, q)
        if known:
            return known
        n, m = float(p.sum()), float(q.sum())
        if n + m >= DRAWABLE:
            raise UsageError(f"permutations are drawn of fewer than {DRAWABLE:,} rows, and here are {n + m:,.0f}")
        of_tables, name = statistic_of(statistic, p + q, n, m, permutations)
        observed = float(of_tables(p[None])[0])
        if np.isnan(observed):
            raise UsageError("statistic gives nan for the counts seen")
        p_value = permuted(observed, p + q, int(n), of_tables, permutations, seed)
        method = f"{name}, {permutations} permutations, seed {seed}"
        return HypothesisTest(p_value, observed, each_row.NO_DIFFERENCE, method, int(n + m))

    return each_row.for_each_row(test, {"counts_p": counts_p, "counts_q": counts_q}, axis)


def statistic_of(
    statistic: str | Statistic, totals: Array, n: float, m: float, permutations: int
) -> tuple[Callable[[Counts], Array], str]:
    """The statistic as a function of the counts of P, (tables, outcomes) -> (tables,), and its name."""
    if not callable(statistic):
        return sum_of_terms(TERMS[statistic](n, m), totals, permutations), NAMES[statistic]

    def of_tables(drawn: Counts) -> Array:
        p = drawn.astype(np.float64)
        found = np.asarray(statistic(p, totals - p), dtype=np.float64)
        if found.shape != p.shape[:1]:
            raise UsageError(f"statistic should give one number a table, shape {p.shape[:1]}; it gave {found.shape}")
        return found

    return of_tables, getattr(statistic, "__name__", "statistic")
