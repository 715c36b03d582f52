"""Pareto k-hat of importance weights, and the weights smoothed by it.

Vehtari, Simpson, Gelman, Yao & Gabry 2024, Pareto smoothed importance sampling, J. Mach. Learn. Res. 25(72); the tail
is fitted after Zhang & Stephens 2009, Technometrics 51(3), 316-325. Weights have as many finite moments as 1 / k-hat.
"""

import math
from typing import Any, NamedTuple

import numpy as np

Array = Any

PRIOR_WEIGHT = 10.0
"""Draws that the prior of k, 1/2, is worth."""
EQUAL = 1e-10
"""Spread of log weights that is rounding: the weights are equal."""


class Smoothed(NamedTuple):
    """Log weights (n,), normalised so that their exponentials have the mean 1, k-hat, and the log of their mean."""

    log_weights: Array
    khat: float
    log_mean: float

    @property
    def weights(self) -> Array:
        """Weights that sum to 1."""
        return np.exp(self.log_weights) / len(self.log_weights)

    @property
    def threshold(self) -> float:
        """k-hat above which that many draws do not suffice."""
        return khat_threshold(len(self.log_weights))

    @property
    def standard_error(self) -> float:
        """Of the log of the mean, by the delta method; too small where k-hat is high."""
        n = len(self.log_weights)
        return float(np.std(np.exp(self.log_weights)) / math.sqrt(n))


def khat_threshold(n: int) -> float:
    """min(1 - 1 / log10 n, 0.7): k-hat up to which n draws make importance sampling reliable.

    >>> round(khat_threshold(1000), 4)
    0.6667
    """
    return min(1.0 - 1.0 / math.log10(n), 0.7)


def smoothed_weights(log_weights: Array) -> Smoothed:
    """Log weights, the largest replaced by quantiles of a generalised Pareto distribution that is fitted to them.

    At least 25 finite log weights of draws are needed; k-hat is 0 where all are equal, infinite where the tail is too
    short to be fitted.
    """
    highest = float(np.max(log_weights))
    shifted = log_weights - highest
    smooth, khat = _smooth(shifted) if np.ptp(shifted) > EQUAL else (shifted, 0.0)
    log_mean = float(np.log(np.mean(np.exp(smooth))))
    return Smoothed(smooth - log_mean, khat, highest + log_mean)


def _smooth(shifted: Array) -> tuple[Array, float]:
    n = len(shifted)
    length = math.ceil(min(0.2 * n, 3.0 * math.sqrt(n)))
    order = np.argsort(shifted, kind="stable")
    cutoff = max(float(shifted[order[-length - 1]]), math.log(np.finfo(float).tiny))
    tail = order[shifted[order] > cutoff]
    if len(tail) <= 4:
        return shifted, math.inf
    base = math.exp(cutoff)
    khat, scale = fitted_pareto(np.exp(shifted[tail]) - base)
    smooth = shifted.copy()
    if math.isfinite(khat):
        # no weight is made larger than the largest
        levels = (np.arange(len(tail)) + 0.5) / len(tail)
        smooth[tail] = np.minimum(np.log(_quantiles(levels, khat, scale) + base), 0.0)
    return smooth, khat


def fitted_pareto(excesses: Array) -> tuple[float, float]:
    """Shape k and scale of a generalised Pareto distribution of sorted positive excesses.

    The empirical Bayes estimate of Zhang & Stephens, k shrunk towards 1/2 by a prior that is worth ten draws.
    """
    n = len(excesses)
    grid = 30 + int(math.sqrt(n))
    quartile = excesses[int(n / 4.0 + 0.5) - 1]
    slopes = (1.0 - np.sqrt(grid / (np.arange(grid) + 0.5))) / (3.0 * quartile) + 1.0 / excesses[-1]
    with np.errstate(all="ignore"):
        shapes = np.log1p(-slopes[:, np.newaxis] * excesses).mean(axis=1)
        profile = n * (np.log(-slopes / shapes) - shapes - 1.0)
        weights = np.exp(profile - np.max(profile))
        weights = np.where(weights >= 10.0 * np.finfo(float).eps * weights.sum(), weights, 0.0)
        slope = float(slopes @ weights / weights.sum())
        shape = float(np.log1p(-slope * excesses).mean())
        scale = -shape / slope
    return (n * shape + 0.5 * PRIOR_WEIGHT) / (n + PRIOR_WEIGHT), scale


def _quantiles(levels: Array, shape: float, scale: float) -> Array:
    if abs(shape) < 1e-12:
        return -scale * np.log1p(-levels)
    return scale * np.expm1(-shape * np.log1p(-levels)) / shape
