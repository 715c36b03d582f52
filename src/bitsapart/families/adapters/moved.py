"""Location and scale around a distribution of another library: the same family where it has both, else an image."""

from typing import Any

import numpy as np

from bitsapart.families.built.affine import Affine
from bitsapart.families.distribution import Distribution

LOCATION_AND_SCALE = {
    "Cauchy": ("location", "scale"),
    "GeneralizedNormal": ("location", "scale"),
    "Laplace": ("location", "scale"),
    "Logistic": ("location", "scale"),
    "Normal": ("mean", "sd"),
    "StudentT": ("location", "scale"),
}
"""Families that are closed under both and symmetric, with the names of these parameters."""


def moved(base: Distribution, location: Any, scale: Any) -> Distribution:
    """The distribution of location + scale X."""
    location, scale = np.asarray(location, float), np.asarray(scale, float)
    if not np.any(location) and np.all(scale == 1.0):
        return base
    names = LOCATION_AND_SCALE.get(type(base).__name__)
    if names is None or not np.all(scale):
        return Affine(base, location, scale)
    own = base.parameters
    changed = {names[0]: location + scale * own[names[0]], names[1]: np.abs(scale) * own[names[1]]}
    return type(base)(**own | changed)
