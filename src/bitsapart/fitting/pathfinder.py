"""Where to start: of normal approximations along a path of L-BFGS to a mode, the one with the highest ELBO.

Zhang, Carpenter, Gelman & Vehtari 2022, Pathfinder: parallel quasi-Newton variational inference, J. Mach. Learn. Res.
23(306). The mode itself can be a bad place, as in a funnel, whose density is highest where it has no mass.
"""

from typing import Any, NamedTuple

import numpy as np

from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.normaliser import Proposal
from bitsapart.values.errors import UsageError

Array = Any

DRAWS = 24
"""By which the approximations along a path are compared."""
STEPS = 200
STRAIGHT = 1e-10
"""Least curvature along a step, by its length and that of the change of the gradient, that is used."""


class Start(NamedTuple):
    """A normal approximation and its ELBO, roughly."""

    proposal: Proposal
    bound: float


def pathfinder(target: LogDensity, origin: Array, seed: int) -> Start:
    """The best normal approximation along the path from a point.

    Raises:
        UsageError: the density is 0 at the point, or rises for ever.
    """
    points, slopes = _path(target, origin)
    z = np.random.default_rng(seed).standard_normal((DRAWS, target.dimension))
    best: Start | None = None
    inverse = _first_inverse(points, slopes)
    for k, (point, slope) in enumerate(zip(points, slopes, strict=True)):
        if k:
            inverse = _updated(inverse, point - points[k - 1], slopes[k - 1] - slope)
        found = _approximation(target, point, slope, inverse, z)
        if found is not None and (best is None or found.bound > best.bound):
            best = found
    if best is None:
        raise UsageError(
            f"no normal distribution near the start {_shown(origin)} is at a finite divergence: give another start="
        )
    return best


def _path(target: LogDensity, origin: Array) -> tuple[Array, Array]:
    """Points (k, d) of L-BFGS on its way up, and the gradients there."""
    from scipy.optimize import minimize

    if not np.isfinite(target(origin[np.newaxis])[0]):
        raise UsageError(f"the density is 0 at the start {_shown(origin)}: give another start=")

    def loss(point: Array) -> tuple[float, Array]:
        height = float(target(point[np.newaxis])[0])
        if not np.isfinite(height):
            return 1e300, np.zeros_like(point)
        return -height, -target.slopes(point[np.newaxis])[0]

    visited = [origin]
    minimize(
        loss,
        origin,
        jac=True,
        method="L-BFGS-B",
        callback=lambda point: visited.append(np.array(point)),
        options={"maxiter": STEPS, "ftol": 1e-12},
    )
    points = np.array(visited)
    return points, target.slopes(points)


def _first_inverse(points: Array, slopes: Array) -> Array:
    d = points.shape[1]
    if len(points) == 1:
        return np.eye(d)
    step, change = points[1] - points[0], slopes[0] - slopes[1]
    return np.eye(d) * max(float(step @ change) / max(float(change @ change), 1e-300), 1e-8)


def _updated(inverse: Array, step: Array, change: Array) -> Array:
    """The BFGS update of an inverse Hessian; none where the function is not convex along the step."""
    along = float(step @ change)
    if along <= STRAIGHT * np.linalg.norm(step) * np.linalg.norm(change):
        return inverse
    turned = inverse @ change
    growth = (1.0 + float(change @ turned) / along) / along
    return inverse + growth * np.outer(step, step) - (np.outer(turned, step) + np.outer(step, turned)) / along


def _approximation(target: LogDensity, point: Array, slope: Array, inverse: Array, z: Array) -> Start | None:
    try:
        factor = np.linalg.cholesky(inverse)
    except np.linalg.LinAlgError:
        return None
    mean = point + inverse @ slope
    with np.errstate(all="ignore"):
        heights = target(mean + z @ factor.T)
    bound = float(heights.mean() + np.log(np.diagonal(factor)).sum())
    return Start(Proposal(mean, factor), bound) if np.isfinite(bound) else None


def _shown(point: Array) -> str:
    from bitsapart.fitting.log_density import shown_point

    return shown_point(point)
