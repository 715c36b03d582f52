"""Data frames, where pandas is installed."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate


def data_frame(rows: Sequence[Mapping[str, object]], columns: Iterable[str], types: Mapping[str, str]) -> Any:
    """A ``pandas.DataFrame`` of flat rows, with all columns even where there are no rows.

    Raises:
        UsageError: pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise UsageError("to_frame needs pandas: pip install pandas (or use to_json)") from error
    return pandas.DataFrame(rows, columns=list(columns)).astype(types)


def with_ends(name: str, estimate: Estimate | None) -> dict[str, object]:
    """The cells of an estimate: its value and both ends of its interval, None where there is none."""
    ends = {name: "value", f"{name}_low": "low", f"{name}_high": "high"}
    return {column: getattr(estimate, end, None) for column, end in ends.items()}
