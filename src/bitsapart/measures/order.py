"""Measures of an order: sums of powers, continuous through the orders where they become Shannon's.

    sum p^a - 1           = sum p (e^((a-1) log p) - 1)
    sum p^a q^(1-a) - 1   = sum p (e^(b x) - 1 - b (e^x - 1)),   b = 1 - a, x = log(q / p)

The terms of each sum have one sign: nothing cancels.
"""

import math
from collections.abc import Callable
from typing import Any

from bitsapart.measures.arrays import Array, Namespace
from bitsapart.measures.distribution import Distribution, Pair, where_possible
from bitsapart.values.errors import UsageError

TERMS = 20


def order_of(alpha: Any, name: str = "alpha", least: float = 0.0) -> float:
    """The order of a measure as a number."""
    try:
        order = float(alpha)
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"the order {name} should be one number; got {alpha!r}") from error
    if not order >= least:
        raise UsageError(f"the order {name} should be at least {least:g}; got {alpha!r}")
    return order


def power_formula(xp: Namespace, alpha: float, p: Distribution) -> Array:
    """Tsallis' entropy of order alpha, not 1: sum p (p^(alpha-1) - 1) / (1 - alpha)."""
    y = (alpha - 1.0) * p.log_p
    flat = xp.abs(y) < 1.0
    rise = p.log_p * slope(xp.expm1, xp.where(flat, y, 0.0), xp)
    # a power that would overflow is taken with p
    powers = (xp.exp(xp.where(flat, 0.0, alpha * p.log_p)) - p.p) / (1.0 - alpha)
    return xp.sum(xp.where(p.possible, xp.where(flat, -p.p * rise, powers), 0.0), axis=-1)


def slope(function: Callable[[Array], Array], x: Array, xp: Namespace) -> Array:
    """f(x) / x for a function like x near 0."""
    some = xp.abs(x) > 1e-30
    held = xp.where(some, x, 1.0)
    return xp.where(some, function(held) / held, 1.0)


def alpha_formula(xp: Namespace, alpha: float, pair: Pair) -> Array:
    """The alpha divergence, alpha not 0 or 1: sum p h(x) with h(x) = (e^(b x) - 1 - b (e^x - 1)) / (b (b - 1)) >= 0."""
    b = 1.0 - alpha
    # swapping P and Q turns alpha into 1 - alpha: the form is taken that divides by the larger of the two
    if b > 0.5:
        terms = curvature(pair.q, -pair.difference, -pair.log_ratio, alpha, xp)
    else:
        terms = curvature(pair.p, pair.difference, pair.log_ratio, b, xp)
    p_only = pair.p.p / b if b > 0.0 else xp.inf
    q_only = pair.q.p / alpha if alpha > 0.0 else xp.inf
    return xp.sum(where_possible(pair, terms, q_only=q_only, p_only=p_only, xp=xp), axis=-1)


def curvature(p: Distribution, difference: Array, x: Array, b: float, xp: Namespace) -> Array:
    """Terms p h(x) for b <= 1/2: by the series x^2/2 + (1 + b) x^3/6 + (1 + b + b^2) x^4/24 + ... for small x."""
    near = max(1.0, abs(b)) * xp.abs(x) < 0.5
    held = xp.where(near, x, 0.0)
    series = xp.zeros_like(x)
    for coefficient in reversed(series_coefficients(b)):
        series = series * held + coefficient
    flat = xp.abs(b * x) < 1.0
    powers = exponential(xp.where(flat, 0.0, p.log_p + b * x), xp)
    first = xp.where(flat, p.p * x * slope(xp.expm1, xp.where(flat, b * x, 0.0), xp), (powers - p.p) / b)
    return xp.where(near, p.p * (series * held * held), (difference - first) / (1.0 - b))


def exponential(x: Array, xp: Namespace) -> Array:
    """e^x whose gradient is not NaN where it overflows."""
    fits = x < 0.999 * math.log(float(xp.finfo(x.dtype).max))
    return xp.where(fits, xp.exp(xp.where(fits, x, 0.0)), xp.inf)


def series_coefficients(b: float) -> list[float]:
    """(1 + b + ... + b^(k-2)) / k! for k = 2, 3, ..."""
    found, geometric, power, factorial = [], 1.0, 1.0, 2.0
    for k in range(2, TERMS):
        found.append(geometric / factorial)
        power *= b
        geometric += power
        factorial *= k + 1
    return found


def renyi_from(power: Array, factor: float, log_sum: Array, xp: Namespace) -> Array:
    """log(1 + factor power) / factor, by the logarithm of the sum itself where that is not close to 1."""
    excess = factor * power
    near = xp.abs(excess) < 0.5
    small = xp.where(near, power, 0.0) * slope(xp.log1p, xp.where(near, excess, 0.0), xp)
    return xp.where(near, small, log_sum / factor)
