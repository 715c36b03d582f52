"""A model comparison as a data frame: one row a quantity."""

from typing import Any

from bitsapart.model_comparison.result import ModelComparison
from bitsapart.report.frames import data_frame
from bitsapart.report.models import quantities
from bitsapart.values.estimate import Estimate

NUMBERS = ("value", "low", "high", "level")
COLUMNS = ("quantity", "by", "bucket", *NUMBERS, "kind", "unit", "n", "method", "note")
PLAIN = ("worst_percent_share", "infinite_tokens", "nonfinite_tokens", "candidate_nonfinite_tokens", "effective_n")


def to_rows(comparison: ModelComparison) -> list[dict[str, object]]:
    """One flat dictionary a quantity; ``by`` and ``bucket`` say which tokens it is of, both empty for all of them."""
    rows = [_row(quantity.key, quantity.estimate) for quantity in quantities.everything(comparison)]
    rows += [_plain(name, float(getattr(comparison, name)), comparison.n) for name in PLAIN]
    if comparison.temperature is not None:
        rows.append(_plain("temperature", comparison.temperature.temperature, comparison.temperature.tokens))
    for name, values in comparison.percentiles.items():
        rows += [_plain(f"{name}_percentile", value, comparison.n, bucket=f"{p:g}") for p, value in values.items()]
    for breakdown in comparison.breakdowns:
        for bucket in breakdown.buckets:
            rows.append(_row("kl", bucket.kl, breakdown.by, bucket.name))
            rows.append(_plain("kl_share", bucket.kl_share, bucket.tokens, breakdown.by, bucket.name))
            rows.append(_plain("top1_agreement", bucket.top1_agreement, bucket.tokens, breakdown.by, bucket.name))
        rows.append(_plain("kl_macro", breakdown.macro, comparison.n, breakdown.by))
    return rows


def to_frame(comparison: ModelComparison) -> Any:
    """A ``pandas.DataFrame`` with one row a quantity; divergences in bits per token.

    Raises:
        UsageError: pandas is not installed.
    """
    return data_frame(to_rows(comparison), COLUMNS, dict.fromkeys(NUMBERS, "float64") | {"n": "int64"})


def _row(key: str, estimate: Estimate, by: str = "", bucket: str = "") -> dict[str, object]:
    values = {name: getattr(estimate, name) for name in (*NUMBERS, "kind", "n", "method", "note")}
    return {"quantity": key, "by": by, "bucket": bucket, "unit": estimate.unit.name if estimate.unit else ""} | values


def _plain(key: str, value: float, n: int, by: str = "", bucket: str = "") -> dict[str, object]:
    """A number that has no interval."""
    blank = {"low": None, "high": None, "level": None, "kind": "", "unit": "", "method": "", "note": ""}
    return {"quantity": key, "by": by, "bucket": bucket, "value": value, "n": n} | blank
