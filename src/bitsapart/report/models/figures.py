"""Pictures of a model comparison: the identity as a bar, percentiles on a logarithmic axis, bars and whiskers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bitsapart.model_comparison.result import Bucket, ModelComparison
from bitsapart.report import words
from bitsapart.report.models import sentences
from bitsapart.report.models.quantities import floors, identity, with_interval
from bitsapart.report.svg import ADDS, CURRENT, LETTER, REFERENCE, RULE, box, num, path, svg
from bitsapart.report.svg import words as text
from bitsapart.values.estimate import Estimate

WIDTH, LEFT, RIGHT = 440, 62, 14
ROW, TOP = 19, 42
BAR, HEIGHT = 200, 20
FARTHEST = 1e-16
"""Of the largest number: how far down an axis reaches."""
NEARBY = 1e-3
"""Of the smallest percentile: a noise floor below this is not drawn."""


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis of bits between two places. What lies beyond an end stands at that end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, bits: float) -> float:
        """The place of a number of bits."""
        if not bits > self.low:
            return self.start
        span = math.log10(self.high) - math.log10(self.low)
        return self.start + (self.end - self.start) * min(1.0, (math.log10(bits) - math.log10(self.low)) / span)

    def powers(self) -> range:
        """The powers of ten that are marked."""
        first, last = round(math.log10(self.low)), round(math.log10(self.high))
        return range(first, last + 1, max(1, math.ceil((last - first) / 6)))


def axis(values: Iterable[float], start: float, end: float) -> Axis:
    """The axis of whole powers of ten that holds all positive numbers."""
    known = [value for value in values if 0 < value < math.inf]
    top = max(known, default=1.0)
    high = 10.0 ** min(max(-290, math.ceil(math.log10(top))), 308)
    low = max(10.0 ** max(-300, math.floor(math.log10(min(known, default=1e-6)))), high * FARTHEST)
    return Axis(low if low < high else high / 10, high, start, end)


def power(exponent: int) -> str:
    """A power of ten, short.

    >>> power(-3), power(-11), power(1)
    ('0.001', '1e-11', '10')
    """
    return f"{10.0**exponent:g}" if -4 < exponent < 5 else f"1e{exponent}"


def identity_bar(comparison: ModelComparison, width: float = WIDTH, height: float = 16) -> str:
    """Entropy + divergence = cross-entropy as one stacked bar, with an arrow where it is infinite."""
    entropy, kl, total = (quantity.estimate.value for quantity in identity(comparison))
    if not math.isfinite(entropy) or math.isnan(kl):
        return ""
    endless = math.isinf(kl)
    parts = [max(0.0, entropy), 0.0 if endless else max(0.0, kl)]
    largest = max(parts) or 1.0
    whole = sum(part / largest for part in parts) or 1.0
    first, second = ((width - 14) * (part / largest / whole) for part in parts)
    second = max(second, 1.5) if parts[1] > 0 else 0.0
    content = path(box(0, 1, first, height - 2), "e", "#a9bdd4") + path(box(first, 1, second, height - 2), "a", ADDS)
    if endless:
        content += path(f"M{num(first + 2)} 1l8 {num(height / 2 - 1)}l-8 {num(height / 2 - 1)}z", "a", ADDS)
    label = f"entropy {words.fine(entropy)} + divergence {words.fine(kl)} = cross-entropy {words.fine(total)} bits"
    return svg(width, height, content, label, "ident")


def percentiles(comparison: ModelComparison) -> str:
    """The percentiles of the divergence of single tokens, its mean, and the noise floors as lines."""
    values = sorted(comparison.percentiles.get("kl", {}).items())
    if not values:
        return ""
    least = min((value for _, value in values if value > 0), default=0.0)
    lines = [("mean", comparison.kl.value, "t", ADDS)]
    lines += [(q.name, q.estimate.value, "z", REFERENCE) for q in floors(comparison)]
    lines = [line for line in lines if max(least * NEARBY, 0.0) < line[1] < math.inf]
    place = axis([*(value for _, value in values), *(line[1] for line in lines)], LEFT, WIDTH - RIGHT)
    bottom = TOP + ROW * len(values)
    content = _grid(place, TOP - 6, bottom)
    content += "".join(
        _line(place(value), name, i, bottom, css, colour) for i, (name, value, css, colour) in enumerate(lines)
    )
    content += _dots(values, place)
    names = ", ".join(f"{sentences.percentile(p)} {words.fine(value)}" for p, value in values)
    return svg(WIDTH, bottom + 18, content, f"Percentiles of the divergence of single tokens in bits: {names}")


def _grid(place: Axis, top: float, bottom: float) -> str:
    marks = "".join(f"M{num(place(10.0**p))} {num(top)}V{num(bottom)}" for p in place.powers())
    names = "".join(text(power(p), place(10.0**p), bottom + 14, "middle") for p in place.powers())
    return path(marks, "g", stroke=RULE) + names


def _line(x: float, name: str, number: int, bottom: float, css: str, colour: str) -> str:
    """A line from top to bottom with its name above it, each name on a line of its own."""
    half = LETTER * len(name) / 2
    y = 9 + 12 * number
    label = text(name, min(max(x, LEFT + half), WIDTH - half), y, "middle")
    return path(f"M{num(x)} {num(y + 3)}V{num(bottom)}", css, stroke=colour, width=1.2) + label


def _dots(values: Sequence[tuple[float, float]], place: Axis) -> str:
    content, points = "", []
    for number, (percent, value) in enumerate(values):
        y = TOP + ROW * (number + 0.5)
        content += text(sentences.percentile(percent), LEFT - 12, y + 4, "end")
        if math.isinf(value):
            content += path(f"M{WIDTH - RIGHT + 2} {num(y - 5)}l8 5l-8 5z", "a", ADDS)
        elif not math.isnan(value):
            points.append((place(value), y))
    line = "".join(f"{'L' if i else 'M'}{num(x)} {num(y)}" for i, (x, y) in enumerate(points))
    style = f'fill="{CURRENT}" stroke="{CURRENT}"'
    dots = "".join(f'<circle class="d" cx="{num(x)}" cy="{num(y)}" r="3.2" {style}/>' for x, y in points)
    return (path(line, "cl", stroke=CURRENT, width=1.6) if len(points) > 1 else "") + dots + content


def longest(buckets: Sequence[Bucket]) -> float:
    """The end of the bars' axis."""
    ends = [x for b in buckets for x in (b.kl.value, b.kl.high) if x is not None and math.isfinite(x)]
    return max([0.0, *ends]) or 1.0


