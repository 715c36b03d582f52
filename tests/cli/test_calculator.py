"""The calculators as a user runs them: answers that are known in closed form, every way to give numbers, and errors."""

import json
import math
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bitsapart.cli import main
from bitsapart.coding import decode

LOG_2 = math.log(2)
DOCS = Path(__file__).parent.parent.parent / "docs"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a call."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    code = stopped.value.code
    return (code if isinstance(code, int) else 0), out, err


def document(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """What a call prints with --json."""
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert re.fullmatch(r"bitsapart\.\w+/1", found["schema"])
    return found  # type: ignore[no-any-return]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def piped(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command with a text on its standard input."""
    program = Path(sys.executable).parent / "bitsapart"
    return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False, timeout=120)


def test_entropy_and_what_a_fixed_length_code_wastes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "entropy", 0.35, 0.35, 0.1, 0.1, 0.04, 0.04, 0.01, 0.01)
    assert (code, err) == (0, "")
    lines = [re.sub(r" +", " ", line) for line in out.splitlines()]
    assert lines[0] == "entropy 2.229 bits as unsure as among 4.688 equally likely outcomes (the perplexity)"
    assert lines[1].startswith("uniform maximum 3.000 bits")
    assert lines[2].startswith("fixed-length code 3.000 bits 3 bits for every outcome")
    assert lines[3] == " of which waste 0.771 bits 26 % of that code"


def test_entropy_in_every_unit(capsys: pytest.CaptureFixture[str]) -> None:
    for unit, size in (("bit", 1.0), ("nat", LOG_2), ("ban", math.log10(2))):
        found = document(capsys, "entropy", 0.5, 0.25, 0.125, 0.0625, 0.0625, "--unit", unit)
        assert found["unit"] == unit
        assert found["entropy"] == pytest.approx(1.875 * size, rel=1e-15)
        assert found["perplexity"] == pytest.approx(2**1.875, rel=1e-15)
        assert found["maximum"] == pytest.approx(math.log2(5) * size, rel=1e-15)
        assert found["fixed_length"] == pytest.approx(3 * size, rel=1e-15)
        assert found["waste"] == pytest.approx(1.125 * size, rel=1e-14)
        assert found["waste_share"] == pytest.approx(0.375, rel=1e-14)


def test_entropy_of_what_is_certain_or_uniform(capsys: pytest.CaptureFixture[str]) -> None:
    certain = document(capsys, "entropy", 1)
    assert (certain["entropy"], certain["perplexity"], certain["fixed_length"], certain["waste"]) == (0, 1, 0, 0)
    uniform = document(capsys, "entropy", *[0.125] * 8)
    assert (uniform["entropy"], uniform["waste"]) == (3, 0)
    assert "2 of them impossible" in run(capsys, "entropy", 1, 0, 0)[1]


def test_an_almost_uniform_distribution_wastes_more_than_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    p = (0.500000001, 0.499999999)
    waste = 2 * (p[0] - 0.5) ** 2 / LOG_2
    assert document(capsys, "entropy", *p)["waste"] == pytest.approx(waste, rel=1e-6)
    assert f"{waste:.3e} bits" in run(capsys, "entropy", *p)[1]


def test_weights_and_logits(capsys: pytest.CaptureFixture[str]) -> None:
    weights = document(capsys, "entropy", "--normalize", 2, 1, 1)
    assert (weights["entropy"], weights["waste"]) == (1.5, pytest.approx(0.5, rel=1e-15))
    logits = document(capsys, "entropy", "--logits", -1.5, -1.5 - LOG_2, -1.5 - LOG_2)
    assert logits["entropy"] == pytest.approx(1.5, rel=1e-15)
    assert document(capsys, "entropy", "--logits", "-inf", 0, "-0")["entropy"] == 1
    far = document(capsys, "kl", "0 0", "0 -800", "--logits")
    assert far["divergence"] == pytest.approx(400 / LOG_2 - 1, rel=1e-14)
    assert far["contributions"][0]["part"] == pytest.approx(400 / LOG_2 - 0.5, rel=1e-14)


