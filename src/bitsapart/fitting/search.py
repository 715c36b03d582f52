"""The largest likelihood where no formula gives it: several starts, L-BFGS, and Newton steps to the last digits."""

import math
from typing import Any

import numpy as np

from bitsapart.fitting.slopes import information, inverted, mean_losses, scores
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.errors import UsageError

Array = Any

FAR = 15.0
"""Unconstrained parameters are searched from -FAR to FAR about the start: beyond, a family has reached its limit."""
STARTS = (-1.5, 0.0, 1.5)
LOOKED_AT = 4096
"""Rows that starts are compared on."""
DESCENDED = 3
"""Starts that are descended from."""
NEWTON_STEPS = 8
FLAT = 1e-6
"""Nats that a unit of an unconstrained parameter changes, below which it is as good as free."""
LIMIT = "a parameter can grow without bound at hardly any cost: the closest member is a limit of the family"


def maximum(free: Unconstrained, start: Array, x: Array, weights: Array) -> Array:
    """The parameters of the largest mean log density of weighted rows that was found.

    Raises:
        UsageError: no start has a finite one.
    """
    few, few_weights = x, weights
    if len(x) > LOOKED_AT:
        chosen = np.linspace(0, len(x) - 1, LOOKED_AT).astype(np.int64)
        few, few_weights = x[chosen], weights[chosen] / weights[chosen].sum()
    grid = start + offsets(len(start))
    losses = np.array([loss_of(free, vector, few, few_weights) for vector in grid])
    if not np.isfinite(losses).any():
        raise UsageError(
            f"{free.family.__name__} cannot be fitted: the rows are impossible under every member that was tried; are "
            "the fixed parameters right?"
        )
    best = [descended(free, grid[place], start, few, few_weights) for place in np.argsort(losses)[:DESCENDED]]
    found = min(best, key=lambda vector: loss_of(free, vector, few, few_weights))
    if few is not x:
        found = descended(free, found, start, x, weights)
    return newton(free, found, x, weights)


def offsets(size: int) -> Array:
    """A grid of starts; along the axes only where there are many parameters."""
    if size <= 3:
        return np.stack(np.meshgrid(*[STARTS] * size, indexing="ij"), axis=-1).reshape(-1, size)
    return np.concatenate([np.zeros((1, size)), *(np.eye(size) * shift for shift in STARTS if shift)])


def loss_of(free: Unconstrained, vector: Array, x: Array, weights: Array) -> float:
    """The mean loss, infinite where there is no such member."""
    try:
        found = float(mean_losses(free, vector[np.newaxis], x, weights)[0])
    except UsageError:
        return np.inf
    return found if found > -np.inf and not np.isnan(found) else np.inf


def descended(free: Unconstrained, begin: Array, start: Array, x: Array, weights: Array) -> Array:
    """A local minimum of the mean loss by L-BFGS within the box."""
    from scipy.optimize import minimize

    def function(vector: Array) -> tuple[float, Array]:
        loss = loss_of(free, vector, x, weights)
        if not np.isfinite(loss):
            return 1e10, np.zeros(len(vector))
        return loss, -np.nan_to_num(scores(free, vector, x).T @ weights)

    box = [(at - FAR, at + FAR) for at in start]
    return np.asarray(minimize(function, begin, jac=True, method="L-BFGS-B", bounds=box, options={"ftol": 1e-14}).x)


def newton(free: Unconstrained, vector: Array, x: Array, weights: Array) -> Array:
    """Newton steps, halved until they do not lose; they end where rounding is all that is left."""
    loss = loss_of(free, vector, x, weights)
    for _ in range(NEWTON_STEPS):
        J = information(free, vector, x, weights)
        if not np.isfinite(J).all():
            break
        step = inverted(J) @ (scores(free, vector, x).T @ weights)
        if not np.isfinite(step).all() or np.abs(step).max() > 1.0:
            break
        moved = vector + step
        moved_loss = loss_of(free, moved, x, weights)
        if not moved_loss <= loss + 1e-13 * max(1.0, abs(loss)):
            break
        vector, loss = moved, moved_loss
        if np.abs(step).max() < 1e-11:
            break
    return vector


def at_edge(free: Unconstrained, vector: Array, start: Array, x: Array, weights: Array) -> bool:
    """Whether the best member is a limit of the family, or all but: a parameter can grow at hardly any loss."""
    if np.any(np.abs(vector - start) >= FAR - 1.0):
        return True
    J = information(free, vector, x, weights)
    return not np.isfinite(J).all() or bool(np.linalg.eigvalsh(J).min(initial=math.inf) < FLAT)
