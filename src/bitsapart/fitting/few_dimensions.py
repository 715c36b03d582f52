"""The normal distributions that are stationary in KL(Q || P), for a target of one or two dimensions."""

from typing import Any

import numpy as np

from bitsapart.families.continuous.normal import Normal
from bitsapart.families.distribution import Distribution
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.fitting.answers import Reversed, bits, member_of
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.mass import Mass, mass_of
from bitsapart.fitting.normal_surface import NormalSurface
from bitsapart.fitting.normaliser import Proposal
from bitsapart.fitting.plane import Plane, normaliser_in_plane, plane_of
from bitsapart.fitting.result import Certificate, Minimum
from bitsapart.fitting.stationary import ROUNDS, Stationary, Surface, stationary_points
from bitsapart.values.unit import Unit

Array = Any

METHOD = "quadrature"
SPREADS = 10
"""Standard deviations that the search starts from at each mean."""
MEANS = 13
PLANE_MEANS = 16
PLANE_SPREADS = (0.2, 0.5, 1.0)
"""Points of the target, and sizes of its covariance, that a search in two dimensions starts from."""
TIE = 1e-10
"""Nats within which two minima are equally good."""


def closest_normal(target: LogDensity, *, start: Any, level: float) -> Reversed:
    """All normal distributions of one dimension that the search finds stationary, and the closest.

    Raises:
        NoMinimiserError: every one is infinitely far, or the search found no minimum.
    """
    origin = 0.0 if start is None else float(np.asarray(start, float).reshape(()))
    mass = mass_of(target, start=origin)
    low, high = (float(end) for end in mass.quantile([1e-4, 1.0 - 1e-4]))
    narrow = min(*mass.modes.widths, high - low)
    surface = NormalSurface(
        target,
        mass.log_normaliser,
        mean_field=False,
        low=np.array([low]),
        high=np.array([high]),
        smallest=np.array([0.01 * narrow]),
        largest=np.array([3.0 * (high - low)]),
        marks=(*mass.modes.marks, *_kinks(target)),
    )
    starts = _starts(mass, narrow)
    points = found_points(surface, starts, target)
    box = (
        f"means from {low:.4g} to {high:.4g}, standard deviations from {0.01 * narrow:.3g} to {3.0 * (high - low):.3g}"
    )
    members: list[Distribution] = [Normal(point.state[0], point.state[1]) for point in points]
    notes = [*notes_of(points), *_bridging(members, points, mass)]
    return answer(points, members, mass.error, f"{len(starts)} starts in {box}", notes, level)


def closest_in_plane(target: LogDensity, *, start: Any, mean_field: bool, level: float, seed: int) -> Reversed:
    """All normal distributions of two dimensions that the search finds stationary, and the closest.

    Raises:
        NoMinimiserError: every one is infinitely far, or the search found no minimum.
    """
    plane = plane_of(target, start=start, seed=seed)
    low, high = np.quantile(plane.draws, [1e-3, 1.0 - 1e-3], axis=0)
    sds = np.array([np.sqrt((one.factor**2).sum(axis=1)) for one in plane.approximations])
    smallest, largest = 0.01 * np.minimum(sds.min(axis=0), high - low), 3.0 * (high - low)
    surface = NormalSurface(target, 0.0, mean_field, low, high, smallest, largest)
    starts = _plane_starts(surface, plane)
    points = found_points(surface, starts, target)
    normals = [Proposal(*(part[0] for part in surface.unpacked(point.state[np.newaxis]))) for point in points]
    total, error = normaliser_in_plane(target, normals)
    points = [point._replace(value=point.value + total) for point in points]
    members = [member_of(normal.mean, normal.factor) for normal in normals]
    box = ", ".join(f"means from {a:.4g} to {b:.4g}" for a, b in zip(low, high, strict=True))
    return answer(points, members, error, f"{len(starts)} starts in {box}", notes_of(points), level)


def _plane_starts(surface: NormalSurface, plane: Plane) -> Array:
    """Approximations near the modes, and points of the target with its covariance at several sizes."""
    whole = np.linalg.cholesky(np.cov(plane.draws.T))
    means = [one.mean for one in plane.approximations] + [plane.draws.mean(axis=0)]
    factors = [one.factor for one in plane.approximations] + [whole]
    for size in PLANE_SPREADS:
        means += list(plane.draws[:PLANE_MEANS])
        factors += [size * whole] * PLANE_MEANS
    chosen = np.array(factors)
    if surface.mean_field:
        # the conditional standard deviations, which reverse KL wants of a diagonal
        precisions = np.einsum("bij,bij->bj", np.linalg.inv(chosen), np.linalg.inv(chosen))
        chosen = np.eye(2) * precisions[:, np.newaxis] ** -0.5
    states = surface.packed(np.array(means), chosen)
    return states[surface.inside(states)]


