"""The ladder: the cross-entropy as a sum of steps, from the model down to what nothing tried could save.

For any reference predictions r, mean(-log q) = mean(-log r) + mean(log r - log q): a chain of them telescopes, each
step the mean of paired differences with an interval of its own.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.mean import difference_of, mean_of, within
from bitsapart.scoring.result import Floor, Rung, Tag
from bitsapart.scoring.sample import Sample
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


class Step(NamedTuple):
    """A reference prediction: what going over to it is called, and the losses under it, in nats, one a row."""

    name: str
    losses: Array
    tag: Tag


def ladder(
    sample: Sample, total: Estimate, model: Array, steps: Sequence[Step], floor: Floor | None, level: float
) -> tuple[Rung, ...]:
    """Rungs that add up to the value of ``total`` (in bits), whose last is what is left.

    ``model``: the losses of the model itself; ``steps``: one reference after the other. A step between two losses that
    are both infinite somewhere has no difference, and is left out. ``floor`` splits what is left, unless it surely lies
    above it.
    """
    rungs: list[Rung] = []
    before = model
    for step in steps:
        if np.any(np.isinf(before) & np.isinf(step.losses)):
            continue
        saved = difference_of(before, step.losses, sample.weights, sample.clusters, level=level, unit=Unit.bit)
        rungs.append(Rung(step.name if rungs else step.name.removeprefix("further "), saved, step.tag))
        before = step.losses
    left = rest(sample, total, model, before, rungs) if rungs else Rung("what the model costs", total, "estimate")
    if floor is None or not math.isfinite(left.bits.value) or surely_above(floor, left.bits):
        return (*rungs, left)
    return (*rungs, *split(left, floor))


def surely_above(floor: Floor, left: Estimate) -> bool:
    """Whether all of a floor's bracket is above the interval of what is left.

    Then it is no floor of these predictions, which know more than what it was made of.
    """
    return floor.low.low is not None and left.high is not None and floor.low.low > left.high


def rest(sample: Sample, total: Estimate, model: Array, last: Array, rungs: Sequence[Rung]) -> Rung:
    """What is left: the total less all that was saved.

    The savings were measured on m sampled rows, the total on all n. With d = model - last loss the rest is
    mean_n(model) - mean_m(d), whose variance is var(d) (1/m - 1/n) + var(last) / n.
    """
    left = within(mean_of(last, sample.weights, sample.clusters, level=total.level, unit=Unit.bit), 0.0, math.inf)
    if math.isfinite(total.value):
        value = total.value - math.fsum(rung.bits.value for rung in rungs)
        left = replace(left, value=value)
        if not sample.is_all and left.low is not None:
            left = widened(left, sample, model, last)
    return Rung("left after that", left, "upper bound")


def widened(left: Estimate, sample: Sample, model: Array, last: Array) -> Estimate:
    """The interval of the rest where the sample is not all."""
    given = (sample.weights, sample.clusters)
    own, saved = mean_of(last, *given, level=left.level), difference_of(model, last, *given, level=left.level)
    if own.low is None or own.high is None or saved.low is None or saved.high is None:
        return left
    share = len(sample.rows) / sample.of
    below = math.hypot(math.sqrt(1.0 - share) * (saved.high - saved.value), math.sqrt(share) * (own.value - own.low))
    above = math.hypot(math.sqrt(1.0 - share) * (saved.value - saved.low), math.sqrt(share) * (own.high - own.value))
    return replace(left, low=left.value - Unit.bit.of(below), high=left.value + Unit.bit.of(above), n=sample.of)


def split(left: Rung, floor: Floor) -> tuple[Rung, Rung]:
    """What is left as the floor, and what lies above it.

    The ends are the far ends of both, as if they were independent of each other in the worst way.
    """
    low, high = floor.low.low, None if floor.high.high is None else max(floor.high.high, floor.estimate.value)
    bracket = replace(floor.estimate, low=low, high=high, kind="bound", note=f"the outer ends of {floor.method}")
    value = left.bits.value - floor.estimate.value
    bottom = None if left.bits.low is None or high is None else left.bits.low - high
    top = None if left.bits.high is None or low is None else left.bits.high - low
    above = replace(left.bits, value=value, low=bottom, high=top, kind="bound", method="difference of bounds")
    return Rung("left above the floor", above, "estimate"), Rung("floor", bracket, "estimate")
