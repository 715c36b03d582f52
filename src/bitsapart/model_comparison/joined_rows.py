"""Which rows of two tables belong together: those of one document and position."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.model_comparison.top_lists import TopLists
from bitsapart.values.errors import DataError

Whole = NDArray[np.int64]


def joined_rows(base: TopLists, candidate: TopLists) -> Whole | None:
    """For each row of the base the row of the candidate; None where they go one by one.

    Tables without documents and positions are joined by order.
    """
    if base.position is None or candidate.position is None or base.document is None or candidate.document is None:
        return None
    documents, positions = same_types(base.document, candidate.document), (base.position, candidate.position)
    if all(len(a) == len(b) and (a == b).all() for a, b in (documents, positions)):
        check_once(sorted_by(documents[0], positions[0]), documents[0], positions[0], base.name)
        return None
    first, second = (sorted_by(*pair) for pair in zip(documents, positions, strict=True))
    for order, document, position, side in zip((first, second), documents, positions, (base, candidate), strict=True):
        check_once(order, document, position, side.name)
    check_same(base, candidate, documents, (first, second))
    found = np.empty(len(first), np.int64)
    found[first] = second
    return found


def same_types(first: NDArray[Any], second: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Documents that can be compared: as text where only one side has numbers."""
    if (first.dtype.kind == "U") != (second.dtype.kind == "U"):
        return first.astype(str), second.astype(str)
    return first, second


def sorted_by(document: NDArray[Any], position: Whole) -> Whole:
    """The order of the rows by document and position."""
    return np.lexsort((position, document))


def check_once(order: Whole, document: NDArray[Any], position: Whole, name: str) -> None:
    """Refuse a table that has a position of a document twice."""
    ahead, after = order[:-1], order[1:]
    twice = (document[ahead] == document[after]) & (position[ahead] == position[after])
    if twice.any():
        row = ahead[int(twice.argmax())]
        raise DataError(f"{name} has document {document[row]}, position {position[row]} twice")


def check_same(
    base: TopLists, candidate: TopLists, documents: tuple[NDArray[Any], NDArray[Any]], orders: tuple[Whole, Whole]
) -> None:
    """Refuse tables of which one has a place that the other lacks."""
    assert base.position is not None  # noqa: S101
    assert candidate.position is not None  # noqa: S101
    a = list(zip(documents[0][orders[0]].tolist(), base.position[orders[0]].tolist(), strict=True))
    b = list(zip(documents[1][orders[1]].tolist(), candidate.position[orders[1]].tolist(), strict=True))
    if a == b:
        return
    for here, there, has, lacks in ((a, b, base, candidate), (b, a, candidate, base)):
        missing = set(here) - set(there)
        if missing:
            document, position = min(missing)
            raise DataError(
                f"{lacks.name} has no row for document {document}, position {position}, which {has.name} has "
                f"({len(missing):,} such places): both models must be asked at the same tokens"
            )
