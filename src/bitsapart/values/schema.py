"""The schema of a table: its name, its size, and its columns in their order."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Family = Literal["number", "date", "time", "duration", "text", "binary", "boolean", "list", "struct", "empty"]
"""What a column can be compared with: only columns of one family share their outcomes."""


@dataclass(frozen=True)
class Column:
    """A column of a table: its place, its name, its logical type in the words of Arrow, and its family."""

    place: int
    name: str
    type: str
    family: Family


@dataclass(frozen=True)
class TableSchema:
    """A table's name, size and columns; ``notes`` are remarks on how it was put together."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def repeated(self) -> frozenset[str]:
        """Names that stand more than once; no column can be addressed by them."""
        return frozenset(n for n, number in Counter(column.name for column in self.columns).items() if number > 1)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name
