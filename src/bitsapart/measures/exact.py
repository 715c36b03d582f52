"""Sums and products with twice the digits, for what is lost when they are rounded: two numbers stand for their sum.

Knuth 1997, section 4.2.2, theorem B (two-sum); Dekker 1971 (product). Gradients are those of plain
arithmetic.
"""

from typing import NamedTuple

from bitsapart.measures.arrays import Array, Namespace


class Double(NamedTuple):
    """An unevaluated sum of a number and what its rounding lost."""

    hi: Array
    lo: Array


def two_sum(a: Array, b: Array) -> Double:
    """A + b exactly."""
    s = a + b
    t = s - a
    return Double(s, (a - (s - t)) + (b - t))


def two_product(a: Array, b: Array, xp: Namespace) -> Double:
    """A b exactly, unless it underflows."""
    p = a * b
    (a1, a2), (b1, b2) = halves(a, xp), halves(b, xp)
    return Double(p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2)


def halves(a: Array, xp: Namespace) -> tuple[Array, Array]:
    """A as two numbers of half the digits each."""
    c = (134217729.0 if float(xp.finfo(a.dtype).eps) < 1e-10 else 4097.0) * a
    high = c - (c - a)
    return high, a - high


def product(a: Double, b: Double, xp: Namespace) -> Double:
    """A b with twice the digits."""
    p = two_product(a.hi, b.hi, xp)
    return Double(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi))


def minus(a: Double, b: Double) -> Array:
    """A - b, rounded once."""
    s = two_sum(a.hi, -b.hi)
    return s.hi + (s.lo + (a.lo - b.lo))


def total(x: Array, xp: Namespace) -> Double:
    """The sum over the last axis, kept, with twice the digits: by halves."""
    hi, lo = x, xp.zeros_like(x)
    while hi.shape[-1] > 1:
        half = hi.shape[-1] // 2
        s = two_sum(hi[..., :half], hi[..., half : 2 * half])
        rest = lo[..., :half] + lo[..., half : 2 * half] + s.lo
        hi = xp.concat([s.hi, hi[..., 2 * half :]], axis=-1)
        lo = xp.concat([rest, lo[..., 2 * half :]], axis=-1)
    return Double(hi, lo)
