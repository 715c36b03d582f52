"""A model comparison as a data frame: one row a quantity."""

import models_samples as samples
import pytest

from bitsapart.report.models.frame import COLUMNS, to_rows


@pytest.mark.parametrize("sample", samples.EVERY)
def test_every_comparison_has_a_frame(sample: str) -> None:
    frame = samples.EVERY[sample].to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["value"].dtype == frame["low"].dtype == "float64"
    assert len(frame) == len(to_rows(samples.EVERY[sample]))


def test_quantities_percentiles_and_buckets_are_found() -> None:
    frame = samples.compared().to_frame().set_index(["quantity", "by", "bucket"]).sort_index()
    assert frame.loc[("kl", "", ""), "value"] == 0.0312
    assert frame.loc[("kl", "", ""), "unit"] == "bit"
    assert frame.loc[("kl", "domain", "code"), "low"] < frame.loc[("kl", "domain", "code"), "value"]
    assert frame.loc[("kl_percentile", "", "99.9"), "value"] == pytest.approx(1.086, abs=1e-3)
    assert frame.loc[("temperature", "", ""), "value"] == 1.0431
    assert frame.loc[("acceptance", "", ""), "unit"] == ""
    assert frame.loc[("rerun_noise", "", ""), "high"] == pytest.approx(3.72e-5)
    assert not frame.index.duplicated().any()


def test_infinity_is_kept() -> None:
    frame = samples.infinite().to_frame()
    found = frame[(frame.quantity == "kl") & (frame.by == "")]
    assert found["value"].item() == found["high"].item() == float("inf")
