"""Files larger than what may be resident, and threads that read at the same time."""

import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from llama_base_file import write_base_file

from bitsapart.matrices import open_matrix

ROWS, COLUMNS = 8_192, 16_384
"""256 MB of float16; holes in the file, which take no disk."""
READ = """
import sys
from bitsapart.matrices import open_matrix

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024

def read(path):
    matrix = open_matrix(path, "p")
    step = 2**19 // matrix.columns
    for start in range(0, matrix.rows, step):
        matrix.block(start, min(start + step, matrix.rows))
    return matrix.rows

read(sys.argv[1])
before = peak()
print(read(sys.argv[2]), peak() - before)
"""


def npy_header(file, shape=(ROWS, COLUMNS), fortran=False):
    np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": fortran, "shape": shape})


def sparse_npy(path: Path, fortran: bool = False) -> Path:
    with path.open("wb") as file:
        npy_header(file, (ROWS * 32, COLUMNS // 32) if fortran else (ROWS, COLUMNS), fortran)
        file.truncate(file.tell() + ROWS * COLUMNS * 2)
    return path


def sparse_safetensors(path: Path) -> Path:
    size = ROWS * COLUMNS * 2
    header = f'{{"x": {{"dtype": "BF16", "shape": [{ROWS}, {COLUMNS}], "data_offsets": [0, {size}]}}}}'.encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(file.tell() + size)
    return path


def packed_npz(path: Path) -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.npy", "w", force_zip64=True) as file,
    ):
        npy_header(file)
        for _ in range(ROWS // 256):
            file.write(bytes(256 * COLUMNS * 2))
    return path


def sparse_base_file(path: Path) -> Path:
    context = ROWS + 1  # two chunks, of whose positions the later half is scored
    with path.open("wb") as file:
        file.write(b"_logits_" + np.array([context, COLUMNS, 2], "<i4").tobytes())
        file.write(np.zeros(2 * context, "<i4").tobytes())
        file.truncate(file.tell() + 2 * (context - 1 - context // 2) * 2 * (4 + COLUMNS))
    return path


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("kind", ["npy", "fortran", "safetensors", "npz", "base", "folder"])
def test_reading_takes_no_more_than_a_few_blocks(tmp_path, kind):
    """Blocks of half a million numbers; a quarter of a gigabyte goes by."""
    (tmp_path / "x").mkdir()
    source = tmp_path / "x" / f"x.{ {'fortran': 'npy', 'folder': 'npy'}.get(kind, kind) }"
    makers = {"safetensors": sparse_safetensors, "npz": packed_npz, "base": sparse_base_file}
    makers.get(kind, sparse_npy)(source, *([True] if kind == "fortran" else []))
    if kind == "folder":
        np.save(tmp_path / "x" / "y.npy", np.zeros((10, COLUMNS), np.float32))
        source = tmp_path / "x"
    np.savez_compressed(tmp_path / "small.npz", np.zeros((3, 2)))
    done = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / "small.npz", source], capture_output=True, text=True, check=True
    )
    rows, megabytes = done.stdout.split()
    assert int(rows) == {"folder": ROWS + 10, "fortran": ROWS * 32}.get(kind, ROWS)
    assert float(megabytes) < 12


def test_threads_read_their_own_rows(tmp_path):
    rng = np.random.default_rng(3)
    array = rng.standard_normal((500, 37)).astype(np.float32)
    np.save(tmp_path / "c.npy", array)
    np.save(tmp_path / "f.npy", np.asfortranarray(array))
    np.savez_compressed(tmp_path / "z.npz", array)
    tokens = rng.integers(0, 37, (5, 201))
    write_base_file(tmp_path / "base", tokens, array.reshape(5, 100, 37))
    for name in ("c.npy", "f.npy", "z.npz", "base"):
        matrix = open_matrix(tmp_path / name, "p")
        whole = matrix.block(0, 500)
        starts = rng.integers(0, 490, 400).tolist()
        with ThreadPoolExecutor(8) as pool:
            for start, block in zip(starts, pool.map(lambda i, m=matrix: m.block(i, i + 10), starts), strict=True):
                assert np.array_equal(block, whole[start : start + 10])
