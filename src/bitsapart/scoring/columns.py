"""Columns of a table as a matrix: rows [start, stop) of some of them, read forward, one piece in memory at a time."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bitsapart.tables.columns import decoded, real, whole
from bitsapart.tables.source import Source
from bitsapart.values.errors import DataError, UsageError


@dataclass(eq=False)
class Columns:
    """Some columns of a table. Blocks are asked for in the order of their rows."""

    source: Source
    names: Sequence[str]
    role: str
    numeric: bool = True
    """Whether numbers are needed; else values come as they are, in an object array, missing ones as None."""
    places: list[int] = field(init=False)
    dtype: str = field(init=False)
    held: list[NDArray[Any]] = field(init=False)
    """The columns of the piece that was read last, whose rows begin at ``first``."""

    def __post_init__(self) -> None:
        self.places = [place_of(self.source, name, self.role) for name in self.names]
        types = {self.source.schema.columns[place].type for place in self.places}
        self.dtype = " and ".join(sorted({NAMES.get(type_, type_) for type_ in types}))
        self.restart()

    def restart(self) -> None:
        """Begin again at the first row."""
        self.pieces: Iterator[Any] = iter(self.source.pieces)
        self.held = [np.empty(0)]
        self.first = 0

    @property
    def name(self) -> str:
        """For messages."""
        table = self.source.schema.name
        return f"column {self.names[0]!r} of {table}" if len(self.names) == 1 else table

    @property
    def rows(self) -> int:
        """How many."""
        return self.source.schema.rows

    @property
    def columns(self) -> int:
        """How many."""
        return len(self.places)

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop), not before those of the last block."""
        if start < self.first:
            self.restart()
        parts: list[NDArray[Any]] = []
        at = start
        while at < stop or not parts:
            end = self.first + len(self.held[0])
            if at >= end:
                piece, self.first = next(self.pieces), end
                self.held = [self.values(piece, place) for place in self.places]
                continue
            parts.append(np.column_stack([column[at - self.first : stop - self.first] for column in self.held]))
            at += len(parts[-1])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def values(self, piece: Any, place: int) -> NDArray[Any]:
        """One column of a piece; not copied where it is one array of numbers already."""
        arrays = [decoded(array) for array in piece.read(place)]
        if not self.numeric:
            return np.concatenate([np.empty(0, object), *map(objects, arrays)])
        parts = [self.numbers(array, place) for array in arrays]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def numbers(self, array: pa.Array, place: int) -> NDArray[np.float64]:
        """Numbers of one column, a missing one as NaN."""
        column = self.source.schema.columns[place]
        if column.family not in {"number", "boolean"}:
            where = f"column {column.name!r} of {self.source.schema.name}"
            raise DataError(f"{where} is {column.type}, and {self.role} are numbers")
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        array = array.cast(pa.int8()) if column.family == "boolean" else array
        return real(array.cast(pa.float64(), safe=False).fill_null(math.nan) if array.null_count else array)


NAMES = {"halffloat": "float16", "float": "float32", "double": "float64"}
"""Arrow's names of types as NumPy has them."""


def objects(array: pa.Array) -> NDArray[Any]:
    """Values as they are, each distinct one made once; a missing one as None."""
    try:
        encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    except pa.ArrowNotImplementedError:  # a type that Arrow cannot hash
        return np.array([*array.to_pylist(), None], object)[:-1]
    distinct = np.array([*encoded.dictionary.to_pylist(), None], object)
    return np.asarray(distinct[whole(encoded.indices.fill_null(len(distinct) - 1))])


def place_of(source: Source, name: str, role: str) -> int:
    """The place of a column by its name."""
    found = [column.place for column in source.schema.columns if column.name == name]
    if len(found) == 1:
        return found[0]
    names = ", ".join(column.name for column in source.schema.columns[:30])
    why = "is not unique" if found else "is not there"
    raise UsageError(f"column {name!r}, wanted for the {role}, {why} in {source.schema.name}; it has: {names}")
