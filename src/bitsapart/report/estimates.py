"""Estimates as text, each in its form: bits, a share, a number or a ratio, with as many digits as it needs."""

import math
from typing import Literal

from bitsapart.report import words
from bitsapart.values.estimate import Estimate

Form = Literal["bits", "share", "number", "ratio"]


def shown(value: float | None, form: Form = "bits") -> str:
    """A number in its form.

    >>> shown(1.3e-7), shown(0.9712, "share"), shown(1.02214, "ratio"), shown(float("nan"), "share")
    ('1.30e-7', '97.1 %', '1.0221', 'unknown')
    """
    if value is None or not math.isfinite(value):
        return words.bits(value)
    if form == "share":
        return words.share(value)
    return _ratio(value) if form == "ratio" else words.fine(value)


def _ratio(value: float) -> str:
    """A ratio near 1 with as many digits as show how far from 1 it is."""
    away = abs(value - 1)
    if not 0 < away < 0.5:
        return words.fine(value)
    return f"{value:.{min(12, max(4, 1 - math.floor(math.log10(away))))}f}"


def interval(estimate: Estimate, form: Form = "bits") -> str:
    """The interval of an estimate; nothing where there is none to speak of, a round bracket at an infinite end."""
    low, high = estimate.low, estimate.high
    if low is None or high is None or math.isnan(high) or not math.isfinite(low):
        return ""
    return f"[{shown(low, form)}, {shown(high, form)}{')' if math.isinf(high) else ']'}"


def with_interval(estimate: Estimate, form: Form = "bits") -> str:
    """An estimate and its interval."""
    return f"{shown(estimate.value, form)} {interval(estimate, form)}".rstrip()
