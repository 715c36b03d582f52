"""From what a user brings to predictions with their labels, weights and the rest."""

import os
from pathlib import Path
from typing import Any

from bitsapart.scoring.array_reader import Arrays
from bitsapart.scoring.opened import Opened, Request
from bitsapart.scoring.table_reader import Table
from bitsapart.tables.files import format_by_name
from bitsapart.tables.source import open_table


def opened(predictions: Any, request: Request, role: str = "predictions") -> Opened:
    """Predictions and all that goes with them; ``role`` is what messages call them.

    Raises:
        UsageError: what is asked for does not fit together.
        DataError: something cannot be read, or numbers of rows differ.
    """
    if is_table(predictions):
        return Table(open_table(predictions, role), request, role).opened()
    return Arrays(predictions, request, role).opened()


def is_table(source: Any) -> bool:
    """Whether predictions are columns of a table."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return not path.is_dir() and format_by_name(path) is not None
    return isinstance(source, dict) or (hasattr(source, "__arrow_c_stream__") and hasattr(source, "columns"))
