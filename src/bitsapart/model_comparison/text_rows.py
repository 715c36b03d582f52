"""What is known of each row beside its logits: the token that came, its document, position and domain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices import open_matrix, read_vector
from bitsapart.values.errors import BitsapartError, DataError

Whole = NDArray[np.int64]
Small = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows sorted into groups, numbered in the order in which they first appear."""

    codes: Small
    names: Sequence[object]

    @staticmethod
    def of(values: NDArray[Any]) -> "Groups":
        """Groups of equal values."""
        distinct, first, codes = np.unique(values, return_index=True, return_inverse=True)
        order = np.argsort(first, kind="stable")
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return Groups(rank[codes.reshape(-1)], distinct[order].tolist())

    @staticmethod
    def of_lengths(lengths: Sequence[int]) -> "Groups":
        """Groups one after the other."""
        return Groups(np.repeat(np.arange(len(lengths), dtype=np.int32), lengths), range(len(lengths)))

    def places(self) -> Small:
        """The number of each row within its group, from 0."""
        order = np.argsort(self.codes, kind="stable")
        counts = np.bincount(self.codes, minlength=len(self.names))
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        places = np.empty(len(self.codes), np.int32)
        places[order] = np.arange(len(order)) - starts
        return places


@dataclass(frozen=True, eq=False)
class TextRows:
    """One entry a row of the files."""

    documents: Groups
    positions: Small
    labels: Small | None
    """The token that came; -1 where the row is to be left out."""
    domains: Groups | None
    use: NDArray[np.bool_]
    """Which rows are compared."""

    @property
    def clusters(self) -> Small | None:
        """The documents, where there are several."""
        return self.documents.codes if len(self.documents.names) > 1 else None

    def document_number(self, row: int) -> int:
        """The document of a row: the number that was given for it, or its place among the documents."""
        code = int(self.documents.codes[row])
        name = self.documents.names[code]
        return name if isinstance(name, int) else code


def text_rows(
    labels: Whole | None,
    documents: NDArray[Any] | None,
    domains: NDArray[Any] | None,
    segments: Sequence[int],
    positions: Small | None = None,
) -> TextRows:
    """From what was given or found in the files, each of one entry a row."""
    groups = Groups.of_lengths(segments) if documents is None else Groups.of(documents)
    rows = len(groups.codes)
    return TextRows(
        documents=groups,
        positions=groups.places() if positions is None else positions,
        labels=None if labels is None else np.maximum(labels, -1).astype(np.int32),
        domains=None if domains is None else Groups.of(domains),
        use=np.ones(rows, dtype=bool) if labels is None else labels >= 0,
    )


def one_a_row(source: object, role: str, axes: Sequence[int], segments: Sequence[int] = ()) -> NDArray[Any]:
    """Values from an object or a file, as many as there are rows, which are of some axes.

    ``segments``: the rows of each document, where one value a document is enough.
    """
    values, own = flat(source, role)
    rows = math.prod(axes)
    if 1 < len(values) == len(segments) != rows:
        return np.repeat(values, segments)
    if len(values) != rows:
        enough = f", or one for each of the {len(segments):,} documents" if len(segments) > 1 else ""
        raise DataError(
            f"{role} has {len(values):,} values, but there are {rows:,} rows of logits: one a row is needed{enough}"
        )
    check_axes(own, axes, (role, "the logits"))
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise DataError(f"{role} has NaN in row {int(np.isnan(values).argmax())}")
    return values


def check_axes(first: Sequence[int], second: Sequence[int], names: tuple[str, str]) -> None:
    """Refuse rows, such as documents by positions, that cannot be in the same order though their number is the same."""
    a, b = ({count for count in accumulate(reversed(axes), mul) if count > 1} for axes in (first, second))
    if not (a <= b or b <= a):  # one divides the rows as the other does, and perhaps more finely
        raise DataError(
            f"{names[0]} has rows of the axes {tuple(first)} and {names[1]} of {tuple(second)}: their order is not the "
            "same, so transpose one"
        )


def flat(source: object, role: str) -> tuple[NDArray[Any], tuple[int, ...]]:
    """All values in one dimension, and the axes that they had; of two, as documents by positions, row after row."""
    if not isinstance(source, str | PathLike) and depth(source) > 1:
        return flat_matrix(source, role, None)
    try:
        values = read_vector(source, role)
    except DataError as error:
        if isinstance(source, str | PathLike):
            return flat_matrix(source, role, error)
        raise
    return values, (len(values),)


def depth(source: object) -> int:
    """How many lists a value lies in."""
    return 1 + depth(source[0]) if isinstance(source, list | tuple) and source else getattr(source, "ndim", 0)


def flat_matrix(source: object, role: str, refusal: DataError | None) -> tuple[NDArray[Any], tuple[int, ...]]:
    """The values of a matrix, row after row; refused as the vector that it is not, where it is no matrix either."""
    if isinstance(source, str | PathLike) and Path(source).suffix.lower() == ".txt" and refusal:
        raise refusal
    try:
        matrix = open_matrix(source, role)
    except BitsapartError:
        if refusal:
            raise refusal from None
        raise
    return matrix.block(0, matrix.rows).reshape(-1), matrix.shape


def checked_labels(source: object, axes: Sequence[int], vocabulary: int) -> Whole:
    """Token ids, one a row; negative ones mark rows to leave out."""
    values = one_a_row(source, "labels", axes)
    if values.dtype.kind == "f" and np.all(values == np.floor(values)):
        values = values.astype(np.int64)
    if values.dtype.kind not in "iu":
        raise DataError(f"labels should be whole numbers, the ids of tokens, not {values.dtype.name}")
    check_range(values, vocabulary, "labels")
    return values.astype(np.int64)


def check_range(labels: NDArray[Any], vocabulary: int, role: str) -> None:
    """Refuse ids beyond the vocabulary."""
    beyond = labels >= vocabulary
    if beyond.any():
        row = int(beyond.argmax())
        raise DataError(
            f"{role} has {labels[row]} in row {row}, but there are {vocabulary:,} tokens, 0 to {vocabulary - 1:,}"
        )


def check_same_tokens(first: Whole | None, second: Whole | None, names: tuple[str, str], ids: bool = True) -> None:
    """Refuse texts that differ; a negative id is unknown."""
    if first is None or second is None:
        return
    apart = (first != second) & (first >= 0) & (second >= 0)
    if apart.any():
        row = int(apart.argmax())
        values = f": {first[row]} and {second[row]}" if ids else ""
        raise DataError(f"{names[0]} and {names[1]} are not of the same text: row {row} is of different tokens{values}")
