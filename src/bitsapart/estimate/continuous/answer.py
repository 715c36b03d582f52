"""From both ends at a two-sided level to the estimate that was asked for: side, unit, and the checks of options."""

import math

from bitsapart.estimate.counts import choice, level_of, two_sided
from bitsapart.measures.door import unit_of
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit


def options(level: float, side: str, seed: int, unit: str | Unit) -> float:
    """The level of the two-sided interval behind the answer, after a look at all options."""
    level_of(level)
    unit_of(unit)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed should be a whole number from 0, such as 0; got {seed!r}")
    inner = two_sided(level, side)
    if inner <= 0.0:
        raise UsageError(f"a one-sided bound needs a level above 0.5; got {level!r}")
    return inner


def neighbours(k: int | None, usual: int, rows: int) -> int:
    """The number of neighbours, checked against the rows of the smaller sample."""
    if k is None:
        return min(usual, rows - 1)
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k < rows:
        raise UsageError(f"k should be a whole number from 1 to {rows - 1}, less than the rows; got {k!r}")
    return k


def answer(found: Estimate, level: float, side: str, unit: str | Unit, least: float = 0.0) -> Estimate:
    """The estimate in this unit, with the ends that this side has; ``least``: the smallest possible value."""
    choice(side, "side", ("both", "lower", "upper"))
    kind: Kind = found.kind
    low, high = found.low, found.high
    if side != "both" and kind != "unknown":
        low, high = (low, math.inf) if side == "lower" else (least, high)
        kind = "bound"
    turned = Estimate(found.value, low, high, level, kind, found.method, found.unit, found.n, found.note)
    return turned.to(unit_of(unit))
