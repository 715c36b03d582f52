"""KL(Q || P) = log Z - ELBO of a normal Q, log Z by importance sampling, and the diagnostics of its weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.fitting.adaptation import adapted
from bitsapart.fitting.answers import bits, number
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.normaliser import (
    GOOD,
    LogNormaliser,
    Proposal,
    Weighted,
    agree,
    forward_divergence,
    log_normaliser,
    weighted,
)
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = Any


@dataclass(frozen=True)
class Bound:
    """E_Q log p + H(Q) in nats, a lower bound of log Z, and its error."""

    value: float
    error: float
    kind: Any
    method: str
    n: int = 0


@dataclass(frozen=True)
class Evidence:
    """KL(Q || P) in bits, and the diagnostics by name."""

    divergence: Estimate
    diagnostics: dict[str, Estimate]


def evidence(
    target: LogDensity,
    q: Proposal,
    bound: Bound,
    *,
    around: Proposal | None = None,
    log_concave: bool = False,
    level: float,
    seed: int,
) -> Evidence:
    """Weigh draws of q, and of proposals that start about ``around`` (else q) and adapt, by the target."""
    generator = np.random.default_rng(seed)
    own = weighted(target, q, generator)
    samples = _samples(target, own if around is None else weighted(target, around, generator), around or q, generator)
    if target.normalised:
        found = LogNormaliser(0.0, 0.0, 0.0, "exact", "", 0)
    else:
        found = log_normaliser(samples, level, log_concave=log_concave)
    n = own.smoothed.log_weights.size
    khat = number(own.smoothed.khat, level, "Pareto smoothed importance sampling", n=n, kind="unknown")
    diagnostics = {
        "khat": khat,
        "khat_threshold": number(own.smoothed.threshold, level, "min(1 - 1 / log10 n, 0.7)", n=n),
        "elbo": bits(bound.value, bound.error, level, bound.kind, bound.method, n=bound.n),
        "log_normaliser": _estimate(found, 0.0, 0.0, level, -np.inf),
    }
    if samples[-1].trusted:
        forward = bits(
            forward_divergence(samples[-1], q), 0.0, level, "unknown", "self-normalised importance sampling", n=n
        )
        diagnostics["forward_divergence"] = forward
    return Evidence(_divergence(found, bound, level), diagnostics)


def _samples(target: LogDensity, own: Weighted, around: Proposal, generator: np.random.Generator) -> list[Weighted]:
    """Draws of a normal, of a wider proposal around it, and of adapted ones unless the normal is good enough."""
    wide = weighted(target, around.wider(), generator)
    if own.smoothed.khat <= GOOD and wide.trusted and agree(own, wide):
        return [own, wide]
    learned = adapted(target, wide, generator)
    return [own, wide, *(sample for sample in learned if sample is not wide)]


def _divergence(found: LogNormaliser, bound: Bound, level: float) -> Estimate:
    """Log Z - ELBO; what is known of the error is in its interval."""
    if found.kind == "exact":
        kind = bound.kind
        return bits(-bound.value, bound.error, level, kind, bound.method, n=bound.n, least=0.0)
    return _estimate(found, bound.value, bound.error, level, 0.0)


def _estimate(found: LogNormaliser, less: float, error: float, level: float, least: float) -> Estimate:
    method = "Pareto smoothed importance sampling" if found.kind != "exact" else "known"
    low = None if found.low is None else max(found.low - less - error, least)
    high = None if found.high is None else max(found.high - less + error, least)
    value = max(found.value - less, least)
    return Estimate(value, low, high, level, found.kind, method, Unit.nat, found.n, found.note).to(Unit.bit)
