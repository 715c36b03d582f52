"""Reverse fits of families that are images of the normal one: KL does not change under the map."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bitsapart.families.adapters.adapt import adapt
from bitsapart.families.built.transformed import Transformed
from bitsapart.families.continuous.log_normal import LogNormal
from bitsapart.families.continuous.logit_normal import LogitNormal
from bitsapart.families.distribution import Distribution
from bitsapart.families.divergence import entropy
from bitsapart.fitting.result import Fit
from bitsapart.measures.formulas import is_formula
from bitsapart.values.unit import Unit

Array = Any


@dataclass(frozen=True)
class Chart:
    """Values of a family as real numbers z: the map's name, its inverse, and log |dx / dz|."""

    name: str
    back: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]


def _expit(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-z))


CHARTS: dict[type[Distribution], Chart] = {
    LogNormal: Chart("log", np.exp, lambda z: z),
    LogitNormal: Chart("logit", _expit, lambda z: -np.logaddexp(0.0, z) - np.logaddexp(0.0, -z)),
}


def charted(target: Any, chart: Chart) -> Any:
    """The target as it is in z."""
    if is_formula(target):
        return Transformed(adapt(target), chart.name)

    def at(z: Array) -> Array:
        with np.errstate(all="ignore"):
            x, slope = chart.back(z), np.reshape(chart.log_slope(z), np.shape(z)[:1])
            # beyond the numbers of x, nothing is left of a density
            kept = (np.isfinite(x) & (x > 0.0)).reshape(slope.shape) & (slope > -700.0)
            safe = np.where(kept.reshape(np.shape(kept) + (1,) * (np.ndim(z) - 1)), x, chart.back(np.zeros(())))
            return np.where(kept, np.asarray(target(safe)).reshape(slope.shape) + slope, -np.inf)

    return at


def mapped(fit: Fit, family: Any, chart: Chart, target: str) -> Fit:
    """The fit of a normal distribution in z as that of the family, of whose parameters the order is the same."""
    member = family(fit.distribution.mean, fit.distribution.sd)  # type: ignore[attr-defined]
    minima = tuple(
        replace(found, distribution=family(found.distribution.mean, found.distribution.sd))  # type: ignore[attr-defined]
        for found in fit.minima
    )
    named = zip(fit.parameters, family.domains, strict=True)
    z = np.asarray(fit.picture.x)
    thin = np.exp(-chart.log_slope(z)) if z.size else z
    drawn = replace(
        fit.picture,
        x=tuple(chart.back(z).tolist()),
        target=tuple((np.asarray(fit.picture.target) * thin).tolist()) if fit.picture.target else (),
        fitted=tuple((np.asarray(fit.picture.fitted) * thin).tolist()),
    )
    return replace(
        fit,
        family=family.__name__,
        target=target,
        distribution=member,
        entropy=replace(entropy(member).estimate(Unit.bit), level=fit.divergence.level),
        minima=minima,
        parameters=tuple(replace(parameter, name=name) for parameter, name in named),
        picture=drawn,
    )
