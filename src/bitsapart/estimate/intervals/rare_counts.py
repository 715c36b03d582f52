"""What a few rare outcomes add to an interval that is built from variances.

The confidence limits of a Poisson mean (Garwood 1936) lie further from a small count on one side than z standard
deviations. With g the part of the estimate that depends on one count, s its standard deviation and u how far g rises or
falls within the limits of that count, an end of the interval moves out by

    sum s_i^2 (u_i - z s_i) / sum s_i^2

which is all of the excess where one count makes the variance and vanishes as 1 / sqrt(outcomes) where many do, as
skewness does (Cornish & Fisher 1938).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.intervals.noncentral import Spread, interval

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts, the part of the estimate that depends on each, and the derivative of that part, all of one shape."""

    counts: Array
    part: Callable[[Array], Array]
    slope: Array


def skewed_interval(spread: Spread, sides: tuple[Counted, ...], level: float) -> tuple[float, float]:
    """The noncentral interval at ``level`` with both ends moved out for rare outcomes."""
    variance = spread.variance + spread.slope * max(spread.estimate, 0.0)
    return moved_out(interval(spread, level), variance, sides, level)


def moved_out(
    ends: tuple[float, float], variance: float, sides: tuple[Counted, ...], level: float
) -> tuple[float, float]:
    """Both ends of an interval for a quantity >= 0, moved out for rare outcomes."""
    low, high = ends
    if variance <= 0.0:
        return ends
    for side in sides:
        rise, fall = excess(side, (1.0 - level) / 2.0)
        low, high = low - fall / variance, high + rise / variance
    return max(low, 0.0), high


def excess(side: Counted, tail: float) -> tuple[float, float]:
    """Sums of s^2 (u - z s) over the counts, for rises and for falls of the estimate."""
    counts = side.counts
    different, place = np.unique(counts, return_inverse=True)
    lower = np.where(different > 0, special.gammaincinv(np.maximum(different, 1.0), tail), 0.0)[place]
    upper = special.gammainccinv(different + 1.0, tail)[place]
    with np.errstate(divide="ignore", invalid="ignore"):
        here = side.part(counts)
        changes = np.stack([side.part(lower) - here, side.part(upper) - here])
    changes = np.where(np.isfinite(changes), changes, 0.0)
    deviation = np.abs(side.slope) * np.sqrt(np.maximum(counts, 0.5))
    usual = float(special.ndtri(1.0 - tail)) * deviation
    rise = np.maximum(changes.max(axis=0) - usual, 0.0)
    fall = np.maximum(-changes.min(axis=0) - usual, 0.0)
    return float(np.sum(deviation**2 * rise)), float(np.sum(deviation**2 * fall))


def own_side(p: Array, code: Array) -> Counted:
    """How KL(P || Q) depends on the counts of P, where ``code`` is log q: part x log x - x code less its mean."""
    n = p.sum()
    share = np.maximum(p, 0.5) / n
    logs = np.log(share) - code
    mean = float(np.sum(p / n * logs))

    def part(counts: Array) -> Array:
        x = counts / n
        return np.asarray(special.xlogy(x, x) - x * (code + mean + 1.0), dtype=np.float64)

    return Counted(p, part, (logs - mean) / n)


def code_side(p: Array, q: Array, n: float) -> Counted:
    """How KL(P || Q) depends on the counts of Q: part -p log q + q."""
    m, weight = q.sum(), p / n

    def part(counts: Array) -> Array:
        return np.asarray(counts / m * weight.sum() - special.xlogy(weight, counts), dtype=np.float64)

    return Counted(q, part, weight.sum() / m - weight / (q + 0.5))
