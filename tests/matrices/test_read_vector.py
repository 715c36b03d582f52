"""One value a row, from wherever it is."""

import numpy as np
import pytest
import torch

from bitsapart.matrices import read_vector
from bitsapart.values.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ([1, 2, 3], np.array([1, 2, 3])),
        ([True, False], np.array([True, False])),
        ([[0.5], [1.5]], np.array([0.5, 1.5])),
        (("a", "b"), np.array(["a", "b"])),
        (np.array(["a", "bc"], dtype=object), np.array(["a", "bc"])),
        (np.array(["a", "bc"], dtype=np.dtypes.StringDType()), np.array(["a", "bc"])),
        (np.array(["é".encode(), b"b"]), np.array(["é", "b"])),
        (np.array([1, 2], dtype=">i4"), np.array([1, 2], np.int32)),
        (torch.tensor([3, 4]), np.array([3, 4])),
        (torch.tensor([0.5, 2.0], dtype=torch.bfloat16), np.array([0.5, 2.0], np.float32)),
    ],
)
def test_objects(source, wanted):
    found = read_vector(source, "labels")
    assert (found.dtype, found.tolist()) == (wanted.dtype, wanted.tolist())


@pytest.mark.parametrize("array", [np.array([3, 1]), np.array(["x", "yz"]), np.array([True, False]), np.array([[0.5]])])
def test_files(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    np.savez_compressed(tmp_path / "x.npz", labels=array, logits=np.zeros((4, 3)))
    for name in ("x.npy", "x.npz", "x.npz:labels"):
        found = read_vector(tmp_path / name, "labels")
        assert (found.dtype, found.tolist()) == (array.dtype, array.ravel().tolist())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1\n-2\n30\n", [1, -2, 30]),
        ("1\r\n2.5\r\nnan", [1.0, 2.5, np.nan]),
        ("cat\nnew york\n", ["cat", "new york"]),
        ("007\n008\n", [7.0, 8.0]),
        ("\ufeff1\n", [1]),
        (f"{2**63}\n", [2.0**63]),
    ],
)
def test_text_files(tmp_path, text, wanted):
    (tmp_path / "x.txt").write_text(text, encoding="utf-8", newline="")
    found = read_vector(tmp_path / "x.txt", "labels")
    assert found.tolist() == pytest.approx(wanted, nan_ok=True) if found.dtype.kind != "U" else found.tolist() == wanted


def test_what_is_no_vector(tmp_path):
    (tmp_path / "x.txt").write_text("1\n\n2\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    np.savez(tmp_path / "x.npz", a=np.zeros(3), b=np.zeros(3))
    for source, message in (
        (tmp_path / "x.txt", "line 2 of .* is empty"), (tmp_path / "empty.txt", "empty file"),
        (tmp_path / "latin.txt", "latin.txt cannot be read"), (tmp_path / "x.npy", r"the shape \(3, 2\)"),
        (np.zeros((1, 3)), r"labels has the shape \(1, 3\)"), ([1, "a"], "labels holds 'a' at 1"),
        (["a", None], "labels holds None at 1"), (np.zeros(2, "M8[s]"), "numbers or text"),
        (np.array([b"\xff"]), "labels holds bytes that are no text"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=message):
            read_vector(source, "labels")
    with pytest.raises(UsageError, match="one must be named"):
        read_vector(tmp_path / "x.npz", "labels")
    with pytest.raises(UsageError, match="no array 'c'"):
        read_vector(tmp_path / "x.npz", "labels", "c")


def test_several_files(tmp_path):
    for number, values in ((10, "3\n"), (2, "1\n2\n")):
        (tmp_path / f"{number}.txt").write_text(values)
    assert read_vector(tmp_path / "*.txt", "labels").tolist() == [1, 2, 3]
    (tmp_path / "11.txt").write_text("cat\n")
    with pytest.raises(DataError, match="some of text and some of numbers"):
        read_vector(tmp_path / "*.txt", "labels")
