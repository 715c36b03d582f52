"""What is learnt from a sample in one pass: sums of statistics, the range, whether all rows can be, and some rows.

Values are moved and scaled first, z = (x - location) / scale with the location and spread of the first rows, so that no
sum cancels: the variance of values near 1e9 that differ by 1e-3 keeps its digits.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bitsapart.families.support import Interval, Support
from bitsapart.fitting.target import Block, Sample
from bitsapart.values.errors import UsageError

Array = Any
KEPT = 1 << 16
"""Rows that are kept for what is not a sum: the entropy of the target, and the spread of what was summed."""


class Scaling(NamedTuple):
    """Values z = (x - location) / scale."""

    location: Any = 0.0
    scale: Any = 1.0

    def __call__(self, x: Array) -> Array:
        """The z of an x."""
        return x if self.is_identity else (x - self.location) / self.scale

    def back(self, z: Array) -> Array:
        """The x of a z."""
        return z * self.scale + self.location

    @property
    def is_identity(self) -> bool:
        """Whether z is x."""
        return bool(np.all(self.location == 0.0) and np.all(self.scale == 1.0))

    @property
    def log_volume(self) -> float:
        """What is added to a log density of z to get minus that of x: the log of the scale, summed."""
        return float(np.sum(np.log(self.scale)))


@dataclass(frozen=True, eq=False)
class Gathered:
    """Sums over a sample, and rows of it."""

    scaling: Scaling
    n: int
    """Rows, or counts added up."""
    effective_n: float
    """(sum w)^2 / sum w^2."""
    means: tuple[float, ...]
    """Of the statistics, in z."""
    low: Array
    high: Array
    """Extremes, in x."""
    values: Array
    """Rows that were kept, in z."""
    weights: Array
    """Of the rows that were kept; they add up to 1."""
    spread: Array
    """The variance of a mean over the whole sample of terms s, with E s = 0, is sum(spread s^2)."""
    all_kept: bool

    def mean(self, terms: Array) -> Any:
        """The weighted mean of terms of the rows that were kept, (..., rows)."""
        return terms @ self.weights


def first_scaling(sample: Sample) -> Scaling:
    """Location and spread of the first rows, the spread as a power of two, by which numbers divide exactly."""
    values = next(iter(sample.read())).values
    with np.errstate(all="ignore"):
        location = values.mean(axis=0)
        reach = np.abs(values - location).max(axis=0)
        there = np.where(np.isfinite(reach) & (reach > 0.0), reach, 1.0)
        spread = there * ((values - location) / there).std(axis=0)
        usable = np.isfinite(location) & np.isfinite(spread) & (spread > 0.0)
        spread = np.where(usable, np.exp2(np.round(np.log2(spread))), 1.0)
    return Scaling(np.where(np.isfinite(location), location, 0.0)[()], spread[()])


def gather(
    sample: Sample,
    statistics: Sequence[Callable[[Array], Array]],
    scaling: Scaling,
    support: Support,
    family: str,
    seed: int = 0,
    kept: int = KEPT,
) -> Gathered:
    """One pass over a sample.

    Raises:
        UsageError: a value is not finite, or none that the family can have; says which row.
    """
    chosen = drawn(sample.rows, kept, seed)
    sums: list[list[float]] = [[] for _ in statistics]
    weight: list[float] = []
    squares: list[float] = []
    lows, highs, rows, row_weights = [], [], [], []
    for block in sample.read():
        low, high = block.values.min(axis=0), block.values.max(axis=0)
        check(block, low, high, support, family)
        lows.append(low)
        highs.append(high)
        z, w = scaling(block.values), block.weights
        for place, statistic in enumerate(statistics):
            with np.errstate(all="ignore"):
                terms = statistic(z)
                total = float(terms.sum() if w is None else w @ terms)
            if not math.isfinite(total):
                refuse_edge(block, terms, support, family)
            sums[place].append(total)
        weight.append(len(z) if w is None else float(w.sum()))
        squares.append(len(z) if w is None else float(w @ w))
        here = chosen[np.searchsorted(chosen, block.start) : np.searchsorted(chosen, block.start + len(z))]
        if len(here):
            rows.append(z[here - block.start])
            row_weights.append(np.ones(len(here)) if w is None else w[here - block.start])
    total_weight = math.fsum(weight)
    if total_weight <= 0.0:
        raise UsageError("all weights or counts are 0: there is nothing to fit to")
    counts = sample.weighting == "counts"
    w = np.concatenate(row_weights)
    share = w / w.sum()
    effective = total_weight if counts else total_weight**2 / math.fsum(squares)
    spread = share / total_weight if counts else share**2 * (len(chosen) / sample.rows)
    return Gathered(
        scaling,
        round(total_weight) if counts else sample.rows,
        effective,
        tuple(math.fsum(parts) / total_weight for parts in sums),
        np.min(lows, axis=0),
        np.max(highs, axis=0),
        np.concatenate(rows),
        share,
        spread,
        len(chosen) == sample.rows,
    )


def drawn(rows: int, kept: int, seed: int) -> Array:
    """Numbers of rows, in order: all, or one at random out of each of ``kept`` equal parts."""
    if rows <= kept:
        return np.arange(rows)
    at = np.arange(kept) + np.random.default_rng(seed).random(kept)
    return np.minimum((at * (rows / kept)).astype(np.int64), rows - 1)


def check(block: Block, low: Array, high: Array, support: Support, family: str) -> None:
    """Finite values that lie in the support."""
    if not np.isfinite(low + high).all():
        finite = np.isfinite(block.values).reshape(len(block.values), -1).all(axis=1)
        if not finite.all():
            place = int(np.argmin(finite))
            raise UsageError(
                f"the target is {shown(block.values[place])} in row {block.row(place)}: values should be finite, so "
                "leave out rows with missing or infinite ones"
            )
    if isinstance(support, Interval) and (low >= support.low) & (high <= support.high):
        return
    inside = np.asarray(support.holds(block.values))
    if not inside.all():
        place = int(np.argmin(inside))
        raise UsageError(
            f"{family} cannot be fitted: the target is {shown(block.values[place])} in row {block.row(place)}, and the "
            f"family has its mass on {support.words}"
        )


def refuse_edge(block: Block, terms: Array, support: Support, family: str) -> None:
    """A value at the end of the support, where the density is 0 or infinite."""
    place = int(np.argmin(np.isfinite(terms)))
    raise UsageError(
        f"{family} cannot be fitted: the target is {shown(block.values[place])} in row {block.row(place)}, an end of "
        f"its support ({support.words}), where its density is 0 or infinite for almost all members"
    )


def shown(value: Any) -> str:
    """A value in an error."""
    if np.ndim(value) == 0:
        return f"{float(value):.17g}"
    return np.array2string(np.asarray(value), precision=6, threshold=8, separator=", ")
