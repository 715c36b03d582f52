"""Rows of a table as levels of its columns, and counts of the cells that they make: what a joint table is made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bitsapart.tables.columns import decoded, keys, labels, mask, truths
from bitsapart.tables.engines.memory import edges_like
from bitsapart.tables.source import Source
from bitsapart.values.encoding import Ordered
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


def count_cells(source: Source, levels: Sequence[Levels]) -> NDArray[np.int64]:
    """Rows of a table in every cell; one axis a column. One piece is in memory at a time."""
    shape = tuple(len(level.labels) for level in levels)
    cells = np.zeros(int(np.prod(shape)), np.int64)
    for codes in coded(source, levels):
        cells += np.bincount(np.ravel_multi_index(codes, shape), minlength=cells.size)
    return cells.reshape(shape)


def coded(source: Source, levels: Sequence[Levels]) -> Iterator[tuple[Codes, ...]]:
    """For every piece, the levels of its rows: an array a column."""
    places = [source.schema[level.column.name].place for level in levels]
    for piece in source.pieces:
        yield tuple(
            np.concatenate([np.empty(0, np.int64), *(level.codes(array) for array in piece.read(place))])
            for level, place in zip(levels, places, strict=True)
        )
