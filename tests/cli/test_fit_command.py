"""The command fit as a user runs it: what is handed on, printed, written, and what it exits with."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import fit_samples as samples
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from test_cli import run

from bitsapart.fitting.result import Fit, FitComparison

DEFAULTS: dict[str, Any] = {
    "column": None, "weights": None, "direction": "forward", "fixed": None, "components": 2, "trace": False,
    "folds": 5, "seed": 0, "level": 0.95,
}  # fmt: skip


class Fake:
    """Stands in for the fitting: answers with a sample, and remembers what it was asked."""

    def __init__(self, answer: Fit | FitComparison) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, Any, dict[str, Any]]] = []

    def __call__(self, target: Any, family: Any, **options: Any) -> Fit | FitComparison:
        self.asked.append((target, family, options))
        return self.answer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    found = Fake(samples.sampled())
    module = ModuleType("bitsapart.fitting.fit")
    module.fit = found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bitsapart.fitting.fit", module)
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Gamma and Poisson numbers, weights of 1 and 2, and words."""
    rng = np.random.default_rng(0)
    path = tmp_path / "numbers.parquet"
    columns = {
        "wait": rng.gamma(2.0, 3.0, 600),
        "count": rng.poisson(3.0, 600),
        "weight": rng.integers(1, 3, 600),
        "word": ["a", "b"] * 300,
    }
    pq.write_table(pa.table(columns), path)
    return path


def test_nothing_but_a_family_leaves_the_defaults(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "fit", "d.csv", "--family", "gamma")
    assert (code, err) == (0, "")
    assert out.startswith("The closest Gamma is 4.441 bits away")
    assert fake.asked == [("d.csv", "gamma", DEFAULTS)]


@pytest.mark.parametrize(
    ("arguments", "family", "handed_on"),
    [
        ("--family normal,student,gamma", ["normal", "student", "gamma"], {}),
        ("--family normal,student, --family gamma", ["normal", "student", "gamma"], {}),
        ("--family normal --column x", "normal", {"column": "x"}),
        ("--family mvn -c x -c y", "mvn", {"column": ["x", "y"]}),
        ("--family normal --weight w", "normal", {"weights": "w"}),
        ("--family normal --direction both", "normal", {"direction": "both"}),
        ("--family normal --direction reverse", "normal", {"direction": "reverse"}),
        ("--family binomial --fixed n=10 --fixed p=.5", "binomial", {"fixed": {"n": 10.0, "p": 0.5}}),
        ("--family mixture --components 3", "mixture", {"components": 3}),
        ("--family normal --trace", "normal", {"trace": True}),
        ("--family normal --folds 3 --seed 7 --level 0.9", "normal", {"folds": 3, "seed": 7, "level": 0.9}),
    ],
)
def test_options_are_handed_on(
    fake: Fake, capsys: pytest.CaptureFixture[str], arguments: str, family: Any, handed_on: dict[str, Any]
) -> None:
    assert run(capsys, "fit", "d.csv", *arguments.split())[0] == 0
    assert fake.asked == [("d.csv", family, DEFAULTS | handed_on)]


@pytest.mark.parametrize("answer", [samples.sampled(), samples.chosen(), samples.both()])
def test_json_goes_to_standard_output_alone(
    fake: Fake, capsys: pytest.CaptureFixture[str], answer: Fit | FitComparison
) -> None:
    fake.answer = answer
    code, out, err = run(capsys, "fit", "d.csv", "--family", "normal", "--json", "-")
    assert (code, err) == (0, "")
    assert type(answer).from_json(out).to_json() == answer.to_json() == out


