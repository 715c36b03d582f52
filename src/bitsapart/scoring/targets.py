"""What is true of each row: a hard label, a distribution over the classes, or votes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bitsapart.measures.arrays import TOLERANCE
from bitsapart.scoring.result import LabelKind
from bitsapart.values.errors import DataError, UsageError

Array = NDArray[np.float64]
FEW = 10
"""Labels that a message lists."""


class Values(Protocol):
    """Rows of labels, votes or the like, read in order."""

    @property
    def name(self) -> Any:
        """For messages."""

    @property
    def rows(self) -> int:
        """How many."""

    @property
    def columns(self) -> int:
        """How many."""

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop), (rows, columns)."""


@dataclass(frozen=True, eq=False)
class Truth:
    """The targets of a block: ``labels`` where they are hard; ``shares``, (rows, classes), else; ``votes`` a row."""

    labels: NDArray[np.int64] | None
    shares: Array | None
    votes: Array | None

    def all_shares(self, classes: int) -> Array:
        """The targets as distributions, (rows, classes)."""
        if self.shares is not None:
            return self.shares
        assert self.labels is not None  # noqa: S101  (one of the two is there)
        found = np.zeros((len(self.labels), classes))
        found[np.arange(len(found)), self.labels] = 1.0
        return found


@dataclass(frozen=True, eq=False)
class Targets:
    """Where the truth comes from, and how it is read."""

    values: Values
    kind: LabelKind
    names: tuple[str, ...]
    """Of the classes, in the order of the predictions' columns."""
    annotators: bool = False

    @cached_property
    def plain(self) -> bool:
        """Whether the classes are the numbers of their columns."""
        return self.names == numbered(len(self.names))

    def read(self, start: int, stop: int) -> Truth:
        """The truth of rows [start, stop)."""
        block = self.values.block(start, stop)
        if self.kind == "hard":
            return Truth(self.codes(block.reshape(-1), start), None, None)
        if self.kind == "soft":
            return Truth(None, self.distributions(block.astype(np.float64), start), None)
        counts = self.tallied(block, start) if self.annotators else self.counted(block.astype(np.float64), start)
        votes = counts.sum(axis=1)
        if not votes.all():
            row = start + int(np.flatnonzero(votes == 0.0)[0])
            raise DataError(f"row {row} of {self.values.name} has no vote: leave it out of labels and predictions")
        return Truth(None, counts / votes[:, None], votes)

    def codes(self, values: NDArray[Any], start: int, missing: bool = False) -> NDArray[np.int64]:
        """The class of each value; -1 for a missing one where that is allowed."""
        if values.dtype.kind in ("iub" if len(self.names) == 2 else "iu") and self.plain:
            codes = values.astype(np.int64)
            wrong = (codes < 0) | (codes >= len(self.names))
            if wrong.any() and not (missing and (codes[wrong] == -1).all()):
                row = int(np.flatnonzero(wrong)[0])
                raise DataError(
                    f"row {start + row} of {self.values.name} is {codes[row]}, and the classes are 0 to "
                    f"{len(self.names) - 1}, the columns of the predictions; classes=[...] (--class) names them"
                )
            return codes
        listed = values.tolist()
        try:
            met = dict.fromkeys(listed, 0)
        except TypeError as error:
            raise DataError(f"{self.values.name} holds values that are no labels: {error}") from error
        for value in met:  # each is looked at once
            met[value] = self.code(value, missing, partial(listed.index, value), start)
        return np.fromiter(map(met.__getitem__, listed), np.int64, len(listed))

    @cached_property
    def known(self) -> dict[str, int]:
        """The classes by their names."""
        return {name: code for code, name in enumerate(self.names)}

    def code(self, value: Any, missing: bool, place: Callable[[], int], start: int) -> int:
        """The class of one value; ``place`` tells where it is in the block, for messages."""
        value = value.item() if isinstance(value, np.generic) else value
        if is_missing(value):
            if missing:
                return -1
            raise DataError(f"row {start + place()} of {self.values.name} is missing: every prediction needs its label")
        texts = spellings(value)
        if isinstance(value, bool) and len(self.names) > 2:
            texts = texts[:2]  # True is class 1 of two, and of no other number of classes
        found = next((self.known[text] for text in texts if text in self.known), None)
        if found is None:
            raise DataError(
                f"row {start + place()} of {self.values.name} is {value!r}, which is none of the classes "
                f"{shortened(self.names)}; classes=[...] (--class) names them in the order of the predictions' columns"
            )
        return found

    def distributions(self, shares: Array, start: int) -> Array:
        """Soft labels, checked."""
        sums = shares.sum(axis=1)
        wrong = ~(np.abs(sums - 1.0) <= TOLERANCE[4]) | ~(shares.min(axis=1) >= 0.0)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(
                f"row {start + row} of {self.values.name} is no distribution over the classes: it sums to "
                f"{sums[row]:.9g}, least {shares[row].min():g}; counts of votes go to votes= (--votes)"
            )
        return np.asarray(shares / sums[:, None])

    def counted(self, counts: Array, start: int) -> Array:
        """Counts of votes, checked."""
        wrong = ~((counts >= 0.0) & (counts == np.floor(counts)) & np.isfinite(counts)).all(axis=1)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(
                f"row {start + row} of {self.values.name} is {counts[row].tolist()}: votes are whole numbers, 0 or "
                "more; shares go to labels= as soft labels"
            )
        return counts

    def tallied(self, values: NDArray[Any], start: int) -> Array:
        """The votes of several annotators, one column each."""
        counts = np.zeros((len(values), len(self.names)))
        for column in values.T:
            codes = self.codes(column, start, missing=True)
            there = np.flatnonzero(codes >= 0)
            counts[there, codes[there]] += 1.0
        return counts


