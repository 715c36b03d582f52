"""What is written to a file of each format comes back, in whatever blocks it is asked for."""

import json
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bitsapart.matrices import open_matrix
from bitsapart.matrices.matrix import Matrix
from bitsapart.values.errors import DataError, UsageError

NUMBERS = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i4", "<i8", "|u1", "<u2", ">u8", "|b1"]


def write_safetensors(path, tensors):
    """Tensors as (type, array), a BF16 one given as float32 that it can hold; bytes as the format's documents say."""
    header, data = {"__metadata__": {"format": "np"}}, b""
    for name, (kind, array) in tensors.items():
        array = np.ascontiguousarray(array)
        raw = (array.view("<u4") >> 16).astype("<u2").tobytes() if kind == "BF16" else array.tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def all_of(matrix: Matrix, step: int = 3) -> np.ndarray:
    blocks = [matrix.block(i, min(i + step, matrix.rows)) for i in range(0, matrix.rows, step)]
    assert all(b.flags.c_contiguous and b.dtype.isnative and b.shape[1] == matrix.columns for b in blocks)
    return np.concatenate(blocks)


def drawn(shape, dtype, seed=0):
    return (np.random.default_rng(seed).standard_normal(shape) * 100).astype(np.int64).astype(dtype)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(7,), (7, 1), (1, 7), (10, 4), (3, 5, 4), (2, 3, 2, 5)])
def test_npy_gives_back_every_type_shape_and_order(tmp_path, dtype, order, shape):
    array = np.asarray(drawn(shape, dtype), order=order)
    np.save(tmp_path / "x.npy", array)
    matrix = open_matrix(tmp_path / "x.npy", "p")
    columns = shape[-1] if len(shape) > 1 else 1
    assert (matrix.shape, matrix.columns, matrix.rows) == (shape, columns, array.size // columns)
    assert matrix.dtype == np.dtype(dtype).name
    assert np.array_equal(all_of(matrix), array.reshape(-1, columns))
    in_memory = open_matrix(array, "p")
    assert np.array_equal(all_of(in_memory), array.reshape(-1, columns))
    assert in_memory.segments == matrix.segments
    assert sum(matrix.segments) == matrix.rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    array=hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]), hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)
    ),
    data=st.data(),
)
def test_any_block_is_a_slice_of_the_rows(tmp_path, array, data):
    np.savez_compressed(tmp_path / "x.npz", array)
    np.save(tmp_path / "x.npy", array.T)
    rows = array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1)
    across = array.T.reshape(-1, array.shape[0] if array.ndim > 1 else 1)
    for source, want in (("x.npz", rows), ("x.npy", across)):
        start = data.draw(st.integers(0, len(want)))
        stop = data.draw(st.integers(start, len(want)))
        for matrix in (open_matrix(tmp_path / source, "p"), open_matrix(array if want is rows else array.T, "p")):
            assert np.array_equal(matrix.block(start, stop), want[start:stop], equal_nan=True)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npz_members(tmp_path, save, order):
    logits, labels = np.asarray(drawn((9, 4), np.float32), order=order), drawn((9,), np.int64)
    path = tmp_path / "x.npz"
    save(path, logits=logits, labels=labels)
    assert np.array_equal(all_of(open_matrix(path, "p")), logits)  # the only one with columns
    assert np.array_equal(all_of(open_matrix(f"{path}:labels", "p")), labels[:, None])
    assert open_matrix(path, "p", member="labels").name == f"{path}:labels"
    with pytest.raises(UsageError, match=r"no array 'x'; it has logits \(9, 4\), labels \(9,\)"):
        open_matrix(path, "p", "x")
    with pytest.raises(UsageError, match="another array"):
        open_matrix(f"{path}:labels", "p", "logits")
    save(path, a=logits, b=logits)
    with pytest.raises(UsageError, match=r"one must be named: a \(9, 4\), b \(9, 4\)"):
        open_matrix(path, "p")


def test_the_unpacked_file_of_an_npz_goes_with_its_matrix(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    np.savez_compressed(tmp_path / "x.npz", np.ones((4, 2)))
    matrix = open_matrix(tmp_path / "x.npz", "p")
    assert len(list(tmp_path.glob("bitsapart-*/*"))) == 1
    assert matrix.block(0, 4).sum() == 8
    del matrix
    assert not list(tmp_path.glob("bitsapart-*"))


@pytest.mark.parametrize(
    ("kind", "dtype", "name"),
    [
        ("F16", "<f2", "float16"), ("F32", "<f4", "float32"), ("F64", "<f8", "float64"), ("BF16", "<f4", "bfloat16"),
        ("I64", "<i8", "int64"), ("U8", "|u1", "uint8"), ("BOOL", "|b1", "bool"),
    ],
)  # fmt: skip
def test_safetensors_types(tmp_path, kind, dtype, name):
    array = drawn((4, 5, 3), dtype)  # whole numbers below 256 in size are exact in bfloat16
    tensors = {"ids": ("I32", np.arange(3, dtype="<i4")), "x": (kind, array)}
    path = write_safetensors(tmp_path / "x.safetensors", tensors)
    matrix = open_matrix(path, "p")
    assert (matrix.dtype, matrix.shape, matrix.segments) == (name, (4, 5, 3), (5,) * 4)
    assert np.array_equal(all_of(matrix), array.reshape(-1, 3))
    assert matrix.block(0, 1).dtype == {"BF16": "f4", "BOOL": "u1"}.get(kind, dtype)


@given(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=20))
def test_bfloat16_is_widened_as_torch_does(bits):
    tensor = torch.tensor(bits, dtype=torch.int32).to(torch.int16).view(torch.bfloat16).reshape(-1, 1)
    matrix = open_matrix(tensor.requires_grad_(), "p")
    assert matrix.dtype == "bfloat16"
    assert np.array_equal(matrix.block(0, len(bits)), tensor.detach().float().numpy(), equal_nan=True)


