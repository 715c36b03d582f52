"""Pictures of a score: the ladder as a waterfall, reliability curves over their bands, bars of savings and ratios."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bitsapart.report import words
from bitsapart.report.estimates import with_interval
from bitsapart.report.score import ladder
from bitsapart.report.score.ladder import Step
from bitsapart.report.svg import (
    ADDS,
    CURRENT,
    ENTROPY,
    REFERENCE,
    RULE,
    SAVES,
    arrowhead,
    box,
    num,
    path,
    spread,
    svg,
    ticks,
)
from bitsapart.report.svg import words as text
from bitsapart.scoring.result import Diagnosis, Reliability, Score
from bitsapart.values.estimate import Estimate

WIDTH, ROW, BAR = 440, 38, 13
RIGHT = 62
"""What is kept free beyond the end of the axis, for an arrow and the numbers."""
FAR = 3.0
"""How many times the model's cross-entropy that of the label frequencies is drawn to scale."""
LONG = 1.5
"""How many times the longest bar a whisker may reach before it is cut off."""
SMALLEST, LARGEST = 1e-100, 1e100
"""Ends of an axis that can be divided into steps."""
LETTERS = 44
"""Letters of a name beside its number."""
BAND, INK = "#dfe2e6", "#1b1d21"


@dataclass(frozen=True)
class Bar:
    """A bar of the waterfall: between which bits it lies, its class and colour, and its whisker."""

    name: str
    value: str
    start: float
    end: float
    css: tuple[str, str]
    whisker: tuple[float, float] | None


def waterfall(score: Score) -> str:
    """The ladder from the label frequencies down; nothing where a number of it is not finite."""
    bars = _bars(score)
    if not bars:
        return ""
    whole = ladder.total(score).value
    tops = [max(bar.start, bar.end) for bar in bars]
    if score.base.value > FAR * whole:
        tops[0] = 1.3 * whole
    ends = [bar.whisker[1] for bar in bars if bar.whisker]
    top = max([*tops, *(end for end in ends if end < LONG * max(tops))]) or 1.0
    if not SMALLEST < top < LARGEST:
        return ""
    scale = (WIDTH - RIGHT) / top
    floor = ROW * len(bars) + 4
    marks = [value * scale for value in ticks(top, 6)]
    content = path("".join(f"M{num(x)} 0V{num(floor)}" for x in marks), "g", stroke=RULE)
    steps = ((bars[i].end * scale, ROW * i + 18 + BAR) for i in range(1, len(bars) - 1))
    content += path("".join(f"M{num(x)} {num(y)}v{ROW - BAR}" for x, y in steps), "z", stroke=REFERENCE)
    content += "".join(_bar(bar, i, scale) for i, bar in enumerate(bars))
    names = [f"{value:g}" for value in ticks(top, 6)]
    shown = spread(marks, [8.0 * len(name) for name in names])
    content += "".join(text(names[i], max(marks[i], 3), floor + 14, "start" if i == 0 else "middle") for i in shown)
    label = "The ladder in bits: " + ", ".join(f"{bar.name} {bar.value}" for bar in bars)
    return svg(WIDTH, floor + 18, content, label)


def _bars(score: Score) -> list[Bar]:
    *rungs, whole = ladder.steps(score)
    values = [step.estimate.value for step in (*rungs, whole)]
    if not rungs or not all(map(math.isfinite, values)):
        return []
    bars = []
    if math.isfinite(score.base.value):
        bars.append(Bar("label frequencies", words.fine(score.base.value), 0, score.base.value, ("r", REFERENCE), None))
    else:
        bars.append(Bar("label frequencies", words.bits(score.base.value), 0, 0, ("r", REFERENCE), None))
    name = whole.name if score.mix else "cross-entropy of the model"
    bars.append(Bar(name, whole.value, 0, whole.estimate.value, ("c", CURRENT), _ends(whole.estimate, 0)))
    place = whole.estimate.value
    for step in rungs:
        after = place - step.estimate.value
        bars.append(_rung(step, place, after))
        place = after
    return bars


