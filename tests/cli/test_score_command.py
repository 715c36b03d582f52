"""The command score as a user runs it: what is handed on, printed, written, and what it exits with."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import score_samples as samples
from test_cli import run

from bitsapart.scoring.result import Score

DEFAULTS: dict[str, Any] = {
    "labels": None, "from_logits": False, "classes": None, "positive": None, "columns": None, "votes": None,
    "annotators": None, "weights": None, "clusters": None, "features": None, "repeats": None, "against": None,
    "mix": None, "recalibrations": "auto", "sample": None, "folds": 5, "seed": 0, "level": 0.95,
}  # fmt: skip


class Fake:
    """Stands in for the scoring: answers with a sample, and remembers what it was asked."""

    def __init__(self, answer: Score) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, dict[str, Any]]] = []

    def __call__(self, predictions: Any, **options: Any) -> Score:
        options.pop("progress")
        self.asked.append((predictions, options))
        return self.answer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    found = Fake(samples.scored())
    module = ModuleType("bitsapart.scoring.score")
    module.score = found  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bitsapart.scoring.score", module)
    return found


def test_nothing_but_the_predictions_leaves_the_defaults(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "score", "p.npz")
    assert (code, err) == (0, "")
    assert out.startswith("Cross-entropy 0.546 bits per label")
    assert fake.asked == [("p.npz", DEFAULTS)]


@pytest.mark.parametrize(
    ("arguments", "handed_on"),
    [
        ("--label y", {"labels": "y"}),
        ("--soft-label a --soft-label b", {"labels": ["a", "b"]}),
        ("--logits", {"from_logits": True}),
        ("--class low --class high", {"classes": ["low", "high"]}),
        ("--prediction p_low --columns p_high", {"columns": ["p_low", "p_high"]}),
        ("--prediction p --positive yes", {"columns": ["p"], "positive": "yes"}),
        ("--votes votes.npy", {"votes": "votes.npy"}),
        ("--votes a --votes b", {"votes": ["a", "b"]}),
        ("--annotator ann --annotator bob", {"annotators": ["ann", "bob"]}),
        ("--weight w --cluster site", {"weights": "w", "clusters": "site"}),
        ("--feature age --feature sex --repeats id", {"features": ["age", "sex"], "repeats": "id"}),
        ("--against q.npz --mix 0.01", {"against": "q.npz", "mix": 0.01}),
        ("--recalibration beta --recalibration platt", {"recalibrations": ["beta", "platt"]}),
        ("--sample 500 --folds 3 --seed 7 --level 0.9", {"sample": 500, "folds": 3, "seed": 7, "level": 0.9}),
    ],
)
def test_options_are_handed_on(
    fake: Fake, capsys: pytest.CaptureFixture[str], arguments: str, handed_on: dict[str, Any]
) -> None:
    assert run(capsys, "score", "p.csv", *arguments.split())[0] == 0
    assert fake.asked == [("p.csv", DEFAULTS | handed_on)]


def test_json_goes_to_standard_output_alone(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "score", "p.npz", "--json", "-")
    assert (code, err) == (0, "")
    assert Score.from_json(out) == fake.answer


def test_report_and_json_are_written(fake: Fake, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report, document = tmp_path / "score.html", tmp_path / "score.json"
    code, out, _ = run(capsys, "score", "p.npz", "--report", report, "--json", document)
    assert code == 0
    assert out.splitlines()[-1] == f"report: {report}"
    assert report.read_text("utf-8").startswith("<!doctype html>")
    assert json.loads(document.read_text("utf-8"))["schema"] == "bitsapart.score/1"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ("--fail-above 0.5670", 0, ""),
        ("--fail-above 0.5668", 1, "the upper end of the cross-entropy, 0.567 bits per label, is above 0.567"),
        ("--fail-if-gap-above 0.18", 0, ""),
        ("--fail-if-gap-above 0.17", 1, "recalibration would save at least 0.179 bits per label"),
        ("--fail-above 9 --fail-if-gap-above 0.1", 1, "recalibration would save"),
    ],
)
def test_exit_codes_follow_the_limits(
    fake: Fake, capsys: pytest.CaptureFixture[str], arguments: str, code: int, sentence: str
) -> None:
    found, out, err = run(capsys, "score", "p.npz", *arguments.split())
    assert found == code
    assert sentence in err
    assert (err == "") == (code == 0)
    assert out.startswith("Cross-entropy")


def test_what_is_infinite_or_unknown_is_above_a_limit(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = samples.infinite()
    code, _, err = run(capsys, "score", "p.npz", "--fail-above", "100")
    assert (code, "is infinite" in err) == (1, True)
    assert run(capsys, "score", "p.npz", "--fail-if-gap-above", "100")[0] == 1
    fake.answer = samples.bare()
    code, _, err = run(capsys, "score", "p.npz", "--fail-above", "100")
    assert (code, "has no upper end" in err) == (1, True)


def test_with_a_mix_the_mixed_score_is_judged(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = samples.infinite(0.001)
    assert run(capsys, "score", "p.npz", "--mix", "0.001", "--fail-above", "0.6")[0] == 0
    assert run(capsys, "score", "p.npz", "--mix", "0.001", "--fail-above", "0.57")[0] == 1


def test_an_unknown_gap_is_no_failure_and_is_said(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = replace(samples.scored(), gap=None)
    code, _, err = run(capsys, "score", "p.npz", "--fail-if-gap-above", "0.1")
    assert code == 0
    assert "judges nothing" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--label", "y", "--soft-label", "a"], "give one of them"),
        (["--soft-label", "a"], "one column for each class"),
        (["--fail-above", "-1"], "--fail-above takes a number of bits that is not negative"),
        (["--fail-if-gap-above", "nan"], "--fail-if-gap-above takes a number of bits"),
        (["--folds", "1"], "--folds"),
        (["--sample", "-1"], "--sample"),
        (["--report", "-"], "a report is a file"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_wrong_use_exits_with_2_and_does_no_work(
    fake: Fake, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    code, out, err = run(capsys, "score", "p.npz", *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert fake.asked == []


def test_an_output_never_overwrites_an_input(fake: Fake, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    names = ["p.npz", "labels.npy", "other.npz", "votes.npy"]
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(b"data")
    inputs = [paths[0], "--label", paths[1], "--against", paths[2], "--votes", paths[3]]
    for path in paths:
        code, _, err = run(capsys, "score", *inputs, "--json", path)
        assert code == 2
        assert str(path) in err
        assert path.read_bytes() == b"data"
    assert fake.asked == []
    assert run(capsys, "score", *inputs, "--json", tmp_path / "y")[0] == 0


@pytest.fixture
def drawn() -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Over-confident predictions of three classes, and labels drawn from the truth behind them."""
    rng = np.random.default_rng(0)
    truth = rng.dirichlet([1, 1, 1], 2_000)
    labels = (truth.cumsum(axis=1) < rng.random((2_000, 1))).sum(axis=1)
    sharp = truth**2
    return sharp / sharp.sum(axis=1, keepdims=True), labels


