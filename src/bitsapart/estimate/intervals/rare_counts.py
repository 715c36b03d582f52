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
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.intervals.noncentral import Spread, interval

Array = NDArray[np.float64]
TABLED = 1024


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts, the part of the estimate that depends on each, what it is here, and its derivative, all of one shape.

    ``here`` differs from ``part(counts)`` where the estimate is freed of bias, by digamma functions for logarithms.
    ``times``: how many outcomes each count stands for.
    """

    counts: Array
    part: Callable[[Array], Array]
    here: Array
    slope: Array
    times: Array | float = 1.0


def skewed_interval(spread: Spread, sides: tuple[Counted, ...], level: float) -> tuple[Array, Array]:
    """The noncentral intervals at ``level`` with both ends moved out for rare outcomes."""
    variance = spread.spread_at(np.maximum(spread.estimate, 0.0))
    return moved_out(interval(spread, level), variance, sides, level)


def moved_out(
    ends: tuple[Array, Array], variance: Array, sides: tuple[Counted, ...], level: float
) -> tuple[Array, Array]:
    """Both ends of intervals for quantities >= 0, moved out for rare outcomes."""
    low, high = ends
    with np.errstate(divide="ignore", invalid="ignore"):
        for side in sides:
            rise, fall = excess(side, (1.0 - level) / 2.0)
            low = np.where(variance > 0.0, low - fall / variance, low)
            high = np.where(variance > 0.0, high + rise / variance, high)
    return np.maximum(low, 0.0), high


def excess(side: Counted, tail: float) -> tuple[Array, Array]:
    """Sums of s^2 (u - z s) over the counts, for rises and for falls of the estimate."""
    counts = side.counts
    first, second = (side.part(limit) - side.here for limit in poisson_limits(counts, tail))
    deviation = np.abs(side.slope) * np.sqrt(np.maximum(counts, 0.5))
    usual = float(special.ndtri(1.0 - tail)) * deviation
    rise = np.maximum(np.maximum(first, second) - usual, 0.0)
    fall = np.maximum(-np.minimum(first, second) - usual, 0.0)
    weight = deviation**2 * side.times
    return np.sum(weight * rise, axis=-1), np.sum(weight * fall, axis=-1)


def poisson_limits(counts: Array, tail: float) -> tuple[Array, Array]:
    """Lower and upper confidence limits of the Poisson means behind counts, Garwood 1936; the lower one is never 0.

    From a table up to 1024, and above by the cube root law of Wilson & Hilferty 1931, within 2e-5 of it by then.
    """
    if np.any(counts != np.floor(counts)):
        lower = np.where(counts > 0.0, special.gammaincinv(np.maximum(counts, 1e-9), tail), 0.0)
        return np.maximum(lower, 0.0), special.gammainccinv(counts + 1.0, tail)
    lower, upper = table_of_limits(tail)
    if counts.max(initial=0.0) < TABLED:
        place = counts.astype(np.intp)
        return lower[place], upper[place]
    few, many = np.minimum(counts, TABLED - 1).astype(np.intp), np.maximum(counts, TABLED)
    z = float(special.ndtri(tail))
    found = lower[few], upper[few]
    above = wilson_hilferty(many, z), wilson_hilferty(many + 1.0, -z)
    return np.where(counts < TABLED, found[0], above[0]), np.where(counts < TABLED, found[1], above[1])


def wilson_hilferty(shape: Array, z: float) -> Array:
    """A quantile of a gamma law."""
    return np.asarray(shape * (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * np.sqrt(shape))) ** 3)


@lru_cache(maxsize=64)
def table_of_limits(tail: float) -> tuple[Array, Array]:
    """Both limits for the counts 0, 1, ..."""
    counts = np.arange(float(TABLED))
    return np.where(counts > 0.0, special.gammaincinv(np.maximum(counts, 1.0), tail), 0.0), special.gammainccinv(
        counts + 1.0, tail
    )


def own_side(p: Array, code: Array) -> Counted:
    """How KL(P || Q) depends on the counts of P, where ``code`` is log q: part x log x - x code less its mean."""
    n = np.sum(p, axis=-1, keepdims=True)
    logs = np.log(np.maximum(p, 0.5) / n) - code
    mean = np.sum(p / n * logs, axis=-1, keepdims=True)
    linear = code + mean + 1.0

    def part(counts: Array) -> Array:
        x = counts / n
        return np.asarray(special.xlogy(x, x) - x * linear, dtype=np.float64)

    here = p / n * (special.digamma(np.maximum(p, 1.0)) - np.log(n) - linear)
    return Counted(p, part, here, (logs - mean) / n)


def code_side(p: Array, q: Array, n: Any = None) -> Counted:
    """How KL(P || Q) depends on the counts of Q: part -p log q + q; ``n``: the rows of P, if ``p`` lacks some."""
    n, m = p.sum(axis=-1) if n is None else n, np.sum(q, axis=-1, keepdims=True)
    weight = p / np.expand_dims(n, -1)
    whole = np.sum(weight, axis=-1, keepdims=True)
    finite = np.where(q > 0.0, weight, 0.0)

    def part(counts: Array) -> Array:
        return np.asarray(counts / m * whole - special.xlogy(finite, counts), dtype=np.float64)

    here = q / m * whole - finite * special.digamma(q + 1.0)
    return Counted(q, part, here, whole / m - weight / (q + 0.5))
