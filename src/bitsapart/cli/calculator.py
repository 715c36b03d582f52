"""The calculators: entropy, kl, relate and code.

Numbers may be negative (logits), so what looks like an unknown option is handed on and read as a number.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bitsapart.values.errors import UsageError

if TYPE_CHECKING:
    from bitsapart.cli.lists import Listed
    from bitsapart.cli.numbers import Pair


class UnitChoice(StrEnum):
    """Units of information."""

    bit = "bit"
    nat = "nat"
    ban = "ban"


Numbers = Annotated[
    list[str],
    typer.Argument(
        metavar="P",
        help="The probabilities: numbers, one list in quotes, a .json or .csv file, or - for standard input.",
        show_default=False,
    ),
]
Both = Annotated[
    list[str],
    typer.Argument(
        metavar="P Q",
        help="Two lists in quotes or files; or one file or - that holds both; or all numbers, first P's, then Q's.",
        show_default=False,
    ),
]
UnitName = Annotated[UnitChoice, typer.Option("--unit", help="The unit of the answers.")]
Json = Annotated[bool, typer.Option("--json", help="Print all digits as a JSON document.")]
Normalize = Annotated[bool, typer.Option("--normalize", help="Divide weights or counts by their sum.")]
Logits = Annotated[bool, typer.Option("--logits", help="The numbers are logarithms of weights: take their softmax.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@dataclass(frozen=True)
class Reading:
    """How numbers are meant, and the unit of the answer."""

    unit: UnitChoice = UnitChoice.bit
    normalize: bool = False
    logits: bool = False

    def __post_init__(self) -> None:
        if self.normalize and self.logits:
            raise UsageError("--logits are divided by their sum anyway: leave out --normalize")

    def one(self, arguments: list[str]) -> "Listed":
        """The distribution that the arguments are or name, checked."""
        from bitsapart.cli.numbers import one

        listed = one(arguments)
        listed.check(self.normalize, self.logits)
        return listed

    def two(self, arguments: list[str]) -> "Pair":
        """P and Q, checked."""
        from bitsapart.cli.numbers import two

        pair = two(arguments)
        pair.check(self.normalize, self.logits)
        return pair

    @property
    def keywords(self) -> dict[str, Any]:
        """What the measures are to be told."""
        return {"unit": self.unit.value, "normalize": self.normalize, "from_logits": self.logits}


def entropy(
    numbers: Numbers,
    unit: UnitName = UnitChoice.bit,
    normalize: Normalize = False,
    logits: Logits = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Entropy of a distribution: the bits that its outcomes need, and what a fixed-length code wastes."""
    from bitsapart.cli import answers, questions

    reading = Reading(unit, normalize, logits)
    found = questions.Uncertainty.of(reading.one(numbers), reading.keywords)
    answers.write(found, json)


def kl(
    numbers: Both,
    unit: UnitName = UnitChoice.bit,
    normalize: Normalize = False,
    logits: Logits = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Kullback-Leibler divergence in both directions, and the outcomes that cost most."""
    from bitsapart.cli import answers, questions

    reading = Reading(unit, normalize, logits)
    found = questions.Divergence.of(reading.two(numbers), reading.keywords)
    answers.write(found, json)


def relate(
    numbers: Both,
    unit: UnitName = UnitChoice.bit,
    normalize: Normalize = False,
    logits: Logits = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Cross-entropy = entropy + divergence, as numbers; the reverse, and the Jensen-Shannon divergence."""
    from bitsapart.cli import answers, questions

    reading = Reading(unit, normalize, logits)
    found = questions.Identity.of(reading.two(numbers), reading.keywords)
    answers.write(found, json)


def code(
    numbers: Annotated[
        list[str],
        typer.Argument(
            metavar="P Q", help="P and Q, as for kl; or, with --like, the file to be coded.", show_default=False
        ),
    ],
    symbols: Annotated[int, typer.Option(min=1, max=100_000_000, help="How many symbols to draw from P.")] = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Keep the coded bytes here.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(metavar="OTHER", help="Code the bytes of a file by how often each is in this other file."),
    ] = None,
    prior: Annotated[
        float, typer.Option(min=0, metavar="COUNT", help="With --like: added to the count of each of the 256 bytes.")
    ] = 0.0,
    normalize: Normalize = False,
    logits: Logits = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compress symbols from P under a model Q, on disk: H(P) + KL(P || Q) bits each. Needs bitsapart[code]."""
    from bitsapart.cli import answers, compress

    if like is None and prior:
        raise UsageError("--prior adds to the counts of a file's bytes: it goes with --like")
    inputs = [*numbers, *([] if like is None else [str(like)])]
    place = compress.checked(output, inputs)
    if like is None:
        pair = Reading(normalize=normalize, logits=logits).two(numbers)
        task = compress.Task.drawn(pair, symbols, seed, logits)
    else:
        task = compress.Task.bytes_of(numbers, like, prior)
    found = compress.Compressed.of(task, place)
    answers.write(found, json)


def register(app: typer.Typer) -> None:
    """Add the calculators to the commands."""
    for command in (entropy, kl, relate, code):
        app.command(context_settings={"ignore_unknown_options": True})(command)