def _rung(step: Step, before: float, after: float) -> Bar:
    """A step down: what could be saved is uncertain at its lower end, what is left at its upper one."""
    value = step.estimate.value
    saved = step.tag == "lower bound"
    css = ("a", ADDS) if value < 0 else ("s", SAVES) if saved else ("e", ENTROPY)
    ends = _ends(step.estimate, after)
    if ends and saved:
        ends = (before + after - ends[1], before + after - ends[0])
    return Bar(step.name, step.value, before, after, css, ends)


def _ends(estimate: Estimate, start: float) -> tuple[float, float] | None:
    low, high = estimate.low, estimate.high
    if low is None or high is None or not math.isfinite(low + high):
        return None
    return start + low, start + high


def _bar(bar: Bar, number: int, scale: float) -> str:
    y = ROW * number + 18
    low, high = sorted((bar.start, bar.end))
    start, end = (max(0.0, min(x * scale, WIDTH - RIGHT)) for x in (low, high))
    content = text(bar.value, WIDTH, y + BAR - 2, "end", "b")
    css, colour = bar.css
    content += path(box(start, y, max(end - start, 1.2 if high > low else 0), BAR), css, colour)
    if high * scale > WIDTH - RIGHT + 0.5:
        content += path(arrowhead(WIDTH - RIGHT + 2, y, 8, BAR / 2), css, colour)
    name = text(words.shortened(bar.name, LETTERS), 0, y - 5, class_="halo")
    return content + _whisker(bar, y, scale) + name


def _whisker(bar: Bar, y: float, scale: float) -> str:
    """The interval, with a stop at each end that lies in the picture."""
    if not bar.whisker:
        return ""
    places = [x * scale for x in bar.whisker]
    first, last = (max(0.0, min(x, WIDTH - RIGHT)) for x in places)
    stops = "".join(f"M{num(x)} {num(y + 3)}v{BAR - 6}" for x in places if 0 <= x <= WIDTH - RIGHT)
    return path(f"M{num(first)} {num(y + BAR / 2)}H{num(last)}{stops}", "ink", stroke=INK, width=1.4)


SIDE, LEFT, ABOVE, BELOW = 220, 30, 8, 40
"""A reliability curve: its square, what is left of it and above it, and the height of the histogram."""


def reliability(found: Reliability) -> str:
    """A reliability curve over its consistency band, and below it how many rows were predicted what."""
    height = ABOVE + SIDE + 22 + BELOW
    square = "".join(
        f"M{num(LEFT + SIDE * x)} {ABOVE}v{SIDE}M{LEFT} {num(ABOVE + SIDE * x)}h{SIDE}" for x in (0, 0.25, 0.5, 0.75, 1)
    )
    content = _band(found) + path(square, "g", stroke=RULE)
    content += path(f"M{LEFT} {ABOVE + SIDE}L{LEFT + SIDE} {ABOVE}", "z", stroke=REFERENCE)
    content += path(_line(_points(found.predicted, found.observed)), "cl", stroke=CURRENT, width=2)
    content += _histogram(found.counts, height)
    marks = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))
    content += "".join(text(name, LEFT - 5, ABOVE + SIDE * (1 - x) + 4, "end") for x, name in marks)
    content += "".join(text(name, LEFT + SIDE * x, ABOVE + SIDE + 14, "middle") for x, name in marks)
    band = f"outside of the {100 * found.level:g} % band at {words.share(found.outside)} of predictions"
    label = f"Reliability of {found.name}: how often it came true over its predicted probability; {band}"
    return svg(LEFT + SIDE + 8, height, content, label)


def _points(x: Sequence[float], y: Sequence[float]) -> list[tuple[float, float]]:
    """Places of the points that can be drawn; of those that lie on each other the last."""
    places = [
        (round(LEFT + SIDE * a, 1), round(ABOVE + SIDE * (1 - b), 1))
        for a, b in zip(x, y, strict=True)
        if math.isfinite(a + b)
    ]
    return [place for place, after in pairwise([*places, None]) if place != after and place is not None]


