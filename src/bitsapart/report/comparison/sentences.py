"""A comparison in sentences, the same in every format."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bitsapart.comparison.comparison import ColumnShift, Comparison, Contribution, SchemaChange
from bitsapart.report import words


def outcome(contribution: Contribution) -> str:
    """What an outcome is called; a value that could be taken for a special or for nothing is put in quotes."""
    label = words.shortened(words.visible(contribution.outcome), 60)
    if contribution.kind != "value":
        return label
    bare = contribution.outcome.strip()
    ambiguous = bare.lower() in {"", "null", "nan", "inf", "-inf", "none"} or bare != contribution.outcome
    return f"'{label}'" if ambiguous else label


def evidence(comparison: Comparison) -> str:
    """The smallest q-value in words; where it is small and yet no column has moved, how both can be true."""
    q_value = comparison.q_value
    if q_value is None:
        return "No test of equality could be made."
    steps = ((1e-6, "Overwhelming"), (0.001, "Very strong"), (0.01, "Strong"), (0.05, "Some"))
    strength = next((word for limit, word in steps if q_value < limit), None)
    value = f"(smallest q-value {words.probability(q_value)})"
    if strength is None:
        return f"No evidence that anything differs {value}."
    verdicts = tally(comparison)
    size = ""
    if not verdicts["shifted"]:
        size = f", though {'not surely by' if verdicts['undecided'] else 'by no'} more than the tolerance"
    return f"{strength} evidence that something differs{size} {value}."


def tally(comparison: Comparison) -> dict[str, int]:
    """How many columns have each verdict."""
    counts = Counter(column.verdict for column in comparison.columns.values())
    return {verdict: counts[verdict] for verdict in ("shifted", "undecided", "stable", "identifier", "not comparable")}


def headline(comparison: Comparison) -> str:
    """The comparison in one sentence."""
    counts = tally(comparison)
    total = sum(counts.values())
    apart = counts["identifier"] + counts["not comparable"]
    if total == apart:
        which = "The one column in common could not" if total == 1 else f"None of {total:,} columns could"
        return f"{which} be compared."
    limit = words.measured(comparison.tolerance, "bit")
    if total == 1:
        verbs = {"shifted": "has moved", "undecided": "has not surely moved", "stable": "has not moved"}
        [verb] = (verb for verdict, verb in verbs.items() if counts[verdict])
        return f"The one column compared {verb} by more than {limit}."
    rest = [f"{counts[verdict]:,} {verdict}" for verdict in ("undecided", "stable") if counts[verdict]]
    rest += [f"{apart:,} without a verdict"] if apart else []
    tail = f"; {', '.join(rest)}" if rest else ""
    if counts["shifted"]:
        which = "Both" if total == 2 else f"All {total:,}"
        which = which if counts["shifted"] == total else f"{counts['shifted']:,} of {total:,}"
        verb = "has" if counts["shifted"] == 1 else "have"
        return f"{which} columns {verb} moved by more than {limit}{tail}."
    surely = "surely " if counts["undecided"] else ""
    return f"No column of {total:,} has {surely}moved by more than {limit}{tail}."


def ranked(comparison: Comparison) -> list[ColumnShift]:
    """Columns by falling finite excess, those without one last, in the table's order where equal."""

    def key(column: ColumnShift) -> float:
        estimate = column.finite_excess
        return math.inf if estimate is None or math.isnan(estimate.value) else -estimate.value

    return sorted(comparison.columns.values(), key=key)


def excess(column: ColumnShift) -> tuple[str, str]:
    """The excess of a column and its interval; where it is infinite, both under the prior follow in brackets.

    The two stand beside each other: ``0.312 [0.29, 0.33]`` or ``∞ (0.312 [0.29, 0.33])``.
    """
    estimate, spent = column.excess, column.excess_with_prior
    if estimate is None:
        return "–", ""
    if spent is None:
        return words.bits(estimate.value), words.interval(estimate.low, estimate.high)
    value, ends = f"{words.bits(estimate.value)} ({words.bits(spent.value)}", words.interval(spent.low, spent.high)
    return (value, f"{ends})") if ends else (f"{value})", "")


def infinite(comparison: Comparison, columns: Iterable[ColumnShift]) -> str:
    """What the sign of infinity means, where it stands at one of the columns, and what the brackets behind it."""
    ends = [column for column in columns if column.excess and math.isinf(column.excess.value)]
    if not ends:
        return ""
    spent = any(column.excess_with_prior for column in ends)
    prior = words.measured(comparison.prior, "row")
    brackets = f"; in brackets the excess, and its interval, after a prior of {prior} was spent on all such values"
    return f"∞: the reference never had some of the values found now{brackets if spent else ''}."


def weight(contribution: Contribution) -> float:
    """How much an outcome has to do with the divergence: p log(p / q) - p + q, never negative, same sum, in bits.

    The signed terms alone would put a large outcome that hardly changed before a small one that tripled.
    """
    slack = (contribution.reference_share - contribution.current_share) / math.log(2)
    return contribution.bits + slack


def by_weight(parts: Sequence[Contribution]) -> list[Contribution]:
    """Outcomes by what they have to do with the divergence.

    Those that the reference never had are weighed as if it had had half a row of them: of infinitely many bits, a
    single row would otherwise come before a value that has vanished.
    """
    rows = sum(c.reference_count for c in parts)

    def key(c: Contribution) -> float:
        if math.isfinite(c.bits):
            return weight(c)
        share = 0.5 / max(rows, 1)
        bits = c.current_share * math.log2(c.current_share / share) if c.current_share > 0 else 0.0
        return weight(replace(c, bits=bits, reference_share=share))

    return sorted(parts, key=key, reverse=True)


def responsible(contributions: Sequence[Contribution], most: int = 2) -> list[Contribution]:
    """The outcomes that have most to do with the divergence."""
    return [c for c in by_weight(contributions)[:most] if weight(c) > 0 and c.reference_count + c.current_count]


def change(contribution: Contribution, negative: bool = False) -> str:
    """An outcome's part in words: ``≥ 120: 1.2 % → 3.4 %, +0.031``; of negative bits nothing unless asked for."""
    told = contribution.bits > 0 or (negative and contribution.bits < 0)
    bits_added = f", {words.signed(contribution.bits)}" if told else ""
    return f"{outcome(contribution)}: {shares(contribution)}{bits_added}"


def shares(contribution: Contribution) -> str:
    """Both shares of an outcome, with more digits where they would look the same: ``1.2 % → 3.4 %``."""
    old, new = contribution.reference_share, contribution.current_share
    places = 1
    while old != new and words.share(old) == words.share(new) and places < 10:
        places += 1
        pair = [f"{100 * value:.{places}f}" for value in (old, new)]
        honest = all(
            float(text) not in {0, 100} or value in {0, 1} for text, value in zip(pair, (old, new), strict=True)
        )
        if pair[0] != pair[1] and honest:
            return f"{pair[0]} % → {pair[1]} %"
    return f"{words.share(old)} → {words.share(new)}"


def table_notes(comparison: Comparison) -> list[str]:
    """How the tables were put together, where there is something to say of it."""
    sides = (("reference", comparison.reference), ("current", comparison.current))
    return [f"{side}: {words.visible(note)}" for side, facts in sides for note in facts.notes]


def schema_change(change: SchemaChange) -> str:
    """A difference of the tables' columns as it may be shown."""
    return words.visible(str(replace(change, column=words.named(change.column))))
