"""Formulas of pairs of numbers that come in large batches: by a kernel on all cores, or by the formula itself."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.measures import kernels

Array = Any


def of_pairs(name: str, formula: Callable[..., Array], *given: Any, results: int = 1) -> Array:
    """A formula of numbers that broadcast, which the kernel of that name in families.c repeats for speed.

    The formula is what holds: it gets arrays of one shape, and runs where nothing has been compiled. Several results
    lie on the first axis.
    """
    arrays = [np.asarray(side, float) for side in given]
    if kernels.compiled():
        return kernels.pairs(name, *arrays, results=results)
    with np.errstate(all="ignore"):
        return np.asarray(formula(*np.broadcast_arrays(*arrays)))
