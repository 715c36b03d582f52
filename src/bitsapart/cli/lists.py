"""Lists of numbers in what is typed, in JSON and in CSV: where each stood, and the names of the outcomes."""

import json
import math
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitsapart.cli.grid import Grid, is_number, to_number
from bitsapart.values.errors import BitsapartError, DataError, UsageError

STANDARD_INPUT = "-"
FILES = {".json", ".csv", ".tsv", ".txt"}
MARKS = re.compile(r"\s*[,;]\s*|\s+")
SUM_TOLERANCE = math.sqrt(sys.float_info.epsilon)
"""What rounded probabilities may miss, as the measures have it."""


@dataclass(frozen=True)
class Listed:
    """The numbers of one distribution, one an outcome; where they stood, and the outcomes' names if they have any."""

    numbers: tuple[float, ...]
    where: str
    labels: tuple[str, ...] = ()

    def check(self, normalize: bool = False, logits: bool = False) -> None:
        """Refuse what is no distribution, and say which number is wrong and what to do."""
        if not self.numbers:
            raise UsageError(f"{self.where}: no numbers")
        for place, number in enumerate(self.numbers):
            wrong = _wrong(number, logits)
            if wrong:
                raise UsageError(f"{self.where}: outcome {self.name(place)} is {number:g}, {wrong}")
        if logits:
            if max(self.numbers) == -math.inf:
                raise UsageError(f"{self.where}: every logit is -inf, which leaves no outcome possible")
            return
        total = _sum(self.numbers)
        if total in {0.0, math.inf}:
            raise UsageError(f"{self.where}: the sum is {total:g}, so there are no shares of it")
        if not normalize and abs(total - 1.0) > SUM_TOLERANCE:
            raise UsageError(
                f"{self.where}: the sum is {total:.10g}, not 1 (--normalize divides weights or counts by their sum)"
            )

    def probabilities(self, normalize: bool = False, logits: bool = False) -> list[float]:
        """The numbers as probabilities."""
        if not normalize and not logits:
            return list(self.numbers)
        top = max(self.numbers)
        shares = [math.exp(number - top) if logits else number for number in self.numbers]
        total = math.fsum(shares)
        return [share / total for share in shares]

    def name(self, place: int) -> str:
        """What an outcome is called: its label, or its number from 1."""
        return self.labels[place] if self.labels else str(place + 1)


def _wrong(number: float, logits: bool) -> str:
    if math.isnan(number):
        return "which is no number"
    if number == math.inf:
        return "and must be finite"
    if number < 0 and not logits:
        return "and a probability is never negative (--logits takes logarithms of weights)"
    return ""


def _sum(numbers: Iterable[float]) -> float:
    try:
        return math.fsum(numbers)
    except OverflowError:
        return math.inf