TYPED: list[list[str]] = [
    ["0.5", "0.25", "0.25"],
    ["1/2", "1/4", "25e-2"],
    ["0.5 0.25 0.25"],
    ["0.5,0.25,0.25"],
    ["0.5;0.25; 0.25"],
    ["0.5,", "0.25,", "0.25"],
    ["[0.5, 0.25, 0.25]"],
    ["[0.5,", "0.25,", "0.25]"],
    ['{"a": 0.5, "b": 0.25, "c": 0.25}'],
    ['{"p": [0.5, 0.25, 0.25]}'],
]


@pytest.mark.parametrize("arguments", TYPED)
def test_one_distribution_as_it_is_typed(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert document(capsys, "entropy", *arguments)["entropy"] == 1.5


ONE_IN_A_FILE = {
    "list.json": "[0.5, 0.25, 0.25]",
    "object.json": '{"a": 0.5, "b": 0.25, "c": 0.25}',
    "column.csv": "0.5\n0.25\n0.25\n",
    "row.csv": "0.5,0.25,0.25\n",
    "header.csv": "share\n0.5\n0.25\n0.25\n",
    "labels.csv": "outcome,share\na,0.5\nb,0.25\nc,0.25\n",
    "labels_behind.csv": "0.5,a\n0.25,b\n0.25,c\n",
    "named.csv": "face,p\n1,0.5\n2,0.25\n3,0.25\n",
    "heads.csv": "a,b,c\n0.5,0.25,0.25\n",
    "semicolons.csv": '"a";0.5\n"b";0.25\n"c";0.25\n',
    "tabs.tsv": "a\t0.5\nb\t0.25\nc\t0.25\n",
    "blanks.txt": "# three shares\n\n0.5 0.25   0.25\n",
    "windows.csv": "\ufeffp\r\n0.5\r\n0.25\r\n0.25\r\n",
    "no_suffix": "0.5\n0.25\n0.25\n",
}


@pytest.mark.parametrize("name", ONE_IN_A_FILE)
def test_one_distribution_in_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    assert document(capsys, "entropy", write(tmp_path / name, ONE_IN_A_FILE[name]))["entropy"] == 1.5


@pytest.mark.parametrize("text", ["0.5 0.25 0.25", "[0.5, 0.25, 0.25]", "a,0.5\nb,0.25\nc,0.25\n"])
def test_one_distribution_on_standard_input(text: str) -> None:
    done = piped(text, "entropy", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("entropy            1.500 bits")


# KL([1/2, 1/4, 1/4] || [1/4, 1/4, 1/2]) = 1/4 bit, and the same back
PAIRS: list[list[str]] = [
    ["0.5 0.25 0.25", "0.25 0.25 0.5"],
    ["0.5,0.25,0.25", "[0.25, 0.25, 0.5]"],
    ["0.5", "0.25", "0.25", "0.25", "0.25", "0.5"],
    ["0.5 0.25 0.25 0.25 0.25 0.5"],
    ["[[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]"],
    ['{"q": [0.25, 0.25, 0.5], "p": [0.5, 0.25, 0.25], "made": "today"}'],
    ['{"before": {"x": 0.5, "y": 0.25, "z": 0.25}, "now": {"z": 0.5, "y": 0.25, "x": 0.25}}'],
    ['{"x": 0.5, "y": 0.25, "z": 0.25}', '{"z": 0.5, "y": 0.25, "x": 0.25}'],
]


@pytest.mark.parametrize("arguments", PAIRS)
def test_a_pair_as_it_is_typed(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    found = document(capsys, "kl", *arguments)
    assert (found["divergence"], found["reverse_divergence"]) == (0.25, 0.25)
    assert [part["part"] for part in found["contributions"]] == [0.5, 0, -0.25]


PAIRS_IN_A_FILE = {
    "columns.csv": "0.5,0.25\n0.25,0.25\n0.25,0.5\n",
    "header.csv": "q,p\n0.25,0.5\n0.25,0.25\n0.5,0.25\n",
    "labels.csv": "outcome,P,Q\nx,0.5,0.25\ny,0.25,0.25\nz,0.25,0.5\n",
    "numbered.csv": "face,p,q\n1,0.5,0.25\n2,0.25,0.25\n3,0.25,0.5\n",
    "rows.csv": "0.5,0.25,0.25\n0.25,0.25,0.5\n",
    "named_rows.csv": "p,0.5,0.25,0.25\nq,0.25,0.25,0.5\n",
    "headed_rows.csv": ",x,y,z\np,0.5,0.25,0.25\nq,0.25,0.25,0.5\n",
    "pair.json": '{"p": [0.5, 0.25, 0.25], "q": [0.25, 0.25, 0.5]}',
}


@pytest.mark.parametrize("name", PAIRS_IN_A_FILE)
def test_a_pair_in_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, PAIRS_IN_A_FILE[name])
    found = document(capsys, "kl", path)
    assert [part["part"] for part in found["contributions"]] == [0.5, 0, -0.25]
    assert f"P is {path}, " in run(capsys, "kl", path)[1]
    assert piped(PAIRS_IN_A_FILE[name], "kl", "-").stdout.splitlines()[0].startswith("KL(P || Q)  0.25000 bits")


def test_two_rows_of_two_numbers_are_read_as_they_sum_to_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    texts = (
        "0.5,0.5\n0.75,0.25\n",
        "0.5,0.75\n0.5,0.25\n",
        "p,q\n0.5,0.75\n0.5,0.25\n",
        "p,0.5,0.5\nq,0.75,0.25\n",
    )
    values = [document(capsys, "kl", write(tmp_path / "square.csv", text))["divergence"] for text in texts]
    assert values == [pytest.approx(1 - math.log2(3) / 2, rel=1e-15)] * 4
    code, _, err = run(capsys, "kl", write(tmp_path / "counts.csv", "1 5\n3 4\n"), "--normalize")
    assert code == 3
    assert "name the columns p and q" in err


def test_outcomes_are_matched_by_their_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    p = write(tmp_path / "p.csv", "head,0.5\ntail,0.5\n")
    q = write(tmp_path / "q.csv", "tail,0.25\nhead,0.75\n")
    found = document(capsys, "kl", p, q)
    assert [(part["outcome"], part["q"]) for part in found["contributions"]] == [("tail", 0.25), ("head", 0.75)]
    for text, sentence in (("edge,0.25\nhead,0.75\n", "the outcome 'tail' and Q"), ("head,0.5\nhead,0.5\n", "2 times")):
        code, _, err = run(capsys, "kl", p, write(tmp_path / "other.csv", text))
        assert code == 2
        assert sentence in err


def test_how_the_numbers_were_halved_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "kl", 0.5, 0.5, 0.75, 0.25)[1]
    assert out.splitlines()[-1] == "P is the first 2 of the 4 numbers; Q is the last 2"


def test_an_infinite_divergence_is_an_answer_and_names_the_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "kl", '{"a": 0.5, "b": 0.25, "c": 0.25}', "0.5 0.5 0")
    assert (code, err) == (0, "")
    assert "KL(P || Q)  infinite bits" in out
    assert "KL(P || Q) is infinite: outcome c has probability 0.2500 under P and 0 under Q." in out
    assert "KL(Q || P)   0.50000 bits" in out
    found = document(capsys, "relate", "0.5 0.25 0.25", "0.5 0.5 0")
    assert found["divergence"] == found["cross_entropy"] == {"value": None, "state": "infinite"}
    assert found["reverse_divergence"] == 0.5
    assert "outcome 3" in run(capsys, "relate", "0.5 0.25 0.25", "0.5 0.5 0")[1]


