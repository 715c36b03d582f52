"""The measures of distributions that are formulas, under the names that the measures of arrays have.

Every one takes ours, or scipy's, torch's and TFP's by their adapters, and answers with an Estimate (Estimates of a
batch): the value, its error as an interval, the method, and for an infinite answer the reason.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bitsapart.families import orders
from bitsapart.families.adapters.adapt import adapt
from bitsapart.families.divergence import entropy as entropy_found
from bitsapart.families.divergence import kl_divergence as kl_found
from bitsapart.families.divergence import shape_of
from bitsapart.families.found import EPS, Found
from bitsapart.measures.door import unit_of
from bitsapart.measures.jensen_shannon import shares_of
from bitsapart.measures.order import order_of
from bitsapart.measures.relation import Relation
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit


def entropy(p: Any, *, unit: str | Unit = "bit") -> Any:
    """Entropy H(P)."""
    return entropy_found(adapt(p)).estimate(unit_of(unit))


def kl_divergence(p: Any, q: Any, *, unit: str | Unit = "bit") -> Any:
    """Kullback-Leibler divergence KL(P || Q)."""
    return kl_found(adapt(p), adapt(q)).estimate(unit_of(unit), least=0.0)


def information_gain(prior: Any, posterior: Any, *, unit: str | Unit = "bit") -> Any:
    """KL(posterior || prior)."""
    return kl_divergence(posterior, prior, unit=unit)


def cross_entropy(p: Any, q: Any, *, unit: str | Unit = "bit") -> Any:
    """Cross-entropy H(P, Q) = H(P) + KL(P || Q)."""
    return cross_entropy_found(entropy_found(adapt(p)), kl_found(adapt(p), adapt(q))).estimate(unit_of(unit))


def cross_entropy_found(own: Found, excess: Found) -> Found:
    """H(P) + KL(P || Q), with the sum of their errors and the method of the divergence."""
    with np.errstate(invalid="ignore"):
        value = np.where(np.isinf(excess.value), excess.value, own.value + excess.value)
    shape = value.shape
    kind = np.where(np.equal(excess.kind, "exact"), np.broadcast_to(own.kind, shape), excess.kind)
    return Found(value, own.error + excess.error, kind, excess.method, excess.note, excess.n + own.n, excess.level)


def relate(p: Any, q: Any, *, unit: str | Unit = "bit") -> Relation:
    """Entropy, divergence both ways and Jensen-Shannon divergence at once, each an Estimate."""
    p, q = adapt(p), adapt(q)
    return Relation(
        entropy(p, unit=unit),
        kl_divergence(p, q, unit=unit),
        kl_divergence(q, p, unit=unit),
        js_divergence(p, q, unit=unit),
        unit_of(unit),
    )


def js_divergence(p: Any, q: Any, *more: Any, weights: Sequence[float] | None = None, unit: str | Unit = "bit") -> Any:
    """Jensen-Shannon divergence of two distributions."""
    found = _js_found(p, q, more, weights)
    return found.estimate(unit_of(unit), least=0.0, most=math.log(2 + len(more)))


def js_distance(p: Any, q: Any, *more: Any, weights: Sequence[float] | None = None, unit: str | Unit = "bit") -> Any:
    """The square root of the Jensen-Shannon divergence in the unit."""
    nats = unit_of(unit).value
    found = _js_found(p, q, more, weights)
    return _rooted(Found(found.value / nats, found.error / nats, *_rest(found))).estimate(None, least=0.0)


def _js_found(p: Any, q: Any, more: Any, weights: Sequence[float] | None) -> Found:
    if more:
        raise UsageError("the Jensen-Shannon divergence of distributions that are formulas takes two of them")
    p, q = adapt(p), adapt(q)
    share = shares_of(weights, 2)[0]
    if share in (0.0, 1.0):
        return Found.of(np.zeros(shape_of(p, q)), "one weight is 0")
    return orders.js_divergence(p, q, share)


def renyi_divergence(p: Any, q: Any, alpha: float, *, unit: str | Unit = "bit") -> Any:
    """Renyi divergence of a finite order."""
    return orders.renyi_divergence(adapt(p), adapt(q), order_of(alpha)).estimate(unit_of(unit), least=0.0)


def renyi_entropy(p: Any, alpha: float, *, unit: str | Unit = "bit") -> Any:
    """Renyi entropy of a finite order."""
    return orders.renyi_entropy(adapt(p), order_of(alpha)).estimate(unit_of(unit))


def jeffreys_divergence(p: Any, q: Any, *, unit: str | Unit = "bit") -> Any:
    """KL(P || Q) + KL(Q || P)."""
    first, second = kl_found(adapt(p), adapt(q)), kl_found(adapt(q), adapt(p))
    worse = np.isinf(second.value) | np.equal(first.kind, "exact") & ~np.isinf(first.value)
    kind, method, note = (
        np.where(worse, *pair)
        for pair in ((second.kind, first.kind), (second.method, first.method), (second.note, first.note))
    )
    found = Found(first.value + second.value, first.error + second.error, kind, method, note, first.n + second.n)
    return found.estimate(unit_of(unit), least=0.0)


def squared_hellinger(p: Any, q: Any) -> Any:
    """Squared Hellinger distance, between 0 and 1."""
    return _squared_hellinger(p, q).estimate(None, least=0.0, most=1.0)


def hellinger_distance(p: Any, q: Any) -> Any:
    """Hellinger distance, between 0 and 1."""
    return _rooted(_squared_hellinger(p, q)).estimate(None, least=0.0, most=1.0)


def bhattacharyya_coefficient(p: Any, q: Any) -> Any:
    """Bhattacharyya coefficient, from 0 to 1."""
    half = _half_order(p, q)
    value = np.exp(-half.value)
    return Found(value, _lessened(half) + EPS * value, *_rest(half)).estimate(None, least=0.0)


def bhattacharyya_distance(p: Any, q: Any, *, unit: str | Unit = "bit") -> Any:
    """Half the Renyi divergence of order 1/2."""
    return _half_order(p, q).estimate(unit_of(unit), least=0.0)


def total_variation(p: Any, q: Any) -> Any:
    """Total variation distance, between 0 and 1."""
    return orders.total_variation(adapt(p), adapt(q)).estimate(None, least=0.0, most=1.0)


def _half_order(p: Any, q: Any) -> Found:
    found = orders.renyi_divergence(adapt(p), adapt(q), 0.5)
    return Found(found.value / 2.0, found.error / 2.0, *_rest(found))


def _squared_hellinger(p: Any, q: Any) -> Found:
    half = _half_order(p, q)
    return Found(-np.expm1(-half.value), _lessened(half), *_rest(half))


def _lessened(half: Found) -> Any:
    """The error of e^-x."""
    return np.where(np.isfinite(half.value), half.error, 0.0) * np.exp(-half.value)


def _rooted(found: Found) -> Found:
    """The square root, with the error of its upper end."""
    value = np.sqrt(np.maximum(found.value, 0.0))
    return Found(value, np.sqrt(value * value + found.error) - value + EPS * value, *_rest(found))


def _rest(found: Found) -> tuple[Any, Any, Any, Any, float]:
    """Kind, method, note, n and level, as they were."""
    return found.kind, found.method, found.note, found.n, found.level
