"""Pictures of a ranking: the divergence of each candidate on one logarithmic axis."""

import math
from collections.abc import Sequence

from bitsapart.model_comparison.result import ModelComparison
from bitsapart.report.axis import Axis, axis, power
from bitsapart.report.bars import BAR, HEIGHT
from bitsapart.report.estimates import with_interval
from bitsapart.report.models.figures import NEARBY
from bitsapart.report.models.quantities import floors
from bitsapart.report.svg import ADDS, CURRENT, REFERENCE, RULE, arrowhead, num, path, svg
from bitsapart.report.svg import words as text


def axis_of(comparisons: Sequence[ModelComparison]) -> Axis:
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
        content += path(arrowhead(BAR - 9, 5, 7, 5), "a", ADDS)
    elif not math.isnan(kl.value):
        style = f'fill="{CURRENT}" stroke="{CURRENT}"'
        content += f'<circle class="d" cx="{num(place(kl.value))}" cy="{num(middle)}" r="3.6" {style}/>'
    return svg(BAR, HEIGHT, content, f"{with_interval(kl)} bits", "whisk")
