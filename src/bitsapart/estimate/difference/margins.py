"""The law of two samples' counts under 'no difference', given how often each outcome was seen in both together.

All ways of giving n of the n + m rows to P are then equally likely, so that the counts p are multivariate
hypergeometric, whatever the distribution (Fisher 1935): a p-value from this law is valid for any. The tables are
enumerated where they are few (Freeman & Halton 1951), else drawn (Dwass 1957), the table seen counting as one of the
draws, without which a p-value can be 0 and its test rejects too often (Phipson & Smyth 2010).
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Counts = NDArray[np.int64] | Array
Term = Callable[[Array, Array], Array]
"""What a statistic adds for counts of P and the totals of their outcomes."""

ENUMERATED = 200_000
"""Tables of at most so many terms are enumerated."""
PERMUTATIONS = 9_999
COUNTABLE = 1e12
"""Logarithms of factorials of larger counts have no digits left for a probability."""
BATCH = 1_000_000
"""Counts drawn at once."""
DRAWABLE = 10**9
"""NumPy draws from fewer rows than this."""
TIE = 1e-9
"""Statistics that differ by less, absolutely and relatively, are the same number with other rounding."""


def few_tables(totals: Array) -> bool:
    """Whether the tables with these totals are so few, and their counts such, that they can be enumerated."""
    few = float(np.sum(np.log1p(totals)) - np.log1p(totals.max())) <= math.log(ENUMERATED)
    return few and totals.max() < COUNTABLE


def enumerated(observed: float, totals: Array, n: float, term: Term) -> float:
    """The exact p-value of a sum of terms: all tables with these margins, the commonest outcome fixed by the others.

    >>> round(enumerated(9.0, np.array([3.0, 3.0]), 3, lambda k, total: (2.0 * k - total) ** 2 / 2.0), 12)
    0.1
    """
    order = np.sort(totals)
    count, statistic, weight = np.zeros(1), np.zeros(1), np.zeros(1)
    for total in order[:-1]:
        k = np.arange(total + 1.0)
        count = np.add.outer(count, k).ravel()
        statistic = np.add.outer(statistic, term(k, np.full_like(k, total))).ravel()
        weight = np.add.outer(weight, log_choose(total, k)).ravel()
        possible = count <= n
        count, statistic, weight = count[possible], statistic[possible], weight[possible]
    possible = n - count <= order[-1]
    rest, statistic, weight = n - count[possible], statistic[possible], weight[possible]
    statistic = statistic + term(rest, np.full_like(rest, order[-1]))
    weight = weight + log_choose(order[-1], rest)
    chance = np.exp(weight - weight.max())
    return min(float(chance[as_extreme(statistic, observed)].sum() / chance.sum()), 1.0)


def permuted(
    observed: float, totals: Array, n: int, statistic: Callable[[Counts], Array], permutations: int, seed: int
) -> float:
    """The p-value over random tables with these margins; ``statistic``: counts of P (draws, outcomes) -> (draws,)."""
    rng = np.random.default_rng(seed)
    whole = totals.astype(np.int64)
    batch = int(max(BATCH // totals.size, 1))
    extreme = 1
    for start in range(0, permutations, batch):
        size = min(batch, permutations - start)
        drawn = rng.multivariate_hypergeometric(whole, n, size=size, method="marginals")
        extreme += int(np.sum(as_extreme(statistic(drawn), observed)))
    return extreme / (permutations + 1)


def sum_of_terms(term: Term, totals: Array, draws: int) -> Callable[[Counts], Array]:
    """The sum of an additive statistic's terms for many tables, (draws, outcomes) -> (draws,).

    Terms are looked up, where their table is smaller than the draws are.
    """
    sizes = np.asarray(totals, dtype=np.int64) + 1
    if sizes.sum() > draws * totals.size:
        return lambda drawn: term(np.asarray(drawn, dtype=np.float64), totals).sum(axis=1)
    start = np.cumsum(sizes) - sizes
    counts = np.arange(sizes.sum()) - np.repeat(start, sizes)
    table = term(counts.astype(np.float64), np.repeat(totals, sizes))

    def looked_up(drawn: Counts) -> Array:
        return np.asarray(table[np.asarray(drawn, dtype=np.int64) + start].sum(axis=1))

    return looked_up


def as_extreme(statistic: Array, observed: float) -> NDArray[np.bool_]:
    """Which statistics are at least as large as the one seen, but for rounding."""
    return np.asarray(statistic >= observed - TIE * (1.0 + abs(observed)))


def log_choose(total: float | Array, k: Array) -> Array:
    """Logarithm of the binomial coefficient."""
    found = special.gammaln(total + 1.0) - special.gammaln(k + 1.0) - special.gammaln(total - k + 1.0)
    return np.asarray(found, dtype=np.float64)
