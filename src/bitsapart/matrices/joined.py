"""Several matrices one below the other."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.matrix import Matrix, Shaped
from bitsapart.values.errors import DataError


@dataclass(frozen=True, eq=False)
class Joined(Shaped):
    """The rows of several matrices, in order."""

    parts: Sequence[Matrix]
    ends: Sequence[int]
    """Rows up to the end of each part."""
    common: np.dtype[Any]
    """The type that holds the numbers of all."""

    @property
    def dtype(self) -> str:
        """Of all, where they differ in order of appearance."""
        return " and ".join(dict.fromkeys(part.dtype for part in self.parts))

    @property
    def segments(self) -> tuple[int, ...]:
        """The documents of all; a file is at least one."""
        return tuple(length for part in self.parts for length in part.segments)

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop), across the files."""
        self.check(start, stop)
        found: list[NDArray[Any]] = []
        place = bisect_right(self.ends, start)
        while start < stop:
            part, end = self.parts[place], self.ends[place]
            before = end - part.rows
            found.append(part.block(start - before, min(stop, end) - before).astype(self.common, copy=False))
            start, place = min(stop, end), place + 1
        if not found:
            return np.empty((0, self.columns), self.common)
        return found[0] if len(found) == 1 else np.concatenate(found)


def joined(name: str, parts: Sequence[Matrix]) -> Joined:
    """Matrices of as many columns as one."""
    first = parts[0]
    odd = next((part for part in parts if part.columns != first.columns), None)
    if odd is not None:
        raise DataError(
            f"{odd.name} has {odd.columns} columns and {first.name} {first.columns}: files that are read as one need "
            "the same number"
        )
    ends = list(accumulate(part.rows for part in parts))
    one_of_each = {part.dtype: part for part in parts}
    common = np.result_type(*(part.block(0, 0).dtype for part in one_of_each.values()))
    tokens = [part.tokens for part in parts if part.tokens is not None]
    hashes = [part.token_hash for part in parts if part.token_hash is not None]
    whole = len(tokens) == len(parts)
    return Joined(
        name,
        (ends[-1], first.columns),
        parts,
        ends,
        common,
        tokens=np.concatenate(tokens) if whole else None,
        token_hash=hashlib.blake2b("".join(hashes).encode(), digest_size=16).hexdigest() if whole else None,
    )
