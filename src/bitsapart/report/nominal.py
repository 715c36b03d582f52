"""The picture of a column without order: paired bars of the shares, and beside each pair its bits."""

import math
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from bitsapart.comparison.comparison import ColumnShift, Contribution
from bitsapart.report import words
from bitsapart.report.svg import ADDS, CURRENT, REFERENCE, RULE, SAVES, box, esc, num, path, svg, ticks
from bitsapart.report.svg import words as text

WIDTH, NAME, GAP = 440, 122, 26
MIDDLE = 292
ROW, HEAD = 21, 20
SUMS = {"rare", "pooled"}
MOST = 12


def chosen(parts: Sequence[Contribution], most: int = MOST) -> tuple[list[Contribution], list[Contribution]]:
    """The outcomes worth a row of their own (the most frequent and the most responsible), and the rest."""
    if len(parts) <= most + 1:
        return list(parts), []
    by_weight = sorted(range(len(parts)), key=lambda i: -words.weight(parts[i]))
    by_share = sorted(range(len(parts)), key=lambda i: -max(parts[i].reference_share, parts[i].current_share))
    kept = set(by_weight[: most // 2])
    for i in by_share:
        if len(kept) >= most:
            break
        kept.add(i)
    return [parts[i] for i in sorted(kept)], [part for i, part in enumerate(parts) if i not in kept]


def nominal_picture(column: ColumnShift, hovered: int) -> str:
    """Top outcomes as pairs of bars, the rest summed, contributions to the right on the same rows."""
    seen = [c for c in column.contributions if c.reference_count + c.current_count]
    rows, rest = chosen(seen)
    summed = [_summed(rest)] if rest else []
    height = HEAD + ROW * (len(rows) + len(summed)) + 6
    content = _grid(rows + summed, height) + _bars(rows + summed) + _bits(rows + summed, height) + _names(rows, rest)
    label = f"{column.name}: shares and bits per value"
    return svg(WIDTH, height, content + _hover(rows + summed, hovered), label)


def _summed(rest: Sequence[Contribution]) -> Contribution:
    return Contribution(
        outcome=f"{len(rest):,} others",
        kind="pooled",
        reference_share=sum(c.reference_share for c in rest),
        current_share=sum(c.current_share for c in rest),
        bits=sum(c.bits for c in rest),
        reference_count=sum(c.reference_count for c in rest),
        current_count=sum(c.current_count for c in rest),
    )


def _top(rows: Sequence[Contribution]) -> float:
    """The top of the axis of shares: sums of many values must not flatten the single ones."""
    tops = [max(c.reference_share, c.current_share) for c in rows if c.kind not in SUMS]
    every = [max(c.reference_share, c.current_share) for c in rows]
    single, top = max(tops, default=0.0), max(every, default=1.0)
    return (single if 0 < single < top / 1.5 else top) or 1.0


def _grid(rows: Sequence[Contribution], height: float) -> str:
    grid, labels = "", ""
    scale = (MIDDLE - NAME) / _top(rows)
    for tick in ticks(_top(rows), 3):
        x = NAME + tick * scale
        grid += f"M{num(x)} {HEAD - 4}V{num(height - 4)}"
        labels += text(f"{100 * tick:.3g} %", x, HEAD - 9, "middle")
    return path(grid, "g", stroke=RULE, width=0.6) + labels


def _bars(rows: Sequence[Contribution]) -> str:
    top = _top(rows)
    scale = (MIDDLE - NAME) / top
    grey, blue, labels = "", "", ""
    for i, c in enumerate(rows):
        y = HEAD + i * ROW
        if max(c.reference_share, c.current_share) > 1.0001 * top:
            labels += text(words.shares(c), NAME + 4, y + 13, class_="i")
            continue
        grey += box(NAME, y + 2, c.reference_share * scale, 7)
        blue += box(NAME, y + 9, c.current_share * scale, 7)
    return path(grey, "r", REFERENCE) + path(blue, "c", CURRENT) + labels


def _bits(rows: Sequence[Contribution], height: float) -> str:
    finite = [c.bits for c in rows if math.isfinite(c.bits)]
    up, down = max([*finite, 0.0]), -min([*finite, 0.0])
    start = MIDDLE + GAP
    scale = (WIDTH - 16 - start) / max(up + down, 1e-12)
    zero = start + down * scale
    adds, saves = "", ""
    for i, c in enumerate(rows):
        y, size = HEAD + i * ROW + 4, c.bits * scale
        if math.isinf(size):
            end = WIDTH - 2
            adds += box(zero, y, end - 8 - zero, 10) + f"M{num(end - 8)} {num(y - 1)}l8 6l-8 6z"
        elif size > 0.05:
            adds += box(zero, y, size, 10)
        elif size < -0.05:
            saves += box(zero + size, y, -size, 10)
    sides = ((-down, start - 4, "start"), (up, WIDTH, "end"))
    labels = "".join(text(words.rounded(v), x, HEAD - 9, anchor) for v, x, anchor in sides if v)
    axis = path(f"M{num(zero)} {HEAD - 4}V{num(height - 4)}", "z", stroke="#7b818a", width=0.8)
    return path(adds, "a", ADDS) + path(saves, "s", SAVES) + axis + labels


def _names(rows: Sequence[Contribution], rest: Sequence[Contribution]) -> str:
    names = [words.outcome(c) for c in rows] + ([f"{len(rest):,} others"] if rest else [])
    shown = [name if cell_len(name) <= 18 else set_cell_size(name, 17).rstrip() + "…" for name in names]
    special = [c.kind != "value" for c in rows] + [True] * bool(rest)
    return "".join(
        text(name, NAME - 6, HEAD + i * ROW + 13, "end", "i" if special[i] else "") for i, name in enumerate(shown)
    )


def _hover(rows: Sequence[Contribution], hovered: int) -> str:
    """Rows that name their outcome in full under the pointer."""
    areas = "".join(
        f'<path d="M0 {HEAD + i * ROW + ROW // 2}h{WIDTH}"><title>{esc(words.change(c))}</title></path>'
        for i, c in enumerate(rows)
        if i < hovered
    )
    return f'<g class="h" stroke="#fff" stroke-opacity="0" stroke-width="{ROW}">{areas}</g>'
