"""Histograms: counts per outcome of one side of a comparison. Mergeable with ``+``, storable, never raw rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bitsapart.values.encoding import Nominal, Ordered
from bitsapart.values.errors import UsageError
from bitsapart.values.hash_level import hash_levels, level_that_fits

SPECIALS = ("null", "nan", "-inf", "inf")
DIFFERENT = "histograms on different encodings cannot be added: count both on one plan"


@dataclass(frozen=True)
class OrderedHistogram:
    """Counts of an ordered column: one per interval of its encoding, and the specials apart."""

    encoding: Ordered
    counts: tuple[int, ...]
    specials: Mapping[str, int]
    lowest: float | int | None = None
    highest: float | int | None = None

    @property
    def rows(self) -> int:
        """All rows, specials included."""
        return sum(self.counts) + sum(self.specials.values())

    def __add__(self, other: "OrderedHistogram") -> "OrderedHistogram":
        if self.encoding != other.encoding:
            raise UsageError(DIFFERENT)
        return OrderedHistogram(
            self.encoding,
            tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            added(self.specials, other.specials),
            min((x for x in (self.lowest, other.lowest) if x is not None), default=None),
            max((x for x in (self.highest, other.highest) if x is not None), default=None),
        )

    def __str__(self) -> str:
        return f"{self.rows:,} rows in {sum(c > 0 for c in self.counts)} of {len(self.counts)} outcomes"


@dataclass(frozen=True)
class NominalHistogram:
    """Counts per distinct value; what did not fit the encoding's cap is ``pooled``."""

    encoding: Nominal
    counts: Mapping[str, int]
    specials: Mapping[str, int]
    pooled: int = 0
    level: int = 0

    @property
    def rows(self) -> int:
        """All rows, specials and pooled included."""
        return sum(self.counts.values()) + self.pooled + sum(self.specials.values())

    def __add__(self, other: "NominalHistogram") -> "NominalHistogram":
        if self.encoding != other.encoding:
            raise UsageError(DIFFERENT)
        return NominalHistogram.of(
            self.encoding,
            added(self.counts, other.counts),
            added(self.specials, other.specials),
            self.pooled + other.pooled,
            max(self.level, other.level),
        )

    @staticmethod
    def of(
        encoding: Nominal, counts: Mapping[str, int], specials: Mapping[str, int], pooled: int = 0, level: int = 0
    ) -> "NominalHistogram":
        """A histogram at the smallest level, not below ``level``, at which its values fit the encoding's cap."""
        if level == 0 and len(counts) <= encoding.cap + len(encoding.listed):
            return NominalHistogram(encoding, counts, specials, pooled)
        listed = set(encoding.listed)
        others = [value for value in counts if value not in listed]
        levels = hash_levels(others)
        level = level_that_fits(levels, encoding.cap, level)
        dropped = {others[i] for i in np.flatnonzero(levels < level).tolist()}
        kept = {value: count for value, count in counts.items() if value not in dropped}
        pooled += sum(counts.values()) - sum(kept.values())
        return NominalHistogram(encoding, kept, specials, pooled, level)

    def at_level(self, level: int) -> "NominalHistogram":
        """The same histogram with all but the listed values below a hash level pooled."""
        if level <= self.level:
            return self
        return NominalHistogram.of(self.encoding, self.counts, self.specials, self.pooled, level)

    def __str__(self) -> str:
        rest = f", {self.pooled:,} rows pooled" if self.pooled else ""
        return f"{self.rows:,} rows, {len(self.counts):,} distinct values{rest}"


Histogram = OrderedHistogram | NominalHistogram


@dataclass(frozen=True)
class Unreadable:
    """What stands in a profile where a column could not be counted: the reason."""

    reason: str


def added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Counts of two sides together."""
    total = dict(first)
    for name, count in second.items():
        total[name] = total.get(name, 0) + count
    return total
