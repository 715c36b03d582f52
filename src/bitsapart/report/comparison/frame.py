"""A comparison as a data frame: one row per column of the tables, flat numbers."""

from typing import Any

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report.frames import data_frame, with_ends

ESTIMATES = ("excess", "excess_with_prior", "entropy", "cross_entropy", "reverse", "js")
TEXTS = ("column", "kind", "verdict", "reference_type", "current_type", "notes")
WHOLE = ("rows_to_decide", "new_values_total", "outcomes")


def to_rows(comparison: Comparison) -> list[dict[str, object]]:
    """One flat dictionary per column, in the table's order; all numbers in bits, None where there is none."""
    return [_row(column) for column in comparison.columns.values()]


def to_frame(comparison: Comparison) -> Any:
    """A ``pandas.DataFrame`` with one row per column, in the table's order; all numbers in bits.

    Raises:
        UsageError: pandas is not installed.
    """
    columns = list(_row(None))
    floats = [name for name in columns if name not in TEXTS and name not in WHOLE]
    return data_frame(to_rows(comparison), columns, dict.fromkeys(floats, "float64") | dict.fromkeys(WHOLE, "Int64"))


def _row(column: ColumnShift | None) -> dict[str, object]:
    row: dict[str, object] = {}
    for name in ("column", "kind", "verdict"):
        row[name] = getattr(column, "name" if name == "column" else name, None)
    for name in ESTIMATES:
        row |= with_ends(name, getattr(column, name, None))
    low, high = (column.simultaneous if column else None) or (None, None)
    row |= {"excess_simultaneous_low": low, "excess_simultaneous_high": high}
    plain = ("p_value", "q_value", "rows_to_decide", "new_mass", "new_mass_expected", "new_values_total", "outcomes")
    for name in (*plain, "pooled_share", "reference_null", "current_null", "reference_type", "current_type"):
        row[name] = getattr(column, name, None)
    row["notes"] = " ".join(column.notes) if column else None
    return row