def test_report_and_json_are_written(fake: Fake, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fake.answer = samples.chosen()
    report, document = tmp_path / "fit.html", tmp_path / "fit.json"
    code, out, _ = run(capsys, "fit", "d.csv", "--family", "a,b", "--report", report, "--json", document)
    assert code == 0
    assert out.splitlines()[-1] == f"report: {report}"
    assert "<svg" in report.read_text("utf-8")
    assert json.loads(document.read_text("utf-8"))["schema"] == "bitsapart.fits/1"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--family"),
        (["--family", " , "], "--family names no family"),
        (["--family", "binomial", "--fixed", "n"], "--fixed takes NAME=VALUE"),
        (["--family", "binomial", "--fixed", "n=ten"], "got 'n=ten'"),
        (["--family", "normal", "--direction", "up"], "--direction"),
        (["--family", "normal", "--folds", "1"], "--folds"),
        (["--family", "normal", "--components", "0"], "--components"),
        (["--family", "normal", "--report", "-"], "a report is a file"),
        (["--family", "normal", "--nonsense"], "nonsense"),
    ],
)
def test_wrong_use_exits_with_2_and_does_no_work(
    fake: Fake, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    code, out, err = run(capsys, "fit", "d.csv", *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert fake.asked == []


def test_an_output_never_overwrites_the_input(
    fake: Fake, capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path
) -> None:
    data = table.read_bytes()
    for flag in ("--json", "--report"):
        code, _, err = run(capsys, "fit", table, "--family", "normal", flag, table)
        assert code == 2
        assert str(table) in err
    assert run(capsys, "fit", tmp_path, "--family", "normal", "--json", tmp_path / "new.parquet")[0] == 2
    assert table.read_bytes() == data
    assert fake.asked == []


def test_a_family_is_fitted_by_maximum_likelihood(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    code, out, err = run(capsys, "fit", table, "-c", "wait", "--family", "exponential", "--json", "-")
    assert (code, err) == (0, "")
    values = pq.read_table(table)["wait"].to_numpy()
    found = Fit.from_json(out)
    assert found.distribution.parameters["rate"] == pytest.approx(1.0 / values.mean(), rel=1e-12)
    assert found.cross_entropy.value == pytest.approx((1.0 + np.log(values.mean())) / np.log(2.0), abs=0.01)


def test_weights_and_what_is_held_count(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    options = ("-c", "count", "--family", "binomial", "--fixed", "n=40", "--weight", "weight", "--json", "-")
    code, out, _ = run(capsys, "fit", table, *options)
    assert code == 0
    columns = pq.read_table(table)
    mean = np.average(columns["count"].to_numpy(), weights=columns["weight"].to_numpy())
    assert Fit.from_json(out).distribution.parameters["p"] == pytest.approx(mean / 40.0, rel=1e-12)


def test_families_are_compared_and_drawn(capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path) -> None:
    report = tmp_path / "fit.html"
    code, out, _ = run(capsys, "fit", table, "-c", "wait", "--family", "normal,gamma", "--report", report)
    assert code == 0
    assert out.startswith("Gamma predicts new rows best of 2 families: Normal costs")
    assert report.read_text("utf-8").count("<svg") >= 3


def test_bad_data_are_one_sentence(capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path) -> None:
    pyarrow.csv.write_csv(pa.table({"x": [1.5, 2.5, -1.0]}), tmp_path / "x.csv")
    for arguments, expected, sentence in (
        ((tmp_path / "none.csv", "--family", "normal"), 3, "none.csv"),
        ((table, "--family", "normal", "-c", "word"), 3, "'word'"),
        ((table, "--family", "normal", "-c", "nope"), 2, "'nope'"),
        ((table, "--family", "norml", "-c", "wait"), 2, "did you mean"),
        ((table, "--family", "binomial", "-c", "count"), 2, "n"),
        ((tmp_path / "x.csv", "--family", "gamma"), 2, "-1"),
        ((table, "--family", "normal", "-c", "wait", "--level", "2"), 2, "level"),
        ((table, "--family", "normal", "-c", "wait", "--fixed", "shape=2"), 2, "'shape'"),
    ):
        code, out, err = run(capsys, "fit", *arguments)
        assert (code, out) == (expected, ""), arguments
        assert sentence in err
        assert err.count("\n") == 1


def test_help_is_there_and_loads_nothing_slow(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "fit", "--help")
    assert code == 0
    for flag in ("--family", "--column", "--weight", "--direction", "--fixed", "--trace", "--report", "--json"):
        assert flag in out
    program = (
        "import sys\nfrom bitsapart.cli import main\n"
        "try:\n    main(['fit', '--help'])\nexcept SystemExit:\n"
        "    print([name for name in ('numpy', 'scipy', 'pyarrow', 'bitsapart.fitting') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
