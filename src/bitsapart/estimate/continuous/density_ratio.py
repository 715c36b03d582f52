"""KL(P || Q) from samples by a cross-fitted estimate of the density ratio: what a classifier of the two learns.

The ratio is fitted by logistic regression on features that grow with the rows, in one dimension splines, in more
splines, products and distance. The estimate and its interval are those of one_step.py. Gradient boosting then looks for
anything that is left: if it finds something, the fit has missed part of the divergence, which is then only bounded from
below. No upper bound holds for every pair of distributions (McAllester & Stratos 2020): the upper ends are
for log ratios that the features can follow and the trees find no fault with.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.continuous import basis, boosting
from bitsapart.estimate.continuous.one_step import HeldOut, folds_of, held_out, limit_of, one_step, spread_of
from bitsapart.estimate.continuous.samples import atoms
from bitsapart.estimate.intervals.noncentral import interval
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]

FOLDS = 5
MOST_FEATURES = 0.3
"""Features for each row of the harmonic sum of both samples."""
MANY = 2_500
"""Effective rows from which the splines get more features."""
FAULT = 6.635
"""The 0.99 quantile of chi-square with 1 degree."""
OUTSIDE = 0.05
"""Share of P's rows at the cut of the ratio at which Q's sample no longer reaches P."""


@dataclass(frozen=True)
class Ends:
    """A divergence in nats with both ends, and why there are not two of them, if so."""

    value: float
    low: float
    high: float
    method: str
    trouble: str = ""


def divergence(x: Array, y: Array, level: float, seed: int, boost: bool) -> Ends:
    """KL(P || Q) in nats with its interval at ``level``; x (n, d) from P, y (m, d) from Q."""
    rng = np.random.default_rng(seed)
    fold = folds_of(len(x), FOLDS, rng), folds_of(len(y), FOLDS, rng)
    effective = 1.0 / (1.0 / len(x) + 1.0 / len(y))
    found, few = chosen(x, y, fold, effective)
    spread = spread_of(found, FOLDS)
    low, high = (float(end) for end in interval(spread, level))
    value = min(max(spread.estimate, low), high)
    trees = boosting.residual((x, y), (found.p, found.q), fold, seed) if boost else None
    ends = Ends(value, low, high, f"one-step density ratio ({method_of(found, boost)}, {FOLDS} folds, seed {seed})")
    if few:
        return bounded(ends, found, level, few)
    if trees is not None and trees.statistic > FAULT:
        better = corrected(found, trees)
        return bounded(ends, better, level, "too few data: trees find more than the logistic fit can follow")
    return reaching(ends, found)


def method_of(found: HeldOut, boost: bool) -> str:
    """The learners, in words."""
    return f"logistic on {found.name}{', checked by gradient boosting' if boost else ''}"


def chosen(x: Array, y: Array, fold: Fold, effective: float) -> tuple[HeldOut, str]:
    """The fit on as many features as the rows support; and, where they do not support enough, a sentence on that."""
    rows, marks = basis.balanced(x, y), atoms(x, y)
    most = MOST_FEATURES * effective
    if x.shape[1] == 1:
        bases = of_one_column(rows, marks, effective)
    else:
        bases = [basis.rich(rows, marks, 5 if effective > 2.0 * MANY else 3)]
    size, few = bases[0].size, ""
    if size > most:
        wanted = math.ceil(2.0 * size / MOST_FEATURES)
        few = f"too few data: {size} features of {x.shape[1]} columns want {wanted} rows of each sample or so"
        bases = [basis.linear(rows, marks), basis.quadratic(rows, marks)]
        bases = [each for each in bases if each.size <= most] or bases[:1]
    fits = [held_out(each, x, y, fold) for each in bases]
    return min(fits, key=lambda fit: fit.loss), few


def of_one_column(rows: Array, marks: list[Array], effective: float) -> list[basis.Basis]:
    """Splines, and bins for ratios that jump; the loss held out decides."""
    features = max(2, min(12 if effective > MANY else 8, int(effective / 12.0)))
    count = max(4, min(64 if effective > MANY else 32, int(effective / 12.0)))
    return [basis.spline(rows, marks, features), basis.bins(rows, marks, count)]


def corrected(found: HeldOut, trees: boosting.Residual) -> HeldOut:
    """The fit with the trees added, cut off again."""
    limit = limit_of(len(found.q))
    p, q = np.minimum(found.p + trees.p, limit), np.minimum(found.q + trees.q, limit)
    return HeldOut(f"{found.name} and trees", found.size, p, q, one_step(p, q))


def bounded(ends: Ends, found: HeldOut, level: float, trouble: str) -> Ends:
    """Only the low end of a fit held out, which holds for any fit."""
    tail = (1.0 - level) / 2.0
    low = max(found.bound - float(special.ndtri(1.0 - tail)) * found.error, 0.0)
    return Ends(max(ends.value, found.bound, low), low, math.inf, ends.method, trouble)


def reaching(ends: Ends, found: HeldOut) -> Ends:
    """No upper end where rows of P lie where Q's sample would have less than a row: the ratio there is unknown."""
    limit = limit_of(len(found.q))
    outside = float(np.mean(found.p >= limit - 1e-9))
    if outside >= OUTSIDE:
        trouble = f"too few data: {outside:.1%} of the rows of P lie where the sample of Q does not reach"
        return Ends(ends.value, ends.low, math.inf, ends.method, trouble)
    return ends


def estimate(ends: Ends, level: float, rows: int, smaller: int, note: str = "") -> Estimate:
    """The estimate in nats, its claim capped at what the rows support: log n nats."""
    most = math.log(smaller)
    low, high, trouble = ends.low, ends.high, ends.trouble
    if ends.value > most or low > most:
        trouble = trouble or f"too few data: no sample of {smaller} rows supports a claim above log n = {most:.3g} nats"
        low, high = min(low, most), math.inf
    kind: Kind = "bound" if math.isinf(high) else "confidence"
    words = "; ".join(word for word in (trouble, note) if word)
    return Estimate(ends.value, low, high, level, kind, ends.method, Unit.nat, rows, words)
