"""The ladder as a data frame."""

import math

import pytest
import score_samples as samples

from bitsapart.report.score.frame import COLUMNS


def test_one_row_a_rung_that_adds_up() -> None:
    frame = samples.scored().to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["rung"]) == ["saved by temperature scaling", "further saved by matrix scaling", "left after that"]
    assert list(frame["tag"]) == ["lower bound", "lower bound", "upper bound"]
    assert math.fsum(frame["bits"]) == pytest.approx(samples.scored().cross_entropy.value)
    assert frame["low"].dtype == "float64"


def test_infinite_and_missing_numbers() -> None:
    frame = samples.infinite().to_frame()
    assert math.isinf(frame["bits"][0])
    assert math.isnan(frame["low"][0])
    assert len(samples.bare().to_frame()) == 0
