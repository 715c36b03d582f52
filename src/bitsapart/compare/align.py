"""Align two histograms on the same outcomes, and coarsen them to what the samples can bear. Pure functions of counts.

Both rules look at the reference and at the pooled counts of both tables only, so that under "no difference" they know
nothing of which rows are current, and tests and intervals on what they give remain valid.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bitsapart.tables.columns import spoken
from bitsapart.values.contingency import Contingency, Outcome, OutcomeKind
from bitsapart.values.histogram import SPECIALS, Histogram, NominalHistogram, OrderedHistogram, added
from bitsapart.values.plan import ColumnPlan

EXPECTED = 10
"""Rows that an outcome must be expected to have on either side, by its pooled share, to stand alone."""


def align(column: ColumnPlan, reference: Histogram, current: Histogram) -> Contingency:
    """Both histograms on all outcomes that either has, as fine as they were counted."""
    if isinstance(reference, OrderedHistogram) and isinstance(current, OrderedHistogram):
        outcomes, pairs = ordered_outcomes(column, reference, current)
        ordered = len(outcomes)
    else:
        outcomes, pairs = nominal_outcomes(cast("NominalHistogram", reference), cast("NominalHistogram", current))
        ordered = 0
    for special in SPECIALS:
        pair = reference.specials.get(special, 0), current.specials.get(special, 0)
        if any(pair):
            outcomes.append(Outcome(special, special))
            pairs.append(pair)
    counts = np.array(pairs, np.int64).reshape(-1, 2)
    return Contingency(tuple(outcomes), counts[:, 0], counts[:, 1], ordered)


def ordered_outcomes(
    column: ColumnPlan, reference: OrderedHistogram, current: OrderedHistogram
) -> tuple[list[Outcome], list[tuple[int, int]]]:
    """The intervals that are not empty on both sides."""
    edges, atoms = reference.encoding.edges, set(reference.encoding.atoms)
    outcomes, pairs = [], []
    for place, pair in enumerate(zip(reference.counts, current.counts, strict=True)):
        if any(pair):
            low = edges[place - 1] if place > 0 else None
            high = edges[place] if place < len(edges) else None
            outcomes.append(interval(column, low, None if place in atoms else high, "value" if place in atoms else "range"))
            pairs.append(pair)
    return outcomes, pairs


def interval(column: ColumnPlan, low: float | None, high: float | None, kind: OutcomeKind = "range") -> Outcome:
    """An outcome of an ordered column, in words."""
    whole = isinstance(low if low is not None else high, int) and column.kind == "numeric"
    if whole and low is not None and high is not None and high - low == 1:
        kind, high = "value", None
    lengths = "length " if column.kind == "nested" else ""

    def say(key: float | None) -> str:
        return lengths + spoken(key, column.type) if key is not None else ""

    if kind == "value":
        label = say(low)
    elif low is None:
        label = f"below {say(high)}" if high is not None else "any value"
    elif high is None:
        label = f"{say(low)} or above"
    else:
        label = f"{say(low)} to {say(high - 1)}" if whole else f"{say(low)} to below {say(high)}"
    return Outcome(kind, label, low, high)


def nominal_outcomes(
    reference: NominalHistogram, current: NominalHistogram
) -> tuple[list[Outcome], list[tuple[int, int]]]:
    """All values of either side, the most common first; on both, what either side had to pool is pooled."""
    level = max(reference.level, current.level)
    reference, current = reference.at_level(level), current.at_level(level)
    both = added(reference.counts, current.counts)
    values = sorted(both, key=lambda value: (-reference.counts.get(value, 0), -both[value], value))
    outcomes = [Outcome("value", value) for value in values]
    pairs = [(reference.counts.get(value, 0), current.counts.get(value, 0)) for value in values]
    if reference.pooled or current.pooled:
        outcomes.append(Outcome("pooled", "values beyond the limit"))
        pairs.append((reference.pooled, current.pooled))
    return outcomes, pairs


def parts_for(n: int, m: int) -> int:
    """How many even parts two samples of n and m rows can bear: the harmonic mean of n and m to the power 2/5.

    Binning loses about 1 / parts^2 of a smooth divergence, noise costs about parts / rows; 2/5 balances the two.
    """
    return max(4, round((2 * n * m / (n + m)) ** 0.4))


def coarsen(column: ColumnPlan, fine: Contingency) -> Contingency:
    """Outcomes that both samples can bear.

    Intervals of an ordered column join until they hold one part of the reference (less and less towards both ends);
    common single values stand alone. Values expected fewer than EXPECTED times on either side are counted together.
    """
    n, m = int(fine.current.sum()), int(fine.reference.sum())
    if n == 0 or m == 0:
        return fine
    expected = Expected(fine.reference, fine.current, n, m)
    groups = ordered_groups(fine, expected, m, parts_for(n, m)) + [[i] for i in range(fine.ordered, len(fine.outcomes))]
    special = [fine.outcomes[group[0]].kind in SPECIALS for group in groups]
    small = [not s and expected.of(group) < EXPECTED for group, s in zip(groups, special, strict=True)]
    kept = [group for group, s in zip(groups, small, strict=True) if not s]
    ordered = sum(group[0] < fine.ordered for group in kept)
    rare = [i for group, s in zip(groups, small, strict=True) if s for i in group]
    outcomes = [joined(column, fine, group) for group in kept]
    if rare:
        kept.insert(ordered, rare)
        label = "rare values" if len(rare) > 1 else fine.outcomes[rare[0]].label
        first = fine.outcomes[rare[0]]
        outcomes.insert(ordered, Outcome("rare", label) if len(rare) > 1 else Outcome("rare", label, first.low, first.high))
    return Contingency(
        tuple(outcomes),
        np.array([fine.reference[group].sum() for group in kept], np.int64),
        np.array([fine.current[group].sum() for group in kept], np.int64),
        ordered,
    )


@dataclass(frozen=True, eq=False)
class Expected:
    """How many rows outcomes are expected to have on the smaller side, by their pooled share."""

    reference: NDArray[np.int64]
    current: NDArray[np.int64]
    n: int
    m: int

    def of(self, group: list[int]) -> float:
        """For some outcomes together."""
        total = int(self.reference[group].sum() + self.current[group].sum())
        return total * min(self.n, self.m) / (self.n + self.m)


def ordered_groups(fine: Contingency, expected: Expected, m: int, parts: int) -> list[list[int]]:
    """Neighbouring intervals in groups, in their order."""
    reference = fine.reference[: fine.ordered]
    before = np.concatenate([[0], np.cumsum(reference)])
    half = int(np.searchsorted(before[:-1], reference.sum() / 2))

    def stands(i: int) -> bool:
        alone = fine.outcomes[i].kind == "value" and reference[i] >= m / (2 * parts)
        return alone and expected.of([i]) >= EXPECTED

    def walk(order: range, outside: NDArray[np.int64]) -> list[list[int]]:
        groups: list[list[int]] = []
        group: list[int] = []
        for i in order:
            if stands(i):
                groups += [group, [i]]
                group = []
                continue
            target = min(m / parts, max(1, outside[group[0] if group else i]))
            group = [*group, i]
            if reference[group].sum() >= target and expected.of(group) >= EXPECTED:
                groups.append(group)
                group = []
        return [sorted(g) for g in [*groups, group] if g]

    left = walk(range(half), before[:-1])
    right = walk(range(fine.ordered - 1, half - 1, -1), reference.sum() - before[1:])
    return left + right[::-1]


def joined(column: ColumnPlan, fine: Contingency, group: list[int]) -> Outcome:
    """The outcome that neighbouring intervals make together."""
    first, last = fine.outcomes[group[0]], fine.outcomes[group[-1]]
    if len(group) == 1:
        return first
    high = last.high if last.kind == "range" else following(last.low)
    return interval(column, first.low, high)


def following(key: float | int | None) -> float | int | None:
    """The next key."""
    if key is None or isinstance(key, int):
        return None if key is None else key + 1
    return float(np.nextafter(key, np.inf))
