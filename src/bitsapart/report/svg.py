"""A small writer of SVG: escaping, short numbers, paths, axes. Attributes carry the picture, CSS refines it."""

import html
import math
from collections.abc import Sequence

from bitsapart.report.words import visible

REFERENCE = "#9aa1ab"
CURRENT = "#1f66ad"
ADDS = "#c8500a"
SAVES = "#2b8a83"
ENTROPY = "#a9bdd4"
RULE = "#d5d8dd"
SHORTEST, LONGEST = 1e-290, 1e290
"""Between which lengths a range can be divided into steps."""
LETTER = 7.6
"""The width of a letter of the larger type that small screens get."""


def esc(text: str) -> str:
    """Data as text or attribute value of HTML; what cannot be seen is made visible."""
    return html.escape(visible(text), quote=True)


def num(value: float) -> str:
    """A coordinate at one decimal, as short as it goes."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def svg(width: float, height: float, content: str, label: str, class_: str = "plot") -> str:
    """A picture that scales with its place, named for those who do not see it unless its numbers stand beside it."""
    view = f"0 0 {num(width)} {num(height)}"
    shared = f'width="{num(width)}" height="{num(height)}" viewBox="{view}"'
    font = ' font-size="11" fill="#4a4f57"' if "<text" in content else ""
    name = f'role="img" aria-label="{esc(label)}"' if label else 'aria-hidden="true"'
    return f'<svg class="{class_}" {shared} {name}{font}>{content}</svg>'


def words(text: str, x: float, y: float, anchor: str = "start", class_: str = "") -> str:
    """A piece of text in a picture."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    style = f' class="{class_}"' if class_ else ""
    return f'<text x="{num(x)}" y="{num(y)}"{place}{style}>{esc(text)}</text>'


def group(anchor: str, texts: str) -> str:
    """Texts with one anchor."""
    return f'<g text-anchor="{anchor}">{texts}</g>' if texts else ""


def box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle as a part of a path."""
    return f"M{num(x)} {num(y)}h{num(width)}v{num(height)}h{num(-width)}z"


def arrowhead(x: float, y: float, length: float, half: float) -> str:
    """A triangle as a part of a path, from its upper corner; it points left where its length is negative."""
    return f"M{num(x)} {num(y)}l{num(length)} {num(half)}l{num(-length)} {num(half)}z"


def path(d: str, class_: str, fill: str = "none", stroke: str = "", width: float = 1) -> str:
    """A path with its colour as attributes, and a class that lets the style sheet choose another."""
    if not d:
        return ""
    line = f' stroke="{stroke}"' + (f' stroke-width="{num(width)}"' if width != 1 else "") if stroke else ""
    straight = fill == "none" and not set(d) & set("HVhvCLl")  # encloses nothing
    inside = "" if straight else f' fill="{fill}"'
    return f'<path class="{class_}" d="{d}"{inside}{line}/>'


class Steps:
    """A line of steps as a path of relative moves: levels beside each other, equal ones in one stroke."""

    def __init__(self, x: float, y: float) -> None:
        self.done, self.x, self.y, self.run = f"M{num(x)} {round(y)}", round(x, 1), round(y), 0.0

    def to(self, x: float, y: float) -> None:
        """One step at height y, as far as x."""
        if round(y) != self.y:
            self.done = f"{self.d}v{round(y) - self.y}"
            self.y, self.run = round(y), 0.0
        self.run += round(x, 1) - self.x
        self.x = round(x, 1)

    @property
    def d(self) -> str:
        """The path so far."""
        return self.done + (f"h{num(self.run)}" if self.run else "")


def ticks(top: float, most: int = 4) -> list[float]:
    """Round numbers from 0 up to a maximum."""
    return round_numbers(0.0, top, most) or [0.0]


def round_numbers(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers in a range, in steps of which at most so many fit into it; none where it has no length.

    >>> round_numbers(-3.1, 6.2, 6)
    [-2.0, 0.0, 2.0, 4.0, 6.0]
    """
    span = high - low
    if not (SHORTEST < span < LONGEST):
        return []
    step = next(s for s in _steps(span) if span / s <= most)
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _steps(top: float) -> list[float]:
    power = math.floor(math.log10(top)) - 1
    return [m * 10.0 ** (power + k) for k in range(4) for m in (1, 2, 5)]


def spread(places: Sequence[float], sizes: Sequence[float], gap: float = 8) -> list[int]:
    """Which labels of given centres and widths can stand without touching, from the left."""
    kept: list[int] = []
    end = -math.inf
    for i, (place, size) in enumerate(zip(places, sizes, strict=True)):
        if place - size / 2 >= end + gap:
            kept.append(i)
            end = place + size / 2
    return kept
