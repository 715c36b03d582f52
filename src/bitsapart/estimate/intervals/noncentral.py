"""Intervals by inverting the noncentral chi-square law of a divergence between samples.

Where two samples come from nearly the same distribution, a plug-in divergence D is (c / 2) times a noncentral
chi-square; far apart it is normal. Both are one law: for a true divergence d, the unbiased estimate plus the plug-in
bias b is taken as a scaled noncentral chi-square with

    mean  b + d        variance  v + k d

where v is the variance at d = 0 and k d the delta-method variance. The interval holds every d that a test at its
level does not reject. Wald's interval fails near 0, where the first-order variance vanishes, and the percentile
bootstrap fails because resampling adds the bias a second time.

Moments: Wilks 1938 (null), Kullback 1959 ch. 6 (noncentral). Inversion: Neyman 1937.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

METHOD = "noncentral chi-square inversion"
GAMMA_ABOVE = 5_000.0
"""Above this sum of degrees of freedom and noncentrality Patnaik's gamma law stands in: equal to 0.01 sd by then."""
STEPS = 80

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spread:
    """Unbiased estimates of a divergence and the moments of their laws: arrays of one shape, or numbers.

    ``estimate`` may be negative. ``bias`` is that of the plug-in, ``variance`` the variance if the truth were 0,
    and ``slope`` the variance added by one nat of true divergence. All shrink with the rows: see ``scaled``.
    """

    estimate: Any
    bias: Any
    variance: Any
    slope: Any

    def scaled(self, factor: float) -> "Spread":
        """The same with so many times the rows, if the truth is the estimate."""
        estimate = np.maximum(self.estimate, 0.0)
        return Spread(estimate, self.bias / factor, self.variance / factor**2, self.slope / factor)

    def spread_at(self, truth: Any) -> Any:
        """The variance of the estimate if this is the divergence."""
        return self.variance + self.slope * truth


@dataclass(frozen=True, eq=False)
class TailedSpread(Spread):
    """With the ``tail`` that was taken off the estimate for outcomes not seen."""

    tail: Any = 0.0


def slope_of(estimate: Any, first_order: Any, bias: Any, variance: Any) -> Array:
    """Variance per nat: the delta-method variance over the divergence, drawn to its value at 0 where unclear."""
    with np.errstate(divide="ignore", invalid="ignore"):
        at_zero = np.where(bias > 0.0, 2.0 * variance / bias, 0.0)
        unclear = np.sqrt(variance)
        nearby = np.maximum(estimate, 0.0)
        found = (np.maximum(first_order, 0.0) + at_zero * unclear) / (nearby + unclear)
    return np.where(nearby + unclear > 0.0, found, 0.0)


def interval(spread: Spread, level: float) -> tuple[Array, Array]:
    """Both ends of the intervals at ``level`` for the true divergences, which are >= 0.

    >>> low, high = interval(Spread(0.010, 0.005, 5e-6, 2e-3), 0.95)
    >>> bool(0.0 < low < 0.010 < high)
    True
    """
    tail = (1.0 - level) / 2.0
    shape = np.shape(spread.estimate)
    four = spread.estimate, spread.bias, spread.variance, spread.slope
    flat = Spread(*(np.asarray(field, dtype=np.float64).reshape(-1) for field in four))
    return lower_end(flat, tail).reshape(shape)[()], upper_end(flat, tail).reshape(shape)[()]


def lower_end(spread: Spread, tail: ArrayLike) -> Array:
    """The smallest truths under which so large an estimate has at least probability ``tail``, one or one a row."""
    tail = np.broadcast_to(tail, spread.estimate.shape)
    found = np.zeros(spread.estimate.shape)
    above = np.flatnonzero((spread.estimate > 0.0) & (probability_below(spread, found) > 1.0 - tail))
    if above.size:
        some, rest = rows_of(spread, above), tail[above]
        found[above] = crossing(some, 1.0 - rest, found[above], some.estimate, guess(some, rest, -1.0))
    return found


