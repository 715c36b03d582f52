"""How many outcomes there are, and how many of them were not seen."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]


def outcomes_of(counts: Array, outcomes: ArrayLike | None) -> tuple[Array, Array]:
    """The number of outcomes and that of outcomes not seen, both (...), of ``counts``, (..., outcomes).

    ``outcomes``: one number or (...), at least as many as were seen; as many as counts are given if None.

    >>> [found.tolist() for found in outcomes_of(np.array([[3.0, 1.0, 0.0], [5.0, 0.0, 0.0]]), 4)]
    [[4.0, 4.0], [2.0, 3.0]]
    """
    seen = np.count_nonzero(counts, axis=-1)
    known = np.asarray(counts.shape[-1] if outcomes is None else outcomes, dtype=np.float64)
    if (
        isinstance(outcomes, bool)
        or not np.all(np.isfinite(known))
        or np.any(known < 1.0)
        or np.any(known != np.floor(known))
    ):
        raise UsageError(f"outcomes should be a whole number of them, 1 or more; got {outcomes!r}")
    try:
        known = np.broadcast_to(known, counts.shape[:-1])
    except ValueError as error:
        raise UsageError(
            f"outcomes has shape {known.shape}: one number is wanted, or one for each of the {counts.shape[:-1]} rows"
        ) from error
    if np.any(known < seen):
        row = int(np.argmax(np.ravel(known < seen)))
        raise UsageError(
            f"outcomes is {np.ravel(known)[row]:g}, and {np.ravel(seen)[row]} were seen in row {row}: "
            "give the number of all that are possible"
        )
    return known, known - seen
