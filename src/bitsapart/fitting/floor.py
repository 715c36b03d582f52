"""The entropy of what a sample is drawn from, and how far a fitted density is above it, with intervals for both.

    misfit KL(P || Q*) = H(P, Q*) - H(P) = mean loss + optimism - H(P)

Loss and entropy are means over the same rows, so that the interval of their difference is that of paired differences;
near 0, where these vanish, it is that of the noise of the entropy's estimate. All in nats.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from bitsapart.estimate.continuous.kl_divergence_from_samples import kl_divergence_from_samples
from bitsapart.estimate.continuous.spacings import reach_of
from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.intervals.noncentral import Spread, interval, slope_of
from bitsapart.estimate.mean import skewed_interval
from bitsapart.families.distribution import Distribution
from bitsapart.fitting.gathered import Gathered
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

Array = Any

FEWEST = 8
SEVERAL = 4000
"""Rows that the misfit in several columns is estimated from: its cost grows with rows and columns."""
REPEATED = "no entropy: values repeat, and not on an even grid, so that the target has no density there"
ON_GRID = 1e-4
"""Parts of the smallest gap that values on a grid may be off it by."""


@dataclass(frozen=True)
class Floor:
    """Entropy and misfit in nats."""

    entropy: Estimate
    misfit: Estimate
    note: str = ""


@dataclass(frozen=True, eq=False)
class Losses:
    """Losses of the rows that were kept, -log q, and what is known of their mean over all rows."""

    rows: Array
    mean: float
    """Over all rows."""
    optimism: float
    """How much too low the mean loss is for the closest member: the parameter error."""
    parameters: int
    counted: bool
    """Whether the values have probabilities, not a density."""


def floor_of(data: Gathered, losses: Losses, member: Distribution, level: float, seed: int) -> Floor:
    """The entropy of the target and the family's misfit to it."""
    if data.n < 2 or not math.isfinite(losses.mean):
        return unknown(losses, data.n, level, "too few rows for an entropy" if data.n < 2 else "the loss is infinite")
    if losses.counted:
        values, inverse = np.unique(data.values, axis=0, return_inverse=True)
        return by_counts(data, losses, inverse.reshape(-1), len(values), 0.0, level, seed)
    if data.values.ndim > 1:
        return by_columns(data, losses, member, level, seed)
    return by_spacings(data, losses, member, level)


def by_spacings(data: Gathered, losses: Losses, member: Distribution, level: float) -> Floor:
    """One column that has a density, by spacings of sorted values in the coordinate that smooths the density least.

    What an estimate from spacings is too high by is the unevenness of the density over them: the lowest of several is
    the best, and what it rises by with spacings twice as wide is allowed for in the interval.
    """
    order = np.argsort(data.values, kind="stable")
    z, w = data.values[order], data.weights[order]
    rows = len(z)
    if data.n > rows and data.all_kept:
        return on_a_grid(data, losses, level)
    if rows < FEWEST:
        return unknown(losses, data.n, level, f"no entropy: {rows} rows, and it takes {FEWEST}")
    effective = min(rows, max(FEWEST, round(data.effective_n * rows / max(data.n, rows))))
    reach = reach_of(effective)
    place = np.arange(rows)
    if np.any(z[np.minimum(place + reach, rows - 1)] <= z[np.maximum(place - reach, 0)]):
        return on_a_grid(data, losses, level)
    loss = losses.rows[order]
    known = coordinates(z, w, member, loss)
    excess = most_excess(known, w, loss, reach)
    raw = float(w @ excess) + losses.optimism
    smoothed = max(float(w @ excess) - float(w @ most_excess(known, w, loss, 2 * reach)), 0.0)
    noise = trigamma(2 * reach)
    terms = loss - excess
    error = quantile(level, effective) * math.sqrt((variance(excess, w) + noise) / effective)
    low, high = skewed_ends(excess, w, effective, noise, level)
    of_floor = quantile(level, effective) * math.sqrt((variance(terms, w) + noise) / effective)
    if not data.all_kept:
        of_losses = quantile(level, effective) * math.sqrt(variance(losses.rows, data.weights) / data.effective_n)
        of_floor = math.hypot(error, of_losses)
    value = losses.mean + losses.optimism - raw
    method = f"spacings of {reach} values on either side + influence function"
    own = Estimate(value, value - of_floor - smoothed, value + of_floor, level, "confidence", method, Unit.nat, data.n)
    return limited(own, raw, (raw - low, raw + high + smoothed), losses, data, level, method)


def skewed_ends(terms: Array, w: Array, effective: float, noise: float, level: float) -> tuple[float, float]:
    """How far an interval of a mean reaches down and up; losses far out in a tail are rare and large."""
    u = w * (terms - w @ terms)
    scale = len(terms) / effective
    low, high = skewed_interval(0.0, float(u @ u) * scale, float(u @ u**2) * scale, 1.0, round(effective), level)
    more = quantile(level, effective) * math.sqrt(noise / effective)
    return math.hypot(low, more), math.hypot(high, more)


