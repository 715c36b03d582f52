"""Files that are damaged, of another sort, or made to do harm: always one sentence, and never their code."""

import io
import json
import pickle
import zipfile
from contextlib import suppress

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_base_file import write_base_file

from bitsapart.matrices import open_matrix, read_vector
from bitsapart.values.errors import BitsapartError, DataError


class Harmful:
    """Would end the tests if it were unpickled."""

    def __reduce__(self):
        return (exit, (1,))


def whole_files() -> dict[str, bytes]:
    """One small valid file of each format."""
    array = np.arange(6.0).reshape(3, 2)
    found = {}
    for suffix, save in ((".npy", np.save), (".npz", np.savez), ("-packed.npz", np.savez_compressed)):
        buffer = io.BytesIO()
        save(buffer, array)
        found[f"x{suffix}"] = buffer.getvalue()
    header = json.dumps({"x": {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 48]}}).encode()
    found["x.safetensors"] = len(header).to_bytes(8, "little") + header + array.tobytes()
    return found


def read_all(path) -> None:
    matrix = open_matrix(path, "p")
    for row in range(min(matrix.rows, 50)):
        matrix.block(row, row + 1)


quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.data())
def test_a_damaged_file_is_an_error_or_still_numbers(tmp_path, data):
    files = whole_files()
    files["x.llama"] = write_base_file(tmp_path / "base", np.zeros((1, 5)), np.ones((1, 2, 3))).read_bytes()
    name = data.draw(st.sampled_from(sorted(files)))
    raw = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw)
    with suppress(BitsapartError):
        read_all(tmp_path / name)


