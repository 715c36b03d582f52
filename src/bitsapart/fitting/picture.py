"""Target and fit on a grid, for who wants to see them."""

import math
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.fitting.fitted import Fitted
from bitsapart.fitting.result import Picture

Array = Any

POINTS = 241
MOST_BARS = 60
MOST_VALUES = 400
"""Distinct values up to which a distribution of whole numbers is drawn value by value."""
TAIL = 0.002
"""Share of the rows on either side that lie outside of a picture where the tails are long."""


def picture_of_rows(fit: Fitted, member: Distribution) -> Picture:
    """A histogram of the sample, or the shares of its values, and the fit."""
    if member.event_shape:
        return Picture()
    order = np.argsort(fit.data.values, kind="stable")
    x, w = fit.data.scaling.back(fit.data.values[order]), fit.data.weights[order]
    if fit.discrete:
        return of_values(x, w, member)
    below = np.cumsum(w)
    low, high = (float(x[np.searchsorted(below, u * below[-1])]) for u in (TAIL, 1.0 - TAIL))
    if high <= low:
        low, high = float(x[0]), float(x[-1])
    if high <= low:
        return Picture()
    quarter = np.interp([0.25, 0.75], below / below[-1], x)
    width = 2.0 * (quarter[1] - quarter[0]) / math.cbrt(len(x))
    bars = MOST_BARS if width <= 0.0 else min(MOST_BARS, max(8, math.ceil((high - low) / width)))
    edges = np.linspace(low, high, bars + 1)
    heights = np.histogram(x, edges, weights=w)[0] / (w.sum() * np.diff(edges))
    grid = np.linspace(low, high, POINTS)
    return Picture(tuple(grid.tolist()), (), heights_of(member, grid), tuple(edges.tolist()), tuple(heights.tolist()))


def of_values(x: Array, w: Array, member: Distribution) -> Picture:
    """Probabilities of whole numbers."""
    values, inverse = np.unique(x, return_inverse=True)
    share = np.bincount(inverse.reshape(-1), w)
    whole = values == np.floor(values)
    if whole.all() and values[-1] - values[0] < MOST_VALUES:
        grid = np.arange(values[0], values[-1] + 1.0)
        target = np.zeros(len(grid))
        target[(values - values[0]).astype(np.int64)] = share
    else:
        most: Array = np.sort(np.argsort(-share)[:MOST_VALUES])
        grid, target = values[most], np.asarray(share[most], float)
    return Picture(tuple(grid.tolist()), tuple(target.tolist()), heights_of(member, grid))


def heights_of(member: Distribution, grid: Array) -> tuple[float, ...]:
    """Density or probability."""
    with np.errstate(all="ignore"):
        return tuple(np.exp(np.asarray(member.log_density(grid))).tolist())


def picture_of_formula(target: Distribution, fitted: Distribution, grid: Array) -> Picture:
    """Both densities on a grid."""
    if not len(grid):
        return Picture()
    return Picture(tuple(grid.tolist()), heights_of(target, grid), heights_of(fitted, grid))
