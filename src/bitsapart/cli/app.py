"""The commands and their options."""

import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from bitsapart.cli import calculator, compare_models, fit, score
from bitsapart.values.errors import UsageError

app = typer.Typer(
    name="bitsapart",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="How far one distribution is from another, in bits: how sure, and what is responsible.",
)


class Limit(StrEnum):
    """What counts as a failure."""

    shifted = "shifted"


class EngineChoice(StrEnum):
    """Engines that can read a table."""

    auto = "auto"
    memory = "memory"
    arrow = "arrow"


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        sys.stdout.write(f"bitsapart {version('bitsapart')}\n")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """How far one distribution is from another, in bits: how sure, and what is responsible."""


ReferencePath = Annotated[
    str, typer.Argument(help="The table that is acted on: a file, a glob in quotes, or a folder.", show_default=False)
]
CurrentPath = Annotated[str, typer.Argument(help="The table that tells the truth now.", show_default=False)]
Tolerance = Annotated[float, typer.Option(metavar="BITS", help="Bits of excess per value that do not matter.")]
Level = Annotated[float, typer.Option(help="Confidence level of the intervals.")]
Prior = Annotated[
    float,
    typer.Option(metavar="COUNT", help="Pseudo-count of the reference for values it never had; 0 for none."),
]
Columns = Annotated[
    list[str] | None, typer.Option("--column", "-c", metavar="NAME", help="Compare this column only (repeatable).")
]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore", "-x", metavar="NAME", help="Leave this column out (repeatable).")
]
EngineName = Annotated[EngineChoice, typer.Option(help="How to read and count: NumPy, or streaming.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Cores to count with; all, up to 8, by default.", show_default=False)
]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report, one HTML file, here.")]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write all numbers here; - for standard output instead of the table."),
]
FailOn = Annotated[Limit | None, typer.Option(help="Exit with 1 if any column is.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 4 if any column is undecided.")]
Explain = Annotated[bool, typer.Option("--explain", help="Print how the columns would be counted, and stop.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command()
def compare(
    reference: ReferencePath,
    current: CurrentPath,
    tolerance: Tolerance = 0.01,
    level: Level = 0.95,
    prior: Prior = 0.5,
    column: Columns = None,
    ignore: Ignore = None,
    report: Report = None,
    json: Json = None,
    fail_on: FailOn = None,
    strict: Strict = False,
    explain: Explain = False,
    engine: EngineName = EngineChoice.auto,
    threads: Threads = None,
    debug: Debug = False,
) -> None:
    """Compare two tables: bits of shift per column, how sure, which values are responsible, and a verdict.

    Tables are Parquet, CSV, JSON lines or Arrow files. Exit codes: 0 done, 1 shifted (--fail-on shifted), 2 wrong use,
    3 the data cannot be read, 4 undecided (--strict).
    """
    from bitsapart.cli import run
    from bitsapart.comparison.compare import explain as planned

    chosen: dict[str, Any] = {"columns": column or None, "ignore": ignore or [], "engine": engine.value}
    if explain and (report or json):
        raise UsageError("--explain counts nothing, so there is nothing to write with --report or --json")
    if explain:
        sys.stdout.write(f"{planned(reference, current, **chosen)}\n")
        return
    outputs = run.Outputs.checked(report, json, (reference, current))
    chosen |= {"tolerance": tolerance, "level": level, "prior": prior, "threads": threads}
    comparison = run.compared(reference, current, **chosen)
    outputs.write(comparison)
    raise typer.Exit(run.exit_code(comparison, fail_on is Limit.shifted, strict))


@app.command()
def profile(
    table: Annotated[str, typer.Argument(help="A file, a glob in quotes, or a folder.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.profile", help="Where to write the profile.")],
    engine: EngineName = EngineChoice.auto,
    threads: Threads = None,
    debug: Debug = False,
) -> None:
    """Count a table once: a baseline to compare with later, without its rows (bitsapart compare FILE.profile ...)."""
    from bitsapart.cli import run

    sys.stdout.write(f"{run.profiled(table, output, engine=engine.value, threads=threads)}\n")


@app.command()
def demo(report: Report = Path("demo-report.html")) -> None:
    """Compare the flights out of New York in July 2013 with those in January: real data that comes with the package."""
    from bitsapart.cli import run

    january, july = run.demo_tables()
    outputs = run.Outputs.checked(report, None, (january, july))
    sys.stdout.write(f"bitsapart compare {january} {july} --report {report}\n\n")
    outputs.write(run.compared(january, july))


calculator.register(app)
compare_models.register(app)
fit.register(app)
score.register(app)
