"""Expectations of distributions of one number that have a density, with their errors.

    KL(P || Q) = integral of p (e^y - 1 - y) over the support of P  +  Q(outside it),      y = log(q / p)

No term is negative and none is small by cancellation, so that two that are close keep their digits. Both are moved to
the middle of P first. The error is that of the rule, of what was extrapolated, and of rounding x and the log densities.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.found import EPS, ROUNDING, Found
from bitsapart.families.numeric.panels import CLOSE, Channels, Panels, integrated
from bitsapart.families.numeric.rays import TailModel, cut, rays_of
from bitsapart.families.numeric.terms import Term, kl_term
from bitsapart.values.errors import UsageError

Array = Any

AGAIN = "quadrature of both entropies"
LEVELS = np.array([0.5, 0.2, 0.02, 1e-3, 1e-6, 1e-12])
"""Quantiles, from both ends, between which a density varies."""
BEYOND = (0.35, 1.0)
"""Further points, as parts of the way from the middle to the last quantile: a tail may end within a long panel."""
DRAWS = 257
"""Draws that stand in for quantiles of a distribution that has none."""
BLOCK = 128
"""Pairs that are integrated at a time."""
LOOSE = 1e-6
"""Part of the answer that a tail may leave open before it is called unknown."""
VAGUE = 0.1
"""Part of an unknown answer that its error may be before it is no number at all."""
AUDIT = 1e-11
"""How far from 1 the mass that was found may be before the error says so."""
MISSED = 1e-4
"""How far from 1 it may be before the answer is unknown."""
ENDS = ("in the upper tail", "near the lower end", "in the lower tail", "near the upper end")
"""Of P, in the order of the bits by which the cuts of rays tell them."""


def quadrature_kl(p: Distribution, q: Distribution) -> Found:
    """KL(P || Q) for densities of one number, where the support of Q covers that of P."""
    found = pair_integral(p, q, kl_term, _kl_tail)
    _, beyond = masses_outside(p, q)
    found = _again(p, q, found)
    value = found.value + np.where(np.equal(found.method, AGAIN), 0.0, beyond)
    # log densities have more rounding than they say
    error = np.maximum(found.error, 4.0 * ROUNDING * np.abs(np.where(np.isfinite(value), value, 0.0)))
    return Found(value, error, found.kind, found.method, found.note, found.n)


def _again(p: Distribution, q: Distribution, found: Found) -> Found:
    """Infinite and unknown answers looked at by E_p log p - E_p log q, which asks nothing of the tails of Q.

    What is infinite there too stays as it is.
    """
    doubted = ~np.isfinite(found.value) | np.equal(found.kind, "unknown")
    for place in np.argwhere(doubted):
        index = tuple(int(i) for i in place)
        one, other = (side.broadcast_to(found.value.shape)[index] if index else side for side in (p, q))
        crossed = integral(one, lambda x, _log_p, other=other: -np.asarray(other.log_density(x)))
        own = one._entropy()
        entropy = own if isinstance(own, Found) else quadrature_entropy(one) if own is None else Found.of(own, "")
        if crossed.kind == "bound" and entropy.kind in ("bound", "exact") and np.isfinite(crossed.value):
            error = crossed.error + entropy.error + 8.0 * EPS * (1.0 + np.abs(crossed.value))
            better = Found.of(
                np.maximum(crossed.value - entropy.value, 0.0), AGAIN, error=error, kind="bound", n=crossed.n
            )
            found = found.put(index, better) if index else better
    return found


def _kl_tail(logs: Array, _sign: Array, rest: Array) -> tuple[Array, Array]:
    # p (e^y - 1 - y) = q - p - p y
    return logs[2] - logs[3], rest[3] - rest[2]


def _plain_tail(logs: Array, sign: Array, _rest: Array) -> tuple[Array, Array]:
    return sign * np.exp(logs[0] - logs[2]), np.asarray(0.0)


def quadrature_entropy(p: Distribution) -> Found:
    """H(P) of a density of one number."""
    shape = p.batch_shape
    location, scale = _middle(landmarks(p))
    moved = p.standardised(location, scale)
    if moved is None:
        moved, scale = p, np.ones(shape)
    found = integral(moved, lambda _x, log_p: -log_p)
    shift = np.broadcast_to(np.log(scale), shape)
    error = found.error + 4.0 * EPS * np.abs(shift)
    return Found(found.value + shift, error, found.kind, found.method, found.note, found.n)


def integral(
    p: Distribution,
    function: Callable[..., Array],
    *parameters: Any,
    breakpoints: list[Array] | None = None,
    normalised: bool = True,
) -> Found:
    """E f(X, log p(X), *parameters) with its error; parameters and breakpoints are arrays of the batch.

    That the density integrates to 1 is checked, unless it is not ``normalised``.

    >>> from bitsapart.families.continuous.normal import Normal
    >>> found = integral(Normal(0.0, 1.0), lambda x, _log_p: x**4)
    >>> abs(float(found.value) - 3.0) < 1e-13
    True
    """
    shapes = (np.shape(parameter) for parameter in parameters)
    shape = np.broadcast_shapes(p.batch_shape, *shapes)
    held = [np.broadcast_to(parameter, shape).ravel() for parameter in parameters]

    def channels(one: _One) -> Channels:
        def logs(panels: Panels, distance: Array) -> tuple[Array, Array]:
            x = panels.anchor + panels.sign * distance
            log_p = one.p.log_densities(panels, distance)
            value = function(x, log_p, *(parameter[one.rows[panels.row]] for parameter in held))
            value = np.where(log_p > -np.inf, value, 0.0)
            noise = 2.0 * EPS * (np.abs(log_p) + 2.0)
            size = np.log(np.abs(value))
            return np.stack([log_p + size, log_p + np.log(noise) + np.maximum(size, 0.0), log_p]), np.sign(value)

        return logs

    marks = [landmarks(p), *(np.asarray(point)[np.newaxis] for point in breakpoints or [])]
    return _everywhere((p,), shape, channels, _plain_tail, marks, normalised)


def pair_integral(p: Distribution, q: Distribution, term: Term, tail: TailModel = _plain_tail) -> Found:
    """The integral of a term, never negative, of log p, log q and log(q / p), over where both supports are."""
    shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    marks = [landmarks(p.broadcast_to(shape)), landmarks(q.broadcast_to(shape))]
    location, scale = _middle(marks[0])
    moved: Any = [p.standardised(location, scale), q.standardised(location, scale)]
    if all(side is not None for side in moved):
        p, q = moved
        marks = [(mark - location) / scale for mark in marks]

    def channels(pair: _One) -> Channels:
        def logs(panels: Panels, distance: Array) -> tuple[Array, Array]:
            x = panels.anchor + panels.sign * distance
            log_p, log_q = (member.log_densities(panels, distance) for member in pair.members)
            y, known = pair.log_ratio(x, panels.row, log_p, log_q)
            size = term(log_p, log_q, y)
            noise = np.where(known, size + np.log(EPS * (np.abs(log_p) + 16.0)), _noise(log_p, log_q, y))
            # far out, where both are no numbers any more, nothing is left
            size = np.where((log_p > -1000.0) | ~np.isnan(size) & (size < np.inf), size, -np.inf)
            return np.stack([size, noise, log_p, log_q]), np.asarray(1.0)

        return logs

    return _everywhere((p, q), shape, channels, tail, marks)


def _noise(log_p: Array, log_q: Array, y: Array) -> Array:
    """Log of the error that rounding of log p and log q leaves: |q - p| |log q| + p |y| |log p|, times half a digit."""
    of_q = np.maximum(log_p, log_q) + np.log(-np.expm1(-np.abs(y)) * (np.abs(log_q) + 1.0))
    of_p = log_p + np.log(np.abs(y) * (np.abs(log_p) + 1.0))
    of_q, of_p = (np.where(np.isnan(part), -np.inf, part) for part in (of_q, of_p))
    return np.minimum(np.logaddexp(of_q, of_p) + np.log(EPS), 700.0)


def masses_outside(p: Distribution, q: Distribution) -> tuple[Array, Array]:
    """The mass of P outside the support of Q, and that of Q outside the support of P."""
    return _mass_outside(p, q.support), _mass_outside(q, p.support)


def _mass_outside(p: Distribution, support: Any) -> Array:
    own: Any = p.support
    shape = np.broadcast_shapes(p.batch_shape, np.shape(support.low), np.shape(support.high))
    below, above = np.zeros(shape), np.zeros(shape)
    if np.any(support.low > own.low):
        below = np.where(support.low > own.low, p.cdf(support.low), 0.0)
    if np.any(support.high < own.high):
        above = np.where(support.high < own.high, p.survival(support.high), 0.0)
    return below + above


class _Member:
    """One distribution of a block of a batch, at values that belong to rows."""

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution

    def of(self, row: Array) -> Any:
        return self.distribution[row] if self.distribution.batch_shape else self.distribution

    def log_densities(self, panels: Panels, distance: Array) -> Array:
        """Log densities at distances from the anchors, whatever rounding makes of x close to an end that is not 0."""
        member = self.of(panels.row)
        x = panels.anchor + panels.sign * distance
        found = np.where(np.asarray(member.support.holds(x)), member._log_density(x), -np.inf)
        if not panels.anchor.any() or len(distance) < 2:
            return found
        # rounding moved x by a known step, and near an end a log density is smooth in the log of the distance
        held = np.abs(x - panels.anchor)
        slope = np.diff(found, axis=0) / np.diff(np.log(held), axis=0)
        step = np.concatenate([slope, slope[-1:]]) * np.log1p((distance - held) / held)
        return found + np.where((held < CLOSE * np.abs(x)) & np.isfinite(step), step, 0.0)


class _One:
    """A block of a batch of distributions or pairs."""

    def __init__(self, members: tuple[Any, ...], rows: Array) -> None:
        self.rows = rows
        self.members = [_Member(m[rows] if m.batch_shape else m) for m in members]
        self.p = self.members[0]

    def ends(self) -> tuple[Array, Array]:
        """The intersection of the supports."""
        shape = self.rows.shape
        lows, highs = [], []
        for member in self.members:
            support = member.distribution.support
            lows.append(np.broadcast_to(np.asarray(support.low, float), shape))
            highs.append(np.broadcast_to(np.asarray(support.high, float), shape))
        return np.max(lows, axis=0), np.min(highs, axis=0)

    def log_ratio(self, x: Array, row: Array, log_p: Array, log_q: Array) -> tuple[Array, Array]:
        """Log(q / p), and where it is known to all digits."""
        p, q = (member.distribution for member in self.members)
        if type(p) is type(q) and hasattr(p, "_log_ratio"):
            p, q = (member.of(row) for member in self.members)
            y = p._log_ratio(q, x)
            if y is not None:
                close = np.abs(y) < 1.0
                return np.where(close, y, log_q - log_p), close
        return np.where(log_q == log_p, 0.0, log_q - log_p), np.asarray(False)


def _everywhere(
    members: tuple[Distribution, ...],
    shape: tuple[int, ...],
    channels: Callable[[_One], Channels],
    tail: TailModel,
    marks: list[Array],
    normalised: bool = True,
) -> Found:
    """Integrals of a batch of any shape, a block at a time."""
    everyone = np.ones(shape, bool)
    flat = tuple(m.broadcast_to(shape)[everyone] if m.batch_shape else m for m in members)
    points = np.concatenate([np.broadcast_to(mark, (len(mark), *shape)).reshape(len(mark), -1) for mark in marks])
    parts = []
    for start in range(0, everyone.size, BLOCK):
        block = _One(flat, np.arange(start, min(start + BLOCK, everyone.size)))
        with np.errstate(all="ignore"):
            parts.append(_block(block, channels(block), tail, points[:, block.rows], normalised))
    whole = parts[0].each(lambda *fields: np.concatenate(fields), *parts[1:]) if parts else Found.of(np.zeros(0), "")
    return whole.each(lambda field: field.reshape(shape))


def _block(block: _One, channels: Channels, tail: TailModel, marks: Array, normalised: bool) -> Found:
    size = block.rows.size
    low, high = block.ends()
    within = np.where((marks > low) & (marks < high), marks, np.nan)
    middle = np.nan_to_num(np.nanmedian(np.vstack([within, np.zeros(size)]), axis=0))
    empty = low >= high
    rays = rays_of(np.where(empty, 0.0, low), np.where(empty, 1.0, high), middle, within)
    panels, tails = cut(rays, channels, tail, size)
    sums = integrated(panels, channels, size)
    value = sums.value + tails.rest
    error = sums.truncation + sums.rounding + tails.error
    inside = [member.distribution for member in block.members]
    missing = _missing(inside, value[2:], low, high) if normalised else np.zeros(size)
    largest = np.abs(value[0]) + 1.0
    # a log density that is off by a constant moves the mass as much
    error = error + missing * np.where(missing > AUDIT, largest, 8.0 * np.abs(value[0])) + 4.0 * EPS * np.abs(value[0])
    infinite = tails.infinite > 0
    loose = tails.error > LOOSE * np.abs(value[0])
    unsure = ~infinite & (tails.undecided | loose | sums.broken | (missing > MISSED) | ~np.isfinite(value[0]))
    note = np.select(
        [infinite, unsure & (missing > MISSED), unsure],
        [
            np.array([_diverging(int(code)) for code in tails.infinite], dtype=object),
            "part of the mass was not found",
            "tails that fall off too slowly to be integrated",
        ],
        "",
    )
    open_ended = np.where(tails.undecided | unsure & (error > VAGUE * np.abs(value[0])), np.nan, value[0])
    value = np.where(empty, 0.0, np.where(infinite, np.inf, open_ended))
    return Found(
        value,
        np.where(infinite | empty, 0.0, error),
        np.where(unsure, "unknown", np.where(infinite, "exact", "bound")).astype(object),
        np.full(size, "quadrature", dtype=object),
        note.astype(object),
        sums.n,
    )


def _diverging(code: int) -> str:
    where = " and ".join(words for i, words in enumerate(ENDS) if code >> i & 1)
    return f"the integral diverges {where} of P"


def _missing(members: list[Any], found: Array, low: Array, high: Array) -> Array:
    """How much mass of each member between low and high was not found, the largest."""
    worst = np.zeros(low.shape)
    for member, mass in zip(members, found, strict=True):
        support = member.support
        cut_off = np.any((low > support.low) | (high < support.high))
        expected: Any = 1.0
        if cut_off:
            below = np.where(low > support.low, member.cdf(low), 0.0)
            above = np.where(high < support.high, member.survival(high), 0.0)
            expected = 1.0 - below - above
        worst = np.maximum(worst, np.abs(mass - expected))
    return worst


def landmarks(p: Any) -> Array:
    """Values between which the density of P varies, (marks, *batch): of a mixture, those of its components."""
    own = getattr(p, "_landmarks", None)
    found = own() if own is not None else [*quantile_marks(p), *p.breakpoints()]
    return np.stack([np.broadcast_to(mark, p.batch_shape) for mark in found]).astype(float)


def quantile_marks(p: Distribution) -> list[Array]:
    """Quantiles of P and points a little beyond them, or quantiles of draws where it has none."""
    levels = LEVELS.reshape(-1, *[1] * len(p.batch_shape))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # where a quantile cannot be found, others do
            warnings.simplefilter("ignore")
            # scipy's objects take longer to make than to ask
            frozen = p._frozen() if type(p)._quantile is Distribution._quantile else None
            lower = np.asarray(frozen.ppf(levels) if frozen else p._quantile(levels))
            upper = np.asarray(frozen.isf(levels) if frozen else p._upper_quantile(levels))
            beyond = [end[-1] + part * (end[-1] - lower[0]) for end in (lower, upper) for part in BEYOND]
    except (NotImplementedError, UsageError):
        drawn = np.sort(p._sample((DRAWS,), np.random.default_rng(0)), axis=0)
        return list(drawn[np.linspace(0, DRAWS - 1, 2 * LEVELS.size).astype(int)])
    return [*lower, *upper, *beyond]


def _middle(marks: Array) -> tuple[Array, Array]:
    """A location and a scale of landmarks: their median, and a power of two, by which nothing is rounded."""
    with np.errstate(all="ignore"):
        ordered = np.sort(marks, axis=0)
        count = len(marks)
        location = ordered[count // 2]
        spread = ordered[(7 * count) // 10] - ordered[(3 * count) // 10]
        scale = np.exp2(np.rint(np.log2(spread)))
    usable = np.isfinite(location) & np.isfinite(scale) & (scale > 0.0)
    return np.where(usable, location, 0.0), np.where(usable, scale, 1.0)
