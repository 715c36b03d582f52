"""The levels of several columns that two tables are counted on together, fixed before rows are counted."""

from itertools import pairwise

import numpy as np

from bitsapart.comparison.align import align, interval
from bitsapart.tables.levels import OTHERS, Codes, Levels
from bitsapart.values.contingency import Contingency
from bitsapart.values.encoding import Ordered
from bitsapart.values.errors import DataError
from bitsapart.values.histogram import SPECIALS, Histogram, Unreadable
from bitsapart.values.plan import ColumnPlan


def levels_of(
    column: ColumnPlan, reference: Histogram | Unreadable, current: Histogram | Unreadable, size: int
) -> Levels:
    """At most ``size`` levels, and one for each special and for other values where they occur.

    Raises:
        DataError: the column cannot be read.
    """
    for role, side in (("reference", reference), ("current table", current)):
        if isinstance(side, Unreadable):
            raise DataError(f"column {column.name!r} cannot be read in the {role}: {side.reason}")
    fine = align(column, reference, current)  # type: ignore[arg-type]
    specials: dict[str, int] = {outcome.kind: i for i, outcome in enumerate(fine.outcomes) if outcome.kind in SPECIALS}
    regular = len(fine.outcomes) - len(specials)
    if isinstance(column.encoding, Ordered):
        names, of_place = ordered(column, column.encoding, fine, regular, size)
        of_label: dict[str, int] = {}
    else:
        names, of_label = nominal(fine, regular, size)
        of_place = np.empty(0, np.int64)
    of_special = {special: len(names) + i for i, special in enumerate(specials)}
    names = [*names, *specials] or ["null"]
    return Levels(column, tuple(names), of_place, of_label, {name: of_special.get(name, 0) for name in SPECIALS})


def ordered(
    column: ColumnPlan, encoding: Ordered, fine: Contingency, regular: int, size: int
) -> tuple[list[str], Codes]:
    """Neighbouring intervals in groups that hold about as many rows of the reference each."""
    edges = encoding.edges
    lows = [fine.outcomes[i].low for i in range(regular)]
    rows = fine.reference[:regular].astype(float)
    middle = np.cumsum(rows) - rows / 2.0
    group = np.minimum((middle * size / max(rows.sum(), 1.0)).astype(np.int64), size - 1)
    group = np.unique(group, return_inverse=True)[1]
    # places of the encoding at which groups begin; those that neither side has go with the one before
    starts = [0 if low is None else int(np.searchsorted(edges, low, side="right")) for low in lows]
    firsts = [starts[int(np.argmax(group == g))] for g in range(int(group.max(initial=-1)) + 1)]
    of_place = np.maximum(np.searchsorted(firsts, np.arange(encoding.outcomes), side="right") - 1, 0)
    bounds = [None, *(edges[first - 1] for first in firsts[1:]), None] if firsts else []
    names = [interval(column, low, high).label for low, high in pairwise(bounds)]
    return names, of_place.astype(np.int64)


def nominal(fine: Contingency, regular: int, size: int) -> tuple[list[str], dict[str, int]]:
    """The most common values of the reference, and all others together."""
    alone = min(size, regular) if regular > size + 1 else regular
    kept = [fine.outcomes[i] for i in range(alone)]
    names = [OTHERS if outcome.kind == "pooled" else outcome.label for outcome in kept]
    if alone < regular and OTHERS not in names:
        names.append(OTHERS)
    return names, {name: i for i, name in enumerate(names)}
