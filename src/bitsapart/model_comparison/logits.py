"""One side: rows of logits of the whole vocabulary, in memory or in a file."""

from dataclasses import dataclass, replace
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices import Matrix, open_matrix
from bitsapart.matrices.paths import format_of, found, split_member
from bitsapart.model_comparison.result import LogitsFacts
from bitsapart.values.errors import DataError, UsageError

LLAMA, SPAN = "llama.cpp uint16", 16.0
"""How llama.cpp's files are stored, and how many nats below the largest they reach."""


@dataclass(frozen=True, eq=False)
class Logits:
    """A matrix of which the first ``vocabulary`` columns count."""

    matrix: Matrix
    role: str
    format: str
    vocabulary: int
    raised: bool = False
    """Whether what is far below a row's largest is raised, as llama.cpp's files do."""

    @property
    def rows(self) -> int:
        """Tokens."""
        return self.matrix.rows

    @property
    def name(self) -> str:
        """For messages and reports."""
        return self.matrix.name

    @property
    def dtype(self) -> str:
        """As stored."""
        return self.matrix.dtype

    @property
    def itemsize(self) -> int:
        """Bytes of a number once it is read."""
        return self.matrix.block(0, 0).dtype.itemsize

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop) of the columns that count, floating point, raised where they are to be."""
        return self.leveled(self.as_given(start, stop))

    def as_given(self, start: int, stop: int) -> NDArray[Any]:
        """The same as it was brought, never raised."""
        return self.whole(start, stop)[:, : self.vocabulary]

    def leveled(self, found: NDArray[Any]) -> NDArray[Any]:
        """Such rows, raised where they are to be."""
        if not self.raised:
            return found
        largest = found.max(axis=1, keepdims=True)
        return np.asarray(np.maximum(found, largest - SPAN, where=np.isfinite(largest), out=found.copy()))

    def whole(self, start: int, stop: int) -> NDArray[Any]:
        """The same with all columns."""
        found = self.matrix.block(start, stop)
        if found.dtype.kind == "f":
            return found
        return found.astype(np.float32 if found.dtype.itemsize < 3 else np.float64)

    def facts(self, documents: int) -> LogitsFacts:
        """What is kept of it."""
        return LogitsFacts(self.name, self.format, self.dtype, self.rows, self.matrix.columns, documents)


def open_logits(source: object, role: str, vocabulary: int | None) -> Logits:
    """A side from an array or a path."""
    matrix = open_matrix(source, role)
    if len(matrix.shape) < 2:
        raise DataError(f"{matrix.name} has the shape {matrix.shape}: rows of logits are needed, a column a token")
    if vocabulary is not None and vocabulary > matrix.columns:
        raise UsageError(f"vocabulary is {vocabulary:,}, but {matrix.name} has only {matrix.columns:,} columns")
    return Logits(matrix, role, format_name(source, role), vocabulary or matrix.columns)


def format_name(source: object, role: str) -> str:
    """What kind of file a side is."""
    if not isinstance(source, str | PathLike):
        return "array"
    return format_of(found(split_member(str(fspath(source)), None)[0], role)[0])


def alike(base: Logits, candidate: Logits) -> tuple[Logits, Logits, list[str]]:
    """Both sides cut at the same depth, and a note where one had to be.

    A base file of llama.cpp raises all that is 16 nats or more below a row's largest to there. Against logits that go
    deeper that would pass for a divergence, often larger than the real one; where both are raised it cancels.
    """
    stored = [side.dtype == LLAMA for side in (base, candidate)]
    if stored[0] == stored[1]:
        return base, candidate, []
    other = candidate if stored[0] else base
    note = f"{other.name} was raised to {SPAN:g} nats below each row's largest, as llama.cpp's files are."
    return replace(base, raised=not stored[0]), replace(candidate, raised=not stored[1]), [note]


def check_shapes(base: Logits, candidate: Logits) -> None:
    """Refuse sides that cannot be of the same tokens and the same vocabulary."""
    if base.rows != candidate.rows:
        raise DataError(
            f"{base.name} has {base.rows:,} rows and {candidate.name} has {candidate.rows:,}: both models must be "
            "given the same tokens"
        )
    if base.vocabulary != candidate.vocabulary:
        raise DataError(
            f"{base.name} has {base.vocabulary:,} columns and {candidate.name} has {candidate.vocabulary:,}: where one "
            "is padded, vocabulary= says how many tokens are real"
        )
