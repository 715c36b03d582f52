"""The picture of an ordered column: density over value, shares per outcome, and below them the bits, aligned."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bitsapart.comparison.comparison import ColumnShift, Contribution
from bitsapart.report import words
from bitsapart.report.comparison import sentences
from bitsapart.report.comparison.nominal import SUMS, gathered
from bitsapart.report.svg import (
    ADDS,
    CURRENT,
    LETTER,
    REFERENCE,
    RULE,
    SAVES,
    Steps,
    box,
    esc,
    group,
    num,
    path,
    spread,
    svg,
    ticks,
)
from bitsapart.report.svg import words as text

WIDTH, LEFT, RIGHT = 440, 54, 4
SHARES, BITS = 118, 74
FEWEST = 5
"""Outcomes on a line that are worth an axis; fewer are named beside their bars."""
DAY = re.compile(r"\d{4}-\d\d-\d\d[ T]")
SPECIALS = {"null", "nan", "inf", "-inf", "rare", "pooled"}


@dataclass(frozen=True)
class Slot:
    """The place of one outcome on the axis of outcomes."""

    part: Contribution
    x: float
    width: float
    apart: bool

    @property
    def end(self) -> float:
        """Where the next place begins."""
        return self.x + self.width

    @property
    def single(self) -> bool:
        """Whether it is one value, drawn as two bars, and not a range, drawn as a step."""
        return self.apart or self.part.kind == "value"


def is_ordered(column: ColumnShift) -> bool:
    """Whether the outcomes of a column lie on a line, and are enough for a picture of it."""
    return sum(c.kind not in SPECIALS and _seen(c) for c in column.contributions) >= FEWEST and any(
        c.low is not None or c.high is not None for c in column.contributions
    )


def _seen(part: Contribution) -> bool:
    return part.reference_count + part.current_count > 0


def ordered_picture(column: ColumnShift, hovered: int) -> str:
    """Shares per outcome in their order, equally wide, and the signed contributions under them."""
    slots = _slots(column)
    bottom = 10 + SHARES
    height = bottom + 26 + BITS + 8
    parts = [_shares(slots, bottom), _labels(slots, bottom), _bits(slots, bottom + 30), _hover(slots, height, hovered)]
    return svg(WIDTH, height, "".join(parts), f"{column.name}: shares and bits per outcome")


def _slots(column: ColumnShift) -> list[Slot]:
    seen = [c for c in gathered(column.contributions, 1) if _seen(c) or c.kind in {"range", "value"}]
    line = [c for c in seen if c.kind not in SPECIALS]
    rest = [c for c in seen if c.kind in SPECIALS]
    room = WIDTH - LEFT - RIGHT
    gap = 10 if rest and line else 0
    special = min(34.0, 0.4 * room / max(1, len(rest)))
    width = (room - gap - special * len(rest)) / max(1, len(line))
    slots = [Slot(c, LEFT + i * width, width, False) for i, c in enumerate(line)]
    start = LEFT + len(line) * width + gap
    return slots + [Slot(c, start + i * special, special, True) for i, c in enumerate(rest)]


def _ceiling(slots: Sequence[Slot]) -> tuple[float, bool]:
    """The top of the axis of shares, and whether bars stand out beyond it: one spike must not flatten the rest."""
    tops = sorted((max(s.part.reference_share, s.part.current_share) for s in slots), reverse=True)
    tall = next((i for i in range(min(3, len(tops) - 1)) if tops[i] > 3.5 * tops[i + 1] > 0), None)
    if tall is None or len(tops) < 4:
        return max(tops[0], 1e-9) * 1.05, False
    return tops[tall + 1] * 1.35, True


def _shares(slots: Sequence[Slot], bottom: float) -> str:
    top, cut = _ceiling(slots)

    def height(share: float) -> float:
        return min(share / top, 1.0) * SHARES

    grid, labels = "", ""
    for tick in ticks(top, 3):
        y = bottom - height(tick)
        grid += f"M{LEFT} {num(y)}h{WIDTH - LEFT - RIGHT}"
        labels += text(f"{100 * tick:.3g} %", LEFT - 5, y + 3.5)
    grey, blue, marks, area, line = "", "", "", "", ""
    for slot in slots:
        old, new = height(slot.part.reference_share), height(slot.part.current_share)
        if slot.single:
            bar = min(0.38 * slot.width, 9)
            middle = slot.x + slot.width / 2
            grey += box(middle - bar, bottom - old, bar, old)
            blue += box(middle, bottom - new, bar, new)
        if cut and max(slot.part.reference_share, slot.part.current_share) > top:
            marks += _beyond(slot, bottom)
    for run in _runs(slots):
        below, above = Steps(run[0].x, bottom), Steps(run[0].x, bottom - height(run[0].part.current_share))
        for slot in run:
            below.to(slot.end, bottom - height(slot.part.reference_share))
            above.to(slot.end, bottom - height(slot.part.current_share))
        area += f"{below.d}V{bottom}z"
        line += above.d
    return (
        path(grid, "g", stroke=RULE, width=0.6)
        + path(area + grey, "r", REFERENCE)
        + path(blue, "c", CURRENT)
        + path(line, "cl", stroke=CURRENT, width=1.6)
        + marks
        + group("end", labels)
    )


def _runs(slots: Sequence[Slot]) -> list[list[Slot]]:
    """Ranges beside each other."""
    groups = groupby(slots, key=lambda slot: slot.single)
    return [list(run) for single, run in groups if not single]


def _beyond(slot: Slot, bottom: float) -> str:
    """A bar cut off: a white slash through it and its true shares in words."""
    middle = slot.x + slot.width / 2
    y = bottom - SHARES + 16
    slash = f"M{num(middle - 12)} {num(y + 4)}l24 -5"
    right = middle > WIDTH / 2
    label = text(sentences.shares(slot.part), middle + (-13 if right else 13), y - 10, "end" if right else "start", "b")
    return path(slash, "cut", stroke="#fff", width=3) + label


def _labels(slots: Sequence[Slot], bottom: float) -> str:
    """Names of outcomes under the axis: an end of a range stands at its border, a value under its middle."""
    places, names = [], []
    for slot in slots:
        if slot.single:
            places.append(slot.x + slot.width / 2)
            names.append("rare" if slot.part.kind in SUMS else slot.part.outcome)
        elif isinstance(slot.part.low, int | float):
            places.append(slot.x)
            names.append(_border(slot.part))
    names = [words.shortened(words.visible(name), 12) for name in _without_time(names)]
    sizes = [LETTER * len(name) for name in names]
    special = [i for i, slot in enumerate(slots) if slot.apart]
    first = len(names) - len(special)
    limit = places[first] - sizes[first] / 2 if special else WIDTH + 20
    starts = [i for i in range(first) if i == 0 or names[i] != names[i - 1]]  # a day is named where it begins
    spaced = spread([places[i] for i in starts], [sizes[i] for i in starts], 12)
    kept = [i for i in (starts[k] for k in spaced) if places[i] + sizes[i] / 2 < limit - 6]
    kept += range(first, len(names))
    shown = "".join(text(names[i], min(places[i], WIDTH - sizes[i] / 2), bottom + 16) for i in kept)
    notches = "".join(f"M{num(places[i])} {num(bottom)}v4" for i in kept)
    return path(notches, "g", stroke=RULE) + group("middle", shown)


def _without_time(names: list[str]) -> list[str]:
    """Times without what they share: the day where there is one day only, else the time of day."""
    days = {name[:10] for name in names if DAY.match(name)}
    return [(name[11:19] if len(days) == 1 else name[:10]) if DAY.match(name) else name for name in names]


def _border(part: Contribution) -> str:
    """The lower end of a range as a person would write it, taken from its label."""
    label = part.outcome.lstrip("≥><=[( ")
    for separator in (" – ", " to ", ", ", "…", ".."):
        if separator in label:
            return label.split(separator)[0].strip()
    return label.split(" ")[0]


def _bits(slots: Sequence[Slot], top: float) -> str:
    finite = [s.part.bits for s in slots if math.isfinite(s.part.bits)]
    up, down = max([*finite, 0.0]), -min([*finite, 0.0])
    endless = any(math.isinf(s.part.bits) for s in slots)
    scale = (BITS - (12 if endless else 0)) / max(up + down, 1e-12)
    zero = top + (12 if endless else 0) + up * scale
    arrows = ""
    adds, saves = Steps(slots[0].x, zero), Steps(slots[0].x, zero)
    for slot in slots:
        size = slot.part.bits * scale
        if math.isinf(size):
            middle, bar = slot.x + slot.width / 2, min(slot.width, 14.0)
            arrows += f"M{num(middle - bar / 2)} {num(top + 9)}h{num(bar)}l{num(-bar / 2)} -9z"
            size = zero - top - 9
        if slot.apart:  # a gap before it
            adds.to(slot.x + 1, zero)
            saves.to(slot.x + 1, zero)
        adds.to(slot.end, zero - max(size, 0))
        saves.to(slot.end, zero - min(size, 0))
    level = f"V{round(zero)}z"
    ends = [(up, zero - up * scale), (-down, zero + down * scale)]
    labels = "".join(text(words.rounded(v), LEFT - 5, y + 3.5) for v, y in ends if abs(v) * scale > 9)
    axis = path(f"M{LEFT} {num(zero)}h{WIDTH - LEFT - RIGHT}", "z", stroke="#7b818a", width=0.8)
    drawn = path(adds.d + level + arrows, "a", ADDS) + path(saves.d + level, "s", SAVES)
    return drawn + axis + group("end", text("0", LEFT - 5, zero + 3.5) + labels)


def _hover(slots: Sequence[Slot], height: float, hovered: int) -> str:
    """Areas that name their outcome under the pointer; those with most to do with the divergence where not for all."""
    most = {id(part) for part in sentences.by_weight([slot.part for slot in slots])[:hovered]}
    shown = [slot for slot in slots if id(slot.part) in most]
    drawn = ""
    for width, areas in groupby(sorted(shown, key=lambda slot: (slot.width, slot.x)), key=lambda slot: slot.width):
        names = [(s.x + s.width / 2, esc(sentences.change(s.part, negative=True))) for s in areas]
        titles = "".join(f'<path d="M{num(x)} 0v{num(height)}"><title>{name}</title></path>' for x, name in names)
        drawn += f'<g class="h" stroke="#fff" stroke-opacity="0" stroke-width="{num(width)}">{titles}</g>'
    return drawn