@quick
@given(
    st.sampled_from([b"\x93NUMPY\x01\0", b"\x93NUMPY\x03\0", b"_logits_", b"PK\x03\x04", b"", b"\x08" + bytes(7)]),
    st.binary(max_size=200),
    st.sampled_from([".npy", ".npz", ".safetensors", ".unknown"]),
)
def test_random_bytes_are_an_error(tmp_path, start, rest, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(start + rest)
    with pytest.raises(DataError):
        open_matrix(path, "p")


@quick
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["F32", 2**70, -1, True]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_random_safetensors_headers_are_an_error(tmp_path, header):
    raw = json.dumps(header).encode()
    (tmp_path / "x.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw)
    with pytest.raises(DataError):
        open_matrix(tmp_path / "x.safetensors", "p")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"x": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}}, "stored as F8_E4M3, which is not read"),
        ({"x": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, "8 bytes where .* takes 12"),
        ({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 9]}}, "says .*: it is cut short"),
        ({"x": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 8]}}, "takes"),
        ({"x": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}}, "broken header at 'x'"),
        ({"__metadata__": {}}, "no tensor"),
        ([], "no JSON object"),
    ],
)
def test_safetensors_headers_are_checked(tmp_path, header, message):
    raw = json.dumps(header).encode()
    (tmp_path / "x.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw + bytes(8))
    with pytest.raises(DataError, match=message):
        open_matrix(tmp_path / "x.safetensors", "p")


def test_deep_and_double_headers(tmp_path):
    tensor = '{"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}'
    for text in ("[" * 100_000, f'{{"x": {tensor}, "x": {tensor}}}'):
        (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text.encode() + bytes(8))
        with pytest.raises(DataError, match="within lists" if text[0] == "[" else "cannot be read: a name is twice"):
            open_matrix(tmp_path / "x.safetensors", "p")


def test_no_message_shows_what_python_says_to_programmers(tmp_path):
    """A header that is a sum, one of a damaged name, one that ends early, and a zip file without its end."""
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    whole = (tmp_path / "x.npy").read_bytes()
    np.savez(tmp_path / "x.npz", a=np.ones((3, 2)))
    zipped = (tmp_path / "x.npz").read_bytes()
    for name, content, says in (
        ("sum.npy", whole.replace(b"(3, 2)", b"3+1+22"), "has no .npy header"),
        ("type.npy", whole.replace(b"'<f8'", b"'<q9'"), "has no .npy header"),
        ("open.npy", whole.replace(b"}", b" "), "has no .npy header"),
        ("short.npy", whole[:40], "is cut short within its header"),
        ("short.npz", zipped[:-40], "cut short or damaged: it lacks what a .npz file has at its end"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError) as caught:
            open_matrix(tmp_path / name, "p")
        assert str(tmp_path / name) in str(caught.value)
        assert str(caught.value).endswith(says), caught.value


def test_pickles_are_never_loaded(tmp_path):
    harmful = np.array([Harmful()], dtype=object)
    np.save(tmp_path / "x.npy", harmful)
    np.savez(tmp_path / "x.npz", harmful)
    np.savez_compressed(tmp_path / "y.npz", harmful)
    (tmp_path / "plain.npy").write_bytes(pickle.dumps(Harmful()))
    (tmp_path / "nothing").write_bytes(pickle.dumps(Harmful(), protocol=2))
    torch.save(torch.ones(2, 2), tmp_path / "x.pt")
    torch.save(torch.ones(2, 2), tmp_path / "torch.npz")
    torch.save(torch.ones(2, 2), tmp_path / "torch")
    (tmp_path / "x.pkl").write_bytes(b"(lp0\n.")
    files = sorted(p for p in tmp_path.iterdir() if p.is_file())
    assert len(files) == 9
    for path in files:
        for opened in (open_matrix, read_vector):
            with pytest.raises(DataError, match=r"pickle.* never loaded"):
                opened(path, "p")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.npy", b"", "is an empty file"),
        ("x.gguf", b"GGUF\x03\0\0\0", "weights, not its logits"),
        ("x.parquet", b"PAR1PAR1", "is a table"),
        ("x.csv", b"a,b\n1,2\n", "is a table"),
        ("x.h5", b"\x89HDF\r\n", "cannot tell the format of .*known are .npy"),
        ("x.npz", b"PK\x05\x06" + bytes(18), "holds no array"),
    ],
)
def test_other_files(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        open_matrix(tmp_path / name, "p")


def test_nothing_there(tmp_path):
    for source, message in (
        (tmp_path / "x.npy", "no such file"), (f"{tmp_path}/*.npy", "no file matches"), (tmp_path, "no matrix in the"),
        ("x" * 5000, "cannot look for|no such file"), ("a\0b.npy", "cannot look for|no such file"),
        (f"{tmp_path}/x.npz:a", "no such file"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=message):
            open_matrix(source, "p")


def test_sizes_that_do_not_fit(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((5, 4)))
    raw = path.read_bytes()
    path.write_bytes(raw[:-1])
    with pytest.raises(DataError, match=r"cut short: 287 bytes where an array of \(5, 4\) float64 takes 288"):
        open_matrix(path, "p")
    path.write_bytes(raw + raw)
    with pytest.raises(DataError, match="longer than one array: 576 bytes"):
        open_matrix(path, "p")
    path.write_bytes(raw.replace(b"(5, 4)", b"(-5,4)"))
    with pytest.raises(DataError, match="cannot be"):
        open_matrix(path, "p")


def test_a_header_of_four_gigabytes_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x02\0" + b"\xff" * 4 + bytes(1000))
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x09\0" + b"\x76\0" + bytes(200))
    for name, message in (("x.npz", "4,294,967,295 bytes"), ("x.npy", r"version \(9, 0\)")):
        with pytest.raises(DataError, match=message):
            open_matrix(tmp_path / name, "p")


def test_a_zip_bomb_and_a_locked_zip(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(4))
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", buffer.getvalue() + bytes(10**7))
    with pytest.raises(DataError, match=r"10,000,160 bytes where an array of \(4,\) float64 takes 160"):
        open_matrix(tmp_path / "x.npz", "p")
    np.savez(tmp_path / "y.npz", a=np.zeros(4))
    raw = bytearray((tmp_path / "y.npz").read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "y.npz").write_bytes(raw)
    with pytest.raises(DataError, match="encrypted"):
        open_matrix(tmp_path / "y.npz", "p")