class Coordinate(NamedTuple):
    """Sorted values in a coordinate, as distances from its lower and its upper end, and the log of its slope there."""

    below: Array
    above: Array
    log_slope: Array


def coordinates(z: Array, w: Array, member: Distribution, loss: Array) -> list[Coordinate]:
    """The values, and their probabilities under the fit and under a Cauchy and a logistic law of the same quartiles."""
    found = [Coordinate(z, -z, np.zeros(len(z)))]
    share = np.cumsum(w)
    low, middle, high = np.interp([0.25, 0.5, 0.75], share / share[-1], z)
    with np.errstate(all="ignore"):
        found.append(Coordinate(np.asarray(member.cdf(z)), np.asarray(member.survival(z)), -loss))
        if high > low:
            y = (z - middle) / (0.5 * (high - low))
            found.append(
                Coordinate(np.arctan2(1.0, -y), np.arctan2(1.0, y), -np.log1p(y * y) - math.log(0.5 * (high - low)))
            )
            tilt = y * math.log(3.0)
            slope = -np.logaddexp(0.0, tilt) - np.logaddexp(0.0, -tilt) + math.log(2.0 * math.log(3.0) / (high - low))
            found.append(Coordinate(np.exp(-np.logaddexp(0.0, -tilt)), np.exp(-np.logaddexp(0.0, tilt)), slope))
    return found


def most_excess(known: list[Coordinate], w: Array, loss: Array, reach: int) -> Array:
    """Log density less that of the fit at every row, in the coordinate that gives the most on average."""
    rows = len(loss)
    place = np.arange(rows)
    low, high = np.maximum(place - reach, 0), np.minimum(place + reach, rows - 1)
    log_p = log_share(w, (low, high)) + loss
    best, most = log_p, -math.inf
    for coordinate in known:
        below, above, log_slope = coordinate
        with np.errstate(all="ignore"):
            gap = np.where(np.abs(below) <= np.abs(above), below[high] - below[low], above[low] - above[high])
            excess = log_p - np.log(gap) + log_slope
        mean = float(w @ excess) if np.isfinite(excess).all() else -math.inf
        if mean > most:
            best, most = excess, mean
    return best


def log_share(w: Array, ends: tuple[Array, Array]) -> Array:
    """The log of the share of the rows between two of them, free of bias where the density is flat there.

    Of spacings of n rows, the log of g of them has the mean psi(g) - psi(n + 1), where their share is g / n.
    """
    from scipy.special import digamma

    low, high = ends
    gaps = (high - low).astype(float)
    n = len(w)
    flat = digamma(gaps) - digamma(n + 1.0)
    if np.all(w == w[0]):
        return np.asarray(flat)
    summed = np.concatenate([[0.0], np.cumsum(w)])
    mass = 0.5 * (summed[high] + summed[high + 1] - summed[low] - summed[low + 1])
    return np.asarray(np.log(np.maximum(mass, 1e-300)) + flat - np.log(gaps / n))


def on_a_grid(data: Gathered, losses: Losses, level: float) -> Floor:
    """Values that repeat since they are rounded: each stands for an interval as wide as the grid's step."""
    values, inverse = np.unique(data.values, return_inverse=True)
    if len(values) < 3:
        return unknown(losses, data.n, level, REPEATED)
    gap = float(np.diff(values).min())
    steps = (values - values[0]) / gap
    if np.abs(steps - np.round(steps)).max() > ON_GRID * max(1.0, float(steps.max()) * 1e-9) or steps.max() > 1e9:
        return unknown(losses, data.n, level, REPEATED)
    floor = by_counts(data, losses, inverse.reshape(-1), len(values), math.log(gap), level, 0)
    width = gap * float(data.scaling.scale)
    words = (
        f"the values repeat, as they are rounded to multiples of {width:.6g}: the entropy is that of a density that is "
        "flat over each, and steps within one count as misfit; a family of whole numbers has no such limit"
    )
    return replace(floor, note="; ".join(filter(None, (floor.note, words))))


def by_counts(
    data: Gathered, losses: Losses, outcome: Array, outcomes: int, log_width: float, level: float, seed: int
) -> Floor:
    """Values that repeat, each with a probability; ``log_width`` turns it into a density."""
    share = np.bincount(outcome, data.weights, minlength=outcomes)
    loss = np.bincount(outcome, data.weights * losses.rows, minlength=outcomes)
    n = data.effective_n
    whole = np.round(share * data.n)
    if np.allclose(whole, share * data.n, atol=1e-6) and n > data.n - 0.5:
        own = entropy(whole[whole > 0.0], outcomes="unknown", level=level, unit="nat", seed=seed)
    else:
        own = entropy(share[share > 0.0] * n, outcomes="unknown", effective_n=n, level=level, unit="nat", seed=seed)
    assert isinstance(own, Estimate)  # noqa: S101 - of one row of counts
    own = shifted(own, log_width)
    ratio = np.where(share > 0.0, loss / np.where(share > 0.0, share, 1.0) - log_width, 0.0)
    ratio = np.where(share > 0.0, np.log(np.where(share > 0.0, share, 1.0)) + ratio, 0.0)
    mean_ratio = float(share @ ratio)
    freedom = max(1.0, float(np.sum(share > 0.0)) - 1.0 - losses.parameters)
    raw = losses.mean + losses.optimism - own.value
    bias, at_zero = freedom / (2.0 * n), freedom / (2.0 * n * n)
    first = max(float(share @ (ratio - mean_ratio) ** 2) - freedom / n, 0.0) / n
    low, high = interval(Spread(raw, bias, at_zero, slope_of(raw, first, bias, at_zero)), level)
    method = "entropy of the counts + noncentral chi-square inversion"
    return limited(own, raw, (float(low), float(high)), losses, data, level, method)


