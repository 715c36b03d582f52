"""KL(P || Q) from samples by a cross-fitted estimate of the density ratio: what a classifier of the two learns.

The ratio is fitted by logistic regression on features that grow with the rows, in one dimension splines, in more
splines, products and distance. The estimate and its interval are those of one_step.py. Gradient boosting then looks for
anything that is left: if it finds something, the fit has missed part of the divergence, which is then only bounded from
below. No upper bound holds for every pair of distributions (McAllester & Stratos 2020): the upper ends are
for log ratios that the features can follow and the trees find no fault with.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.continuous import basis, boosting, nearest_neighbours
from bitsapart.estimate.continuous.one_step import HeldOut, folds_of, held_out, limit_of, one_step, spread_of
from bitsapart.estimate.continuous.samples import atoms, tied_share
from bitsapart.estimate.intervals.noncentral import interval
from bitsapart.estimate.too_few import plural
from bitsapart.values.errors import UsageError
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
EXTREMES = 2.0
"""Times as many rows of P beyond each extreme of Q's sample as are to be expected of one distribution are no sign."""
FAR_OUT = 1.5
NEIGHBOURS = 5
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
        return bounded(ends, better, level, missed(x.shape[1]))
    if x.shape[1] == 1:
        ends = further(ends, x, y, level)
        if far_out(x, y) > 1.0 + max(len(x) / len(y) - 1.0, 0.0) / 2.0:
            return Ends(ends.value, low, math.inf, ends.method, unreached(far_out(x, y) / len(x)))
    return reaching(ends, found)


def further(ends: Ends, x: Array, y: Array, level: float) -> Ends:
    """The high end of one column moved out for what no fit can know, or has not found.

    Beyond the extremes of Q's sample the ratio is an extrapolation: rows of P there, beyond the number to be expected
    if P were Q, may each be worth log m more. Where distances to neighbours find more than the value, the end is not
    below theirs.
    """
    n, m = len(x), len(y)
    beyond = float(np.mean((x < y.min()) | (x > y.max()))) - 2.0 * EXTREMES / (m + 1.0)
    high = ends.value + math.hypot(ends.high - ends.value, max(beyond, 0.0) * math.log(m))
    if tied_share(np.concatenate((x, y))) == 0.0 and min(n, m) > NEIGHBOURS:
        near, error = by_neighbours(x, y)
        if near - error > ends.value:
            high = max(high, near + float(special.ndtri((1.0 + level) / 2.0)) * error)
    return replace(ends, high=high)


def by_neighbours(x: Array, y: Array) -> tuple[float, float]:
    """The estimate from distances to neighbours and its standard error; nothing where distances vanish."""
    try:
        terms = nearest_neighbours.ratio_terms(x, y, NEIGHBOURS)
        ratio = nearest_neighbours.ratio_at_reference(x, y, NEIGHBOURS)
    except UsageError:
        return 0.0, 0.0
    return float(np.mean(terms)), nearest_neighbours.standard_error(terms, ratio)


def missed(columns: int) -> str:
    """What it means that boosting improves on the fit, and what to do, in words."""
    other = "method='bias_reduced' needs no such fit, and " if columns <= 2 else ""
    return (
        "lower bound only: gradient boosting finds differences between x and y that the fitted density ratio misses, "
        f"so the divergence may be larger than the value by any amount; {other}more rows allow a richer fit"
    )


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
        few = (
            f"too few data: the density ratio has {size} coefficients for {plural(x.shape[1], 'column')}, which takes "
            f"{wanted} rows of each sample or so, so only the low end holds"
        )
        bases = [basis.linear(rows, marks), basis.quadratic(rows, marks)]
        bases = [each for each in bases if each.size <= most] or bases[:1]
    fits = [held_out(each, x, y, fold) for each in bases]
    return min(fits, key=lambda fit: fit.loss), few


def of_one_column(rows: Array, marks: list[Array], effective: float) -> list[basis.Basis]:
    """Splines, finer ones where the rows allow them, and bins for ratios that jump; the loss held out decides."""
    features = max(2, min(12, int(effective / 12.0)))
    count = max(4, min(64 if effective > MANY else 32, int(effective / 12.0)))
    fine = [basis.spline(rows, marks, 2 * features)] if effective > 20.0 * features else []
    return [basis.spline(rows, marks, features), *fine, basis.bins(rows, marks, count)]


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
        return Ends(ends.value, ends.low, math.inf, ends.method, unreached(outside))
    return ends


def far_out(x: Array, y: Array) -> int:
    """How many rows of one column of P lie half as far again from Q's middle as Q's extremes do."""
    middle = float(np.median(y))
    least, most = middle + FAR_OUT * (y.min() - middle), middle + FAR_OUT * (y.max() - middle)
    return int(np.sum((x < least) | (x > most)))


def unreached(share: float) -> str:
    """Why there is no upper end where so many rows of P have no rows of Q about them, in words."""
    return (
        f"too few data: {share:.1%} of the rows of x lie where y has next to none, so that their density ratio is not "
        "known and only the low end holds; more rows of y help, unless it never takes such values"
    )


def estimate(ends: Ends, level: float, rows: int, smaller: int, note: str = "") -> Estimate:
    """The estimate in nats, its claim capped at what the rows support: log n nats."""
    most = math.log(smaller)
    low, high, trouble = ends.low, ends.high, ends.trouble
    if ends.value > most or low > most:
        trouble = trouble or too_large(smaller)
        low, high = min(low, most), math.inf
    kind: Kind = "bound" if math.isinf(high) else "confidence"
    words = "; ".join(word for word in (trouble, note) if word)
    return Estimate(ends.value, low, high, level, kind, ends.method, Unit.nat, rows, words)


def too_large(rows: int) -> str:
    """Why a value is not to be relied on, in words."""
    return (
        f"too few data: {rows} rows support no claim above the logarithm of {rows}, {math.log2(rows):.3g} bits "
        f"({math.log(rows):.3g} nats)"
    )
