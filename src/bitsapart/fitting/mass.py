"""Where the mass of a target of one dimension lies: its normaliser, its quantiles, its modes.

A log density is integrated over x = centre + scale sinh(t), which reaches far in both directions, outwards until what
is left is negligible; if it never is, the density is improper.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.panels import Integral, integrate
from bitsapart.values.errors import UsageError

Array = Any

REACHES = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
"""How far t goes: x to 1e277 scales."""
NEGLIGIBLE = 45.0
"""Nats below the greatest height, in t, at which nothing is left."""
SCANNED = 2_000
"""Points at which modes are looked for."""
MOST_MODES = 40
FARTHEST = 1e290
WIDEST = 1e8
"""Width of a mode of a density that does not fall off."""
NEAR = 50.0
"""Around the start, how far a log density is looked at in even steps; to 2e8 in steps that grow."""


class Modes(NamedTuple):
    """Where the log density has maxima, in ascending order, how high they are, and how wide."""

    at: tuple[float, ...]
    heights: tuple[float, ...]
    widths: tuple[float, ...]

    @property
    def highest(self) -> tuple[float, float]:
        """The highest mode, and its width."""
        i = int(np.argmax(self.heights))
        return self.at[i], self.widths[i]

    @property
    def marks(self) -> tuple[float, ...]:
        """Values around which the log density bends: modes, and some widths to each side."""
        return tuple(
            mode + k * width for mode, width in zip(self.at, self.widths, strict=True) for k in (-4.0, 0.0, 4.0)
        )


@dataclass(frozen=True, eq=False)
class Mass:
    """The normaliser of a density in nats, with its error; quantiles, which are rough; and the modes that were seen."""

    log_normaliser: float
    error: float
    levels: Array
    quantiles: Array
    modes: Modes

    def quantile(self, u: Any) -> Any:
        """Value below which a share u of the mass lies."""
        return np.interp(u, self.levels, self.quantiles)


LEVELS = np.array([1e-6, 1e-5, 1e-4, 1e-3, 0.01, *np.linspace(0.02, 0.98, 49), 0.99, 0.999, 0.9999, 1 - 1e-5, 1 - 1e-6])


def mass_of(target: LogDensity, *, start: float = 0.0) -> Mass:
    """The mass of a target of one dimension; of a log density it is looked for from ``start`` outwards.

    Raises:
        UsageError: the density is improper, or 0 at every point that was looked at.
    """
    if target.law is not None:
        quantiles = np.asarray(target.law.quantile(LEVELS), float)
        spread = np.concatenate([np.linspace(quantiles[2], quantiles[-3], SCANNED), quantiles])
        return Mass(0.0, 0.0, LEVELS, quantiles, modes_of(target, np.unique(spread)))
    around = np.concatenate([np.linspace(-NEAR, NEAR, SCANNED), np.sinh(np.linspace(-20.0, 20.0, 2 * SCANNED))])
    modes = modes_of(target, np.unique(start + around))
    found, height, centre, scale = _integrated(target, modes)
    total = float(found.value[0])
    order = np.argsort(found.panels[:, 0])
    levels = np.concatenate([[0.0], np.cumsum(found.parts[order, 0]) / total])
    edges = np.concatenate([found.panels[order, 0], found.panels[order[-1:], 1]])
    steps = np.concatenate([[True], np.diff(levels) > 0.0])
    quantiles = np.interp(LEVELS, levels[steps], (centre + scale * np.sinh(edges))[steps])
    return Mass(height + math.log(total), float(found.error[0]) / total, LEVELS, quantiles, modes)


def _integrated(target: LogDensity, modes: Modes) -> tuple[Integral, float, float, float]:
    centre, scale = modes.highest

    def heights(t: Array) -> Array:
        x = np.clip(centre + scale * np.sinh(t), -FARTHEST, FARTHEST)
        return _at(target, x) + np.log(scale) + np.logaddexp(t, -t) - math.log(2.0)

    for reach in REACHES:
        grid = np.linspace(-reach, reach, SCANNED)
        values = heights(grid)
        height = float(values.max())
        ends = np.sinh(reach) * scale + np.array([centre, -centre])
        covered = all(-ends[1] < mode < ends[0] for mode in modes.at)
        if covered and max(values[0], values[-1]) < height - NEGLIGIBLE:
            break
    else:
        side = "-infinity" if values[0] > values[-1] else "infinity"
        raise UsageError(f"the density is improper: it does not fall off towards {side} faster than 1/|x|")
    marks = np.arcsinh((np.asarray(modes.marks) - centre) / scale)
    edges = np.unique(np.concatenate([np.linspace(-reach, reach, 129), marks[np.abs(marks) < reach]]))
    return integrate(lambda t: np.exp(heights(t) - height)[np.newaxis], edges), height, centre, scale


def _at(target: LogDensity, x: Array) -> Array:
    return target(np.asarray(x, float)[:, np.newaxis])


def modes_of(target: LogDensity, x: Array) -> Modes:
    """The modes between sorted values, each climbed from the highest of its neighbours.

    Raises:
        UsageError: the density is 0 at all of them.
    """
    values = _at(target, x)
    if np.isneginf(values).all():
        raise UsageError(
            f"the density is 0 at every point that was looked at, {x[0]:.3g} to {x[-1]:.3g}: say where it is, start="
        )
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    tops = np.flatnonzero((values >= padded[:-2]) & (values > padded[2:]))
    tops = np.sort(tops[np.argsort(-values[tops], kind="stable")[:MOST_MODES]])
    climbed = [_climbed(target, x[max(i - 1, 0)], x[i], x[min(i + 1, len(x) - 1)]) for i in tops]
    return Modes(*zip(*climbed, strict=True))


def _climbed(target: LogDensity, low: float, middle: float, high: float) -> tuple[float, float, float]:
    """The mode in a bracket, its height, and its width: where a parabola has fallen by 1/2."""
    from scipy.optimize import minimize_scalar

    def depth(x: float) -> float:
        return -float(np.maximum(_at(target, np.array([x]))[0], -1e300))

    found = minimize_scalar(depth, bounds=(low, high), method="bounded", options={"xatol": 1e-9 * (high - low)})
    mode = float(found.x) if found.fun < depth(middle) else float(middle)
    height = -depth(mode)
    step = 1e-7 * (high - low) * 2.0 ** np.arange(60)
    fallen = height - 0.5 * (_at(target, mode - step) + _at(target, mode + step))
    enough = np.flatnonzero(fallen > 0.1)
    at = int(enough[0]) if enough.size else len(step) - 1
    drop = max(float(fallen[at]), 1e-300)
    return mode, height, float(min(step[at] / math.sqrt(2.0 * min(drop, 1e4)), WIDEST))