def test_a_tiny_divergence_is_never_0(capsys: pytest.CaptureFixture[str]) -> None:
    p, q = "0.5 0.5", "0.500000001 0.499999999"
    change = 2 * (0.500000001 - 0.5)
    exact = -math.log1p(-change * change) / 2 / LOG_2
    assert document(capsys, "kl", p, q)["divergence"] == pytest.approx(exact, rel=1e-12)
    out = run(capsys, "kl", p, q)[1]
    assert f"{exact:.4e} bits" in out
    assert "0.500000001" in out
    assert f"{exact:.4e} bits" in run(capsys, "relate", p, q)[1]
    assert "KL(P || Q)  0 bits" in run(capsys, "kl", p, p)[1]


def test_many_outcomes_are_told_in_part_and_still_sum_up(capsys: pytest.CaptureFixture[str]) -> None:
    p, q = [1] * 16, [*range(1, 17)]
    out = run(capsys, "kl", p, q, "--normalize")[1]
    assert "11 more" in out
    shown = [float(line.split()[-1]) for line in out.splitlines()[4:]]
    assert len(shown) == 6
    assert sum(shown) == pytest.approx(document(capsys, "kl", p, q, "--normalize")["divergence"], abs=5e-5)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ("0.5 0.25 0.25", "0.25 0.25 0.5"),
        ("0.35 0.35 0.3", "0.1 0.2 0.7"),
        ("0.999 0.001", "0.998 0.002"),
        ("0.3 0.7", "0.302 0.698"),
        ("0.99999 0.00001", "0.9 0.1"),
        ("0.2 0.8", "0.2 0.8"),
    ],
)
@pytest.mark.parametrize("unit", ["bit", "nat", "ban"])
def test_the_identity_adds_up_as_printed(capsys: pytest.CaptureFixture[str], p: str, q: str, unit: str) -> None:
    out = run(capsys, "relate", p, q, "--unit", unit)[1]
    number = {what.strip(): Decimal(value) for what, value in re.findall(r"^(.+?\))  +(\S+) ", out, re.MULTILINE)}
    for true, model in ("PQ", "QP"):
        entropy, divergence = number[f"entropy H({true})"], number[f"+ divergence KL({true} || {model})"]
        assert number[f"= cross-entropy H({true}, {model})"] == entropy + divergence
    found = document(capsys, "relate", p, q, "--unit", unit)
    assert found["cross_entropy"] == found["entropy"] + found["divergence"]
    for name, entropy in (("+ divergence KL(P || Q)", found["divergence"]), ("entropy H(P)", found["entropy"])):
        assert float(number[name]) == pytest.approx(entropy, rel=1e-3)


