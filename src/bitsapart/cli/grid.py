"""A small CSV text as columns or rows of numbers, with or without a header and the outcomes' names."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

NAMES = ("p", "q")


@dataclass(frozen=True)
class Line:
    """A column or a row: what it is called, its cells, where each stands, and what the outcomes are called."""

    name: str
    cells: tuple[str, ...]
    places: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Rows of cells, all of one width, with their numbers in the text; and the header, if there is one."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]

    @classmethod
    def read(cls, text: str) -> Self:
        r"""Cells between commas, semicolons or tabs, whichever the first line has, or else between blanks.

        ValueError says what is wrong. Empty lines, and lines that start with #, are passed over.

        >>> Grid.read("outcome,p,q\nhead,0.5,0.9\ntail,0.5,0.1").columns(2)[1].cells
        ('0.9', '0.1')
        """
        rows = _rows(text)
        if not rows:
            raise ValueError("nothing is there")
        width = len(rows[0][1])
        for number, cells in rows:
            if len(cells) != width:
                raise ValueError(f"row {number} has {len(cells)} cells, and row {rows[0][0]} has {width}")
        with_header = len(rows) > 1 and not any(map(is_number, rows[0][1]))
        body = rows[1:] if with_header else rows
        header = rows[0][1] if with_header else ()
        return cls(tuple(header), tuple(tuple(cells) for _, cells in body), tuple(number for number, _ in body))

    def lines(self, wanted: int) -> list[Line]:
        """The columns of numbers, or the rows, where that makes so many of them; the columns where neither does."""
        return self.columns(wanted) if self._upright(wanted) else self._rows()

    def columns(self, wanted: int) -> list[Line]:
        """The columns named p and q where there are so many of these, else all columns of numbers."""
        chosen = self._named(wanted) or self._numeric()
        labels = next((i for i in range(len(self.rows[0])) if i not in chosen), None)
        names = tuple(row[labels] for row in self.rows) if labels is not None else ()
        return [
            Line(
                f"column {self._title(i)}",
                tuple(row[i] for row in self.rows),
                tuple(f"row {number}, column {self._title(i)}" for number in self.numbers),
                names,
            )
            for i in chosen
        ]

    def _rows(self) -> list[Line]:
        chosen = self._numeric()
        labels = tuple(self.header[i] for i in chosen) if self.header else ()
        return [
            Line(
                f"row {number}",
                tuple(row[i] for i in chosen),
                tuple(f"row {number}, column {self._title(i)}" for i in chosen),
                labels,
            )
            for number, row in zip(self.numbers, self.rows, strict=True)
        ]

    def _upright(self, wanted: int) -> bool:
        if self._named(wanted):
            return True
        columns = self._numeric()
        beside = [row[i].strip().lower() for row in self.rows for i in range(len(row)) if i not in columns]
        if wanted == len(self.rows) == 2 and beside == list(NAMES):
            return False
        if wanted == len(self.rows) == len(columns) == 2:
            return self._upright_square(columns)
        return len(columns) == wanted or len(self.rows) != wanted

    def _upright_square(self, columns: Sequence[int]) -> bool:
        """Two rows of two numbers read both ways: the way in which both sum to 1, if there is just one."""
        cells = [[row[i] for i in columns] for row in self.rows]
        if not all(is_number(cell) for row in cells for cell in row):
            return True
        (a, b), (c, d) = ([to_number(cell) for cell in row] for row in cells)
        upright, flat = _both_one(a + c, b + d), _both_one(a + b, c + d)
        if upright == flat and b != c:
            raise ValueError("two rows of two numbers can be read both ways: name the columns p and q in a header")
        return upright or not flat

    def _named(self, wanted: int) -> list[int]:
        """The columns whose header says p and q, or one of them, if there are just as many as wanted."""
        titles = [title.strip().lower() for title in self.header]
        found = [titles.index(name) for name in NAMES if titles.count(name) == 1]
        return found if len(found) == wanted else []

    def _numeric(self) -> list[int]:
        """All columns but the first in which most cells are no numbers: that one has the outcomes' names."""
        width = len(self.rows[0])
        strange = [sum(not is_number(row[i]) for row in self.rows) for i in range(width)]
        names = next((i for i in range(width) if 2 * strange[i] > len(self.rows)), None) if width > 1 else None
        return [i for i in range(width) if i != names]

    def _title(self, column: int) -> str:
        return f"{column + 1} ({self.header[column]})" if self.header and self.header[column] else str(column + 1)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows with their numbers in the text."""
    lines = text.splitlines()
    kept = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    if not kept:
        return []
    delimiter = next((mark for mark in "\t;," if mark in kept[0][1]), None)
    if delimiter is None:
        return [(number, line.split()) for number, line in kept]
    try:
        read = csv.reader([line for _, line in kept], delimiter=delimiter, strict=True)
        cells = [[cell.strip() for cell in row] for row in read]
    except csv.Error as error:
        raise ValueError(f"this is not CSV: {error}") from error
    if len(cells) != len(kept):
        raise ValueError("a quoted cell goes over several lines, which is not read here")
    return [(number, row) for (number, _), row in zip(kept, cells, strict=True)]


def _both_one(one: float, other: float) -> bool:
    return math.isclose(one, 1, rel_tol=1e-6) and math.isclose(other, 1, rel_tol=1e-6)


def to_number(word: str) -> float:
    """A number as it is typed: ``0.25``, ``1e-9``, ``1/3``; ValueError for anything else.

    >>> to_number("1/4"), to_number("-inf")
    (0.25, -inf)
    """
    above, stroke, below = word.partition("/")
    if not stroke:
        number = float(word)
        if number == 0.0 and any(digit in "123456789" for digit in word.lower().partition("e")[0]):
            raise ValueError(word)  # too small for a number, and not the impossible outcome that 0 would be
        return number
    divisor = float(below)
    if divisor == 0:
        raise ValueError(word)
    return float(above) / divisor


def is_number(word: str) -> bool:
    """Whether a word is a number."""
    try:
        to_number(word)
    except ValueError:
        return False
    return True
