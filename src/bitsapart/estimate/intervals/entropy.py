"""The interval of an entropy from counts.

Where nothing is rare, that of KL(P || uniform) = log K - H turned round: near the uniform distribution the entropy is
not normal but log K minus a chi-square. Where what was not seen matters, z standard errors either side of the
corrected estimate: for a known alphabet those of ``mixture_influence``, for an unknown one those of
``coverage_bootstrap``, each with an allowance for what the extrapolation itself may miss. Where most of the
distribution was not seen, a lower bound, from the digamma estimate, which errs downwards. All ends move out for rare
outcomes (``rare_counts``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.discrete.poisson_mixture import fitted
from bitsapart.estimate.discrete.sample_coverage import SampleCoverage, sample_coverage
from bitsapart.estimate.discrete.zhang import zhang
from bitsapart.estimate.intervals.coverage_bootstrap import assemblage_of, bootstrap_error
from bitsapart.estimate.intervals.mixture_influence import standard_error
from bitsapart.estimate.intervals.noncentral import METHOD, Spread, slope_of
from bitsapart.estimate.intervals.noncentral import rows_of as some_of
from bitsapart.estimate.intervals.rare_counts import moved_out, own_side, skewed_interval
from bitsapart.estimate.unseen import missed_entropy

Array = NDArray[np.float64]
Words = NDArray[np.object_]

MATTERS = 0.1
"""In standard errors: what was missed is corrected for in the interval from here on."""
SEEN = {"known": 0.5, "unknown": 0.7}
"""The share of the distribution that must have been seen for an interval."""
PAIRS = 4.0
"""Outcomes seen twice that an extrapolation without a known alphabet needs."""
ALLOWED = {"known": (0.04, 0.04), "unknown": (0.04, 0.6)}
"""How far the truth may be from what was extrapolated, downwards and upwards, as a share of it (one standard error)."""
LOW_COVERAGE = 0.6
"""What is added to that, upwards, for each share of the distribution that was not seen beyond 0.35."""
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
    single = (known == 1.0) | (np.isnan(known) & (counts.shape[1] == 1))
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
    met = np.count_nonzero(counts, axis=1)
    # an unknown alphabet of which something was seen once, or one outcome only, has more: a count of 0 moves the ends
    open_ended = np.isnan(known) & ((seen.once > 0.0) | (met == 1))
    listed = np.where(np.isfinite(known), known, met + open_ended * (1.0 + 2.0 * seen.unseen))
    spread, error = spread_from_uniform(counts, listed)
    missed = ends.missed[rows]
    sparse = missed > MATTERS * error
    for which, hidden in ((open_ended, 1), (~open_ended, 0)):
        place = np.flatnonzero(which)
        if place.size:
            whole = np.column_stack((counts[place], np.zeros((place.size, hidden))))
            ends.low[rows[place]], ends.high[rows[place]] = turned(whole, some_of(spread, place), listed[place], level)
    for group, unknown in ((sparse & np.isfinite(known), False), (sparse & ~np.isfinite(known), True)):
        place = np.flatnonzero(group)
        if place.size:
            some = Sparse(counts[place], known[place], missed[place], error[place], rows_of(seen, place))
            corrected(ends, rows[place], some, unknown, level, seed)
    few = sparse & too_few(seen, known, error)
    place = np.flatnonzero(few)
    if place.size:
        bounded(ends, rows[place], counts[place], error[place], level, seen.coverage[place])


@dataclass(frozen=True, eq=False)
class Sparse:
    """Rows in which outcomes that were not seen matter."""

    counts: Array
    known: Array
    missed: Array
    error: Array
    seen: SampleCoverage


def rows_of(seen: SampleCoverage, place: NDArray[np.intp]) -> SampleCoverage:
    """The coverage of some rows."""
    return SampleCoverage(
        *(getattr(seen, name)[place] for name in ("n", "once", "twice", "rare", "coverage", "unseen"))
    )


def too_few(seen: SampleCoverage, known: Array, error: Array) -> NDArray[np.bool_]:
    """Whether most was not seen, or too few outcomes were seen twice to tell how many there are."""
    unsure = np.isnan(known) & (seen.twice < PAIRS) & (2.0 * seen.once / seen.n > error)
    least = np.where(np.isnan(known), SEEN["unknown"], SEEN["known"])
    return np.asarray((seen.coverage < least) | unsure)


def spread_from_uniform(counts: Array, outcomes: Array) -> tuple[Spread, Array]:
    """KL(P || uniform) = log K - H by the digamma estimate with its moments, and its standard error."""
    n = counts.sum(axis=1)
    freedom = np.maximum(np.count_nonzero(counts, axis=1) - 1.0, 1.0)
    estimate = np.log(outcomes) - zhang(counts)
    bias, variance = freedom / (2.0 * n), freedom / (2.0 * n * n)
    share = np.where(counts > 0.0, counts, 0.5)
    share = share / share.sum(axis=1, keepdims=True)
    logs = np.log(share)
    scatter = np.sum(share * logs**2, axis=1) - np.sum(share * logs, axis=1) ** 2 - freedom / n
    first_order = np.maximum(scatter, 0.0) / n
    spread = Spread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance))
    return spread, np.sqrt(first_order + variance)


def turned(counts: Array, spread: Spread, outcomes: Array, level: float) -> tuple[Array, Array]:
    """Ends for H from those for log K - H."""
    most = np.log(outcomes)
    low, high = skewed_interval(spread, (own_side(counts, np.zeros_like(counts)),), level)
    return np.maximum(most - high, 0.0), most - low


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
    unsure = (up + LOW_COVERAGE * np.maximum(0.65 - some.seen.coverage, 0.0)) * some.missed
    if unknown:
        unsure = np.hypot(unsure, some.seen.once / some.seen.n / np.sqrt(some.seen.twice + 1.0))
    low = value - z * np.hypot(error, down * some.missed)
    high = value + z * np.hypot(error, unsure)
    low, high = moved(some.counts, low, high, error**2, level)
    ends.low[rows], ends.high[rows] = low, np.minimum(high, ends.most[rows])
    ends.method[rows] = method


def moved(counts: Array, low: Array, high: Array, variance: Array, level: float) -> tuple[Array, Array]:
    """Ends for H moved out for rare outcomes, and not below 0."""
    above = high.max() + 1.0
    fallen, risen = moved_out((above - high, above - low), variance, (own_side(counts, np.zeros_like(counts)),), level)
    return np.maximum(above - risen, 0.0), above - fallen


def bounded(ends: Ends, rows: NDArray[np.intp], counts: Array, error: Array, level: float, coverage: Array) -> None:
    """A lower bound, from the digamma estimate; the other end is the largest possible entropy."""
    z = float(special.ndtri((1.0 + level) / 2.0))
    value = zhang(counts)
    ends.low[rows], _ = moved(counts, value - z * error, value, error**2, level)
    ends.high[rows] = ends.most[rows]
    ends.kind[rows], ends.method[rows] = "bound", "lower end of the digamma estimate's interval"
    ends.note[rows] = [
        f"too few data: of the next rows, about {100.0 * (1.0 - share):.0f} % would be outcomes not seen yet"
        for share in coverage.tolist()
    ]
