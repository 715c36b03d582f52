"""What ids stand for, from the files that tokenizers come with."""

import json
from pathlib import Path
from typing import Any

import pytest

import bitsapart as ba
from bitsapart.model_comparison.tokens import open_vocabulary


def written(tmp_path: Path, name: str, document: Any) -> Path:
    """A file with a text or a JSON document."""
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_byte_level_vocabularies(tmp_path: Path) -> None:
    """As of GPT-2: a character a byte; "é" is two bytes, which may be two tokens."""
    vocab = {"Ġthe": 0, "Ċ": 1, "Ã": 2, "©": 3, "caf": 4, "Ġ": 5}
    document = {
        "model": {"type": "BPE", "vocab": vocab},
        "added_tokens": [{"id": 6, "content": "<|end of text|>"}],
    }
    known, ids = open_vocabulary(written(tmp_path, "tokenizer.json", document))
    assert [known.text(i) for i in (0, 1, 4, 6)] == [" the", "\n", "caf", "<|end of text|>"]
    assert known.join([0, 5, 4, 2, 3, 1, 6]) == " the café\n<|end of text|>"
    assert known.text(2) == r"\xc3"
    assert (known.text(99), known.text(-1)) == ("#99", "")
    assert ids["Ġthe"] == 0
    plain, _ = open_vocabulary(written(tmp_path, "vocab.json", vocab))
    assert plain.join([0, 5, 4, 2, 3]) == " the café"


def test_sentencepiece_vocabularies(tmp_path: Path) -> None:
    pairs = [["<unk>", 0.0], ["▁the", -1.0], ["<0xC3>", -2.0], ["<0xA9>", -2.0], ["s", -3.0]]
    known, _ = open_vocabulary(written(tmp_path, "t.json", {"model": {"type": "Unigram", "vocab": pairs}}))
    assert known.join([1, 4, 2, 3]) == " thesé"
    assert known.text(0) == "<unk>"


def test_lists_and_text_files(tmp_path: Path) -> None:
    for source in (
        ["a", " b", "", "c d"],
        written(tmp_path, "v.txt", "a\n b\n\nc d\n"),
        written(tmp_path, "v2.txt", "a\r\n b\r\n\r\nc d"),
        written(tmp_path, "v.json", ["a", " b", "", "c d"]),
        {"a": 0, " b": 1, "": 2, "c d": 3},
    ):
        known, _ = open_vocabulary(source)
        assert [known.text(i) for i in range(5)] == ["a", " b", "", "c d", "#4"]
        assert known.join([0, 1, 3, 7]) == "a bc d#7"


def test_without_a_vocabulary_ids_are_shown() -> None:
    known, ids = open_vocabulary(None)
    assert (known.text(3), known.join([3, -1, 4]), ids) == ("#3", "#3 #4", {})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "is no JSON"),
        ("3", "is no vocabulary"),
        ({"model": {"type": "BPE"}}, "no vocabulary in its model"),
        ({"a": "b"}, "should map tokens to ids"),
        ({"a": -1}, "should map tokens to ids"),
        ({"model": {"vocab": {"a": 1}}, "added_tokens": [{"content": "x"}]}, "added tokens without"),
        ([1, 2], "should be a list of tokens"),
    ],
)
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, document: Any, sentence: str) -> None:
    with pytest.raises(ba.DataError, match=sentence):
        open_vocabulary(written(tmp_path, "t.json", document))


def test_no_file_is_no_vocabulary(tmp_path: Path) -> None:
    with pytest.raises(ba.DataError, match=r"no such file: '.*none.json'"):
        open_vocabulary(tmp_path / "none.json")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ba.DataError, match="cannot be read"):
        open_vocabulary(tmp_path / "bytes.txt")
    with pytest.raises(ba.UsageError, match="path or a list"):
        open_vocabulary(3)
