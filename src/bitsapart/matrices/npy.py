"""NumPy's .npy: a header, then the numbers."""

import math
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from bitsapart.matrices.encoding import encoding_of
from bitsapart.matrices.stored import Place, Stored
from bitsapart.values.errors import DataError

LONGEST_HEADER = 1 << 16
"""NumPy refuses longer ones too, but only after it has read them: up to 4 GB, out of few bytes in a zip file."""


@dataclass(frozen=True)
class Header:
    """What stands before the numbers."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    length: int
    """Bytes of the header itself."""

    @property
    def size(self) -> int:
        """Bytes of the numbers."""
        return math.prod(self.shape) * self.dtype.itemsize

    def stored(self, name: str, place: Place, text: bool) -> Stored:
        """The array that begins at a place, behind this header."""
        encoding = encoding_of(self.dtype, name, text)
        return Stored(name, self.shape, place, encoding, self.fortran and len(self.shape) > 1)


def read_header(file: IO[bytes], name: str) -> Header:
    """The header that a file stands at the beginning of."""
    try:
        shape, fortran, dtype = parsed(file, name)
    except DataError:
        raise
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError, tokenize.TokenError) as error:
        what = "is cut short within its header" if str(error).startswith("EOF: reading") else "has no .npy header"
        raise DataError(f"{name} {what}") from error
    if any(n < 0 for n in shape):
        raise DataError(f"{name} says it has the shape {shape}, which cannot be")
    return Header(tuple(map(int, shape)), fortran, dtype, file.tell())


def parsed(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and type, by NumPy's own reader."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python 2's way to write integers
        version = np.lib.format.read_magic(file)
        length = int.from_bytes(file.read(4), "little")
        if version not in {(1, 0), (2, 0), (3, 0)} or (version > (1, 0) and length > LONGEST_HEADER):
            raise DataError(f"{name} has a header of version {version} and {length:,} bytes, which no array needs")
        file.seek(np.lib.format.MAGIC_LEN)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(file)
        return np.lib.format.read_array_header_2_0(file)


def open_npy(path: Path, name: str, text: bool = False, keep: object = None) -> Stored:
    """The array of a .npy file."""
    with path.open("rb") as file:
        header = read_header(file, name)
    place = Place.of(path, header.length, keep)
    stored = header.stored(name, place, text)
    if place.size != header.length + header.size:
        raise DataError(
            f"{name} is {'cut short' if place.size < header.length + header.size else 'longer than one array'}: "
            f"{place.size:,} bytes where an array of {header.shape} {header.dtype.name} takes "
            f"{header.length + header.size:,}"
        )
    return stored
