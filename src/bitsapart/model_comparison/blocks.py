"""Rows of both sides in blocks small enough for the cache and the memory, the next ones read while these are used."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.in_memory import InMemory
from bitsapart.model_comparison.logits import Logits

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the rows done and the rows in all."""
Both = tuple[NDArray[Any], NDArray[Any]]

BLOCK = 4 << 20
"""Bytes of one side that are read at once; of each side two such blocks are held."""
AT_HAND = 4
"""How many times as much of what is in memory already: nothing is read, and each block wakes all threads."""
MOST = 1 << 15
"""Rows of a block, where rows are short."""


def block_rows(*sides: Logits) -> int:
    """How many rows fit into a block."""
    width = max(side.matrix.columns * side.itemsize for side in sides)
    return max(1, min(BLOCK // width, MOST))


def both_in_blocks(
    base: Logits, candidate: Logits, what: str = "", progress: Progress | None = None
) -> Iterator[tuple[slice, Both]]:
    """All rows of two sides as they were brought, block by block; of files one block is read ahead."""
    at_hand = all(isinstance(side.matrix, InMemory) for side in (base, candidate))
    step, rows = block_rows(base, candidate) * (AT_HAND if at_hand else 1), base.rows
    places = [slice(start, min(start + step, rows)) for start in range(0, rows, step)]

    def read(place: slice) -> Both:
        return base.as_given(place.start, place.stop), candidate.as_given(place.start, place.stop)

    blocks = ((place, read(place)) for place in places) if at_hand else read_ahead(places, read)
    for place, both in blocks:
        yield place, both
        if progress:
            progress(what, place.stop, rows)


def read_ahead(places: Sequence[slice], read: Callable[[slice], Both]) -> Iterator[tuple[slice, Both]]:
    """What is at each place, the next read while this is used."""
    with ThreadPoolExecutor(1, thread_name_prefix="bitsapart-reader") as pool:
        ahead = pool.submit(read, places[0])
        for number, place in enumerate(places):
            blocks = ahead.result()
            if number + 1 < len(places):
                ahead = pool.submit(read, places[number + 1])
            yield place, blocks


def chosen_rows(side: Logits, rows: NDArray[np.int64], step: int) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Some rows of a side, a few at a time: places in ``rows``, and the logits there."""
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        yield slice(start, start + len(some)), np.concatenate([side.block(row, row + 1) for row in some.tolist()])


def spread(rows: NDArray[np.int64], number: int, seed: int) -> NDArray[np.int64]:
    """So many of the rows, one drawn from each of as many stretches of equal length; all, where there are fewer."""
    if len(rows) <= number:
        return rows
    edges = np.arange(number + 1) * len(rows) // number
    within = np.random.default_rng(seed).random(number)
    return rows[edges[:-1] + (within * np.diff(edges)).astype(np.int64)]