def bar(estimate: Estimate, top: float) -> str:
    """A bar from 0, with its interval as a whisker; an arrow where it is infinite."""

    def place(bits: float) -> float:
        return (BAR - 14) * min(1.0, max(0.0, bits) / top)

    middle = HEIGHT / 2
    content = ""
    if math.isfinite(estimate.value):
        content += path(box(0, 3, place(estimate.value), HEIGHT - 6), "e", "#a9bdd4")
    else:
        content += path(f"M{BAR - 9} 5l7 5l-7 5z", "a", ADDS) if estimate.value > 0 else ""
    if estimate.low is not None and estimate.high is not None and not math.isnan(estimate.low + estimate.high):
        start, end = place(estimate.low), place(estimate.high)
        content += path(f"M{num(start)} {num(middle)}H{num(max(end, start + 1))}", "w", stroke=CURRENT, width=2)
    return svg(BAR, HEIGHT, content, f"{with_interval(estimate)} bits", "whisk")


def ranking_axis(comparisons: Sequence[ModelComparison]) -> Axis:
    """The axis that holds the divergence of every candidate, and the noise that is not far below."""
    ends = [x for c in comparisons for x in (c.kl.value, c.kl.low, c.kl.high) if x is not None]
    least = min((x for x in ends if x > 0), default=0.0)
    noise = [q.estimate.value for c in comparisons for q in floors(c)]
    return axis([*ends, *(x for x in noise if x > least * NEARBY)], 4, BAR - 14)


def scale(place: Axis) -> str:
    """The marks of the axis, for the head of its column."""
    powers = place.powers()
    shown = powers if len(powers) <= 3 else powers[:: len(powers) - 1]
    names = "".join(text(power(p), max(10, place(10.0**p)), 10, "middle") for p in shown)
    notches = path("".join(f"M{num(place(10.0**p))} 14v4" for p in powers), "g", stroke=RULE)
    label = f"Axis in bits, logarithmic, from {place.low:g} to {place.high:g}"
    return svg(BAR, 18, names + notches, label, "whisk")


def whisker(comparison: ModelComparison, place: Axis) -> str:
    """The divergence of one candidate: a dot, its interval, the noise floors as lines."""
    kl, middle = comparison.kl, HEIGHT / 2
    noise = [q.estimate.value for q in floors(comparison)]
    seen = [x for x in noise if place.low <= x <= place.high]
    content = path("".join(f"M{num(place(x))} 1v{HEIGHT - 2}" for x in seen), "z", stroke=REFERENCE, width=1.2)
    if kl.low is not None and kl.high is not None and not math.isnan(kl.low + kl.high):
        content += path(f"M{num(place(kl.low))} {num(middle)}H{num(place(kl.high))}", "w", stroke=CURRENT, width=2)
    if math.isinf(kl.value):
        content += path(f"M{BAR - 9} 5l7 5l-7 5z", "a", ADDS)
    elif not math.isnan(kl.value):
        style = f'fill="{CURRENT}" stroke="{CURRENT}"'
        content += f'<circle class="d" cx="{num(place(kl.value))}" cy="{num(middle)}" r="3.6" {style}/>'
    return svg(BAR, HEIGHT, content, f"{with_interval(kl)} bits", "whisk")
