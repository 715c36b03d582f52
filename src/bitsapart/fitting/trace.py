"""Gradient descent on a divergence, to watch it fall: every step is recorded, and no step goes up.

Forward, the gradient of KL(P || Q) in the unconstrained parameters phi is -E_P d log q / d phi; reverse, the values of
Q are written as its quantiles, so that the divergence is an average over fixed probabilities. The length of a step is
that of Barzilai & Borwein 1988, halved until the divergence falls (Armijo 1966).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.fitting.result import Step
from bitsapart.fitting.slopes import FIRST, mean_losses, scores, steps
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Array = Any
Value = Callable[[Array], float]

STEPS = 300
ENOUGH = 1e-10
"""Nats that a gradient step can still gain, below which the descent has arrived."""
ARMIJO = 1e-4
HALVINGS = 40
OFF = 2.0
"""Unconstrained units that the default start is away from the fit in every parameter, in turn up and down."""
LIMIT, SPACING = 8.5, 0.02
"""Standard normal scores at which quantiles are averaged."""


def descended(value: Value, slope: Callable[[Array], Array], start: Array) -> list[tuple[Array, float]]:
    """Parameters and values of a descent from a start, the last being where it has arrived."""
    here, at = np.array(start, float), value(start)
    if not math.isfinite(at):
        raise UsageError("the descent cannot begin at start: the divergence is infinite there")
    path = [(here, at)]
    gradient = slope(here)
    length = 1.0 / max(1.0, float(np.linalg.norm(gradient)))
    for _ in range(STEPS):
        size = float(gradient @ gradient)
        if size * length < ENOUGH * 1e-3 and size < ENOUGH:
            break
        moved = backtracked(value, here, at, gradient, length)
        if moved is None:
            break
        there, lower = moved
        new = slope(there)
        s, y = there - here, new - gradient
        curved = float(s @ y)
        length = float(s @ s) / curved if curved > 0.0 else 2.0 * length
        here, at, gradient = there, lower, new
        path.append((here, at))
    return path


def backtracked(value: Value, here: Array, at: float, gradient: Array, length: float) -> tuple[Array, float] | None:
    """A step along the gradient that goes down enough; None where rounding is all that is left."""
    size = float(gradient @ gradient)
    for _ in range(HALVINGS):
        there = here - length * gradient
        found = value(there)
        if found <= at - ARMIJO * length * size and found < at:
            return there, found
        length *= 0.5
    return None


def forward_trace(
    free: Unconstrained,
    best: Array,
    x: Array,
    weights: Array,
    least: float,
    start: Array | None,
    shown: Callable[[Array], tuple[float, ...]],
) -> tuple[Step, ...]:
    """The descent of the mean loss; ``least``, in bits, is the divergence of the fit ``best``."""

    def value(vector: Array) -> float:
        try:
            found = float(mean_losses(free, vector[np.newaxis], x, weights)[0])
        except UsageError:
            return math.inf
        return found if not math.isnan(found) else math.inf

    def slope(vector: Array) -> Array:
        return -np.nan_to_num(scores(free, vector, x).T @ weights)

    begin = usable(value, best, start)
    bottom = value(best)
    base = least if math.isfinite(least) else 0.0
    path = descended(value, slope, begin)
    return tuple(Step(base + (at - bottom) / Unit.bit.value, shown(vector)) for vector, at in path)


def reverse_trace(
    free: Unconstrained,
    best: Array,
    target: Callable[[Array], Array],
    least: float,
    start: Array | None,
    shown: Callable[[Array], tuple[float, ...]],
) -> tuple[Step, ...]:
    """The descent of KL(Q || P); ``target`` is the log density of P, up to a constant that ``least`` stands for."""
    from scipy.special import ndtr

    t = np.arange(-LIMIT, LIMIT + SPACING / 2.0, SPACING)
    u = ndtr(-np.abs(t))
    w = np.exp(-0.5 * t * t)
    w /= w.sum()

    def values(vectors: Array) -> Array:
        members = free.member(vectors[:, np.newaxis])
        with np.errstate(all="ignore"):
            x = np.where(t < 0.0, members.quantile(u), members.upper_quantile(u))
            terms = np.asarray(members.log_density(x)) - target(x)
        found = terms @ w
        return np.where(np.isnan(found), np.inf, found)

    def value(vector: Array) -> float:
        try:
            return float(values(vector[np.newaxis])[0])
        except UsageError:
            return math.inf

    def slope(vector: Array) -> Array:
        step = steps(vector, FIRST)
        ends = values(np.concatenate([vector + np.diag(step), vector - np.diag(step)]))
        k = len(step)
        return np.nan_to_num((ends[:k] - ends[k:]) / (2.0 * step))

    bottom = value(best)
    path = descended(value, slope, usable(value, best, start))
    return tuple(Step(least + (at - bottom) / Unit.bit.value, shown(vector)) for vector, at in path)


def usable(value: Value, best: Array, start: Array | None) -> Array:
    """Where to begin: where it was asked for, else far off, but not infinitely far."""
    if start is not None:
        return np.asarray(start, float)
    off = OFF * np.where(np.arange(len(best)) % 2, -0.5, 1.0)
    for _ in range(8):
        if math.isfinite(value(best + off)):
            return best + off
        off = 0.5 * off
    return best


def start_vector(
    free: Unconstrained, start: Any, like: Distribution, scale: Callable[[Distribution], Distribution]
) -> Array:
    """A start that a user gives, a member or its parameters by name, as unconstrained parameters."""
    if isinstance(start, dict):
        wrong = sorted(set(start) - set(like.domains))
        if wrong:
            raise UsageError(f"start has {wrong[0]!r}, and {type(like).__name__} has {', '.join(like.domains)}")
        member: Distribution = type(like)(**{**like.parameters, **start})
    elif type(start) is type(like):
        member = start
    else:
        raise UsageError(f"start should be a {type(like).__name__} or its parameters by name; got {start!r}")
    return free.vector(scale(member))
