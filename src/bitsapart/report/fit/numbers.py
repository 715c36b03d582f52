"""Numbers of a fit as text, and how sure each of them is."""

import math
from collections.abc import Callable, Iterable

from bitsapart.report import words
from bitsapart.values.estimate import Estimate

CLOSE = 1e-3
"""Of a number: an error below this is shown as such, a larger one as an interval."""


def number(value: float) -> str:
    """A parameter at six significant digits.

    >>> number(-1.11022e-16), number(1978.25)
    ('−1.11022e-16', '1978.25')
    """
    if not math.isfinite(value):
        return words.bits(value)
    mantissa, _, exponent = f"{abs(value):.6g}".partition("e")
    return f"{'−' if value < 0 else ''}{mantissa}{f'e{int(exponent)}' if exponent else ''}"


def sure(estimate: Estimate, show: Callable[[float], str] = words.fine) -> str:
    """How far off a number can be: an interval, the error of its computation, or that there is none."""
    low, high = estimate.low, estimate.high
    if estimate.kind == "exact":
        return "exact"
    if low is None or high is None or math.isnan(low) or math.isnan(high) or estimate.kind == "unknown":
        return ""
    off = max(high - estimate.value, estimate.value - low)
    if estimate.kind == "bound" and off <= CLOSE * abs(estimate.value):
        return f"± {words.fine(off)}" if off > 0.0 else "exact"
    start, end = "(" if math.isinf(low) else "[", ")" if math.isinf(high) else "]"
    return f"{start}{show(low)}, {show(high)}{end}"


def brackets(estimate: Estimate) -> str:
    """The interval of a number; nothing where it is computed, so that nobody needs one."""
    ends = sure(estimate)
    return ends if ends.startswith(("[", "(")) else ""


def over(estimates: Iterable[Estimate]) -> str:
    """What stands over a column of these: nothing where it would be empty."""
    found = list(estimates)
    level = next((e.level for e in found if e.kind == "confidence" and sure(e)), None)
    if level is not None:
        return words.at_level(level)
    return "error" if any(map(sure, found)) else ""
