"""Columns that are not measured, and why."""

from bitsapart.comparison.comparison import ColumnShift, Verdict
from bitsapart.values.schema import Column


def refused(columns: tuple[Column, Column], kind: str, note: str, verdict: Verdict = "not comparable") -> ColumnShift:
    """A column without numbers, and why."""
    return ColumnShift(
        columns[0].name,
        kind,
        columns[0].type,
        columns[1].type,
        verdict=verdict,
        notes=(note,),
    )
