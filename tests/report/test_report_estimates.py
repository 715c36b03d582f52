"""Estimates as text, in every form."""

import math

import pytest

from bitsapart.report.estimates import interval, shown
from bitsapart.values.estimate import Estimate


@pytest.mark.parametrize(
    ("value", "text"), [(1.00002, "1.000020"), (1.5, "1.500"), (1.0, "1.000"), (0.98, "0.9800"), (math.inf, "∞")]
)
def test_a_ratio_shows_how_far_from_one_it_is(value: float, text: str) -> None:
    assert shown(value, "ratio") == text


def test_an_interval_is_open_at_infinity_and_missing_where_unknown() -> None:
    def estimate(low: float | None, high: float | None) -> Estimate:
        return Estimate(0.1, low, high, 0.95, "bound", "", None, 1)

    assert interval(estimate(0.05, math.inf)) == "[0.0500, ∞)"
    assert interval(estimate(None, None)) == interval(estimate(math.nan, 1.0)) == ""
