"""A comparison as a data frame: one row per column of the tables, flat numbers."""

from importlib import import_module
from typing import Any

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate

ESTIMATES = ("excess", "excess_with_prior", "entropy", "cross_entropy", "reverse", "js")


def to_rows(comparison: Comparison) -> list[dict[str, object]]:
    """One flat dictionary per column, in the table's order; all numbers in bits, None where there is none."""
    return [_row(column) for column in comparison.columns.values()]


def to_frame(comparison: Comparison) -> Any:
    """A ``pandas.DataFrame`` with one row per column, in the table's order; all numbers in bits."""
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise UsageError("to_frame needs pandas: pip install pandas (or use to_rows or to_json)") from error
    rows = to_rows(comparison)
    frame = pandas.DataFrame(rows, columns=list(_row(None)))
    for name in frame.columns:
        if name not in TEXTS and name not in WHOLE:
            frame[name] = frame[name].astype("float64")
    for name in WHOLE:
        frame[name] = frame[name].astype("Int64")
    return frame


TEXTS = ("column", "kind", "verdict", "reference_type", "current_type", "notes")
WHOLE = ("rows_to_decide", "new_values_total", "outcomes")


def _row(column: ColumnShift | None) -> dict[str, object]:
    row: dict[str, object] = {}
    for name in ("column", "kind", "verdict"):
        row[name] = getattr(column, "name" if name == "column" else name, None)
    for name in ESTIMATES:
        estimate: Estimate | None = getattr(column, name, None)
        row[name] = estimate.value if estimate else None
        row[f"{name}_low"] = estimate.low if estimate else None
        row[f"{name}_high"] = estimate.high if estimate else None
    low, high = (column.simultaneous if column else None) or (None, None)
    row |= {"excess_simultaneous_low": low, "excess_simultaneous_high": high}
    plain = ("p_value", "q_value", "rows_to_decide", "new_mass", "new_mass_expected", "new_values_total", "outcomes")
    for name in (*plain, "pooled_share", "reference_null", "current_null", "reference_type", "current_type"):
        row[name] = getattr(column, name, None)
    row["notes"] = " ".join(column.notes) if column else None
    return row
