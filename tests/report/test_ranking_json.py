"""The JSON document of a ranking, read back equal; and its data frame."""

import models_samples as samples
import pytest
import report_checks as checks

from bitsapart.model_comparison.result import ModelRanking
from bitsapart.report.models.json import schema
from bitsapart.report.models.json import to_json as comparison_to_json
from bitsapart.report.ranking.json import from_json
from bitsapart.values.errors import DataError


def test_a_ranking_is_read_back_equal() -> None:
    ranking = samples.ranked()
    text = ranking.to_json()
    names = [c["candidate"]["name"] for c in checks.document(text, schema())["comparisons"]]
    assert names == ["q8_0.npy", "q6_k.npy", "q4_k_m.npy"]
    assert ModelRanking.from_json(text) == ranking


def test_a_comparison_is_no_ranking() -> None:
    with pytest.raises(DataError, match=r"'bitsapart\.ranking/1' was expected"):
        from_json(comparison_to_json(samples.compared()))
    with pytest.raises(DataError, match="incomplete or damaged"):
        from_json('{"schema": "bitsapart.ranking/1"}')


def test_a_frame_has_one_row_a_candidate() -> None:
    frame = samples.ranked().to_frame().set_index("candidate")
    assert list(frame.index) == ["q8_0.npy", "q6_k.npy", "q4_k_m.npy"]
    row = frame.loc["q4_k_m.npy"]
    assert row["kl_low"] < row["kl"] == 0.0312 < row["kl_high"]
    assert row["cross_entropy"] == pytest.approx(row["entropy"] + row["kl"])
    assert row["perplexity_ratio"] == samples.compared().perplexity.ratio.value  # type: ignore[union-attr]
    assert frame["n"].dtype == "int64"


def test_a_frame_keeps_infinity_and_has_all_columns_without_rows() -> None:
    frame = samples.ranked(*samples.EVERY.values()).to_frame()
    assert len(frame) == len(samples.EVERY)
    assert (frame["kl"] == float("inf")).sum() == 1
    assert frame["perplexity_ratio"].isna().any()
    assert list(ModelRanking((), (), "0.1.0").to_frame().columns) == list(frame.columns)
