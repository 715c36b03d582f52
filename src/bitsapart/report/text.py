"""A comparison as text: colours on a terminal, plain lines in a file, readable from 40 columns up."""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import words

WIDTH = 100
NARROW = 64
MANY = 60
STYLES = {"shifted": "bold red", "undecided": "yellow", "stable": "green"}
PLAIN = {"∞": "infinite", "→": "->", "−": "-", "…": "...", "≥": ">=", "≤": "<=", "–": "-", "·": "-"}


@dataclass(frozen=True)
class ComparisonText:
    """What rich prints of a comparison; it fits itself to the width of the console."""

    comparison: Comparison
    most: int = 30

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        for line in _lines(self.comparison, width, self.most):
            shown = _ascii(line) if options.ascii_only else line
            yield from _wrapped(shown, console, width)


def render(comparison: Comparison, most: int = 30) -> ComparisonText:
    """The comparison for a rich console; at most so many columns where there are more than sixty."""
    return ComparisonText(comparison, most)


def show(comparison: Comparison, file: TextIO | None = None, width: int | None = None, most: int = 30) -> None:
    """Print to a file or standard output: colours and its width on a terminal, else plain and 100 columns."""
    stream = file or sys.stdout
    plain = not stream.isatty()
    console = Console(
        file=stream, width=width or (WIDTH if plain else None), highlight=False, emoji=False, markup=False
    )
    console.print(render(comparison, most))


def to_text(comparison: Comparison, width: int = WIDTH, most: int = 30) -> str:
    """The comparison as plain text."""
    buffer = StringIO()
    console = Console(
        file=buffer, width=width, color_system=None, force_terminal=False, highlight=False, emoji=False, markup=False
    )
    console.print(render(comparison, most))
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines())


def _wrapped(line: Text, console: Console, width: int) -> Iterator[Text]:
    """The line in pieces of the width; those after the first stand further in."""
    if cell_len(line.plain) <= width:
        yield line
        return
    indent = len(line.plain) - len(line.plain.lstrip()) + 2
    first, *rest = line.wrap(console, width - indent, overflow="fold")
    yield first
    for piece in rest:
        piece.pad_left(indent)
        yield piece


def _ascii(line: Text) -> Text:
    plain = "".join(PLAIN.get(c, c) for c in line.plain).encode("ascii", "backslashreplace").decode()
    return Text(plain, style=line.style)


def _lines(comparison: Comparison, width: int, most: int) -> Iterator[Text]:
    yield Text(words.headline(comparison), style="bold")
    yield from _facts(comparison)
    yield from _schema(comparison)
    shown = _chosen(comparison, most)
    if shown:
        yield Text()
        yield from (_table if width >= NARROW else _list)(comparison, shown, width)
    left = len(comparison.columns) - len(shown)
    if left:
        yield Text()
        yield Text(f"... and {words.counted(left, 'more column')}: see the report (--report) or the JSON (--json).")
    yield from _notes(comparison, shown, width)


def _chosen(comparison: Comparison, most: int) -> list[ColumnShift]:
    columns = words.ranked(comparison)
    if len(columns) <= MANY:
        return columns
    return [column for column in columns if column.verdict in {"shifted", "undecided"}][:most]


def _facts(comparison: Comparison) -> Iterator[Text]:
    sides = (("reference", comparison.reference), ("current", comparison.current))
    names = [words.tail(words.visible(facts.name), 40) for _, facts in sides]
    rows = [f"{facts.rows:,}" for _, facts in sides]
    for (side, facts), name, number in zip(sides, names, rows, strict=True):
        name_width, row_width = min(40, max(map(cell_len, names))), max(map(len, rows))
        columns = words.counted(facts.columns, "column")
        yield Text(f"{side:<11}{_fit(name, name_width)}  {number:>{row_width}} rows, {columns}")
    yield Text(words.evidence(comparison.q_value))


def _schema(comparison: Comparison) -> Iterator[Text]:
    if comparison.schema_changes:
        yield Text()
        yield Text("The tables' columns differ", style="bold")
    for change in comparison.schema_changes[:20]:
        yield Text("  " + words.visible(str(change)))
    if len(comparison.schema_changes) > 20:
        yield Text(f"  ... and {len(comparison.schema_changes) - 20:,} more differences")


