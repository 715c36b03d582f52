"""The basic bootstrap: how far the estimates of replicates lie from the truth that they were drawn from.

    [e - (t* at (1 + level) / 2 - t),  e - (t* at (1 - level) / 2 - t)]

e: the estimate; t: the plug-in, which is the truth of the replicates; t*: quantiles of their estimates. The percentile
bootstrap takes the quantiles themselves, and adds the bias of resampling a second time. Davison & Hinkley 1997, 2.4.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
REPLICATES = 999
AT_ONCE = 4_000_000
"""Counts drawn at once."""


def bootstrap_name(seed: int) -> str:
    """Its name in a result."""
    return f"basic bootstrap ({REPLICATES} replicates, seed {seed})"


def basic_bootstrap(
    estimate: Callable[..., Array],
    plug_in: Callable[..., Array],
    sides: list[Array],
    value: Array,
    level: float,
    seed: int,
) -> tuple[Array, Array]:
    """Both ends, (rows,), for the estimates ``value`` of the rows of the sides, each of (rows, outcomes).

    Every row draws from the same seed, so that a row alone and in a batch has the same interval.
    """
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    truth = plug_in(*sides)
    low, high = np.empty_like(value), np.empty_like(value)
    for row in range(value.size):
        found = replicates(estimate, [side[row] for side in sides], seed)
        below, above = np.quantile(found, tails) - truth[row]
        low[row], high[row] = value[row] - above, value[row] - below
    return low, high


def replicates(estimate: Callable[..., Array], counts: list[Array], seed: int) -> Array:
    """Estimates of samples drawn from the shares of the counts, as many rows each."""
    rng = np.random.default_rng(seed)
    outcomes = max(one.size for one in counts)
    some = max(AT_ONCE // outcomes, 1)
    found = []
    for first in range(0, REPLICATES, some):
        size = min(some, REPLICATES - first)
        drawn = [rng.multinomial(int(one.sum()), one / one.sum(), size=size).astype(np.float64) for one in counts]
        found.append(estimate(*drawn))
    return np.concatenate(found)
