"""The shape of an ordered column over its values: density steps of both sides, single values as pins."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bitsapart.comparison.comparison import ColumnShift, Contribution
from bitsapart.report import words
from bitsapart.report.svg import CURRENT, LETTER, REFERENCE, RULE, Steps, num, path, spread, svg
from bitsapart.report.svg import words as text

WIDTH, HEIGHT, FLOOR, TOP = 440, 122, 98, 18
LEFT, RIGHT = 54, 4
FEWEST = 6
TAIL = 0.02
SMALLEST, LARGEST = 1e-200, 1e200
"""Widths that can be divided by."""


@dataclass(frozen=True)
class Bar:
    """A range with finite ends and its shares on both sides."""

    low: float
    high: float
    reference: float
    current: float

    @property
    def mass(self) -> float:
        """Its share of both sides together."""
        return (self.reference + self.current) / 2

    @property
    def tallest(self) -> float:
        """The larger of the two densities."""
        return max(self.reference, self.current) / (self.high - self.low)


def density_picture(column: ColumnShift) -> str:
    """Densities of the central values; nothing where the column is not a numeric one with enough ranges."""
    bars = _bars(column.contributions)
    mass = sum(bar.mass for bar in bars)
    if column.kind != "numeric" or len(bars) < FEWEST or mass < 0.25:
        return ""
    shown = _central(bars)
    low, high = shown[0].low, shown[-1].high
    if not SMALLEST < high - low < LARGEST:
        return ""
    scale = (WIDTH - LEFT - RIGHT) / (high - low)

    def place(value: float) -> float:
        return LEFT + (value - low) * scale

    top = _top(shown)
    content = (
        path(_steps(shown, place, top, "reference") + "z", "r", REFERENCE)
        + path(_steps(shown, place, top, "current"), "cl", stroke=CURRENT, width=1.6)
        + _pins(column.contributions, place, (low, high))
        + path(f"M{LEFT} {FLOOR}h{WIDTH - LEFT - RIGHT}", "z", stroke="#7b818a", width=0.8)
        + _ticks(low, high, place)
        + _outside(column.contributions, low, high)
    )
    label = f"{column.name}: density over value"
    return svg(WIDTH, HEIGHT, content, label)


def _bars(parts: Sequence[Contribution]) -> list[Bar]:
    bars = []
    for c in parts:
        whole = c.kind == "value" and isinstance(c.low, int)
        high = c.low + 1 if whole and c.low is not None else c.high
        if (whole or c.kind == "range") and c.low is not None and high is not None:
            bars.append(Bar(float(c.low), float(high), c.reference_share, c.current_share))
    return sorted((bar for bar in bars if SMALLEST < bar.high - bar.low < LARGEST), key=lambda bar: bar.low)


def _central(bars: Sequence[Bar]) -> list[Bar]:
    """The bars without long tails: ends that hold little mass and much width are left off."""
    kept = list(bars)
    spare = TAIL * sum(bar.mass for bar in bars)
    while len(kept) > FEWEST:
        end = 0 if kept[0].high - kept[0].low > kept[-1].high - kept[-1].low else -1
        bar = kept[end]
        wide = bar.high - bar.low > 0.2 * (kept[-1].high - kept[0].low)
        if bar.mass > spare and not (wide and bar.mass < 0.06):
            break
        spare -= min(spare, bar.mass)
        kept.pop(end)
    return kept


def _top(bars: Sequence[Bar]) -> float:
    """The top of the axis: one narrow and dense range must not flatten the rest."""
    by_density = sorted(bars, key=lambda bar: bar.tallest)
    half = sum(bar.mass for bar in bars) / 2
    for bar in by_density:
        half -= bar.mass
        if half <= 0:
            return min(by_density[-1].tallest, 4 * bar.tallest) or 1.0
    return by_density[-1].tallest or 1.0


def _height(share: float, bar: Bar, top: float) -> float:
    return min(1.0, share / (bar.high - bar.low) / top) * (FLOOR - TOP)


def _steps(bars: Sequence[Bar], place: Callable[[float], float], top: float, side: str) -> str:
    steps = Steps(place(bars[0].low), FLOOR)
    for bar in bars:
        steps.to(place(bar.high), FLOOR - _height(getattr(bar, side), bar, top))
    return f"{steps.d}V{FLOOR}"


def _pins(parts: Sequence[Contribution], place: Callable[[float], float], ends: tuple[float, float]) -> str:
    found = [c for c in parts if c.kind == "value" and isinstance(c.low, float) and ends[0] <= c.low <= ends[1]]
    top = max((max(c.reference_share, c.current_share) for c in found), default=1.0) or 1.0
    grey, blue = "", ""
    for c in found:
        x = place(float(c.low or 0))
        grey += f"M{num(x - 1.2)} {FLOOR}v{num(-(FLOOR - TOP) * c.reference_share / top)}"
        blue += f"M{num(x + 1.2)} {FLOOR}v{num(-(FLOOR - TOP) * c.current_share / top)}"
    return path(grey, "rl", stroke=REFERENCE, width=2) + path(blue, "cl", stroke=CURRENT, width=2)


def _ticks(low: float, high: float, place: Callable[[float], float]) -> str:
    step = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = next(step * m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 6)
    values = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    names = [f"{value:,.10g}" for value in values]
    sizes = [LETTER * len(name) for name in names]
    places = [place(value) for value in values]
    notches = "".join(f"M{num(x)} {FLOOR}v4" for x in places)
    labels = "".join(
        text(names[i].replace("-", "−"), min(places[i], WIDTH - sizes[i] / 2), FLOOR + 15, "middle")
        for i in spread(places, sizes)
    )
    return path(notches, "g", stroke=RULE) + labels


def _outside(parts: Sequence[Contribution], low: float, high: float) -> str:
    """What lies beyond the picture, in words at its ends."""
    line = [c for c in parts if c.kind in {"range", "value"}]
    below = [c for c in line if (c.low is None and c.high is not None) or (c.low is not None and c.low < low)]
    above = [c for c in line if c.low is not None and c.low >= high]
    shown = ""
    for side, anchor, x, sign in ((below, "start", LEFT + 4, "◂ "), (above, "end", WIDTH - RIGHT - 2, "")):
        old, new = sum(c.reference_share for c in side), sum(c.current_share for c in side)
        if side and old + new > 0:
            label = f"{sign}{words.share(old)} → {words.share(new)}{'' if sign else ' ▸'}"
            shown += text(label, x, 10, anchor, "m")
    return shown
