"""The command fit: the closest member of a family, or of several families the one that predicts new rows best."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bitsapart.values.errors import UsageError


class Direction(StrEnum):
    """Which divergence is made small."""

    forward = "forward"
    reverse = "reverse"
    both = "both"


def fit(
    data: Annotated[
        str, typer.Argument(help="A table: Parquet, CSV, JSON lines or Arrow; a file or a folder.", show_default=False)
    ],
    family: Annotated[
        list[str],
        typer.Option(
            metavar="NAMES",
            help="Families, separated by commas: normal,student,gamma (repeatable).",
            show_default=False,
        ),
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            "-c",
            metavar="NAME",
            help="The column of numbers to fit to; several for a family of vectors (repeatable).",
            show_default=False,
        ),
    ] = None,
    weight: Annotated[str | None, typer.Option(metavar="NAME", help="A column of weights.", show_default=False)] = None,
    direction: Annotated[
        Direction, typer.Option(help="forward: KL(data || fit), maximum likelihood; reverse: KL(fit || data).")
    ] = Direction.forward,
    fixed: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter that is held fixed (repeatable).", show_default=False),
    ] = None,
    components: Annotated[int, typer.Option(min=1, metavar="K", help="Components of the family mixture.")] = 2,
    trace: Annotated[bool, typer.Option("--trace", help="Watch gradient descent make the divergence small.")] = False,
    folds: Annotated[int, typer.Option(min=2, help="Folds by which several families are compared.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of folds and starts.")] = 0,
    level: Annotated[float, typer.Option(help="Confidence level of the intervals.")] = 0.95,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report, one HTML file, here.")] = None,
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all numbers here; - for standard output.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Fit families to a column: the closest member, what it costs in bits, and how sure that is.

    Several families are compared by what rows cost under them that they have not seen. Exit codes: 0 done, 2 wrong use,
    3 the data cannot be read.
    """
    from bitsapart.cli.run import Outputs

    names, held = listed(family), dict(map(held_fixed, fixed or []))
    outputs = Outputs.checked(report, json, (data,))
    from bitsapart.fitting.fit import fit as fitted

    found = fitted(
        data,
        one_or_all(names),
        column=one_or_all(column) if column else None,
        weights=weight,
        direction=direction.value,
        fixed=held or None,
        components=components,
        trace=trace,
        folds=folds,
        seed=seed,
        level=level,
    )
    outputs.write(found)


def listed(given: Sequence[str]) -> list[str]:
    """The names in options that may hold several, separated by commas."""
    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("--family names no family: for instance --family normal,student,gamma")
    return names


def one_or_all(names: list[str]) -> str | list[str]:
    """A name alone stands for itself."""
    return names[0] if len(names) == 1 else names


def held_fixed(text: str) -> tuple[str, float]:
    """A parameter and its value."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise UsageError(f"--fixed takes NAME=VALUE, for instance --fixed n=10; got {text!r}") from error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(fit)
