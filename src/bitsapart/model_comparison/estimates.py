"""From numbers a token to means with intervals: clustered by document, shares by Wilson."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.mean import Means, share_of, within
from bitsapart.model_comparison.text_rows import Small
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

STEP = 1 << 12
"""Tokens that are added up at once: more do not stay in the cache."""


def means_of(clusters: Small | None, *series: NDArray[np.generic]) -> Means:
    """Means of several series, one entry a token each."""
    return means_by(clusters, len(series[0]), lambda place: [one[place] for one in series])


def means_by(clusters: Small | None, tokens: int, series: Callable[[slice], Sequence[NDArray[np.generic]]]) -> Means:
    """The same of series that are made for a few tokens at a time."""
    means = Means(len(series(slice(0, 0))))
    for start in range(0, tokens, STEP):
        place = slice(start, start + STEP)
        codes = None if clusters is None else clusters[place].astype(np.int64)
        means.add(np.stack([one.astype(np.float64) for one in series(place)], axis=1), None, codes)
    return means


def bits(values: NDArray[np.float64], clusters: Small | None, level: float) -> Estimate:
    """The mean of nats that are not negative, in bits."""
    return within(in_bits(means_of(clusters, values), 0, level), 0.0, math.inf)


def in_bits(means: Means, i: int, level: float) -> Estimate:
    """One of several means of nats, in bits; unknown where there is no token."""
    return means.estimate(i, level, Unit.bit) if means.n else nothing(level, Unit.bit)


def pure(means: Means, i: int, level: float) -> Estimate:
    """One of several means of pure numbers."""
    return replace(means.estimate(i, level, Unit.nat), unit=None) if means.n else nothing(level, None)


def share(marks: NDArray[np.bool_], clusters: Small | None, level: float) -> Estimate:
    """The share of tokens that are marked; tokens of one document count for fewer than they are."""
    if not len(marks):
        return nothing(level, None, "no such token")
    means = means_of(clusters, marks)
    return share_of(means.mean(0), worth(means, 0), level, means.n, means.groups)


def worth(means: Means, i: int) -> float:
    """How many independent tokens the clustered error of a mean is worth, at most as many as there are."""
    return min(float(means.n), means.effective_n(i))


def nothing(level: float, unit: Unit | None, note: str = "no token is left to compare") -> Estimate:
    """What is not known at all."""
    return Estimate(math.nan, None, None, level, "unknown", "mean", unit, 0, note)


def exponential(estimate: Estimate) -> Estimate:
    """The exponential of an estimate in nats: a pure number."""
    low, high = (None if end is None else exp(end) for end in (estimate.low, estimate.high))
    return replace(estimate, value=exp(estimate.value), low=low, high=high, unit=None)


def exp(x: float) -> float:
    """e^x, infinite where it is too large."""
    return math.inf if x > 709.0 else math.exp(x)


def between(lower: Estimate, upper: Estimate, note: str) -> Estimate:
    """What lies between two means that are both estimated: the value is the lower, the ends are those of both."""
    low = lower.value if lower.low is None else lower.low
    high = math.inf if upper.high is None else upper.high
    return replace(lower, low=low, high=high, kind="bound", method="unlisted merged", note=note)
