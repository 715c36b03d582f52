"""Reverse fits: the member Q of a family with the least KL(Q || P), and how that is known.

    KL(Q || P) = -H(Q) - E_Q log p + log Z        log p known up to the constant log Z

In one or two dimensions on quadrature, with all stationary points that a search finds; for posteriors of generalised
linear models by one-dimensional integrals, with a proof; else on draws that stay fixed.
"""

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from bitsapart.families.continuous.normal import Normal
from bitsapart.families.distribution import Distribution
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.support import Entries, Interval, Support
from bitsapart.fitting.answers import Reversed, bits
from bitsapart.fitting.family_names import family_of
from bitsapart.fitting.few_dimensions import closest_in_plane, closest_normal
from bitsapart.fitting.generalized_linear_posterior import GeneralizedLinearPosterior
from bitsapart.fitting.image import CHARTS, charted, mapped
from bitsapart.fitting.linear_model_fit import closest_to_posterior
from bitsapart.fitting.log_density import LogDensity, log_density_of
from bitsapart.fitting.one_dimension import closest_member, example_of
from bitsapart.fitting.picture import POINTS, TAIL, heights_of, picture_of_formula
from bitsapart.fitting.result import Certificate, Fit, Picture
from bitsapart.fitting.sampled import closest_sampled
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Structure = Literal["full", "low-rank", "mean-field"]
STRUCTURES = ("full", "low-rank", "mean-field")


def reverse_fit(
    target: Any,
    family: Any = "normal",
    *,
    dimension: int | None = None,
    gradient: Any = None,
    start: Any = None,
    structure: Structure = "full",
    level: float = 0.95,
    seed: int = 0,
) -> Fit:
    """The member of a family that is closest to a target in KL(Q || P), in bits.

    Args:
        target: a distribution, a ``GeneralizedLinearPosterior``, or a log density that need not be normalised: a
            function of points (n, d) that gives (n,), of NumPy, torch or JAX arrays, or of single points.
        family: a family or its name; in several dimensions, the multivariate normal.
        dimension: of a function's points.
        gradient: of a function, points (n, d) to (n, d); else torch or JAX differentiate, or finite differences do.
        start: a point (d,) near the mass of a log density; 0 by default.
        structure: of the covariance: "full", "mean-field" (diagonal) or "low-rank" (a diagonal plus a few directions).
        level: of the intervals that are not bounds.
        seed: of the draws, where there are any.

    Raises:
        UsageError: the target is improper, is nan somewhere, or cannot be called; an option does not exist.
        NoMinimiserError: every member is infinitely far.

    >>> import bitsapart as ba
    >>> fit = reverse_fit(lambda x: -x**4, "normal", dimension=1)
    >>> print(fit.divergence)
    0.0680... bits
    """
    if structure not in STRUCTURES:
        raise UsageError(f"structure should be one of {', '.join(STRUCTURES)}; got {structure!r}")
    member = family_of(family)
    if isinstance(target, GeneralizedLinearPosterior):
        _check_normal(member, target.dimension)
        found = closest_to_posterior(target, mean_field=structure == "mean-field", level=level, seed=seed)
        return found.fit(repr(target), target.dimension, level)
    chart = CHARTS.get(member)
    if chart is not None and type(target) is not member:
        fit = reverse_fit(charted(target, chart), Normal, dimension=1, level=level, seed=seed)
        words = repr(target) if isinstance(target, Distribution) else "a log density in 1 dimension"
        return mapped(fit, member, chart, words)
    given = dimension if dimension is not None else _dimension_of(member, start)
    density = log_density_of(target, dimension=given, gradient=gradient, probes=_probes(member, given))
    found = _found(density, member, start, structure, level, seed)
    fit = found.fit(density.words, density.dimension, level)
    return fit if density.dimension > 1 else replace(fit, picture=_drawn(fit, density))


def _drawn(fit: Fit, density: LogDensity) -> Picture:
    """The densities of target and fit, of one dimension, where both have nearly all of their mass."""
    known = [fit.distribution, *([] if density.law is None else [density.law])]
    ends = np.array([[one.quantile(TAIL), one.upper_quantile(TAIL)] for one in known], float).reshape(len(known), 2)
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    if not np.isfinite(high - low):
        return Picture()
    grid = np.linspace(low, high, POINTS)
    if density.law is not None:
        return picture_of_formula(density.law, fit.distribution, grid)
    normaliser = fit.diagnostics.get("log_normaliser")
    with np.errstate(all="ignore"):
        logs = density.function(grid[:, np.newaxis]) - (
            0.0 if normaliser is None else normaliser.value * Unit.bit.value
        )
    target = () if normaliser is None else tuple(np.exp(logs).tolist())
    return Picture(tuple(grid.tolist()), target, heights_of(fit.distribution, grid))


def _dimension_of(family: type[Distribution], start: Any) -> int | None:
    """The dimension that a start or a family of numbers tells; None if none does."""
    if start is not None:
        return int(np.size(start))
    return None if family is MultivariateNormal else 1


def _probes(family: type[Distribution], dimension: int | None) -> Any:
    """Points of the support of a family that is not on all real numbers."""
    if dimension != 1 or family in (Normal, MultivariateNormal):
        return None
    return np.asarray(example_of(family).sample(4, seed=0))[:, np.newaxis]


def _found(
    density: LogDensity, family: type[Distribution], start: Any, structure: str, level: float, seed: int
) -> Reversed:
    law, d = density.law, density.dimension
    if law is not None and type(law) is family and structure == "full":
        proof = Certificate("the target is a member of the family", 0.0, True, 0.0)
        return Reversed(law, bits(0.0, 0.0, level, "exact", "closed form"), proof, dict.fromkeys(law.parameters, 0.0))
    if d > 1 or family is MultivariateNormal:
        _check_normal(family, d)
    real: Support = Entries((Interval(),) * d) if law is not None and law.event_shape else Interval()
    normal = family in (Normal, MultivariateNormal)
    if law is not None:
        _check_covered(law, family, real if normal else example_of(family).support)
    if d == 1 and family is Normal:
        return closest_normal(density, start=start, level=level)
    if d == 1 and not normal:
        return closest_member(density, family, start=start, level=level)
    if d == 2 and structure != "low-rank":
        return closest_in_plane(density, start=start, mean_field=structure == "mean-field", level=level, seed=seed)
    return closest_sampled(density, start=start, structure=structure, level=level, seed=seed)


def _check_normal(family: type[Distribution], dimension: int) -> None:
    """That the family is a normal one; ``Normal`` stands for the multivariate one in several dimensions."""
    if family not in (Normal, MultivariateNormal):
        raise UsageError(f"in {dimension} dimensions a reverse fit is to normal distributions; got {family.__name__}")


def _check_covered(law: Distribution, family: type[Distribution], own: Support) -> None:
    """That members can be at a finite divergence."""
    if not own.comparable(law.support):
        raise UsageError(
            f"a {family.__name__} has a density and the target has none that compares: it is on {law.support.words}"
        )
    if not np.all(law.support.covers(own)):
        raise NoMinimiserError(
            f"every {family.__name__} is infinitely far from the target in reverse KL: it gives mass to what lies "
            f"outside {law.support.words}; fit a family with the target's support"
        )
