"""The memory engine: one column after the other, counted with NumPy in the plainest way. It is the specification."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from bitsapart.tables.columns import Keys, keys, nominal_histogram, special
from bitsapart.tables.engines.engine import Progress, attempt, rows_between, sampled_rows
from bitsapart.tables.source import Source
from bitsapart.values.encoding import Nominal, Ordered
from bitsapart.values.histogram import Histogram, NominalHistogram, OrderedHistogram, Unreadable
from bitsapart.values.plan import ColumnPlan, Plan
from bitsapart.values.schema import TableSchema


class MemoryEngine:
    """A table counted a column at a time."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def schema(self) -> TableSchema:
        """Name, rows and columns."""
        return self.source.schema

    def sample(self, names: Sequence[str], size: int) -> Mapping[str, list[pa.Array] | Unreadable]:
        """The sampled rows of the named columns."""
        blocks = sampled_rows(self.source.schema.rows, size)
        places = {name: self.source.schema[name].place for name in names}
        return {name: attempt(rows_between, self.source.pieces, place, blocks) for name, place in places.items()}

    def count(self, plan: Plan, progress: Progress | None = None) -> Mapping[str, Histogram | Unreadable]:
        """One histogram a column of the plan that the table has."""
        columns = [column for column in plan.columns if column.name in self.source.schema]
        histograms: dict[str, Histogram | Unreadable] = {}
        for done, column in enumerate(columns, start=1):
            histograms[column.name] = attempt(self._counted, column)
            if progress:
                progress(done, len(columns))
        return histograms

    def _counted(self, column: ColumnPlan) -> Histogram:
        place = self.source.schema[column.name].place
        arrays = [array for piece in self.source.pieces for array in piece.read(place)]
        if isinstance(column.encoding, Ordered):
            return ordered(column.encoding, column.type, arrays)
        return nominal(column.encoding, arrays)


def nominal(encoding: Nominal, arrays: Iterable[pa.Array]) -> NominalHistogram:
    """Counts of every distinct value."""
    return sum((nominal_histogram(array, encoding) for array in arrays), NominalHistogram.of(encoding, {}, special(0)))


def ordered(encoding: Ordered, type_words: str, arrays: Iterable[pa.Array]) -> OrderedHistogram:
    """Counts of every interval: where a key would be inserted to the right of the edges."""
    histogram = OrderedHistogram(encoding, (0,) * encoding.outcomes, special(0))
    for array in arrays:
        nulls, values = keys(array, type_words)
        finite = values[np.isfinite(values)]
        where = np.searchsorted(edges_like(encoding, finite), finite, side="right")
        histogram += OrderedHistogram(
            encoding,
            tuple(np.bincount(where, minlength=encoding.outcomes).tolist()),
            special(nulls, *(int(np.sum(what(values))) for what in (np.isnan, np.isneginf, np.isposinf))),
            finite.min().item() if len(finite) else None,
            finite.max().item() if len(finite) else None,
        )
    return histogram


def edges_like(encoding: Ordered, values: Keys) -> Keys:
    """The encoding's edges in the type of such keys, or in float64 where the keys are whole and the edges are not."""
    whole = values.dtype == np.int64 and encoding.key == "int64"
    if whole:
        return np.array(encoding.edges, np.int64)
    return np.array(encoding.edges, np.float64)
