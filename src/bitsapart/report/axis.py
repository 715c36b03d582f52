"""The logarithmic axis of bits."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

FARTHEST = 1e-16
"""Of the largest number: how far down an axis reaches."""


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
