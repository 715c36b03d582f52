"""Pictures of a fit: target and fitted density over each other, and the descent of the divergence."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bitsapart.families.support import Lattice, Points
from bitsapart.fitting.result import Fit, Minimum, Picture
from bitsapart.report import words
from bitsapart.report.axis import axis, power
from bitsapart.report.svg import (
    ADDS,
    CURRENT,
    ENTROPY,
    LETTER,
    REFERENCE,
    RULE,
    SAVES,
    box,
    num,
    path,
    round_numbers,
    spread,
    svg,
)
from bitsapart.report.svg import words as text

WIDTH, HEIGHT, LEFT, ABOVE, BELOW = 480, 220, 8, 10, 22
INK = "#1b1d21"
LINES = (("cl", "c", CURRENT), ("t", "a", ADDS), ("sl", "s", SAVES), ("ink", "dot", INK))
"""Classes of line and dots, and colour, of the fits in their order."""
TOP = 2.5
"""How far above the target the picture reaches where a fit is higher."""
DOTS = 60
"""Values up to which each probability of a fit gets a dot."""
OTHERS = 6
"""Minima that are drawn beside the best."""


@dataclass(frozen=True)
class Frame:
    """From values and densities to places."""

    low: float
    high: float
    top: float

    def x(self, value: float) -> float:
        """The place of a value."""
        return LEFT + (WIDTH - 2 * LEFT) * min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def y(self, density: float) -> float:
        """The place of a density; what is too high is cut."""
        return ABOVE + HEIGHT * (1.0 - min(max(density / self.top, 0.0), 1.03))

    @property
    def floor(self) -> str:
        """The place of nothing."""
        return num(self.y(0.0))


def densities(fits: Sequence[Fit], label: str) -> str:
    """The target, and one or several fits; nothing where there is no picture."""
    known = [fit for fit in fits if fit.picture.x and fit.picture.fitted]
    thin = [_heights(found, known[0].picture) for found in others(known[0])] if len(known) == 1 else []
    frame = _frame([fit.picture for fit in known], thin, any(map(_discrete, known)))
    if frame is None:
        return ""
    content = _target(known[0], frame) + path(f"M{LEFT} {frame.floor}H{WIDTH - LEFT}", "z", stroke=REFERENCE)
    for heights in thin:
        content += path(_line(_places(known[0].picture.x, heights, frame)), "cl dim", stroke=CURRENT)
    for place, fit in enumerate(known):
        content += _fitted(fit, frame, *LINES[place % len(LINES)])
    return svg(WIDTH, ABOVE + HEIGHT + BELOW, content + _marks(frame), label)


def others(fit: Fit) -> list[Minimum]:
    """Minima beside the fit, which a picture can show."""
    return [found for found in fit.minima if found.kind == "minimum" and found.distribution != fit.distribution][
        :OTHERS
    ]


def _discrete(fit: Fit) -> bool:
    return isinstance(fit.distribution.support, Lattice | Points)


def _frame(known: Sequence[Picture], thin: Sequence[Sequence[float]], discrete: bool) -> Frame | None:
    target = max(_finite(h for one in known for h in (*one.heights, *one.target)), default=0.0)
    fitted = max(_finite(h for line in (*thin, *(one.fitted for one in known)) for h in line), default=0.0)
    top = min(fitted, TOP * target) if 0.0 < target < fitted else max(target, fitted)
    ends = _finite(x for one in known for x in (*one.x, *one.edges))
    if not ends:
        return None
    beside = _gap(known[0].x) if discrete else 0.0
    low, high = min(ends) - beside, max(ends) + beside
    return Frame(low, high, top * 1.04) if 0.0 < top < math.inf and 0.0 < high - low < math.inf else None


LARGEST = 1e300
"""Beyond it, a picture has no scale."""


def _finite(numbers: Iterable[float]) -> list[float]:
    return [number for number in numbers if abs(number) < LARGEST]


def _gap(values: Sequence[float]) -> float:
    """The least distance of two values."""
    found = sorted(set(_finite(values)))
    return min((b - a for a, b in pairwise(found)), default=1.0)


def _target(fit: Fit, frame: Frame) -> str:
    """The target, filled: bars of a histogram or of probabilities, or the area below a density."""
    picture = fit.picture
    if picture.edges:
        smooth = path(_line(_places(picture.x, picture.target, frame)), "rl", stroke=REFERENCE)
        return _bars(zip(picture.edges, picture.edges[1:], picture.heights, strict=False), frame) + smooth
    if _discrete(fit):
        half = 0.4 * _gap(picture.x)
        return _bars(((x - half, x + half, p) for x, p in zip(picture.x, picture.target, strict=False)), frame)
    places = _places(picture.x, picture.target, frame)
    if not places:
        return ""
    (start, _), (end, _) = places[0], places[-1]
    return path(f"{_line(places)}L{num(end)} {frame.floor}L{num(start)} {frame.floor}z", "e", ENTROPY)


def _bars(bars: Iterable[tuple[float, float, float]], frame: Frame) -> str:
    """Bars from one value to another."""
    found = ""
    for low, high, height in bars:
        if height > 0.0 and math.isfinite(low + high):
            left, right, y = frame.x(low), frame.x(high), frame.y(height)
            found += box(left, y, max(right - left, 0.8), frame.y(0.0) - y)
    return path(found, "e", ENTROPY)


def _fitted(fit: Fit, frame: Frame, css: str, dot: str, colour: str) -> str:
    """The fit: a line, with a dot on each value where these are whole numbers."""
    places = _places(fit.picture.x, fit.picture.fitted, frame)
    line = path(_line(places), css, stroke=colour, width=2)
    if not _discrete(fit) or len(places) > DOTS:
        return line
    return line + path("".join(box(x - 2.5, y - 2.5, 5, 5) for x, y in places), dot, colour)


def _heights(found: Minimum, picture: Picture) -> list[float]:
    """Densities, or probabilities, of a minimum beside the fit."""
    with np.errstate(all="ignore"):
        return [float(h) for h in np.exp(np.asarray(found.distribution.log_density(np.asarray(picture.x))))]


def _places(x: Sequence[float], y: Sequence[float], frame: Frame) -> list[tuple[float, float]]:
    pairs = zip(x, y, strict=False)
    return [(frame.x(a), frame.y(b)) for a, b in pairs if math.isfinite(a) and not math.isnan(b)]


def _line(places: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if i else 'M'}{num(x)} {num(y)}" for i, (x, y) in enumerate(places))


def _marks(frame: Frame) -> str:
    values = round_numbers(frame.low, frame.high, 6)
    names = [f"{value:,.10g}".replace("-", "−") for value in values]
    sizes = [LETTER * len(name) for name in names]
    half = [min(size / 2, WIDTH / 2) for size in sizes]
    places = [min(max(frame.x(v), h), WIDTH - h) for v, h in zip(values, half, strict=True)]
    notches = "".join(f"M{num(frame.x(value))} {frame.floor}v4" for value in values)
    labels = "".join(text(names[i], places[i], ABOVE + HEIGHT + 18, "middle") for i in spread(places, sizes))
    return path(notches, "g", stroke=RULE) + labels


def descent(fit: Fit) -> str:
    """What is left to gain over the steps, on a logarithmic axis; nothing where no descent was watched."""
    least = min(_finite(step.divergence for step in fit.trace), default=0.0)
    values = [step.divergence - least for step in fit.trace]
    positive = [value for value in values if 1e-12 < value < math.inf]
    if len(values) < 2 or not positive:
        return ""
    start, last = LEFT + 44, len(values) - 1
    place = axis(positive, ABOVE + HEIGHT, ABOVE)
    known = [(start + (WIDTH - LEFT - start) * i / last, place(v)) for i, v in enumerate(values) if not math.isnan(v)]
    grid = "".join(f"M{start} {num(place(10.0**k))}H{WIDTH - LEFT}" for k in place.powers())
    marks = "".join(text(power(k), start - 6, place(10.0**k) + 4, "end") for k in place.powers())
    bottom = ABOVE + HEIGHT + 18
    steps = text("0", start, bottom) + text(f"step {last:,}", WIDTH - LEFT, bottom, "end")
    content = path(grid, "g", stroke=RULE) + path(_line(known), "cl", stroke=CURRENT, width=2) + marks + steps
    label = f"Bits above the least divergence over the steps, from {words.fine(values[0])} to {words.fine(values[-1])}"
    return svg(WIDTH, ABOVE + HEIGHT + BELOW, content, label)
