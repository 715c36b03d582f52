"""Coarsen aligned counts to outcomes that both samples can bear.

The rules look at the reference and at the pooled counts of both tables, so that under "no difference" they know nothing
of which rows are current, and intervals on what they give remain valid.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from bitsapart.comparison.align import interval
from bitsapart.values.contingency import Contingency, Outcome
from bitsapart.values.histogram import SPECIALS
from bitsapart.values.plan import ColumnPlan

EXPECTED = 10
"""Rows that an outcome must be expected to have on either side, by its pooled share, to stand alone."""


def parts_for(n: int, m: int) -> int:
    """How many even parts two samples of n and m rows can bear: the harmonic mean of n and m to the power 2/5.

    Binning loses about 1 / parts^2 of a smooth divergence, noise costs about parts / rows; 2/5 balances the two.
    """
    return max(4, round(math.pow(2 * n * m / (n + m), 0.4)))


def coarsen(column: ColumnPlan, fine: Contingency, new_apart: bool = True) -> Contingency:
    """Outcomes that both samples can bear: each expected at least EXPECTED times on either side, by its pooled share.

    Intervals of an ordered column join until they hold one part of the reference (less and less towards both ends);
    common single values stand alone. Values of a nominal column that are too rare form groups of neighbours by name;
    those among them that the reference never had form one group, "rare new values", unless ``new_apart`` is False: the
    groups then know nothing of which rows are current, as a test needs.
    """
    n, m = int(fine.current.sum()), int(fine.reference.sum())
    if n == 0 or m == 0:
        return fine
    expected = (fine.reference + fine.current) * (min(n, m) / (n + m))
    end = len(fine.outcomes)
    while end > fine.ordered and fine.outcomes[end - 1].kind in SPECIALS:
        end -= 1
    builder = Builder(fine)
    for group in ordered_groups(fine, expected, parts_for(n, m)):
        builder.add(joined(column, fine, group), group)
    ordered = len(builder.outcomes)
    values = np.arange(fine.ordered, end)
    alone = values[expected[values] >= EXPECTED]
    pairs = zip(fine.reference[alone].tolist(), fine.current[alone].tolist(), strict=True)
    for i, pair in zip(alone.tolist(), pairs, strict=True):
        builder.count(fine.outcomes[i], *pair)
    builder.add_rare(values[expected[values] < EXPECTED], expected, parts_for(n, m), new_apart)
    for i in range(end, len(fine.outcomes)):
        builder.add(fine.outcomes[i], [i])
    return builder.contingency(ordered)


class Builder:
    """Outcomes and their counts, one after the other."""

    def __init__(self, fine: Contingency) -> None:
        self.fine = fine
        self.outcomes: list[Outcome] = []
        self.reference: list[int] = []
        self.current: list[int] = []

    def add(self, outcome: Outcome, members: Sequence[int] | NDArray[np.int64]) -> None:
        """An outcome made of some of the fine ones."""
        self.count(outcome, int(self.fine.reference[members].sum()), int(self.fine.current[members].sum()))

    def count(self, outcome: Outcome, reference: int, current: int) -> None:
        """An outcome with its counts, unless neither side has any."""
        if reference or current:
            self.outcomes.append(outcome)
            self.reference.append(reference)
            self.current.append(current)

    def add_rare(self, members: NDArray[np.int64], expected: NDArray[np.floating], parts: int, new_apart: bool) -> None:
        """Groups of rare values, neighbours by name; "rare new values" are apart where they mean something.

        Another sample like the reference would have about as many rows with values that the reference lacks as there
        are values that it has once (Good 1953). New values are apart where it has none once, so that its list is
        complete, and where they surely have more than twice those rows, which the reference is then credited with.
        """
        reference, current = self.fine.reference, self.fine.current
        unseen = reference[members] == 0
        singles = int(np.sum(reference[members] == 1))
        new = int(current[members[unseen]].sum())
        usual = (singles + 4 * math.sqrt(singles) + 8) * current.sum() / reference.sum()
        apart = new_apart and (singles == 0 or new - 4 * math.sqrt(new) > 2 * usual)
        named = members[~unseen] if apart else members
        if self.fine.by_name is not None:
            named = named[np.argsort(self.fine.by_name[named])]
        rows = np.cumsum(expected[named])
        number = min(parts, int(rows[-1] / EXPECTED)) if len(named) else 0
        where = (
            ((rows - expected[named] / 2) * (number / rows[-1])).astype(int) if number else np.zeros(len(named), int)
        )
        for group in np.split(named, np.flatnonzero(np.diff(where)) + 1):
            if len(group):
                self.add(rare(self.fine, group), group)
        if apart:
            one = unseen.sum() == 1 and singles == 0
            outcome = rare(self.fine, members[unseen]) if one else Outcome("rare", "rare new values")
            self.count(outcome, singles, new)

    def contingency(self, ordered: int) -> Contingency:
        """All of them."""
        counts = np.array([self.reference, self.current], np.int64)
        return Contingency(tuple(self.outcomes), counts[0], counts[1], ordered)


def rare(fine: Contingency, members: NDArray[np.int64]) -> Outcome:
    """The outcome of values that are too rare to stand alone."""
    first, last = (fine.outcomes[i] for i in members[[0, -1]].tolist())
    return Outcome("rare", f"rare: {first.label} … {last.label}" if len(members) > 1 else first.label)


def ordered_groups(fine: Contingency, expected: NDArray[np.floating], parts: int) -> list[list[int]]:
    """Neighbouring intervals in groups, in their order.

    Each group holds one part of the reference, or towards an end as much as lies beyond it, and at least EXPECTED
    expected rows; values that hold half a part by themselves stand alone, and all where there are few.
    """
    reference = fine.reference[: fine.ordered]
    part = float(fine.reference.sum()) / parts
    before = np.concatenate([[0], np.cumsum(reference)])
    after = before[-1] - before
    half = int(np.searchsorted(before[:-1], before[-1] / 2))
    single = np.array([fine.outcomes[i].kind == "value" for i in range(fine.ordered)], bool)
    common = part / 2 if fine.ordered > 2 * parts else 0
    stands = single & (reference >= common) & (expected[: fine.ordered] >= EXPECTED)

    def walk(order: Iterable[int], outside: NDArray[np.int64]) -> list[list[int]]:
        groups: list[list[int]] = []
        group: list[int] = []
        target = rows = bearing = 0.0
        for i in order:
            if stands[i]:
                groups += [group, [i]]
                group = []
                continue
            if not group:
                target, rows, bearing = min(part, max(1.0, float(outside[i]))), 0.0, 0.0
            group.append(i)
            rows += reference[i]
            bearing += expected[i]
            if rows >= target and bearing >= EXPECTED:
                groups.append(group)
                group = []
        return [sorted(g) for g in [*groups, group] if g]

    left = walk(range(half), before[:-1])
    right = walk(range(fine.ordered - 1, half - 1, -1), after[1:])
    return bearing_groups(left + right[::-1], expected)


def bearing_groups(groups: list[list[int]], expected: NDArray[np.floating]) -> list[list[int]]:
    """Groups that are left with too few expected rows join the smaller of their neighbours."""
    rows = [float(expected[group].sum()) for group in groups]
    while len(groups) > 2 and min(rows) < EXPECTED:
        i = rows.index(min(rows))
        beside = min((j for j in (i - 1, i + 1) if 0 <= j < len(groups)), key=rows.__getitem__)
        first, second = sorted((i, beside))
        groups[first : second + 1] = [groups[first] + groups[second]]
        rows[first : second + 1] = [rows[first] + rows[second]]
    return groups


def with_full_tails(coarse: Contingency) -> Contingency:
    """The same outcomes, each end of an ordered column joined up to the innermost interval the current table misses.

    For the reverse divergence: near an end, intervals that hold less than one part of the reference are a tail cut too
    finely for that direction; that the current table has none of them says little, and not that a value has vanished.
    """
    part = coarse.reference.sum() / parts_for(int(coarse.current.sum()), int(coarse.reference.sum()))
    group = np.arange(len(coarse.reference))
    for inwards in (range(coarse.ordered - 1), range(coarse.ordered - 1, 0, -1)):
        for i in inwards:
            if coarse.reference[i] >= part or coarse.outcomes[i].kind != "range":
                break
            if coarse.current[i] == 0 and coarse.outcomes[i + inwards.step].kind == "range":
                group[inwards.start : i : inwards.step] = group[i] = i + inwards.step
    kept = np.unique(group)
    return Contingency(
        [coarse.outcomes[i] for i in kept],
        np.bincount(group, coarse.reference)[kept].astype(np.int64),
        np.bincount(group, coarse.current)[kept].astype(np.int64),
        int(np.sum(kept < coarse.ordered)),
    )


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
    return math.nextafter(key, math.inf)
