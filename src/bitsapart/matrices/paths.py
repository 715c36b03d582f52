"""Which files are meant by a path, and of what format each is."""

import glob
import re
from pathlib import Path

from bitsapart.matrices.llama_base import MAGIC
from bitsapart.values.errors import DataError, UsageError

FORMATS = {".npy": "npy", ".npz": "npz", ".safetensors": "safetensors"}
KNOWN = "known are .npy, .npz, .safetensors and the base files of llama.cpp"
PICKLES = {".pt", ".pth", ".bin", ".pkl", ".pickle", ".joblib", ".ckpt", ".dill"}
TABLES = {".parquet", ".pq", ".csv", ".tsv", ".jsonl", ".arrow", ".feather"}
MEMBER = re.compile(r"(?P<path>.+\.(npz|safetensors)):(?P<member>.+)", re.IGNORECASE | re.DOTALL)
FIRST_BYTES = {MAGIC: "llama.cpp", b"\x93NUMPY": "npy", b"PK\x03\x04": "npz"}
PICKLE = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
PICKLED = "is a pickle, and pickles are never loaded, since they can run code: save it as .npy or .safetensors"


def split_member(source: str, member: str | None) -> tuple[str, str | None]:
    """A path, and the member that is named apart or behind a colon."""
    spelled = MEMBER.fullmatch(source)
    if not spelled or Path(spelled[0]).is_file():
        return source, member
    if member not in {None, spelled["member"]}:
        raise UsageError(f"{source!r} names another array than {member!r}: name one of them")
    return spelled["path"], spelled["member"]


def found(pattern: str, role: str) -> list[Path]:
    """The files behind a path, a glob or a folder, row_2 before row_10."""
    if not pattern:
        raise UsageError(f"the name of the file of {role} is empty")
    path = Path(pattern).expanduser()
    try:
        if path.is_dir():
            return inside(path)
        if path.exists():
            return [path]
        files = [Path(name) for name in glob.glob(str(path), recursive=True) if Path(name).is_file()]  # noqa: PTH207
    except (OSError, ValueError) as error:
        raise DataError(f"cannot look for {pattern!r}: {error}") from error
    if not files:
        raise DataError(f"no file matches {pattern!r}" if glob.has_magic(pattern) else f"no such file: {pattern!r}")
    return sorted(files, key=natural)


def inside(folder: Path) -> list[Path]:
    """The matrices in a folder and below, hidden files apart."""
    files = sorted((p for p in folder.rglob("*") if p.is_file()), key=natural)
    visible = [p for p in files if not any(part.startswith(("_", ".")) for part in p.relative_to(folder).parts)]
    matrices = [p for p in visible if p.suffix.lower() in FORMATS or first_bytes(p).startswith(MAGIC)]
    if not matrices:
        raise DataError(f"no matrix in the folder {str(folder)!r} (it has {len(files)} other files); {KNOWN}")
    return matrices


def natural(path: Path) -> tuple[list[int | str], str]:
    """A key that puts numbers in names in order of size."""
    parts = re.split(r"([0-9]+)", str(path))
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], str(path)


def first_bytes(path: Path) -> bytes:
    """How a file begins."""
    with path.open("rb") as file:
        return file.read(8)


def format_of(path: Path) -> str:
    """The format of a file: by its first bytes where they tell, else by its name."""
    if not path.is_file():
        raise DataError(f"{path} is not a regular file, and rows are read by position: copy it to a file first")
    start, suffix = first_bytes(path), path.suffix.lower()
    if not start:
        raise DataError(f"{path} is an empty file")
    by_start = next((kind for magic, kind in FIRST_BYTES.items() if start.startswith(magic)), None)
    if by_start in {"llama.cpp", "npy"}:
        return by_start
    if suffix in PICKLES or (start.startswith(PICKLE) and suffix != ".safetensors"):
        raise DataError(f"{path} {PICKLED}")
    if suffix == ".gguf" or start.startswith(b"GGUF"):
        raise DataError(f"{path} holds a model's weights, not its logits: let llama-perplexity write those")
    if suffix in TABLES:
        raise DataError(f"{path} is a table, where a matrix is needed; {KNOWN}")
    kind = FORMATS.get(suffix) or by_start
    if kind is None:
        raise DataError(f"cannot tell the format of {path}; {KNOWN}")
    return kind
