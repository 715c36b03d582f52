"""Entropy and Kullback-Leibler divergence of any two distributions, in nats: which rule answers.

In this order: a support that is not covered; a closed form of one family; the moment rule, where Q is an exponential
family and P knows the expectations; sums, quadrature or quasi-Monte Carlo. A rule whose rounding error is too large a
part of its answer is followed by the next, and the answer with the smaller error is given.
"""

from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.exponential_family import ExponentialFamily, moment_rule
from bitsapart.families.found import EPS, Found
from bitsapart.families.numeric.dispatch import numeric_entropy, numeric_kl
from bitsapart.values.errors import UsageError

WANTED = 1e-13
"""Relative error above which the next rule is asked too."""
WANTED_OF_VECTORS = 1e-9
"""The same in several dimensions, where the next rule seldom has more digits than that."""


def entropy(p: Distribution) -> Found:
    """H(P), of a density the differential entropy; negative values are legal."""
    closed = p._entropy()
    if closed is None:
        return numeric_entropy(p)
    return closed if isinstance(closed, Found) else Found.of(closed, "closed form")


def kl_divergence(p: Distribution, q: Distribution) -> Found:
    """KL(P || Q) >= 0, infinite with the reason."""
    p, q = _reduced(p, q)
    shape = shape_of(p, q)
    if not q.support.comparable(p.support):
        reason = f"support: P has its mass on {p.support.words}, Q on {q.support.words}"
        return Found.of(np.full(shape, np.inf), "support", note=reason)
    covered = np.asarray(q.support.covers(p.support))
    if covered.all():
        return _covered(p, q)
    covered = np.broadcast_to(covered, shape)
    reason = f"support: P has mass outside that of Q, which is {q.support.words}"
    outside = Found.of(np.full(shape, np.inf), "support", note=reason)
    return (
        outside
        if not covered.any()
        else outside.put(covered, _covered(part(p, shape, covered), part(q, shape, covered)))
    )


def _reduced(p: Any, q: Any) -> tuple[Any, Any]:
    """The same pair as members of families where they are images of some: a map of both leaves their divergence."""
    p, q = (side.known() if hasattr(side, "known") else side for side in (p, q))
    if hasattr(p, "pulled_back") and type(p) is not type(q):
        back = p.pulled_back(q)
        return (p, q) if back is None else (p.base, back)
    return p, q


def shape_of(p: Distribution, q: Distribution) -> tuple[int, ...]:
    """The shape of the batch of pairs."""
    if p.event_shape != q.event_shape:
        raise UsageError(f"P has values of shape {p.event_shape}, Q of shape {q.event_shape}: they cannot be compared")
    try:
        return np.broadcast_shapes(p.batch_shape, q.batch_shape)
    except ValueError as error:
        raise UsageError(f"batches of shapes {p.batch_shape} and {q.batch_shape} do not broadcast") from error


def part(p: Distribution, shape: tuple[int, ...], mask: Any) -> Any:
    """Those of a batch for which the mask holds, in one dimension."""
    return p.broadcast_to(shape)[mask] if shape else p


def _covered(p: Distribution, q: Distribution) -> Found:
    closed = _closed(p, q)
    if closed is not None:
        known = closed if isinstance(closed, Found) else Found.of(_not_negative(closed), "closed form")
        lost = np.isnan(known.value)
        if not lost.any():
            return known
        shape = known.value.shape
        return known.put(lost, numeric_kl(part(p, shape, lost), part(q, shape, lost)))
    by_moments = _by_moments(p, q)
    if by_moments is None:
        return numeric_kl(p, q)
    wanted = WANTED_OF_VECTORS if p.event_shape else WANTED
    rough = np.isnan(by_moments.value) | (by_moments.error > wanted * np.abs(by_moments.value))
    if not rough.any():
        return by_moments
    shape = by_moments.value.shape
    numeric = numeric_kl(part(p, shape, rough), part(q, shape, rough))
    own = by_moments.each(lambda field: np.asarray(field)[rough] if shape else field)
    return by_moments.put(rough, own.where(~(own.error <= numeric.error), numeric))


def _closed(p: Distribution, q: Distribution) -> Any:
    """What the family of both says; where there are two, what Q says of a P that is not of its own."""
    if type(p) is type(q):
        return p._kl_divergence(q)
    of_others: Any = getattr(q, "_kl_divergence_from", None)
    return None if of_others is None else of_others(p)


def _cross_entropy_by_moments(p: Distribution, q: Distribution) -> Found | None:
    if isinstance(q, ExponentialFamily):
        return moment_rule(p, q)
    several: Any = getattr(q, "_cross_entropy_of", None)
    return None if several is None else several(p)


def _not_negative(closed: Any) -> Any:
    """No copy of a large batch that needs none."""
    return closed if np.min(closed, initial=0.0) >= 0.0 else np.maximum(closed, 0.0)


def _by_moments(p: Distribution, q: Distribution) -> Found | None:
    crossed = _cross_entropy_by_moments(p, q)
    if crossed is None:
        return None
    own = entropy(p)
    with np.errstate(invalid="ignore"):
        value = np.where(np.isinf(crossed.value), crossed.value, crossed.value - own.value)
    # both are sums of terms of about 1, which they may not say
    error = crossed.error + own.error + np.where(np.isfinite(value), 8.0 * EPS * (1.0 + np.abs(own.value)), 0.0)
    # what rounding made negative is as likely 0
    value = np.where(value < 0.0, np.where(value >= -error, 0.0, value), value)
    exact = np.broadcast_to(np.equal(own.kind, "exact"), value.shape)
    kind = np.where(exact, np.broadcast_to(crossed.kind, value.shape), np.broadcast_to(own.kind, value.shape))
    return Found(value, error, kind, crossed.method, crossed.note, np.broadcast_to(own.n, value.shape))
