"""Divergences beside Kullback and Leibler's, of any two distributions, in nats: Renyi, Jensen-Shannon, total variation.

Inside one exponential family Renyi's of order a is a Jensen gap of the log partition, written as divergences, which do
not cancel: with theta_m = a theta_p + (1 - a) theta_q

    a < 1:  (a KL(M || P) + (1 - a) KL(M || Q)) / (1 - a)        a > 1:  KL(P || Q) + KL(P || M) / (a - 1)

Elsewhere it is the integral of p (e^(b y) - 1 - b (e^y - 1)), b = 1 - a, y = log(q / p), whose terms have one sign.
van Erven & Harremoes 2014, theorem 30; Lin 1991.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.divergence import entropy, kl_divergence, part, shape_of
from bitsapart.families.found import EPS, Found
from bitsapart.families.numeric.dispatch import numeric_moment, numeric_total
from bitsapart.families.numeric.terms import alpha_term, js_term, power_term, variation_term
from bitsapart.families.support import Interval, Lattice, Points
from bitsapart.values.errors import UsageError

APART = "support: P and Q have no value in common"
DIVERGES = "the integral of p^alpha q^(1 - alpha) is infinite"


def renyi_divergence(p: Any, q: Any, alpha: float) -> Found:
    """Renyi's divergence of a finite order alpha >= 0."""
    shape = shape_of(p, q)
    if not p.support.comparable(q.support):
        return Found.of(np.full(shape, np.inf), "support", note=APART)
    if alpha == 1.0:
        return kl_divergence(p, q)
    if type(p) is type(q) and hasattr(p, "_flattened"):
        p, q = p._flattened(), q._flattened()
    own: Any = getattr(p, "_renyi_divergence", None) if type(p) is type(q) else None
    found: Found | None = None if own is None else own(q, alpha)
    return _of_order(p, q, alpha) if found is None else found


def _of_order(p: Distribution, q: Distribution, alpha: float) -> Found:
    """Of two distributions without a rule of their own, for an order other than 1."""
    shape = shape_of(p, q)
    if alpha == 0.0:
        return _order_zero(p, q)
    if math.isinf(alpha):
        raise UsageError("a Renyi divergence of distributions has a finite order; got alpha=inf")
    if alpha > 1.0:
        outside = ~np.broadcast_to(q.support.covers(p.support), shape)
        if outside.any():
            reason = f"support: P has mass outside that of Q, which is {q.support.words}"
            found = Found.of(np.full(shape, np.inf), "support", note=reason)
            if outside.all():
                return found
            inner = ~outside
            return found.put(inner, renyi_divergence(part(p, shape, inner), part(q, shape, inner), alpha))
    closed = _in_one_family(p, q, alpha)
    return _by_terms(p, q, alpha) if closed is None else closed


def _order_zero(p: Distribution, q: Distribution) -> Found:
    """-log of the mass of Q where P is possible."""
    found = numeric_total(p, q, lambda log_p, log_q, _y: np.where(log_p > -np.inf, log_q, -np.inf), (0.0, 0.0))
    return _changed(found, lambda mass: np.maximum(-np.log(mass), 0.0))


def _in_one_family(p: Any, q: Any, alpha: float) -> Found | None:
    """The order by the rule of an exponential family; None if P and Q are not of one."""
    if type(p) is not type(q) or not hasattr(p, "_between"):
        return None
    shape = shape_of(p, q)
    with np.errstate(all="ignore"):
        mixed = p._between(q, alpha)
        if mixed is None:
            return None
        inside = np.logical_and.reduce([np.broadcast_to(p.domains[k].holds(v), shape) for k, v in mixed.items()])
    if alpha < 1.0 and not inside.all():
        # mixtures lie inside: what does not was rounded
        return None
    outside = Found.of(np.full(shape, np.inf), "exponential family", note=DIVERGES)
    if not inside.any():
        return outside
    middle = type(p)(**{k: _taken(v, p.domains[k].event, shape, inside) for k, v in mixed.items()})
    found = _jensen_gap(part(p, shape, inside), part(q, shape, inside), middle, alpha)
    return outside.put(inside, found)


def _taken(value: Any, event: int, shape: tuple[int, ...], mask: Any) -> Any:
    """Those parameters of a batch for which the mask holds."""
    return np.broadcast_to(value, (*shape, *value.shape[value.ndim - event :]))[mask] if shape else value


def _jensen_gap(p: Distribution, q: Distribution, middle: Distribution, alpha: float) -> Found:
    if alpha < 1.0:
        first, second = kl_divergence(middle, p), kl_divergence(middle, q)
        share = alpha / (1.0 - alpha)
        value, error = share * first.value + second.value, share * first.error + second.error
        error = error + share * _moved(first) + _moved(second)
    else:
        first, second = kl_divergence(p, middle), kl_divergence(p, q)
        value = first.value / (alpha - 1.0) + second.value
        error = (first.error + _moved(first)) / (alpha - 1.0) + second.error
    return Found.of(value, "exponential family", error=error)


