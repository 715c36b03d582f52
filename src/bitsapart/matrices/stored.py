"""Rows that lie in a file, one array of it, read by position: what is read takes no memory after use, unlike a mapping.

The file is opened for each block: threads do not meet, a hundred thousand files may be one matrix, and a block costs
some microseconds more.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.encoding import Encoding
from bitsapart.matrices.in_memory import taken
from bitsapart.matrices.matrix import Shaped
from bitsapart.values.errors import DataError


@dataclass(frozen=True)
class Place:
    """Where bytes lie, and that they are still those which were checked."""

    path: Path
    offset: int
    size: int
    """Of the whole file when it was opened."""
    changed: int
    """When the file was last written then, in nanoseconds."""
    keep: object = None
    """What must live as long: the folder of a temporary file."""

    @staticmethod
    def of(path: Path, offset: int, keep: object = None) -> "Place":
        """A place in a file as it is now."""
        state = path.stat()
        return Place(path, offset, state.st_size, state.st_mtime_ns, keep)

    @contextmanager
    def opened(self) -> Iterator[FileIO]:
        """The file, if it is still the same."""
        try:
            with self.path.open("rb", buffering=0) as file:
                state = os.fstat(file.fileno())
                if (state.st_size, state.st_mtime_ns) != (self.size, self.changed):
                    raise DataError(f"{self.path} was changed while it was read: start again")
                yield file
        except (OSError, EOFError) as error:
            raise DataError(f"{self.path} cannot be read: {error}") from error

    def read(self, out: NDArray[Any], offset: int, stride: int | None = None) -> None:
        """Fill a C-contiguous array with the bytes from an offset on; each first index a stride after the last."""
        target = out.reshape(-1).view(np.uint8).data
        length = len(target) if stride is None else out[0].nbytes
        with self.opened() as file:
            for step, start in enumerate(range(0, len(target), length or 1)):
                file.seek(self.offset + offset + step * (stride or 0))
                fill(file, target[start : start + length])


def fill(file: FileIO, target: memoryview) -> None:
    """Read until a buffer is full; the system may give less than asked for."""
    while target:
        got = file.readinto(target)
        if not got:
            raise EOFError("it ends before its header says so")
        target = target[got:]


@dataclass(frozen=True, eq=False)
class Stored(Shaped):
    """An array in a file."""

    place: Place
    encoding: Encoding
    fortran: bool = False
    """Whether the first axis runs fastest."""

    @property
    def dtype(self) -> str:
        """As stored."""
        return self.encoding.name

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop)."""
        self.check(start, stop)
        raw, width = self.encoding.raw, self.columns
        if self.fortran and len(self.shape) > 2:
            return self.encoding.decode(self.scattered(start, stop))
        if self.fortran:
            values = np.empty((width, stop - start), raw)
            self.place.read(values, start * raw.itemsize, self.rows * raw.itemsize)
            return self.encoding.decode(values.T)
        values = np.empty((stop - start, width), raw)
        self.place.read(values, start * width * raw.itemsize)
        return self.encoding.decode(values)

    def scattered(self, start: int, stop: int) -> NDArray[Any]:
        """Rows of three axes or more with the first running fastest: nowhere together, so through a mapping."""
        with self.place.opened() as file:
            mapped = np.memmap(file, self.encoding.raw, "r", self.place.offset, self.shape, "F")
            return np.array(taken(mapped, start, stop))
