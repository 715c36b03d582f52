"""The von Mises-Fisher distribution that is closest to a sample of directions: by the mean of the unit vectors.

With nu = d / 2 - 1 and A = I_(nu + 1) / I_nu, A(concentration) is the length of the mean. Mardia & Jupp 2000, 10.3.
"""

import math
from typing import Any

import numpy as np

from bitsapart.families.maths.bessel import bessel_ratio
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import DIRECTION
from bitsapart.families.registry import family
from bitsapart.families.support import Space
from bitsapart.fitting.fitted import EXACT, Fitted, Options, Spread, few_rows, mean_loss
from bitsapart.fitting.gathered import Scaling, gather
from bitsapart.fitting.target import Sample
from bitsapart.values.errors import UsageError

Array = Any
LARGEST = 1e9
"""Concentration above which rounding of unit vectors is all that is seen."""


def von_mises_fisher(sample: Sample, options: Options) -> Fitted:
    """By the mean direction and its length."""
    if len(sample.event) != 1 or sample.event[0] < 2:
        raise UsageError("VonMisesFisher is a family of unit vectors, and the target has numbers")
    d = sample.event[0]
    support = Space("unit vectors", sample.event, DIRECTION.holds)
    data = gather(sample, [], Scaling(), support, "VonMisesFisher", options.seed)
    few_rows(data, d, "VonMisesFisher")
    total, first = 0.0, np.zeros(d)
    for block in sample.read():
        first += block.values.sum(axis=0) if block.weights is None else block.weights @ block.values
        total += len(block.values) if block.weights is None else float(block.weights.sum())
    length = float(np.linalg.norm(first / total))
    if length <= 0.0:
        raise NoMinimiserError("no VonMisesFisher is closest: the mean of the directions is 0, so that all fit alike")
    direction, k = first / np.linalg.norm(first), concentration_of(length, 0.5 * d - 1.0)
    member = family("VonMisesFisher")(direction, k)
    cosine = data.values @ direction
    ratio = length
    along = 1.0 - ratio * ratio - (d - 1.0) / k * ratio
    y = data.values - np.outer(cosine, direction)
    variance = data.spread @ (cosine - data.weights @ cosine) ** 2
    across = data.spread @ y**2
    error = 0.5 * float(variance / along + across.sum() * k / ratio)
    entries = np.concatenate([np.sqrt(across) / ratio, [math.sqrt(variance) / along]])
    spread = Spread(error, 2.0 * error * error / d, entries, d)
    return Fitted(member, data, (), mean_loss(member, data), EXACT, False, (), spread)


def concentration_of(length: float, order: float) -> float:
    """The k with A(k) = length.

    Raises:
        NoMinimiserError: all directions are the same.
    """
    from scipy.optimize import brentq

    def short(log_k: float) -> float:
        return float(bessel_ratio(order, np.float64(math.exp(log_k)))) - length

    high = math.log(LARGEST)
    if short(high) <= 0.0:
        raise NoMinimiserError(
            "no VonMisesFisher is closest: the directions do not vary, and concentration is infinite"
        )
    low = math.log(max(length, 1e-300)) - 2.0
    while short(low) > 0.0:
        low -= 5.0
    return math.exp(float(brentq(short, low, high, xtol=1e-14, rtol=1e-14)))
