"""The parameters of a fit as a data frame."""

import math
from dataclasses import replace

import fit_samples as samples

from bitsapart.report.fit.frame import COLUMNS


def test_one_row_a_parameter() -> None:
    frame = samples.sampled().to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["parameter"]) == ["shape", "rate"]
    assert (frame["low"] < frame["value"]).all()
    assert (frame["value"] < frame["high"]).all()
    assert frame["kind"].eq("confidence").all()


def test_missing_ends_and_no_parameters() -> None:
    frame = samples.posterior().to_frame()
    assert len(frame) == 9
    assert frame["low"].dtype == "float64"
    assert math.isnan(frame["low"][0])
    assert list(replace(samples.far(), parameters=()).to_frame().columns) == list(COLUMNS)
