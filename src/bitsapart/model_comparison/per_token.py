"""The table with a row a token, in Parquet: written beside its place and moved there when all is done."""

import os
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bitsapart.model_comparison.inputs import refuse_inputs
from bitsapart.model_comparison.measured import Measured
from bitsapart.model_comparison.text_rows import TextRows
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit
from bitsapart.values.whole_file import check_writable, is_stream

STEP = 1 << 16
BITS = ("kl", "reverse_kl", "js", "entropy")
SHARES = {
    "total_variation": "total_variation",
    "base_probability": "probability_p",
    "candidate_probability": "q_of_top_p",
    "candidate_confidence": "probability_q",
}
SCHEMA = pa.schema(
    [
        ("candidate", pa.dictionary(pa.int32(), pa.utf8())),
        ("row", pa.int64()),
        ("document", pa.utf8()),
        ("position", pa.int32()),
        ("label", pa.int32()),
        *((name, pa.float64()) for name in BITS),
        *((name, pa.float64()) for name in SHARES),
        ("base_top", pa.int32()),
        ("candidate_top", pa.int32()),
        ("base_surprisal", pa.float64()),
        ("candidate_surprisal", pa.float64()),
    ]
)


def checked(target: Path, inputs: Iterable[object]) -> Path:
    """The file to write, refused before the work where it has another name than Parquet has, or is an input."""
    if target.suffix.lower() != ".parquet":
        raise UsageError(f"per_token writes a Parquet file: give it a name that ends in .parquet, not {str(target)!r}")
    if is_stream(target):
        raise UsageError(f"per_token writes a Parquet file, and {str(target)!r} is a device or a pipe")
    refuse_inputs(target, inputs, "per_token")
    return check_writable(target)


class PerToken:
    """The file while it is written; where an error ends the work, nothing is left of it."""

    def __init__(self, path: str | PathLike[str] | None, inputs: Iterable[object] = ()) -> None:
        self.target = None if path is None else checked(Path(path), inputs)
        self.writer: pq.ParquetWriter | None = None

    @property
    def part(self) -> Path:
        """Where it is written."""
        assert self.target is not None  # noqa: S101  (asked only where there is a file to write)
        place = self.target.resolve()
        return place.with_name(f".{place.name[:80]}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        if self.target is not None:
            self.writer = pq.ParquetWriter(self.part, SCHEMA)
        return self

    def add(self, candidate: str, measured: Measured, text: TextRows) -> None:
        """The tokens of one comparison."""
        for start in range(0, len(measured) if self.writer else 0, STEP):
            place = slice(start, start + STEP)
            self._write(columns(candidate, measured, text, place))

    def _write(self, arrays: list[pa.Array]) -> None:
        assert self.writer is not None  # noqa: S101
        try:
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA))
        except OSError as error:
            raise UsageError(f"cannot write {str(self.target)!r}: {error}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.writer is None or self.target is None:
            return
        try:
            self.writer.close()
            if kind is None:
                self.part.replace(self.target.resolve())
        finally:
            self.part.unlink(missing_ok=True)


def columns(candidate: str, measured: Measured, text: TextRows, place: slice) -> list[pa.Array]:
    """The columns of some tokens, information in bits."""
    rows = measured.row[place]
    count = len(rows)
    codes = text.documents.codes[rows]
    used, indices = np.unique(codes, return_inverse=True)
    names = pa.array([str(text.documents.names[code]) for code in used.tolist()], pa.utf8())
    labels = pa.nulls(count, pa.int32()) if text.labels is None else pa.array(text.labels[rows])
    return [
        pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([candidate])),
        pa.array(rows),
        names.take(pa.array(indices)),
        pa.array(text.positions[rows]),
        labels,
        *(in_bits(getattr(measured, name)[place]) for name in BITS),
        *(known(getattr(measured, name)[place]) for name in SHARES.values()),
        *(pa.array(top[place], mask=top[place] < 0) for top in (measured.top_p, measured.top_q)),
        in_bits(measured.surprisal_p[place]),
        in_bits(measured.surprisal_q[place]),
    ]


def in_bits(nats: NDArray[np.float64]) -> pa.Array:
    """Bits; null where unknown."""
    return known(nats / Unit.bit.value)


def known(values: NDArray[np.float64]) -> pa.Array:
    """Numbers; null where unknown."""
    return pa.array(values, mask=np.isnan(values))