def _moved(found: Found) -> Any:
    """What rounding the middle adds: it moves a distance of sqrt(2 KL), more where parameters are badly conditioned."""
    with np.errstate(all="ignore"):
        relative = np.where(found.value > 0.0, found.error / found.value, 0.0)
        return np.maximum(128.0 * EPS, relative) * np.sqrt(found.value)


def _by_terms(p: Distribution, q: Distribution, alpha: float) -> Found:
    """By the term of one sign where P and Q are close, by the power itself where they are far apart."""
    b = 1.0 - alpha
    # where one has no mass: p / b and q / (1 - b) of the sum
    found = numeric_total(p, q, partial(alpha_term, b=b), (1.0 / b if b > 0.0 else np.inf, 1.0 / alpha))
    scale = b * (b - 1.0)
    with np.errstate(all="ignore"):
        far = found.value * scale < -0.5
        value = np.log1p(np.where(far, 0.0, scale * found.value)) / -b
        error = found.error * abs(scale / b) / np.where(far, 1.0, 1.0 + scale * found.value)
    near = Found(value, np.where(np.isfinite(value), error, 0.0), found.kind, found.method, found.note, found.n)
    if not np.any(far):
        return near
    shape = np.shape(far)
    apart = numeric_total(part(p, shape, far), part(q, shape, far), partial(power_term, b=b), (0.0, 0.0))
    apart = _changed(apart, lambda power: np.log(power) / -b)
    note = np.where(np.isinf(apart.value), APART, apart.note)
    return near.put(far, Found(apart.value, apart.error, apart.kind, apart.method, note, apart.n))


def js_divergence(p: Distribution, q: Distribution, weight: float) -> Found:
    """Jensen-Shannon divergence with the weight of P between 0 and 1, both excluded."""
    ends = -math.log(weight), -math.log1p(-weight)
    if not p.support.comparable(q.support):
        most = weight * ends[0] + (1.0 - weight) * ends[1]
        return Found.of(np.full(shape_of(p, q), most), "support", note=APART)
    shape_of(p, q)
    alone = weight * ends[0], (1.0 - weight) * ends[1]
    return numeric_total(p, q, partial(js_term, weight=weight), alone)


def total_variation(p: Distribution, q: Distribution) -> Found:
    """Half the integral of |p - q|."""
    shape = shape_of(p, q)
    if not p.support.comparable(q.support):
        return Found.of(np.ones(shape), "support", note=APART)
    return numeric_total(p, q, variation_term, (0.5, 0.5))


def renyi_entropy(p: Distribution, alpha: float) -> Found:
    """Renyi's entropy of a finite order, of a density the differential one."""
    if alpha == 1.0:
        return entropy(p)
    if math.isinf(alpha):
        raise UsageError("a Renyi entropy of a distribution has a finite order; got alpha=inf")
    if alpha == 0.0:
        return Found.of(np.broadcast_to(np.log(_size(p)), p.batch_shape), "size of the support")
    found = numeric_moment(p, lambda log_p: np.expm1((alpha - 1.0) * log_p) / (alpha - 1.0))
    with np.errstate(all="ignore"):
        inner = 1.0 + (alpha - 1.0) * found.value
        value = np.log1p((alpha - 1.0) * found.value) / (1.0 - alpha)
        error = np.where(np.isfinite(value), found.error / np.abs(inner), 0.0)
    return Found(value, error, found.kind, found.method, found.note, found.n)


def _size(p: Any) -> Any:
    """The length of a support, or how many values lie in it."""
    support = p.support
    if isinstance(support, Points):
        return float(len(support.points))
    if hasattr(support, "lows"):
        raise UsageError("the order 0 of a distribution whose support has gaps is not known: take a positive order")
    if isinstance(support, (Interval, Lattice)):
        return support.high - support.low + (1.0 if isinstance(support, Lattice) else 0.0)
    raise UsageError(f"the size of the support of {type(p).__name__} is not known: take a positive order")


def _changed(found: Found, change: Any) -> Found:
    """A monotone function of what was found, with the error that its ends have."""
    with np.errstate(all="ignore"):
        value = change(found.value)
        ends = [np.abs(change(np.maximum(found.value + sign * found.error, 0.0)) - value) for sign in (1.0, -1.0)]
    error = np.where(np.isfinite(value), np.where(np.isfinite(ends).all(axis=0), np.maximum(*ends), np.inf), 0.0)
    return Found(
        np.asarray(value),
        error + 4.0 * EPS * np.abs(np.where(np.isfinite(value), value, 0.0)),
        found.kind,
        found.method,
        found.note,
        found.n,
    )
