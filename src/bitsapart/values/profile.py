"""A profile: what is known of a table once it has been counted. A baseline that needs no rows to compare with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from bitsapart.values.codec import decode_document, encode, to_text
from bitsapart.values.errors import DataError, UsageError
from bitsapart.values.histogram import Histogram, NominalHistogram, OrderedHistogram, Unreadable
from bitsapart.values.plan import Plan
from bitsapart.values.schema import TableSchema
from bitsapart.values.whole_file import write_whole

SCHEMA = "bitsapart.profile/1"


@dataclass(frozen=True)
class Profile:
    """A table's schema, the plan it was counted on, and a histogram for every column of the plan.

    Profiles on one plan add up: chunks, days and partitions of a table make the profile of the whole.
    """

    schema: TableSchema
    plan: Plan
    histograms: Mapping[str, Histogram | Unreadable]

    def __add__(self, other: "Profile") -> "Profile":
        if self.plan != other.plan:
            raise UsageError("profiles on different plans cannot be added: make the second with plan=first.plan")
        rows = self.schema.rows + other.schema.rows
        both = {name: merged(self.histograms.get(name), other.histograms.get(name)) for name in self.histograms}
        return Profile(replace(self.schema, rows=rows), self.plan, both)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the profile, as JSON; whole or not at all.

        Raises:
            UsageError: nothing can be written there.
        """
        return write_whole(path, to_text({"profile": SCHEMA} | encode(self)))

    @staticmethod
    def load(path: str | PathLike[str]) -> "Profile":
        """The profile that ``save`` wrote.

        Raises:
            DataError: the file is missing or holds no profile.
        """
        if not Path(path).exists():
            raise DataError(f"no such file: {str(path)!r}")
        try:
            text = Path(path).read_text("utf-8")
        except (OSError, UnicodeError) as error:
            raise DataError(f"{path} cannot be read: {error}") from error
        try:
            return decode_document(Profile, text, "profile", SCHEMA)
        except DataError as error:
            raise DataError(f"{path} is no profile: {error}") from error

    def __str__(self) -> str:
        lines = [f"{name!r:<24} {histogram}" for name, histogram in self.histograms.items()]
        return "\n  ".join([f"profile of {self.schema.name}: {self.schema.rows:,} rows", *lines])


def merged(first: Histogram | Unreadable | None, second: Histogram | Unreadable | None) -> Histogram | Unreadable:
    """Two parts of a column together; the whole is unreadable where a part is."""
    if isinstance(first, OrderedHistogram) and isinstance(second, OrderedHistogram):
        return first + second
    if isinstance(first, NominalHistogram) and isinstance(second, NominalHistogram):
        return first + second
    return next((part for part in (first, second) if isinstance(part, Unreadable)), Unreadable("missing in a part"))
