"""Tables from files of every format, from many files, and from files that change."""

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import bitsapart as ba
from bitsapart.tables import text_files
from bitsapart.tables.source import open_table

RNG = np.random.default_rng(0)
TABLE = pa.table(
    {
        "number": RNG.normal(size=500),
        "whole": RNG.integers(0, 9, 500),
        "word": RNG.choice(["a", "b", 'ü, "quoted"'], 500),
        "day": pa.array(RNG.integers(18_000, 18_100, 500), pa.int32()).cast(pa.date32()),
    }
)


def written(folder: Path, name: str) -> Path:
    """The table in the format that a name promises."""
    path = folder / name
    if name.endswith(".parquet"):
        pq.write_table(TABLE, path)
    elif name.endswith(".feather"):
        pyarrow.feather.write_feather(TABLE, path)
    elif name.endswith(".arrows"):
        with pa.ipc.new_stream(path, TABLE.schema) as writer:
            writer.write_table(TABLE)
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row, default=str) + "\n" for row in TABLE.to_pylist()))
    else:
        separator = "\t" if name.endswith(".tsv") else ","
        pyarrow.csv.write_csv(TABLE, path, pyarrow.csv.WriteOptions(delimiter=separator))
        text = path.read_text("utf-8")
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode()))
        elif name in ENCODINGS:
            path.write_text(text, ENCODINGS[name])
    return path


ENCODINGS = {"mark.csv": "utf-8-sig", "wide.csv": "utf-16"}
NAMES = ["t.parquet", "t.feather", "t.arrows", "t.jsonl", "t.csv", "t.tsv", "t.csv.gz", *ENCODINGS]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_same_numbers(tmp_path: Path, name: str) -> None:
    found = ba.compare(TABLE, written(tmp_path, name))
    assert found.schema_changes == ()
    assert found.columns == ba.compare(TABLE, TABLE).columns


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_large_text_files_go_through_a_temporary_file(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, name)
    monkeypatch.setattr(text_files, "SMALL", 100)
    monkeypatch.setattr(text_files, "BLOCK", 4_096)
    assert ba.compare(TABLE, path).columns["number"] == ba.compare(TABLE, TABLE).columns["number"]


def test_a_type_that_changes_far_down_a_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "late.csv"
    path.write_text("a,b,c\n" + "1,1,\n" * 3_000 + "1.5,x,7\n" * 10)
    monkeypatch.setattr(text_files, "SMALL", 100)
    monkeypatch.setattr(text_files, "BLOCK", 4_096)
    columns = open_table(path, "reference").schema.columns
    assert [column.type for column in columns] == ["double", "string", "int64"]


def test_a_rewritten_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "latest.parquet"
    reference = pa.table({"x": RNG.normal(0, 1, 5_000)})
    for engine in ("memory", "arrow"):
        pq.write_table(pa.table({"x": RNG.normal(0, 1, 5_000)}), path)
        assert ba.compare(reference, path, engine=engine).verdict != "shifted"
        pq.write_table(pa.table({"x": RNG.normal(3, 1, 7_000)}), path)
        assert ba.compare(reference, path, engine=engine).verdict == "shifted"


def test_folders_globs_and_partitions(tmp_path: Path) -> None:
    for year in (2013, 2014):
        folder = tmp_path / "table" / f"year={year}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": [1, 2], "y": ["a", "b"]}), folder / "part.parquet")
    pq.write_table(pa.table({"x": [1.5]}), tmp_path / "table" / "year=2014" / "late.parquet")
    (tmp_path / "table" / "_SUCCESS").touch()
    (tmp_path / "table" / "notes.txt").write_text("not a table")
    source = open_table(tmp_path / "table", "reference")
    assert [(c.name, c.type) for c in source.schema.columns] == [("x", "double"), ("y", "string"), ("year", "int64")]
    assert source.schema.rows == 5
    assert "missing in 1 of 3 files" in source.schema.notes[0]
    assert open_table(f"{tmp_path}/table/*/part.parquet", "reference").schema.rows == 4


def test_one_column_of_several_types_is_compared_by_its_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2] * 50, "day": pa.array([1, 2] * 50, pa.date32())}), tmp_path / "1.parquet")
    moments = pa.array([86_400, 172_800] * 50, pa.timestamp("s"))
    pq.write_table(pa.table({"x": ["1", "2"] * 50, "day": moments}), tmp_path / "2.parquet")
    source = open_table(tmp_path, "reference")
    assert [c.type for c in source.schema.columns] == ["string", "timestamp[ms]"]
    assert "int64 and string" in source.schema.notes[0]
    found = ba.compare(tmp_path, pa.table({"x": ["1", "2"] * 50, "day": moments}))
    assert [c.outcome for c in found.columns["x"].contributions] == ["1", "2"]
    assert found.columns["day"].p_value == 1


def test_json_lines_of_several_types(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"a": 1, "b": 2}\n{"a": "x", "b": 3}\n' * 20)
    assert [c.type for c in open_table(path, "reference").schema.columns] == ["string", "int64"]


@pytest.mark.parametrize(("start", "kind"), [(2**63, pa.uint64()), (2**62, pa.uint64()), (2**62, pa.int64())])
def test_whole_numbers_of_many_digits_keep_their_differences(start: int, kind: pa.DataType) -> None:
    before, after = ([low + i % 5 for i in range(2_000)] for low in (start, start + 100))
    reference = pa.table({"x": pa.array(before, pa.uint64())})
    assert ba.compare(reference, pa.table({"x": pa.array(after, kind)})).columns["x"].verdict == "shifted"
    assert ba.compare(reference, pa.table({"x": pa.array(before, kind)})).columns["x"].p_value == 1


def test_a_dictionary_of_numbers_is_a_column_of_numbers() -> None:
    plain = pa.table({"x": pa.array([1, 2, 3] * 100, pa.int8())})
    coded = pa.table({"x": pa.array([1, 2, 3] * 100).dictionary_encode()})
    assert ba.compare(plain, coded).columns["x"].p_value == 1
