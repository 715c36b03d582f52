"""How much of the distribution a sample has seen: coverage, and how many outcomes it has not.

    coverage = 1 - (f1 / n) (1 - A)          A = 2 f2 / ((n - 1) f1 + 2 f2)

f1, f2: outcomes seen once and twice. Good 1953 (1 - f1 / n, an idea of Turing's); with the factor: Chao & Jost 2012,
"Coverage-based rarefaction and extrapolation", eq. 4a. Where f2 = 0, A = 2 / ((n - 1)(f1 - 1) + 2), as in Chao, Wang &
Jost 2013. Chao 1984 for the number of unseen outcomes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.discrete.plug_in import total

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SampleCoverage:
    """All of shape (...): ``n`` rows (nan for none), ``once`` and ``twice`` seen outcomes, ``rare`` (the A above).

    ``coverage``: the estimated share of the distribution that belongs to outcomes seen; ``unseen``: a lower bound,
    on average, for the number of outcomes not seen.
    """

    n: Array
    once: Array
    twice: Array
    rare: Array
    coverage: Array
    unseen: Array


def sample_coverage(counts: ArrayLike) -> SampleCoverage:
    """The coverage of whole ``counts``, shape (..., outcomes); a sample without rows covers nan.

    >>> found = sample_coverage([4, 2, 1, 1])
    >>> float(found.coverage), float(found.unseen)
    (0.78125, 1.75)
    """
    counts = np.asarray(counts, dtype=np.float64)
    once, twice = (np.count_nonzero(counts == times, axis=-1).astype(np.float64) for times in (1.0, 2.0))
    return coverage_of(total(counts), once, twice)


def coverage_of(n: Array, once: Array, twice: Array) -> SampleCoverage:
    """The coverage of samples of which only these numbers are known, all of shape (...)."""
    pairs = np.where(twice > 0.0, 2.0 * twice, 2.0)
    singles = np.where(twice > 0.0, once, once - 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rare = np.where(once > 0.0, pairs / ((n - 1.0) * singles + pairs), 1.0)
    coverage = 1.0 - once / n * (1.0 - rare)
    unseen = (n - 1.0) / n * np.where(twice > 0.0, once**2 / pairs, once * (once - 1.0) / 2.0)
    return SampleCoverage(n, once, twice, rare + 0.0 * n, coverage, unseen)
