"""What an estimator from digamma functions adds to the plug-in, count by count.

    t(c) = c (log c - psi(c))          psi: the digamma function

It falls from 0.577 at c = 1 to 1/2, by its series 1/2 + 1/12c - 1/120c^3 + ... where the difference would lose digits.
Abramowitz & Stegun 1964, 6.3.18.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
SERIES_FROM = 20.0


def digamma_bias(counts: Array) -> Array:
    """t(c), same shape; 0 for a count of 0.

    >>> digamma_bias(np.array([0.0, 1.0, 1e15])).round(6).tolist()
    [0.0, 0.577216, 0.5]
    """
    return by_size(counts, lambda c: c * (np.log(c) - special.digamma(c)), series)


def series(c: Array) -> Array:
    """t(c) to the last digit from c = 20."""
    square = 1.0 / (c * c)
    return 0.5 + (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square / 240.0))) / c


def by_size(counts: Array, small: Function, large: Function) -> Array:
    """One function of the counts below SERIES_FROM and another from there, same shape; 0 for a count of 0.

    Each is called only for counts of its own; whole counts look the first up in a table.
    """
    few = np.minimum(counts, SERIES_FROM)
    place = few.astype(np.intp)
    if np.array_equal(place, few):
        table = np.concatenate(([0.0], small(np.arange(1.0, SERIES_FROM)), [0.0]))
        found = np.asarray(table[place])
    else:
        found = np.zeros_like(few)
        within = (counts > 0.0) & (counts < SERIES_FROM)
        found[within] = small(counts[within])
    many = counts >= SERIES_FROM
    found[many] = large(counts[many])
    return found
