"""Files: which there are behind a path, of what format, and their pieces.

Parquet and Arrow files are read in place. CSV and JSON lines are parsed once, into memory where they are small and into
a temporary Arrow file where they are not: their types are known only at their end.
"""

import glob
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.feather

from bitsapart.tables.columns import column
from bitsapart.tables.pieces import Batches, InMemory, Piece, Readers, Remapped, RowGroup
from bitsapart.tables.text_files import parse_csv, parse_json_lines, spilled
from bitsapart.values.errors import BitsapartError, DataError, UsageError

SUFFIXES = {
    **dict.fromkeys((".parquet", ".pq", ".parq"), "parquet"),
    **dict.fromkeys((".arrow", ".arrows", ".feather", ".ipc"), "arrow"),
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "json"),
}
COMPRESSED = (".gz", ".bz2", ".zst")
KNOWN = (
    "known are .parquet, .arrow, .feather, .csv, .tsv, .jsonl and .ndjson; the text formats also as .gz, .bz2 or .zst"
)
FIRST_BYTES = {b"PAR1": "parquet", b"ARRO": "arrow", b"FEA1": "feather 1", b"\xff\xff\xff\xff": "arrow stream"}


@dataclass(frozen=True)
class Opened:
    """What stands behind a path."""

    name: str
    schema: pa.Schema
    pieces: list[Piece]
    notes: tuple[str, ...] = ()


def open_files(pattern: str) -> Opened:
    """The table behind a path, a glob or a folder.

    Several files make one table: columns are matched by name, a column that some files lack is null there, and the
    keys of a Hive-style folder (``year=2013/``) are columns.
    """
    root = Path(pattern).expanduser()
    paths = found(pattern)
    readers = Readers()
    tables = [open_file(path, readers) for path in paths]
    folders = [partition(path.relative_to(root)) if root.is_dir() else {} for path in paths]
    if len(tables) == 1 and not folders[0]:
        return tables[0]
    return together(pattern, paths, tables, folders)


def together(pattern: str, paths: list[Path], tables: list[Opened], folders: list[dict[str, str]]) -> Opened:
    """Several files as one table."""
    for table in tables:
        twice = [name for name, number in Counter(table.schema.names).items() if number > 1]
        if twice:
            raise DataError(
                f"{table.name} has two columns named {twice[0]!r}: it cannot be joined to other files by name"
            )
    fields: dict[str, list[pa.DataType]] = {}
    for table in tables:
        for field in table.schema:
            fields.setdefault(field.name, []).append(field.type)
    found_types = {name: common_type(types) for name, types in fields.items()}
    whole = pa.schema([pa.field(name, type_ or pa.utf8()) for name, type_ in found_types.items()])
    keys = {name for folder in folders for name in folder} - set(whole.names)
    types = {name: whole_number_or_text([folder.get(name) for folder in folders]) for name in sorted(keys)}
    pieces: list[Piece] = []
    lacking: Counter[str] = Counter()
    for table, folder in zip(tables, folders, strict=True):
        places: list[int | pa.Scalar] = []
        for field in whole:
            place = table.schema.get_field_index(field.name)
            lacking[field.name] += place < 0
            places.append(place if place >= 0 else pa.scalar(None, field.type))
        places += [pa.scalar(folder.get(name)).cast(type_) for name, type_ in types.items()]
        pieces += [Remapped(piece, tuple(places)) for piece in table.pieces]
    schema = pa.schema([*whole, *(pa.field(name, type_) for name, type_ in types.items())])
    notes = [
        f"{name!r} is missing in {n} of {len(paths)} files and counted as null there"
        for name, n in lacking.items()
        if n
    ]
    for name in (name for name, type_ in found_types.items() if type_ is None):
        stored = " and ".join(sorted({str(type_) for type_ in fields[name]}))
        notes.append(f"{name!r} is {stored} in different files, and compared by its text")
    return Opened(f"{pattern} ({len(paths)} files)", schema, pieces, tuple(notes))


