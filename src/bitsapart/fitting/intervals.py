"""Intervals of fitted parameters, which stay inside the domains, by the delta method from the sandwich."""

from typing import Any

import numpy as np

from bitsapart.families import parameter as domains
from bitsapart.families.distribution import Distribution
from bitsapart.families.parameter import Domain
from bitsapart.fitting.fitted import Fitted, Named
from bitsapart.fitting.result import FittedParameter
from bitsapart.fitting.slopes import Sandwich, steps
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.estimate import Estimate

Array = Any

METHOD = "maximum likelihood + sandwich"
STEP = 0.01
"""Of the unconstrained parameters: so wide that a scale which is small beside the location still shows."""


def entries(member: Distribution) -> list[tuple[str, float]]:
    """Every number that a member's parameters hold, by its name."""
    found = []
    for name, value in member.parameters.items():
        if isinstance(value, list | tuple):
            inner = [(f"{name}[{i}].{own}", number) for i, part in enumerate(value) for own, number in entries(part)]
            found.extend(inner)
            continue
        array = np.asarray(value, float)
        for index in np.ndindex(array.shape):
            place = f"[{', '.join(map(str, index))}]" if index else ""
            found.append((name + place, float(array[index])))
    return found


def numbers(member: Distribution) -> Array:
    """The same numbers of a batch, (..., entries)."""
    batch = member.batch_shape
    parts = [
        np.broadcast_to(value, (*batch, *np.shape(value)[np.ndim(value) - member.domains[name].event :])).reshape(
            *batch, -1
        )
        for name, value in member.parameters.items()
    ]
    return np.concatenate(parts, axis=-1)


def with_intervals(fit: Fitted, spread: Sandwich, level: float) -> tuple[FittedParameter, ...]:
    """Parameters of a sample's fit, of values as they were given."""
    if fit.ends is not None:
        return by_extremes(fit, level)
    numbers_of = named_by_family(fit) if fit.spread is not None else named_by_scores(fit, spread)
    taken = len(spread.covariance) if fit.spread is None else fit.spread.parameters
    reach = quantile(level, fit.data.effective_n - taken)
    return tuple(FittedParameter(each.name, interval(fit, each, reach, level)) for each in numbers_of)


def interval(fit: Fitted, each: Named, reach: float, level: float) -> Estimate:
    """One number with its interval."""
    n, value = fit.data.n, each.value
    if each.name.split("[")[0] in fit.fixed:
        return Estimate(value, value, value, level, "exact", "held fixed", None, n)
    low, high = ends_of(value, each.error, reach, each.link)
    if fit.at_edge or not (np.isfinite(low) and np.isfinite(high)):
        words = "no interval: the fit lies on the boundary of the family"
        return Estimate(value, None, None, level, "unknown", METHOD, None, n, words)
    return Estimate(value, low, high, level, "confidence", METHOD, None, n)


def by_extremes(fit: Fitted, level: float) -> tuple[FittedParameter, ...]:
    """Parameters whose intervals are known."""
    found = []
    for name, value in entries(fit.in_x()):
        low, high = (fit.ends or {})[name]
        estimate = Estimate(value, low, high, level, "confidence", "law of the extremes", None, fit.data.n)
        found.append(FittedParameter(name, estimate))
    return tuple(found)


def named_by_family(fit: Fitted) -> tuple[Named, ...]:
    """Numbers with the errors that the family's own formulas gave."""
    assert fit.spread is not None  # noqa: S101 - asked before
    if isinstance(fit.spread.entries, tuple):
        return fit.spread.entries
    member = fit.in_x()
    links = links_of(member)
    return tuple(
        Named(name, value, float(error), link)
        for (name, value), error, link in zip(entries(member), fit.spread.entries, links, strict=True)
    )


def named_by_scores(fit: Fitted, spread: Sandwich) -> tuple[Named, ...]:
    """Numbers with errors from the unconstrained parameters, by the delta method."""
    free = Unconstrained(fit.member, fit.fixed)
    vector = free.vector(fit.member)
    values, links = entries(fit.in_x()), links_of(fit.in_x())
    if not np.isfinite(vector).all():
        return tuple(Named(name, value, np.nan, link) for (name, value), link in zip(values, links, strict=True))
    slope = np.zeros((0, len(values)))
    if vector.size:
        step = steps(vector, STEP)
        ends = np.concatenate([vector + np.diag(step), vector - np.diag(step)])
        moved = numbers(fit.in_x(free.member(ends)))
        slope = (moved[: len(step)] - moved[len(step) :]) / (2.0 * step[:, np.newaxis])
    error = np.sqrt(np.maximum(np.einsum("ij,ik,kj->j", slope, spread.covariance, slope), 0.0))
    return tuple(
        Named(name, value, float(size), link) for (name, value), size, link in zip(values, error, links, strict=True)
    )


def ends_of(value: float, error: float, reach: float, link: Domain) -> tuple[float, float]:
    """Value +- reach error where the link is straight."""
    assert link.to_real is not None  # noqa: S101 - of the links below
    assert link.from_real is not None  # noqa: S101
    with np.errstate(all="ignore"):
        at = float(link.to_real(np.float64(value)))
        width = 1e-6 * max(abs(value), 1e-300)
        slope = float(link.to_real(np.float64(value + width)) - link.to_real(np.float64(value - width))) / (2.0 * width)
        ends = [float(link.from_real(np.float64(at + sign * reach * slope * error))) for sign in (-1.0, 1.0)]
    return min(ends[0], value), max(ends[1], value)


def links_of(member: Distribution) -> list[Domain]:
    """For every number of the parameters, the domain whose map makes its interval."""
    found: list[Domain] = []
    for name, value in member.parameters.items():
        domain, shape = member.domains[name], np.shape(value)
        if domain is domains.POSITIVE_DEFINITE:
            found += [domains.POSITIVE if i == j else domains.REAL for i, j in np.ndindex(shape)]
        elif domain is domains.SIMPLEX:
            found += [domains.PROBABILITY] * int(np.prod(shape))
        elif domain is domains.POSITIVE_VECTOR:
            found += [domains.POSITIVE] * int(np.prod(shape))
        elif domain.to_real is None or domain.event:
            found += [domains.REAL] * int(np.prod(shape))
        else:
            found.append(domain)
    return found


def quantile(level: float, freedom: float) -> float:
    """Of Student's t, two-sided."""
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1.0), 0.5 + level / 2.0))
