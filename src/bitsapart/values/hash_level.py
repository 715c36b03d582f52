"""Levels of values by their hash: half of all values have level >= 1, a quarter >= 2, and so on.

A bounded histogram keeps the values from some level on. Which they are depends on the values only, so parts of a table
agree on them. The hash is FNV-1a on up to 32 bytes from either end and the length, stirred; for many values at once.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

START, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
STIR = np.uint64(0xFF51AFD7ED558CCD)
BYTES = 32


def hash_levels(values: Sequence[str]) -> NDArray[np.int64]:
    """The level of every value, 0 to 32.

    >>> levels = hash_levels([f"value {i}" for i in range(8000)])
    >>> [round(float(np.mean(levels >= level)), 1) for level in (0, 1)]
    [1.0, 0.5]
    """
    encoded = [value.encode("utf-8", "surrogatepass") for value in values]
    ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
    return levels_of_bytes(np.frombuffer(b"".join(encoded), np.uint8), np.append(0, ends))


def levels_of_bytes(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The level of every stretch of bytes data[offsets[i] : offsets[i + 1]]."""
    starts, ends = offsets[:-1], offsets[1:]
    lengths = ends - starts
    found = START ^ lengths.astype(np.uint64)
    for step in range(min(2 * BYTES, int(lengths.max(initial=0)))):
        # the first bytes forwards, then, of longer values, the last ones backwards
        longer = np.flatnonzero(lengths > step)
        place = starts[longer] + step if step < BYTES else ends[longer] - 1 - (step - BYTES)
        found[longer] = (found[longer] ^ data[place]) * PRIME
    found ^= found >> np.uint64(33)
    found *= STIR
    top = (found >> np.uint64(32)).astype(np.float64)
    return 32 - np.frexp(top)[1].astype(np.int64)  # frexp gives the number of bits


def level_that_fits(levels: NDArray[np.int64], cap: int, least: int = 0) -> int:
    """The smallest level, not below ``least``, from which on there are at most ``cap`` values."""
    from_level_on = np.cumsum(np.bincount(levels, minlength=34)[::-1])[::-1]
    return max(least, int(np.argmax(from_level_on <= cap)))
