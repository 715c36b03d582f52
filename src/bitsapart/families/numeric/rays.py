"""Rays from the ends or the middle of a support, and what lies beyond where they are cut off.

A tail is a sum of exponentials in s, the logarithm of the distance: the decay at the cut tells the rest of it, and no
decay that the integral is infinite.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.families.numeric.panels import EPS, Channels, Panels

Array = Any

FARTHEST = 345.0
"""Log of the largest distance from an anchor: its square is a number."""
NEAREST = -700.0
"""Log of the least distance from an end that is 0."""
BLURRED = -26.0
"""Log of the least distance from another end, as a part of it: closer, rounding moves x too much."""
NEGLIGIBLE = 75.0
"""Decay in nats after which a tail is cut off."""
STEPS = np.concatenate([[0.0], 0.5 * 1.45 ** np.arange(20)])
"""Logs of the factors by which panels of a tail grow."""
SMOOTH = 1e-9
"""Third difference below which a tail is a power of the distance times a square of its logarithm."""


@dataclass(frozen=True)
class Rays:
    """One a column: its row, anchor, direction and length, whether the anchor is an end of the support, landmarks."""

    row: Array
    anchor: Array
    sign: Array
    length: Array
    ended: Array
    marks: Array
    """Distances between which the integrand varies, (marks, rays); nan for none."""

    def some(self, mask: Array) -> "Rays":
        """Those for which the mask holds."""
        row, anchor, sign, length, ended = (
            field[mask] for field in (self.row, self.anchor, self.sign, self.length, self.ended)
        )
        return Rays(row, anchor, sign, length, ended, self.marks[:, mask])

    def points(self) -> Panels:
        """As panels without a size, at which channels can be evaluated."""
        return Panels(self.row, self.anchor, self.sign, self.anchor, self.anchor)


TailModel = Callable[[Array, Array, Array], tuple[Array, Array]]
"""From logs of the channels, the sign and the rests of the channels to a factor of the density that is a square of the
log of the distance, far out, and to what is to be added to the integral of density times factor."""


@dataclass(frozen=True)
class Tails:
    """What lies beyond the cuts, by row: of every channel, the error of the first, and where it is infinite or open."""

    rest: Array
    error: Array
    infinite: Array
    undecided: Array


def rays_of(low: Array, high: Array, middle: Array, landmarks: Array) -> Rays:
    """The rays of lines from low to high, infinite or not, with landmarks (marks, rows) of the integrand."""
    rows = np.arange(low.size)
    from_low, from_high = np.isfinite(low), np.isfinite(high)
    both = from_low & from_high
    half = np.where(both, 0.5 * high - 0.5 * low, np.inf)
    # a line without any end starts in the middle, one with an end there
    up_anchor = np.where(from_low, low, middle)
    down_anchor = np.where(from_high, high, middle)
    up, down = from_low | ~from_high, from_high | ~from_low
    anchor = np.concatenate([up_anchor[up], down_anchor[down]])
    sign = np.concatenate([np.ones(up.sum()), -np.ones(down.sum())])
    row = np.concatenate([rows[up], rows[down]])
    length = half[row]
    marks = sign * (landmarks[:, row] - anchor)
    marks = np.where((marks > np.exp(NEAREST)) & (marks < np.minimum(length, np.exp(FARTHEST))), marks, np.nan)
    ended = np.concatenate([from_low[up], from_high[down]])
    none = np.isnan(marks).all(axis=0)
    marks[0, none] = np.where(np.isfinite(length), 0.5 * length, 1.0)[none]
    return Rays(row, anchor, sign, length, ended, np.sort(marks, axis=0))


def cut(rays: Rays, channels: Channels, model: TailModel, rows: int) -> tuple[Panels, Tails]:
    """The first panels of every ray, up to where it is cut off, and what lies beyond."""
    inside, _ = channels(rays.points(), rays.marks)
    peak = np.full(rows, -np.inf)
    np.maximum.at(peak, rays.row, np.nanmax(_finite(inside[0] + np.log(rays.marks)), axis=0, initial=-np.inf))
    edges, tails = [rays.marks], []
    for outward in (True, False):
        chosen = ~np.isfinite(rays.length) if outward else rays.ended
        more, tail = _tail(rays.some(chosen), channels, model, peak, outward, rows)
        whole = np.full((more.shape[0], rays.row.size), np.nan)
        whole[:, chosen] = more
        edges.append(whole)
        tails.append(tail)
    edges += [
        np.where(rays.ended, np.nan, 0.0)[np.newaxis],
        np.where(np.isfinite(rays.length), rays.length, np.nan)[np.newaxis],
    ]
    distances = np.sort(np.concatenate(edges), axis=0)
    near, far = distances[:-1], distances[1:]
    there = far > near
    row, anchor, sign = (np.broadcast_to(field, near.shape)[there] for field in (rays.row, rays.anchor, rays.sign))
    panels = Panels(row, anchor, sign, near[there], far[there])
    first, second = tails
    both = Tails(
        first.rest + second.rest,
        first.error + second.error,
        first.infinite | second.infinite,
        first.undecided | second.undecided,
    )
    return panels, both


def _finite(x: Array) -> Array:
    return np.where(np.isfinite(x), x, -np.inf)


def _usable(logs: Array) -> Array:
    """Where an integrand is known: not where it, or the log density of Q alone, is beyond the largest of numbers."""
    lost = (logs[3] == -np.inf) & (logs[2] > -np.inf) if len(logs) > 3 else False
    return (logs[0] < np.inf) & ~lost


def _tail(
    rays: Rays, channels: Channels, model: TailModel, peak: Array, outward: bool, rows: int
) -> tuple[Array, Tails]:
    """Edges of panels from the outermost (or innermost) landmark to the cut, and what lies beyond."""
    if not rays.row.size:
        return np.zeros((0, 0)), Tails(0.0, np.zeros(rows), np.zeros(rows, int), np.zeros(rows, bool))
    toward = 1.0 if outward else -1.0
    start = np.log(np.nanmax(rays.marks, axis=0) if outward else np.nanmin(rays.marks, axis=0))
    blurred = np.where(rays.anchor == 0.0, NEAREST, np.log(np.abs(rays.anchor)) + BLURRED)
    limit = FARTHEST - start if outward else start - np.minimum(blurred, start)
    steps = np.minimum(STEPS[:, np.newaxis], limit)
    logs, _ = channels(rays.points(), np.exp(start + toward * steps))
    sizes = logs[0] + start + toward * steps
    usable = np.logical_and.accumulate(_usable(logs), axis=0)
    gone = usable & (sizes < peak[rays.row] - NEGLIGIBLE)
    last = np.where(gone.any(axis=0), gone.argmax(axis=0), np.maximum(usable.sum(axis=0) - 1, 0))
    length = np.take_along_axis(steps, last[np.newaxis], axis=0)[0]
    # as close as possible to where numbers end
    next_length = np.take_along_axis(steps, np.minimum(last + 1, len(STEPS) - 1)[np.newaxis], axis=0)[0]
    finer = length + (next_length - length) * np.linspace(0.0, 1.0, 17)[:, np.newaxis]
    further, _ = channels(rays.points(), np.exp(start + toward * finer))
    known = np.logical_and.accumulate(_usable(further) & (further[0] > -np.inf), axis=0).sum(axis=0)
    reached = np.take_along_axis(finer, np.maximum(known - 1, 0)[np.newaxis], axis=0)[0]
    length = np.where(gone.any(axis=0), length, reached)
    kept = np.where(np.arange(len(STEPS))[:, np.newaxis] <= last, steps, np.nan)
    edges = np.exp(start + toward * np.concatenate([kept, length[np.newaxis]]))
    # where there is no room between the last landmark and the end, what is beyond is judged from before it
    back = toward * np.maximum(length / 8.0, 0.25)
    rest, error, infinite, undecided = _beyond(rays, channels, model, start + toward * length, back, gone.any(axis=0))

    def summed(values: Array) -> Array:
        return np.bincount(rays.row, values, minlength=rows)

    where = np.where(infinite, (1 if outward else 2) * np.where(rays.sign > 0.0, 1, 4), 0)
    found = np.zeros(rows, int)
    np.bitwise_or.at(found, rays.row, where)
    tail = Tails(np.stack([summed(values) for values in rest]), summed(error), found, summed(undecided) > 0)
    return edges, tail


def _beyond(
    rays: Rays, channels: Channels, model: TailModel, end: Array, step: Array, gone: Array
) -> tuple[Array, Array, Array, Array]:
    """The rest of the channels from s = end on, from their logs at four points before it."""
    at = end - step * np.arange(4)[:, np.newaxis]
    logs, sign = channels(rays.points(), np.exp(at))
    sizes = logs + at
    step = np.abs(step)
    decay, before = (sizes[:, 0] - sizes[:, 1]) / -step, (sizes[:, 2] - sizes[:, 3]) / -step
    noise = 64.0 * EPS * (np.abs(logs[0, 0]) + np.abs(logs[2, 0]) + np.abs(at[0]) + 1.0) / step
    falls = decay > noise
    rest = np.where(falls & np.isfinite(sizes[:, 0]), np.exp(sizes[:, 0]) / np.where(falls, decay, 1.0), 0.0)
    rest[0] *= np.broadcast_to(sign, logs.shape[1:])[0]
    error = np.abs(rest[0]) * np.abs(decay[0] - before[0]) / np.where(falls[0], decay[0], 1.0)
    error = np.where(
        gone, np.where(np.isfinite(error), error, 0.0), np.where(falls[0] & np.isfinite(error), error, np.inf)
    )
    factor, more = model(logs, sign, rest)
    modelled, modelled_error = _power_times_square(factor, sizes[2, 0], decay[2], before[2], step)
    better = modelled_error < error
    rest[0] = np.where(better, modelled + more, rest[0])
    error = np.where(better, modelled_error, error)
    stays = ~gone & ~falls[0] & ~better & (sizes[0, 0] > -np.inf)
    error = np.where(stays | (sizes[0, 0] == -np.inf), 0.0, error)
    # growth that slows down more than it did before may end beyond the largest of numbers
    growth = (sizes[0, :-1] - sizes[0, 1:]) / step
    slowing, slowed = growth[1] - growth[0], growth[2] - growth[1]
    slows = (growth[0] > noise) & (slowing > 0.02 * growth[0]) & (slowing > 0.5 * slowed)
    return rest, error, stays & ~slows, stays & slows


def _power_times_square(factor: Array, size: Array, decay: Array, before: Array, step: Array) -> tuple[Array, Array]:
    """The rest where the density is e^(-decay s) and its factor a square of s, with the error; infinite if not so."""
    scale = np.abs(factor).max(axis=0) + 1e-300
    one, two = factor[0] - factor[1], factor[0] - 2.0 * factor[1] + factor[2]
    three = np.abs(factor[0] - 3.0 * factor[1] + 3.0 * factor[2] - factor[3])
    # what is left of the higher differences is rounding, or not a square
    two = np.where(np.abs(two) < 64.0 * EPS * scale, 0.0, two)
    rate = decay * step
    mass = np.exp(size) * step
    rest = mass * (factor[0] / rate + (one + two / 2.0) / rate**2 + two / rate**3)
    off = np.where(two == 0.0, 0.0, three) + 512.0 * EPS * scale
    spread = mass * off * (1.0 / rate + 1.0 / rate**2 + np.where(two == 0.0, 0.0, 1.0 / rate**3))
    fits = (three < SMOOTH * scale) & (np.abs(decay - before) * step < SMOOTH) & (rate > 0.0)
    # rounding of the log density moves the rate, by more the slower it falls
    change = np.abs(rest) * (4.0 * np.abs(decay - before) / decay + 64.0 * EPS * (1.0 + 1.0 / rate))
    return np.where(fits, rest, 0.0), np.where(fits, spread + change, np.inf)