@dataclass(frozen=True)
class Source:
    """A text that holds numbers; what it is called, and the kind of error that is to blame on it."""

    text: str
    where: str
    error: type[BitsapartError] = UsageError

    @property
    def is_json(self) -> bool:
        """Whether it is JSON, by its first character or its name."""
        return self.text.lstrip()[:1] in {"[", "{"} or self.where.lower().endswith(".json")

    @property
    def is_flat(self) -> bool:
        """Whether it was typed as one number after another."""
        return self.error is UsageError and not self.is_json

    def lists(self, wanted: int) -> list[Listed]:
        """So many lists of numbers."""
        if self.is_flat:
            return [Listed(self._flat(), self.where)]
        if not self.text.strip():
            raise self.fail("nothing is there")
        found = self._from_json(wanted) if self.is_json else self._from_grid(wanted)
        if len(found) != wanted:
            names = ", ".join(listed.where.removeprefix(f"{self.where}, ") for listed in found[:6])
            raise self.fail(
                f"{len(found)} lists of numbers ({names}{', ...' if len(found) > 6 else ''})"
                f" where {'one is' if wanted == 1 else 'two, P and Q, are'} wanted{REMEDIES[wanted]}"
            )
        return found

    def fail(self, what: str) -> BitsapartError:
        """The error that says this of the source."""
        return self.error(f"{self.where}: {what}")

    def number(self, word: str, place: str) -> float:
        """The number that a word stands for."""
        try:
            return to_number(word)
        except ValueError:
            what = f"is {word!r}, which is no number{hint(word)}" if word else "is empty"
            raise self.fail(f"{place} {what}") from None

    def _flat(self) -> tuple[float, ...]:
        text = self.text.strip()
        if len({mark.strip() for mark in MARKS.findall(text)}) > 1:
            raise self.fail("blanks in one place and commas in another: separate by one of them, with decimal points")
        return tuple(self.number(word, f"number {place}") for place, word in enumerate(MARKS.split(text), 1))

    def _from_grid(self, wanted: int) -> list[Listed]:
        try:
            lines = Grid.read(self.text).lines(wanted)
        except ValueError as error:
            raise self.fail(str(error)) from error
        return [
            Listed(
                tuple(self.number(cell, place) for cell, place in zip(line.cells, line.places, strict=True)),
                f"{self.where}, {line.name}",
                line.labels,
            )
            for line in lines
        ]

    def _from_json(self, wanted: int) -> list[Listed]:
        try:
            document = json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise self.fail(f"this is not JSON: {error}") from error
        if _is_list(document):
            return [self._listed(document, self.where)]
        if isinstance(document, list):
            return [self._listed(item, f"{self.where}, list {place}") for place, item in enumerate(document, 1)]
        if not isinstance(document, dict):
            raise self.fail("a list of numbers is wanted, such as [0.5, 0.5]")
        by_name = {name.strip().lower(): item for name, item in document.items()}
        if wanted == 2 and {"p", "q"} <= by_name.keys():
            return [self._listed(by_name[name], f"{self.where}, {name}") for name in "pq"]
        return [self._listed(item, f"{self.where}, {name}") for name, item in document.items()]

    def _listed(self, item: Any, where: str) -> Listed:
        """One list of numbers, or one object of outcomes and their numbers."""
        if not _is_list(item):
            raise self.error(f"{where}: a list of numbers is wanted, such as [0.5, 0.5]")
        labels = tuple(item) if isinstance(item, dict) else ()
        values = list(item.values()) if isinstance(item, dict) else item
        for place, value in enumerate(values):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self.error(
                    f"{where}: {labels[place] if labels else f'number {place + 1}'} is {value!r}, no number"
                )
        try:
            return Listed(tuple(map(float, values)), where, labels)
        except OverflowError:
            raise self.error(f"{where}: a number is too large") from None


REMEDIES = {
    1: "",
    2: ': JSON {"p": [...], "q": [...]}, or CSV with two columns or two rows, named p and q if there are more',
}


def _is_list(item: object) -> bool:
    """Whether it is a list of numbers, or an object of them: nothing in it is a list again."""
    if isinstance(item, dict):
        item = list(item.values())
    return isinstance(item, list) and not any(isinstance(value, list | dict) for value in item)


def hint(word: str) -> str:
    """What may have been meant by a word that is no number."""
    if word == STANDARD_INPUT:
        return " (standard input is given alone)"
    if word.startswith("-"):
        return ", nor an option that there is"
    if is_number(word.replace(",", ".")):
        return ": write a decimal point"
    if is_number(word.rstrip("% ")):
        return ": write a share of 1, or leave out the per cent sign and say --normalize"
    return ""


def is_typed(argument: str) -> bool:
    """Whether an argument holds numbers itself, rather than naming where they are."""
    return argument.lstrip()[:1] in {"[", "{"} or all(map(is_number, MARKS.split(argument.strip())))


def opened(argument: str) -> Source:
    """The text of a file, or of standard input."""
    if argument == STANDARD_INPUT:
        if sys.stdin is None:  # closed by the caller
            raise DataError("standard input is closed")
        return Source(_decoded(sys.stdin.buffer.read(), "standard input"), "standard input", DataError)
    if not argument.strip():
        raise UsageError("an empty argument holds no numbers")
    path = Path(argument).expanduser()
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise _not_there(argument) from None
    except OSError as error:
        raise DataError(f"{argument} cannot be read: {error.strerror or error}") from error
    return Source(_decoded(data, argument), argument, DataError)


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{where} is not UTF-8 text: byte {error.start + 1:,} is 0x{data[error.start]:02x}") from error


def _not_there(argument: str) -> BitsapartError:
    """A name that no file has may be a file's that is missing, or a number that went wrong."""
    path = Path(argument)
    if path.suffix.lower() in FILES or (len(path.parts) > 1 and not any(map(is_number, path.parts))):
        return DataError(f"{argument}: there is no such file")
    words = MARKS.split(argument.strip())
    wrong = next(word for word in words if not is_number(word))
    return UsageError(f"{wrong!r} is no number{hint(wrong)}, and there is no file {argument!r}")