def _line(points: Iterable[tuple[float, float]]) -> str:
    return "".join(f"{'L' if i else 'M'}{num(x)} {num(y)}" for i, (x, y) in enumerate(points))


def _band(found: Reliability) -> str:
    upper, lower = _points(found.grid, found.high), _points(found.grid, found.low)
    return path(_line([*upper, *reversed(lower)]) + "z", "band", BAND) if upper and lower else ""


def _histogram(counts: Sequence[int], floor: float) -> str:
    most, step = max(counts, default=0), SIDE / max(1, len(counts))
    heights = [max(1.0, (BELOW - 2) * count / most) if count else 0.0 for count in counts]
    bars = "".join(
        box(LEFT + i * step + 0.5, floor - height, step - 1, height) for i, height in enumerate(heights) if height
    )
    return path(bars, "e", ENTROPY) + path(f"M{LEFT} {num(floor)}h{SIDE}", "z", stroke=REFERENCE)


SAVING, HEIGHT = 200, 20


@dataclass(frozen=True)
class Scale:
    """A linear axis of bits that holds 0 and all that is finite."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        """The place of a number of bits."""
        low, high = self.low / 2, self.high / 2  # a difference of huge numbers stays finite
        return 2 + (SAVING - 12) * ((min(max(value / 2, low), high) - low) / (high - low))


def scale_of(estimates: Iterable[Estimate]) -> Scale:
    """The axis of several estimates."""
    ends = [x for e in estimates for x in (e.value, e.low, e.high) if x is not None and math.isfinite(x)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    return Scale(low, high if high - low > SMALLEST else low + 1.0)


def saving(estimate: Estimate, scale: Scale) -> str:
    """A bar to the right of 0 where something is saved, to the left where it is lost, and the interval."""
    middle, zero = HEIGHT / 2, scale(0.0)
    content = path(f"M{num(zero)} 0v{HEIGHT}", "z", stroke=REFERENCE)
    if math.isfinite(estimate.value):
        start, end = sorted((zero, scale(estimate.value)))
        css, colour = ("s", SAVES) if estimate.value >= 0 else ("a", ADDS)
        content += path(box(start, 3, end - start, HEIGHT - 6), css, colour)
    elif not math.isnan(estimate.value):
        tip, css, colour = (SAVING - 9, "s", SAVES) if estimate.value > 0 else (9, "a", ADDS)
        reach = 7 if estimate.value > 0 else -7
        content += path(arrowhead(tip, 5, reach, 5), css, colour)
    ends = _ends(estimate, 0.0)
    if ends:
        content += path(f"M{num(scale(ends[0]))} {num(middle)}H{num(scale(ends[1]))}", "ink", stroke=INK, width=1.4)
    return svg(SAVING, HEIGHT, content, f"{with_interval(estimate)} bits", "whisk")


def ratios(found: Diagnosis) -> str:
    """How many rows have which ratio of gradients, squared error over cross-entropy."""
    if not found.ratios or not all(map(math.isfinite, found.ratios)):
        return ""
    floor, step = 100, (WIDTH - 20) / len(found.ratios)
    most = max(found.ratios) or 1.0
    bars = "".join(
        box(10 + i * step + 1, floor - 84 * share / most, step - 2, 84 * share / most)
        for i, share in enumerate(found.ratios)
    )
    content = path(bars, "e", ENTROPY) + path(f"M10 {floor}h{WIDTH - 20}", "z", stroke=REFERENCE)
    content += "".join(
        text(words.share(share), 10 + (i + 0.5) * step, floor - 84 * share / most - 4, "middle")
        for i, share in enumerate(found.ratios)
        if share >= 0.005
    )
    marks = [0.5 * i / len(found.ratios) for i in range(0, len(found.ratios) + 1, 2)]
    content += "".join(text(f"{mark:g}", 10 + mark * 2 * (WIDTH - 20), floor + 14, "middle") for mark in marks)
    label = "Shares of rows by the ratio of gradients, from 0 to 1/2: " + ", ".join(map(words.share, found.ratios))
    return svg(WIDTH, floor + 18, content, label)
