"""Two tables counted on the cells of several columns at once: a few levels a column, fixed before rows are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bitsapart.comparison.align import align, interval
from bitsapart.tables.columns import decoded, keys, labels, mask, truths
from bitsapart.tables.engines.memory import edges_like
from bitsapart.tables.source import Source
from bitsapart.values.contingency import Contingency
from bitsapart.values.encoding import Ordered
from bitsapart.values.errors import DataError
from bitsapart.values.histogram import SPECIALS, Histogram, Unreadable
from bitsapart.values.plan import ColumnPlan

Codes = NDArray[np.int64]

OTHERS = "other values"


@dataclass(frozen=True, eq=False)
class Levels:
    """The levels of one column: their labels, and where every outcome of its encoding goes."""

    column: ColumnPlan
    labels: tuple[str, ...]
    of_place: Codes
    """Of an ordered column, the level of each interval of the encoding."""
    of_label: dict[str, int]
    """Of a nominal column, the level of each common value."""
    of_special: dict[str, int]
    """The level of null, NaN and the infinities."""

    def codes(self, array: pa.Array) -> Codes:
        """The level of every row."""
        if isinstance(self.column.encoding, Ordered):
            return self._ordered(array, self.column.encoding)
        return self._nominal(array)

    def _ordered(self, array: pa.Array, encoding: Ordered) -> Codes:
        array = decoded(array)
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        found = np.full(len(array), self.of_special["null"], np.int64)
        _, values = keys(array, self.column.type)
        places = np.searchsorted(edges_like(encoding, values), values, side="right")
        levels = self.of_place[places]
        if values.dtype == np.float64:
            for name, test in (("nan", np.isnan), ("-inf", np.isneginf), ("inf", np.isposinf)):
                levels = np.where(test(values), self.of_special[name], levels)
        found[truths(pc.is_valid(array))] = levels
        return found

    def _nominal(self, array: pa.Array) -> Codes:
        if self.column.encoding.of == "presence":
            valid = truths(pc.is_valid(array))
            return np.where(valid, self.of_label.get("present", len(self.labels) - 1), self.of_special["null"])
        array = decoded(array)
        if not pa.types.is_dictionary(array.type):
            try:
                array = pc.dictionary_encode(array)
            except pa.ArrowNotImplementedError:  # a type that Arrow cannot hash
                array = pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.utf8())
                array = pc.dictionary_encode(array)
        other = self.of_label.get(OTHERS, len(self.labels) - 1)
        names = array.dictionary
        valid = truths(pc.is_valid(names))
        of_code = np.full(len(names) + 1, self.of_special["null"], np.int64)
        known = [self.of_label.get(label, other) for label in labels(names.filter(mask(valid)))]
        of_code[np.flatnonzero(valid)] = known
        indices = np.asarray(pc.fill_null(array.indices.cast(pa.int64()), len(names)))
        return np.asarray(of_code[indices])


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


def count_cells(source: Source, levels: Sequence[Levels]) -> NDArray[np.int64]:
    """Rows of a table in every cell; one axis a column. One piece is in memory at a time."""
    shape = tuple(len(level.labels) for level in levels)
    cells = np.zeros(int(np.prod(shape)), np.int64)
    for codes in chain.from_iterable(coded(source, levels)):
        cells += np.bincount(np.ravel_multi_index(codes, shape), minlength=cells.size)
    return cells.reshape(shape)


def coded(source: Source, levels: Sequence[Levels]) -> Any:
    """For every piece, the levels of its rows: an array a column."""
    places = [source.schema[level.column.name].place for level in levels]
    for piece in source.pieces:
        columns = [
            np.concatenate([np.empty(0, np.int64), *(level.codes(array) for array in piece.read(place))])
            for level, place in zip(levels, places, strict=True)
        ]
        yield [tuple(columns)]
