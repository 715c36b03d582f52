"""Numbers and sentences of a report, the same in every format; and data made safe to show."""

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable

from bitsapart.comparison.comparison import ColumnShift, Comparison, Contribution
from bitsapart.values.estimate import Estimate

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


def outcome(contribution: Contribution) -> str:
    """What an outcome is called; a value that could be taken for a special or for nothing is put in quotes."""
    label = shortened(visible(contribution.outcome), 60)
    if contribution.kind != "value":
        return label
    bare = contribution.outcome.strip()
    ambiguous = bare.lower() in {"", "null", "nan", "inf", "-inf", "none"} or bare != contribution.outcome
    return f"'{label}'" if ambiguous else label


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
    """
    percent = 100 * value
    if percent == 0 or percent > 100 - 1e-7:
        return f"{percent:.0f} %"
    if percent < 0.001:
        return "<0.001 %"
    if percent >= 99.95:
        return f"{min(percent, 99.999):.3f} %"
    return f"{percent:.1f} %" if percent >= 1 else f"{percent:.2g} %"


def interval(low: float | None, high: float | None) -> str:
    """An interval; nothing where there is none, a round bracket at an infinite end."""
    if low is None or high is None:
        return ""
    return f"[{bits(low)}, {bits(high)}{')' if math.isinf(high) else ']'}"


def with_interval(estimate: Estimate) -> str:
    """An estimate and its interval."""
    return f"{bits(estimate.value)} {interval(estimate.low, estimate.high)}".rstrip()


def probability(value: float | None) -> str:
    """A q-value or p-value."""
    if value is None:
        return "–"
    if value < OVERWHELMING:
        return "<1e-15"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def evidence(q_value: float | None) -> str:
    """A q-value in words."""
    if q_value is None:
        return "No test of equality could be made."
    steps = ((1e-6, "Overwhelming"), (0.001, "Very strong"), (0.01, "Strong"), (0.05, "Some"))
    strength = next(
        (f"{word} evidence that something" for limit, word in steps if q_value < limit), "No evidence that anything"
    )
    return f"{strength} differs at all (smallest q-value {probability(q_value)})."


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 row``, ``27,004 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def roughly(number: int) -> int:
    """A whole number at two significant digits."""
    return round(number, min(0, 2 - len(str(number))))


def tally(comparison: Comparison) -> dict[str, int]:
    """How many columns have each verdict."""
    counts = Counter(column.verdict for column in comparison.columns.values())
    return {verdict: counts[verdict] for verdict in ("shifted", "undecided", "stable", "identifier", "not comparable")}


def headline(comparison: Comparison) -> str:
    """The comparison in one sentence."""
    counts = tally(comparison)
    total = sum(counts.values())
    apart = counts["identifier"] + counts["not comparable"]
    rest = [f"{counts[verdict]} undecided" for verdict in ("undecided",) if counts[verdict]]
    rest += [f"{counts['stable']} stable"] if counts["stable"] else []
    rest += [f"{apart} without a verdict"] if apart else []
    tail = f"; {', '.join(rest)}" if rest else ""
    limit = f"{comparison.tolerance:g} bits"
    if counts["shifted"]:
        verb = "has" if counts["shifted"] == 1 else "have"
        what = f"{counts['shifted']} of {counted(total, 'column')} {verb} moved by more than {limit}"
    elif counts["undecided"]:
        what = f"No column of {total} has surely moved by more than {limit}"
    elif counts["stable"]:
        what = f"No column of {total} has moved by more than {limit}"
    else:
        what = f"None of {counted(total, 'column')} could be compared"
    return f"{what}{tail}."


def ranked(comparison: Comparison) -> list[ColumnShift]:
    """Columns by falling finite excess, those without one last, in the table's order where equal."""

    def key(column: ColumnShift) -> float:
        estimate = column.finite_excess
        return math.inf if estimate is None or math.isnan(estimate.value) else -estimate.value

    return sorted(comparison.columns.values(), key=key)


def excess(column: ColumnShift, prior: float) -> str:
    """The excess of a column without its interval: ``∞ (0.312 with prior 0.5)``."""
    if column.excess is None:
        return "–"
    text = bits(column.excess.value)
    spent = column.excess_with_prior
    return text if spent is None else f"{text} ({bits(spent.value)} with prior {prior:g})"


def weight(contribution: Contribution) -> float:
    """How much an outcome has to do with the divergence: p log(p / q) - p + q, never negative, same sum, in bits.

    The signed terms alone would put a large outcome that hardly changed before a small one that tripled.
    """
    slack = (contribution.reference_share - contribution.current_share) / math.log(2)
    return contribution.bits + slack


def responsible(contributions: Iterable[Contribution], most: int = 2) -> list[Contribution]:
    """The outcomes that have most to do with the divergence."""
    found = sorted(contributions, key=weight, reverse=True)[:most]
    return [c for c in found if weight(c) > 0 and c.reference_count + c.current_count]


def change(contribution: Contribution) -> str:
    """An outcome's part in words: ``≥ 120: 1.2 % → 3.4 %, +0.031``."""
    bits_added = f", {signed(contribution.bits)}" if contribution.bits else ""
    return f"{outcome(contribution)}: {shares(contribution)}{bits_added}"


def shares(contribution: Contribution) -> str:
    """Both shares of an outcome, with more digits where they would look the same: ``1.2 % → 3.4 %``."""
    old, new = contribution.reference_share, contribution.current_share
    if old != new and share(old) == share(new):
        return f"{100 * old:.4g} % → {100 * new:.4g} %"
    return f"{share(old)} → {share(new)}"


USUAL = 1.2
"""How many times the expected share of new values goes without a remark."""


def remarks(column: ColumnShift) -> list[str]:
    """What else is to be said of a column, one sentence each."""
    lines = []
    if column.new_mass > USUAL * column.new_mass_expected:
        most = column.new_values[:3]
        shown = ", ".join(f"{shortened(visible(v.value), 40)} ({share(v.share)})" for v in most)
        more = column.new_values_total - len(most)
        shown += f" and {more:,} more" if more > 0 and most else ""
        usual = f" ({share(column.new_mass_expected)} to be expected had nothing changed)"
        expected = usual if column.new_mass_expected > 0 else ""
        values = f": {shown}" if shown else ""
        count = counted(column.new_values_total, "value")
        lines.append(f"{count} the reference never had, in {share(column.new_mass)} of the rows{expected}{values}.")
    if column.rows_to_decide is not None and column.verdict == "undecided":
        lines.append(f"About {roughly(column.rows_to_decide):,} rows on each side would decide.")
    lines += [visible(note) for note in column.notes]
    return lines
