"""The parameters of a fit as a data frame: one row a parameter, flat numbers."""

from typing import Any

from bitsapart.fitting.result import Fit
from bitsapart.report.frames import data_frame

NUMBERS = ("value", "low", "high", "level")
COLUMNS = ("parameter", *NUMBERS, "kind")


def to_rows(fit: Fit) -> list[dict[str, object]]:
    """One flat dictionary a parameter."""
    return [
        {"parameter": p.name, "kind": p.value.kind} | {name: getattr(p.value, name) for name in NUMBERS}
        for p in fit.parameters
    ]


def to_frame(fit: Fit) -> Any:
    """A ``pandas.DataFrame`` with one row a parameter.

    Raises:
        UsageError: pandas is not installed.
    """
    return data_frame(to_rows(fit), COLUMNS, dict.fromkeys(NUMBERS, "float64"))
