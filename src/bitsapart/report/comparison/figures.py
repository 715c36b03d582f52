"""Pictures of a whole comparison: the excess with its interval on a logarithmic axis, and the identity as a bar."""

import math

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import words
from bitsapart.report.axis import Axis
from bitsapart.report.bars import stacked
from bitsapart.report.svg import ADDS, CURRENT, RULE, arrowhead, num, path, svg
from bitsapart.report.svg import words as text

WIDTH, HEIGHT = 220, 20
END = 14
BAR = 120


def axis_of(comparison: Comparison) -> Axis:
    """The axis that holds every finite excess and the tolerance."""
    tolerance = comparison.tolerance if comparison.tolerance > 0 else 0.001
    low = 10.0 ** math.floor(math.log10(tolerance / 50))
    values = [c.finite_excess for c in comparison.columns.values()]
    ends = [x for v in values if v for x in (v.value, v.high) if x is not None and math.isfinite(x)]
    top = max([*ends, 10 * tolerance])
    return Axis(low, 1.3 * top, 4.0, WIDTH - END)


def axis_picture(axis: Axis, tolerance: float) -> str:
    """The ticks of the axis, for the head of its column."""
    first, last = round(math.log10(axis.low)), math.floor(math.log10(axis.high))
    step = 1 if last - first <= 5 else 2
    powers = range(first, last + 1, step)
    near = min(powers, key=lambda p: abs(axis(10.0**p) - axis(max(tolerance, axis.low))))
    labels = text(f"≤ {axis.low:g}", 0, 10, class_="k")
    for p in powers[1:]:
        if 3.2 * len(f"{10.0**p:g}") < axis(10.0**p) - 6.4 * len(f"≤ {axis.low:g}") - 6:
            labels += text(f"{10.0**p:g}", axis(10.0**p), 10, "middle", "" if p in {near, last} else "k")
    notches = "".join(f"M{num(axis(10.0**p))} 14v4" for p in powers)
    mark = path(f"M{num(axis(tolerance))} 13v5", "t", stroke=ADDS, width=1.2) if tolerance > 0 else ""
    label = f"Axis in bits, logarithmic, from {axis.low:g} to {axis.high:g}; the line is the tolerance {tolerance:g}"
    return svg(WIDTH, 18, labels + path(notches, "g", stroke=RULE) + mark, label, "whisk")


def whisker(column: ColumnShift, axis: Axis, tolerance: float) -> str:
    """The excess of one column: a dot, its interval, the tolerance as a line, an arrow where it is infinite.

    The line is far longer than the picture: the page shows as much of it as the row is high.
    """
    middle = HEIGHT / 2
    rule = path(f"M{num(axis(tolerance))} -200v600", "t", stroke=ADDS, width=0.8) if tolerance > 0 else ""
    estimate = column.finite_excess
    if estimate is None:
        return svg(WIDTH, HEIGHT, rule, "no excess", "whisk")
    content = rule
    infinite = column.excess is not None and math.isinf(column.excess.value)
    if estimate.low is not None and estimate.high is not None:
        start, end = axis(estimate.low), axis(min(estimate.high, axis.high))
        content += path(f"M{num(start)} {num(middle)}H{num(end)}", "w", stroke=CURRENT, width=2)
    if math.isfinite(estimate.value):
        x = axis(estimate.value)
        fill = "#fff" if column.verdict in {"stable", "undecided"} else CURRENT
        kind = {"shifted": "d", "undecided": "d u"}.get(column.verdict, "d o")
        line = f'stroke="{CURRENT}" stroke-width="1.5"'
        content += f'<circle class="{kind}" cx="{num(x)}" cy="10" r="3.6" fill="{fill}" {line}/>'
    if infinite:
        content += path(arrowhead(WIDTH - 9, 5, 7, 5), "a", ADDS)
    label = f"{'infinite; with prior ' if infinite else ''}{words.bits(estimate.value)}"
    label = f"{label} {words.interval(estimate.low, estimate.high)}".rstrip()
    return svg(WIDTH, HEIGHT, content, label, "whisk")


def identity(column: ColumnShift, longest: float, width: float = BAR, height: float = 12, named: bool = False) -> str:
    """Entropy + excess = cross-entropy as one stacked bar; hatched and open at its end where the excess is infinite."""
    entropy, finite = column.entropy, column.finite_excess
    if entropy is None or finite is None or not math.isfinite(finite.value + entropy.value):
        return ""
    scale = (width - 12) / max(longest, 1e-9)
    first = max(0.0, entropy.value) * scale
    second = max(finite.value * scale, 1.2 if finite.value > 0 else 0)
    total = column.cross_entropy
    content = stacked(first, second, height, endless=total is not None and math.isinf(total.value))
    shown = f"{words.bits(entropy.value)} + {words.bits(column.excess.value if column.excess else None)}"
    label = f"entropy {shown} excess = cross-entropy {words.bits(total.value if total else None)} bits"
    return svg(width, height, content, label if named else "", "ident")


def longest(comparison: Comparison) -> float:
    """The largest finite entropy + excess of all columns."""
    ends = [
        c.entropy.value + c.finite_excess.value for c in comparison.columns.values() if c.entropy and c.finite_excess
    ]
    return max((end for end in ends if math.isfinite(end)), default=1.0)
