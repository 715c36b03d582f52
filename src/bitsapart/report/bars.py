"""Bars of bits: one with its interval, and two that add up."""

import math
from collections.abc import Iterable

from bitsapart.report.estimates import with_interval
from bitsapart.report.svg import ADDS, CURRENT, ENTROPY, arrowhead, box, num, path, svg
from bitsapart.values.estimate import Estimate

BAR, HEIGHT = 200, 20


def longest(estimates: Iterable[Estimate]) -> float:
    """The end of the axis of several bars."""
    ends = [x for e in estimates for x in (e.value, e.high) if x is not None and math.isfinite(x)]
    return max([0.0, *ends]) or 1.0


def bar(estimate: Estimate, top: float) -> str:
    """A bar from 0, with its interval as a whisker; an arrow where it is infinite."""

    def place(bits: float) -> float:
        return (BAR - 14) * min(1.0, max(0.0, bits) / top)

    middle = HEIGHT / 2
    content = ""
    if math.isfinite(estimate.value):
        content += path(box(0, 3, place(estimate.value), HEIGHT - 6), "e", ENTROPY)
    else:
        content += path(arrowhead(BAR - 9, 5, 7, 5), "a", ADDS) if estimate.value > 0 else ""
    if estimate.low is not None and estimate.high is not None and not math.isnan(estimate.low + estimate.high):
        start, end = place(estimate.low), place(estimate.high)
        content += path(f"M{num(start)} {num(middle)}H{num(max(end, start + 1))}", "w", stroke=CURRENT, width=2)
    return svg(BAR, HEIGHT, content, f"{with_interval(estimate)} bits", "whisk")


def stacked(first: float, second: float, height: float, endless: bool) -> str:
    """Entropy and, from its end on, what is paid on top of it; an arrow behind both where that has no end."""
    tall = height - 2
    content = path(box(0, 1, first, tall), "e", ENTROPY) + path(box(first, 1, second, tall), "a", ADDS)
    return content + (path(arrowhead(first + second + 2, 1, 8, tall / 2), "a", ADDS) if endless else "")
