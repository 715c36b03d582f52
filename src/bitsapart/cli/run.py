"""What the commands do once their options are read."""

import glob
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from bitsapart.cli.progress import Bar
from bitsapart.comparison.compare import PROFILE, compare, profile
from bitsapart.comparison.comparison import Comparison
from bitsapart.report import console
from bitsapart.report.words import visible
from bitsapart.tables.files import format_by_name
from bitsapart.values.errors import UsageError
from bitsapart.values.shown import Shown
from bitsapart.values.whole_file import check_writable, write_whole

STANDARD_OUTPUT = "-"


@dataclass(frozen=True)
class Outputs:
    """Where the results go."""

    report: Path | None
    json: str | None

    @classmethod
    def checked(cls, report: Path | None, json: str | None, inputs: tuple[str, ...]) -> Self:
        """Refuse before the work what could not be written after it, and never write over an input."""
        if report == Path(STANDARD_OUTPUT):
            raise UsageError("a report is a file: give --report a name")
        files = [report, None if json in {None, STANDARD_OUTPUT} else Path(str(json))]
        wanted = [path for path in files if path is not None]
        for path in wanted:
            for table in inputs:
                if would_be_read(table, path):
                    raise UsageError(
                        f"{path} is, or would become, part of the table {table}: write the output elsewhere"
                    )
            check_writable(path)
        if len(wanted) == 2 and wanted[0].resolve() == wanted[1].resolve():
            raise UsageError(f"--report and --json would both write {wanted[0]}")
        return cls(report, json)

    def write(self, result: Shown) -> None:
        """Write all that was asked for, files whole or not at all."""
        if self.report is not None:
            result.to_html(self.report)
        if self.json == STANDARD_OUTPUT:
            sys.stdout.write(result.to_json())
            return
        if self.json is not None:
            write_whole(self.json, result.to_json())
        console.show(result.__rich__())
        if self.report is not None:
            sys.stdout.write(f"\nreport: {visible(str(self.report))}\n")


def would_be_read(table: str, output: Path) -> bool:
    """Whether an output is one of a table's files, or lies in its folder under a name that would be read next time."""
    target, place = output.expanduser().resolve(), Path(table).expanduser()
    if place.is_dir():
        return format_by_name(target) is not None and place.resolve() in target.parents
    matches = [str(place), *glob.glob(str(place), recursive=True)] if table else []
    return target in {Path(match).resolve() for match in matches}


def compared(reference: str, current: str, **options: Any) -> Comparison:
    """The comparison, with a progress bar while it is made."""
    with Bar() as bar:
        return compare(reference, current, progress=bar, **options)


def profiled(table: str, output: Path, **options: Any) -> str:
    """Write a table's profile, and say so."""
    if output.suffix != PROFILE:
        raise UsageError(f"a profile's name ends in {PROFILE}, so that `compare` knows it; got {str(output)!r}")
    check_writable(output)
    with Bar() as bar:
        found = profile(table, progress=bar, **options)
    found.save(output)
    return f"{visible(str(output))}: {found.schema.rows:,} rows, {len(found.plan.columns)} columns"


def exit_code(comparison: Comparison, fail_on_shifted: bool, strict: bool) -> int:
    """0, or 1 where a limit was asked for and is exceeded, or 4 where certainty was asked for and is lacking."""
    verdicts = {column.verdict for column in comparison.columns.values()}
    if fail_on_shifted and "shifted" in verdicts:
        return 1
    return 4 if strict and "undecided" in verdicts else 0


def demo_tables() -> tuple[str, str]:
    """Paths of the tables that come with the package."""
    folder = files("bitsapart") / "data"
    return str(folder / "flights-2013-01.parquet"), str(folder / "flights-2013-07.parquet")
