"""Distributions of an array, and two of them side by side, in any array library.

What a measure needs is here to full relative precision: probabilities, their logarithms also near 1, and the small
difference between two almost equal distributions, taken before anything is rounded. Every branch is a selection whose
other side is safe, so that no gradient is NaN.
"""

from dataclasses import dataclass

import numpy as np

from bitsapart.measures.arrays import Array, Namespace, known
from bitsapart.measures.exact import Double, minus, product, total, two_sum
from bitsapart.measures.logarithm import log1pmx

NEAR = 0.25
"""Relative change of a probability below which its logarithm is taken from the change."""


@dataclass(frozen=True)
class Distribution:
    """Of a batch, outcomes last: p / sum(p), its logarithm where possible (else 0), and what it came from."""

    p: Array
    log_p: Array
    possible: Array
    raw: Array
    """Probabilities as given, or logits."""
    total: Array
    """Their sum, or that of e^(logit - top)."""
    top: Array = None
    """The largest logit, for logits."""


@dataclass(frozen=True)
class Pair:
    """Two distributions: q - p, (q - p) / p where that is small, and log(q / p) where both are possible (else 0)."""

    p: Distribution
    q: Distribution
    difference: Array
    change: Array
    log_ratio: Array
    near: Array
    both: Array


def from_probabilities(p: Array, xp: Namespace) -> Distribution:
    """Rows that hold probabilities, up to a factor."""
    mass = xp.sum(p, axis=-1, keepdims=True)
    possible = p > 0.0
    large, near = likely(p, mass, xp)
    shares = p / mass
    log_p = xp.where(shares > 0.0, xp.log(xp.where(shares > 0.0, shares, 1.0)), 0.0)
    underflown = possible & ~(shares > 0.0)
    log_p = xp.where(underflown, xp.log(xp.where(underflown, p, 1.0)) - xp.log(mass), log_p)
    return Distribution(shares, xp.where(large, near, log_p), possible, p, mass)


def from_logits(x: Array, xp: Namespace) -> Distribution:
    """Rows that hold logits: softmax, with -inf for outcomes that cannot happen."""
    possible = x > -xp.inf
    top = xp.max(x, axis=-1, keepdims=True)
    below, rest = two_sum(xp.where(possible, x, top), -top)
    powers = xp.where(possible, xp.exp(below) * (1.0 + rest), 0.0)
    mass = xp.sum(powers, axis=-1, keepdims=True)
    large, near = likely(powers, mass, xp)
    log_p = xp.where(large, near, xp.where(possible, below - xp.log(mass), 0.0))
    return Distribution(powers / mass, log_p, possible, x, mass, top)


def likely(weights: Array, mass: Array, xp: Namespace) -> tuple[Array, Array]:
    """Which outcome has more than half of the mass, and its logarithm from the others: log p = -log(1 + others / p)."""
    large = weights > 0.5 * mass
    others = xp.sum(xp.where(large, 0.0, weights), axis=-1, keepdims=True)
    return large, -xp.log1p(xp.where(large, others, 0.0) / xp.where(large, weights, 1.0))


def pair_of(p: Distribution, q: Distribution, xp: Namespace) -> Pair:
    """Two distributions side by side."""
    return pair_of_probabilities(p, q, xp) if p.top is None else pair_of_logits(p, q, xp)


def pair_of_probabilities(p: Distribution, q: Distribution, xp: Namespace) -> Pair:
    """The difference q / Q - p / P = (q - p - p D) / Q with D = (Q - P) / P, where q - p is exact for close q and p.

    Sums that differ by more than rounding need (q P - p Q) / (P Q) in twice the digits.
    """
    step = q.raw - p.raw
    excess = xp.sum(step, axis=-1, keepdims=True) / p.total
    if known(xp.all(xp.abs(excess) < 1e-14), xp):
        return beside(p, q, (step - p.raw * excess) / q.total, xp)
    sum_p, sum_q = total(p.raw, xp), total(q.raw, xp)
    zero = xp.zeros_like(step)
    crossed = minus(product(Double(q.raw, zero), sum_p, xp), product(Double(p.raw, zero), sum_q, xp))
    return beside(p, q, crossed / sum_p.hi / sum_q.hi, xp)


