"""The plan: which columns are to be counted, and how. A value: printable, storable, equal when it asks the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bitsapart.values.encoding import Encoding, Ordered

ColumnKind = Literal["numeric", "temporal", "categorical", "nested", "empty"]


@dataclass(frozen=True)
class ColumnPlan:
    """One column: its name, its kind, its type in the words of Arrow, its encoding, and remarks for the reader."""

    name: str
    kind: ColumnKind
    type: str
    encoding: Encoding
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        encoding = self.encoding
        if isinstance(encoding, Ordered):
            what = f"{encoding.outcomes} outcomes, {len(encoding.atoms)} of them single values"
            if encoding.of == "length":
                what = f"length in {what}"
        elif encoding.of == "presence":
            what = "null or present"
        else:
            what = f"every value an outcome, up to {encoding.cap:,} values"
        return f"{self.name!r:<24} {self.type:<20} {self.kind:<12} {what}"


@dataclass(frozen=True)
class Plan:
    """What is to be counted in both tables; the encodings come from the reference alone."""

    columns: tuple[ColumnPlan, ...]
    rows: int
    """Rows of the reference when it was surveyed."""
    sampled: int
    """Rows that were looked at to choose the encodings."""

    def of(self, names: Sequence[str]) -> "Plan":
        """The plan for some of the columns."""
        return Plan(tuple(self[name] for name in names), self.rows, self.sampled)

    def __getitem__(self, name: str) -> ColumnPlan:
        return next(column for column in self.columns if column.name == name)

    def __str__(self) -> str:
        head = (
            f"plan: {len(self.columns)} columns; encodings from {self.sampled:,} of the reference's {self.rows:,} rows"
        )
        return "\n  ".join([head, *map(str, self.columns)])
