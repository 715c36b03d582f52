"""One value a row, loaded whole: labels, token ids, documents, weights."""

import re
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.in_memory import from_object
from bitsapart.matrices.matrix import Matrix
from bitsapart.matrices.members import is_vector
from bitsapart.matrices.open_matrix import blaming, open_file, with_rows
from bitsapart.matrices.paths import found, split_member
from bitsapart.values.errors import DataError

WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|nan|[+-]?inf", re.IGNORECASE)


def read_vector(source: object, role: str, member: str | None = None) -> NDArray[Any]:
    """A one-dimensional array of numbers, booleans or text, from an object or a path.

    Args:
        source: An array, tensor or list of shape (n,) or (n, 1); or the path of a .npy, .npz or .safetensors file, or
            of a .txt file with one value a line (numbers where all lines are), a glob of such, or a folder.
        role: What it is, for messages, such as "labels".
        member: Which array of a .npz or .safetensors file, where it has several.

    Raises:
        UsageError: The file has several arrays and none is named, or not the named one.
        DataError: It cannot be read, has another shape, or holds neither numbers nor text.

    >>> read_vector(["cat", "dog"], "labels").tolist(), read_vector([[1], [0]], "labels").tolist()
    (['cat', 'dog'], [1, 0])
    """
    if not isinstance(source, str | PathLike):
        return values_of(with_rows(from_object(source, role, text=True)))
    pattern, member = split_member(str(fspath(source)), member)
    parts = [one_file(path, member) for path in found(pattern, role)]
    if len({part.dtype.kind == "U" for part in parts}) > 1:
        raise DataError(f"{pattern} has {len(parts)} files, some of text and some of numbers")
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def one_file(path: Path, member: str | None) -> NDArray[Any]:
    """The vector in one file."""
    if path.suffix.lower() == ".txt":
        with blaming(path):
            return lines_of(path)
    matrix = open_file(path, member, vector=True, text=True)
    return values_of(matrix)


def values_of(matrix: Matrix) -> NDArray[Any]:
    """All values of a matrix of one column; bytes as the text that they are in UTF-8."""
    if not is_vector(matrix.shape):
        raise DataError(f"{matrix.name} has the shape {matrix.shape}: one value a row is needed")
    values = matrix.block(0, matrix.rows).reshape(-1)
    if values.dtype.kind == "S":
        try:
            return np.strings.decode(values, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{matrix.name} holds bytes that are no text in UTF-8: {error}") from error
    return values.astype(np.bool_) if matrix.dtype == "bool" else values


def lines_of(path: Path) -> NDArray[Any]:
    """The values of a text file, one a line: numbers where all lines are, text as written otherwise."""
    lines = path.read_text("utf-8-sig").splitlines()
    blank = next((place for place, line in enumerate(lines) if not line.strip()), None)
    if blank is not None:
        raise DataError(f"line {blank + 1} of {path} is empty: one value a line is needed")
    if not lines:
        raise DataError(f"{path} is an empty file")
    if all(WHOLE.fullmatch(line) for line in lines):
        return np.array(lines).astype(np.int64)
    if all(DECIMAL.fullmatch(line) for line in lines):
        return np.array(lines).astype(np.float64)
    return np.array(lines)
