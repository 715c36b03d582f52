"""The command compare-models as a user runs it: what it prints, writes and exits with."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import models_samples as samples
import numpy as np
import pytest

from bitsapart.cli import main
from bitsapart.cli.compare_models import exit_code, upper_limit
from bitsapart.report.models.json import from_json
from bitsapart.report.ranking.json import from_json as ranking_from_json

VOCABULARY, DOCUMENTS, LENGTH = 64, 12, 40


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a call."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    code = stopped.value.code
    return (code if isinstance(code, int) else 0), out, err


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Logits of a base, of a copy with little and of one with much noise, and what is known of their tokens."""
    rng = np.random.default_rng(0)
    shared = 2 * rng.standard_normal(VOCABULARY)
    base = shared + 2 * rng.standard_normal((DOCUMENTS * LENGTH, VOCABULARY))
    probabilities = np.exp(base) / np.exp(base).sum(axis=1, keepdims=True)
    arrays = {
        "base": base.astype(np.float32),
        "close": (base + 0.02 * rng.standard_normal(base.shape)).astype(np.float32),
        "far": (base + 0.5 * rng.standard_normal(base.shape)).astype(np.float32),
        "labels": np.array([rng.choice(VOCABULARY, p=p) for p in probabilities]),
        "documents": np.repeat(np.arange(DOCUMENTS), LENGTH),
    }
    folder = tmp_path_factory.mktemp("logits")
    paths = {name: folder / f"{name}.npy" for name in arrays}
    for name, array in arrays.items():
        np.save(paths[name], array)
    paths["folder"] = folder
    return paths


def test_the_answer_is_the_first_line_and_files_are_written(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], tmp_path: Path
) -> None:
    report, document, table = tmp_path / "r.html", tmp_path / "r.json", tmp_path / "t.parquet"
    known = ("--labels", files["labels"], "--documents", files["documents"])
    written = ("--report", report, "--json", document, "--per-token", table)
    code, out, err = run(capsys, "compare-models", files["base"], files["far"], *known, *written)
    assert (code, err) == (0, "")
    assert out.startswith("The candidate costs 0.")
    assert "perplexity of the candidate" in out
    assert report.read_text().startswith("<!doctype html>")
    found = from_json(document.read_text())
    assert found.n == DOCUMENTS * LENGTH
    assert found.cross_entropy.value == pytest.approx(found.entropy.value + found.kl.value, rel=1e-12)
    assert table.stat().st_size > 0


