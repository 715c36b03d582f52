"""Tables of top tokens with their log-probabilities, as inference servers give them.

A row a token of the text: ``ids`` (or ``tokens``, as text) and ``logprobs``, lists of one length; where known ``doc``
and ``pos``, which say what belongs together, ``token_id`` (or ``token``), the token that came, with ``target_logprob``
where it is not listed, ``domain``, ``lse`` where the values are logits that it makes log-probabilities of, and
``tail``, the mass of what is unlisted. -9999 stands for "not listed", as with OpenAI's interface. In CSV, lists are
written as JSON.
"""

import json
import tempfile
from contextlib import ExitStack
from os import PathLike
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bitsapart.model_comparison.top_lists import Floats, TopLists, Whole
from bitsapart.tables.files import blaming
from bitsapart.tables.pieces import Piece
from bitsapart.tables.source import Source, open_table
from bitsapart.values.errors import DataError

UNLISTED = -9999.0
NAMES = {
    "document": ("doc", "document"),
    "position": ("pos", "position"),
    "label": ("token_id", "token"),
    "ids": ("ids", "tokens"),
    "logs": ("logprobs",),
    "target": ("target_logprob",),
    "lse": ("lse",),
    "tail": ("tail",),
    "domain": ("domain",),
}
TOO_MUCH, ABOVE_ZERO = 1.01, 1e-2
"""The sum of probabilities, and the log-probability, from which on rounding is no excuse."""
LSE = "where the values are logits, give their lse"
TARGET = "is target_logprob that of the token in token_id, and of the same text?"
SLACK = 1e-6
"""How exactly servers know a sum of probabilities, at best."""
ROUNDING = {"float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-24}
"""Of a log-probability, relatively: servers compute in float32 at best."""


def open_lists(source: Any, role: str, numbers: dict[str, int], fixed: bool, closing: ExitStack) -> TopLists:
    """A side from a table.

    ``numbers``: the ids of tokens that are given as text; unless ``fixed``, new ones get the next id. ``closing`` ends
    the temporary files.
    """
    table = open_table(str(source) if isinstance(source, PathLike) else source, role)
    places = {column.name: column.place for column in table.schema.columns}
    known = {key: place for key, names in NAMES.items() if (place := first_of(places, names)) is not None}
    for key in ("ids", "logs"):
        if key not in known:
            raise DataError(
                f"{table.schema.name} has no column {' or '.join(NAMES[key])}: lists of top tokens need ids and "
                "logprobs"
            )
    if ("document" in known) != ("position" in known):
        raise DataError(f"{table.schema.name} has only one of the columns doc and pos: both are needed, or none")
    files = tuple(closing.enter_context(tempfile.TemporaryFile()) for _ in range(2))  # noqa: SIM115
    return Reader(table, known, numbers, fixed, files).read()


def first_of(places: dict[str, int], names: tuple[str, ...]) -> int | None:
    """The place of the first of some columns that is there."""
    return next((places[name] for name in names if name in places), None)


class Reader:
    """Reads a table of lists, a piece at a time, into temporary files."""

    def __init__(
        self, table: Source, places: dict[str, int], numbers: dict[str, int], fixed: bool, files: tuple[IO[bytes], ...]
    ) -> None:
        self.table, self.places, self.numbers, self.fixed, self.files = table, places, numbers, fixed, files
        self.name, self.start, self.dtype = table.schema.name, 0, "float64"
        self.as_text, self.longest, self.chosen = False, 0, False
        """Whether any list has another token than the one that came: servers that are asked for none give that one."""
        self.parts: dict[str, list[NDArray[Any]]] = {}
        self.seen: Whole = np.empty(0, np.int64)

    def read(self) -> TopLists:
        """All of it."""
        for piece in self.table.pieces:
            with blaming(self.name):
                self.add(piece)
            self.start += piece.rows
        whole = {key: np.concatenate(parts) for key, parts in self.parts.items()}
        for file in self.files:
            file.flush()
        return TopLists(
            name=self.name,
            format=f"top {self.longest} log-probabilities",
            dtype=self.dtype,
            offsets=np.append(0, np.cumsum(whole["lengths"])),
            ids=self.files[0],
            logs=self.files[1],
            tail=whole["tail"],
            slack=whole["slack"],
            finite=whole["finite"],
            ranked=whole["ranked"] & self.chosen,
            document=whole.get("document"),
            position=whole.get("position"),
            label=whole.get("label"),
            domain=whole.get("domain"),
            seen=len(self.seen),
            largest=int(self.seen.max(initial=-1)),
        )

    def keep(self, key: str, values: NDArray[Any]) -> None:
        """Values of one piece."""
        self.parts.setdefault(key, []).append(values)

    def add(self, piece: Piece) -> None:
        """One piece of the table."""
        ids, lengths = self.lists(piece, "ids")
        logs, others = self.lists(piece, "logs")
        self.longest = max(self.longest, int(lengths.max(initial=0)))
        if (lengths != others).any():
            row = int((lengths != others).argmax())
            self.refuse(row, f"{lengths[row]} ids and {others[row]} logprobs")
        rows = np.repeat(np.arange(len(lengths)), lengths)
        ids, logs = self.as_numbers(ids, rows), self.as_logs(logs)
        if "lse" in self.places:
            logs = logs - self.floats(piece, "lse")[rows]
        for key in {"document", "position", "domain"} & self.places.keys():
            self.keep(key, self.column(piece, key))
        label = self.labels(piece)
        bad = np.isnan(logs)
        finite = np.bincount(rows, bad, minlength=len(lengths)) == 0
        listed = (logs > UNLISTED) & ~bad
        rows, ids, logs = rows[listed], ids[listed], logs[listed]
        total = self.given_total(piece, self.sums(rows, ids, logs, piece.rows))
        self.keep("ranked", np.bincount(rows, minlength=piece.rows) > 0)
        self.chosen |= label is None or bool((ids != label[rows]).any())
        rows, ids, logs = self.with_target(piece, label, rows, ids, logs)
        self.sums(rows, ids, logs, piece.rows, TARGET)
        once = self.once(rows, ids)
        self.store(rows[once], ids[once], logs[once], total, finite)

    def given_total(self, piece: Piece, sums: Floats) -> Floats:
        """What the tokens of each row sum to, listed and unlisted, by the tail that is given; nan where none is."""
        if "tail" not in self.places:
            return np.full(piece.rows, np.nan)
        tail = self.floats(piece, "tail")
        apart = np.abs(tail - (1.0 - sums)) > ABOVE_ZERO
        if apart.any():
            row = int(apart.argmax())
            self.refuse(row, f"a tail of {tail[row]:.3g}, where the listed tokens leave {1.0 - sums[row]:.3g}")
        return tail + sums

    def store(self, rows: Whole, ids: Whole, logs: Floats, total: Floats, finite: NDArray[np.bool_]) -> None:
        """Keep the lists of a piece, and what is unlisted."""
        powers = np.exp(logs)
        sums = np.bincount(rows, powers, minlength=len(total))
        rounding = ROUNDING.get(self.dtype, ROUNDING["float16"])
        slack = np.maximum(np.bincount(rows, powers * np.maximum(-logs, 1.0), minlength=len(total)) * rounding, SLACK)
        known = np.isfinite(total)
        self.keep("tail", np.where(known, np.maximum(total - sums, 0.0), 1.0 - sums))
        self.keep("slack", np.where(known, 0.0, slack))
        self.keep("lengths", np.bincount(rows, minlength=len(total)))
        self.keep("finite", finite)
        self.seen = np.union1d(self.seen, ids)
        ids.astype(np.int32).tofile(self.files[0])
        logs.tofile(self.files[1])

    def lists(self, piece: Piece, key: str) -> tuple[pa.Array, Whole]:
        """The values of a column of lists one after the other, and the length of each list."""
        flat, lengths = [], []
        for array in piece.read(self.places[key]):
            lists = as_lists(array, self.name)
            if lists is None:
                raise DataError(f"{self.name} has {array.type} in column {NAMES[key][0]}, where lists are needed")
            flat.append(pc.list_flatten(lists))
            lengths.append(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False))
        return pa.chunked_array(flat).combine_chunks(), np.concatenate(lengths).astype(np.int64)

    def as_numbers(self, ids: Any, rows: Whole) -> Whole:
        """Ids as whole numbers; tokens given as text by the id that each has."""
        ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
        if pa.types.is_string(ids.type) or pa.types.is_large_string(ids.type):
            self.as_text, encoded = True, ids.dictionary_encode()
            places = np.array([self.number(token) for token in encoded.dictionary.to_pylist()], np.int64)
            indices = encoded.indices.fill_null(len(places)).to_numpy(zero_copy_only=False)
            found: Whole = np.append(places, -1)[indices]
            return found
        ids = ids.cast(pa.int64()) if pa.types.is_null(ids.type) else ids  # where all lists are empty
        if not pa.types.is_integer(ids.type):
            raise DataError(f"{self.name} has {ids.type} for ids, where whole numbers or text are needed")
        if ids.null_count:
            self.refuse(int(rows[ids.is_null().index(True).as_py()]), "an id that is missing")
        return np.asarray(ids.to_numpy(zero_copy_only=False), np.int64)

    def number(self, token: str | None) -> int:
        """The id of a token that is given as text."""
        if token is None:
            return -1
        if token not in self.numbers:
            if self.fixed:
                raise DataError(f"{self.name} lists the token {token[:40]!r}, which the vocabulary in tokens= lacks")
            self.numbers[token] = len(self.numbers)
        return self.numbers[token]

    def as_logs(self, logs: Any) -> Floats:
        """Log-probabilities; missing ones are not listed."""
        logs = logs.cast(pa.float64()) if pa.types.is_null(logs.type) else logs
        if not (pa.types.is_floating(logs.type) or pa.types.is_integer(logs.type)):
            raise DataError(f"{self.name} has {logs.type} for logprobs, where numbers are needed")
        raw = logs.to_numpy(zero_copy_only=False)
        self.dtype = raw.dtype.name if not logs.null_count and raw.dtype.kind == "f" else self.dtype
        found = raw.astype(np.float64)
        return np.where(logs.is_null().to_numpy(zero_copy_only=False), -np.inf, found)

    def column(self, piece: Piece, key: str) -> NDArray[Any]:
        """A plain column of a piece."""
        parts = [plain_values(array) for array in piece.read(self.places[key])]
        array = pa.chunked_array(parts)
        if array.null_count:
            self.refuse(int(np.argmax(array.is_null().to_numpy())), f"no {NAMES[key][0]}")
        if key == "position" and not pa.types.is_integer(array.type):
            raise DataError(f"{self.name} has {array.type} in column {NAMES[key][0]}, where whole numbers are needed")
        values: NDArray[Any] = array.to_numpy()
        return values.astype(str) if values.dtype.kind == "O" else values

    def floats(self, piece: Piece, key: str) -> Floats:
        """A column of numbers, nan where they are missing."""
        array = pa.chunked_array(list(piece.read(self.places[key])))
        return np.asarray(array.cast(pa.float64()).to_numpy(), np.float64)

    def labels(self, piece: Piece) -> Whole | None:
        """The token that came, -1 where it is not known."""
        if "label" not in self.places:
            return None
        array = pa.chunked_array([plain_values(part) for part in piece.read(self.places["label"])]).combine_chunks()
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        if pa.types.is_integer(array.type):
            found = np.asarray(pc.fill_null(array, -1).to_numpy(zero_copy_only=False), np.int64)
        else:
            found = self.as_numbers(array, np.arange(len(array)))
        self.keep("label", found)
        return found

    def with_target(
        self, piece: Piece, label: Whole | None, rows: Whole, ids: Whole, logs: Floats
    ) -> tuple[Whole, Whole, Floats]:
        """The lists with the token that came, where its log-probability is given apart."""
        if label is None or "target" not in self.places:
            return rows, ids, logs
        target = self.floats(piece, "target")
        if "lse" in self.places:
            target = target - self.floats(piece, "lse")
        listed = np.zeros(piece.rows, bool)
        listed[rows[ids == label[rows]]] = True
        extra = np.flatnonzero(~listed & (label >= 0) & (target > UNLISTED))
        rows, ids, logs = np.append(rows, extra), np.append(ids, label[extra]), np.append(logs, target[extra])
        order = np.argsort(rows, kind="stable")
        return rows[order], ids[order], logs[order]

    def sums(self, rows: Whole, ids: Whole, logs: Floats, number: int, remedy: str = LSE) -> Floats:
        """What the listed probabilities of each row sum to; refuses what cannot be a list of log-probabilities."""
        for wrong, what in (
            (logs > ABOVE_ZERO, f"a log-probability above 0; {remedy}"),
            ((ids < 0) | (ids >= 1 << 31), "an id that is no token"),
        ):
            if wrong.any():
                self.refuse(int(rows[wrong.argmax()]), what)
        sums = np.bincount(rows, np.exp(logs), minlength=number).astype(np.float64)
        if (sums > TOO_MUCH).any():
            row = int((sums > TOO_MUCH).argmax())
            self.refuse(row, f"probabilities that sum to {sums[row]:.3g}; {remedy}")
        return sums

    def once(self, rows: Whole, ids: Whole) -> NDArray[np.bool_]:
        """Which values are of a token that is listed once.

        Different tokens may have the same text, where their bytes are no text: such count as not listed.
        """
        order = np.lexsort((ids, rows))
        same = (np.diff(rows[order]) == 0) & (np.diff(ids[order]) == 0)
        once = np.ones(len(rows), bool)
        once[order[1:][same]] = once[order[:-1][same]] = False
        if not once.all() and not self.as_text:
            place = int((~once).argmax())
            self.refuse(int(rows[place]), f"token {ids[place]} twice")
        return once

    def refuse(self, row: int, what: str) -> None:
        """Say what is wrong with a row of the piece."""
        raise DataError(f"row {self.start + row:,} of {self.name} has {what}")


def as_lists(array: pa.Array, name: str) -> pa.Array | None:
    """An array of lists, from text where they are written as JSON; None where it is neither."""
    array = plain_values(array)
    if pa.types.is_null(array.type):  # no row has any
        return pa.nulls(len(array), pa.list_(pa.null()))
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        try:
            return pa.array([None if text is None else json.loads(text) for text in array.to_pylist()])
        except (ValueError, pa.ArrowException) as error:
            raise DataError(f"{name} has a list, written as text, that is no JSON: {error}") from error
    if pa.types.is_fixed_size_list(array.type):
        return array.cast(pa.list_(array.type.value_type))
    return array if pa.types.is_list(array.type) or pa.types.is_large_list(array.type) else None


def plain_values(array: pa.Array) -> pa.Array:
    """An array without dictionary."""
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
