"""Percentiles as llama.cpp prints them: the values in order, with a straight line between neighbours."""

import math

import numpy as np
from numpy.typing import NDArray

from bitsapart.model_comparison.result import PERCENTILES


def percentiles(values: NDArray[np.float64]) -> dict[float, float]:
    """Of some values, infinite ones too; empty where there are none.

    >>> found = percentiles(np.array([0.0, 1.0, np.inf]))
    >>> found[25.0], found[50.0], found[75.0], found[100.0]
    (0.5, 1.0, inf, inf)
    """
    if not len(values):
        return {}
    ordered = np.sort(values)
    return {percent: at(ordered, percent / 100.0) for percent in PERCENTILES}


def at(ordered: NDArray[np.float64], fraction: float) -> float:
    """(1 - w) v[i] + w v[i + 1] with i + w = fraction (n - 1)."""
    exact = fraction * (len(ordered) - 1)
    i = min(math.floor(exact), len(ordered) - 1)
    w, low, high = exact - i, float(ordered[i]), float(ordered[min(i + 1, len(ordered) - 1)])
    return low if w == 0.0 or low == high else (1.0 - w) * low + w * high


def worst_percent_share(kl: NDArray[np.float64]) -> float:
    """The share of the sum that the largest hundredth of the values hold, at least one; nan of no or infinite sum."""
    total = float(kl.sum())
    if not 0.0 < total < math.inf:
        return math.nan
    number = math.ceil(len(kl) / 100)
    return float(np.partition(kl, len(kl) - number)[len(kl) - number :].sum()) / total
