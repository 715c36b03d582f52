"""What is summed or integrated, at one value, as a logarithm: terms of one sign, built from y = log(q / p) alone.

    KL            p (e^y - 1 - y)                               sums to KL(P || Q) - 1 + Q(where P is possible)
    Jensen-Shannon, Renyi: the same way; none is a difference of numbers that nearly cancel

Logarithms, because p and q underflow where their ratio, or their product with a large one, still counts.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.maths.ratios import excess

Array = Any
Term = Callable[[Array, Array, Array], Array]
"""From log p, log q and log(q / p) to the logarithm of what is summed."""

LOG_2 = float(np.log(2.0))


def log_rise(y: Array) -> Array:
    """Log(e^y - 1 - y), for any y."""
    up, down = np.minimum(y, 700.0), np.minimum(y, -1.0)
    near = excess(np.expm1(np.clip(y, -1.0, 30.0)))
    inside = np.log(np.where(y < -1.0, np.exp(down) - 1.0 - down, near))
    return np.where(y > 30.0, up + np.log1p(-(1.0 + up) * np.exp(-up)), inside)


def kl_term(log_p: Array, log_q: Array, y: Array) -> Array:
    """Log of p (e^y - 1 - y) = q - p - p log(q / p), the divergence with the missing mass of Q."""
    # p may underflow where q does not
    return np.where(y > 700.0, log_q, log_p + log_rise(np.where(y > 700.0, 0.0, y)))


def js_term(log_p: Array, log_q: Array, y: Array, weight: float) -> Array:
    """Log of w (p log(p/m) - p + m) + (1 - w) (q log(q/m) - q + m) for the mixture m = w p + (1 - w) q."""
    middle = np.logaddexp(np.log(weight) + log_p, np.log1p(-weight) + log_q)
    close = np.abs(y) < 1.0
    held = np.where(close, y, 0.0)
    from_p = np.where(close, np.log1p((1.0 - weight) * np.expm1(held)), middle - log_p)
    from_q = np.where(close, np.log1p(weight * np.expm1(-held)), middle - log_q)
    first = np.log(weight) + kl_term(log_p, middle, from_p)
    return np.logaddexp(first, np.log1p(-weight) + kl_term(log_q, middle, from_q))


def variation_term(log_p: Array, log_q: Array, y: Array) -> Array:
    """Log of |p - q| / 2."""
    return np.maximum(log_p, log_q) + np.log(-np.expm1(-np.abs(y))) - LOG_2


def power_term(log_p: Array, log_q: Array, y: Array, b: float) -> Array:
    """Log of p^(1-b) q^b."""
    return np.where(np.isinf(y), (1.0 - b) * log_p + b * log_q, log_p + b * y)


def alpha_term(log_p: Array, log_q: Array, y: Array, b: float) -> Array:
    """Log of p (e^(b y) - 1 - b (e^y - 1)) / (b (b - 1)) for b not 0 or 1."""
    near = np.abs(y) * max(1.0, abs(b), abs(1.0 - b)) < 0.5
    held = np.where(near, y, 0.0)
    series = np.zeros_like(held)
    for coefficient in _alpha_series(b):
        series = series * held + coefficient
    close = log_p + np.log(series * held * held)
    # p^(1-b) q^b, q and p, of which two are added against the third
    power = power_term(log_p, log_q, y, b)
    first, second = log_p + np.log(abs(1.0 - b)), log_q + np.log(abs(b))
    if b < 0.0:
        far = _log_difference(np.logaddexp(power, second), first)
    elif b > 1.0:
        far = _log_difference(np.logaddexp(power, first), second)
    else:
        far = _log_difference(np.logaddexp(first, second), power)
    return np.where(near, close, far - np.log(abs(b * (b - 1.0))))


def _log_difference(large: Array, small: Array) -> Array:
    return large + np.log(-np.expm1(np.minimum(small - large, 0.0)))


def _alpha_series(b: float) -> list[float]:
    """Coefficients (1 + b + ... + b^(k-2)) / k! of y^k, the highest first."""
    found, geometric, power, factorial = [], 1.0, 1.0, 2.0
    for k in range(2, 22):
        found.append(geometric / factorial)
        power *= b
        geometric += power
        factorial *= k + 1
    return found[::-1]