def scored(capsys: pytest.CaptureFixture[str], *arguments: object) -> Score:
    code, out, err = run(capsys, "score", *arguments, "--json", "-")
    assert (code, err) == (0, "")
    return Score.from_json(out)


def test_the_same_predictions_in_every_form_have_the_same_score(
    drawn: tuple[Any, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    q, labels = drawn
    loss = float(-np.log2(q[np.arange(len(q)), labels]).mean())
    names = ["low", "middle", "high"]
    np.save(tmp_path / "q.npy", q)
    np.save(tmp_path / "y.npy", labels)
    np.savez(tmp_path / "q.npz", logits=np.log(q) + 3, y=labels)
    columns = {name: q[:, i] for i, name in enumerate(names)} | {"truth": [names[i] for i in labels]}
    pyarrow.csv.write_csv(pa.table(columns), tmp_path / "q.csv")
    pq.write_table(pa.table(columns), tmp_path / "q.parquet")
    found = [
        scored(capsys, tmp_path / "q.npy", "--label", tmp_path / "y.npy"),
        scored(capsys, tmp_path / "q.npz", "--logits", "--label", "y"),
        scored(capsys, tmp_path / "q.csv", "--label", "truth"),
        scored(capsys, tmp_path / "q.parquet", "--label", "truth", *(x for n in names for x in ("--prediction", n))),
    ]
    for score in found:
        assert score.cross_entropy.value == pytest.approx(loss, rel=1e-12)
        assert sum(rung.bits.value for rung in score.rungs) == pytest.approx(loss, rel=1e-12)
        assert score.rungs[0].bits.low is not None
        assert score.rungs[0].bits.low > 0.1
    assert [score.classes for score in found] == [("0", "1", "2")] * 2 + [tuple(names)] * 2


def test_limits_are_those_of_the_score(
    drawn: tuple[Any, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    q, labels = drawn
    np.savez(tmp_path / "q.npz", q=q, y=labels)
    given = ("score", tmp_path / "q.npz", "--label", "y")
    high = scored(capsys, *given[1:]).cross_entropy.high
    assert high is not None
    assert run(capsys, *given, "--fail-above", high + 1e-6)[0] == 0
    assert run(capsys, *given, "--fail-above", high - 1e-6)[0] == 1
    assert run(capsys, *given, "--fail-if-gap-above", 0.05)[0] == 1
    assert run(capsys, *given, "--fail-if-gap-above", 0.5)[0] == 0


def test_bad_data_are_one_sentence(drawn: tuple[Any, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    q, labels = drawn
    np.savez(tmp_path / "q.npz", q=q, y=labels, short=labels[1:], far=labels + 1)
    for label, expected, sentence in (("short", 3, "2,000 rows"), ("far", 3, "3"), ("none", 2, "'none'")):
        code, out, err = run(capsys, "score", tmp_path / "q.npz", "--label", label)
        assert (code, out) == (expected, "")
        assert sentence in err
        assert err.count("\n") == 1
    code, _, err = run(capsys, "score", tmp_path / "q.npz")
    assert code == 2
    assert "--label" in err