def numbered(classes: int) -> tuple[str, ...]:
    """Names of classes that have none: the numbers of their columns."""
    return tuple(map(str, range(classes)))


def is_missing(value: Any) -> bool:
    """Whether a label is none."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def spellings(value: Any) -> tuple[str, ...]:
    """How a label may be written as the name of a class."""
    if isinstance(value, bool):
        return str(value), str(value).lower(), str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value)), str(value)
    return (str(value),)


def shortened(names: Sequence[Any], most: int = 10) -> str:
    """Some of the names."""
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def unique(names: Sequence[str], classes: int) -> tuple[str, ...]:
    """Names of classes, checked."""
    if len(names) != classes:
        some = "1 class is" if len(names) == 1 else f"{len(names)} classes are"
        raise UsageError(f"{some} named, and the predictions are of {classes}")
    if len(set(names)) != len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise UsageError(f"two classes are named {twice!r}")
    return tuple(names)


@dataclass(frozen=True, eq=False)
class OneAgainstRest:
    """Labels of which one is positive and all others are not."""

    values: Values
    names: tuple[str, ...]
    met: set[str] = field(default_factory=set)
    """Labels as they are written; not all of them where there are many, but the positive one."""

    @property
    def name(self) -> Any:
        """For messages."""
        return self.values.name

    @property
    def rows(self) -> int:
        """How many."""
        return self.values.rows

    @property
    def columns(self) -> int:
        """One."""
        return 1

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """The names of the two classes, one a row; what is missing stays so."""
        values = self.values.block(start, stop).reshape(-1).tolist()
        negative, positive = self.names
        names = {v: v if is_missing(v) else positive if positive in spellings(v) else negative for v in set(values)}
        if positive in names.values():
            self.met.add(positive)
        elif len(self.met) < FEW:
            self.met.update(spellings(value)[0] for value in names if not is_missing(value))
        return np.array([*(names[value] for value in values), None], object)[:-1]

    def finished(self) -> None:
        """All rows were read: a positive label that is none of several is misspelt."""
        positive = self.names[1]
        if positive not in self.met and len(self.met) > 1:
            others = ", ".join(map(repr, sorted(self.met)[:FEW]))
            raise DataError(f"no label is {positive!r}, which positive= (--positive) names: there are {others}")
