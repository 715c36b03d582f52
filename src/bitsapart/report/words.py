"""Numbers of a report as text, the same in every format; and data made safe to show."""

import math
import unicodedata

JOINERS = "\u200c\u200d"
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
OVERWHELMING = 1e-15


def visible(text: str) -> str:
    r"""Data as it may be shown: control, bidirectional and invisible characters become escapes such as ``\x1b``.

    >>> visible("a\x1b[31m\nb")
    'a\\x1b[31m\\nb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(text, place) for place in range(len(text)))


def _visible_character(text: str, place: int) -> str:
    character = text[place]
    if unicodedata.category(character) not in HIDDEN:
        return character
    if character in JOINERS and 0 < place < len(text) - 1 and not (text[place - 1] + text[place + 1]).isascii():
        return character
    if character in SHORT:
        return SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def named(name: str) -> str:
    """A column's name as it may be shown; one that would look like nothing is put in quotes."""
    return visible(name) if name.strip() == name and name else f"'{visible(name)}'"


def tail(text: str, length: int) -> str:
    """The end of a text, for paths: the file's name says more than where it lies."""
    return text if len(text) <= length else "…" + text[1 - length :]


def shortened(text: str, length: int) -> str:
    """The text cut to a number of characters, with an ellipsis where it was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def bits(value: float | None) -> str:
    """A number of bits: four decimals below 1, three below 10, two above.

    >>> bits(0.03124), bits(3.14159), bits(0.00001), bits(float("inf"))
    ('0.0312', '3.142', '<0.0001', '∞')
    """
    if value is None or math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.00005:
        return "<0.0001" if value > 0 else ">−0.0001"
    text = f"{size:.{4 if size < 1 else 3 if size < 10 else 2}f}"
    return f"−{text}" if value < 0 else text


def fine(value: float | None) -> str:
    """A number that may be very small or large: three significant digits below 1, or scientific.

    >>> fine(0.03124), fine(0.00123456), fine(3.14159), fine(2.5e-11), fine(-0.5), fine(4.2e12)
    ('0.0312', '0.00123', '3.142', '2.50e-11', '−0.500', '4.20e12')
    """
    if value is None or not math.isfinite(value) or value == 0 or 1 <= abs(value) < 1e6:
        return bits(value)
    size = abs(value)
    mantissa, _, exponent = f"{size:.2e}".partition("e")
    text = f"{mantissa}e{int(exponent)}" if not 1e-4 <= size < 1 else f"{size:.{2 - int(exponent)}f}"
    return f"−{text}" if value < 0 else text


def signed(value: float) -> str:
    """Bits with their sign, at three significant digits and at most five decimals: ``+0.0312``."""
    if math.isinf(value):
        return "+∞" if value > 0 else "−∞"
    size = abs(value)
    if size < 0.000005:
        return "0"
    places = min(5, max(0, 2 - math.floor(math.log10(size))))
    return f"{'−' if value < 0 else '+'}{size:.{places}f}"


def rounded(value: float) -> str:
    """Bits with their sign at two significant digits, for an axis."""
    size = abs(value)
    places = min(6, max(0, 1 - math.floor(math.log10(size)))) if size > 0 else 0
    return f"{'−' if value < 0 else '+'}{size:.{places}f}"


def share(value: float) -> str:
    """A share of rows in per cent.

    >>> share(0.7012), share(0.0123), share(0.00012), share(0.0)
    ('70.1 %', '1.2 %', '0.012 %', '0 %')
    >>> share(0.9997), share(0.9999993), share(1.0)
    ('99.97 %', '>99.999 %', '100 %')
    >>> share(-0.123), share(float("-inf"))
    ('−12.3 %', '−∞')
    """
    if not math.isfinite(100 * value):
        return bits(100 * value)
    if value < 0:
        return f"−{share(-value)}"
    percent, lack = 100 * value, 100 * (1 - value)
    if percent == 0 or lack < 1e-10:
        return f"{percent:.0f} %"
    if percent < 0.001:
        return "<0.001 %"
    if lack < 0.001:
        return ">99.999 %"
    if lack <= 0.05:
        places = 1 - math.floor(math.log10(lack))
        return f"{percent:.{places}f}".rstrip("0") + " %"
    return f"{percent:.1f} %" if percent >= 1 else f"{percent:.2g} %"


def interval(low: float | None, high: float | None) -> str:
    """An interval; nothing where there is none, a round bracket at an infinite end."""
    if low is None or high is None:
        return ""
    return f"[{bits(low)}, {bits(high)}{')' if math.isinf(high) else ']'}"


def at_level(level: float) -> str:
    """What stands over intervals.

    >>> at_level(0.95)
    '95 % interval'
    """
    return f"{100 * level:g} % interval"


def probability(value: float | None) -> str:
    """A q-value or p-value."""
    if value is None:
        return "–"
    if value < OVERWHELMING:
        return "<1e-15"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 row``, ``27,004 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def measured(number: float, noun: str) -> str:
    """A number that need not be whole with its noun: ``0.01 bits``, ``1 row``."""
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def roughly(number: int) -> int:
    """A whole number at two significant digits."""
    return round(number, min(0, 2 - len(str(number))))
