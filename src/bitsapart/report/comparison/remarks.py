"""What is to be said of a column besides its numbers: sentences, the same in every format."""

import math

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import words

USUAL = 1.2
"""How many times the expected share of new values goes without a remark."""
POOLED = 0.1
"""Share of rows in groups of rare values that goes without a remark."""
EQUAL = 1.1
"""Up to which ratio of sizes the tables are said to have equally many rows."""
RANGES = {"numeric", "temporal", "nested"}
"""Kinds of columns whose outcomes are mostly ranges."""
PLACES = {"shifted": "above", "stable": "below"}


def remarks(column: ColumnShift, comparison: Comparison, judged: bool = False, rows: bool = True) -> list[str]:
    """All sentences on a column, its notes first.

    ``judged`` says that the ground of the verdict stands elsewhere, ``rows`` whether those that would decide are named.
    """
    found = (
        *map(sentence, column.notes),
        new_values(column),
        pooled(column),
        "" if judged else contradiction(column, comparison),
        more_rows(column, comparison) if rows else "",
    )
    return [line for line in found if line]


def sentence(note: str) -> str:
    """A note as a sentence that is safe to show."""
    text = words.visible(note)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def new_values(column: ColumnShift) -> str:
    """Values that the reference never had, where they are more than was to be expected."""
    if column.new_mass <= USUAL * column.new_mass_expected:
        return ""
    ranges = column.kind in RANGES
    most = column.new_values[:3]
    shown = ", ".join(f"{words.shortened(words.visible(v.value), 40)} ({words.share(v.share)})" for v in most)
    more = column.new_values_total - len(most)
    if more > 0 and most:
        shown += f" and {words.counted(more, 'more range')}" if ranges else f" and {more:,} more"
    usual = f" ({words.share(column.new_mass_expected)} to be expected had nothing changed)"
    expected = usual if column.new_mass_expected > 0 else ""
    which = "Values" if ranges else words.counted(column.new_values_total, "value")
    of_rows = f"{words.share(column.new_mass)} of the rows"
    return f"{which} the reference never had, in {of_rows}{expected}{f': {shown}' if shown else ''}."


def pooled(column: ColumnShift) -> str:
    """That many rows hold rare values, and what follows from it."""
    if column.pooled_share < POOLED:
        return ""
    return (
        f"{words.share(column.pooled_share)} of the rows hold values too rare to stand alone, counted in groups: "
        "the true excess can be larger, and so is the entropy."
    )


def ground(column: ColumnShift, comparison: Comparison) -> str:
    """The interval that the verdict comes from, and where it lies: the part of a sentence."""
    if column.simultaneous is None or column.verdict not in {"shifted", "undecided", "stable"}:
        return ""
    number = sum(c.simultaneous is not None for c in comparison.columns.values())
    columns = f"all {number:,} columns" if number > 1 else "all columns"
    place = {"above": "lies above", "below": "lies below", "around": "contains"}[
        _place(column.simultaneous, comparison)
    ]
    limit = f"the tolerance of {words.measured(comparison.tolerance, 'bit')}"
    return f"the interval that holds for {columns} at once, {words.interval(*column.simultaneous)}, {place} {limit}"


def doubt(column: ColumnShift, comparison: Comparison) -> str:
    """Why a column is undecided although its interval lies below the tolerance: the part of a sentence."""
    if column.verdict != "undecided" or column.simultaneous is None:
        return ""
    if _place(column.simultaneous, comparison) != "below":
        return ""
    if column.pooled_share >= POOLED:
        return f"{words.share(column.pooled_share)} of the rows hold values that were counted in groups only"
    return "there are too few rows to tell"


def contradiction(column: ColumnShift, comparison: Comparison) -> str:
    """Where the verdict comes from, if the interval shown beside it says something else."""
    if column.verdict not in {"shifted", "undecided", "stable"}:
        return ""
    name = column.verdict.capitalize()
    if column.simultaneous is None:
        return f"{name}: there are too few rows for an interval." if column.account else ""
    reason = doubt(column, comparison)
    if reason:
        return f"{name}: {reason}."
    estimate = column.finite_excess
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    shown = _place((estimate.low, estimate.high), comparison)
    return f"{name}: {ground(column, comparison)}." if shown != PLACES.get(column.verdict, "around") else ""


def _place(ends: tuple[float, float], comparison: Comparison) -> str:
    """Where an interval lies, seen from the tolerance."""
    low, high = ends
    return "above" if low > comparison.tolerance else "below" if high <= comparison.tolerance else "around"


def more_rows(column: ColumnShift, comparison: Comparison) -> str:
    """How many rows would decide an undecided verdict."""
    if not undecided_by_rows(column):
        return ""
    number = rows_to_decide(column, comparison)
    if equally_many(comparison):
        return f"About {number} rows on each side would decide."
    return f"About {number} times as many rows on both sides would decide."


def undecided_by_rows(column: ColumnShift) -> bool:
    """Whether more rows would decide a column."""
    return column.rows_to_decide is not None and column.verdict == "undecided"


def equally_many(comparison: Comparison) -> bool:
    """Whether both tables have about the same number of rows."""
    rows = comparison.reference.rows, comparison.current.rows
    return max(rows) <= EQUAL * min(rows)


def rows_to_decide(column: ColumnShift, comparison: Comparison) -> str:
    """Rows on each side, or where the sides are unequal how many times the present ones."""
    rows = column.rows_to_decide or 0
    if equally_many(comparison):
        return f"{words.roughly(rows):,}"
    times = rows / max(comparison.reference.rows, comparison.current.rows, 1)
    return f"{math.ceil(10 * times) / 10:.1f}" if times < 9.95 else f"{words.roughly(round(times)):,}"
