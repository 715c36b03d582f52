"""What integration in several dimensions is split into: the pairs of a batch, and the components of a mixture.

Of a distribution it needs log densities, and one of two ways to draw: ``_sample``, or ``_from_uniform``, a map from
``_uniforms`` independent uniform numbers (one an entry of a value, where it says nothing). A mixture has ``_pieces``,
pairs of a weight and a component: each has a smooth map of its own where the whole has none. ``_to_normal``, where it
is known, takes a value back to the normal scores of its uniform numbers.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found

MOST_PIECES = 64
"""Beyond, one by one costs more than it gains."""


def each(function: Callable[..., Found], *distributions: Distribution) -> Found:
    """A function of single distributions at every place of a batch."""
    shape = np.broadcast_shapes(*(distribution.batch_shape for distribution in distributions))
    if not shape:
        return function(*distributions)
    spread = [distribution.broadcast_to(shape) for distribution in distributions]
    found = [function(*(distribution[place] for distribution in spread)) for place in np.ndindex(shape)]

    def stacked(*fields: Any) -> Array:
        return np.stack([np.asarray(field) for field in fields]).reshape(shape)

    return found[0].each(stacked, *found[1:])


def pieces(p: Distribution) -> list[tuple[float, Any]]:
    """Components of a mixture with their weights; of any other distribution, itself."""
    split: Any = getattr(p, "_pieces", None)
    parts = [(1.0, p)] if split is None else [(weight, part) for weight, part in split() if weight > 0.0]
    return parts if len(parts) <= MOST_PIECES else [(1.0, p)]


def has_map(p: Any) -> bool:
    """Whether uniform numbers can be mapped to draws."""
    return hasattr(p, "_from_uniform")


def uniforms(p: Any) -> int:
    """How many uniform numbers the map takes."""
    return int(getattr(p, "_uniforms", math.prod(p.event_shape)))


def log_ratio(p: Distribution, q: Distribution, x: Array) -> Array:
    """Log p - log q at draws of P: infinite where Q has no mass."""
    with np.errstate(invalid="ignore"):
        return np.asarray(p.log_density(x)) - np.asarray(q.log_density(x))
