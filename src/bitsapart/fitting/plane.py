"""Where the mass of a target of two dimensions lies: draws of about its distribution, its modes, its normaliser."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.fitting.cells import integrate_plane
from bitsapart.fitting.khat import smoothed_weights
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.normaliser import Proposal
from bitsapart.fitting.pathfinder import pathfinder
from bitsapart.values.errors import UsageError

Array = Any

DRAWS = 4_000
ORIGINS = 12
"""Starts of paths to modes."""
SPREAD = (0.0, 2.0, 6.0)
"""Standard deviations of origins around the start of a log density, in turn."""
REACHES = (12.0, 40.0, 150.0, 600.0)
"""How far t goes in x = centre + L sinh(t), along each axis: x to 1e5 scales, or 1e260."""
NEGLIGIBLE = 45.0
MOST = {True: 6_000_000, False: 200_000}
"""Evaluations of an integral, by the same."""
CELLS = {True: 65, False: 17}
"""Edges of the first cells along an axis, by whether many evaluations cost little."""
FRAMES = (1.0, 0.4, 0.1)
"""Scales of frames. Mass that no node has seen is missing, never added: the largest integral is the best, and how far
the next one is below it tells what an error estimate does not see."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Draws (n, 2), and normal approximations near the modes."""

    draws: Array
    approximations: tuple[Proposal, ...]


def plane_of(target: LogDensity, *, start: Any, seed: int) -> Plane:
    """The mass of a target of two dimensions; of a log density it is looked for from ``start``.

    Raises:
        UsageError: the density is 0 at the start, or improper.
    """
    generator = np.random.default_rng(seed)
    law = target.law
    if law is not None:
        origins = np.asarray(law.sample(ORIGINS, seed=generator))
    else:
        centre = np.zeros(2) if start is None else np.asarray(start, float).reshape(2)
        noise = generator.standard_normal((ORIGINS, 2)) * np.resize(SPREAD, (ORIGINS, 1))
        origins = centre + noise
        known = np.isfinite(target(origins))
        origins = np.concatenate([centre[np.newaxis], origins[1:][known[1:]]])
    found = sorted((pathfinder(target, origin, seed) for origin in origins), key=lambda one: -one.bound)
    approximations = tuple(one.proposal for one in found)
    if law is not None:
        return Plane(np.asarray(law.sample(DRAWS, seed=generator)), approximations)
    # an improper density is told before anything is fitted to it
    _reach(*_framed(target, list(approximations), 1.0))
    return Plane(_draws(target, approximations, generator), approximations)


def normaliser_in_plane(target: LogDensity, members: list[Proposal]) -> tuple[float, float]:
    """Log Z in nats and its error, by quadrature around fitted members, of which the first is the best.

    Raises:
        UsageError: the density is improper.
    """
    if target.normalised:
        return 0.0, 0.0
    logs, errors = np.array([_integral(target, members, scale) for scale in FRAMES]).T
    best, next_best = np.sort(logs)[::-1][:2]
    return float(best), float(best - next_best + errors.max())


def _draws(target: LogDensity, approximations: tuple[Proposal, ...], generator: np.random.Generator) -> Array:
    """Points of about the target's distribution, from Student distributions about the modes."""
    wide = [one.wider() for one in approximations]
    points = np.concatenate([one.draws(DRAWS // len(wide) + 1, generator)[0] for one in wide])
    proposed = np.logaddexp.reduce([one.log_density(points) for one in wide], axis=0)
    weights = smoothed_weights(target(points) - proposed).weights
    return points[generator.choice(len(points), DRAWS, p=weights / weights.sum())]


def _integral(target: LogDensity, members: list[Proposal], scale: float) -> tuple[float, float]:
    """Log Z and its error, by adaptive quadrature in a frame that reaches far."""
    heights, modes = _framed(target, members, scale)
    reach, top = _reach(heights, modes)
    edges = [np.unique(np.concatenate([np.linspace(-reach, reach, CELLS[target.many]), marks])) for marks in modes.T]
    total, error = integrate_plane(lambda t: np.exp(heights(t) - top), *edges, most=MOST[target.many])
    if not total > 0.0:
        raise UsageError("the integral of the density was not found: give start= near its mass")
    return top + math.log(total), error / total


def _framed(target: LogDensity, members: list[Proposal], scale: float) -> tuple[Any, Array]:
    """The log density in t about the first member, stretch and all, and where the members' means are."""
    best = members[0]
    factor = scale * best.factor
    volume = float(np.log(np.diagonal(factor)).sum())

    def heights(t: Array) -> Array:
        stretch = np.logaddexp(t, -t).sum(axis=1) - 2.0 * math.log(2.0)
        return target(best.mean + np.sinh(t) @ factor.T) + stretch + volume

    modes = np.stack([np.arcsinh(np.linalg.solve(factor, one.mean - best.mean)) for one in members])
    return heights, modes


def _reach(heights: Any, modes: Array) -> tuple[float, float]:
    """How far in t the density has to be followed, and the greatest height.

    Raises:
        UsageError: it never becomes negligible.
    """
    for reach in REACHES:
        if np.abs(modes).max() > reach:
            continue
        axis = np.linspace(-reach, reach, 241)
        inner = heights(np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)).reshape(241, 241)
        top = max(float(inner.max()), float(heights(modes).max()))
        edge = max(inner[0].max(), inner[-1].max(), inner[:, 0].max(), inner[:, -1].max())
        if edge < top - NEGLIGIBLE:
            return reach, top
    raise UsageError(
        "the density is improper: it does not fall off in all directions, so that its integral is infinite"
    )
