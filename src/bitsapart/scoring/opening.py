"""From what a user brings to predictions with their labels, weights and the rest, read together block by block."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.open_matrix import open_matrix
from bitsapart.matrices.paths import split_member
from bitsapart.matrices.read_vector import read_vector
from bitsapart.scoring.columns import Columns
from bitsapart.scoring.losses import Predicted, checked, two_classes
from bitsapart.scoring.result import LabelKind
from bitsapart.scoring.targets import Targets, Truth, Values, is_missing, numbered, spellings, unique
from bitsapart.tables.files import format_by_name
from bitsapart.tables.source import Source, open_table
from bitsapart.values.errors import DataError, UsageError

CELLS = 1 << 19
"""Probabilities in a block: 4 MB, which stay in the cache while they are looked at several times."""
ROWS = 1 << 13
"""Rows in a block, at the most: what is gathered of each row stays in the cache too."""
LARGEST_WEIGHT = 1e90
"""Its third power is a number yet."""
FEW = 10
"""Labels that a message lists."""
LOOKED_AT = 1000
"""Labels that are compared with the names of columns, to see whether those have a prefix."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Request:
    """What was asked for, as given."""

    labels: Any = None
    votes: Any = None
    annotators: Any = None
    weights: Any = None
    clusters: Any = None
    features: Any = None
    repeats: Any = None
    from_logits: bool = False
    classes: Sequence[Any] | None = None
    positive: Any = None
    columns: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows: predictions, truth, and what goes with them."""

    start: int
    predicted: Predicted
    truth: Truth
    weights: Array
    clusters: NDArray[Any] | None
    features: Array | None
    keys: list[Any] | None

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.weights)


@dataclass(frozen=True, eq=False)
class Opened:
    """Predictions and all that goes with them, opened and not yet read."""

    predictions: Values
    dtype: str
    logits: bool
    binary: bool
    targets: Targets
    weights: Values | None
    clusters: Values | None
    features: Values | None
    repeats: Values | None
    votes: Targets | None
    """Votes beside hard labels: they bound the annotators' floor, and are not what is scored."""

    @property
    def rows(self) -> int:
        """How many."""
        return self.predictions.rows

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in the order of the columns."""
        return self.targets.names

    def predicted(self, start: int, stop: int) -> Predicted:
        """The predictions of some rows, checked."""
        values = self.predictions.block(start, stop)
        name = str(self.predictions.name)
        if self.binary:
            values = two_classes(values, self.logits, name, start)
        return checked(values, self.logits, name, start, self.dtype)

    def blocks(self) -> Iterator[Block]:
        """All rows, in order."""
        step = max(1, min(ROWS, CELLS // len(self.classes)))
        for start in range(0, self.rows, step):
            stop = min(start + step, self.rows)
            yield Block(
                start,
                self.predicted(start, stop),
                self.targets.read(start, stop),
                self.weighed(start, stop),
                None if self.clusters is None else self.clustered(self.clusters, start, stop),
                None if self.features is None else self.features.block(start, stop).astype(np.float64),
                None if self.repeats is None else [tuple(row) for row in self.repeats.block(start, stop).tolist()],
            )
        if isinstance(self.targets.values, OneAgainstRest):
            self.targets.values.finished()

    def clustered(self, clusters: Values, start: int, stop: int) -> NDArray[Any]:
        """The clusters of some rows, none of them missing."""
        found = clusters.block(start, stop).reshape(-1)
        if found.dtype.kind in "fO":
            row = next((row for row, value in enumerate(found.tolist(), start) if is_missing(value)), None)
            if row is not None:
                raise DataError(f"the cluster of row {row} is missing: give a row that is alone a cluster of its own")
        return found

    def weighed(self, start: int, stop: int) -> Array:
        """The weights of some rows, checked."""
        if self.weights is None:
            return np.ones(stop - start)
        found = self.weights.block(start, stop).reshape(-1).astype(np.float64)
        wrong = ~((found == 0.0) | ((found >= 1.0 / LARGEST_WEIGHT) & (found <= LARGEST_WEIGHT)))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(
                f"the weight of row {start + row} is {found[row]:g}: weights are 0, or from {1 / LARGEST_WEIGHT:g} to "
                f"{LARGEST_WEIGHT:g}; only their ratios count"
            )
        return found


@dataclass(frozen=True, eq=False)
class InMemory:
    """Values that are in memory, as they are."""

    name: str
    array: NDArray[Any]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.array)

    @property
    def columns(self) -> int:
        """How many."""
        return self.array.shape[1] if self.array.ndim > 1 else 1

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Rows [start, stop)."""
        return self.array[start:stop].reshape(stop - start, -1)