def test_relate_in_closed_form(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "relate", "1 0", "0.5 0.5")
    assert (found["entropy"], found["divergence"], found["cross_entropy"]) == (0, 1, 1)
    assert (found["reverse_entropy"], found["reverse_divergence"]["state"]) == (1, "infinite")
    assert found["js_divergence"] == pytest.approx(1.5 - 0.75 * math.log2(3), rel=1e-14)


WRONG: list[tuple[list[str], str]] = [
    (["entropy"], "Missing argument"),
    (["entropy", ""], "an empty argument holds no numbers"),
    (["entropy", "[]"], "no numbers"),
    (["entropy", "0.5", "0.6"], "the sum is 1.1, not 1 (--normalize"),
    (["entropy", "0.5", "-0.5"], "outcome 2 is -0.5, and a probability is never negative (--logits"),
    (["entropy", "0.5", "nan"], "outcome 2 is nan"),
    (["entropy", "0.5", "inf", "--normalize"], "outcome 2 is inf, and must be finite"),
    (["entropy", "0", "0", "--normalize"], "the sum is 0"),
    (["entropy", "--logits", "-inf"], "every logit is -inf"),
    (["entropy", "--logits", "--normalize", "1"], "leave out --normalize"),
    (["entropy", "0.5", "half"], "number 2 is 'half', which is no number"),
    (["entropy", "0.5", "1/0"], "number 2 is '1/0'"),
    (["entropy", "half"], "'half' is no number, and there is no file 'half'"),
    (["entropy", "50%", "50%"], "leave out the per cent sign and say --normalize"),
    (["entropy", "0,5", "0,5"], "with decimal points"),
    (["entropy", "0.5", "-"], "standard input is given alone"),
    (["entropy", "--nonsense", "0.5"], "'--nonsense', which is no number, nor an option that there is"),
    (["entropy", "--unit", "byte", "1"], "--unit"),
    (["entropy", "[0.5, true]"], "number 2 is True, no number"),
    (["entropy", "[0.5, "], "this is not JSON"),
    (["entropy", f"[{10**400}]", "--normalize"], "too large"),
    (["entropy", "[[0.5, 0.5], [0.5, 0.5]]"], "2 lists of numbers (list 1, list 2) where one is wanted"),
    (["kl", "0.5", "0.5", "1"], "3 numbers cannot be halved"),
    (["kl", "0.5 0.5", "1"], "P has 2 outcomes and Q has 1 outcome"),
    (["kl", "0.5 0.5", "0.5 0.4"], "Q: the sum is 0.9, not 1"),
    (["kl", "0.5 0.5", "0.5 x"], "'x' is no number"),
    (["kl", "0.5 0.5", "0.5 0.5", "0.5 0.5"], "of more than two arguments, all are numbers"),
    (["kl", "-", "-"], "only once"),
    (["kl", "[[1], [1], [1]]"], "3 lists of numbers (list 1, list 2, list 3) where two, P and Q, are wanted"),
    (["kl", '{"p": 1}'], "1 lists of numbers"),
    (["relate", "1 0", "0 2"], "Q: the sum is 2"),
    (["code", "0.5 0.5", "1 0"], "outcome 2 has probability 0.5 under P and 0 under Q: its code would be infinitely"),
    (["code", "0.5 0.5", "0.5 0.5", "--symbols", "0"], "--symbols"),
    (["code", "0.5 0.5", "0.5 0.5", "--prior", "1"], "goes with --like"),
    (["code", "0.5 0.5", "0.5 0.5", "-o", "/no/such/folder/x"], "does not exist"),
    (["code", "0.5 0.5", "0.5 0.5", "-o", "-"], "the name of a file"),
    (["code", "x", "y", "--like", "z"], "one file is coded"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_wrong_use_exits_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


BROKEN: dict[str, tuple[str | bytes | None, str]] = {
    "none.csv": (None, "there is no such file"),
    "folder/none": (None, "there is no such file"),
    "empty.csv": ("", "nothing is there"),
    "comment.csv": ("# nothing\n", "nothing is there"),
    "latin.csv": ("ä,1\n".encode("latin-1"), "is not UTF-8 text: byte 1 is 0xe4"),
    "typo.csv": ("p\n0.5\n0.x\n", "row 3, column 1 (p) is '0.x', which is no number"),
    "gap.csv": ("outcome,p\na,0.5\nb,\nc,0.5\n", "row 3, column 2 (p) is empty"),
    "comma.csv": ("a;0,5\nb;0,5\n", "'0,5', which is no number: write a decimal point"),
    "ragged.csv": ("a,0.5\nb\n", "row 2 has 1 cells, and row 1 has 2"),
    "quote.csv": ('"a,0.5\n', "this is not CSV"),
    "table.csv": ("a,1,2,3\nb,1,2,3\n", "3 lists of numbers (column 2, column 3, column 4) where one is wanted"),
    "broken.json": ("[0.5,", "this is not JSON"),
    "number.json": ("0.5", "a list of numbers is wanted"),
    "text.json": ('{"a": 0.5, "b": "0.5"}', "b is '0.5', no number"),
    "null.json": ("[null, 1]", "number 1 is None, no number"),
    "deep.json": ("[" * 100_000, "this is not JSON"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    content, sentence = BROKEN[name]
    path = tmp_path / name
    if content is not None:
        write(path, content)
    for command in (["entropy"], ["kl", "0.5 0.5"]):
        code, out, err = run(capsys, *command, path)
        assert (code, out) == (3, "")
        assert str(path) in err
        assert sentence in err
        assert err.count("\n") == 1
    assert run(capsys, "entropy", tmp_path)[0] == 3


def test_names_of_outcomes_are_data(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write(tmp_path / "names.json", json.dumps({"a\x1b[31m\n": 0.5, "[red]" + "x" * 100: 0.5}))
    code, out, err = run(capsys, "kl", path, "0.25 0.75")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert "[red]" in out
    assert max(map(len, out.splitlines())) <= 100


def test_the_output_fits_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["entropy", "0.3 0.3 0.4 0"], ["kl", "0.3 0.7", "0.7 0.3"], ["relate", "0.3 0.7", "0.7 0.3"]):
        assert max(map(len, run(capsys, *command)[1].splitlines())) <= 100


def test_the_calculators_leave_help_quick() -> None:
    heavy = ["numpy", "scipy", "pyarrow", "rich", "constriction"]
    code = f"import sys, bitsapart.cli.app; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_symbols_on_disk_take_the_cross_entropy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "symbols.bin"
    p, q = "0.5 0.25 0.25", "0.25 0.25 0.5"
    found = document(capsys, "code", p, q, "--symbols", 100_000, "-o", file)
    assert (found["entropy"], found["divergence"], found["cross_entropy"]) == (1.5, 0.25, 1.75)
    assert found["bytes"]["model"] == file.stat().st_size
    assert found["bytes"]["fixed_length"] == 25_000
    parts = found["above_cross_entropy"]
    assert found["bits_per_symbol"]["model"] == pytest.approx(1.75 + sum(parts.values()), rel=1e-12)
    # the surprisal under Q is 2, 2 or 1 bits with shares 1/2, 1/4, 1/4: variance 3/16
    assert found["sampling_deviation"] == pytest.approx(math.sqrt(3 / 16 / 100_000), rel=1e-12)
    assert abs(parts["sampling"]) < 5 * found["sampling_deviation"]
    assert parts["rounding"] == 0
    assert 0 <= parts["coder"] * 100_000 < 64
    symbols = decode(file.read_bytes(), [0.25, 0.25, 0.5], 100_000)
    assert (symbols == 0).mean() == pytest.approx(0.5, abs=0.01)
    assert document(capsys, "code", p, q, "--symbols", 100_000, "--seed", 1)["bytes"] != found["bytes"]


def test_what_a_code_takes_is_told_and_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "code", "0.5 0.25 0.25", "0.25 0.25 0.5", "--symbols", 1000)
    assert (code, err) == (0, "")
    assert out.startswith("1,000 symbols drawn from P (seed 0), coded, written to a temporary file, read back")
    assert re.search(r"entropy H\(P\) +1.5000 .*\n\+ divergence KL\(P \|\| Q\) +0.2500 .*\n= .* 1.7500 ", out)
    assert "fixed length, 2 bits each    250   2.000000" in out


def test_rounding_the_model_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "code", "0.5 0.5", "1e-12 0.999999999999", "--symbols", 2000)
    assert found["bits_per_symbol"]["model"] == pytest.approx(12, abs=1)
    lost = -math.log2(1e-12) - 24
    share = found["above_cross_entropy"]["rounding"] / -lost
    assert share == pytest.approx(0.5, abs=0.06)


def test_a_file_is_coded_like_another(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text, other = write(tmp_path / "text", b"aabc" * 500), write(tmp_path / "other", b"abcc" * 7)
    found = document(capsys, "code", text, "--like", other, "-o", tmp_path / "out.bin")
    assert (found["entropy"], found["divergence"]) == (1.5, 0.25)
    assert 8 * found["bytes"]["model"] == pytest.approx(2000 * 1.75, abs=64)
    assert 8 * found["bytes"]["true"] == pytest.approx(2000 * 1.5, abs=64)
    assert (found["bytes"]["fixed_length"], found["above_cross_entropy"]["sampling"]) == (2000, 0)
    own = document(capsys, "code", text, "--like", text)
    assert own["divergence"] == 0
    code, _, err = run(capsys, "code", text, "--like", write(tmp_path / "poor", b"ab"))
    assert code == 2
    assert "byte 0x63 ('c')" in err
    assert run(capsys, "code", text, "--like", tmp_path / "poor", "--prior", 0.5)[0] == 0
    assert run(capsys, "code", text, "--like", tmp_path / "none")[0] == 3
    assert run(capsys, "code", write(tmp_path / "empty", b""), "--like", text)[0] == 3


def test_the_code_never_overwrites_what_it_reads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pair = write(tmp_path / "pair.csv", "0.5,0.25\n0.25,0.25\n0.25,0.5\n")
    code, _, err = run(capsys, "code", pair, "-o", pair)
    assert code == 2
    assert "write the coded bytes elsewhere" in err
    assert run(capsys, "code", pair, "--like", tmp_path / "x", "-o", tmp_path / "x")[0] == 2
    assert run(capsys, "code", pair, "-o", tmp_path / "new.bin")[0] == 0
    assert (tmp_path / "new.bin").stat().st_size > 200_000


def test_without_the_coder_a_sentence_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "constriction", None)
    code, _, err = run(capsys, "code", "0.5 0.5", "0.25 0.75", "-o", tmp_path / "x")
    assert code == 2
    assert "pip install 'bitsapart[code]'" in err
    assert not (tmp_path / "x").exists()


EXAMPLES = [
    pytest.param(command, output, id=f"{page}: {command[:60]}")
    for page in ("calculator", "code")
    for block in re.findall(r"```text\n(.*?)```", (DOCS / f"{page}.md").read_text("utf-8"), re.DOTALL)
    for command, output in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_the_documentation_shows_what_is_printed(command: str, output: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=os.environ | {"PATH": path},
    )
    assert done.stdout == output
