"""What the commands do once their options are read."""

import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from bitsapart.cli.progress import Bar
from bitsapart.comparison.compare import PROFILE, compare, explain, profile
from bitsapart.comparison.comparison import Comparison
from bitsapart.report import text
from bitsapart.report.html import to_html
from bitsapart.report.json import to_json
from bitsapart.report.words import visible
from bitsapart.values.errors import UsageError
from bitsapart.values.plan import Plan
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
        wanted = [
            path for path in (report, None if json in {None, STANDARD_OUTPUT} else Path(str(json))) if path is not None
        ]
        read = {Path(name).expanduser().resolve() for name in inputs}
        for path in wanted:
            if path.expanduser().resolve() in read:
                raise UsageError(f"{path} is one of the tables to compare: choose another name for the output")
            check_writable(path)
        if len(wanted) == 2 and wanted[0].resolve() == wanted[1].resolve():
            raise UsageError(f"--report and --json would both write {wanted[0]}")
        return cls(report, json)

    def write(self, comparison: Comparison) -> None:
        """Write all that was asked for, files whole or not at all."""
        if self.report is not None:
            write_whole(self.report, to_html(comparison))
        if self.json == STANDARD_OUTPUT:
            sys.stdout.write(to_json(comparison) + "\n")
            return
        if self.json is not None:
            write_whole(self.json, to_json(comparison) + "\n")
        text.show(comparison)
        if self.report is not None:
            sys.stdout.write(f"\nreport: {visible(str(self.report))}\n")


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


def planned(reference: str, current: str, **options: Any) -> Plan:
    """The plan of a comparison."""
    return explain(reference, current, **options)


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
