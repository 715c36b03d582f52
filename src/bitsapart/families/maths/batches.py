"""Formulas of numbers that come in large batches: by a kernel on all cores, or in blocks that stay in the cache."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from bitsapart.measures import kernels

Array = Any

BLOCK = 8192
"""Numbers; some ten arrays of them fit a cache of a megabyte."""


def of_pairs(name: str, formula: Callable[..., Array], *given: Any, results: int = 1) -> Array:
    """A formula of numbers that broadcast, which the kernel of that name in families.c repeats for speed.

    The formula is what holds: it gets arrays of one shape, and runs where nothing has been compiled. Several results
    lie on the first axis.
    """
    if kernels.compiled():
        return kernels.pairs(name, *(np.asarray(side, float) for side in given), results=results)
    return in_blocks(formula)(*given)


def in_blocks(formula: Callable[..., Array]) -> Callable[..., Array]:
    """A formula of numbers that broadcast, which takes arrays of one shape and acts on every number alone."""

    @wraps(formula)
    def evaluated(*given: Any) -> Array:
        arrays = np.broadcast_arrays(*(np.asarray(side, float) for side in given))
        shape, size = arrays[0].shape, arrays[0].size
        with np.errstate(all="ignore"):
            if size <= BLOCK:
                return np.asarray(formula(*arrays))
            flat = [side.reshape(-1) for side in arrays]
            blocks = [slice(start, start + BLOCK) for start in range(0, size, BLOCK)]
            found = np.concatenate([formula(*(side[block] for side in flat)) for block in blocks], axis=-1)
        return found.reshape(*found.shape[:-1], *shape)

    return evaluated
