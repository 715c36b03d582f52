"""A comparison as text: colours on a terminal, plain lines in a file, readable from 40 columns up."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import console, words
from bitsapart.report.comparison import remarks, sentences
from bitsapart.report.console import WIDTH, Lines, cut, fit, pad

NARROW = 64
MANY = 60
MOST_ROWS = 3
"""Columns whose rows to decide have a line each."""
LISTED = 20
STYLES = {"shifted": "bold red", "undecided": "yellow", "stable": "green"}


def render(comparison: Comparison, most: int = 30) -> Lines:
    """The comparison for a rich console; at most so many columns where there are more than sixty."""
    return Lines(lambda width: _lines(comparison, width, most))


def to_text(comparison: Comparison, width: int = WIDTH, most: int = 30) -> str:
    """The comparison as plain text."""
    return console.plain(render(comparison, most), width)


def _lines(comparison: Comparison, width: int, most: int) -> Iterator[Text]:
    yield Text(sentences.headline(comparison), style="bold")
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
    columns = sentences.ranked(comparison)
    if len(columns) <= MANY:
        return columns
    return [column for column in columns if column.verdict in {"shifted", "undecided"}][:most]


def _facts(comparison: Comparison) -> Iterator[Text]:
    sides = (("reference", comparison.reference), ("current", comparison.current))
    names = [words.tail(words.visible(facts.name), 40) for _, facts in sides]
    rows = [words.counted(facts.rows, "row") for _, facts in sides]
    for (side, facts), name, number in zip(sides, names, rows, strict=True):
        name_width, row_width = min(40, max(map(cell_len, names))), max(map(len, rows))
        columns = words.counted(facts.columns, "column")
        yield Text(f"{side:<11}{fit(name, name_width)}  {number:>{row_width}}, {columns}")
    for note in sentences.table_notes(comparison):
        yield Text(f"  {note}")
    yield Text(sentences.evidence(comparison))


def _schema(comparison: Comparison) -> Iterator[Text]:
    if comparison.schema_changes:
        yield Text()
        yield Text("The tables' columns differ", style="bold")
    for change in comparison.schema_changes[:20]:
        yield Text("  " + sentences.schema_change(change))
    left = len(comparison.schema_changes) - 20
    if left > 0:
        yield Text(f"  ... and {words.counted(left, 'more difference')}")


def _cells(column: ColumnShift, wide: bool) -> list[str]:
    cells = [column.verdict, words.named(column.name), *sentences.excess(column), words.probability(column.q_value)]
    if wide:
        both = (column.entropy, column.cross_entropy)
        cells[4:4] = [words.bits(e.value) if e else "–" for e in both]
    return cells


def _table(comparison: Comparison, columns: list[ColumnShift], width: int) -> Iterator[Text]:
    wide = width >= WIDTH
    level = f"[{words.at_level(comparison.level)}]"
    head = ["verdict", "column", "excess bits", level, *(["entropy", "cross-ent."] if wide else []), "q-value"]
    rows = [_cells(column, wide) for column in columns]
    right = [False, False, True, False, *[True] * (len(head) - 4)]
    widths = [max(cell_len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    spare = width - sum(widths) + widths[1] - 2 * (len(head) - 1)
    widths[1] = max(8, min(widths[1], spare))

    def line(cells: list[str]) -> str:
        return "  ".join(pad(*place) for place in zip(cells, widths, right, strict=True)).rstrip()

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
    for contribution in sentences.responsible(column.contributions):
        part = sentences.change(contribution)
        if cell_len("; ".join([*parts, part])) + 2 * len(indent) > width and parts:
            break
        parts.append(part)
    if parts:
        yield Text(f"{2 * indent}{'; '.join(parts)}", style="dim")


def _list(comparison: Comparison, columns: list[ColumnShift], width: int) -> Iterator[Text]:
    for column in columns:
        first = Text(f"{column.verdict} ", style=STYLES.get(column.verdict, "dim"))
        first.append(cut(words.named(column.name), max(8, width - len(first))), style="bold")
        yield first
        estimate = column.finite_excess
        if estimate is None:
            continue
        value, ends = sentences.excess(column)
        yield Text(f"  {value} {ends}".rstrip() + " bits")
        yield from _responsible(column, width, " ")


def _notes(comparison: Comparison, columns: list[ColumnShift], width: int) -> Iterator[Text]:
    waiting = [column for column in columns if remarks.undecided_by_rows(column)]
    together = len(waiting) > MOST_ROWS
    named: dict[str, list[str]] = {}
    for column in columns:
        for sentence in remarks.remarks(column, comparison, rows=not together):
            named.setdefault(sentence, []).append(cut(words.named(column.name), max(10, width // 3)))
    infinite = sentences.infinite(comparison, columns)
    if infinite or named or together:
        yield Text()
        yield Text("Notes", style="bold")
    if infinite:
        yield Text(f"  {infinite}")
    for sentence, names in named.items():
        yield Text(f"  {_some(names)}: {sentence}")
    if together:
        yield Text(f"  {_rows_to_decide(waiting, comparison)}")


def _some(names: Sequence[str], most: int = 3) -> str:
    """The first of several names, and how many more there are."""
    left = len(names) - most
    return ", ".join(names) if left <= 1 else f"{', '.join(names[:most])} and {left:,} more columns"


def _rows_to_decide(columns: Sequence[ColumnShift], comparison: Comparison) -> str:
    """The rows that would decide each of many columns, in one line."""
    what = "Rows on each side" if remarks.equally_many(comparison) else "Times as many rows on both sides"
    parts = [
        f"{cut(words.named(column.name), 24)} {remarks.rows_to_decide(column, comparison)}"
        for column in columns[:LISTED]
    ]
    left = len(columns) - LISTED
    more = f"; and {words.counted(left, 'more column')}" if left > 0 else ""
    return f"{what} that would decide: {'; '.join(parts)}{more}."