def test_json_goes_to_standard_output_alone(capsys: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    code, out, err = run(capsys, "compare-models", files["base"], files["base"], "--json", "-")
    document = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (code, err, document["schema"]) == (0, "", "bitsapart.models/1")
    assert document["kl"]["value"] == 0


def test_several_candidates_are_ranked(capsys: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    code, out, _ = run(capsys, "compare-models", files["base"], files["far"], files["close"], "--json", "-")
    ranking = ranking_from_json(out)
    assert code == 0
    assert [c.candidate.name.rpartition("/")[2] for c in ranking.comparisons] == ["close.npy", "far.npy"]
    code, out, _ = run(capsys, "compare-models", files["base"], files["far"], files["close"])
    assert "close.npy is closest to the base" in " ".join(out.split())


def test_the_exit_code_follows_the_upper_limit(capsys: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    command = ("compare-models", files["base"], files["far"], "--documents", files["documents"], "--fail-above")
    found = from_json(run(capsys, *command, 100, "--json", "-")[1])
    assert found.kl.high is not None
    between = (found.kl.value + found.kl.high) / 2
    assert run(capsys, *command, found.kl.high * 1.01)[0] == 0
    code, _, err = run(capsys, *command, between)
    assert code == 1
    assert "the upper limit of its divergence" in err
    assert err.count("\n") == 1


def test_a_limit_that_is_not_known_counts_as_above(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(samples.compared(), 0.04) == 0
    assert exit_code(samples.truncated(), 0.04) == 1
    assert "0.0731 bits per token, is above 0.0400" in capsys.readouterr().err
    assert exit_code(samples.truncated(math.inf), 1e6) == 1
    assert "only the most probable tokens were stored: this counts as above" in capsys.readouterr().err
    assert exit_code(samples.infinite(), 1e6) == 1
    assert "excludes tokens that the base allows" in capsys.readouterr().err
    assert exit_code(samples.bare(), 1e6) == 1
    assert "too few documents or tokens" in capsys.readouterr().err
    assert exit_code(samples.ranked(samples.compared(), samples.bare(), samples.infinite()), 1e6) == 1
    assert capsys.readouterr().err.count("\n") == 2


def test_a_candidate_without_numbers_fails(capsys: pytest.CaptureFixture[str], files: dict[str, Path]) -> None:
    broken = np.load(files["close"])
    broken[::2] = np.nan
    np.save(files["folder"] / "broken.npy", broken)
    command = ("compare-models", files["base"], files["folder"] / "broken.npy")
    assert run(capsys, *command)[0] == 0
    code, _, err = run(capsys, *command, "--fail-above", 1e6)
    assert code == 1
    assert "since the candidate's logits are NaN or infinite at 240 tokens: this counts as above" in err
    assert run(capsys, "compare-models", *command[:0:-1], "--fail-above", 1e6)[0] == 0  # the base's own


def test_no_file_of_a_folder_of_logits_is_written_over(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], tmp_path: Path
) -> None:
    part = tmp_path / "1.npy"
    part.write_bytes(files["base"].read_bytes())
    for option in ("--report", "--json"):
        for name in ("1.npy", "2.npz"):
            code, _, err = run(capsys, "compare-models", tmp_path, files["far"], option, tmp_path / name)
            assert (code, "write the output elsewhere" in err) == (2, True)
    assert part.read_bytes() == files["base"].read_bytes()
    for option, name in (("--report", "r.html"), ("--json", "r.json"), ("--per-token", "r.parquet")):
        assert run(capsys, "compare-models", tmp_path, files["far"], option, tmp_path / name)[0] == 0
        assert (tmp_path / name).stat().st_size > 1000


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "bitsapart", "compare-models", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Usage: bitsapart compare-models [OPTIONS]" in done.stdout


def test_the_upper_limit_is_the_higher_of_two() -> None:
    sample = samples.truncated(0.01)
    assert upper_limit(sample) == sample.kl.high
    assert upper_limit(replace(sample, kl=replace(sample.kl, high=math.nan))) == math.inf
    assert upper_limit(samples.truncated(math.nan)) == math.inf


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--fail-above", "-1"), "not negative"),
        (("--fail-above", "nan"), "not negative"),
        (("--report", "-"), "give --report a name"),
        (("--per-token", "table.csv"), "ends in .parquet"),
        (("--per-token", "x.parquet", "--json", "x.parquet"), "--per-token and --json would both write"),
        (("--report", "{folder}/base.npy"), "write the output elsewhere"),
        (("--report", "{folder}/labels.npy"), "write the output elsewhere"),
        (("--json", "{folder}/far.npy"), "write the output elsewhere"),
        (("--per-token", "{folder}/none/x.parquet"), "does not exist"),
        (("--worst", "-1"), "worst"),
        (("--level", "2"), "level"),
        (("--confident", "2"), "confident"),
    ],
)
def test_wrong_use_is_one_sentence(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], arguments: tuple[str, ...], sentence: str
) -> None:
    given = [argument.format(folder=files["folder"]) for argument in arguments]
    command = ("compare-models", files["base"], files["far"], "--labels", files["labels"])
    code, out, err = run(capsys, *command, *given)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert files["base"].read_bytes().startswith(b"\x93NUMPY")


def test_an_input_that_is_named_with_its_member_is_not_written_over(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], tmp_path: Path
) -> None:
    archive = tmp_path / "both.npz"
    np.savez(archive, base=np.load(files["base"]), far=np.load(files["far"]))
    whole = archive.read_bytes()
    sides = (f"{archive}:base", f"{archive}:far")
    assert run(capsys, "compare-models", *sides)[0] == 0
    code, _, err = run(capsys, "compare-models", *sides, "--json", archive)
    assert (code, archive.read_bytes()) == (2, whole)
    assert "write the output elsewhere" in err


def test_what_cannot_be_read_is_one_sentence(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.npy"
    broken.write_bytes(b"nothing of the kind")
    for path in (broken, tmp_path / "none.npy"):
        code, out, err = run(capsys, "compare-models", files["base"], path)
        assert (code, out) == (3, "")
        assert path.name in err
        assert err.count("\n") == 1
    assert run(capsys, "compare-models", files["base"])[0] == 2
