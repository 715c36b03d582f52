"""The ladder of a score as a data frame: one row a rung, flat numbers."""

from typing import Any

from bitsapart.report.frames import data_frame
from bitsapart.scoring.result import Score
from bitsapart.values.estimate import Estimate

NUMBERS = ("bits", "low", "high", "level")
COLUMNS = ("rung", *NUMBERS, "tag", "kind", "n", "method", "note")


def to_rows(score: Score) -> list[dict[str, object]]:
    """One flat dictionary a rung; their ``bits`` add up to the cross-entropy, or with ``mix`` to the mixed one."""
    return [_row(rung.name, rung.bits, rung.tag) for rung in score.rungs]


def to_frame(score: Score) -> Any:
    """A ``pandas.DataFrame`` with one row a rung.

    Raises:
        UsageError: pandas is not installed.
    """
    return data_frame(to_rows(score), COLUMNS, dict.fromkeys(NUMBERS, "float64") | {"n": "int64"})


def _row(name: str, estimate: Estimate, tag: str) -> dict[str, object]:
    values = {field: getattr(estimate, field) for field in ("low", "high", "level", "kind", "n", "method", "note")}
    return {"rung": name, "bits": estimate.value, "tag": tag} | values
