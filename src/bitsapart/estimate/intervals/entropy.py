"""The interval of an entropy from counts.

Where nothing is rare, that of KL(P || uniform) = log K - H turned round: near the uniform distribution the entropy is
not normal but log K minus a chi-square. Where what was not seen matters, z standard errors either side of the
corrected estimate: for a known alphabet those of ``mixture_influence``, for an unknown one those of
``coverage_bootstrap``, each with an allowance for what the extrapolation itself may miss. Where most of the
distribution was not seen, a lower bound, from the digamma estimate, which errs downwards. All ends move out for rare
outcomes (``rare_counts``).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.discrete.poisson_mixture import fitted
from bitsapart.estimate.discrete.sample_coverage import SampleCoverage, sample_coverage
from bitsapart.estimate.discrete.zhang import zhang
from bitsapart.estimate.intervals.coverage_bootstrap import assemblage_of, bootstrap_error
from bitsapart.estimate.intervals.mixture_influence import standard_error
from bitsapart.estimate.intervals.noncentral import METHOD, Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import Counted, excess, own_side, skewed_interval
from bitsapart.estimate.scatter import scatter
from bitsapart.estimate.unseen import missed_entropy

Array = NDArray[np.float64]
Words = NDArray[np.object_]

MATTERS = 0.1
"""In standard errors: what was missed is corrected for in the interval from here on."""
SEEN = {"known": 0.5, "unknown": 0.7}
"""The share of the distribution that must have been seen for an interval."""
SMALL_SAMPLE = 50.0
"""Below so many rows a known alphabet needs as much to have been seen as an unknown one."""
PAIRS = 4.0
"""Outcomes seen twice that an extrapolation without a known alphabet needs."""
ALLOWED = {"known": (0.04, 0.04), "unknown": (0.04, 0.6)}
"""How far the truth may be from what was extrapolated, downwards and upwards, as a share of it (one standard error)."""
LOW_COVERAGE = 9.0
"""What is added to that, upwards, times the square of the share of the distribution not seen beyond 0.35."""
HIDDEN = 2.0
"""Nats that a row's worth of outcomes not seen may add to the entropy of an unknown alphabet (one standard error)."""
REPLICATES = 200


@dataclass(frozen=True, eq=False)
class Ends:
    """Of each row: the ends of its interval, its kind, method and remark; what the sample missed; log K."""

    low: Array
    high: Array
    kind: Words
    method: Words
    note: Words
    missed: Array
    most: Array


def entropy_ends(counts: Array, known: Array, level: float, seed: int, weighted: bool = False) -> Ends:
    """The intervals of rows of ``counts`` with alphabets ``known``, nan where unknown, in nats."""
    n = counts.sum(axis=1)
    missed = np.zeros(n.shape) if weighted else missed_entropy(counts, known)
    most = np.log(np.where(np.isfinite(known), known, np.inf))
    kind, method, note = (np.full(n.shape, word, dtype=object) for word in ("confidence", METHOD, ""))
    ends = Ends(np.full(n.shape, np.nan), np.full(n.shape, np.nan), kind, method, note, missed, most)
    single = known == 1.0
    fill(ends, n == 0.0, np.nan, np.nan, "unknown", "no interval", "no rows")
    fill(ends, (n > 0.0) & single, 0.0, 0.0, "confidence", "a single outcome", "")
    rows = np.flatnonzero((n > 0.0) & ~single)
    if rows.size:
        measured(ends, rows, counts[rows], known[rows], level, seed)
    return ends


def fill(ends: Ends, rows: NDArray[np.bool_], low: float, high: float, kind: str, method: str, note: str) -> None:
    """One answer for some rows."""
    ends.low[rows], ends.high[rows] = low, high
    ends.kind[rows], ends.method[rows], ends.note[rows] = kind, method, note


def measured(ends: Ends, rows: NDArray[np.intp], counts: Array, known: Array, level: float, seed: int) -> None:
    """The ends of rows with something to measure."""
    seen = sample_coverage(counts)
    hidden = np.isnan(known) | (known > np.count_nonzero(counts, axis=1))
    listed = np.where(np.isfinite(known), known, np.count_nonzero(counts, axis=1) + 1.0 + 2.0 * seen.unseen)
    spread, error = spread_from_uniform(counts, listed, hidden)
    ends.low[rows], ends.high[rows] = turned(spread, listed, rare_side(counts, hidden), level)
    ends.high[rows] = with_more_outcomes(ends.high[rows], np.log(listed) - spread.estimate, seen, known, level)
    missed = ends.missed[rows]
    sparse = missed > MATTERS * error
    few = (sparse & too_few(seen, known, error)) | (seen.once == seen.n)
    for group, unknown in ((sparse & np.isfinite(known), False), (sparse & ~np.isfinite(known), True)):
        place = np.flatnonzero(group & ~few)
        if place.size:
            some = Sparse(counts[place], known[place], hidden[place], missed[place], rows_of(seen, place))
            corrected(ends, rows[place], some, unknown, level, seed)
    place = np.flatnonzero(few)
    if place.size:
        some = Sparse(counts[place], known[place], hidden[place], missed[place], rows_of(seen, place))
        bounded(ends, rows[place], some, error[place], level)


@dataclass(frozen=True, eq=False)
class Sparse:
    """Rows in which outcomes that were not seen matter."""

    counts: Array
    known: Array
    hidden: NDArray[np.bool_]
    missed: Array
    seen: SampleCoverage


def rows_of(seen: SampleCoverage, place: NDArray[np.intp]) -> SampleCoverage:
    """The coverage of some rows."""
    return SampleCoverage(
        *(getattr(seen, name)[place] for name in ("n", "once", "twice", "rare", "coverage", "unseen"))
    )


