"""The closest member of a family in forward KL, KL(P || Q): the maximum of the likelihood, the projection by moments.

For an exponential family the mean loss A(theta) - theta . E T is convex, and its minimum has E_Q T = E_P T. Fenchel's
gap A(theta) + A*(E T) - theta . E T, which is KL(Q* || Q), bounds how far a computed member is from it: with
r = E_P T - E_Q T and the Fisher information I, gap <= r' I^-1 r while that is below 0.4 (Boyd & Vandenberghe 2004,
9.6.3).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.exponential_family import ExponentialFamily
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.registry import CONTINUOUS, DISCRETE
from bitsapart.families.statistic import Constant, LogPower, Power, Statistic
from bitsapart.families.support import Interval
from bitsapart.fitting.direct import DIRECT
from bitsapart.fitting.fitted import (
    Fitted,
    Options,
    by_score,
    counted,
    few_rows,
    mean_loss,
    probe_of,
    scaled,
)
from bitsapart.fitting.gathered import gather
from bitsapart.fitting.result import Certificate
from bitsapart.fitting.search import LIMIT, at_edge, maximum
from bitsapart.fitting.slopes import FIRST, steps
from bitsapart.fitting.target import Sample
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Array = Any
NEAR = 0.4


def fitted(family: type[Distribution], sample: Sample, options: Options) -> Fitted:
    """The member of a family that is closest to a sample.

    Raises:
        UsageError: the family cannot have such values, or needs parameters held fixed.
        NoMinimiserError: no member is closest.
    """
    fixed, seed = options.fixed, options.seed
    name = family.__name__
    if name in UNFITTED:
        raise UsageError(f"{name} cannot be fitted to a sample: {UNFITTED[name]}")
    if name in NUMBERS and sample.event:
        raise UsageError(f"{name} is a family of numbers, and the target has values of shape {sample.event}")
    if fixed and set(fixed) == set(family.domains):
        raise UsageError(
            f"every parameter of {name} is held fixed, and nothing is left to fit: leave one out of fixed="
        )
    if name in DIRECT and not fixed:
        return DIRECT[name](sample, options)
    if name in FREE:
        raise UsageError(f"{name} is fitted with all of its parameters: leave out fixed=")
    probe = probe_of(family, fixed, sample.event)
    discrete = not isinstance(probe.support, Interval) and not sample.event
    if discrete and sample.weighting != "weights":
        sample = counted(sample, probe.support, family.__name__)
    if closed(family, fixed):
        return by_moments(probe, sample, tuple(fixed), discrete, seed)
    return by_search(probe, sample, tuple(fixed), discrete, seed)


UNFITTED = {
    "MatrixNormal": "its covariances of rows and columns are known up to a factor only, and are not searched",
    "NormalInverseWishart": "give the vectors and the matrices to MultivariateNormal and InverseWishart",
}
"""Families without a fit, and why."""
NUMBERS = {*CONTINUOUS, *DISCRETE} - {"Multinomial"}
FREE = {"DiscreteUniform", "Mixture", "Uniform"}
"""Families of which no parameter can be held."""
NARROW = 1e-6
"""Spread beside the size of the values below which shapes of positive families cannot be told from rounding."""
SHAPED = {"Frechet", "Gamma", "InverseGamma", "InverseGaussian", "Nakagami", "Weibull"}


def refuse_narrow(name: str, values: Array) -> None:
    """Say so where values vary so little for their size that a shape would be made of rounding."""
    middle, spread = float(np.mean(values)), float(np.std(values))
    if name in SHAPED and 0.0 < spread < NARROW * abs(middle):
        raise NoMinimiserError(
            f"the shape of a {name} distribution cannot be told: the values vary by {spread / middle:.1g} of their "
            "size, where it is near its limit; subtract an offset, or fit a normal or Gumbel distribution"
        )


def closed(family: type[Distribution], fixed: dict[str, Any]) -> bool:
    """Whether it is an exponential family in the parameters that are free."""
    return issubclass(family, ExponentialFamily) and set(family.fixed) == set(fixed)


def by_moments(probe: Distribution, sample: Sample, fixed: tuple[str, ...], discrete: bool, seed: int) -> Fitted:
    """By the expectations of the sufficient statistics."""
    assert isinstance(probe, ExponentialFamily)  # noqa: S101 - asked before
    scaling, unit = scaled(probe, sample, fixed)
    assert isinstance(unit, ExponentialFamily)  # noqa: S101 - of the same type
    own = [term.statistic for term in unit.natural()]
    base = [term for term in unit.log_base() if not isinstance(term.statistic, Constant)]
    wanted = [quick(statistic) for statistic in (*own, *(term.statistic for term in base))]
    data = gather(sample, wanted, scaling, probe.support, type(probe).__name__, seed)
    few_rows(data, len(own), type(probe).__name__)
    refuse_narrow(type(probe).__name__, data.values)
    given = {name: getattr(unit, name) for name in fixed}
    means = [np.float64(mean) for mean in data.means[: len(own)]]
    member = type(unit).from_moments(means, **given)
    if data.all_kept:
        loss = mean_loss(member, data)
    else:
        natural = sum(term.coefficient * mean for term, mean in zip(member.natural(), means, strict=True))
        constant = sum(term.coefficient for term in member.log_base() if isinstance(term.statistic, Constant))
        rest = sum(term.coefficient * mean for term, mean in zip(base, data.means[len(own) :], strict=True))
        loss = float(member.log_partition() - natural - constant - rest)
    certificate = fenchel(member, means, fixed) or by_score(member, data, fixed, proved=True)
    return Fitted(member, data, fixed, loss, certificate, discrete)


def by_search(probe: Distribution, sample: Sample, fixed: tuple[str, ...], discrete: bool, seed: int) -> Fitted:
    """By the largest likelihood that a search finds."""
    scaling, unit = scaled(probe, sample, fixed)
    data = gather(sample, [], scaling, probe.support, type(probe).__name__, seed)
    free = Unconstrained(unit, fixed)
    few_rows(data, free.size, type(probe).__name__)
    refuse_narrow(type(probe).__name__, data.values)
    if not discrete and free.size > 1 and np.all(data.low == data.high):
        raise NoMinimiserError(
            f"no {type(probe).__name__} is closest: the values do not vary, and it could be ever narrower"
        )
    start = free.vector(unit)
    found = maximum(free, start, data.values, data.weights)
    notes: tuple[str, ...] = ()
    if not data.all_kept:
        notes = (f"fitted to {len(data.values):,} rows drawn at random from the {data.n:,}",)
    edge = at_edge(free, found, start, data.values, data.weights)
    if edge:
        notes = (*notes, LIMIT)
    member = free.member(found)
    loss = mean_loss(member, data)
    return Fitted(member, data, fixed, loss, by_score(member, data, fixed), discrete, notes, at_edge=edge)


def quick(statistic: Statistic) -> Callable[[Array], Array]:
    """The same function, without a general power where there is none."""
    if isinstance(statistic, Power) and np.ndim(statistic.k) == 0 and statistic.k in (1.0, 2.0):
        return (lambda x: x) if statistic.k == 1.0 else np.square
    if isinstance(statistic, LogPower) and np.ndim(statistic.k) == 0 and statistic.k == 1.0:
        return np.log
    return statistic


def fenchel(member: ExponentialFamily, means: Sequence[Array], fixed: tuple[str, ...]) -> Certificate | None:
    """The certificate of convexity, if the family knows its own expectations; in bits."""
    free = Unconstrained(member, fixed)
    try:
        vector = free.vector(member)
    except UsageError:
        return None
    if not np.isfinite(vector).all():
        return Certificate("on the boundary of the family", 0.0, True, 0.0)
    step = steps(vector, FIRST)
    points = np.concatenate([vector[np.newaxis], vector + np.diag(step), vector - np.diag(step)])
    members = free.member(points)
    assert isinstance(members, ExponentialFamily)  # noqa: S101 - of one class
    terms = members.natural()
    expected: list[Any] = [members.moment(term.statistic) for term in terms]
    if any(found is None for found in expected):
        return None
    eta = np.stack([np.broadcast_to(found, len(points)) for found in expected])
    theta = np.stack([np.broadcast_to(term.coefficient, len(points)) for term in terms])
    k = len(vector)
    slope_eta, slope_theta = ((part[:, 1 : k + 1] - part[:, k + 1 :]) / (2.0 * step) for part in (eta, theta))
    r = np.array(means) - eta[:, 0]
    move = slope_theta @ np.linalg.lstsq(slope_eta, r, rcond=None)[0]
    squared = max(float(r @ move), 0.0)
    return Certificate("Fenchel gap", squared / Unit.bit.value, squared < NEAR, float(np.sqrt(squared)))
