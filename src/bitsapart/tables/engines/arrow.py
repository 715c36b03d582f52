"""The arrow engine: streams a table through PyArrow a piece and a column at a time, counted on a grid.

Memory is that of a few columns of a few pieces, however many rows there are; the columns are shared out to the cores.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bitsapart.tables.columns import Keys, keys, special
from bitsapart.tables.engines.engine import Progress, attempt, rows_between, sampled_rows
from bitsapart.tables.engines.grid import Grid, bisected
from bitsapart.tables.engines.memory import edges_like, nominal
from bitsapart.tables.pieces import Piece
from bitsapart.tables.source import Source
from bitsapart.values.encoding import Ordered
from bitsapart.values.histogram import Histogram, OrderedHistogram, Unreadable
from bitsapart.values.plan import ColumnPlan, Plan
from bitsapart.values.profile import merged
from bitsapart.values.schema import TableSchema

MOST_THREADS = 8
"""Each holds a column of a piece in memory."""
KEPT = 1 << 27
"""Bytes of decoded columns that are kept from the sample to the count, so that a small table is read once."""


class ArrowEngine:
    """A table in pieces."""

    def __init__(self, source: Source, threads: int | None = None) -> None:
        self.source = source
        self.threads = threads or min(os.cpu_count() or 1, MOST_THREADS)
        self.kept: dict[tuple[int, int], list[pa.Array]] = {}
        self.room = KEPT

    def schema(self) -> TableSchema:
        """Name, rows and columns."""
        return self.source.schema

    def sample(self, names: Sequence[str], size: int) -> Mapping[str, list[pa.Array] | Unreadable]:
        """The sampled rows of the named columns."""
        blocks = sampled_rows(self.source.schema.rows, size)
        places = [self.source.schema[name].place for name in names]
        with ThreadPoolExecutor(self.threads) as pool:
            found = pool.map(lambda place: attempt(rows_between, self.source.pieces, place, blocks, self._keep), places)
            return dict(zip(names, found, strict=True))

    def count(self, plan: Plan, progress: Progress | None = None) -> Mapping[str, Histogram | Unreadable]:
        """One histogram a column of the plan that the table has."""
        columns = [column for column in plan.columns if column.name in self.source.schema]
        work = [(piece, column) for piece in self.source.pieces for column in columns]
        found: dict[str, Histogram | Unreadable] = {}
        with ThreadPoolExecutor(self.threads) as pool:
            futures = {pool.submit(attempt, self._counted, piece, column): column.name for piece, column in work}
            for done, future in enumerate(as_completed(futures), start=1):
                name = futures.pop(future)
                found[name] = merged(found[name], future.result()) if name in found else future.result()
                if progress:
                    progress(done, len(work))
        return {column.name: found[column.name] for column in columns}

    def _keep(self, piece: Piece, place: int) -> Iterable[pa.Array]:
        arrays = list(piece.read(place))
        size = sum(array.nbytes for array in arrays)
        if size <= self.room:
            self.room -= size
            self.kept[id(piece), place] = arrays
        return arrays

    def _counted(self, piece: Piece, column: ColumnPlan) -> Histogram:
        place = self.source.schema[column.name].place
        arrays = self.kept.pop((id(piece), place), None) or piece.read(place)
        if isinstance(column.encoding, Ordered):
            return ordered(column.encoding, column.type, arrays)
        return nominal(column.encoding, arrays)


def ordered(encoding: Ordered, type_words: str, arrays: Iterable[pa.Array]) -> OrderedHistogram:
    """Counts of every interval."""
    counts = np.zeros(encoding.outcomes, np.int64)
    others = np.zeros(3, np.int64)
    nulls = 0
    extremes: list[float | int] = []
    for array in arrays:
        missing, values = keys(array, type_words)
        nulls += missing
        if values.dtype == np.float64:
            values = without_specials(values, others)
        if len(values):
            edges = edges_like(encoding, values)
            grid = Grid.over(edges)
            counts += grid.count(values) if grid else bisected(edges, values)
            extremes += [values.min().item(), values.max().item()]
    return OrderedHistogram(
        encoding,
        tuple(counts.tolist()),
        special(nulls, *others.tolist()),
        min(extremes, default=None),
        max(extremes, default=None),
    )


def without_specials(values: Keys, others: NDArray[np.int64]) -> Keys:
    """The finite values; NaN, -infinity and infinity are added to ``others``."""
    finite = np.isfinite(values)
    if finite.all():
        return values
    rest = values[~finite]
    others += np.array([np.isnan(rest).sum(), (rest == -np.inf).sum(), (rest == np.inf).sum()])
    return values[finite]
