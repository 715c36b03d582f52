"""The parts of a reverse fit that all its methods give, turned from nats into a Fit in bits."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.divergence import entropy
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.fitting.result import Certificate, Fit, FittedParameter, Minimum
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

Array = Any


@dataclass(frozen=True)
class Reversed:
    """What a method of reverse fits found: the closest member, KL(Q || P) in bits, and how sure that is."""

    distribution: Distribution
    divergence: Estimate
    certificate: Certificate
    parameter_errors: dict[str, Array]
    """By parameter, how far its entries may be off; empty where that is not known."""
    minima: tuple[Minimum, ...] = ()
    suboptimality: Estimate | None = None
    """KL(Q || P) above that of the closest member; None where it is 0 up to rounding."""
    diagnostics: dict[str, Estimate] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def fit(self, target: str, dimension: int, level: float) -> Fit:
        """The same as a Fit."""
        return Fit(
            family=type(self.distribution).__name__,
            direction="reverse",
            target=target,
            n=0,
            dimension=dimension,
            distribution=self.distribution,
            parameters=parameters_of(self.distribution, self.parameter_errors, level),
            entropy=entropy(self.distribution).estimate(Unit.bit),
            misfit=self.divergence,
            parameter_error=self.suboptimality or bits(0.0, 0.0, level, "exact", self.divergence.method),
            divergence=self.divergence,
            minima=self.minima or (Minimum(self.distribution, self.divergence, "minimum", True),),
            certificate=self.certificate,
            diagnostics=self.diagnostics,
            notes=self.notes,
        )


def member_of(mean: Array, factor: Array) -> Distribution:
    """A normal distribution of vectors."""
    covariance = factor @ factor.T
    return MultivariateNormal(mean, 0.5 * (covariance + covariance.T))


def bits(
    nats: float,
    error: float,
    level: float,
    kind: Kind,
    method: str,
    *,
    n: int = 0,
    note: str = "",
    least: float = -np.inf,
) -> Estimate:
    """Nats with a symmetric error as an Estimate in bits, whose interval does not reach below ``least``, in nats."""
    low, high = (max(nats - error, least), nats + error) if kind != "unknown" else (None, None)
    found = Estimate(nats, low, high, level, kind, method, Unit.nat, n, note)
    return found.to(Unit.bit)


def number(value: float, level: float, method: str, *, n: int = 0, note: str = "", kind: Kind = "exact") -> Estimate:
    """A number without a unit."""
    end = None if kind == "unknown" else value
    return Estimate(value, end, end, level, kind, method, None, n, note)


def parameters_of(member: Distribution, errors: dict[str, Array], level: float) -> tuple[FittedParameter, ...]:
    """The parameters of a member, entry by entry."""
    found = []
    for name, value in member.parameters.items():
        array = np.asarray(value, float)
        error = np.broadcast_to(errors[name], array.shape) if name in errors else None
        for place in np.ndindex(array.shape):
            label = f"{name}[{', '.join(map(str, place))}]" if place else name
            entry = float(array[place])
            if error is None:
                found.append(FittedParameter(label, number(entry, level, "reverse fit", kind="unknown")))
                continue
            off = float(error[place])
            bound = Estimate(entry, entry - off, entry + off, level, "bound", "reverse fit", None, 0)
            found.append(FittedParameter(label, bound))
    return tuple(found)
