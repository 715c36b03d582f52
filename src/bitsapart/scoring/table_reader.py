"""Predictions that are columns of a table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bitsapart.matrices.read_vector import read_vector
from bitsapart.scoring.array_reader import Arrays, InMemory
from bitsapart.scoring.columns import Columns
from bitsapart.scoring.opened import Request
from bitsapart.scoring.reader import Reader
from bitsapart.scoring.targets import Values, spellings
from bitsapart.tables.source import Source
from bitsapart.values.errors import UsageError

LOOKED_AT = 1000
"""Labels that are compared with the names of columns, to see whether those have a prefix."""


class Table(Reader):
    """All parts are columns of one table."""

    def __init__(self, source: Source, request: Request, role: str) -> None:
        super().__init__(request, role)
        self.source = source

    def predicted(self) -> tuple[Values, str, tuple[str, ...] | None]:
        """The columns named, or all of floating-point numbers that nothing else takes."""
        request = self.request
        parts = (request.labels, request.votes, request.annotators, request.weights, request.clusters, request.features)
        taken = {name for part in (*parts, request.repeats) if self.are_columns(part) for name in listed(part)}
        chosen = request.columns
        if chosen is None:
            chosen = [
                column.name
                for column in self.source.schema.columns
                if column.name not in taken and column.type in {"halffloat", "float", "double"}
            ]
            if not chosen:
                raise UsageError(
                    f"{self.source.schema.name} has no column of floating-point numbers left for the predictions: "
                    "columns=[...] (--prediction) names them"
                )
        columns = Columns(self.source, list(chosen), self.role)
        return columns, columns.dtype, tuple(chosen)

    def names(self, classes: int, named: tuple[str, ...] | None) -> tuple[str, ...]:
        """Of the columns; a prefix that all share is left out if the labels are the rest of the names."""
        found = super().names(classes, named)
        part = "labels" if self.request.labels is not None else "annotators"
        wanted = getattr(self.request, part)
        if found != named or wanted is None or self.is_several(wanted, part):
            return found
        rows = min(LOOKED_AT, self.source.schema.rows)
        values = self.values(wanted, part, numeric=False)
        distinct = {spellings(value) for value in values.block(0, min(rows, values.rows)).reshape(-1).tolist()}
        if any(text in found for texts in distinct for text in texts):
            return found
        for cut in stems(found):
            shorter = tuple(name[cut:] for name in found)
            if any(text in shorter for texts in distinct for text in texts):
                return shorter
        return found

    def wanted(self, part: str, names: tuple[str, ...]) -> Any:
        """The same; columns of votes and of soft labels that are named by the classes are put in their order."""
        wanted = super().wanted(part, names)
        several = part != "annotators" and self.are_columns(wanted) and len(listed(wanted)) == len(names)
        return in_order(listed(wanted), names) if several else wanted

    def is_several(self, wanted: Any, part: str) -> bool:
        """Whether several columns are named, or an array has several."""
        if self.are_columns(wanted):
            return part == "labels" and len(listed(wanted)) > 1
        return Arrays(None, self.request).is_several(wanted, part)

    def are_columns(self, wanted: Any) -> bool:
        """Whether names of columns are given, and not values that go with the table by their rows."""
        if isinstance(wanted, str):
            return True
        if not isinstance(wanted, list | tuple) or not all(isinstance(name, str) for name in wanted):
            return False
        if len(wanted) != self.source.schema.rows:
            return True
        return len({*wanted}) == len(wanted) and {*wanted} <= {c.name for c in self.source.schema.columns}

    def values(self, wanted: Any, part: str, numeric: bool) -> Values:
        """Columns by their names; values that are no names go with the table by their rows."""
        if self.are_columns(wanted):
            names = listed(wanted)
            known = {column.name for column in self.source.schema.columns}
            if len(names) == 1 and names[0] not in known and Path(names[0]).is_file():
                return InMemory(names[0], read_vector(names[0], part))
            return Columns(self.source, names, part, numeric)
        return Arrays(None, self.request).values(wanted, part, numeric)


def stems(names: Sequence[str]) -> Iterator[int]:
    """Where a prefix that all names share may end: after a sign that is no letter or digit, or before numbers."""
    first, last = min(names), max(names)
    for cut in range(len(first) - 1, 0, -1):
        if first[:cut] == last[:cut]:
            numbers = first[cut - 1].isalpha() and all(name[cut].isdigit() for name in names)
            if numbers or not first[cut - 1].isalnum():
                yield cut


def in_order(columns: list[str], classes: Sequence[str]) -> list[str]:
    """Columns in the order of the classes that they are named by, a prefix of their own or not; else as they are."""
    for cut in (0, *stems(columns)):
        rest = [name[cut:] for name in columns]
        for shorter in (0, *stems(classes)):
            wanted = [name[shorter:] for name in classes]
            if sorted(rest) == sorted(wanted):
                return [columns[rest.index(name)] for name in wanted]
    return columns


def listed(names: str | Sequence[str]) -> list[str]:
    """Names as a list."""
    return [names] if isinstance(names, str) else list(names)