def opened(predictions: Any, request: Request) -> Opened:
    """Predictions and all that goes with them.

    Raises:
        UsageError: what is asked for does not fit together.
        DataError: something cannot be read, or numbers of rows differ.
    """
    if is_table(predictions):
        return Table(open_table(predictions, "predictions"), request).opened()
    return Arrays(predictions, request).opened()


def is_table(source: Any) -> bool:
    """Whether predictions are columns of a table."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return not path.is_dir() and format_by_name(path) is not None
    return isinstance(source, dict) or (hasattr(source, "__arrow_c_stream__") and hasattr(source, "columns"))


class Reader:
    """How the parts of a request are found; what tables and arrays have in common."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def opened(self) -> Opened:
        """All parts, checked against each other."""
        request = self.request
        predictions, dtype, named = self.predicted()
        binary = predictions.columns == 1
        names = self.names(2 if binary else predictions.columns, named)
        given = [part for part in ("labels", "votes", "annotators") if getattr(request, part) is not None]
        if not given or given == ["votes", "annotators"] or len(given) == 3:
            raise UsageError(
                f"{'no labels are' if not given else 'both votes and annotators are'} given: labels= (--label) for one "
                "label a row or soft labels, votes= (--votes) for counts, annotators= (--annotator) for a column each"
            )
        first, *second = given
        targets = self.targets(first, names, named)
        beside = self.targets(second[0], names, named) if second else None
        if beside and targets.kind != "hard":
            raise UsageError("votes beside labels bound the floor, which takes hard labels; got soft ones")
        parts: dict[str, Values | None] = {}
        for part, numeric in (("weights", True), ("clusters", False), ("features", True), ("repeats", False)):
            wanted = getattr(request, part)
            side = parts[part] = None if wanted is None else self.values(wanted, part, numeric)
            if side is not None and side.columns > 1 and part in {"weights", "clusters"}:
                raise DataError(f"the {part} have {side.columns} columns: one value a row is needed")
        found = Opened(predictions, dtype, request.from_logits, binary, targets, **parts, votes=beside)
        self.same_rows(found)
        return found

    def same_rows(self, found: Opened) -> None:
        """Refuse parts of other lengths."""
        request = self.request
        sides: dict[str, Values | None] = {
            "labels": found.targets.values,
            "votes": found.votes.values if found.votes else None,
            **{part: getattr(found, part) for part in ("weights", "clusters", "features", "repeats")},
        }
        for part, side in sides.items():
            if side is not None and side.rows != found.rows:
                name = next((p for p in ("labels", "votes", "annotators") if getattr(request, p) is not None), part)
                raise DataError(
                    f"the predictions have {found.rows:,} rows and the {name if part == 'labels' else part} "
                    f"{side.rows:,}: each row needs its own"
                )
        if found.rows == 0:
            raise DataError(f"{found.predictions.name} has no rows")

    def names(self, classes: int, named: tuple[str, ...] | None) -> tuple[str, ...]:
        """The names of the classes, in the order of the columns."""
        request = self.request
        if classes < 2:
            raise UsageError(
                "predictions of a single class are always right: two columns or more are needed, or one "
                "with the probability of the second of two classes"
            )
        if request.classes is not None:
            if isinstance(request.classes, str):
                raise UsageError(f"classes are a list of names, and {request.classes!r} is one name")
            return unique([spellings(value)[0] for value in request.classes], classes)
        if request.positive is not None:
            if classes != 2 or (named is not None and len(named) == 2):
                raise UsageError(
                    "positive= (--positive) names the class of a single column of probabilities; "
                    "classes= (--class) names several"
                )
            return (f"not {spellings(request.positive)[0]}", spellings(request.positive)[0])
        return unique(named, classes) if named is not None and len(named) == classes else numbered(classes)

    def targets(self, part: str, names: tuple[str, ...], named: tuple[str, ...] | None) -> Targets:
        """The truth, from labels, votes or annotators."""
        classes = len(names)
        wanted = getattr(self.request, part)
        values = self.values(wanted, part, numeric=part == "votes" or self.is_several(wanted, part))
        if part == "annotators":
            return Targets(values, "votes", names, annotators=True)
        kind: LabelKind = "votes" if part == "votes" else "hard" if values.columns == 1 else "soft"
        if kind != "hard" and values.columns != classes:
            raise DataError(f"the {part} have {values.columns} columns, and the predictions {classes} classes")
        if kind == "hard" and self.request.positive is not None:
            return Targets(OneAgainstRest(values, names), kind, names)
        return Targets(values, kind, names)

    def is_several(self, wanted: Any, part: str) -> bool:
        """Whether labels are soft: several columns."""
        raise NotImplementedError

    def predicted(self) -> tuple[Values, str, tuple[str, ...] | None]:
        """The predictions, the type they are stored in, and the names of their columns where they have some."""
        raise NotImplementedError

    def values(self, wanted: Any, part: str, numeric: bool) -> Values:
        """Another part."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class OneAgainstRest:
    """Labels of which one is positive and all others are not."""

    values: Values
    names: tuple[str, ...]
    met: set[str] = field(default_factory=set)
    """Labels as they are written; not all of them where there are many, but the positive one."""

    @property
    def name(self) -> Any:
        """For messages."""
        return self.values.name

    @property
    def rows(self) -> int:
        """How many."""
        return self.values.rows

    @property
    def columns(self) -> int:
        """One."""
        return 1

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """The names of the two classes, one a row; what is missing stays so."""
        values = self.values.block(start, stop).reshape(-1).tolist()
        negative, positive = self.names
        names = {v: v if is_missing(v) else positive if positive in spellings(v) else negative for v in set(values)}
        if positive in names.values():
            self.met.add(positive)
        elif len(self.met) < FEW:
            self.met.update(spellings(value)[0] for value in names if not is_missing(value))
        return np.array([*(names[value] for value in values), None], object)[:-1]

    def finished(self) -> None:
        """All rows were read: a positive label that is none of several is misspelt."""
        positive = self.names[1]
        if positive not in self.met and len(self.met) > 1:
            others = ", ".join(map(repr, sorted(self.met)[:FEW]))
            raise DataError(f"no label is {positive!r}, which positive= (--positive) names: there are {others}")


class Table(Reader):
    """All parts are columns of one table."""

    def __init__(self, source: Source, request: Request) -> None:
        super().__init__(request)
        self.source = source

    def predicted(self) -> tuple[Values, str, tuple[str, ...] | None]:
        """The columns named, or all of floating-point numbers that nothing else takes."""
        request = self.request
        parts = (request.labels, request.votes, request.annotators, request.weights, request.clusters, request.features)
        taken = {name for part in (*parts, request.repeats) if self.are_columns(part) for name in listed(part)}
        chosen = request.columns
        if chosen is None:
            chosen = [
                column.name
                for column in self.source.schema.columns
                if column.name not in taken and column.type in {"halffloat", "float", "double"}
            ]
            if not chosen:
                raise UsageError(
                    f"{self.source.schema.name} has no column of floating-point numbers left for the predictions: "
                    "columns=[...] (--prediction) names them"
                )
        columns = Columns(self.source, list(chosen), "predictions")
        return columns, columns.dtype, tuple(chosen)

    def names(self, classes: int, named: tuple[str, ...] | None) -> tuple[str, ...]:
        """Of the columns; a prefix that all share is left out if the labels are the rest of the names."""
        found = super().names(classes, named)
        part = "labels" if self.request.labels is not None else "annotators"
        wanted = getattr(self.request, part)
        if found != named or wanted is None or self.is_several(wanted, part):
            return found
        rows = min(LOOKED_AT, self.source.schema.rows)
        values = self.values(wanted, part, numeric=False)
        distinct = {spellings(value) for value in values.block(0, min(rows, values.rows)).reshape(-1).tolist()}
        if any(text in found for texts in distinct for text in texts):
            return found
        for cut in stems(found):
            shorter = tuple(name[cut:] for name in found)
            if any(text in shorter for texts in distinct for text in texts):
                return shorter
        return found

    def is_several(self, wanted: Any, part: str) -> bool:
        """Whether several columns are named, or an array has several."""
        if self.are_columns(wanted):
            return part == "labels" and len(listed(wanted)) > 1
        return Arrays(None, self.request).is_several(wanted, part)

    def are_columns(self, wanted: Any) -> bool:
        """Whether names of columns are given, and not values that go with the table by their rows."""
        if isinstance(wanted, str):
            return True
        if not isinstance(wanted, list | tuple) or not all(isinstance(name, str) for name in wanted):
            return False
        if len(wanted) != self.source.schema.rows:
            return True
        return len({*wanted}) == len(wanted) and {*wanted} <= {c.name for c in self.source.schema.columns}

    def values(self, wanted: Any, part: str, numeric: bool) -> Values:
        """Columns by their names; values that are no names go with the table by their rows."""
        if self.are_columns(wanted):
            names = listed(wanted)
            known = {column.name for column in self.source.schema.columns}
            if len(names) == 1 and names[0] not in known and Path(names[0]).is_file():
                return InMemory(names[0], read_vector(names[0], part))
            return Columns(self.source, names, part, numeric)
        return Arrays(None, self.request).values(wanted, part, numeric)


class Arrays(Reader):
    """Predictions are an array or a file of one; the other parts are arrays, or files, or members of that file."""

    def __init__(self, predictions: Any, request: Request) -> None:
        super().__init__(request)
        self.given = predictions

    def predicted(self) -> tuple[Values, str, tuple[str, ...] | None]:
        """The array."""
        if self.request.columns is not None:
            raise UsageError("columns= (--prediction) names columns of a table, and the predictions are an array")
        matrix = open_matrix(self.given, "predictions")
        if "float" not in matrix.dtype:
            raise DataError(
                f"{matrix.name} holds {matrix.dtype}, and predictions are probabilities or logits: for predicted "
                "classes there is no cross-entropy (.astype(float) if these are no classes)"
            )
        return matrix, matrix.dtype, None

    def is_several(self, wanted: Any, part: str) -> bool:
        """Whether labels have two axes."""
        if part != "labels" or isinstance(wanted, str | os.PathLike):
            return False
        shape = np.shape(wanted)
        return len(shape) == 2 and shape[1] > 1

    def values(self, wanted: Any, part: str, numeric: bool) -> Values:
        """An array or a file."""
        if isinstance(wanted, str | os.PathLike):
            wanted = self.file_of(str(wanted), part)
            if numeric or part in {"votes", "features"}:
                return open_matrix(wanted, part)
            return self.vector_or_matrix(wanted, part)
        if type(wanted).__module__.partition(".")[0] in {"pandas", "polars", "pyarrow"} and hasattr(wanted, "to_numpy"):
            wanted = wanted.to_numpy()
        if numeric:
            return open_matrix(wanted, part)
        if isinstance(wanted, np.ma.MaskedArray) and np.ma.is_masked(wanted):
            raise DataError(f"the {part} have masked values: fill them or leave their rows out first")
        array = np.asarray(wanted)
        if array.ndim == 0 or array.ndim > 2:
            raise DataError(f"the {part} have the shape {array.shape}: one value a row is needed")
        return InMemory(f"the {part}", array)

    def vector_or_matrix(self, path: str, part: str) -> Values:
        """A file of labels: one value a row, text too; or several columns; a .npy of numbers stays where it is."""
        if path.endswith(".npy"):
            with suppress(DataError):  # text
                matrix = open_matrix(path, part)
                if matrix.dtype != "bool":
                    return matrix
        try:
            return InMemory(path, read_vector(path, part))
        except DataError as error:
            if "shape" not in str(error):
                raise
            return open_matrix(path, part)

    def file_of(self, wanted: str, part: str) -> str:
        """The path of a file, or of a member of the predictions' own file."""
        if Path(wanted.partition(":")[0]).exists():
            return wanted
        if isinstance(self.given, str | os.PathLike):
            mine, _ = split_member(str(self.given), None)
            if mine.endswith((".npz", ".safetensors")):
                return f"{mine}:{wanted}"
        raise DataError(f"no such file: {wanted!r}, wanted for the {part}")


def stems(names: Sequence[str]) -> Iterator[int]:
    """Where a prefix that all names share may end: after a sign that is no letter or digit, or before numbers."""
    first, last = min(names), max(names)
    for cut in range(len(first) - 1, 0, -1):
        if first[:cut] == last[:cut]:
            numbers = first[cut - 1].isalpha() and all(name[cut].isdigit() for name in names)
            if numbers or not first[cut - 1].isalnum():
                yield cut


def listed(names: str | Sequence[str]) -> list[str]:
    """Names as a list."""
    return [names] if isinstance(names, str) else list(names)
