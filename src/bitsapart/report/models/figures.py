"""Pictures of a model comparison: the identity as a bar, percentiles on a logarithmic axis."""

import math
from collections.abc import Sequence

from bitsapart.model_comparison.result import ModelComparison
from bitsapart.report import words
from bitsapart.report.axis import Axis, axis, power
from bitsapart.report.bars import stacked
from bitsapart.report.models import sentences
from bitsapart.report.models.quantities import floors, identity
from bitsapart.report.svg import ADDS, CURRENT, LETTER, REFERENCE, RULE, arrowhead, num, path, svg
from bitsapart.report.svg import words as text

WIDTH, LEFT, RIGHT = 440, 62, 14
ROW, TOP = 19, 42
NEARBY = 1e-3
"""Of the smallest percentile: a noise floor below this is not drawn."""


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
    content = stacked(first, second, height, endless)
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
            content += path(arrowhead(WIDTH - RIGHT + 2, y - 5, 8, 5), "a", ADDS)
        elif not math.isnan(value):
            points.append((place(value), y))
    line = "".join(f"{'L' if i else 'M'}{num(x)} {num(y)}" for i, (x, y) in enumerate(points))
    style = f'fill="{CURRENT}" stroke="{CURRENT}"'
    dots = "".join(f'<circle class="d" cx="{num(x)}" cy="{num(y)}" r="3.2" {style}/>' for x, y in points)
    return (path(line, "cl", stroke=CURRENT, width=1.6) if len(points) > 1 else "") + dots + content
