"""The door of the tests: counts checked, one test for every row of a batch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.counts import read_counts
from bitsapart.estimate.difference.hypothesis_test import HypothesisTest, HypothesisTests
from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]
NO_DIFFERENCE = "no difference"
MOST = 10_000_000
"""Permutations: a p-value that takes more is too small to matter."""


def for_each_row(
    test: Callable[[Array, Array], HypothesisTest], given: dict[str, Any], axis: int, hypothesis: str = NO_DIFFERENCE
) -> HypothesisTest | HypothesisTests:
    """The test of each row, or of the only one."""
    (p, q), shape = read_counts(given, axis)
    tests = [test(one, other) for one, other in zip(p, q, strict=True)]
    return HypothesisTests.of(tests, shape, hypothesis) if shape else tests[0]


def seen(p: Array, q: Array) -> tuple[Array, Array]:
    """The counts of outcomes that either side has."""
    either = p + q > 0
    return p[either], q[either]


def undecidable(p: Array, q: Array) -> HypothesisTest | None:
    """The answer where there is nothing to compare; None where there is."""
    rows = int(p.sum() + q.sum())
    if p.sum() == 0 or q.sum() == 0:
        return HypothesisTest(1.0, 0.0, NO_DIFFERENCE, "no rows on one side", rows)
    if p.size < 2:
        return HypothesisTest(1.0, 0.0, NO_DIFFERENCE, "a single outcome", rows)
    return None


def permutations_of(permutations: int) -> int:
    """A number of permutations, checked."""
    if (
        not isinstance(permutations, int | np.integer)
        or isinstance(permutations, bool)
        or not 1 <= permutations <= MOST
    ):
        raise UsageError(
            f"permutations should be a whole number from 1 to {MOST:,}, such as 9999; got {permutations!r}"
        )
    return int(permutations)
