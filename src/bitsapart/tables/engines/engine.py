"""What an engine is: a table that can be described, sampled and counted. Nothing above it sees files, frames or SQL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ParamSpec, Protocol, TypeVar

import pyarrow as pa

from bitsapart.tables.files import short
from bitsapart.tables.pieces import Piece
from bitsapart.values.histogram import Histogram, Unreadable
from bitsapart.values.plan import Plan
from bitsapart.values.schema import TableSchema

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""

BLOCKS = 32
P = ParamSpec("P")
T = TypeVar("T")


class Engine(Protocol):
    """A table, whatever holds it.

    Laws, checked by ``bitsapart.testing.EngineContract``: counts are those of the memory engine, to the last row;
    counting is additive (the counts of rows a then b are the counts of a plus the counts of b); the sample depends on
    the rows and their order only, not on how they are stored; a column that cannot be read is `Unreadable`, and costs
    no other column anything.
    """

    def schema(self) -> TableSchema:
        """Name, rows and columns."""

    def sample(self, names: Sequence[str], size: int) -> Mapping[str, list[pa.Array] | Unreadable]:
        """The rows that ``sampled_rows`` gives, of the named columns."""

    def count(self, plan: Plan, progress: Progress | None = None) -> Mapping[str, Histogram | Unreadable]:
        """One histogram a column of the plan that the table has."""


def sampled_rows(rows: int, size: int) -> list[tuple[int, int]]:
    """Which rows a sample holds, as (start, end): all, or evenly spaced blocks that include both ends of the table."""
    if rows <= size:
        return [(0, rows)]
    length = size // BLOCKS
    starts = [block * (rows - length) // (BLOCKS - 1) for block in range(BLOCKS)]
    return [(start, start + length) for start in starts]


def rows_between(
    pieces: Iterable[Piece],
    place: int,
    blocks: Sequence[tuple[int, int]],
    read: Callable[[Piece, int], Iterable[pa.Array]] = lambda piece, place: piece.read(place),
) -> list[pa.Array]:
    """The rows of some blocks of one column; a piece without any is not read."""
    found: list[pa.Array] = []
    at = 0
    for piece in pieces:
        if any(start < at + piece.rows and end > at for start, end in blocks):
            offset = at
            for array in read(piece, place):
                cuts = [(max(start, offset), min(end, offset + len(array))) for start, end in blocks]
                slices = [array.slice(start - offset, end - start) for start, end in cuts if start < end]
                if slices:
                    found.append(pa.concat_arrays(slices))  # a copy: a slice would keep the whole piece in memory
                offset += len(array)
        at += piece.rows
    return found


def attempt(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Unreadable:
    """What reading a column gives, or why it cannot be read: one bad column never ends a run."""
    try:
        return read(*args, **kwargs)
    except (pa.ArrowException, OSError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        return Unreadable(short(error))
