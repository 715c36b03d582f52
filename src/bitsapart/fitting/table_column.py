"""Columns of a table as blocks of numbers; rows with missing values are left out, and counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.tables.columns import decoded, real, truths
from bitsapart.tables.pieces import Piece
from bitsapart.tables.source import Source, open_table
from bitsapart.values.errors import DataError, UsageError

Array = Any


@dataclass(frozen=True, eq=False)
class NumberColumns:
    """Columns of numbers of one table."""

    source: Source
    columns: tuple[str, ...]
    places: tuple[int, ...]
    """Those of the columns, and of the weights, if there are any."""
    missing: int
    """Rows of which a value is missing."""

    @property
    def rows(self) -> int:
        """Rows without missing values."""
        return self.source.schema.rows - self.missing

    @property
    def words(self) -> str:
        """For the report."""
        return ", ".join(self.columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out."""
        more = self.source.schema.notes
        return (*more, f"{self.missing:,} rows with missing values are left out") if self.missing else more

    def blocks(self, size: int) -> Iterator[tuple[Array, Array]]:
        """Numbers of rows in the table, and their values (rows, columns), without the rows with missing values."""
        first = 0
        for piece in self.source.pieces:
            values, there = piece_of(self.source, piece, self.places)
            number = first + np.flatnonzero(there)
            first += len(there)
            for start in range(0, len(number), size):
                yield number[start : start + size], values[start : start + size]


def read_columns(table: Any, columns: str | Sequence[str] | None, weights: str | None) -> NumberColumns:
    """The columns that are named, or all that hold numbers where none is.

    Raises:
        UsageError: there is no such column.
        DataError: the table cannot be read, or a column holds no numbers.
    """
    source = open_table(table, "target")
    names = [column.name for column in source.schema.columns]
    wanted = [columns] if isinstance(columns, str) else list(columns or ())
    if not wanted:
        wanted = [name for name in names if name != weights]
        if len(wanted) > 1:
            raise UsageError(
                f"{source.schema.name} has {len(wanted)} columns: column=... (--column) names the one to fit to, or "
                f"several for a distribution of vectors; it has: {', '.join(wanted[:30])}"
            )
    places = tuple(place_of(source, name) for name in [*wanted, *([weights] if weights else [])])
    missing = 0
    for piece in source.pieces:
        nulls = [sum(array.null_count for array in piece.read(place)) for place in places]
        if len(places) == 1:
            missing += nulls[0]
        elif any(nulls):
            _, there = piece_of(source, piece, places)
            missing += len(there) - int(there.sum())
    if missing == source.schema.rows:
        raise DataError(f"every row of {', '.join(wanted)} in {source.schema.name} has a missing value")
    return NumberColumns(source, tuple(wanted), places, missing)


def place_of(source: Source, name: str) -> int:
    """Where the column of that name is."""
    schema = source.schema
    if name not in schema or name in schema.repeated:
        why = "stands more than once" if name in schema.repeated else "is not there"
        names = ", ".join(column.name for column in schema.columns[:30])
        raise UsageError(f"column {name!r} {why} in {schema.name}; it has: {names}")
    column = schema[name]
    if column.family not in {"number", "boolean"}:
        raise DataError(f"column {name!r} of {schema.name} is {column.type}: a family of distributions is for numbers")
    return column.place


def piece_of(source: Source, piece: Piece, places: tuple[int, ...]) -> tuple[Array, Array]:
    """The rows of a piece that have no missing values, (rows, columns), and which ones these are."""
    read = [[decoded(array) for array in piece.read(place)] for place in places]
    masks = [np.concatenate([truths(array.is_valid()) for array in arrays]) for arrays in read]
    there = np.logical_and.reduce(masks)
    columns = []
    for arrays in read:
        parts = [real(numbers(array)) for array in arrays]
        values = parts[0] if len(parts) == 1 else np.concatenate(parts)
        columns.append(values if there.all() else values[there])
    return (columns[0][:, np.newaxis] if len(columns) == 1 else np.column_stack(columns)), there


def numbers(array: Any) -> Any:
    """An Arrow array as one of float64 without nulls, which become 0."""
    plain = array.dictionary_decode() if hasattr(array, "dictionary_decode") else array
    as_number = plain.cast("int8") if str(plain.type) == "bool" else plain
    floats = as_number.cast("float64", safe=False)
    return floats.fill_null(0.0) if floats.null_count else floats
