"""One side: lists of the most probable tokens of each row with their log-probabilities."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bitsapart.matrices.paths import FORMATS
from bitsapart.model_comparison.result import LogitsFacts
from bitsapart.tables.files import format_by_name

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of some rows, padded: ids with -1, log-probabilities with -inf."""

    ids: Whole
    logs: Floats
    tail_low: Floats
    tail_high: Floats
    ranked: NDArray[np.bool_]
    """Which lists are of the most probable tokens, and not only of the one that came."""


@dataclass(frozen=True, eq=False)
class TopLists:
    """All lists of a table; those of some rows are read again from a temporary file."""

    name: str
    format: str
    dtype: str
    offsets: Whole
    ids: IO[bytes]
    logs: IO[bytes]
    tail: Floats
    slack: Floats
    finite: NDArray[np.bool_]
    ranked: NDArray[np.bool_]
    document: NDArray[Any] | None
    position: Whole | None
    label: Whole | None
    domain: NDArray[Any] | None
    seen: int
    """How many different tokens are listed."""
    largest: int
    """The largest id that is listed."""

    @property
    def rows(self) -> int:
        """Tokens of the text."""
        return len(self.offsets) - 1

    def facts(self, documents: int, vocabulary: int | None = None) -> LogitsFacts:
        """What is kept of it."""
        return LogitsFacts(self.name, self.format, self.dtype, self.rows, vocabulary or self.seen, documents)

    def lists(self, rows: Whole) -> Lists:
        """The lists of some rows."""
        starts, lengths = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        width = int(lengths.max(initial=0))
        ids, logs = np.full((len(rows), width), -1, np.int64), np.full((len(rows), width), -np.inf)
        listed = np.arange(width) < lengths[:, None]
        ids[listed] = self.stretches(self.ids, np.dtype(np.int32), starts, lengths)
        logs[listed] = self.stretches(self.logs, np.dtype(np.float64), starts, lengths)
        tail, slack = self.tail[rows], self.slack[rows]
        return Lists(ids, logs, np.maximum(tail - slack, 0.0), np.maximum(tail, 0.0) + slack, self.ranked[rows])

    def stretches(self, file: IO[bytes], kind: "np.dtype[Any]", starts: Whole, lengths: Whole) -> NDArray[Any]:
        """Values of some rows, one row after the other."""
        if (starts[1:] == (starts + lengths)[:-1]).all():  # they lie together
            starts, lengths = starts[:1], lengths.sum(keepdims=True)
        found = []
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            file.seek(start * kind.itemsize)
            found.append(np.frombuffer(file.read(length * kind.itemsize), kind))
        return np.concatenate(found) if found else np.empty(0, kind)


def is_table(source: object) -> bool:
    """Whether a source is a table of lists, and no matrix: by its type, its columns, or its file's name."""
    if isinstance(source, str | PathLike):
        path = Path(source).expanduser()
        if path.is_dir():
            files = [file for file in path.rglob("*") if file.is_file()]
            matrices = any(file.suffix.lower() in FORMATS for file in files)  # which may have a .json beside them
            return not matrices and any(format_by_name(file) for file in files)
        return format_by_name(path) is not None
    if isinstance(source, dict):
        return True
    return hasattr(source, "__arrow_c_stream__") and "logprobs" in map(str, columns_of(source))


def columns_of(source: Any) -> Any:
    """The column names of a frame or an Arrow table."""
    schema = getattr(source, "schema", None)
    return getattr(source, "columns", None) if not isinstance(schema, pa.Schema) else schema.names
