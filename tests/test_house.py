"""The package as a whole: its public names, its floors, and what the README claims."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import bitsapart as ba
import floors

ROOT = Path(__file__).parent.parent
DATA = "src/bitsapart/data"


def test_public_names_are_there_and_documented() -> None:
    assert list(ba.__all__) == sorted(ba.__all__)
    for name in ba.__all__:
        assert getattr(ba, name).__doc__, name
    with pytest.raises(AttributeError, match="no 'divergence'"):
        _ = ba.divergence


def test_a_public_function_is_not_hidden_by_a_module() -> None:
    code = "import bitsapart as ba, bitsapart.comparison.shift; print(callable(ba.compare), callable(ba.profile))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


@pytest.mark.parametrize(
    ("room", "source", "breach"),
    [
        ("values/x.py", "import bitsapart.report.html", "may not import bitsapart.report.html"),
        ("comparison/x.py", "def f():\n    from bitsapart.report import html", "may not import bitsapart.report"),
        ("scoring/result.py", "import_module('bitsapart.report.words')", "may not import bitsapart.report.words"),
        ("scoring/result.py", "importlib.import_module(name)", "may not import a name that it computes"),
        ("values/shown.py", "import_module(f'{report}.text')", ""),
        ("estimate/x.py", "from bitsapart.tables.columns import keys", "may not import bitsapart.tables.columns"),
        ("estimate/x.py", "import pyarrow", "may not import pyarrow"),
        ("comparison/x.py", "from bitsapart.estimate.rows import rows_to_decide", ""),
    ],
)
def test_floors_find_a_breach(
    room: str, source: str, breach: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / room
    path.parent.mkdir()
    path.write_text(source)
    monkeypatch.setattr(floors, "PACKAGE", tmp_path)
    found = floors.breaches(path)
    assert (breach in found[0]) if breach else not found


def test_the_readme_shows_what_the_demo_prints() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"```text\n(.*?)```", readme, re.DOTALL)
    assert shown
    command = [str(Path(sys.executable).parent / "bitsapart"), "compare"]
    tables = [f"{DATA}/flights-2013-{month}.parquet" for month in ("01", "07")]
    done = subprocess.run([*command, *tables], capture_output=True, text=True, check=True, cwd=ROOT)
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    lines = [line.rstrip() for line in shown[1].splitlines() if line.strip() != "..."]
    assert len(lines) > 10
    assert [line for line in lines if line not in printed] == []
