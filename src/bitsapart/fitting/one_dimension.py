"""The members of a continuous family of one dimension that are stationary in KL(Q || P)."""

from itertools import product
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import REAL
from bitsapart.families.support import Interval
from bitsapart.fitting.answers import Reversed
from bitsapart.fitting.family_surface import FamilySurface
from bitsapart.fitting.few_dimensions import answer, found_points, notes_of
from bitsapart.fitting.fitted import Options, unscaled
from bitsapart.fitting.forward import fitted
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.mass import Mass, mass_of
from bitsapart.fitting.target import in_memory
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.errors import UsageError

Array = Any

METHOD = "quadrature"
PLACES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
"""Quantiles of the target at which a location starts."""
SIZES = (-3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0)
"""Logarithms, or logits, at which other parameters start; and about that of the target's spread."""
STARTS = {1: 24, 2: 24, 3: 6}
"""Of a grid of starts, the lowest that are descended from, by the number of parameters."""
RANKS = 400
"""Quantiles of the target that a forward fit takes for rows, as a start."""
ROUNDS = 25
"""Newton steps of each."""
REACH = 8.0
"""How far logarithms and logits are searched to each side of 0 and of the target's spread."""


def closest_member(target: LogDensity, family: type[Distribution], *, start: Any, level: float) -> Reversed:
    """All members of a family of one dimension that the search finds stationary, and the closest.

    Raises:
        UsageError: the family has a parameter that is not searched, or is not continuous.
        NoMinimiserError: every member is infinitely far, or the search found no minimum.
    """
    example = example_of(family)
    free = Unconstrained(example)
    mass = _mass(target, example, start)
    middle, spread = float(mass.quantile(0.5)), float(mass.quantile(0.75) - mass.quantile(0.25))
    size = float(np.log(spread))
    real = np.array([family.domains[name] is REAL for name in free.maps])
    units = np.where(real, spread, 1.0)
    low = np.where(real, mass.quantile(1e-4) / spread, min(size, 0.0) - REACH)
    high = np.where(real, mass.quantile(1.0 - 1e-4) / spread, max(size, 0.0) + REACH)
    surface = FamilySurface(target, mass.log_normaliser, free, units, low, high)
    starts = _starts(surface, real, np.asarray(mass.quantile(PLACES)) / spread, size, np.log(max(abs(middle), spread)))
    starts = np.concatenate([_likeliest(family, free, mass) / units, starts])
    points = found_points(surface, starts, target, rounds=ROUNDS)
    members = [free.member(point.state * units) for point in points]
    return answer(points, members, mass.error, f"the best {len(starts)} of a grid of starts", notes_of(points), level)


def example_of(family: type[Distribution]) -> Distribution:
    """A member, whose parameters are the middle of their domains.

    Raises:
        UsageError: a parameter has no open range of numbers to be searched.
    """
    given = {}
    for name, domain in family.domains.items():
        if domain.event or domain.from_real is None:
            raise UsageError(
                f"a reverse fit cannot search the parameter {name} of {family.__name__}: it is {domain.words}"
            )
        given[name] = domain.from_real(np.array(0.0))
    try:
        example = family(**given)
    except UsageError as error:
        raise UsageError(
            f"a reverse fit cannot search the parameters of {family.__name__}, which bound each other"
        ) from error
    if not isinstance(example.support, Interval):
        raise UsageError(f"a reverse fit is to a continuous family; {family.__name__} is on {example.support.words}")
    return example


def _mass(target: LogDensity, example: Distribution, start: Any) -> Mass:
    """The mass on the support of the family, found in coordinates without ends."""
    origin = None if start is None else float(np.asarray(start, float).reshape(()))
    support = example.support
    assert isinstance(support, Interval)  # noqa: S101 - example_of has looked
    low, high = float(support.low), float(support.high)
    if target.law is not None:
        return mass_of(target)
    if np.isfinite(low) and np.isfinite(high):
        return _mapped(target, lambda y: _logistic(y, low, high), lambda y: _logistic_slope(y, high - low), 0.0)
    if np.isfinite(low):
        begin = 0.0 if origin is None else float(np.log(origin - low))
        return _mapped(target, lambda y: low + np.exp(y), lambda y: y, begin)
    return mass_of(target, start=origin or 0.0)


def _logistic(y: Array, low: float, high: float) -> Array:
    from scipy.special import expit

    return low + (high - low) * expit(y)


def _logistic_slope(y: Array, width: float) -> Array:
    return np.log(width) - np.logaddexp(0.0, y) - np.logaddexp(0.0, -y)


def _mapped(target: LogDensity, x_of: Any, log_slope: Any, start: float) -> Mass:
    """The mass of a density of x(y), by that of y; its quantiles are those of x."""

    def density(points: Array) -> Array:
        y = points[:, 0]
        with np.errstate(all="ignore"):
            x = x_of(y)
            usable = np.isfinite(x) & np.isfinite(log_slope(y))
            return np.where(
                usable, target.function(np.where(usable, x, x_of(0.0 * y))[:, np.newaxis]) + log_slope(y), -np.inf
            )

    mapped = LogDensity(target.words, 1, density, target.gradient, target.gradient_by, target.many)
    mass = mass_of(mapped, start=start)
    return Mass(mass.log_normaliser, mass.error, mass.levels, x_of(mass.quantiles), mass.modes)


def _likeliest(family: type[Distribution], free: Unconstrained, mass: Mass) -> Array:
    """Where the forward fit to quantiles of the target is, as a start, (1, p); none where there is none."""
    rows = np.asarray(mass.quantile((np.arange(RANKS) + 0.5) / RANKS))
    try:
        found = fitted(family, in_memory(rows), Options({}, 0.95, 0, 2))
        return free.vector(unscaled(found.member, found.data.scaling))[np.newaxis]
    except UsageError:
        return np.empty((0, len(free.maps)))


def _starts(surface: FamilySurface, real: Array, places: Array, size: float, height: float) -> Array:
    """The lowest of a grid: locations at quantiles, other parameters about 1, the spread, and the distance from 0."""
    others = np.unique(
        np.concatenate(
            [SIZES, size + np.array([-1.0, -0.3, 0.3, 1.0]), -size + np.array(SIZES[2:5]), [height, -height]]
        )
    )
    axes = [places if is_real else others for is_real in real]
    grid = np.array(list(product(*axes)))
    grid = grid[surface.inside(grid)]
    values = surface.values(grid)
    lowest = np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")[: STARTS.get(len(real), 4)]
    if not len(lowest):
        raise NoMinimiserError("no member of the family is near the target: the search has nowhere to start")
    return grid[lowest]
