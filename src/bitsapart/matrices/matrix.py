"""What every matrix offers, wherever its rows are."""

import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Matrix(Protocol):
    """Rows of numbers, given in blocks.

    Blocks are independent of each other: threads may read different ones at the same time.
    """

    @property
    def name(self) -> str:
        """For messages: the path, with the member where a file has several, or the role of an object."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As stored, for instance (documents, positions, outcomes)."""

    @property
    def dtype(self) -> str:
        """As stored: "float16", "bfloat16", "int64", "llama.cpp uint16" ...; of files that differ, all their types."""

    @property
    def rows(self) -> int:
        """The product of all axes but the last; all values of a vector."""

    @property
    def columns(self) -> int:
        """The length of the last axis; 1 for a vector."""

    @property
    def segments(self) -> tuple[int, ...]:
        """The rows of each natural document: first indices of three axes, files of several, chunks of llama.cpp."""

    @property
    def tokens(self) -> NDArray[np.int64] | None:
        """The token id that each row predicts, where the format says so."""

    @property
    def token_hash(self) -> str | None:
        """A hash of all token ids in the file, context too, where the format has them: equal texts, equal hashes."""

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop), shape (stop - start, columns), C-contiguous, perhaps a view: not to be written to.

        Float16, float32, float64 or integers in native byte order; bfloat16 comes as float32, booleans as uint8.
        """


@dataclass(frozen=True, eq=False)
class Shaped:
    """What follows from a shape."""

    name: str
    shape: tuple[int, ...]
    tokens: NDArray[np.int64] | None = field(default=None, kw_only=True)
    token_hash: str | None = field(default=None, kw_only=True)

    @property
    def rows(self) -> int:
        """The product of all axes but the last; all values of a vector."""
        return math.prod(self.shape[:-1]) if len(self.shape) > 1 else self.shape[0]

    @property
    def columns(self) -> int:
        """The length of the last axis; 1 for a vector."""
        return self.shape[-1] if len(self.shape) > 1 else 1

    @property
    def segments(self) -> tuple[int, ...]:
        """The rows of each first index where there are three axes or more, else all rows."""
        return (math.prod(self.shape[1:-1]),) * self.shape[0] if len(self.shape) > 2 else (self.rows,)

    def check(self, start: int, stop: int) -> None:
        """Refuse rows that are not there: a slice that is cut short would be a silent wrong number."""
        if not 0 <= start <= stop <= self.rows:
            raise IndexError(f"rows [{start}, {stop}) of {self.name}, which has {self.rows}")
