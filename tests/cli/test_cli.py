"""The command as a user runs it: what it prints, writes and exits with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from bitsapart.cli import main
from bitsapart.cli.run import demo_tables


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a call."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    code = stopped.value.code
    return (code if isinstance(code, int) else 0), out, err


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """Two CSV files, the second shifted in one column of two."""
    rng = np.random.default_rng(0)
    paths = tmp_path / "before.csv", tmp_path / "after.csv"
    for path, share in zip(paths, (0.5, 0.8), strict=True):
        table = pa.table(
            {"coin": rng.choice(["head", "tail"], 3_000, p=[share, 1 - share]), "die": rng.integers(1, 7, 3_000)}
        )
        pyarrow.csv.write_csv(table, path)
    return paths


def test_demo_tables_are_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    code, out, err = run(capsys, "demo", "--report", report)
    assert (code, err) == (0, "")
    assert "27,004 rows" in out
    assert "dep_delay" in out
    assert report.read_text().startswith("<!doctype html>")


def test_exit_codes_follow_the_limit(capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]) -> None:
    assert run(capsys, "compare", *tables)[0] == 0
    assert run(capsys, "compare", *tables, "--fail-on", "shifted")[0] == 1
    assert run(capsys, "compare", *tables, "--fail-on", "shifted", "--tolerance", 1)[0] == 0
    assert run(capsys, "compare", *tables, "-c", "die", "--tolerance", 0.0001, "--strict")[0] == 4


def test_json_goes_to_standard_output_alone(capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]) -> None:
    code, out, err = run(capsys, "compare", *tables, "--json", "-")
    document = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (code, err) == (0, "")
    assert document["columns"]["coin"]["verdict"] == "shifted"
    assert document["columns"]["coin"]["excess"]["low"] > 0.01
    assert document["schema"].startswith("bitsapart.comparison/")


def test_explain_prints_the_plan_and_counts_nothing(
    capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]
) -> None:
    code, out, _ = run(capsys, "compare", *tables, "--explain")
    assert code == 0
    assert "plan: 2 columns" in out
    assert "'coin'" in out


def test_columns_are_chosen(capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]) -> None:
    assert "die" not in run(capsys, "compare", *tables, "-c", "coin")[1]
    assert "coin" not in run(capsys, "compare", *tables, "-x", "coin")[1]


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "missing": ("none.parquet", b"", "no such file"),
    "truncated": ("cut.parquet", b"PAR1" + b"\0" * 200, "cut.parquet cannot be read"),
    "not parquet": ("fake.parquet", b"hello", "is no Parquet file"),
    "empty file": ("empty.csv", b"", "is an empty file"),
    "no rows": ("rows.csv", b"a,b\n", "2 columns and no rows"),
    "ragged": ("ragged.csv", b"a,b\n1,2\n3\n", "Row #3: Expected 2 columns, got 1"),
    "latin-1": ("latin.csv", "a,b\n1,ä\n".encode("latin-1"), "is not UTF-8"),
    "unknown": ("table.xyz", b"hello", "cannot tell the format"),
    "json array": ("array.json", b'[{"a": 1}]', "one object a line"),
    "open quote": ("quote.csv", b'x,y\n1,"abc\n2,3\n4,5\n', "never closed"),
    "utf-16": ("wide.csv", "a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
    "broken json": ("broken.jsonl", b'{"a": 1}\n{"a": \n', "broken.jsonl cannot be read"),
    "other columns": ("other.csv", b"x,y\n1,2\n", "no column name in common"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_tables_are_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path, case: str) -> None:
    name, content, sentence = BROKEN[case]
    good = write(tmp_path / "good.csv", "a,b\n1,2\n3,4\n")
    bad = tmp_path / name if case == "missing" else write(tmp_path / name, content)
    for pair in ((good, bad), (bad, good)):
        code, out, err = run(capsys, "compare", *pair)
        assert (code, out) == (3, "")
        assert sentence in err
        assert err.count("\n") == 1
        assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tolerance", "-1"], "tolerance"),
        (["--level", "2"], "level must lie between 0 and 1"),
        (["--engine", "spark"], "spark"),
        (["--report", "/no/such/folder/x.html"], "'/no/such/folder' does not exist"),
        (["--report", "/"], "is a directory"),
        (["--report", "-"], "a report is a file"),
        (["--explain", "--json", "-"], "nothing to write"),
        (["--level", "high"], "--level"),
        (["--column", "nope"], "no column 'nope'"),
        (["--nonsense"], "nonsense"),
        (["--fail-on", "never"], "never"),
    ],
)
def test_wrong_use_exits_with_2(
    capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path], arguments: list[str], sentence: str
) -> None:
    code, out, err = run(capsys, "compare", *tables, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_an_output_never_overwrites_an_input(capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]) -> None:
    before = tables[0].read_bytes()
    code, _, err = run(capsys, "compare", *tables, "--json", tables[0])
    assert code == 2
    assert "part of the table" in err
    folder = tables[0].parent
    for table, output in ((f"{folder}/*.csv", tables[0]), (folder, tables[1]), (folder, folder / "new.jsonl")):
        code, _, err = run(capsys, "compare", table, tables[1], "--json", output)
        assert code == 2
        assert "part of the table" in err
    assert tables[0].read_bytes() == before
    assert not (folder / "new.jsonl").exists()


def test_a_device_is_written_to_and_not_replaced(capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]) -> None:
    pipe = tables[0].parent / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        assert run(capsys, "compare", *tables, "--json", pipe)[0] == 0
        assert json.loads(reader.communicate()[0])["schema"]
    assert pipe.is_fifo()
    code, _, err = run(capsys, "compare", pipe, tables[1])
    assert code == 3
    assert "not a regular file" in err


def test_nothing_is_written_when_the_data_are_broken(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.csv", "a,b\n1,2\n3\n")
    report = tmp_path / "report.html"
    assert run(capsys, "compare", bad, bad, "--report", report)[0] == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv"]


def test_hostile_names_are_data(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    names = [
        "[red]x[/red]",
        '"; DROP TABLE t; --',
        "<script>alert(1)</script>",
        "a\nb\x1b[31m",
        ":smile: 😀",
        "a.b",
        "",
    ]
    rng = np.random.default_rng(0)
    for side in ("one", "two"):
        values = [rng.choice(["[bold]", "<b>", "\x1b[0m", "=1+1"], 500) for _ in names]
        pq.write_table(pa.table(values, names=names), tmp_path / f"{side}.parquet")
    code, out, err = run(
        capsys, "compare", tmp_path / "one.parquet", tmp_path / "two.parquet", "--report", tmp_path / "r.html"
    )
    assert (code, err) == (0, "")
    assert "[red]x[/red]" in out
    assert "\x1b" not in out
    assert "<script>alert" not in (tmp_path / "r.html").read_text()


def test_one_bad_column_ends_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = tmp_path / "good.parquet"
    pq.write_table(pa.table({"a": list(range(1000)) * 3, "b": ["x", "y", "z"] * 1000}), good, compression="none")
    content = bytearray(good.read_bytes())
    start = pq.read_metadata(good).row_group(0).column(1)
    at = start.dictionary_page_offset or start.data_page_offset
    content[at : at + 40] = b"\xff" * 40
    bad = write(tmp_path / "bad.parquet", bytes(content))
    code, out, err = run(capsys, "compare", good, bad)
    assert (code, err) == (0, "")
    assert "not comparable" in out
    assert "cannot be read in the current table" in " ".join(out.split())


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    program = Path(sys.executable).parent / "bitsapart"
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, env=os.environ | environment, check=False, timeout=120
    )


def test_the_command_prints_plainly_into_a_pipe() -> None:
    done = command("compare", *demo_tables(), "-c", "carrier", "-c", "origin")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_import_is_light() -> None:
    heavy = ["pyarrow", "numba", "scipy", "pandas", "typer", "rich", "sklearn", "torch", "duckdb", "polars"]
    code = f"import sys, bitsapart; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_debug_keeps_the_exit_code(capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]) -> None:
    code, _, err = run(capsys, "compare", *tables, "-c", "nope", "--debug")
    assert code == 2
    assert "Traceback" in err


def test_profiles_from_the_command_line(capsys: pytest.CaptureFixture[str], tables: tuple[Path, Path]) -> None:
    baseline = tables[0].with_suffix(".profile")
    assert run(capsys, "profile", tables[0], "-o", baseline)[0] == 0
    out = run(capsys, "compare", baseline, tables[1])[1]
    assert out.splitlines()[4:] == run(capsys, "compare", *tables)[1].splitlines()[4:]
    assert "can only be the reference" in run(capsys, "compare", tables[0], baseline)[2]
    assert run(capsys, "profile", tables[0], "-o", "x.json")[0] == 2