def upper_end(spread: Spread, tail: ArrayLike) -> Array:
    """The largest truths under which so small an estimate has at least probability ``tail``, one or one a row.

    A negative estimate is read as 0, so that an interval is never empty.
    """
    seen = Spread(np.maximum(spread.estimate, 0.0), spread.bias, spread.variance, spread.slope)
    found = np.array(seen.estimate, dtype=np.float64)
    loose = np.flatnonzero(seen.variance + seen.slope > 0.0)
    if not loose.size:
        return found
    some, tail = rows_of(seen, loose), np.broadcast_to(tail, found.shape)[loose]
    start = guess(some, tail, 1.0)
    high, step = start.copy(), start - some.estimate
    below = np.arange(loose.size)
    while below.size:
        below = below[probability_below(rows_of(some, below), high[below]) > tail[below]]
        step[below] *= 2.0
        high[below] += step[below]
    found[loose] = crossing(some, tail, some.estimate, high, start)
    return found


def guess(spread: Spread, tail: Array, sign: float) -> Array:
    """The end if the law were normal: (end - estimate)^2 = z^2 (variance + slope end)."""
    z = special.ndtri(1.0 - tail)
    half = z * z * spread.slope / 2.0
    reach = np.sqrt(half**2 + z * z * spread.spread_at(spread.estimate))
    return np.asarray(np.maximum(spread.estimate + half + sign * reach, 0.0), dtype=np.float64)


def crossing(spread: Spread, probability: Array, low: Array, high: Array, start: Array) -> Array:
    """The truths between ``low`` and ``high`` at which the probability below the estimate falls to this.

    Secant steps on normal quantiles, on which the probability is nearly a line, and halvings where one leads astray.
    """
    target = special.ndtri(probability)
    low, high, point = low.copy(), high.copy(), np.clip(start, low, high)
    before, gap_before = low.copy(), np.full(low.shape, np.nan)
    left = np.arange(point.size)
    for step in range(STEPS):
        some, here = rows_of(spread, left), point[left]
        gap = np.clip(special.ndtri(probability_below(some, here)), -40.0, 40.0) - target[left]
        low[left] = np.where(gap > 0.0, here, low[left])
        high[left] = np.where(gap > 0.0, high[left], here)
        middle = (low[left] + high[left]) / 2.0
        if step == 0:
            line = here + gap * np.sqrt(some.spread_at(here))
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                line = here - gap * (here - before[left]) / (gap - gap_before[left])
        inside = (line > low[left]) & (line < high[left])
        before[left], gap_before[left], point[left] = here, gap, np.where(inside, line, middle)
        still = (np.abs(point[left] - here) > 1e-10 * here) & (gap != 0.0)
        point[left] = np.where(gap == 0.0, here, point[left])
        left = left[still]
        if not left.size:
            break
    return point


def rows_of(spread: Spread, rows: NDArray[np.int64]) -> Spread:
    """Those rows of a spread."""
    return Spread(spread.estimate[rows], spread.bias[rows], spread.variance[rows], spread.slope[rows])


def probability_below(spread: Spread, truth: Any) -> Array:
    """The probability of an estimate at most as large as the one seen, if ``truth`` is the divergence."""
    seen, mean = spread.estimate + spread.bias, spread.bias + truth
    variance = spread.variance + spread.slope * truth
    with np.errstate(all="ignore"):
        ratio = variance / mean**2
        freedom = np.where(spread.variance > 0.0, 2.0 * spread.bias**2 / spread.variance, 0.0)
        root = 4.0 - 2.0 * ratio * freedom
        total = (2.0 + np.sqrt(np.maximum(root, 0.0))) / ratio
        found = special.gammainc(1.0 / ratio, seen * mean / variance)
        exact = (root > 0.0) & (total <= GAMMA_ABOVE) & (freedom > 0.0)
        if exact.any():
            noncentral = special.chndtr(seen * total / mean, freedom, np.maximum(total - freedom, 0.0))
            found = np.where(exact, noncentral, found)
    found = np.where(seen > 0.0, found, 0.0)
    return np.where((variance > 0.0) & (mean > 0.0), found, seen >= mean)