def common_type(types: list[pa.DataType]) -> pa.DataType | None:
    """The type of a column that several files hold; None where they do not go together."""
    plain = {column(0, "", type_).family for type_ in types} - {"empty"}
    if len(plain) > 1:
        return None
    if plain == {"date"}:  # days and moments go together as moments
        return next((type_ for type_ in types if pa.types.is_timestamp(type_)), types[0])
    try:
        schemas = [pa.schema([pa.field("x", type_)]) for type_ in types]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except pa.ArrowException:
        return next(type_ for type_ in types if not pa.types.is_null(type_))


def whole_number_or_text(values: list[str | None]) -> pa.DataType:
    """The type of a partition key."""
    return pa.int64() if all(v is not None and v.isdecimal() and len(v) < 18 for v in values) else pa.utf8()


def partition(path: Path) -> dict[str, str]:
    """The keys that a Hive-style path names."""
    pairs = [part.partition("=") for part in path.parts[:-1]]
    return {name: value for name, equals, value in pairs if equals and name}


def found(pattern: str) -> list[Path]:
    """The files behind a path, a glob or a folder, in the order of their names."""
    if not pattern:
        raise UsageError("the name of a table is empty: give a file, a glob in quotes, or a folder")
    path = Path(pattern).expanduser()
    try:
        if path.is_dir():
            os.listdir(path)  # rglob passes over what it may not read  # noqa: PTH208
            return inside(path)
        if path.exists():
            return [path]
        files = sorted(Path(p) for p in glob.glob(str(path), recursive=True) if Path(p).is_file())
    except OSError as error:
        raise DataError(f"cannot look for {pattern!r}: {error.strerror or error}") from error
    if files:
        return files
    if glob.has_magic(pattern):
        raise DataError(f"no file matches {pattern!r}")
    raise DataError(f"no such file: {pattern!r}")


def inside(folder: Path) -> list[Path]:
    """The tables in a folder and below; markers that writers leave (_SUCCESS, .crc) are none."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    visible = [p for p in files if not any(part.startswith(("_", ".")) for part in p.relative_to(folder).parts)]
    tables = [p for p in visible if format_by_name(p)]
    if not tables:
        raise DataError(f"no table in the folder {str(folder)!r} (it has {len(files)} other files); {KNOWN}")
    return tables


def format_by_name(path: Path) -> str | None:
    """The format that a file's name promises."""
    name = path.name.lower()
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    return SUFFIXES.get(Path(name).suffix)


def format_of(path: Path) -> str:
    """The format of a file: by its first bytes where they tell, else by its name."""
    if not path.is_file():
        raise DataError(f"{path} is not a regular file, and a table is read more than once: copy it to a file first")
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise DataError(f"{path} is an empty file")
    by_name = "csv" if path.suffix.lower() == ".txt" else format_by_name(path)
    by_start = FIRST_BYTES.get(start)
    if by_start:
        return by_start
    if path.suffix == ".profile":
        raise DataError(f"{path} is a profile, which can only be the reference")
    if by_name is None:
        raise DataError(f"cannot tell the format of {path}; {KNOWN}")
    if by_name in {"parquet", "arrow"}:
        raise DataError(f"{path} is no {by_name.title()} file: it does not begin like one")
    return by_name


def open_file(path: Path, readers: Readers) -> Opened:
    """One file."""
    with blaming(str(path)):
        kind = format_of(path)
        if kind == "parquet":
            schema, pieces = RowGroup.divide(path, readers)
        elif kind == "arrow":
            schema, pieces = Batches.divide(path)
        elif kind == "arrow stream":
            with pa.ipc.open_stream(pa.memory_map(str(path))) as batches:
                schema, pieces = spilled(batches)
        elif kind == "feather 1":
            table = pyarrow.feather.read_table(path)
            schema, pieces = table.schema, InMemory.divide(table)
        else:
            schema, pieces = parse_csv(path) if kind == "csv" else parse_json_lines(path)
        return Opened(str(path), schema, pieces)


@contextmanager
def blaming(name: str) -> Iterator[None]:
    """Turn what a library says of broken data into one sentence that names the file."""
    try:
        yield
    except BitsapartError:
        raise
    except PermissionError as error:
        raise DataError(f"{name} cannot be read: permission denied") from error
    except (pa.ArrowException, OSError, ValueError, KeyError, UnicodeError) as error:
        raise DataError(f"{name} cannot be read: {short(error)}") from error


def short(error: BaseException, width: int = 300) -> str:
    """Another library's message in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= width else text[:width] + " ..."
