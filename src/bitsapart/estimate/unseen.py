"""What the digamma entropy of n rows misses of outcomes that they did not show.

    T(n) = sum_i p_i E1(n p_i) = sum_i p_i sum_{r >= n} (1 - p_i)^r / r  (nearly)        E1: the exponential integral

A sample of n rows shows (1 - p_i)^r without bias for r < n only: the rest has to be extrapolated. For a known
alphabet the mixture of ``discrete/poisson_mixture`` does it, else the two rarest counts, as Chao, Wang & Jost 2013,
eq. 7.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.discrete.chao_wang_jost import log_tail
from bitsapart.estimate.discrete.outcomes import outcomes_of
from bitsapart.estimate.discrete.poisson_mixture import SMALL, fitted
from bitsapart.estimate.discrete.sample_coverage import SampleCoverage, sample_coverage
from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]


def alphabet(counts: Array, outcomes: Any = None) -> Array:
    """How many outcomes there are, (rows,), nan where unknown, of ``counts`` (rows, outcomes).

    ``outcomes``: a number or one a row; "unknown"; or None, by which a row that lists outcomes it has not seen, as
    zeros, lists them all, and one without zeros is what was met, of an unknown alphabet.
    """
    if isinstance(outcomes, str):
        if outcomes != "unknown":
            raise UsageError(f'outcomes should be how many there can be, or "unknown"; got {outcomes!r}')
        return np.full(counts.shape[0], np.nan)
    if outcomes is not None:
        return outcomes_of(counts, outcomes)[0].copy()
    listed = np.count_nonzero(counts, axis=1) < counts.shape[1]
    return np.where(listed, float(counts.shape[1]), np.nan)


def missed_entropy(counts: Array, known: Array) -> Array:
    """T(n), (rows,) in nats, of whole ``counts`` (rows, outcomes) of alphabets ``known`` (rows,); 0 where n is 0."""
    found = np.zeros(counts.shape[0])
    n = counts.sum(axis=1)
    rare = np.any((counts > 0.0) & (counts <= SMALL), axis=1)
    mixed = np.flatnonzero(rare & np.isfinite(known))
    if mixed.size:
        found[mixed] = fitted(counts[mixed], known[mixed]).missed()
    others = np.flatnonzero((n > 0.0) & ~np.isfinite(known))
    if others.size:
        seen = sample_coverage(counts[others])
        found[others] = extrapolated(seen, seen.n)
    return found


def extrapolated(seen: SampleCoverage, at: Array) -> Array:
    """T of a sample of size ``at`` from the numbers of outcomes seen once and twice in one of size n, (rows,)."""
    found = np.zeros(seen.n.shape)
    more = (seen.once > 0.0) & (seen.rare < 1.0)
    n, rare, size = seen.n[more], seen.rare[more], at[more]
    decay = np.exp((size - n + 1.0) * np.log1p(-rare))
    found[more] = seen.once[more] / n * decay * log_tail(rare, size)
    return found
