"""A ranking as a data frame: one row a candidate, the closest to the base first."""

from typing import Any

from bitsapart.model_comparison.result import ModelComparison, ModelRanking
from bitsapart.report.frames import data_frame, with_ends
from bitsapart.report.models import quantities

ESTIMATES = (
    "kl",
    "entropy",
    "cross_entropy",
    "reverse_kl",
    "js",
    "top1_agreement",
    "top5_agreement",
    "confident_flips",
    "acceptance",
    "perplexity_ratio",
    "excess",
)
FLOATS = tuple(column for name in ESTIMATES for column in with_ends(name, None))
WHOLE = ("n", "infinite_tokens", "nonfinite_tokens")


def to_rows(ranking: ModelRanking) -> list[dict[str, object]]:
    """One flat dictionary a candidate; None where there is no such number."""
    return [_row(comparison) for comparison in ranking.comparisons]


def to_frame(ranking: ModelRanking) -> Any:
    """A ``pandas.DataFrame`` with one row a candidate; divergences in bits per token.

    Raises:
        UsageError: pandas is not installed.
    """
    types = dict.fromkeys(FLOATS, "float64") | dict.fromkeys(WHOLE, "int64")
    return data_frame(to_rows(ranking), ("candidate", *FLOATS, *WHOLE), types)


def _row(comparison: ModelComparison) -> dict[str, object]:
    found = {quantity.key: quantity.estimate for quantity in quantities.everything(comparison)}
    row: dict[str, object] = {"candidate": comparison.candidate.name}
    for name in ESTIMATES:
        row |= with_ends(name, found.get(name))
    return row | {name: getattr(comparison, name) for name in WHOLE}
