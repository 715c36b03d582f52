"""From whatever a caller has to a matrix."""

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path

from bitsapart.matrices.in_memory import from_object
from bitsapart.matrices.joined import joined
from bitsapart.matrices.llama_base import open_llama_base
from bitsapart.matrices.matrix import Matrix
from bitsapart.matrices.npy import open_npy
from bitsapart.matrices.npz import open_npz
from bitsapart.matrices.paths import format_of, found, split_member
from bitsapart.matrices.safetensors import open_safetensors
from bitsapart.values.errors import BitsapartError, DataError, UsageError

BROKEN = (
    *(ArithmeticError, EOFError, LookupError, OSError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(lzma.LZMAError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)
"""What the readers of formats raise at damaged files."""


def open_matrix(source: object, role: str, member: str | None = None) -> Matrix:
    """Rows of numbers behind an object or a path.

    Args:
        source: An array, a tensor, a nested list; or the path of a .npy, .npz, .safetensors or llama.cpp base file, a
            glob of such, or a folder, whose files are joined in the order of their names (row_2 before row_10).
        role: What it is, for messages, such as "predictions".
        member: Which array of a .npz or .safetensors file, where it has several; ``file.npz:member`` says the same.

    Raises:
        UsageError: The file has several arrays and none is named, or not the named one.
        DataError: It cannot be read, is damaged, holds no numbers or no rows, or is a pickle.

    >>> matrix = open_matrix([[0.5, 0.5], [0.9, 0.1]], "predictions")
    >>> matrix.rows, matrix.columns, matrix.block(1, 2).tolist()
    (2, 2, [[0.9, 0.1]])
    """
    if not isinstance(source, str | PathLike):
        if member is not None:
            raise UsageError(f"{role} is no file, so it has no array {member!r}")
        return with_rows(from_object(source, role))
    pattern, member = split_member(str(fspath(source)), member)
    parts = [open_file(path, member) for path in found(pattern, role)]
    return parts[0] if len(parts) == 1 else joined(f"{pattern} ({len(parts)} files)", parts)


def open_file(path: Path, member: str | None, vector: bool = False, text: bool = False) -> Matrix:
    """The array of one file."""
    with blaming(path):
        kind = format_of(path)
        if kind == "npz":
            return with_rows(open_npz(path, member, vector, text))
        if kind == "safetensors":
            return with_rows(open_safetensors(path, member, vector))
        if member is not None:
            raise UsageError(f"{path} holds one array, so none named {member!r}")
        return with_rows(open_npy(path, str(path), text)) if kind == "npy" else open_llama_base(path)


def with_rows(matrix: Matrix) -> Matrix:
    """Refuse what has nothing in it."""
    if not matrix.shape:
        raise DataError(f"{matrix.name} is a single number: rows of numbers are needed")
    if 0 in matrix.shape:
        raise DataError(f"{matrix.name} is empty: its shape is {matrix.shape}")
    return matrix


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Turn what a reader says of a damaged file into one sentence that names it."""
    try:
        yield
    except BitsapartError:
        raise
    except BROKEN as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path} cannot be read: {text[:300]}") from error
