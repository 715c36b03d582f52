"""Pictures of coverage: one square for each cell of a simulation, its colour and number the coverage in per cent."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from bitsapart.report.svg import svg, words

WIDTH, HEIGHT = 26.0, 13.0
LEFT, TOP, GAP = 96.0, 44.0, 14.0
FEW, NONE = "#d5d8dd", "#ffffff"
SCALE = ((0.90, "#b23a00"), (0.93, "#f0a35e"), (0.94, "#f3e3b3"), (0.97, "#b9d7ea"), (2.0, "#6fa8d0"))
"""Colours below these coverages: under 90, under 93, under 94, up to 97, above."""
KEY = ("< 90", "90 to 93", "93 to 94", "94 to 97", "> 97 %")


@dataclass(frozen=True)
class Square:
    """One cell: its coverage, None where there is no interval, and the share of samples that were too few for one."""

    coverage: float | None
    too_few: float


@dataclass(frozen=True)
class Panel:
    """A block of squares under one heading."""

    heading: str
    squares: dict[tuple[Hashable, Hashable], Square]


def colour(square: Square) -> str:
    """Grey where most samples were too few."""
    if square.coverage is None or square.too_few > 0.5:
        return FEW
    return next(shade for least, shade in SCALE if square.coverage < least)


def picture(
    panels: Sequence[Panel],
    rows: Sequence[Hashable],
    columns: Sequence[Hashable],
    show: Callable[[Hashable], str],
    label: str,
    across: int = 3,
) -> str:
    """Panels of squares, ``across`` of them side by side, with one legend below."""
    wide = len(columns) * WIDTH + GAP
    tall = TOP + len(rows) * HEIGHT + GAP
    parts = []
    for place, panel in enumerate(panels):
        x, y = LEFT + (place % across) * wide, (place // across) * tall
        parts.append(words(panel.heading, x, y + 12))
        for i, column in enumerate(columns):
            lines = show(column).split("\n")
            parts += [
                words(line, x + (i + 0.5) * WIDTH, y + TOP - 17 + 12 * j, "middle") for j, line in enumerate(lines)
            ]
        if place % across == 0:
            parts += [words(show(r), x - 6, y + TOP + (i + 0.8) * HEIGHT, "end") for i, r in enumerate(rows)]
        parts += [
            drawn(panel.squares[r, c], x + j * WIDTH, y + TOP + i * HEIGHT)
            for i, r in enumerate(rows)
            for j, c in enumerate(columns)
            if (r, c) in panel.squares
        ]
    height = ((len(panels) + across - 1) // across) * tall
    width = LEFT + min(across, len(panels)) * wide
    parts.append(legend(LEFT, height + 12))
    body = f'<rect width="100%" height="100%" fill="{NONE}"/>' + "".join(parts)
    drawing = svg(max(width, LEFT + 470), height + 26, body, label)
    return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1) + "\n"


def drawn(square: Square, x: float, y: float) -> str:
    """A square with its number."""
    fill = colour(square)
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{WIDTH - 1:.0f}" height="{HEIGHT - 1:.0f}" fill="{fill}"/>'
    if square.coverage is None or square.too_few > 0.5:
        return box
    number = f"{100 * square.coverage:.0f}"
    place = f'x="{x + WIDTH / 2:.0f}" y="{y + HEIGHT - 3.5:.1f}"'
    dark = "#ffffff" if fill == SCALE[0][1] else "#22262b"
    return box + f'<text {place} text-anchor="middle" font-size="9" fill="{dark}">{number}</text>'


def legend(x: float, y: float) -> str:
    """What the colours mean."""
    parts = []
    for shade, meaning in (*zip((s for _, s in SCALE), KEY, strict=True), (FEW, "says: too few data")):
        parts.append(f'<rect x="{x:.0f}" y="{y - 9:.0f}" width="14" height="11" fill="{shade}"/>')
        parts.append(words(meaning, x + 18, y))
        x += 30 + 6.2 * len(meaning)
    return "".join(parts)
