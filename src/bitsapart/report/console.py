"""Text of a result: colours on a terminal, plain lines in a file, readable from 40 columns up."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

WIDTH = 100
NARROWEST = 24
"""How many letters of a row's name there must be room for in a table."""
PLAIN = {
    "∞": "infinite",
    "→": "->",
    "−": "-",
    "…": "...",
    "≥": ">=",
    "≤": "<=",
    "–": "-",
    "·": "-",
    "±": "+-",
    "Δ": "d",
}
BARE: dict[str, Any] = {"highlight": False, "emoji": False, "markup": False}


@dataclass(frozen=True)
class Lines:
    """What rich prints of a result: lines made for the width of the console, longer ones wrapped."""

    of: Callable[[int], Iterator[Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        for line in self.of(width):
            shown = _ascii(line) if options.ascii_only else line
            yield from _wrapped(shown, console, width)


def show(lines: Lines, file: TextIO | None = None, width: int | None = None) -> None:
    """Print to a file or standard output: colours and its width on a terminal, else plain and 100 columns."""
    stream = file or sys.stdout
    bare = not stream.isatty()
    Console(file=stream, width=width or (WIDTH if bare else None), **BARE).print(lines)


def plain(lines: Lines, width: int = WIDTH) -> str:
    """The lines as plain text."""
    buffer = StringIO()
    Console(file=buffer, width=width, color_system=None, force_terminal=False, **BARE).print(lines)
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines())


def _wrapped(line: Text, console: Console, width: int) -> Iterator[Text]:
    """The line in pieces of the width; those after the first stand further in."""
    if cell_len(line.plain) <= width:
        yield line
        return
    indent = len(line.plain) - len(line.plain.lstrip()) + 2
    first, *rest = line.wrap(console, width - indent, overflow="fold")
    first.rstrip()
    yield first
    for piece in rest:
        piece.rstrip()
        piece.pad_left(indent)
        yield piece


def _ascii(line: Text) -> Text:
    plain = "".join(PLAIN.get(c, c) for c in line.plain).encode("ascii", "backslashreplace").decode()
    return Text(plain, style=line.style)


def fit(text: str, width: int) -> str:
    """The text at exactly this width, cut with an ellipsis where it is longer."""
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def pad(text: str, width: int, right: bool) -> str:
    """The text at this width, on its right or left side."""
    return " " * (width - cell_len(text)) + text if right else fit(text, width)


def cut(text: str, width: int) -> str:
    """The text, cut with an ellipsis where it is longer than this."""
    return text if cell_len(text) <= width else fit(text, width)


def section(title: str, lines: Iterable[str]) -> Iterator[Text]:
    """Lines under a title; nothing where there are none."""
    found = list(lines)
    if found:
        yield Text()
        yield Text(title, style="bold")
        yield from (Text(f"  {line}") for line in found)


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, right: set[int], below: str = "{1}  {2}"
) -> Iterator[Text]:
    """Cells under each other, the first column as wide as there is room; where there is little, the rest ``below``."""
    widths = [max(cell_len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    room = width - sum(widths[1:]) - 2 * (len(head) - 1)
    if room < min(widths[0], NARROWEST):
        yield Text(head[0], style="bold")
        for row in rows:
            yield Text(row[0])
            yield Text(f"      {' '.join(below.format(*row).split())}".rstrip())
        return
    widths[0] = min(widths[0], room)
    for number, row in enumerate([head, *rows]):
        cells = (pad(cut(row[i], widths[i]), widths[i], i in right) for i in range(len(row)))
        yield Text("  ".join(cells).rstrip(), style="" if number else "bold")
