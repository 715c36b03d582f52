"""Mutual information as the divergence of the rows from rows whose parts have been exchanged.

    I(X; Y) = KL(P_xy || P_x P_y)        L(T) = 1 + mean T(x_i, y_i) - mean_s exp T(x_i, y_(i+s))

and the total correlation of more parts likewise (Watanabe 1960). The ratio is fitted by logistic regression of joint
against exchanged rows, on splines of each column and products of Hermite polynomials of normal scores across parts;
both sides are held out. Every row is in both averages, so the influence of row i is

    T(x_i, y_i) - E exp T(x_i, Y) - E exp T(X, y_i)

(the projection of a U-statistic, Hoeffding 1948), and features of one part alone carry no noise: the law at
independence has the degrees of the products.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.continuous import boosting
from bitsapart.estimate.continuous.basis import (
    Basis,
    indicators,
    knots_of,
    log_distance,
    named,
    normal_scores,
    splines,
)
from bitsapart.estimate.continuous.density_ratio import FAULT, MOST_FEATURES, Ends
from bitsapart.estimate.continuous.logistic import fit, log_ratio
from bitsapart.estimate.continuous.one_step import RESERVE, folds_of, limit_of, one_step
from bitsapart.estimate.continuous.samples import atoms
from bitsapart.estimate.intervals.noncentral import Spread, interval, slope_of

Array = NDArray[np.float64]
Parts = list[Array]

FOLDS, SHIFTS, CHECKED = 5, 4, 2
"""Folds; exchanges of every row; and how many of them the trees see."""
FEATURES = 4
"""Splines a column."""
MISSED = (
    "lower bound only: gradient boosting finds dependence that the fitted density ratio (splines and products of "
    "columns) misses, so the mutual information may be larger than the value by any amount; a change of variables that "
    "makes the relation smoother helps, and so may more rows"
)


@dataclass(frozen=True)
class Paired:
    """A held-out log ratio at the joint rows (n,) and the exchanged rows (shifts, n), and the in-sample estimate.

    ``partner``, (shifts, n, parts): the row that each part of an exchanged row is from.
    """

    joint: Array
    apart: Array
    partner: NDArray[np.int64]
    in_sample: float
    size: int

    @property
    def bound(self) -> float:
        """The one-step estimate held out."""
        return one_step(self.joint, self.apart.ravel())

    @property
    def influence(self) -> Array:
        """Of every row on the bound for the fitted ratio, up to a constant."""
        ratio = np.exp(self.apart).ravel()
        n = self.joint.size
        parts = np.moveaxis(self.partner, 2, 0)
        projected = sum(np.bincount(part.ravel(), ratio, n) for part in parts) / len(self.apart)
        return np.asarray(self.joint - projected)

    def spread(self) -> Spread:
        """The estimate and the moments of its law."""
        n = self.joint.size
        folds = folds_for(n)
        weight = (folds - 1.0) / (2.0 * folds - 1.0)
        c = (1.0 + 1.0 / SHIFTS) / n
        gap = self.in_sample - self.bound
        bias = max(weight * gap, self.size * c / 2.0)
        estimate = self.in_sample - weight * gap
        variance = 2.0 * bias**2 / self.size
        scatter = max(float(np.var(self.influence)) - RESERVE * bias, 0.0) / n
        return Spread(estimate, bias, variance, slope_of(estimate, scatter, bias, variance))


def dependence(parts: Parts, level: float, seed: int, boost: bool) -> Ends:
    """I(X; Y) in nats with its interval; parts: x (n, dx), y (n, dy)."""
    n = len(parts[0])
    fold, found = fitted(parts, seed)
    spread = found.spread()
    low, high = (float(end) for end in interval(spread, level))
    value = min(max(float(spread.estimate), low), high)
    words = f"logistic on splines and products{', checked by gradient boosting' if boost else ''}"
    method = f"one-step density ratio of joint and exchanged rows ({words}, {folds_for(n)} folds, seed {seed})"
    ends = Ends(value, low, high, method)
    if found.size > MOST_FEATURES * n:
        return bounded(ends, found, level, f"{too_few(found)}, so only the low end holds")
    if boost:
        trees = challenged(parts, found, fold, seed)
        if trees.statistic > FAULT:
            apart = found.apart[:CHECKED] + trees.q.reshape(-1, n)
            better = Paired(found.joint + trees.p, apart, found.partner[:CHECKED], 0.0, found.size)
            return bounded(ends, better, level, MISSED)
    return ends


def too_few(found: Paired) -> str:
    """Why the rows do not support the fit, in words."""
    wanted = int(np.ceil(found.size / MOST_FEATURES))
    return f"too few data: the fit has {found.size} products of columns, which takes {wanted} rows or so"


def folds_for(n: int) -> int:
    """Folds of two rows at least, so that rows can exchange partners within them."""
    return min(FOLDS, n // 2)


def fitted(parts: Parts, seed: int) -> tuple[NDArray[np.int64], Paired]:
    """The fold of every row, and the cross-fitted ratio."""
    rng = np.random.default_rng(seed)
    fold = folds_of(len(parts[0]), folds_for(len(parts[0])), rng)
    partner = exchanged(fold, len(parts), rng)
    basis, size = products_of(parts)
    return fold, paired(basis, size, parts, fold, partner)


def exchanged(fold: NDArray[np.int64], parts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Partners (shifts, n, parts) within the fold: the first part stays, each row's other parts are from other rows."""
    partner = np.empty((SHIFTS, len(fold), parts), dtype=np.int64)
    for k in range(int(fold.max()) + 1):
        here = rng.permutation(np.flatnonzero(fold == k))
        steps = rng.permutation(np.arange(1, len(here)))
        for s in range(SHIFTS):
            partner[s, here, 0] = here
            for j in range(1, parts):
                partner[s, here, j] = np.roll(here, int(steps[(s * (parts - 1) + j - 1) % len(steps)]))
    return partner


