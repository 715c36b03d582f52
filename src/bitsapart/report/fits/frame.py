"""Several fits as a data frame: one row a fit, flat numbers."""

from typing import Any

from bitsapart.fitting.result import FitComparison
from bitsapart.report.frames import data_frame, with_ends

NUMBERS = [
    f"{name}{end}" for name in ("held_out", "above_best", "divergence", "misfit") for end in ("", "_low", "_high")
]
COLUMNS = ("family", "direction", *NUMBERS, "note")


def to_rows(found: FitComparison) -> list[dict[str, object]]:
    """One flat dictionary a fit; a family that could not be fitted has one too."""
    rows: list[dict[str, object]] = []
    for candidate in found.candidates:
        shared: dict[str, object] = {"family": candidate.family, "note": candidate.note}
        shared |= with_ends("held_out", candidate.held_out) | with_ends("above_best", candidate.above_best)
        rows += [
            shared
            | {"direction": fit.direction}
            | with_ends("divergence", fit.divergence)
            | with_ends("misfit", fit.misfit)
            for fit in candidate.fits
        ] or [shared]
    return rows


def to_frame(found: FitComparison) -> Any:
    """A ``pandas.DataFrame`` with one row a fit.

    Raises:
        UsageError: pandas is not installed.
    """
    return data_frame(to_rows(found), COLUMNS, dict.fromkeys(NUMBERS, "float64"))
