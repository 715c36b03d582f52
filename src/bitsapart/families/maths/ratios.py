"""Ratios near 1, and far from it: logarithms and divergences that are exact however close two numbers are.

    KL(P || Q) = u - 1 - log u,  u = a / b or its square

is what families of one scale have in common. All take arrays that broadcast, in double precision, and have relative
errors of some 1e-15. A function of two parameters is built from their difference, which is exact where they are close,
and from their ratio, which is exact where they are not.
"""

from typing import Any

import numpy as np

from bitsapart.families.maths.batches import in_blocks, of_pairs
from bitsapart.measures.logarithm import log1pmx

Array = Any

NEAR = 0.3
"""Relative change below which a logarithm is taken from the change."""
TINY = 1e-290
"""A ratio below this may have lost digits."""
SMALLEST = float(np.finfo(float).tiny)
"""Numbers below have fewer digits."""
SPLIT = 134217729.0
"""2^27 + 1: cuts a double in halves whose products are exact. Dekker 1971."""


def log_ratio(a: Any, b: Any) -> Array:
    """log(a / b) for a >= 0 and b > 0, with full relative precision; shapes broadcast.

    >>> float(log_ratio(3.0 + 3e-12, 3.0))
    9.9994...e-13
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(all="ignore"):
        ratio = a / b
        found = np.asarray(np.log(ratio))
        lost = (ratio < SMALLEST) | np.isposinf(ratio)
        if lost.any():
            found = np.where(lost, np.log(a) - np.log(b), found)
        # the difference of numbers within a factor of two is exact
        close = np.abs(ratio - 1.0) <= 0.5
        return np.asarray(np.log1p((a - b) / b, out=found, where=close)) if close.any() else found


def excess(x: Any, ratio: Any = None) -> Array:
    """X - log(1 + x) >= 0 for x >= -1; ``ratio`` is 1 + x, where that is known to more digits than x + 1 has.

    >>> float(excess(1e-9)), float(excess(-1.0, 1e-20))
    (4.99999999666...e-19, 45.05...)
    """
    return of_pairs("excess", _excess, x, np.add(x, 1.0) if ratio is None else ratio)


def _excess(x: Array, ratio: Array) -> Array:
    far = x < -0.5
    found = np.where(far, x - np.log(np.where(far, ratio, 1.0)), 0.0 - log1pmx(np.where(far, 0.0, x), np))
    return np.where(x == np.inf, np.inf, found)


def exponential_excess(x: Any) -> Array:
    """e^x - 1 - x >= 0.

    >>> float(exponential_excess(1e-9))
    5.0000000016...e-19
    """
    x = np.asarray(x, float)
    with np.errstate(all="ignore"):
        grown = np.expm1(x)
        close = np.abs(x) < 1.0
        far = np.asarray(grown - x)
        return np.where(close, excess(np.where(close, grown, 0.0)), far) if close.any() else far


def ratio_excess(a: Any, b: Any) -> Array:
    """A / b - 1 - log(a / b) >= 0 for a >= 0 and b > 0, also where a / b is smaller than any number.

    >>> float(ratio_excess(1.0 + 1e-9, 1.0)), float(ratio_excess(1e-200, 1e200))
    (5.00000082...e-19, 920.03...)
    """
    return of_pairs("ratio_excess", _ratio_excess, a, b)


def _ratio_excess(a: Array, b: Array) -> Array:
    ratio = a / b
    return np.where(ratio < TINY, ratio - 1.0 - (np.log(a) - np.log(b)), _excess((a - b) / b, ratio))


@in_blocks
def square_excess(a: Array, b: Array) -> Array:
    """U - 1 - log u >= 0 with u = (a / b)^2, of two positive numbers.

    >>> float(square_excess(1.0, 2.0))
    0.636294...
    """
    ratio, step = a / b, (a - b) / b
    square = ratio * ratio
    found = _excess(step * (2.0 + step), square)
    return np.where(square < TINY, square - 1.0 - 2.0 * (np.log(a) - np.log(b)), found)


def deviance(p: Any, q: Any) -> Array:
    """Half the deviance of a Poisson count p of mean q, p log(p / q) - p + q >= 0; infinite for q = 0 < p.

    >>> float(deviance(2.0, 2.0)), float(deviance(0.0, 3.0))
    (0.0, 3.0)
    """
    return of_pairs("deviance", _deviance, p, q)


def _deviance(p: Array, q: Array) -> Array:
    return step_deviance(p, q, q - p)


def step_deviance(p: Array, q: Array, step: Array) -> Array:
    """The same of numbers whose difference q - p is known more exactly than they are."""
    with np.errstate(all="ignore"):
        ratio, change = q / p, step / p
        found = p * excess(change, ratio)
        # ratios that leave the range of the numbers
        found = np.where(ratio < TINY, p * (np.log(p) - np.log(q)) - p, found)
    return np.where(step * TINY >= p, q, np.where(q == 0.0, np.inf, found))


def product_difference(a: Any, b: Any, c: Any, d: Any) -> Array:
    """A b - c d with full relative precision, where no product overflows. Dekker 1971, as Kahan's determinant."""
    first, first_rest = _product(np.asarray(a, float), np.asarray(b, float))
    second, second_rest = _product(np.asarray(c, float), np.asarray(d, float))
    return (first - second) + (first_rest - second_rest)


def _product(a: Array, b: Array) -> tuple[Array, Array]:
    """A product and what its rounding lost."""
    high_a, high_b = SPLIT * a - (SPLIT * a - a), SPLIT * b - (SPLIT * b - b)
    low_a, low_b = a - high_a, b - high_b
    product = a * b
    return product, ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b


def gap(a: Any, b: Any, c: Any, d: Any) -> tuple[Array, Array]:
    """A b / (c d), of positive numbers, as the difference to 1 and as it is; neither overflows before the ratio does.

    >>> float(gap(3.0, 1.0 + 2.0**-40, 1.0, 3.0)[0]) == 2.0**-40
    True
    """
    (a, b), (c, i), (d, j) = (np.asarray(a, float), np.asarray(b, float)), np.frexp(c), np.frexp(d)
    a, b, below = np.ldexp(a, -i), np.ldexp(b, -j), c * d
    ratio = a * b / below
    near = ratio < 2.0
    held_a, held_b = np.where(near, a, 1.0), np.where(near, b, 1.0)
    return np.where(near, product_difference(held_a, held_b, c, d) / below, ratio - 1.0), ratio


def representable(x: Any) -> Array:
    """The same where a number that is not 0 has all its digits; nan where rounding made it 0, subnormal or infinite."""
    x = np.asarray(x, float)
    return np.where((np.abs(x) >= SMALLEST) & np.isfinite(x), x, np.nan)
