"""The picture of a column without order: paired bars of the shares, and beside each pair its bits."""

import math
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from bitsapart.comparison.comparison import ColumnShift, Contribution
from bitsapart.report import words
from bitsapart.report.comparison import sentences
from bitsapart.report.svg import ADDS, CURRENT, REFERENCE, RULE, SAVES, arrowhead, box, esc, num, path, svg, ticks
from bitsapart.report.svg import words as text
from bitsapart.values.contingency import OutcomeKind

WIDTH, NAME, GAP = 440, 134, 26
MIDDLE = 298
ROW, HEAD = 21, 20
SUMS = {"rare", "pooled"}
MOST = 12
GROUPS = 3
"""Groups of rare values that have a row each; more are summed, so that single values are not crowded out."""


def chosen(parts: Sequence[Contribution], most: int = MOST) -> tuple[list[Contribution], list[Contribution]]:
    """The outcomes worth a row of their own (the most frequent and the most responsible), and the rest."""
    if len(parts) <= most + 1:
        return list(parts), []
    by_share = sorted(parts, key=lambda c: -max(c.reference_share, c.current_share))
    kept = {id(part) for part in sentences.by_weight(parts)[: most // 2]}
    for part in by_share:
        if len(kept) >= most:
            break
        kept.add(id(part))
    return [part for part in parts if id(part) in kept], [part for part in parts if id(part) not in kept]


def gathered(parts: Sequence[Contribution], most: int = GROUPS) -> list[Contribution]:
    """The outcomes with all groups of rare values as one, where they are more than a few; it stands at the first."""
    groups = [part for part in parts if part.kind == "rare"]
    if len(groups) <= most:
        return list(parts)
    one = summed(f"rare, {words.counted(len(groups), 'group')}", groups, "rare")
    return [one if part is groups[0] else part for part in parts if part.kind != "rare" or part is groups[0]]


def nominal_picture(column: ColumnShift, hovered: int) -> str:
    """Top outcomes as pairs of bars, the rest summed, contributions to the right on the same rows."""
    seen = [c for c in column.contributions if c.reference_count + c.current_count]
    rows, rest = chosen(gathered(seen))
    rows += [summed(words.counted(len(rest), "other"), rest)] if rest else []
    height = HEAD + ROW * len(rows) + 6
    content = _grid(rows, height) + _bars(rows) + _bits(rows, height) + _names(rows)
    label = f"{column.name}: shares and bits per value"
    return svg(WIDTH, height, content + _hover(rows, hovered), label)


def summed(name: str, rest: Sequence[Contribution], kind: OutcomeKind = "pooled") -> Contribution:
    """Several outcomes as one row."""
    return Contribution(
        outcome=name,
        kind=kind,
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
            labels += text(sentences.shares(c), NAME + 4, y + 13, class_="i")
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
            adds += box(zero, y, end - 8 - zero, 10) + arrowhead(end - 8, y - 1, 8, 6)
        elif size > 0.05:
            adds += box(zero, y, size, 10)
        elif size < -0.05:
            saves += box(zero + size, y, -size, 10)
    sides = ((-down, start - 4, "start"), (up, WIDTH, "end"))
    labels = "".join(text(words.rounded(v), x, HEAD - 9, anchor) for v, x, anchor in sides if v)
    axis = path(f"M{num(zero)} {HEAD - 4}V{num(height - 4)}", "z", stroke="#7b818a", width=0.8)
    return path(adds, "a", ADDS) + path(saves, "s", SAVES) + axis + labels


def _names(rows: Sequence[Contribution]) -> str:
    names = [sentences.outcome(c) for c in rows]
    shown = [name if cell_len(name) <= 18 else set_cell_size(name, 17).rstrip() + "…" for name in names]
    special = [c.kind not in {"value", "range"} for c in rows]
    return "".join(
        text(name, NAME - 6, HEAD + i * ROW + 13, "end", "i" if special[i] else "") for i, name in enumerate(shown)
    )


def _hover(rows: Sequence[Contribution], hovered: int) -> str:
    """Rows that name their outcome in full under the pointer."""
    names = [esc(sentences.change(row, negative=True)) for row in rows[:hovered]]
    areas = "".join(
        f'<path d="M0 {HEAD + i * ROW + ROW // 2}h{WIDTH}"><title>{name}</title></path>' for i, name in enumerate(names)
    )
    return f'<g class="h" stroke="#fff" stroke-opacity="0" stroke-width="{ROW}">{areas}</g>'