def _fit(text: str, width: int) -> str:
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _pad(text: str, width: int, right: bool) -> str:
    return " " * (width - cell_len(text)) + text if right else _fit(text, width)


def _cells(column: ColumnShift, comparison: Comparison, wide: bool) -> list[str]:
    estimate = column.finite_excess
    cells = [
        column.verdict,
        words.named(column.name),
        _excess(column),
        words.interval(estimate.low, estimate.high) if estimate else "",
        words.probability(column.q_value),
    ]
    if wide:
        both = (column.entropy, column.cross_entropy)
        cells[4:4] = [words.bits(e.value) if e else "–" for e in both]
    return cells


def _excess(column: ColumnShift) -> str:
    """The excess, and in brackets the one under the prior."""
    spent = column.excess_with_prior
    return words.excess(column, 0) if spent is None else f"∞ ({words.bits(spent.value)})"


def _table(comparison: Comparison, columns: list[ColumnShift], width: int) -> Iterator[Text]:
    wide = width >= WIDTH
    level = f"[{100 * comparison.level:g} % interval]"
    head = ["verdict", "column", "excess bits", level, *(["entropy", "cross-ent."] if wide else []), "q-value"]
    rows = [_cells(column, comparison, wide) for column in columns]
    right = [False, False, True, False, *[True] * (len(head) - 4)]
    widths = [max(cell_len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    spare = width - sum(widths) + widths[1] - 2 * (len(head) - 1)
    widths[1] = max(8, min(widths[1], spare))

    def line(cells: list[str]) -> str:
        return "  ".join(_pad(*place) for place in zip(cells, widths, right, strict=True)).rstrip()

    yield Text(line(head), style="bold")
    for column, row in zip(columns, rows, strict=True):
        text = Text(line(row))
        text.stylize(STYLES.get(column.verdict, "dim"), 0, len(column.verdict))
        yield text
        yield from _responsible(column, width, "  ")


def _responsible(column: ColumnShift, width: int, indent: str) -> Iterator[Text]:
    doubtful = column.q_value is None or column.q_value >= 0.05
    if column.verdict != "shifted" and (column.verdict != "undecided" or doubtful):
        return
    parts: list[str] = []
    for contribution in words.responsible(column.contributions):
        part = words.change(contribution)
        if cell_len("; ".join([*parts, part])) + 2 * len(indent) > width and parts:
            break
        parts.append(part)
    if parts:
        yield Text(f"{2 * indent}{'; '.join(parts)}", style="dim")


def _list(comparison: Comparison, columns: list[ColumnShift], width: int) -> Iterator[Text]:
    for column in columns:
        first = Text(f"{column.verdict} ", style=STYLES.get(column.verdict, "dim"))
        first.append(_fit_to(words.named(column.name), max(8, width - len(first))), style="bold")
        yield first
        estimate = column.finite_excess
        if estimate is None:
            continue
        ends = words.interval(estimate.low, estimate.high)
        yield Text(f"  {words.excess(column, comparison.prior)} bits {ends}".rstrip())
        yield from _responsible(column, width, " ")


def _fit_to(text: str, width: int) -> str:
    return text if cell_len(text) <= width else _fit(text, width)


def _notes(comparison: Comparison, columns: list[ColumnShift], width: int) -> Iterator[Text]:
    noted = [(column, words.remarks(column)) for column in columns]
    if any(remarks for _, remarks in noted):
        yield Text()
        yield Text("Notes", style="bold")
    if any(c.excess and math.isinf(c.excess.value) for c in columns):
        prior = f"; in brackets the excess after a prior of {comparison.prior:g} rows was spent on all such values"
        spent = any(c.excess_with_prior for c in columns)
        yield Text(f"  ∞: the reference never had some of the values found now{prior if spent else ''}.")
    for column, remarks in noted:
        name = _fit_to(words.named(column.name), max(10, width // 3))
        for remark in remarks:
            yield Text(f"  {name}: {remark}")
