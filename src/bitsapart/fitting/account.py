"""The account of a fit to a sample: H(P, Q) = floor H(P) + misfit KL(P || Q*) + parameter error KL(Q* || Q), in bits.

The parameter error is a weighted sum of chi-squares, to first order, of mean tr(J^-1 V) / 2 (slopes.py); the mean loss
of the rows that were fitted is too low by as much for Q* and by twice that for new rows.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from bitsapart.fitting.fitted import Fitted
from bitsapart.fitting.floor import Losses, floor_of, shifted
from bitsapart.fitting.intervals import with_intervals
from bitsapart.fitting.khat import fitted_pareto
from bitsapart.fitting.picture import picture_of_rows
from bitsapart.fitting.result import Fit
from bitsapart.fitting.slopes import Sandwich, sandwich
from bitsapart.fitting.target import Sample
from bitsapart.fitting.unconstrained import Unconstrained
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

Array = Any

FEW_FOR_A_TAIL = 200
NO_VARIANCE = 0.5
BEYOND = (
    "the fit has no mass beyond the extremes of the sample: new values will lie there sooner or later, each at an "
    "infinite cost"
)


def fit_of(fit: Fitted, sample: Sample, level: float, seed: int) -> Fit:
    """All that is reported of a fit to a sample."""
    data = fit.data
    spread, parameters = spread_of(fit)
    with np.errstate(all="ignore"):
        rows = -np.asarray(fit.member.log_density(data.values))
    losses = Losses(rows, fit.mean_loss, spread.error + fit.optimism, parameters, fit.discrete)
    floor = floor_of(data, losses, fit.member, level, seed)
    entropy = floor.entropy if fit.discrete else shifted(floor.entropy, data.scaling.log_volume)
    parameter_error = error_of(spread, fit, level)
    divergence = together(floor.misfit, parameter_error)
    member = fit.in_x()
    notes = [*sample.notes, *fit.notes, floor.note, heavy(rows), BEYOND if fit.ends and not fit.discrete else ""]
    return Fit(
        family=type(member).__name__,
        direction="forward",
        target=sample.words,
        n=data.n,
        dimension=math.prod(sample.event),
        distribution=member,
        parameters=with_intervals(fit, spread, level),
        entropy=entropy.to(Unit.bit),
        misfit=floor.misfit.to(Unit.bit),
        parameter_error=parameter_error.to(Unit.bit),
        divergence=divergence.to(Unit.bit),
        minima=(),
        certificate=fit.certificate,
        picture=picture_of_rows(fit, member),
        notes=tuple(note for note in notes if note),
    )


def heavy(losses: Array) -> str:
    """A warning where losses have no variance, by the Pareto shape of their tail: intervals are too narrow then."""
    n = len(losses)
    if n < FEW_FOR_A_TAIL or not np.isfinite(losses).all():
        return ""
    length = math.ceil(min(0.2 * n, 3.0 * math.sqrt(n)))
    tail = np.sort(losses)[-length - 1 :]
    excesses = tail[1:] - tail[0]
    if not excesses[0] > 0.0:
        return ""
    k, _ = fitted_pareto(excesses)
    if k <= NO_VARIANCE:
        return ""
    return (
        f"the tail of the target is so heavy beside the family's (Pareto k-hat {k:.2f} of the rows' bits) that few "
        "rows rule the fit and its cost: intervals are too narrow"
    )


def spread_of(fit: Fitted) -> tuple[Sandwich, int]:
    """How far the fit may be from the closest member, and how many parameters it took from the rows."""
    none = Sandwich(np.zeros((0, 0)), 0.0, 0.0, 0.0)
    if fit.ends is not None:
        return none, len(fit.ends)
    if fit.spread is not None:
        own = fit.spread
        return Sandwich(np.ones((1, 1)), own.error, own.error_variance, 0.0), own.parameters
    free = Unconstrained(fit.member, fit.fixed)
    if not np.isfinite(free.vector(fit.member)).all():
        return none, free.size
    return sandwich(free, fit.member, fit.data), free.size


def error_of(spread: Sandwich, fit: Fitted, level: float) -> Estimate:
    """KL(Q* || Q): its expectation, and where it lies with probability ``level``; in nats."""
    from scipy.special import gammaincinv

    n = fit.data.n
    if fit.ends is not None and fit.discrete:
        note = "0 if the extremes of the sample are those of the truth, else infinite"
        return Estimate(0.0, 0.0, math.inf, level, "bound", "support", Unit.nat, n, note)
    if fit.ends is not None:
        return Estimate(math.inf, math.inf, math.inf, level, "exact", "support", Unit.nat, n, BEYOND)
    mean, variance = spread.error, spread.error_variance
    method = "tr(J^-1 V) / 2 + gamma law"
    if mean <= 0.0 or variance <= 0.0:
        kind: Kind = "exact" if not spread.covariance.size else "unknown"
        ends = 0.0 if kind == "exact" else None
        return Estimate(max(mean, 0.0), ends, ends, level, kind, method, Unit.nat, n)
    shape, scale = mean * mean / variance, variance / mean
    tail = (1.0 - level) / 2.0
    low, high = (scale * float(gammaincinv(shape, u)) for u in (tail, 1.0 - tail))
    return Estimate(mean, min(low, mean), max(high, mean), level, "confidence", method, Unit.nat, n)


def together(misfit: Estimate, error: Estimate) -> Estimate:
    """The divergence of the fit, misfit and parameter error; the ends of both added up hold it at least as often."""
    value = misfit.value + error.value
    if misfit.low is None or misfit.high is None or error.low is None or error.high is None:
        return replace(misfit, value=value, low=None, high=None, kind="unknown")
    return replace(misfit, value=value, low=misfit.low + error.low, high=misfit.high + error.high)
