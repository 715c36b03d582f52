"""Divergences of beta and Dirichlet distributions, without cancellation."""

from typing import Any

import numpy as np

from bitsapart.families.maths.batches import of_pairs
from bitsapart.families.maths.gamma_functions import SHIFT, STIRLING, shape_bregman
from bitsapart.families.maths.ratios import NEAR, excess, product_difference

Array = Any


def beta_divergence(a_p: Any, b_p: Any, a_q: Any, b_q: Any) -> Array:
    """KL(P || Q) of beta distributions: the Bregman divergence of log Gamma(a) + log Gamma(b) - log Gamma(a + b).

    With s = a + b and f(x) = log Gamma(x) - x log x + x it is that of f at a, and at b less that at s, and s_q times
    the divergence of the means, from q to p. Everything is a function of the differences of a, of b, and of
    a_q b_p - a_p b_q, so that neither a small a nor equal means at large a and b cost digits.

    >>> float(beta_divergence(1e6, 2e6, 1e6 * (1 + 1e-9), 2e6 * (1 + 1e-9)))   # equal means: (log ratio)^2 / 4
    2.5...e-19
    """
    return of_pairs("beta", _beta_divergence, a_p, b_p, a_q, b_q)


def _beta_divergence(a_p: Array, b_p: Array, a_q: Array, b_q: Array) -> Array:
    swapped = a_p > b_p
    a_p, b_p, a_q, b_q = (
        np.where(swapped, b_p, a_p),
        np.where(swapped, a_p, b_p),
        np.where(swapped, b_q, a_q),
        np.where(swapped, a_q, b_q),
    )
    cross = product_difference(a_q, b_p, a_p, b_q)
    moved = np.where(np.minimum(b_p, b_q) < SHIFT, SHIFT, 0.0)
    rest = a_q - a_p
    means = _means_divergence(a_p, b_p + moved, a_q, b_q + moved, cross + moved * rest)
    return shape_bregman(a_p, a_q) + _sum_bregman(a_p, b_p, a_q, b_q, rest, cross) + means


def _means_divergence(a_p: Array, b_p: Array, a_q: Array, b_q: Array, cross: Array) -> Array:
    """s_q KL(m_q || m_p) for means m = (a, b) / s; ``cross`` is a_q b_p - a_p b_q."""
    s_p, s_q = a_p + b_p, a_q + b_q
    scaled = s_q / s_p
    first = a_q * excess(-cross / (s_p * a_q), scaled * (a_p / a_q))
    return first + b_q * excess(cross / (s_p * b_q), scaled * (b_p / b_q))


def _sum_bregman(r_p: Array, b_p: Array, r_q: Array, b_q: Array, rest: Array, cross: Array) -> Array:
    """The Bregman divergence of f at b less that at s = r + b; of small b, without what `_means_divergence` moves.

    Each term of it at b is one at s with x = (b_q - b_p) / b_p for y = (s_q - s_p) / s_p, and these differ by a
    multiple of ``cross``: with 1 + z = (1 + x) / (1 + y), excess(x) - excess(y) = excess(z) + y z. ``rest`` is
    r_q - r_p.
    """
    step = b_q - b_p
    low = np.minimum(b_p, b_q) < SHIFT
    total = np.zeros(np.shape(b_p))
    for i in range(SHIFT if low.any() else 0):
        z, y, ratio = _relative(r_p, b_p + i, r_q, b_q + i, rest + step, cross + i * rest)
        total += np.where(low, excess(z, ratio) + y * z, 0.0)
    moved = np.where(low, SHIFT, 0.0)
    b_p, b_q = b_p + moved, b_q + moved
    z, y, ratio = _relative(r_p, b_p, r_q, b_q, rest + step, cross + moved * rest)
    return total + 0.5 * (excess(z, ratio) + y * z) + _remainder_difference(r_p, b_p, r_q, b_q, step / b_p, z, y)


def _relative(
    r_p: Array, b_p: Array, r_q: Array, b_q: Array, growth: Array, cross: Array
) -> tuple[Array, Array, Array]:
    """Z, y and 1 + z; ``growth`` is s_q - s_p."""
    s_p, s_q = r_p + b_p, r_q + b_q
    return -cross / (b_p * s_q), growth / s_p, (b_q / b_p) * (s_p / s_q)


def _remainder_difference(r_p: Array, b_p: Array, r_q: Array, b_q: Array, x: Array, z: Array, y: Array) -> Array:
    """The Bregman divergence of the Stirling remainder at b less that at s, of `_remainder_sum` by differences."""
    s_p, s_q = r_p + b_p, r_q + b_q
    a, b = 1.0 / s_p, 1.0 / s_q
    more_a, more_b = r_p / (b_p * s_p), r_q / (b_q * s_q)
    power, inner, outer = b, b, b
    d_power, d_inner, d_outer = more_b, more_b, more_b
    total, difference = STIRLING[0] * outer, STIRLING[0] * d_outer
    for coefficient in STIRLING[1:]:
        for _ in range(2):
            d_power = d_power / b_q + more_b * power
            power = power * b
            d_inner = d_inner / b_p + more_a * inner + d_power
            inner = inner * a + power
            d_outer = d_outer / b_p + more_a * outer + d_inner
            outer = outer * a + inner
        total, difference = total + coefficient * outer, difference + coefficient * d_outer
    # x^2 S(b) - y^2 S(s), with x - y = z (1 + y)
    return x * (x * difference) + z * (1.0 + y) * (x + y) * total


def dirichlet_divergence(p: Any, q: Any) -> Array:
    """KL(P || Q) of Dirichlet distributions of concentrations p and q, shape (..., n) -> (...).

    As of beta distributions: the largest entry of p stands for b, and the others, together, for a.
    """
    p, q = np.broadcast_arrays(np.asarray(p, float), np.asarray(q, float))
    top = np.argmax(p, axis=-1)[..., np.newaxis]
    others = np.arange(p.shape[-1]) != top
    b_p, b_q = np.take_along_axis(p, top, -1), np.take_along_axis(q, top, -1)
    # all changes relative to that of the largest
    change = product_difference(q, b_p, p, b_q) / (p * b_q)
    cross = b_q * (p * change).sum(axis=-1, keepdims=True)
    means = _many_means_divergence(p, q, change, (q / p) * (b_p / b_q))
    shapes = np.where(others, shape_bregman(p, q), 0.0).sum(axis=-1)
    r_p, r_q, rest = (np.where(others, side, 0.0).sum(axis=-1) for side in (p, q, q - p))
    b_p, b_q, cross = b_p[..., 0], b_q[..., 0], cross[..., 0]
    low = np.minimum(b_p, b_q) < SHIFT
    moved = _means_divergence(r_p, b_p + SHIFT, r_q, b_q + SHIFT, cross + SHIFT * rest)
    moved = np.where(low, moved - _means_divergence(r_p, b_p, r_q, b_q, cross), 0.0)
    return shapes + means + moved + _sum_bregman(r_p, b_p, r_q, b_q, rest, cross)


def _many_means_divergence(p: Array, q: Array, change: Array, factor: Array) -> Array:
    """s_q KL(m_q || m_p) for means m; q is p times ``factor``, or 1 + ``change``, times a constant."""
    s_p, s_q = p.sum(axis=-1, keepdims=True), q.sum(axis=-1, keepdims=True)
    mean_change = (p * change).sum(axis=-1, keepdims=True) / s_p
    ratio = (s_q / s_p) * (p / q)
    near = (mean_change - change) / factor
    return (q * excess(np.where(np.abs(near) < NEAR, near, ratio - 1.0), ratio)).sum(axis=-1)
