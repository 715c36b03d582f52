"""Whether two samples differ at all: the test that suits a column's outcomes.

Pearson's test sees any difference between outcomes; Anderson & Darling's sees a small shift of ordered ones far sooner.
Where several apply each has a share of the error, the smallest p-value over its share counts (weighted Bonferroni,
Holm 1979), and most of it belongs to the test that is seldom beaten.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.anderson_darling import anderson_darling_test
from bitsapart.estimate.counts import as_whole
from bitsapart.estimate.pearson import pearson_test

__all__ = ["anderson_darling_test", "difference_test", "pearson_test"]

ORDERED_SHARE = 0.8
"""The share of the error that Anderson-Darling's test is given."""


def difference_test(p: ArrayLike, q: ArrayLike, ordered: int = 0) -> tuple[float, str]:
    """P-value of 'no difference at all' and the name of the procedure, from counts of the same outcomes.

    The first ``ordered`` outcomes are in their natural order; what follows (null, NaN, ...) is not.

    >>> difference_test([30, 10], [10, 30])[1]
    "Pearson's chi-squared, permutation moments"
    >>> difference_test([30, 10, 10], [10, 20, 20], ordered=3)[1]
    "Anderson-Darling and Pearson's chi-squared, weighted Bonferroni of 2"
    """
    p, q = as_whole(p), as_whole(q)
    if ordered < 2:
        return pearson_test(p, q), "Pearson's chi-squared, permutation moments"
    tests = [anderson_darling_test(p[:ordered], q[:ordered]) / ORDERED_SHARE]
    others = [pearson_test(p, q)]
    if ordered < p.size:
        others.append(pearson_test(merged(p, ordered), merged(q, ordered)))
    tests += [other * len(others) / (1.0 - ORDERED_SHARE) for other in others]
    return min(*tests, 1.0), f"Anderson-Darling and Pearson's chi-squared, weighted Bonferroni of {len(tests)}"


def merged(counts: NDArray[np.int64], ordered: int) -> NDArray[np.int64]:
    """The ordered outcomes as one, then the others."""
    return np.concatenate(([counts[:ordered].sum()], counts[ordered:]))