def beside(p: Distribution, q: Distribution, difference: Array, xp: Namespace) -> Pair:
    """Two distributions whose difference q - p is known."""
    both = p.possible & q.possible
    lift, least, most = (
        (2.0**600, 2.0**-400, 2.0**400) if float(xp.finfo(p.p.dtype).max) > 1e300 else (2.0**80, 2.0**-60, 2.0**60)
    )
    near = both & (xp.abs(difference) < NEAR * p.p) & (p.p > least / lift)
    change = xp.where(near, difference, 0.0) / xp.where(near, p.p, 1.0)
    # a quotient is more exact than a difference of logarithms, unless it leaves the range of the numbers
    small = (p.p < least) & (q.p < least)
    raised = xp.where(small, lift, xp.ones_like(difference))
    top, bottom = q.p * raised, p.p * raised
    regular = both & ~near & (bottom > least) & (top > least * bottom) & (top < most * bottom)
    quotient = xp.where(regular, top, 1.0) / xp.where(regular, bottom, 1.0)
    apart = xp.where(regular, xp.log(quotient), q.log_p - p.log_p)
    log_ratio = xp.where(both, xp.where(near, xp.log1p(change), apart), 0.0)
    return Pair(p, q, difference, change, log_ratio, near, both)


def pair_of_logits(p: Distribution, q: Distribution, xp: Namespace) -> Pair:
    """log(q / p) = (b - a) - (log-sum-exp of b - that of a), where the last bits of the constant matter.

    With x = (b - a) - c for the rounded constant c, what is missing is log(sum p e^x) = log(1 + sum (p e^x - p)).
    """
    both = p.possible & q.possible
    a, b = xp.where(both, p.raw, 0.0), xp.where(both, q.raw, 0.0)
    step, rest = two_sum(b, -a)
    shift, shift_rest = two_sum(q.top, -p.top)
    rest = xp.where(xp.isfinite(rest), rest - shift_rest, 0.0)
    x = ((step - shift) + rest) - xp.log(q.total / p.total)
    near = xp.abs(x) < NEAR
    rough = xp.where(near, p.p * xp.expm1(xp.where(near, x, 0.0)), q.p - p.p)
    x = x - xp.log1p(xp.sum(xp.where(both, rough, q.p - p.p), axis=-1, keepdims=True))
    log_ratio = xp.where(both, x, 0.0)
    near = both & (xp.abs(log_ratio) < NEAR)
    change = xp.expm1(xp.where(near, log_ratio, 0.0))
    difference = xp.where(near, p.p * change, q.p - p.p)
    return Pair(p, q, difference, change, log_ratio, near, both)


def kl_terms(pair: Pair, xp: Namespace) -> Array:
    """P log(p / q) - p + q of every outcome: never negative, and their sum is KL(P || Q)."""
    close = -pair.p.p * log1pmx(pair.change, xp)
    apart = pair.difference - pair.p.p * pair.log_ratio
    terms = xp.where(pair.near, close, xp.where(apart > 0.0, apart, 0.0))
    return where_possible(pair, terms, q_only=pair.q.p, p_only=np.inf, xp=xp)


def where_possible(pair: Pair, both: Array, *, q_only: Array, p_only: Array, xp: Namespace) -> Array:
    """The terms where both are possible, where only Q or only P is, and 0 where neither is."""
    alone = xp.where(pair.q.possible, q_only, xp.where(pair.p.possible, p_only, 0.0))
    return xp.where(pair.both, both, alone)


def scaled(p: Array, xp: Namespace) -> Array:
    """The same weights with the largest between 1 and 2: divided by powers of two, exactly."""
    largest = xp.max(p, axis=-1, keepdims=True)
    largest = xp.where((largest > 0.0) & (largest < xp.inf), largest, 1.0)
    # the largest of numbers have no reciprocal that compilers would keep
    huge = 0.001 * float(xp.finfo(p.dtype).max)
    lowered = xp.where(largest > huge, 2.0**-20, xp.ones_like(largest))
    p, largest = p * lowered, largest * lowered
    mantissa, _exponent = xp.frexp(largest)
    return p / (largest / (2.0 * mantissa))
