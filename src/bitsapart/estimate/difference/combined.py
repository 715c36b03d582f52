"""Whether two samples differ at all: the test that suits a column's outcomes.

Pearson's test sees any difference between outcomes; Anderson & Darling's sees a small shift of ordered ones far sooner.
Where several apply each has a share of the error, the smallest p-value over its share counts (weighted Bonferroni,
Holm 1979), and most of it belongs to the test that is seldom beaten.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.counts import as_whole
from bitsapart.estimate.difference.anderson_darling import anderson_darling_test
from bitsapart.estimate.difference.pearson import pearson_test

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


def grouped_test(
    p: ArrayLike, q: ArrayLike, p_groups: ArrayLike, q_groups: ArrayLike, specials: int
) -> tuple[float, str]:
    """P-value of 'no difference at all' for a nominal column with rare values, and the name of the procedure.

    Single values see what happens to one of many, their groups (formed without regard to the side) what happens to many
    at once; and the last ``specials`` groups (null, NaN, ...) are tested against all values together.

    >>> grouped_test([2, 1, 3, 9], [1, 3, 2, 0], [6, 9], [6, 0], specials=1)[1]
    "Pearson's chi-squared on values, groups and specials, Bonferroni of 3"
    """
    p_groups, q_groups = as_whole(p_groups), as_whole(q_groups)
    values = p_groups.size - specials
    tests = [pearson_test(p, q), pearson_test(p_groups, q_groups)]
    if specials and values:
        tests.append(pearson_test(merged(p_groups, values), merged(q_groups, values)))
    what = "values, groups and specials" if len(tests) == 3 else "values and groups"
    return min(len(tests) * min(tests), 1.0), f"Pearson's chi-squared on {what}, Bonferroni of {len(tests)}"


def merged(counts: NDArray[np.int64], ordered: int) -> NDArray[np.int64]:
    """The ordered outcomes as one, then the others."""
    return np.concatenate(([counts[:ordered].sum()], counts[ordered:]))
