"""The fused kernels of kernels.c, on all cores; absent where nothing could be compiled.

A task is a range of rows, or of the outcomes of one long row. Long rows are cut at fixed places and put together in
order, so that no digit depends on the number of cores.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import count

import numpy as np
from numpy.typing import NDArray

try:
    from bitsapart.measures import _kernels as _kernels
except ImportError:  # built without a compiler: the formulas themselves run instead
    _kernels = None  # type: ignore[assignment]

Array = NDArray[np.float64]

TASK = 1 << 17
"""Outcomes worth handing to another core: about 0.2 ms."""

PAIRS = 1 << 14
"""Pairs of parameters worth the same."""

DONE, NO_DISTRIBUTION, AGAIN = 0, 1, 2


def compiled() -> bool:
    """Whether the kernels are there."""
    return _kernels is not None


def fused(
    name: str, order: float, tolerance: float, logits: bool, p: NDArray[np.floating], q: NDArray[np.floating] | None
) -> tuple[Array, bool]:
    """The measure and its companions of every row, shape (rows, 3), and whether all rows are distributions.

    `p` and `q` have one shape, native float32 or float64, outcomes on the last axis.
    """
    kernel = getattr(_kernels, name)
    outcomes = p.shape[-1]
    rows = p.size // outcomes
    out = np.empty((rows, 3))
    if p.size < 2 * TASK or cores() == 1:
        return out, _kernels.rows(kernel, order, tolerance, logits, p, q, out, 0, rows) < 0
    if logits or rows >= 2 * cores():
        call = partial(range_of_rows, kernel, order, tolerance, logits, p, q, out)
        return out, all(together([partial(call, *ends) for ends in ranges(rows, outcomes)]))
    good = [
        long_row(kernel, order, tolerance, p[row], None if q is None else q[row], out[i])
        for i, row in enumerate(np.ndindex(p.shape[:-1]))
    ]
    return out, all(good)


def pairs(name: str, *arrays: Array, results: int = 1) -> Array:
    """A formula of numbers that broadcast, on all cores; the names are those that families.c has.

    Several results lie on the first axis.
    """
    kernel = getattr(_kernels, f"pairs_{name}")
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    columns = tuple(
        np.ascontiguousarray(array if array.size == 1 else np.broadcast_to(array, shape), dtype=np.float64)
        for array in arrays
    )
    out = np.empty(shape if results == 1 else (results, *shape))
    size = out.size // results
    if size <= PAIRS or cores() == 1:
        _kernels.pairs(kernel, columns, out, 0, size)
    else:
        calls = [partial(_kernels.pairs, kernel, columns, out, *ends) for ends in ranges(size, TASK // PAIRS)]
        list(pool(os.getpid()).map(lambda call: call(), calls))
    return out


def ranges(rows: int, outcomes: int) -> list[tuple[int, int]]:
    """Where to cut the rows into tasks."""
    step = max(1, TASK // outcomes, rows // (8 * cores()))
    return [(start, min(start + step, rows)) for start in range(0, rows, step)]


def range_of_rows(
    kernel: int,
    order: float,
    tolerance: float,
    logits: bool,
    p: NDArray[np.floating],
    q: NDArray[np.floating] | None,
    out: Array,
    start: int,
    stop: int,
) -> bool:
    """One task of `fused`; whether all its rows are distributions."""
    return _kernels.rows(kernel, order, tolerance, logits, p, q, out, start, stop) < 0


def long_row(
    kernel: int,
    order: float,
    tolerance: float,
    p: NDArray[np.floating],
    q: NDArray[np.floating] | None,
    out: Array,
) -> bool:
    """One row on all cores."""
    starts = range(0, p.size, TASK)
    plan = _kernels.plan(order, tolerance)
    status = AGAIN
    while status == AGAIN:
        parts = np.empty((len(starts), _kernels.WIDTH))
        numbers = count()
        together([partial(next_parts, kernel, plan, p, q, starts, parts, numbers)] * cores())
        status, plan, out[:] = _kernels.merged(kernel, plan, parts)
    return status == DONE


def next_parts(
    kernel: int,
    plan: bytes,
    p: NDArray[np.floating],
    q: NDArray[np.floating] | None,
    starts: range,
    parts: Array,
    numbers: Iterator[int],
) -> bool:
    """One worker: the next part that nobody has taken, until there is none."""
    for number in numbers:
        if number >= len(starts):
            break
        start = starts[number]
        _kernels.part(kernel, plan, p, q, start, min(start + starts.step, p.size), parts, number)
    return True


def together(tasks: Sequence[Callable[[], bool]]) -> list[bool]:
    """Run the tasks on all cores."""
    return list(pool(os.getpid()).map(lambda task: task(), tasks))


@cache
def pool(_process: int) -> ThreadPoolExecutor:
    """Threads of this process; a forked child makes its own."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="bitsapart")


@cache
def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
