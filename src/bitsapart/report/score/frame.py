"""The ladder of a score as a data frame: one row a rung, flat numbers."""

from importlib import import_module
from typing import TYPE_CHECKING

from bitsapart.scoring.result import Score
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate

if TYPE_CHECKING:
    import pandas

NUMBERS = ("bits", "low", "high", "level")
COLUMNS = ("rung", *NUMBERS, "tag", "kind", "n", "method", "note")


def to_rows(score: Score) -> list[dict[str, object]]:
    """One flat dictionary a rung; their ``bits`` add up to the cross-entropy, or with ``mix`` to the mixed one."""
    return [_row(rung.name, rung.bits, rung.tag) for rung in score.rungs]


def to_frame(score: Score) -> "pandas.DataFrame":
    """A ``pandas.DataFrame`` with one row a rung.

    Raises:
        UsageError: pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise UsageError("to_frame needs pandas: pip install pandas (or use to_json)") from error
    frame = pandas.DataFrame(to_rows(score), columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(NUMBERS, "float64") | {"n": "int64"})


def _row(name: str, estimate: Estimate, tag: str) -> dict[str, object]:
    values = {field: getattr(estimate, field) for field in ("low", "high", "level", "kind", "n", "method", "note")}
    return {"rung": name, "bits": estimate.value, "tag": tag} | values
