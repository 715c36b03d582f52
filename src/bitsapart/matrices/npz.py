"""NumPy's .npz: a zip of .npy files.

Those stored plainly are read in place, and their checksum is not computed, which would read all of them; others are
unpacked once to a temporary file.
"""

import shutil
import struct
import tempfile
import weakref
import zipfile
from pathlib import Path

from bitsapart.matrices.encoding import encoding_of
from bitsapart.matrices.members import chosen
from bitsapart.matrices.npy import Header, open_npy, read_header
from bitsapart.matrices.paths import PICKLED
from bitsapart.matrices.stored import Place, Stored
from bitsapart.values.errors import DataError

LOCAL_HEADER = struct.Struct("<4s22xHH")
ENCRYPTED = 1


class Unpacked:
    """A temporary folder that is gone when nobody needs it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="bitsapart-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def open_npz(path: Path, member: str | None, vector: bool, text: bool) -> Stored:
    """One array of a .npz file."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is cut short or damaged: it lacks what a .npz file has at its end") from error
    with archive:
        entries = {
            info.filename.removesuffix(".npy"): info for info in archive.infolist() if info.filename.endswith(".npy")
        }
        if not entries:
            if any(info.filename.endswith(".pkl") for info in archive.infolist()):
                raise DataError(f"{path} {PICKLED}")
            raise DataError(f"{path} holds no array: it is a zip file, but has no .npy inside")
        locked = next((key for key, info in entries.items() if info.flag_bits & ENCRYPTED), None)
        if locked:
            raise DataError(f"{path} is encrypted ({locked!r}): unpack it first")
        headers = {key: header_in(archive, info, f"{path}:{key}") for key, info in entries.items()}
        key = chosen({key: header.shape for key, header in headers.items()}, member, str(path), vector)
        name = f"{path}:{key}" if len(entries) > 1 else str(path)
        info, header = entries[key], headers[key]
        encoding_of(header.dtype, name, text)  # refuses objects before anything else is done with them
        plain = info.compress_type == zipfile.ZIP_STORED
        if info.file_size != header.length + header.size or (plain and info.compress_size != info.file_size):
            raise DataError(
                f"{name} has {info.file_size:,} bytes where an array of {header.shape} {header.dtype.name} takes "
                f"{header.length + header.size:,}"
            )
        if plain:
            return header.stored(name, Place.of(path, start_of(path, info) + header.length), text)
        return unpacked(archive, info, name, text)


def header_in(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Header:
    """The .npy header of a member."""
    with archive.open(info) as file:
        return read_header(file, name)


def start_of(path: Path, info: zipfile.ZipInfo) -> int:
    """Where the bytes of a plainly stored member begin: behind a local header of its own length."""
    with path.open("rb") as file:
        file.seek(info.header_offset)
        _, name_length, extra_length = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
    start = info.header_offset + LOCAL_HEADER.size + name_length + extra_length
    if start + info.file_size > path.stat().st_size:
        raise DataError(f"{path} is cut short: {info.filename} would end beyond its end")
    return int(start)


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, text: bool) -> Stored:
    """A compressed member, unpacked piece by piece to a file that lives as long as the matrix."""
    folder = Unpacked()
    free = shutil.disk_usage(folder.path).free
    if free < info.file_size:
        raise DataError(
            f"{name} unpacks to {info.file_size:,} bytes, and {folder.path.parent} has {free:,} free: save it "
            "uncompressed (np.savez), or set TMPDIR to a larger disk"
        )
    path = folder.path / "array.npy"
    with archive.open(info) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return open_npy(path, name, text, folder)