def by_columns(data: Gathered, losses: Losses, member: Distribution, level: float, seed: int) -> Floor:
    """Several columns: the misfit by an estimated density ratio of the rows and of rows drawn from the fit."""
    if not np.all(data.weights == data.weights[0]):
        return unknown(losses, data.n, level, "no entropy: there is no estimate for weighted rows of several columns")
    rows = data.values.reshape(len(data.values), -1)
    if len(rows) > SEVERAL:
        rows = rows[np.linspace(0, len(rows) - 1, SEVERAL).astype(np.int64)]
    drawn = np.asarray(member.sample(len(rows), seed=seed)).reshape(rows.shape)
    try:
        found = kl_divergence_from_samples(rows, drawn, level=level, unit="nat", seed=seed)
    except UsageError as error:
        return unknown(losses, data.n, level, f"no entropy: {error}")
    raw = found.value + losses.optimism
    value = losses.mean + losses.optimism - raw
    if found.low is None or found.high is None:
        own = Estimate(value, None, None, level, "unknown", found.method, Unit.nat, data.n, found.note)
        return limited(own, raw, None, losses, data, level, found.method)
    spread = quantile(level, data.effective_n) * math.sqrt(variance(losses.rows, data.weights) / data.effective_n)
    low = value - math.hypot(found.high - found.value, spread) if found.high < math.inf else -math.inf
    high = value + math.hypot(found.value - found.low, spread)
    kind: Kind = "bound" if found.high == math.inf else "confidence"
    own = Estimate(value, low, high, level, kind, found.method, Unit.nat, data.n, found.note)
    ends = found.low, found.high + losses.optimism
    return limited(own, raw, ends, losses, data, level, found.method)


def limited(
    own: Estimate,
    raw: float,
    ends: tuple[float, float] | None,
    losses: Losses,
    data: Gathered,
    level: float,
    method: str,
) -> Floor:
    """Misfit of 0 at least; the entropy is what is left, since it cannot be above the cross-entropy."""
    value = max(raw, 0.0)
    floor = losses.mean + losses.optimism - value
    note = ""
    if raw < 0.0:
        note = "no misfit is seen: the entropy's own estimate is not below the cross-entropy of the family"
    own = replace(
        own,
        value=floor,
        low=None if own.low is None else min(own.low, floor),
        high=None if own.high is None else max(own.high, floor),
        n=data.n,
    )
    if ends is None:
        misfit = Estimate(value, None, None, level, "unknown", method, Unit.nat, data.n, own.note)
    else:
        low, high = min(max(ends[0], 0.0), value), max(ends[1], value)
        kind: Kind = "bound" if math.isinf(high) else "confidence"
        if losses.counted and own.high is not None and low is not None:
            # of few rows the entropy's own interval knows more of what was not seen
            low = min(low, max(0.0, losses.mean + losses.optimism - own.high))
        misfit = Estimate(value, low, high, level, kind, method, Unit.nat, data.n, note)
    return Floor(own, misfit, note)


def unknown(losses: Losses, n: int, level: float, why: str) -> Floor:
    """No entropy, and so no misfit."""
    none = Estimate(math.nan, None, None, level, "unknown", "none", Unit.nat, n, why)
    if math.isinf(losses.mean):
        return Floor(none, replace(none, value=math.inf), why)
    return Floor(none, none, why)


def shifted(found: Estimate, by: float) -> Estimate:
    """An entropy in other units of x."""
    low, high = (None if end is None else end + by for end in (found.low, found.high))
    return replace(found, value=found.value + by, low=low, high=high)


def variance(terms: Array, weights: Array) -> float:
    """Of weighted terms."""
    mean = weights @ terms
    return float(weights @ (terms - mean) ** 2)


def trigamma(x: float) -> float:
    """The variance of the log of a sum of x exponential numbers."""
    from scipy.special import polygamma

    return float(polygamma(1, x))


def quantile(level: float, n: float) -> float:
    """Of Student's t, two-sided."""
    from scipy.special import stdtrit

    return float(stdtrit(max(n - 1.0, 1.0), 0.5 + level / 2.0))
