"""A table in pieces, each of which gives one column at a time: what bounds memory, and what two cores share."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 1 << 20
"""Rows that a piece of a table in memory, or of an Arrow file, holds at the most."""
LONG_ROW_GROUP = 1 << 22
"""A row group with more rows than this is read in batches, at the price of decoding its pages more slowly."""
OPENED_PER_THREAD = 256


class Readers(threading.local):
    """The open Parquet files of one table, for each thread its own; they close with the table."""

    def __init__(self) -> None:
        self.files: dict[str, ParquetReader] = {}

    def of(self, path: str, text: tuple[str, ...]) -> "ParquetReader":
        """The reader of a file in this thread."""
        if path not in self.files:
            if len(self.files) >= OPENED_PER_THREAD:
                self.files.clear()
            self.files[path] = ParquetReader(path, text)
        return self.files[path]


class Piece(Protocol):
    """Some rows of a table."""

    @property
    def rows(self) -> int:
        """How many."""

    def read(self, place: int) -> Iterator[pa.Array]:
        """The column at a place, in arrays of bounded length."""


@dataclass(frozen=True)
class InMemory:
    """Rows [start, start + rows) of an Arrow table."""

    table: pa.Table
    start: int
    rows: int

    @staticmethod
    def divide(table: pa.Table) -> list[Piece]:
        """A table in pieces."""
        return [InMemory(table, at, min(ROWS, len(table) - at)) for at in range(0, len(table), ROWS)]

    def read(self, place: int) -> Iterator[pa.Array]:
        """The column at a place."""
        yield from self.table.column(place).slice(self.start, self.rows).chunks


@dataclass(frozen=True)
class RowGroup:
    """A row group of a Parquet file."""

    path: str
    group: int
    rows: int
    text: tuple[str, ...]
    """Text columns, which are read as dictionaries: half the work, and counting them is then nearly free."""
    readers: Readers

    @staticmethod
    def divide(path: Path, readers: Readers) -> tuple[pa.Schema, list[Piece]]:
        """The schema of a Parquet file, and its row groups that have rows."""
        with pq.ParquetFile(path, memory_map=True) as file:
            metadata, schema = file.metadata, file.schema_arrow
            text = tuple(f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type))
            lengths = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        return schema, [RowGroup(str(path), group, rows, text, readers) for group, rows in enumerate(lengths) if rows]

    def read(self, place: int) -> Iterator[pa.Array]:
        """The column at a place."""
        reader = self.readers.of(self.path, self.text)
        if self.rows > LONG_ROW_GROUP and reader.names.count(reader.names[place]) == 1:
            batches = reader.file.iter_batches(ROWS, row_groups=[self.group], columns=[reader.names[place]])
            for batch in batches:
                yield batch.column(batch.schema.get_field_index(reader.names[place]))
            return
        table = reader.file.reader.read_row_group(self.group, column_indices=reader.leaves[place], use_threads=False)
        column = table.column(0)
        if pa.types.is_dictionary(column.type):
            column = column.combine_chunks()  # one dictionary for the whole row group
            yield from column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        else:
            yield from column.chunks


class ParquetReader:
    """A Parquet file, its columns addressed by place, so that any name is data."""

    def __init__(self, path: str, text: tuple[str, ...]) -> None:
        self.file = pq.ParquetFile(path, memory_map=False, read_dictionary=list(text))
        self.names: list[str] = self.file.schema_arrow.names
        ends = [0]
        for field in self.file.schema_arrow:
            ends.append(ends[-1] + leaves(field.type))
        self.leaves = [list(range(start, end)) for start, end in pairwise(ends)]


def leaves(type_: pa.DataType) -> int:
    """How many columns of a Parquet file a type takes."""
    if isinstance(type_, pa.BaseExtensionType):
        return leaves(type_.storage_type)
    if pa.types.is_dictionary(type_):
        return leaves(type_.value_type)
    if type_.num_fields:
        return sum(leaves(type_.field(i).type) for i in range(type_.num_fields))
    return 1


@dataclass(frozen=True)
class Batches:
    """Consecutive batches of an Arrow (Feather) file, memory-mapped; only the asked column is decompressed."""

    path: str
    first: int
    last: int
    rows: int
    keep: object = None
    """What must live as long as the piece: the folder of a temporary file."""

    @staticmethod
    def divide(path: Path, keep: object = None) -> tuple[pa.Schema, list[Piece]]:
        """The schema of an Arrow file, and its batches, small ones together."""
        with pa.memory_map(str(path)) as mapped:
            schema = pa.ipc.open_file(mapped).schema
            reader = pa.ipc.open_file(mapped, options=pa.ipc.IpcReadOptions(included_fields=[0]))
            # one column is enough to learn the lengths
            lengths = [reader.get_batch(batch).num_rows for batch in range(reader.num_record_batches)]
        pieces: list[Piece] = []
        first, rows = 0, 0
        for batch, length in enumerate(lengths):
            rows += length
            if rows >= ROWS // 4 or batch == len(lengths) - 1:
                if rows:
                    pieces.append(Batches(str(path), first, batch + 1, rows, keep))
                first, rows = batch + 1, 0
        return schema, pieces

    def read(self, place: int) -> Iterator[pa.Array]:
        """The column at a place."""
        options = pa.ipc.IpcReadOptions(included_fields=[place], use_threads=False)
        with pa.memory_map(self.path) as mapped:
            reader = pa.ipc.open_file(mapped, options=options)
            for batch in range(self.first, self.last):
                yield reader.get_batch(batch).column(0)


@dataclass(frozen=True)
class Remapped:
    """A piece of one file among several: each column of the whole is a place in the file, or one value throughout."""

    piece: Piece
    places: tuple[int | pa.Scalar, ...]

    @property
    def rows(self) -> int:
        """How many."""
        return self.piece.rows

    def read(self, place: int) -> Iterator[pa.Array]:
        """The column at a place."""
        here = self.places[place]
        if isinstance(here, int):
            yield from self.piece.read(here)
        else:
            yield pa.repeat(here, self.rows)