def apart_of(parts: Parts, partner: NDArray[np.int64]) -> Array:
    """Exchanged rows (n, d), from partners (n, parts)."""
    return np.column_stack([part[partner[:, j]] for j, part in enumerate(parts)])


def products_of(parts: Parts) -> tuple[Basis, int]:
    """Splines and indicators of each column, and products across parts; and how many of the features are products."""
    rows = np.column_stack(parts)
    part = np.repeat(np.arange(len(parts)), [each.shape[1] for each in parts])
    pairs = [(i, j) for i, j in combinations(range(rows.shape[1]), 2) if part[i] != part[j]]
    left, right = np.array(pairs).T
    scores, at = normal_scores(rows), indicators(atoms(rows))
    smooth = splines(knots_of(FEATURES))

    def raw(table: Array) -> Array:
        z = scores(table)
        second = (z * z - 1.0) / np.sqrt(2.0)
        cross = [a[:, left] * b[:, right] for a in (z, second) for b in (z, second)]
        return np.column_stack([*cross, log_distance(z), smooth(z), z * z, at(table)])

    return named("splines and products", raw, rows), 4 * len(pairs) + 1


def paired(basis: Basis, size: int, parts: Parts, fold: NDArray[np.int64], partner: NDArray[np.int64]) -> Paired:
    """The cross-fitted ratio."""
    n = len(fold)
    limit = limit_of(n * SHIFTS)
    joint = basis(np.column_stack(parts))
    apart = np.stack([basis(apart_of(parts, each)) for each in partner])
    whole = fit(joint, np.concatenate(list(apart)))
    at_joint, at_apart = np.empty(n), np.empty(apart.shape[:2])
    for k in range(int(fold.max()) + 1):
        here = fold == k
        found = fit(joint[~here], apart[:, ~here].reshape(-1, basis.size), start=whole)
        at_joint[here], at_apart[:, here] = log_ratio(joint[here], found), log_ratio(apart[:, here], found)
    inside = [np.minimum(log_ratio(rows, whole), limit) for rows in (joint, apart.reshape(-1, basis.size))]
    return Paired(np.minimum(at_joint, limit), np.minimum(at_apart, limit), partner, one_step(*inside), size)


def challenged(parts: Parts, found: Paired, fold: NDArray[np.int64], seed: int) -> boosting.Residual:
    """What trees find beyond the fit."""
    apart = np.concatenate([apart_of(parts, each) for each in found.partner[:CHECKED]])
    ratio = found.joint, found.apart[:CHECKED].ravel()
    return boosting.residual((np.column_stack(parts), apart), ratio, (fold, np.tile(fold, CHECKED)), seed)


def bounded(ends: Ends, found: Paired, level: float, trouble: str) -> Ends:
    """Only the low end of a fit held out."""
    error = float(np.sqrt(np.var(found.influence) / found.joint.size))
    low = max(found.bound - float(special.ndtri(0.5 + level / 2.0)) * error, 0.0)
    return Ends(max(ends.value, found.bound, low), low, np.inf, ends.method, trouble)
