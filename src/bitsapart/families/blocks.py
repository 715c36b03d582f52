"""Formulas of long batches, evaluated in blocks whose temporary arrays stay in the cache."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

Array = Any

BLOCK = 8192
"""Numbers; some ten arrays of them fit a cache of a megabyte."""


def in_blocks(formula: Callable[..., Array]) -> Callable[..., Array]:
    """A formula of numbers that broadcast, which takes arrays of one shape and acts on every number alone."""

    @wraps(formula)
    def evaluated(*given: Any) -> Array:
        arrays = np.broadcast_arrays(*(np.asarray(side, float) for side in given))
        shape = arrays[0].shape
        with np.errstate(all="ignore"):
            if arrays[0].size <= BLOCK:
                return np.asarray(formula(*arrays))
            flat = [side.reshape(-1) for side in arrays]
            found = np.empty(flat[0].size)
            for start in range(0, found.size, BLOCK):
                part = slice(start, start + BLOCK)
                found[part] = formula(*(side[part] for side in flat))
        return found.reshape(shape)

    return evaluated
