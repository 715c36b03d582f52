"""Numbers of a calculator as text: few digits, never a 0 that is none, and sums that add up as they are printed."""

import math
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

MOST_DECIMALS = 10
TINY = 1e-7
"""Below, four digits would need more decimals than can be read at a glance."""


class Answer(Protocol):
    """What a question has for an answer."""

    def to_text(self) -> str:
        """To be read."""

    def to_json(self) -> str:
        """All digits."""


def write(answer: Answer, json: bool) -> None:
    """Print an answer, with escapes for what standard output cannot show."""
    text = answer.to_json() if json else answer.to_text()
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def significant(value: float, digits: int = 5) -> str:
    """A number at so many significant digits; in scientific notation where it is very small or large.

    >>> significant(0.031234567), significant(3.0), significant(1.5e-12), significant(math.inf), significant(0.0)
    ('0.031235', '3.0000', '1.5000e-12', 'infinite', '0')
    """
    if value == 0:
        return "0"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if not 1e-4 <= abs(value) < 1e9:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - _exponent(value))}f}"


def percent(share: float) -> str:
    """A share at two significant digits.

    >>> percent(0.257), percent(1.0), percent(0.00031)
    ('26 %', '100 %', '0.031 %')
    """
    return f"{significant(100 * share, 2)} %"


def adding(parts: Sequence[float], digits: int = 5) -> tuple[str, list[str], bool]:
    """A sum and its parts, none negative, and whether they add up to the last digit printed.

    The largest part has at least so many digits, the smallest at least one less. A tiny part beside a large one stands
    in scientific notation, and leaves the sum as it is.

    >>> adding([2.2292931, 0.7707069], digits=4)
    ('3.000', ['2.229', '0.771'], True)
    >>> adding([1.5, 2e-12])
    ('1.5000', ['1.5000', '2.0000e-12'], False)
    """
    total = math.fsum(parts)
    kept = [part for part in parts if part >= TINY and math.isfinite(part)]
    exact = not any(0 < part < TINY for part in parts)
    if not kept:
        return significant(total, digits), [significant(part, digits) for part in parts], exact
    places = max(digits - 1 - _exponent(max(kept)), digits - 2 - _exponent(min(kept)), 0)
    places = min(places, MOST_DECIMALS)
    texts = [f"{part:.{places}f}" if part in kept or part == 0 else significant(part, digits) for part in parts]
    whole = sum((Decimal(text) for text, part in zip(texts, parts, strict=True) if part in kept), Decimal(0))
    return (f"{whole:.{places}f}" if math.isfinite(total) else "infinite"), texts, exact


def signed(values: Sequence[float], digits: int = 5) -> list[str]:
    """Numbers with their signs and one number of decimals, from the largest; scientific where that would show zeros.

    >>> signed([1.160964, -0.424, 0.0, 3e-9, math.inf])
    ['+1.1610', '-0.4240', '0', '+3.0000e-09', '+infinite']
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    places = max(digits - 1 - _exponent(largest), 0)
    texts = []
    for value in values:
        fits = places <= MOST_DECIMALS and math.isfinite(value) and abs(value) * 10**places >= 0.5
        text = f"{value:.{places}f}" if fits else significant(value, digits)
        texts.append(f"+{text}" if value > 0 else text)
    return texts


def apart(p: float, q: float, digits: int = 4) -> tuple[str, str]:
    """Two numbers at as many digits as tell them apart, if they differ.

    >>> apart(0.5, 0.25), apart(0.5, 0.50000001)
    (('0.5000', '0.2500'), ('0.50000000', '0.50000001'))
    """
    pair = significant(p, digits), significant(q, digits)
    return apart(p, q, digits + 1) if p != q and pair[0] == pair[1] and digits < 17 else pair


def rows(lines: Sequence[Sequence[str]], left: Sequence[int] = (0, 2)) -> str:
    """Cells under each other: the columns ``left`` to the left, the others, numbers, to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    pad = [str.ljust if i in left else str.rjust for i in range(len(widths))]
    return "\n".join("  ".join(pad[i](cell, widths[i]) for i, cell in enumerate(line)).rstrip() for line in lines)


def _exponent(value: float) -> int:
    return int(f"{abs(value):e}".partition("e")[2])
