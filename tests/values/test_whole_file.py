"""Files are written whole or not at all; frames are flat."""

import os
import stat
import sys
from pathlib import Path

import pandas as pd
import pytest
import report_samples as samples

from bitsapart.report.comparison.frame import to_frame
from bitsapart.values.errors import UsageError
from bitsapart.values.whole_file import check_writable, write_whole


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, "nëw\n")
    assert path.read_bytes() == "nëw\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"cannot write .*report.html': No space left on device"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_what_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="it is a directory"):
        check_writable(tmp_path)
    with pytest.raises(UsageError, match=r"missing' does not exist"):
        check_writable(tmp_path / "missing" / "a.html")
    with pytest.raises(UsageError, match="is not a directory"):
        check_writable(tmp_path / "file" / "a.html")
    assert check_writable(str(tmp_path / "a.html")) == tmp_path / "a.html"


def test_text_that_is_no_unicode_is_written_visibly(tmp_path: Path) -> None:
    assert write_whole(tmp_path / "a", "\ud800").read_text() == "\\ud800"


def test_a_frame_has_one_row_per_column_and_flat_numbers() -> None:
    comparison = samples.mixed()
    frame = to_frame(comparison)
    assert list(frame["column"]) == list(comparison.columns)
    row = frame.set_index("column").loc["origin"]
    assert row["excess"] == float("inf")
    assert 0 < row["excess_with_prior_low"] < row["excess_with_prior"] < row["excess_with_prior_high"]
    assert frame["excess"].dtype == frame["q_value"].dtype == "float64"
    assert frame.set_index("column").loc["flight_id", "excess"] is pd.NA or pd.isna(
        frame.set_index("column").loc["flight_id", "excess"]
    )


def test_an_empty_frame_has_all_columns() -> None:
    assert list(to_frame(samples.compared([])).columns) == list(to_frame(samples.mixed()).columns)


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        to_frame(samples.mixed())
