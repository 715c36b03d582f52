"""What a fit to a sample consists of before it is reported, and what all ways of fitting share."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.parameter import DIRECTION, POSITIVE_DEFINITE, SIMPLEX, Domain
from bitsapart.families.support import Support
from bitsapart.fitting.gathered import Gathered, Scaling, check, first_scaling
from bitsapart.fitting.result import Certificate
from bitsapart.fitting.slopes import sandwich
from bitsapart.fitting.target import Sample, in_memory
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Array = Any

EXACT = Certificate("formula", 0.0, True, 0.0)


@dataclass(frozen=True, eq=False)
class Options:
    """How a sample is fitted."""

    fixed: dict[str, Any]
    level: float = 0.95
    seed: int = 0
    components: int = 2
    """Of a mixture."""


class Named(NamedTuple):
    """A number that the parameters hold, for values as they were given, and its standard error."""

    name: str
    value: float
    error: float
    link: Domain


@dataclass(frozen=True, eq=False)
class Spread:
    """How far the fitted member may be from the closest one, in nats, where the family has formulas of its own."""

    error: float
    error_variance: float
    entries: Array | tuple[Named, ...]
    """Standard errors of the numbers that the parameters hold, for values as they were given."""
    parameters: int


@dataclass(frozen=True, eq=False)
class Fitted:
    """A member of a family fitted to a sample, in scaled values z, and what it was fitted to."""

    member: Distribution
    data: Gathered
    fixed: tuple[str, ...]
    mean_loss: float
    """-E log q(z), over all rows."""
    certificate: Certificate
    discrete: bool
    notes: tuple[str, ...] = ()
    spread: Spread | None = None
    """Where it is not to be had from scores."""
    ends: dict[str, tuple[float, float]] | None = None
    """Intervals of parameters that are extremes of the sample; the parameter error is then infinite."""
    optimism: float = 0.0
    """How much too low the mean loss is for the closest member, in nats, where extremes were fitted."""
    at_edge: bool = False
    whole: Distribution | None = None
    """The member for values as they were given, where it is known."""

    def in_x(self, member: Distribution | None = None) -> Distribution:
        """The member for values as they were given."""
        if member is None and self.whole is not None:
            return self.whole
        return unscaled(self.member if member is None else member, self.data.scaling)


def probe_of(family: type[Distribution], fixed: dict[str, Any], event: tuple[int, ...]) -> Distribution:
    """A member in the middle of the family, with what is fixed, for values of that shape."""
    wrong = sorted(set(fixed) - set(family.domains))
    if wrong:
        raise UsageError(
            f"{family.__name__} has no parameter {wrong[0]!r} to hold fixed; it has {', '.join(family.domains)}"
        )
    given = dict(fixed)
    for name, domain in family.domains.items():
        if name not in given:
            given[name] = middle(family.__name__, name, domain, event)
    member = family(**{name: given[name] for name in family.domains})
    if member.event_shape != event:
        raise UsageError(
            f"{family.__name__} is a family of {kind(member.event_shape)}, and the target has {kind(event)}"
        )
    return member


def kind(event: tuple[int, ...]) -> str:
    """What values of a shape are called."""
    return f"values of shape {event}" if event else "numbers"


def middle(family: str, name: str, domain: Domain, event: tuple[int, ...]) -> Any:
    """A value of a parameter in the middle of its domain."""
    if domain.event and not event:
        raise UsageError(f"{family} is a family of vectors, and the target has numbers")
    if domain is POSITIVE_DEFINITE:
        return np.eye(event[0])
    if domain is SIMPLEX:
        return np.full(event[0], 1.0 / event[0])
    if domain is DIRECTION:
        return np.eye(event[0])[0]
    if domain.event == 1:
        return np.zeros(event) if domain.from_real is None else domain.from_real(np.zeros(event))
    if name == "df" and len(event) == 2:
        return event[0] + 1.0
    if domain.from_real is None:
        raise UsageError(f"{family} cannot be fitted with {name} free: hold it, as in fixed={{{name!r}: ...}}")
    return float(domain.from_real(np.float64(0.0)))


def scaled(probe: Distribution, sample: Sample, fixed: tuple[str, ...]) -> tuple[Scaling, Distribution]:
    """The scaling of values under which the family stays itself, and the probe for scaled values."""
    first = first_scaling(sample)
    size = np.abs(next(iter(sample.read())).values).mean(axis=0)
    usable = np.all(np.isfinite(size) & (size > 0.0))
    for scaling in (first, Scaling(0.0, size if usable else 1.0)):
        try:
            unit = probe.standardised(scaling.location, scaling.scale)
        except UsageError:
            continue
        if type(unit) is type(probe):
            return scaling, with_fixed(probe, unit, fixed)
    return Scaling(), probe


def with_fixed(probe: Distribution, unit: Distribution, fixed: tuple[str, ...]) -> Distribution:
    """The probe with the fixed parameters of another member: the middle of what can be, for scaled values."""
    given = {name: getattr(unit if name in fixed else probe, name) for name in probe.domains}
    return type(probe)(**given)


def unscaled(member: Distribution, scaling: Scaling) -> Distribution:
    """The distribution of x of a member for z."""
    if scaling.is_identity:
        return member
    found = member.standardised(-scaling.location / scaling.scale, 1.0 / scaling.scale)
    assert found is not None  # noqa: S101 - the way there was possible
    return found


def counted(sample: Sample, support: Support, family: str) -> Sample:
    """The distinct values of a sample, and how often each occurs; checked while they have their rows."""
    held: dict[float, float] = {}
    gatherable = sample if sample.weighting == "counts" else checked_rows(sample, support, family)
    for block in gatherable.read():
        values, inverse = np.unique(block.values, return_inverse=True)
        counts = np.bincount(inverse.reshape(-1), block.weights, minlength=len(values))
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            held[value] = held.get(value, 0.0) + count
    order = sorted(value for value, count in held.items() if count > 0.0)
    if not order:
        raise UsageError("all counts are 0: there is nothing to fit to")
    counts = np.array([held[value] for value in order])
    return in_memory(np.array(order), counts, "counts", sample.words, sample.notes)


def checked_rows(sample: Sample, support: Support, family: str) -> Sample:
    """The same, after a look at every row."""
    for block in sample.read():
        check(block, block.values.min(axis=0), block.values.max(axis=0), support, family)
    return sample


def few_rows(data: Gathered, parameters: int, family: str) -> None:
    """As many rows as parameters, at least."""
    if data.n < parameters:
        raise UsageError(
            f"{family} has {parameters} free parameters, and the target {data.n} row{'s' * (data.n != 1)}: there "
            "should be as many rows at least"
        )


def mean_loss(member: Distribution, data: Gathered) -> float:
    """-E log q over the rows that were kept."""
    with np.errstate(all="ignore"):
        found = member.log_density(data.values)
    there = data.weights > 0.0
    return float(-(data.weights[there] @ found[there]))


def by_score(member: Distribution, data: Gathered, fixed: tuple[str, ...], proved: bool = False) -> Certificate:
    """The certificate of a search: the mean score, which vanishes at a maximum of the likelihood."""
    residual = sandwich(Unconstrained(member, fixed), member, data).residual
    gap = residual**2 / 2.0 / Unit.bit.value
    note = "" if proved else "the best that a search from several starts found"
    return Certificate("Fenchel gap" if proved else "search", gap, proved, residual, note)