def _kinks(target: LogDensity) -> Array:
    if target.law is None:
        return np.zeros(0)
    return np.concatenate([np.zeros(0), *(np.ravel(kinks) for kinks in target.law.breakpoints())])


def _starts(mass: Mass, narrow: float) -> Array:
    """Means along the mass with standard deviations of all sizes; each mode with its own width."""
    ends = mass.quantile([0.005, 0.995])
    means = np.unique(
        np.concatenate(
            [mass.quantile(np.linspace(0.005, 0.995, MEANS)), np.linspace(float(ends[0]), float(ends[1]), MEANS)]
        )
    )
    spreads = np.geomspace(0.5 * narrow, max(ends[1] - ends[0], narrow), SPREADS)
    grid = np.stack(np.meshgrid(means, spreads, indexing="ij"), axis=-1).reshape(-1, 2)
    own = np.stack([mass.modes.at, mass.modes.widths], axis=1)
    return np.concatenate([grid, own, own * [1.0, 2.0]])


def found_points(surface: Surface, starts: Array, target: LogDensity, *, rounds: int = ROUNDS) -> list[Stationary]:
    """The stationary points, of which one is a minimum at least."""
    if not np.isfinite(surface.rough(starts).value).any():
        raise NoMinimiserError(
            f"every member is infinitely far: the density of {target.words} is 0 in places to which each gives mass; "
            "fit a family with the target's support, or give the log density itself if this is the log of one that "
            "underflows"
        )
    points = stationary_points(surface, starts, rounds=rounds)
    if not any(point.kind == "minimum" for point in points):
        raise NoMinimiserError(
            "the search found no minimum of KL(Q || P): the closest member would be infinitely wide or narrow, at "
            "another limit of its family, or outside the box that was searched; a start= nearer to the mass may help"
        )
    return points


def answer(
    points: list[Stationary], members: list[Distribution], error: float, box: str, notes: list[str], level: float
) -> Reversed:
    """The result, from stationary points and the members that they are, the lowest first."""
    best = next(i for i, point in enumerate(points) if point.kind == "minimum")
    minima = []
    for point, member in zip(points, members, strict=True):
        off = point.error + error
        # what rounding made negative is as likely 0
        nats = max(point.value, 0.0) if point.value >= -off else point.value
        divergence = bits(nats, off, level, "bound", METHOD, least=0.0)
        tied = point.kind == "minimum" and point.value <= points[best].value + TIE
        minima.append(Minimum(member, divergence, point.kind, tied))
    chosen = points[best]
    certificate = Certificate(
        "search box",
        Unit.bit.of(chosen.error + error),
        False,
        chosen.residual,
        f"the best of what Newton's method found from {box}",
    )
    # a gradient of size g in local coordinates moves them by g / curvature
    away = float((chosen.residual + chosen.error) / chosen.curvature[0])
    errors = _parameter_errors(members[best], away)
    return Reversed(members[best], minima[best].divergence, certificate, errors, tuple(minima), notes=tuple(notes))


def _parameter_errors(member: Distribution, off: float) -> dict[str, Array]:
    """How far parameters may be off, if the member may be by ``off`` in local coordinates."""
    if isinstance(member, Normal):
        return {"mean": off * member.sd, "sd": off * member.sd}
    if member.event_shape:
        sds = np.sqrt(member.variance)
        return {"mean": off * sds, "covariance": 2.0 * off * np.outer(sds, sds)}
    return {}


def notes_of(points: list[Stationary]) -> list[str]:
    """How many minima and saddles there are."""
    counts = {kind: sum(point.kind == kind for point in points) for kind in ("minimum", "saddle", "maximum")}
    plural = {"minimum": "minima", "saddle": "saddles", "maximum": "maxima"}
    said = [f"{n} {kind if n == 1 else plural[kind]}" for kind, n in counts.items() if n]
    return [f"{' and '.join(said)} of KL(Q || P)"] if len(points) > 1 else []


def _bridging(members: list[Distribution], points: list[Stationary], mass: Mass) -> list[str]:
    """Whether the best member lies across several modes of the target."""
    best = next(member for member, point in zip(members, points, strict=True) if point.kind == "minimum")
    centre, reach = float(best.mean), 2.0 * float(np.sqrt(best.variance))
    spanned = sum(abs(mode - centre) <= reach for mode in mass.modes.at)
    if spanned < 2:
        return []
    return [f"the closest member spans {spanned} modes of the target: reverse KL does not seek a single mode here"]
