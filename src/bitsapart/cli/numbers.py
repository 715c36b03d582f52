"""One distribution, or P and Q, from the arguments of a command.

one(["0.5", "0.5"])            one(["shares.csv"])        one(["-"])
two(["0.5 0.5", "q.json"])     two(["both.csv"])          two(["0.5", "0.5", "0.9", "0.1"])
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from bitsapart.cli.grid import is_number
from bitsapart.cli.lists import STANDARD_INPUT, Listed, Source, hint, is_typed, opened
from bitsapart.values.errors import UsageError

TYPED = "the numbers given"


@dataclass(frozen=True)
class Pair:
    """P and Q over the same outcomes, and what a reader should know of how they were read."""

    p: Listed
    q: Listed
    note: str = ""

    @classmethod
    def aligned(cls, p: Listed, q: Listed, note: str = "") -> Self:
        """By the outcomes' names where both have them, by place where not."""
        if p.labels and q.labels and p.labels != q.labels:
            q = _reordered(p, q)
        if len(p.numbers) != len(q.numbers):
            raise UsageError(
                f"P has {_outcomes(p)} and Q has {_outcomes(q)}:"
                " both need a number for every outcome, 0 where it cannot occur"
            )
        labels = p.labels or q.labels
        return cls(replace(p, labels=labels), replace(q, labels=labels), note)

    def check(self, normalize: bool = False, logits: bool = False) -> None:
        """Refuse what is no distribution."""
        self.p.check(normalize, logits)
        self.q.check(normalize, logits)


def one(arguments: Sequence[str]) -> Listed:
    """The distribution that the arguments are, or name.

    >>> one(["0.5", "1/4", "1/4"]).numbers
    (0.5, 0.25, 0.25)
    """
    single = len(arguments) == 1 and not is_typed(arguments[0])
    source = opened(arguments[0]) if single else Source(" ".join(arguments), TYPED)
    return source.lists(1)[0]


def two(arguments: Sequence[str]) -> Pair:
    """P and Q: two arguments, or one that holds both, or numbers in two halves.

    >>> two(["0.5", "0.5", "0.9", "0.1"]).q.numbers
    (0.9, 0.1)
    """
    if len(arguments) == 1:
        source = Source(arguments[0], TYPED) if is_typed(arguments[0]) else opened(arguments[0])
        return _halves(source) if source.is_flat else _both(source)
    if len(arguments) > 2 or all(map(is_number, arguments)):
        return _halves(Source(" ".join(_plain(arguments)), TYPED))
    if list(arguments) == [STANDARD_INPUT] * 2:
        raise UsageError("standard input can be read only once: give P and Q together there, and a single '-'")
    p, q = (_single(argument, letter) for argument, letter in zip(arguments, "PQ", strict=True))
    return Pair.aligned(p, q)


def _single(argument: str, letter: str) -> Listed:
    return (Source(argument, letter) if is_typed(argument) else opened(argument)).lists(1)[0]


def _both(source: Source) -> Pair:
    p, q = source.lists(2)
    return Pair.aligned(p, q, f"P is {p.where}; Q is {q.where}")


def _plain(arguments: Sequence[str]) -> Sequence[str]:
    """The arguments, if all of them are numbers."""
    strange = next((argument for argument in arguments if not is_number(argument)), None)
    if strange is not None:
        raise UsageError(
            f"{strange!r} is no number{hint(strange)}: of more than two arguments, all are numbers, first P's and then"
            " Q's; or give P and Q as one argument each, a list in quotes or a file"
        )
    return arguments


def _halves(source: Source) -> Pair:
    numbers = source.lists(1)[0].numbers
    half, odd = divmod(len(numbers), 2)
    if odd:
        raise UsageError(
            f"{len(numbers)} numbers cannot be halved into P and Q: both need a number for every outcome,"
            " 0 where it cannot occur"
        )
    note = f"P is the first {half} of the {len(numbers)} numbers; Q is the last {half}"
    return Pair.aligned(Listed(numbers[:half], "P"), Listed(numbers[half:], "Q"), note)


def _reordered(p: Listed, q: Listed) -> Listed:
    """Q with its outcomes in P's order."""
    for listed, letter in ((p, "P"), (q, "Q")):
        label, times = Counter(listed.labels).most_common(1)[0]
        if times > 1:
            raise UsageError(f"{letter} ({listed.where}) has the outcome {label!r} {times} times")
    for has, lacks, letters in ((p, q, "PQ"), (q, p, "QP")):
        there = set(lacks.labels)
        missing = next((label for label in has.labels if label not in there), None)
        if missing is not None:
            raise UsageError(
                f"{letters[0]} ({has.where}) has the outcome {missing!r} and {letters[1]} ({lacks.where}) has not:"
                " give it a number there too, 0 if it cannot occur"
            )
    number = dict(zip(q.labels, q.numbers, strict=True))
    return replace(q, numbers=tuple(number[label] for label in p.labels), labels=p.labels)


def _outcomes(listed: Listed) -> str:
    return f"{len(listed.numbers)} outcome{'' if len(listed.numbers) == 1 else 's'}"
