"""Features of rows in which a log density ratio is about linear, made without a look at which sample a row is from.

    linear      the columns, standardised
    quadratic   and their squares and products: exact for two Gaussians
    spline      natural cubic splines of each column's normal score, and two functions of its tails: any smooth change
                of a single column
    bins        a step function of one column: jumps
    rich        splines and products of normal scores, and splines of the log distance from the centre

and to all of them an indicator for each atom, so that a column may be part discrete, part continuous. Normal scores and
the clip keep outliers from ruling the fit.

Splines: Hastie, Tibshirani & Friedman 2009, section 5.2.1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Map = Callable[[Array], Array]

GRID = 400
"""Quantiles that stand for a column's distribution."""
CLIP = 4.0
"""Standardised columns end here: squares of far outliers would rule the fit."""


@dataclass(frozen=True)
class Basis:
    """A map from rows (rows, d) to features (rows, size), standardised over both samples."""

    name: str
    map: Map
    center: Array
    scale: Array

    @property
    def size(self) -> int:
        """How many features."""
        return int(self.center.size)

    def __call__(self, rows: Array) -> Array:
        """The features of rows."""
        return (self.map(rows) - self.center) / self.scale


def named(name: str, raw: Map, rows: Array) -> Basis:
    """A basis standardised on these rows; features that do not vary are left out."""
    found = raw(rows)
    center, scale = found.mean(axis=0), found.std(axis=0)
    keep = np.flatnonzero(scale > 1e-9 * (1.0 + np.abs(center)))
    return Basis(name, lambda x: raw(x)[:, keep], center[keep], scale[keep])


def balanced(x: Array, y: Array, most: int = 20_000) -> Array:
    """Rows of which half are from each sample, so that the larger one does not decide what is far out."""
    size = min(max(len(x), len(y)), most)
    sides = [side[np.linspace(0, len(side) - 1, size).round().astype(int)] for side in (x, y)]
    return np.concatenate(sides)


def standardised(rows: Array, clip: float = CLIP) -> Map:
    """Each column less its median, over its spread between the quartiles' kin; robust against heavy tails."""
    low, middle, high = np.quantile(rows, [0.16, 0.5, 0.84], axis=0)
    spread = (high - low) / 2.0
    spread = np.where(spread > 0.0, spread, rows.std(axis=0))
    spread = np.where(spread > 0.0, spread, 1.0)
    return lambda x: np.asarray(np.clip((x - middle) / spread, -clip, clip))


def normal_scores(rows: Array) -> Map:
    """Each column's place among the rows, as a standard normal quantile; beyond the rows it stays at the ends."""
    levels = (np.arange(GRID) + 0.5) / GRID
    scores = special.ndtri(levels)
    grids = [without_steps(np.quantile(column, levels), scores) for column in rows.T]

    def score(x: Array) -> Array:
        found = [np.interp(column, *grid) for column, grid in zip(x.T, grids, strict=True)]
        # between values 1e-300 apart the slope is infinite
        return np.asarray(np.clip(np.column_stack(found), scores[0], scores[-1]))

    return score


def without_steps(grid: Array, scores: Array) -> tuple[Array, Array]:
    """Each value of the grid once, with the mean of its scores: an atom takes up several places."""
    values, place, counts = np.unique(grid, return_inverse=True, return_counts=True)
    return values, np.bincount(place, scores) / counts


def splines(knots: Array) -> Map:
    """Natural cubic splines of every column, knots - 1 features a column, the column itself first."""
    last, before = knots[-1], knots[-2]

    def bend(x: Array, knot: float) -> Array:
        cubes = np.maximum(x - knot, 0.0) ** 3 - np.maximum(x - last, 0.0) ** 3
        return np.asarray(cubes / (last - knot))

    return lambda x: np.column_stack([x, *(bend(x, knot) - bend(x, before) for knot in knots[:-2])])


def products(x: Array) -> Array:
    """The columns, their squares and their products."""
    i, j = np.triu_indices(x.shape[1])
    return np.column_stack([x, x[:, i] * x[:, j]])


def log_distance(x: Array) -> Array:
    """The log of 1 + the mean square of standardised columns, shape (rows, 1)."""
    return np.asarray(np.log1p(np.mean(x * x, axis=1, keepdims=True)))


def indicators(marks: list[Array]) -> Map:
    """For each atom of each column, whether a row is at it."""
    places = [(j, value) for j, values in enumerate(marks) for value in values]
    return lambda x: np.array([x[:, j] == value for j, value in places], dtype=np.float64).reshape(-1, len(x)).T


def linear(rows: Array, marks: list[Array]) -> Basis:
    """The columns."""
    scaled, at = standardised(rows), indicators(marks)
    return named("linear", lambda x: np.column_stack([scaled(x), at(x)]), rows)


def quadratic(rows: Array, marks: list[Array]) -> Basis:
    """The columns, squares and products."""
    scaled, at = standardised(rows), indicators(marks)
    return named("quadratic", lambda x: np.column_stack([products(scaled(x)), at(x)]), rows)


def spline(rows: Array, marks: list[Array], features: int) -> Basis:
    """Splines of the normal scores, so many features a column, and how the tails differ."""
    scores, far, at = normal_scores(rows), tails(rows), indicators(marks)
    smooth = splines(knots_of(features))
    return named("splines", lambda x: np.column_stack([smooth(scores(x)), far(x), at(x)]), rows)


def tails(rows: Array) -> Map:
    """Functions of the standardised columns that grow as their logarithm and as themselves."""
    scaled = standardised(rows, math.inf)

    def far(x: Array) -> Array:
        root = np.sqrt(1.0 + scaled(x) ** 2)
        return np.column_stack([np.log(root), root])

    return far


def bins(rows: Array, marks: list[Array], count: int) -> Basis:
    """Indicators of one column's bins, as many rows in each: jumps, such as where a support ends."""
    at = indicators(marks)
    edges = np.unique(np.quantile(rows[:, 0], np.arange(1, count) / count))
    inner = np.arange(1, len(edges) + 1)

    def raw(x: Array) -> Array:
        place = np.searchsorted(edges, x[:, 0], side="right")
        return np.column_stack([place[:, np.newaxis] == inner, at(x)]).astype(np.float64)

    return named("bins", raw, rows)


def rich(rows: Array, marks: list[Array], features: int) -> Basis:
    """Splines and products of the normal scores, and splines of the log distance from the centre."""
    scores, at = normal_scores(rows), indicators(marks)
    smooth = splines(knots_of(features))
    radial = splines(np.quantile(log_distance(scores(rows)), [0.1, 0.4, 0.7, 0.95]) + np.arange(4) * 1e-9)
    i, j = np.triu_indices(rows.shape[1])

    def raw(x: Array) -> Array:
        z = scores(x)
        return np.column_stack([smooth(z), z[:, i] * z[:, j], radial(log_distance(z)), at(x)])

    return named("splines and products", raw, rows)


def knots_of(features: int) -> Array:
    """Knots for so many features a column, at evenly spaced quantiles of the normal."""
    return np.asarray(special.ndtri((np.arange(features + 1) + 0.5) / (features + 1)))
