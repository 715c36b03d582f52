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

import math
from dataclasses import dataclass

from scipy import special

METHOD = "bias-corrected + noncentral chi-square inversion"
GAMMA_ABOVE = 5_000.0
"""Above this sum of degrees of freedom and noncentrality Patnaik's gamma law stands in: equal to 0.01 sd by then."""


@dataclass(frozen=True)
class Spread:
    """An unbiased estimate of a divergence and the moments of its law.

    ``estimate`` may be negative. ``bias`` is that of the plug-in, ``variance`` the variance if the truth were 0,
    and ``slope`` the variance added by one nat of true divergence. All shrink with the rows: see ``scaled``.
    """

    estimate: float
    bias: float
    variance: float
    slope: float

    def scaled(self, factor: float) -> "Spread":
        """The same with so many times the rows, if the truth is the estimate."""
        estimate = max(self.estimate, 0.0)
        return Spread(estimate, self.bias / factor, self.variance / factor**2, self.slope / factor)


def slope_of(estimate: float, first_order: float, bias: float, variance: float) -> float:
    """Variance per nat: the delta-method variance over the divergence, drawn to its value at 0 where unclear."""
    at_zero = 2.0 * variance / bias if bias > 0 else 0.0
    unclear = math.sqrt(variance)
    nearby = max(estimate, 0.0)
    if nearby + unclear == 0.0:
        return 0.0
    return (max(first_order, 0.0) + at_zero * unclear) / (nearby + unclear)


def interval(spread: Spread, level: float) -> tuple[float, float]:
    """Both ends of the interval at ``level`` for the true divergence, which is >= 0.

    >>> low, high = interval(Spread(0.010, 0.005, 5e-6, 2e-3), 0.95)
    >>> 0.0 < low < 0.010 < high
    True
    """
    tail = (1.0 - level) / 2.0
    return lower_end(spread, tail), upper_end(spread, tail)


def lower_end(spread: Spread, tail: float) -> float:
    """The smallest truth under which so large an estimate has at least probability ``tail``."""
    if spread.estimate <= 0.0 or probability_below(spread, 0.0) <= 1.0 - tail:
        return 0.0
    return crossing(spread, 1.0 - tail, 0.0, spread.estimate)


def upper_end(spread: Spread, tail: float) -> float:
    """The largest truth under which so small an estimate has at least probability ``tail``.

    A negative estimate is read as 0, so that an interval is never empty.
    """
    seen = Spread(max(spread.estimate, 0.0), spread.bias, spread.variance, spread.slope)
    if seen.variance + seen.slope == 0.0:
        return seen.estimate
    step = math.sqrt(seen.variance + seen.slope * seen.estimate) + seen.slope
    high = seen.estimate + step
    while probability_below(seen, high) > tail and math.isfinite(high):
        step *= 2.0
        high += step
    return crossing(seen, tail, seen.estimate, high)


def crossing(spread: Spread, probability: float, low: float, high: float) -> float:
    """The truth between ``low`` and ``high`` at which the probability below the estimate falls to this."""
    for _ in range(60):
        middle = (low + high) / 2.0
        if probability_below(spread, middle) > probability:
            low = middle
        else:
            high = middle
        if high - low <= 1e-9 * high:
            break
    return (low + high) / 2.0


def probability_below(spread: Spread, truth: float) -> float:
    """The probability of an estimate at most as large as the one seen, if ``truth`` is the divergence."""
    seen = spread.estimate + spread.bias
    mean = spread.bias + truth
    variance = spread.variance + spread.slope * truth
    if variance <= 0.0 or mean <= 0.0:
        return float(seen >= mean)
    if seen <= 0.0:
        return 0.0
    ratio = variance / mean**2
    freedom = 2.0 * spread.bias**2 / spread.variance if spread.variance > 0 else 0.0
    root = 4.0 - 2.0 * ratio * freedom
    total = (2.0 + math.sqrt(max(root, 0.0))) / ratio
    if root <= 0.0 or total > GAMMA_ABOVE or freedom <= 0.0:
        return float(special.gammainc(1.0 / ratio, seen * mean / variance))
    return float(special.chndtr(seen * total / mean, freedom, max(total - freedom, 0.0)))
