"""The whole account of two distributions: cross-entropy = entropy + divergence."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bitsapart.measures.door import unit_of
from bitsapart.measures.entropy import entropy
from bitsapart.measures.formulas import takes_distributions
from bitsapart.measures.jensen_shannon import js_divergence
from bitsapart.measures.kl_divergence import kl_divergence
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit


@dataclass(frozen=True, eq=False)
class Relation:
    """How P, the truth, and Q, what is acted on, relate: numbers, or arrays of the batch, in the unit.

    Of distributions that are formulas, each is an Estimate, or the Estimates of a batch.

    Cross-entropy is derived, so that the identity holds in every digit.
    """

    entropy: Any
    divergence: Any
    reverse_divergence: Any
    js_divergence: Any
    unit: Unit

    @property
    def cross_entropy(self) -> Any:
        """H(P, Q) = H(P) + KL(P || Q)."""
        if isinstance(self.entropy, (Estimate, Estimates)):
            return _sum(self.entropy, self.divergence)
        return self.entropy + self.divergence

    def __str__(self) -> str:
        shown = [
            ("entropy", "H(P)", self.entropy),
            ("+ divergence", "KL(P || Q)", self.divergence),
            ("= cross-entropy", "H(P, Q)", self.cross_entropy),
            ("reverse divergence", "KL(Q || P)", self.reverse_divergence),
            ("Jensen-Shannon", "JS(P, Q)", self.js_divergence),
        ]
        return "\n".join(f"{name:<19} {symbol:<11} {said(value, self.unit)}" for name, symbol, value in shown)


def _sum(entropy: Any, divergence: Any) -> Any:
    """H(P, Q) as an estimate: both numbers are of one P, and were computed, not sampled, so that their errors add."""
    infinite = np.isinf(divergence.value)
    with np.errstate(invalid="ignore"):
        ends: dict[str, Any] = {
            name: None if one is None or other is None else np.where(infinite, np.inf, np.add(one, other))[()]
            for name in ("value", "low", "high")
            for one, other in [(getattr(entropy, name), getattr(divergence, name))]
        }
    kind = np.where(np.equal(divergence.kind, "exact") & ~infinite, entropy.kind, divergence.kind)[()]
    single = isinstance(divergence, Estimate)
    ends = {name: float(end) if single and end is not None else end for name, end in ends.items()}
    return replace(divergence, **ends, kind=str(kind) if single else kind, n=entropy.n + divergence.n)


def said(value: Any, unit: Unit) -> str:
    """One number, or what a batch of them spans."""
    if isinstance(value, Estimate):
        return str(value)
    value = value.value if isinstance(value, Estimates) else value
    value = value.detach() if hasattr(value, "detach") else value
    if getattr(value, "ndim", 0) == 0:
        return f"{float(value):.6g} {unit.name}s"
    if 0 in value.shape:
        return f"no rows, shape {tuple(value.shape)}"
    return f"{float(value.min()):.6g} to {float(value.max()):.6g} {unit.name}s, shape {tuple(value.shape)}"


@takes_distributions
def relate(
    p: Any, q: Any, *, unit: str | Unit = "bit", axis: int = -1, from_logits: bool = False, normalize: bool = False
) -> Relation:
    """Entropy, divergence both ways, cross-entropy and Jensen-Shannon divergence of P, the truth, and Q at once.

    (..., outcomes) twice -> a Relation of (...). Arguments and errors are those of `entropy`.

    Also of distributions that are formulas, such as `ba.Normal(0, 1)`: then of Estimates.

    >>> print(relate([0.5, 0.5], [0.25, 0.75]))
    entropy             H(P)        1 bits
    + divergence        KL(P || Q)  0.207519 bits
    = cross-entropy     H(P, Q)     1.20752 bits
    reverse divergence  KL(Q || P)  0.188722 bits
    Jensen-Shannon      JS(P, Q)    0.0487949 bits
    """
    told: dict[str, Any] = {"unit": unit, "axis": axis, "from_logits": from_logits, "normalize": normalize}
    forward, back = kl_divergence(p, q, **told), kl_divergence(q, p, **told)
    return Relation(entropy(p, **told), forward, back, js_divergence(p, q, **told), unit_of(unit))
