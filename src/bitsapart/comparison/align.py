"""Align two histograms on the same outcomes, as fine as they were counted: a pure function of counts."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import cast

import numpy as np

from bitsapart.tables.columns import spoken
from bitsapart.values.contingency import Contingency, Outcome, OutcomeKind
from bitsapart.values.encoding import Ordered
from bitsapart.values.histogram import SPECIALS, Histogram, NominalHistogram, OrderedHistogram
from bitsapart.values.plan import ColumnPlan


def align(column: ColumnPlan, reference: Histogram, current: Histogram) -> Contingency:
    """Both histograms on all outcomes that either has, as fine as they were counted."""
    if isinstance(reference, OrderedHistogram) and isinstance(current, OrderedHistogram):
        regular = ordered_outcomes(column, reference, current)
    else:
        regular = nominal_outcomes(cast("NominalHistogram", reference), cast("NominalHistogram", current))
    specials = [s for s in SPECIALS if reference.specials.get(s, 0) + current.specials.get(s, 0) > 0]
    return Contingency(
        Chain(regular.outcomes, [Outcome(cast("OutcomeKind", special), special) for special in specials]),
        np.append(regular.reference, [reference.specials.get(s, 0) for s in specials]).astype(np.int64),
        np.append(regular.current, [current.specials.get(s, 0) for s in specials]).astype(np.int64),
        regular.ordered,
        regular.by_name,
    )


class Named(Sequence[Outcome]):
    """Outcomes of a nominal column, made when they are asked for: of very many values few are ever shown."""

    def __init__(self, values: Sequence[str], pooled: bool) -> None:
        self.values = values
        self.pooled = pooled

    def __len__(self) -> int:
        return len(self.values) + self.pooled

    def __getitem__(self, i: int) -> Outcome:  # type: ignore[override]
        if self.pooled and i == len(self.values):
            return Outcome("pooled", "values beyond the limit")
        return Outcome("value", self.values[i])


class Chain(Sequence[Outcome]):
    """Outcomes, and the specials after them."""

    def __init__(self, first: Sequence[Outcome], second: Sequence[Outcome]) -> None:
        self.first, self.second = first, second

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, i: int) -> Outcome:  # type: ignore[override]
        return self.first[i] if i < len(self.first) else self.second[i - len(self.first)]


def ordered_outcomes(column: ColumnPlan, reference: OrderedHistogram, current: OrderedHistogram) -> Contingency:
    """The intervals that are not empty on both sides."""
    edges, atoms = reference.encoding.edges, set(reference.encoding.atoms)
    before, after = np.array(reference.counts, np.int64), np.array(current.counts, np.int64)
    places = np.flatnonzero(before + after)
    outcomes = []
    for place in places.tolist():
        low = edges[place - 1] if place > 0 else None
        high = edges[place] if place < len(edges) and place not in atoms else None
        outcomes.append(interval(column, low, high, "value" if place in atoms else "range"))
    return Contingency(outcomes, before[places], after[places], len(outcomes))


def interval(column: ColumnPlan, low: float | None, high: float | None, kind: OutcomeKind = "range") -> Outcome:
    """An outcome of an ordered column, in words."""
    whole = isinstance(low if low is not None else high, int) and (column.kind != "temporal" or "date32" in column.type)
    if whole and low is not None and high is not None and high - low == 1:
        kind, high = "value", None
    lengths = "length " if column.kind == "nested" else ""

    def say(key: float | None) -> str:
        return lengths + spoken(key, column.type) if key is not None else ""

    if kind == "value":
        return Outcome(kind, say(low), low, high)
    if low is None and high is None:
        return Outcome(kind, "any value")
    after, upto = atom_before(column, low), atom_before(column, high)
    last = high - 1 if whole and high is not None else upto
    end = f"below {say(high)}" if last is None else say(last)
    start = say(low) if whole or after is None else f"above {say(after)}"
    if low is None:
        label = end if end.startswith("below") else f"up to {end}"
    elif high is None:
        label = start if start.startswith("above") else f"{start} or above"
    else:
        label = f"{start} to {end}"
    return Outcome(kind, label, low, high)


def atom_before(column: ColumnPlan, bound: float | int | None) -> float | int | None:
    """The single value right below a bound, after which an interval that begins or ends there is named."""
    encoding = column.encoding
    if not isinstance(encoding, Ordered) or bound is None:
        return None
    place = bisect_left(encoding.edges, bound)
    return encoding.edges[place - 1] if place > 0 and place in encoding.atoms else None


def nominal_outcomes(reference: NominalHistogram, current: NominalHistogram) -> Contingency:
    """All values of either side, the most common first; on both, what either side had to pool is pooled."""
    level = max(reference.level, current.level)
    reference, current = reference.at_level(level), current.at_level(level)
    values = sorted(reference.counts.keys() | current.counts.keys())
    before = np.fromiter((reference.counts.get(value, 0) for value in values), np.int64, len(values))
    after = np.fromiter((current.counts.get(value, 0) for value in values), np.int64, len(values))
    order = np.lexsort((-after, -before))
    pooled = reference.pooled + current.pooled > 0
    return Contingency(
        Named([values[i] for i in order.tolist()], pooled),
        np.append(before[order], [reference.pooled] * pooled).astype(np.int64),
        np.append(after[order], [current.pooled] * pooled).astype(np.int64),
        by_name=np.append(order, [len(order)] * pooled),
    )
