"""A profile stands for the table it was made of."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import bitsapart as ba
from bitsapart.testing import EVERY_TYPE, mixed


def test_a_stored_profile_compares_like_its_table(tmp_path: Path) -> None:
    reference, current = mixed(5_000), mixed(4_000, seed=1)
    path = ba.profile(reference).save(tmp_path / "reference.profile")
    loaded = ba.Profile.load(path)
    assert loaded == ba.profile(reference)
    assert ba.compare(path, current).columns == ba.compare(reference, current).columns
    assert ba.compare(loaded, current).columns == ba.compare(reference, current).columns


def test_every_type_survives_the_file(tmp_path: Path) -> None:
    profile = ba.profile(EVERY_TYPE)
    assert ba.Profile.load(profile.save(tmp_path / "types.profile")) == profile


def test_parts_add_up_to_the_whole() -> None:
    table = mixed(6_000)
    whole = ba.profile(table)
    parts = [ba.profile(part, plan=whole.plan) for part in (table.slice(0, 1_000), table.slice(1_000))]
    assert parts[0] + parts[1] == whole


def test_profiles_on_other_plans_do_not_add() -> None:
    with pytest.raises(ba.UsageError, match=r"plan=first\.plan"):
        _ = ba.profile(mixed(1_000)) + ba.profile(mixed(1_000, seed=1))


@pytest.mark.parametrize(
    "content", ["", "{}", '{"profile": "bitsapart.profile/1"}', '{"profile": "other/2"}', "[" * 9999]
)
def test_a_damaged_profile_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.profile"
    path.write_text(content)
    with pytest.raises(ba.DataError, match=r"JSON|expected|damaged"):
        ba.compare(path, mixed(100))


def test_very_many_values_fit_a_bounded_histogram() -> None:
    rng = np.random.default_rng(0)
    values = [f"url/{i}" for i in range(600_000)]
    common = rng.random(600_000) < 0.3
    reference = pa.table({"url": np.where(common, "home", values)})
    current = pa.table({"url": np.where(rng.random(600_000) < 0.4, "home", [f"page/{i}" for i in range(600_000)])})
    profile = ba.profile(reference)
    histogram = profile.histograms["url"]
    assert len(histogram.counts) <= 262_144 + len(histogram.encoding.listed)
    assert histogram.counts["home"] == common.sum()
    assert histogram.rows == 600_000
    shift = ba.compare(profile, current).columns["url"]
    assert shift.verdict == "shifted"
    assert shift.contributions[0].outcome == "home"
    assert shift.contributions[0].current_share == pytest.approx(0.4, abs=0.01)
