"""From what a user brings (a path, a glob, a folder, a frame) to a table in pieces that give a column at a time."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from bitsapart.tables.columns import column
from bitsapart.tables.files import open_files, short
from bitsapart.tables.pieces import InMemory, Piece
from bitsapart.values.errors import DataError
from bitsapart.values.schema import TableSchema


class Exporter(Protocol):
    """Any object that speaks the Arrow PyCapsule interface: pandas, Polars, PyArrow, DuckDB, Ibis ..."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """An ArrowArrayStream in a capsule."""


Table = str | Path | Exporter


class Source:
    """An opened table: its schema, and the pieces to read it from."""

    def __init__(self, name: str, schema: pa.Schema, pieces: Sequence[Piece], notes: Sequence[str] = ()) -> None:
        columns = tuple(column(place, field.name, field.type) for place, field in enumerate(schema))
        self.pieces = tuple(pieces)
        self.schema = TableSchema(name, sum(piece.rows for piece in pieces), columns, tuple(notes))
        if not columns:
            raise DataError(f"{name} has no columns: there is nothing to compare")
        if self.schema.rows == 0:
            raise DataError(f"{name} has {len(columns)} columns and no rows: there is nothing to compare")


def open_table(table: Table, role: str) -> Source:
    """Open a table without reading its rows, where its format allows.

    Args:
        table: a path to a Parquet, CSV, JSON lines or Arrow file, a glob of such, a folder of such, or an object with
            ``__arrow_c_stream__``.
        role: what to call an object that has no name of its own: "reference" or "current".

    Raises:
        DataError: the table is missing, broken, empty or of no known format.
    """
    if isinstance(table, str | Path):
        opened = open_files(str(table))
        return Source(opened.name, opened.schema, opened.pieces, opened.notes)
    if isinstance(table, dict):
        return from_columns(table, role)
    if not hasattr(table, "__arrow_c_stream__"):
        raise DataError(
            f"cannot read a table from the {role}, a {type(table).__module__}.{type(table).__qualname__}: it should be "
            "a path, or an object with __arrow_c_stream__ (pandas >= 2.2, Polars, PyArrow, a DuckDB relation)"
        )
    if type(table).__module__.partition(".")[0] == "pandas" and hasattr(table, "columns"):
        return from_table(pandas_table(table), role)
    try:
        read = pa.RecordBatchReader.from_stream(table).read_all()
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        what = f"{type(table).__module__.partition('.')[0]} {type(table).__qualname__}"
        raise DataError(f"the {role}, a {what}, could not be read as a table: {short(error)}") from error
    return from_table(read, role)


def from_columns(columns: dict[str, Any], role: str) -> Source:
    """A plain dictionary of columns."""
    if not columns:
        raise DataError(f"{role} has no columns: there is nothing to compare")
    try:
        return from_table(pa.table({str(name): values for name, values in columns.items()}), role)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise DataError(f"the {role} could not be read as columns of equal length: {short(error)}") from error


def from_table(table: pa.Table, role: str) -> Source:
    """An Arrow table in memory."""
    return Source(role, table.schema, InMemory.divide(table))


def pandas_table(frame: Any) -> pa.Table:
    """A pandas frame as an Arrow table, column by column, so that one bad column is the only one that suffers.

    NaN in a float column of NumPy's is pandas' own way to write a missing value, and is read as null.
    """
    arrays, names = [], []
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        try:
            arrays.append(pa.Array.from_pandas(column))
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            # a column of mixed Python objects has no Arrow type: it is compared by its text
            arrays.append(pa.array([None if is_missing(value) else str(value) for value in column], pa.utf8()))
        names.append(str(name))
    chunked = [array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]) for array in arrays]
    return pa.table(chunked, names=names)


def is_missing(value: object) -> bool:
    """Whether pandas takes an object for a missing value."""
    missing = sys.modules["pandas"].isna(value)
    return bool(missing) if isinstance(missing, bool) or getattr(missing, "shape", None) == () else False
