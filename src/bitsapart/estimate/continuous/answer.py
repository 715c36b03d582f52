"""From both ends at a two-sided level to the estimate that was asked for: side, unit, and the checks of options."""

import math
from typing import Any

import numpy as np

from bitsapart.estimate.counts import choice, level_of, seed_of, two_sided
from bitsapart.measures.door import unit_of
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit


def options(level: float, side: str, seed: int, unit: str | Unit) -> float:
    """The level of the two-sided interval behind the answer, after a look at all options."""
    level_of(level)
    unit_of(unit)
    seed_of(seed)
    return two_sided(level, side)


def neighbours_of(k: Any, method: str, takes: tuple[str, ...]) -> int | None:
    """``k`` as given, checked as far as it can be without the rows; None where it was not given."""
    if k is None:
        return None
    if method not in takes:
        names = " and ".join(f"method={name!r}" for name in takes)
        raise UsageError(f"k is for {names}; method={method!r} takes none, so leave it out; got k={k!r}")
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise UsageError(f"k should be a whole number, 1 or more; got {k!r}")
    return int(k)


def neighbours(k: int | None, usual: int, rows: int) -> int:
    """The number of neighbours, checked against the rows of the smaller sample: a quarter of them at most."""
    if k is None:
        return usual
    most = max(rows // 4, usual)
    if k > most:
        raise UsageError(
            f"k should be at most {most}, a quarter of the {rows} rows: more neighbours blur the density; got {k}"
        )
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