def too_few(seen: SampleCoverage, known: Array, error: Array) -> NDArray[np.bool_]:
    """Whether most was not seen, or too few outcomes were seen twice to tell how many there are."""
    unsure = np.isnan(known) & (seen.twice < PAIRS) & (2.0 * seen.once / seen.n > error)
    least = np.where(np.isnan(known) | (seen.n < SMALL_SAMPLE), SEEN["unknown"], SEEN["known"])
    return np.asarray((seen.coverage < least) | unsure)


def spread_from_uniform(counts: Array, outcomes: Array, hidden: NDArray[np.bool_]) -> tuple[Spread, Array]:
    """KL(P || uniform) = log K - H by the digamma estimate with its moments, and its standard error.

    ``hidden``, (rows,): whether there may be outcomes that were not seen; they stand for half a count together.
    """
    n = counts.sum(axis=1)
    freedom = np.maximum(np.count_nonzero(counts, axis=1) - 1.0, 1.0)
    estimate = np.log(outcomes) - zhang(counts)
    bias, variance = freedom / (2.0 * n), freedom / (2.0 * n * n)
    weights = np.column_stack((counts, 0.5 * hidden))
    logs = np.log(np.where(weights > 0.0, weights / weights.sum(axis=1, keepdims=True), 1.0))
    first_order = np.maximum(scatter(weights, logs) - freedom / n, 0.0) / n
    spread = Spread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance))
    return spread, np.sqrt(first_order + variance)


def rare_side(counts: Array, hidden: NDArray[np.bool_]) -> Counted:
    """How log K - H depends on single counts; all outcomes that were not seen are one, which has a count of 0."""
    whole = np.column_stack((counts, np.zeros(len(counts))))
    times = np.column_stack((counts > 0.0, hidden)).astype(np.float64)
    return replace(own_side(whole, np.zeros_like(whole)), times=times)


def turned(spread: Spread, outcomes: Array, side: Counted, level: float) -> tuple[Array, Array]:
    """Ends for H from those for log K - H."""
    most = np.log(outcomes)
    low, high = skewed_interval(spread, (side,), level)
    return np.maximum(most - high, 0.0), most - low


def with_more_outcomes(high: Array, value: Array, seen: SampleCoverage, known: Array, level: float) -> Array:
    """Upper ends with what an unknown alphabet may hide where so few outcomes were seen once that T is nearly 0."""
    z = float(special.ndtri((1.0 + level) / 2.0))
    further = value + np.hypot(np.maximum(high - value, 0.0), z * HIDDEN * (seen.once + 2.0) / seen.n)
    return np.asarray(np.where(np.isnan(known), further, high))


def corrected(ends: Ends, rows: NDArray[np.intp], some: Sparse, unknown: bool, level: float, seed: int) -> None:
    """So many standard errors either side of the corrected estimate."""
    z = float(special.ndtri((1.0 + level) / 2.0))
    down, up = ALLOWED["unknown" if unknown else "known"]
    if unknown:
        error = np.array(
            [
                bootstrap_error(assemblage_of(row, coverage, unseen), REPLICATES, np.random.default_rng([seed, 0]))
                for row, coverage, unseen in zip(some.counts, some.seen.coverage, some.seen.unseen, strict=True)
            ]
        )
        method = f"coverage-adjusted bootstrap ({REPLICATES} replicates, seed {seed})"
    else:
        error = standard_error(some.counts, fitted(some.counts, some.known))
        method = "influence function of the mixture"
    value = zhang(some.counts) + some.missed
    unsure = (up + LOW_COVERAGE * np.maximum(0.65 - some.seen.coverage, 0.0) ** 2) * some.missed
    if unknown:
        unsure = np.hypot(unsure, some.seen.once / some.seen.n / np.sqrt(some.seen.twice + 1.0))
    low = value - z * np.hypot(error, down * some.missed)
    # the number of outcomes seen once is a Poisson count, whose upper limit lies further away than its lower one
    high = value + z * np.hypot(error * (1.0 + 1.0 / np.sqrt(some.seen.once + 1.0)), unsure)
    low, high = moved(rare_side(some.counts, some.hidden), low, high, error**2, level)
    ends.low[rows], ends.high[rows] = low, np.minimum(high, ends.most[rows])
    ends.method[rows] = method


def moved(side: Counted, low: Array, high: Array, variance: Array, level: float) -> tuple[Array, Array]:
    """Ends for H moved out for rare outcomes, and not below 0."""
    rise, fall = excess(side, (1.0 - level) / 2.0)
    some = variance > 0.0
    down = np.divide(rise, variance, out=np.zeros_like(rise), where=some)
    up = np.divide(fall, variance, out=np.zeros_like(fall), where=some)
    return np.maximum(low - down, 0.0), high + up


def bounded(ends: Ends, rows: NDArray[np.intp], some: Sparse, error: Array, level: float) -> None:
    """A lower bound, from the digamma estimate; the other end is the largest possible entropy."""
    z = float(special.ndtri((1.0 + level) / 2.0))
    value = zhang(some.counts)
    side = rare_side(some.counts, some.hidden)
    ends.low[rows], _ = moved(side, value - z * error, value, error**2, level)
    ends.high[rows] = ends.most[rows]
    ends.kind[rows], ends.method[rows] = "bound", "lower end of the digamma estimate's interval"
    fresh = 1.0 - np.where(some.seen.once == some.seen.n, 0.0, some.seen.coverage)
    ends.note[rows] = [
        f"too few data: of the next rows, about {100.0 * share:.0f} % would be outcomes not seen yet"
        for share in fresh.tolist()
    ]
