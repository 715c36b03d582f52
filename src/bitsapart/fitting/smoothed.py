"""A sample as a density, for what needs one: reverse KL asks how probable values are that the sample does not hold.

A normal kernel estimate, on the scale on which the family's support is the whole line. Silverman 1986, eq. 3.31 for the
width; neighbours within a width are one kernel, so that large samples cost no more.
"""

from typing import Any

import numpy as np

from bitsapart.families.built.mixture import Mixture
from bitsapart.families.continuous.log_normal import LogNormal
from bitsapart.families.continuous.logit_normal import LogitNormal
from bitsapart.families.continuous.normal import Normal
from bitsapart.families.distribution import Distribution
from bitsapart.families.support import Interval
from bitsapart.fitting.target import Sample
from bitsapart.values.errors import UsageError

Array = Any

SHARE = 1e-9
"""Of the mass, that a kernel needs to be kept."""


def smoothed(sample: Sample, member: Distribution) -> tuple[Distribution, str]:
    """The density of a sample on the support of a member of a family, and what was done, in words."""
    if sample.event:
        raise UsageError("reverse KL needs a density, and rows of vectors have none: fit forward, or give a density")
    support = member.support
    if not isinstance(support, Interval):
        raise UsageError(
            f"reverse KL to a sample of whole numbers is infinite, as values that were never seen have probability 0: "
            f"fit {type(member).__name__} forward"
        )
    values, weights = sample.all()
    shares = np.ones(len(values)) if weights is None else weights
    kept = shares > 0.0
    values, shares = values[kept], shares[kept]
    kernel: type[Distribution]
    positive, bounded = bool(np.all(support.low >= 0.0)), bool(np.all(support.high <= 1.0))
    if positive and bounded:
        kernel, points, scale = LogitNormal, np.log(values) - np.log1p(-values), " on the logit scale"
    elif positive and np.all(values > 0.0):
        kernel, points, scale = LogNormal, np.log(values), " on the log scale"
    else:
        kernel, points, scale = Normal, values, ""
    if not np.isfinite(points).all():
        raise UsageError("reverse KL needs a density inside the support, and values lie on its ends: leave them out")
    width = silverman(points, shares)
    place = np.floor((points - points.min()) / width).astype(np.int64)
    used, cell = np.unique(place, return_inverse=True)
    mass = np.bincount(cell, shares, len(used))
    centre = np.bincount(cell, shares * points, len(used)) / mass
    some = mass > SHARE * mass.sum()
    mass, centre = mass[some], centre[some]
    density = Mixture(mass / mass.sum(), kernel(centre, width))
    return density, f"the sample's density: {len(centre):,} normal kernels of width {width:.3g}{scale}"


def silverman(points: Array, weights: Array) -> float:
    """0.9 n^(-1/5) times the smaller of standard deviation and interquartile range over 1.34."""
    mean = np.average(points, weights=weights)
    spread = float(np.sqrt(np.average((points - mean) ** 2, weights=weights)))
    order = np.argsort(points)
    below = np.cumsum(weights[order]) / weights.sum()
    first, third = points[order[np.searchsorted(below, [0.25, 0.75])]]
    if not spread > 0.0:
        raise UsageError("the values do not vary: a density of them would be infinitely high")
    smaller = min(spread, (third - first) / 1.34) or spread
    return float(0.9 * smaller * (weights.sum() ** 2 / np.sum(weights**2)) ** -0.2)
