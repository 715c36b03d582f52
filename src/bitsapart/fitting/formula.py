"""The closest member of a family to a distribution that is known: the forward projection of a formula.

For an exponential family the expectations of its statistics are all that is needed; the rest is the search of a
sample's fit, with the nodes of quadrature as its rows.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.divergence import entropy, kl_divergence
from bitsapart.families.exponential_family import ExponentialFamily
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.registry import family as family_named
from bitsapart.families.statistic import Deviation, LogPower, Statistic
from bitsapart.fitting.fitted import EXACT, Options, by_score, probe_of, unscaled, with_fixed
from bitsapart.fitting.forward import closed, fenchel
from bitsapart.fitting.gathered import Gathered, Scaling
from bitsapart.fitting.intervals import entries
from bitsapart.fitting.mixture import best
from bitsapart.fitting.nodes import Nodes, nodes_of
from bitsapart.fitting.picture import picture_of_formula
from bitsapart.fitting.result import Certificate, Fit, FittedParameter
from bitsapart.fitting.search import LIMIT, at_edge, maximum
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = Any

TAIL = 1e-4
"""Relative size of the parts of an expectation beyond all but 1e-200 of the mass, above which it is infinite."""


class Projected:
    """A distribution that is projected: its expectations, and its nodes, once they are asked for."""

    def __init__(self, p: Distribution, seed: int, scaling: Scaling | None = None) -> None:
        self.p, self.seed, self.scaling = p, seed, scaling
        self.nodes_: Nodes | None = None

    @property
    def nodes(self) -> Nodes:
        """Its nodes."""
        if self.nodes_ is None:
            self.nodes_ = nodes_of(self.p, self.seed)
        return self.nodes_

    def mean(self, statistic: Statistic) -> float:
        """The expectation of a statistic, infinite or nan included."""
        if self.scaling is not None:
            return self.averaged(statistic)
        with np.errstate(all="ignore"):
            known = self.p.moment(statistic)
        return self.averaged(statistic) if known is None else float(known)

    def averaged(self, function: Callable[[Array], Array]) -> float:
        """The expectation of a function by the nodes; infinite where the far tails rule it."""
        nodes = self.nodes
        with np.errstate(all="ignore"):
            values = nodes.values if self.scaling is None else self.scaling(nodes.values)
            terms = np.asarray(function(values), float)
            parts = np.where(nodes.weights > 0.0, nodes.weights * terms, 0.0)
            total = float(parts.sum())
            if nodes.exact and np.ndim(nodes.values) == 1 and len(parts) > 1:
                share = np.minimum(np.cumsum(nodes.weights), np.cumsum(nodes.weights[::-1])[::-1])
                far = float(np.abs(parts[share < 1e-100]).sum())
                if far > TAIL * float(np.abs(parts).sum()):
                    return math.inf if total > 0.0 else -math.inf
        return total / float(nodes.weights.sum())


def project(family: type[Distribution], p: Distribution, options: Options) -> Fit:
    """The member of the family with the smallest KL(p || member).

    Raises:
        NoMinimiserError: there is none: an expectation is infinite, or members lack a part of the mass.
    """
    target = Projected(p, options.seed)
    if is_member(p, family, options):
        return reported(p, p, EXACT, target, options, exact=True)
    if family.__name__ in BY_FORMULA and not options.fixed:
        member, certificate = BY_FORMULA[family.__name__](target, options)
        return reported(p, member, certificate, target, options, exact=certificate.proved)
    probe = probe_of(family, options.fixed, p.event_shape)
    covered(probe, p, family)
    if closed(family, options.fixed):
        member, certificate = by_moments(probe, target, tuple(options.fixed))
        return reported(p, member, certificate, target, options, exact=target.nodes_ is None)
    member, certificate, notes = by_search(probe, target, tuple(options.fixed))
    return reported(p, member, certificate, target, options, exact=False, notes=notes)


def is_member(p: Distribution, family: type[Distribution], options: Options) -> bool:
    """Whether the target itself is one of those that are looked for."""
    if type(p) is not family:
        return False
    if family.__name__ == "Mixture":
        parts = p.parameters["components"]
        return len(parts) <= options.components and all(type(part).__name__ == "Normal" for part in parts)
    return all(np.array_equal(getattr(p, name), at) for name, at in options.fixed.items())


def covered(probe: Distribution, p: Distribution, family: type[Distribution]) -> None:
    """An error where members lack mass that the target has."""
    if not probe.support.comparable(p.support) or not np.all(probe.support.covers(p.support)):
        raise NoMinimiserError(
            f"no {family.__name__} is closest: the target has its mass on {p.support.words}, every member on "
            f"{probe.support.words}, so that the divergence is infinite"
        )


def scalings(p: Distribution) -> list[Scaling]:
    """Location and scale, and scale alone, that make the target of about unit size."""
    with np.errstate(all="ignore"):
        middle = float(p.quantile(0.5))
        spread = float(p.quantile(0.75) - p.quantile(0.25))
    if not (math.isfinite(middle) and math.isfinite(spread)):
        return []
    found = [Scaling(middle, 2.0 ** round(math.log2(spread)))] if spread > 0.0 else []
    return [*found, Scaling(0.0, 2.0 ** round(math.log2(abs(middle))))] if middle else found


def by_moments(probe: Distribution, target: Projected, fixed: tuple[str, ...]) -> tuple[Distribution, Certificate]:
    """By expectations, of the target at about unit size where both families allow it."""
    scaling, unit, scaled = Scaling(), probe, target
    for trial in [] if target.p.event_shape else scalings(target.p):
        member, other = (
            probe.standardised(trial.location, trial.scale),
            target.p.standardised(trial.location, trial.scale),
        )
        if member is not None and type(member) is type(probe):
            # a target that cannot be moved itself is averaged over moved values
            moved = Projected(target.p, target.seed, trial) if other is None else Projected(other, target.seed)
            scaling, unit, scaled = trial, member, moved
            break
    assert isinstance(unit, ExponentialFamily)  # noqa: S101 - asked before
    statistics = [term.statistic for term in unit.natural()]
    means = [np.float64(scaled.mean(statistic)) for statistic in statistics]
    for mean, statistic in zip(means, statistics, strict=True):
        if not np.isfinite(mean):
            how = "undefined" if np.isnan(mean) else "infinite"
            raise NoMinimiserError(
                f"no {type(unit).__name__} is closest: E {statistic.words} is {how} under the target, so that every "
                "member is infinitely far"
            )
    member = type(unit).from_moments(means, **{name: getattr(unit, name) for name in fixed})
    certificate = fenchel(member, means, fixed) or EXACT
    if scaled.nodes_ is not None:
        target.nodes_ = target.nodes
    return unscaled(member, scaling), certificate


def by_search(
    probe: Distribution, target: Projected, fixed: tuple[str, ...]
) -> tuple[Distribution, Certificate, tuple[str, ...]]:
    """By the largest mean log density over the nodes."""
    data, unit = scaled_rows(target, probe)
    unit = with_fixed(probe, unit, fixed)
    free = Unconstrained(unit, fixed)
    start = free.vector(unit)
    found = maximum(free, start, data.values, data.weights)
    notes = () if not target.nodes.note else (target.nodes.note,)
    if at_edge(free, found, start, data.values, data.weights):
        notes = (*notes, LIMIT)
    member = free.member(found)
    return unscaled(member, data.scaling), by_score(member, data, fixed), notes


def scaled_rows(target: Projected, member: Distribution) -> tuple[Gathered, Distribution]:
    """The nodes as rows at about unit size where the family allows it, and the member for them."""
    for scaling in [] if target.p.event_shape else scalings(target.p):
        unit = member.standardised(scaling.location, scaling.scale)
        if unit is not None and type(unit) is type(member):
            return as_rows(target, scaling), unit
    return as_rows(target, Scaling()), member


def as_rows(target: Projected, scaling: Scaling) -> Gathered:
    """The nodes as weighted rows."""
    nodes = target.nodes
    w = nodes.weights / nodes.weights.sum()
    z = scaling(nodes.values)
    return Gathered(
        scaling, len(z), math.inf, (), nodes.values.min(axis=0), nodes.values.max(axis=0), z, w, 0.0 * w, True
    )


def reported(
    p: Distribution,
    member: Distribution,
    certificate: Certificate,
    target: Projected,
    options: Options,
    exact: bool,
    notes: tuple[str, ...] = (),
) -> Fit:
    """All that is reported of a projection."""
    own = entropy(p).estimate(Unit.bit)
    excess = kl_divergence(p, member).estimate(Unit.bit, least=0.0)
    if math.isinf(excess.value):
        raise NoMinimiserError(
            f"no {type(member).__name__} is closest: every member is infinitely far, by {excess.note}"
        )
    none = Estimate(0.0, 0.0, 0.0, options.level, "exact", "a formula has no sampling error", Unit.bit, 0)
    return Fit(
        family=type(member).__name__,
        direction="forward",
        target=repr(p),
        n=0,
        dimension=math.prod(p.event_shape),
        distribution=member,
        parameters=tuple(known(name, value, exact, options.level) for name, value in entries(member)),
        entropy=own,
        misfit=excess,
        parameter_error=none,
        divergence=excess,
        minima=(),
        certificate=certificate,
        picture=picture_of_formula(p, member, grid_of(p, member)),
        notes=notes,
    )


def known(name: str, value: float, exact: bool, level: float) -> FittedParameter:
    """A parameter that was computed."""
    if exact:
        return FittedParameter(name, Estimate(value, value, value, level, "exact", "moments", None, 0))
    return FittedParameter(name, Estimate(value, None, None, level, "unknown", "quadrature", None, 0))


def grid_of(p: Distribution, member: Distribution) -> Array:
    """Where to draw both."""
    if p.event_shape:
        return np.empty(0)
    u = np.array([0.002, 0.998])
    with np.errstate(all="ignore"):
        ends = np.concatenate([p.quantile(u), member.quantile(u)])
    ends = ends[np.isfinite(ends)]
    if not ends.size or ends.min() == ends.max():
        return np.empty(0)
    if np.all(np.asarray(p.quantile(np.linspace(0.05, 0.95, 7))) % 1.0 == 0.0):
        low, high = math.floor(ends.min()), math.ceil(ends.max())
        return np.arange(low, min(high, low + 400) + 1.0)
    return np.linspace(ends.min(), ends.max(), 241)


def uniform(target: Projected, _options: Options) -> tuple[Distribution, Certificate]:
    """The smallest interval that holds all mass."""
    low, high = ends_of(target.p)
    return family_named("Uniform")(low, high), EXACT


def discrete_uniform(target: Projected, _options: Options) -> tuple[Distribution, Certificate]:
    """The smallest range that holds all mass."""
    low, high = ends_of(target.p)
    return family_named("DiscreteUniform")(low, high), EXACT


def ends_of(p: Distribution) -> tuple[float, float]:
    """The ends of the support, finite."""
    low, high = (float(p.quantile(u)) for u in (0.0, 1.0))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise NoMinimiserError("no uniform distribution is closest: the target has mass out to infinity")
    return low, high


def pareto(target: Projected, _options: Options) -> tuple[Distribution, Certificate]:
    """From where the mass begins."""
    low = float(target.p.quantile(0.0))
    if not low > 0.0:
        raise NoMinimiserError(f"no Pareto distribution is closest: the target has mass down to {low:g}")
    gap = target.mean(LogPower()) - math.log(low)
    if not math.isfinite(gap):
        raise NoMinimiserError("no Pareto distribution is closest: E log x is infinite under the target")
    return family_named("Pareto")(shape=1.0 / gap, scale=low), EXACT


def laplace(target: Projected, _options: Options) -> tuple[Distribution, Certificate]:
    """The median, and the mean distance from it."""
    location = float(target.p.quantile(0.5))
    scale = target.mean(Deviation(location, 1.0))
    if not math.isfinite(scale):
        raise NoMinimiserError("no Laplace distribution is closest: E |x - median| is infinite under the target")
    return family_named("Laplace")(location, scale), EXACT


def multivariate_normal(target: Projected, _options: Options) -> tuple[Distribution, Certificate]:
    """Mean and covariance."""
    p = target.p
    if len(p.event_shape) != 1:
        raise UsageError("MultivariateNormal is a family of vectors, and the target has numbers")
    covariance = getattr(p, "covariance", None)
    if covariance is not None:
        return family_named("MultivariateNormal").from_moments(p.mean, covariance), EXACT
    x = target.nodes.values
    certificate = Certificate("moments of draws", math.inf, False, math.inf, target.nodes.note)
    return family_named("MultivariateNormal").from_moments(x.mean(axis=0), np.cov(x.T, bias=True)), certificate


def dirichlet(target: Projected, _options: Options) -> tuple[Distribution, Certificate]:
    """E log x."""
    known_logs = getattr(target.p, "mean_logarithm", None)
    if known_logs is not None:
        return family_named("Dirichlet").from_moments(known_logs), EXACT
    certificate = Certificate("moments of draws", math.inf, False, math.inf, target.nodes.note)
    return family_named("Dirichlet").from_moments(np.log(target.nodes.values).mean(axis=0)), certificate


def categorical(target: Projected, _options: Options) -> tuple[Distribution, Certificate]:
    """The probabilities of 0, 1, ..."""
    low, high = ends_of(target.p)
    if low < 0.0:
        raise NoMinimiserError(f"no Categorical is closest: the target has mass at {low:g}")
    return family_named("Categorical")(np.exp(target.p.log_density(np.arange(high + 1.0)))), EXACT


def mixture(target: Projected, options: Options) -> tuple[Distribution, Certificate]:
    """Expectation maximisation over the nodes."""
    if target.p.event_shape:
        raise UsageError("a mixture of normals is a family of numbers, and the target has vectors")
    data = as_rows(target, scalings(target.p)[0])
    found = best(data.values, data.weights, options.components, options.seed)
    location, scale = data.scaling
    in_x = replace(found, means=found.means * scale + location, sds=found.sds * scale)
    return in_x.distribution(), Certificate("search", math.nan, False, math.nan, "the best of several starts")


BY_FORMULA: dict[str, Callable[[Projected, Options], tuple[Distribution, Certificate]]] = {
    "Categorical": categorical,
    "Dirichlet": dirichlet,
    "DiscreteUniform": discrete_uniform,
    "Laplace": laplace,
    "Mixture": mixture,
    "MultivariateNormal": multivariate_normal,
    "Pareto": pareto,
    "Uniform": uniform,
}
"""By the name of the family, where no parameter is held fixed."""