def test_objects_that_hold_arrays():
    jax = pytest.importorskip("jax.numpy")
    wanted = [[1.0, 2.0], [3.0, 4.5]]
    for source, dtype in [
        (wanted, "float64"), (tuple(map(tuple, wanted)), "float64"), (np.array(wanted, object), "float64"),
        (torch.tensor(wanted, requires_grad=True), "float32"), (torch.tensor(wanted).T.contiguous().T, "float32"),
        (jax.array(wanted), "float32"), (jax.array(wanted, dtype="bfloat16"), "bfloat16"),
        ([[1, 2], [3, 4.5]], "float64"),
    ]:  # fmt: skip
        matrix = open_matrix(source, "p")
        assert (matrix.dtype, matrix.block(0, 2).tolist()) == (dtype, wanted)


def test_memory_is_viewed_not_copied():
    array = np.zeros((6, 4), np.float32)
    assert np.shares_memory(open_matrix(array, "p").block(2, 4), array)
    assert np.shares_memory(open_matrix(array.reshape(2, 3, 4), "p").block(2, 4), array)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([[1, 2], [3]], "row 1 of p has 1 values where row 0 has 2"),
        ([[1.0, None]], r"p holds None at \(0, 1\)"),
        ([1, "a"], "p holds 'a' at 1"),
        (["a"], "p holds text"),
        ([], "p is empty"),
        (np.zeros((3, 0)), "p is empty"),
        (3.0, "p is 3.0"),
        ({"a": 1}, "an object of type dict"),
        (np.array(3.0), "an object of type ndarray"),
        (torch.tensor(3.0), "p is a single number"),
        (np.zeros(2, complex), "complex numbers"),
        (np.zeros(2, "M8[s]"), "dates"),
        ([2**70, 1], "beyond 64 bits"),
        (np.ma.masked_equal([1.0, 2.0], 2), "masked"),
    ],
)
def test_objects_that_are_no_matrix(source, message):
    with pytest.raises(DataError, match=message):
        open_matrix(source, "p")


def test_rows_that_are_not_there(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    for matrix in (open_matrix(tmp_path / "x.npy", "p"), open_matrix(np.zeros((3, 2)), "p")):
        for start, stop in ((0, 4), (-1, 2), (2, 1)):
            with pytest.raises(IndexError, match="which has 3"):
                matrix.block(start, stop)


def test_a_folder_and_a_glob_are_joined_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 2, 1):
        array = np.full((number, 2), number, "<f4")
        write_safetensors(tmp_path / f"row_{number}.safetensors", {"x": ("F32", array)})
    (tmp_path / "config.json").write_text("{}")
    for source in (tmp_path, str(tmp_path / "row_*.safetensors"), f"{tmp_path}/*.safetensors:x"):
        matrix = open_matrix(source, "p")
        assert (matrix.segments, matrix.rows, matrix.shape) == ((1, 2, 10), 13, (13, 2))
        for step in (1, 2, 5, 13):
            assert all_of(matrix, step)[:, 0].tolist() == [1.0] + [2.0] * 2 + [10.0] * 10
    np.save(tmp_path / "z.npy", np.zeros((2, 2)))
    matrix = open_matrix(tmp_path, "p")
    assert matrix.dtype == "float32 and float64"
    assert {matrix.block(i, i + 1).dtype.name for i in range(15)} == {"float64"}
    np.save(tmp_path / "z.npy", np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"z.npy has 3 columns and .*row_1.safetensors 2"):
        open_matrix(tmp_path, "p")


def test_a_file_that_changes_is_noticed(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    matrix = open_matrix(tmp_path / "x.npy", "p")
    np.save(tmp_path / "x.npy", np.zeros((30, 2)))
    with pytest.raises(DataError, match="changed while"):
        matrix.block(0, 1)
    (tmp_path / "x.npy").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        matrix.block(0, 1)


def test_a_zip_with_other_things_in_it(tmp_path):
    path = tmp_path / "x.npz"
    np.save(tmp_path / "a.npy", np.ones((2, 2)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("README", "text")
        archive.write(tmp_path / "a.npy", "deep/a.npy")
    matrix = open_matrix(path, "p")
    assert (matrix.name, matrix.block(0, 2).sum()) == (str(path), 4)
