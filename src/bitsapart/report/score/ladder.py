"""The ladder as it is printed: digits that add up, intervals, and what the tags mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bitsapart.report import words
from bitsapart.report.estimates import interval
from bitsapart.scoring.result import Score, Tag
from bitsapart.values.estimate import Estimate

MEANINGS: dict[Tag, str] = {
    "exact": "a mean over these rows, with nothing fitted and nothing assumed",
    "lower bound": "on average the truth is at least this: what could be saved at best may be more",
    "upper bound": "on average the truth is at most this: a better way would leave less",
    "estimate": "may be off to either side",
}
"""What a number says of the truth that its name promises, in plain words."""
FEWEST, MOST = 4, 10
"""Decimals."""
HUGE = 1e6
"""Above, and where a number is none, decimals say nothing."""


@dataclass(frozen=True)
class Step:
    """A rung as it is printed."""

    name: str
    value: str
    ends: str
    tag: Tag | None
    note: str
    estimate: Estimate


def total(score: Score) -> Estimate:
    """What the rungs add up to."""
    return score.cross_entropy if score.mixed is None else score.mixed


def steps(score: Score) -> list[Step]:
    """The rungs, and as the last one their sum, with the tag None."""
    whole = total(score)
    texts, sum_text = adding([rung.bits.value for rung in score.rungs], whole.value)
    found = [
        Step(words.named(rung.name), text, interval(rung.bits), rung.tag, words.visible(rung.bits.note), rung.bits)
        for rung, text in zip(score.rungs, texts, strict=True)
    ]
    name = "cross-entropy" if score.mix is None else f"cross-entropy with a mix of {score.mix:g}"
    return [*found, Step(name, sum_text, interval(whole), None, words.visible(whole.note), whole)]


def adding(parts: Sequence[float], whole: float) -> tuple[list[str], str]:
    """Parts and their sum with digits that add up as they are printed.

    The sum is rounded to the nearest; a part may be rounded the other way, where the last digits would not add up.

    >>> adding([0.14944, 0.05134, 0.34484], 0.54562)
    (['0.1494', '0.0514', '0.3448'], '0.5456')
    >>> adding([math.inf, 0.25], math.inf)
    (['∞', '0.2500'], '∞')
    """
    fixed = [value for value in (*parts, whole) if abs(value) < HUGE]
    places = decimals(abs(whole) if abs(whole) < HUGE else max(map(abs, fixed), default=0.0))
    scale = 10**places
    units = [math.floor(part * scale + 0.5) if abs(part) < HUGE else 0 for part in parts]
    total = math.floor(whole * scale + 0.5) if abs(whole) < HUGE else 0
    if len(fixed) == len(parts) + 1:
        units = _nudged([part * scale for part in parts], units, total)
    texts = [_fixed(unit, places, part) for unit, part in zip(units, parts, strict=True)]
    return texts, _fixed(total, places, whole)


def decimals(size: float) -> int:
    """How many decimals show a number at four significant digits, at least four."""
    if size == 0:
        return FEWEST
    return min(MOST, max(FEWEST, 3 - math.floor(math.log10(size))))


def _nudged(exact: Sequence[float], units: Sequence[int], whole: int) -> list[int]:
    """Whole numbers near the exact ones that add up: those that were rounded furthest the other way are moved by 1."""
    lack = whole - sum(units)
    step = 1 if lack > 0 else -1
    order = sorted(range(len(units)), key=lambda i: step * (units[i] - exact[i]))
    moved = set(order[: abs(lack)]) if abs(lack) <= len(units) else set()
    return [unit + step * (i in moved) for i, unit in enumerate(units)]


def _fixed(unit: int, places: int, value: float) -> str:
    if not abs(value) < HUGE:
        return words.fine(value)
    text = f"{abs(unit) / 10**places:.{places}f}"
    return f"−{text}" if unit < 0 else text
