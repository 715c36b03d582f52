"""CSV and JSON lines: parsed once, with types that hold for the whole file."""

import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.json

from bitsapart.tables.pieces import Batches, InMemory, Piece
from bitsapart.values.errors import DataError

SMALL = 1 << 26
"""Bytes up to which a file is parsed into memory; a longer one goes through a temporary Arrow file."""
BLOCK = 1 << 23
NULLS = ["", "NA", "N/A", "#N/A", "NULL", "null", "NaN", "nan", "None"]
DELIMITERS = ",;\t|"
WIDER = {"null": pa.int64(), "int64": pa.float64()}
"""What to try next where a column's type, taken from the first block, does not hold further down; else text."""

TIME = re.compile(r"\d{4}-\d\d-\d\d(?P<clock>[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?")

Parsed = tuple[pa.Schema, list[Piece]]


def parse_csv(path: Path) -> Parsed:
    """A CSV file with a header line, in UTF-8 (or UTF-16 with its mark)."""
    with pa.input_stream(str(path)) as stream:
        head = stream.read(1 << 16)
    encoding = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf8"
    if encoding == "utf8" and b"\0" in head:
        raise DataError(
            f"{path} holds zero bytes, as UTF-16 without its mark does: convert it first, for instance with "
            "iconv -f utf-16le -t utf-8"
        )
    read = pa.csv.ReadOptions(encoding=encoding, block_size=BLOCK)
    parse = pa.csv.ParseOptions(delimiter=delimiter(head.decode(encoding, "replace")), newlines_in_values=True)
    types: dict[str, pa.DataType] = {}
    small = path.stat().st_size <= (SMALL if path.suffix not in {".gz", ".bz2", ".zst"} else SMALL // 8)
    while True:
        convert = pa.csv.ConvertOptions(
            null_values=NULLS, strings_can_be_null=True, quoted_strings_can_be_null=False, column_types=types
        )
        options = {"read_options": read, "parse_options": parse, "convert_options": convert}
        try:
            if small:
                table = pa.csv.read_csv(str(path), **options)
                schema, pieces = table.schema, InMemory.divide(table)
            else:
                with pa.csv.open_csv(str(path), **options) as batches:
                    schema, pieces = spilled(batches)
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                raise DataError(f"{path} has no rows below its header: there is nothing to compare") from error
            if widened(error, path, parse.delimiter, types):
                continue
            if read.use_threads:
                read.use_threads = False  # slower, but the message then names the row
                continue
            raise
        if encoding == "utf8" and unclosed(path, pieces, len(schema)):
            raise DataError(f"{path} cannot be read: a quotation mark is opened and never closed")
        raw = [field.name for field in schema if pa.types.is_binary(field.type)]
        if raw:
            raise DataError(
                f"{path} is not UTF-8 text in column {raw[0]!r}: convert it first, for instance with "
                f"iconv -f latin1 -t utf-8"
            )
        return schema, pieces


def unclosed(path: Path, pieces: list[Piece], columns: int) -> bool:
    """Whether a quotation mark swallows the end of a file: their number is odd, and the last row holds a line break."""
    marks = 0
    with pa.input_stream(str(path)) as stream:
        while block := stream.read(BLOCK):
            marks += block.count(b'"')
    if marks % 2 == 0 or not pieces:
        return False
    last = [list(pieces[-1].read(place))[-1][-1].as_py() for place in range(columns)]
    return any(isinstance(value, str) and "\n" in value for value in last)


def widened(error: pa.ArrowInvalid, path: Path, separator: str, types: dict[str, pa.DataType]) -> bool:
    """Give a column whose values outgrew its type the next wider one; False where the error is of another sort."""
    match = re.search(r"In CSV column #(\d+): .*?[Cc]onversion error to ([a-z0-9_]+)", str(error), re.DOTALL)
    if not match:
        return False
    with pa.csv.open_csv(
        str(path), parse_options=pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True)
    ) as reader:
        name = reader.schema.names[int(match[1])]
    if types.get(name) == pa.utf8():
        return False
    types[name] = WIDER.get(match[2], pa.utf8())
    return True


def delimiter(head: str) -> str:
    """The separator that the header line uses most."""
    line = re.sub(r'"[^"]*"', "", head.lstrip("\ufeff").split("\n", 1)[0])
    return max(DELIMITERS, key=line.count)


def parse_json_lines(path: Path) -> Parsed:
    """A file with one JSON object a line."""
    with pa.input_stream(str(path)) as stream:
        start = stream.read(64).lstrip()
    if start.startswith(b"["):
        raise DataError(f"{path} is one JSON array; write one object a line instead (jq -c '.[]' does)")
    options: dict[str, Any] = {"read_options": pa.json.ReadOptions(block_size=BLOCK)}
    if path.stat().st_size > SMALL and hasattr(pa.json, "open_json"):
        with pa.json.open_json(str(path), **options) as batches:
            return spilled(batches)
    with pa.input_stream(str(path)) as stream:
        try:
            table = pa.json.read_json(stream, **options)
        except pa.ArrowInvalid as error:
            if "changed from" not in str(error):
                raise
            table = with_mixed_types(path)
    table = with_times(table)
    return table.schema, InMemory.divide(table)


def with_mixed_types(path: Path) -> pa.Table:
    """JSON lines with a column of several types, which is compared by its text; read by Python, line by line."""
    with pa.input_stream(str(path)) as stream:
        rows = [json.loads(line) for line in stream.read().splitlines() if line.strip()]
    columns: dict[str, pa.Array] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowException, TypeError, OverflowError):
            columns[name] = pa.array(
                [None if v is None else v if isinstance(v, str) else json.dumps(v) for v in values]
            )
    return pa.table(columns)


def with_times(table: pa.Table) -> pa.Table:
    """JSON has no times: text columns that hold nothing but ISO 8601 dates or times become such, midnights dates."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            days = table.column(place).cast(pa.date32(), safe=False)
            if days.cast(field.type).equals(table.column(place)):
                table = table.set_column(place, field.name, days)
        first = next((str(v) for v in table.column(place).drop_null().slice(0, 1)), "")
        match = TIME.fullmatch(first) if pa.types.is_string(field.type) else None
        if match:
            zone = "UTC" if match["zone"] else None
            type_ = pa.timestamp("us", zone) if match["clock"] else pa.date32()
            with suppress(pa.ArrowInvalid):
                table = table.set_column(place, field.name, table.column(place).cast(type_))
    return table


class Folder:
    """A temporary folder that is gone when nobody needs it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="bitsapart-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def spilled(batches: Iterator[pa.RecordBatch]) -> Parsed:
    """Batches of unknown number: written to a temporary Arrow file that lives as long as its pieces."""
    folder = Folder()
    path = folder.path / "table.arrow"
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    schema = batches.schema  # type: ignore[attr-defined]
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return Batches.divide(path, folder)
