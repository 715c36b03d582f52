"""Verdicts and evidence, with the number of columns taken into account."""

from collections.abc import Mapping
from dataclasses import replace

from bitsapart.comparison.comparison import ColumnShift, Verdict
from bitsapart.comparison.options import Options
from bitsapart.estimate.difference.multiplicity import benjamini_hochberg

MULTIPLICITY = (
    "q-values: Benjamini and Hochberg (1995) over the columns; verdicts: intervals that hold for all columns at once "
    "(Bonferroni)"
)
MOSTLY = 0.5
"""Share of rows counted together with others above which a column cannot be called stable."""


def judged(columns: Mapping[str, ColumnShift], options: Options) -> dict[str, ColumnShift]:
    """Every column with its q-value and its verdict."""
    q_values = benjamini_hochberg([column.p_value for column in columns.values()])
    found = {}
    for (name, column), q_value in zip(columns.items(), q_values, strict=True):
        said = verdict(column, options.tolerance)
        rows = column.rows_to_decide if said == "undecided" else None
        found[name] = replace(column, q_value=q_value, verdict=said, rows_to_decide=rows)
    return found


def verdict(column: ColumnShift, tolerance: float) -> Verdict:
    """Whether the excess lies above the tolerance, below it, or too near to tell."""
    if column.account is None:
        return column.verdict
    if column.simultaneous is None:
        return "undecided"
    low, high = column.simultaneous
    if low > tolerance:
        return "shifted"
    if column.verdict == "identifier":
        return "identifier"
    return "stable" if high <= tolerance and column.pooled_share <= MOSTLY else "undecided"


def overall(columns: Mapping[str, ColumnShift]) -> Verdict:
    """Shifted if any column is, else undecided if any is, else stable."""
    verdicts = {column.verdict for column in columns.values()}
    if "shifted" in verdicts:
        return "shifted"
    if "undecided" in verdicts:
        return "undecided"
    return "stable" if "stable" in verdicts else "not comparable"
