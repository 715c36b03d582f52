"""Two sides token by token where one or both are lists of top tokens: bounds, by the formulas of ``truncation``.

The outcomes are the tokens that both sides know, and one for all others. A list's tail is known to rounding only; of
the masses within it those are taken that are nearest to the other side's, which keeps the lower bounds low.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bitsapart.measures.logit_pairs import logit_pairs
from bitsapart.model_comparison.blocks import Progress
from bitsapart.model_comparison.logits import Logits
from bitsapart.model_comparison.measured import Bounds, Measured, are_finite
from bitsapart.model_comparison.text_rows import TextRows
from bitsapart.model_comparison.top_lists import Lists, TopLists

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

NUMBERS = 1 << 19
"""Logits, or listed values, of one side that are worked on at once."""
TOP = 5
MERGED = ("kl", "reverse_kl", "js", "total_variation")


@dataclass(frozen=True, eq=False)
class Known:
    """What one side says of the tokens that are compared, (rows, listed), and of all others together."""

    logs: Floats
    """Log-probabilities; -inf where nothing is compared."""
    rest_low: Floats
    rest_high: Floats
    """The mass of the others, to rounding."""
    least: Floats
    """The log of the smallest probability among the others, where all are known; else nan."""


@dataclass(frozen=True, eq=False)
class View:
    """One side of some rows."""

    lists: Lists | None
    logs: Floats | None
    """Log-probabilities of the whole vocabulary, where they are known."""

    def top(self) -> tuple[Whole, Floats]:
        """The most probable token and its log-probability; -1 and nan where they are not known."""
        if self.logs is not None:
            places = self.logs.argmax(axis=1)
            return places, np.take_along_axis(self.logs, places[:, None], 1)[:, 0]
        assert self.lists is not None  # noqa: S101
        first, ranked = self.lists.logs.argmax(axis=1)[:, None], self.lists.ranked
        ids, logs = (np.take_along_axis(values, first, 1)[:, 0] for values in (self.lists.ids, self.lists.logs))
        ranked = ranked & (ids >= 0)
        return np.where(ranked, ids, -1), np.where(ranked, logs, np.nan)

    def log_of(self, tokens: Whole) -> Floats:
        """The log-probability of one token a row; nan where it is not known."""
        if self.logs is not None:
            found = np.take_along_axis(self.logs, np.maximum(tokens, 0)[:, None], 1)[:, 0]
            return np.where(tokens < 0, np.nan, found)
        assert self.lists is not None  # noqa: S101
        here = (self.lists.ids == tokens[:, None]) & (tokens >= 0)[:, None]
        listed = np.where(here, self.lists.logs, -np.inf).max(axis=1)
        return np.where(here.any(axis=1), listed, np.nan)

    def top_five(self) -> tuple[Whole, Marks]:
        """The five most probable tokens, -1 where there are fewer, and whether they are known to be that."""
        logs = self.logs if self.logs is not None else self.lists.logs  # type: ignore[union-attr]
        order = np.argsort(-logs, axis=1, kind="stable")[:, :TOP]
        if self.lists is None:
            return order, np.ones(len(logs), dtype=bool)
        ids = np.where(np.take_along_axis(logs, order, 1) > -np.inf, np.take_along_axis(self.lists.ids, order, 1), -1)
        return ids, ((ids >= 0).sum(axis=1) == TOP) & self.lists.ranked


def measure_lists(
    base: Logits | TopLists,
    candidate: Logits | TopLists,
    order: Whole | None,
    text: TextRows,
    vocabulary: int | None,
    progress: tuple[str, Progress | None] = ("", None),
) -> Measured:
    """One pass. ``order``: the candidate's row of each row of the base; ``vocabulary``: how many tokens there are."""
    rows, found = base.rows, room(base.rows)
    for start in range(0, rows, step := rows_at_once(base, candidate)):
        place = slice(start, min(start + step, rows))
        here = np.arange(place.start, place.stop)
        p, finite_p = view(base, here)
        q, finite_q = view(candidate, here if order is None else order[here])
        labels = np.full(len(here), -1) if text.labels is None else text.labels[place].astype(np.int64)
        fill(found, place, (p, q), labels, vocabulary)
        found.finite[place], found.finite_q[place] = finite_p & finite_q, finite_q
        if progress[1]:
            progress[1](progress[0], place.stop, rows)
    return found


def room(rows: int) -> Measured:
    """Room for so many tokens and their bounds."""
    names = ("entropy", "kl", "reverse_kl", "js", "total_variation", "tail_p", "tail_q")
    bounds = Bounds(**{name: np.empty(rows) for name in names}, exact=np.empty(rows, bool))
    return Measured(**{**vars(Measured.empty(rows)), "bounds": bounds})


def rows_at_once(*sides: Logits | TopLists) -> int:
    """How many rows fit."""
    width = max(side.vocabulary if isinstance(side, Logits) else longest(side) for side in sides)
    return max(1, min(NUMBERS // max(1, width), 4096))


def longest(side: TopLists) -> int:
    """The length of the longest list."""
    return int(np.diff(side.offsets).max(initial=1))


def view(side: Logits | TopLists, rows: Whole) -> tuple[View, Marks]:
    """Some rows of a side, and whether their numbers are finite."""
    if isinstance(side, TopLists):
        lists = side.lists(rows)
        if not lists.ids.shape[1]:  # no row has a list
            ids, logs = np.full((len(rows), 1), -1), np.full((len(rows), 1), -np.inf)
            lists = replace(lists, ids=ids, logs=logs)
        return View(lists, None), side.finite[rows]
    together = bool((np.diff(rows) == 1).all())
    raw = (
        side.block(rows[0], rows[-1] + 1) if together else np.concatenate([side.block(r, r + 1) for r in rows.tolist()])
    )
    logs = raw.astype(np.float64)
    finite = are_finite(logs)
    logs[~finite] = 0.0
    return View(None, logs - log_sums(logs)[:, None]), finite


def log_sums(logs: Floats) -> Floats:
    """Log sum e^x of each row; -inf where all are."""
    largest = logs.max(axis=1, initial=-np.inf)
    shift = np.where(largest > -np.inf, largest, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(shift + np.log(np.exp(logs - shift[:, None]).sum(axis=1)))


def fill(found: Measured, place: slice, sides: tuple[View, View], labels: Whole, vocabulary: int | None) -> None:
    """What both sides say of some rows."""
    p, q = sides
    known = compared(p, q)
    whole = complete(p, q, vocabulary) | ((known[0].rest_high <= 0.0) & (known[1].rest_high <= 0.0))
    bounds(found, place, known, whole)
    assert found.bounds is not None  # noqa: S101
    found.entropy[place], found.bounds.entropy[place] = entropies(p, vocabulary)
    found.bounds.tail_p[place], found.bounds.tail_q[place] = (np.where(whole, 0.0, own_tail(side)) for side in sides)
    top_p, log_p = p.top()
    top_q, log_q = q.top()
    found.top_p[place], found.top_q[place] = top_p, top_q
    found.probability_p[place], found.probability_q[place] = np.exp(log_p), np.exp(log_q)
    found.q_of_top_p[place] = np.exp(q.log_of(top_p))
    found.surprisal_p[place], found.surprisal_q[place] = -p.log_of(labels), -q.log_of(labels)
    (five_p, known_p), (five_q, known_q) = p.top_five(), q.top_five()
    common = ((five_p[:, :, None] == five_q[:, None, :]) & (five_p >= 0)[:, :, None]).sum(axis=(1, 2))
    found.common_top5[place] = np.where(known_p & known_q | whole, common, -1)


def compared(p: View, q: View) -> tuple[Known, Known]:
    """Both sides on the tokens that both know."""
    if p.lists is None:
        second, first = compared(q, p)
        return first, second
    if q.logs is not None:
        return listed(p.lists, p.lists.ids >= 0), looked_up(q.logs, p.lists.ids)
    assert q.lists is not None  # noqa: S101
    places = matches(p.lists.ids, q.lists.ids)
    logs = np.where(places >= 0, np.take_along_axis(q.lists.logs, np.maximum(places, 0), 1), -np.inf)
    return listed(p.lists, places >= 0), others_of(q.lists, logs, places)


def matches(ids: Whole, others: Whole) -> Whole:
    """Where each id stands in the other list of its row; -1 where it does not."""
    order = np.argsort(others, axis=1, kind="stable")
    ordered = np.take_along_axis(others, order, 1)
    span = max(int(ids.max(initial=0)), int(others.max(initial=0))) + 2
    offset = np.arange(len(ids))[:, None] * span
    keys = (ordered + 1 + offset).ravel()
    found = np.minimum(np.searchsorted(keys, (ids + 1 + offset).ravel()), keys.size - 1)
    same = (keys[found] == (ids + 1 + offset).ravel()).reshape(ids.shape) & (ids >= 0)
    columns = (found.reshape(ids.shape) - np.arange(len(ids))[:, None] * others.shape[1]).clip(0, others.shape[1] - 1)
    return np.where(same, np.take_along_axis(order, columns, 1), -1)


def listed(lists: Lists, shared: Marks) -> Known:
    """A list's own tokens that the other side knows too."""
    aside = np.exp(np.where(shared, -np.inf, lists.logs)).sum(axis=1)
    return Known(np.where(shared, lists.logs, -np.inf), *rest(aside, lists), np.full(len(aside), np.nan))


def others_of(lists: Lists, logs: Floats, places: Whole) -> Known:
    """A list's log-probabilities in the order of the other's, ``places`` in it."""
    taken = np.zeros(lists.ids.shape, bool)
    row, column = np.nonzero(places >= 0)
    taken[row, places[row, column]] = True
    aside = np.exp(np.where(taken, -np.inf, lists.logs)).sum(axis=1)
    return Known(logs, *rest(aside, lists), np.full(len(aside), np.nan))


def rest(aside: Floats, lists: Lists) -> tuple[Floats, Floats]:
    """The mass of what is listed but not shared, and of the tail."""
    return aside + lists.tail_low, aside + lists.tail_high


def looked_up(logs: Floats, ids: Whole) -> Known:
    """The log-probabilities of listed tokens on the side that has all."""
    there = ids >= 0
    found = np.where(there, np.take_along_axis(logs, np.maximum(ids, 0), 1), -np.inf)
    row, column = np.nonzero(there)
    unlisted = np.ones(logs.shape, bool)
    unlisted[row, ids[row, column]] = False
    mass = np.exp(np.where(unlisted, logs, -np.inf)).sum(axis=1)
    least = np.where(unlisted, logs, np.inf).min(axis=1)
    return Known(found, mass, mass, least)


def complete(p: View, q: View, vocabulary: int | None) -> Marks:
    """Whether both sides know all tokens of a row."""
    number = len((p.lists or q.lists).ids)  # type: ignore[union-attr]
    found = np.ones(number, bool)
    for side in (p, q):
        if side.lists is not None:
            found &= (side.lists.ids >= 0).sum(axis=1) == (-1 if vocabulary is None else vocabulary)
    return found


def own_tail(side: View) -> Floats | float:
    """The mass of what a side does not list."""
    return 0.0 if side.lists is None else (side.lists.tail_low + side.lists.tail_high) / 2.0


def entropies(side: View, vocabulary: int | None) -> tuple[Floats, Floats]:
    """The least and the largest entropy that a side may have."""
    logs = side.logs if side.logs is not None else side.lists.logs  # type: ignore[union-attr]
    own = -np.where(logs > -np.inf, np.exp(logs) * np.where(logs > -np.inf, logs, 0.0), 0.0).sum(axis=1)
    if side.lists is None:
        return own, own
    lists = side.lists
    missing = np.inf if vocabulary is None else np.maximum(vocabulary - (lists.ids >= 0).sum(axis=1), 0)
    low, high = lists.tail_low, np.minimum(lists.tail_high, 1.0)
    least = own + np.minimum(minus_t_log_t(low), minus_t_log_t(high))
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.where(high > 0.0, high * np.log(missing), 0.0)
    most = own + np.maximum(minus_t_log_t(low), minus_t_log_t(high)) + more
    nothing = missing == 0
    return np.where(nothing, own, least), np.where(nothing, own, most)


def minus_t_log_t(t: Floats) -> Floats:
    """-t log t, 0 at 0."""
    return -t * np.log(np.where(t > 0.0, t, 1.0))


def bounds(found: Measured, place: slice, known: tuple[Known, Known], whole: Marks) -> None:
    """Lower and upper bounds of the divergences."""
    ends = found.bounds
    assert ends is not None  # noqa: S101
    p, q = known
    rest_p, rest_q = nearest(p, q, whole)
    with np.errstate(divide="ignore"):
        merged = logit_pairs(np.column_stack([p.logs, np.log(rest_p)]), np.column_stack([q.logs, np.log(rest_q)]))
    for name in MERGED:
        getattr(found, name)[place] = np.where(merged.finite, getattr(merged, name), 0.0)
    least = {name: getattr(found, name)[place] for name in MERGED}
    ends.kl[place] = np.where(whole, least["kl"], np.maximum(least["kl"], most_kl(p, q)))
    ends.reverse_kl[place] = np.where(whole, least["reverse_kl"], np.maximum(least["reverse_kl"], most_kl(q, p)))
    high_p, high_q = np.where(whole, 0.0, p.rest_high), np.where(whole, 0.0, q.rest_high)
    ends.js[place] = np.minimum(least["js"] + (high_p + high_q) / 2.0 * math.log(2.0), math.log(2.0))
    ends.total_variation[place] = np.minimum(least["total_variation"] + np.minimum(high_p, high_q), 1.0)
    ends.exact[place] = whole


def nearest(p: Known, q: Known, whole: Marks) -> tuple[Floats, Floats]:
    """The masses of the others, as near to each other as rounding allows; 0 where there are no others."""
    middle = np.maximum(p.rest_low, q.rest_low)
    first = np.where(p.rest_low > q.rest_high, p.rest_low, np.where(q.rest_low > p.rest_high, p.rest_high, middle))
    second = np.where(q.rest_low > p.rest_high, q.rest_low, np.where(p.rest_low > q.rest_high, q.rest_high, middle))
    return np.where(whole, 0.0, first), np.where(whole, 0.0, second)


def most_kl(p: Known, q: Known) -> Floats:
    """KL(P||Q) with all that P does not list on the least probable token of Q; infinite where Q is not known whole."""
    here = p.logs > -np.inf
    with np.errstate(invalid="ignore"):
        head = np.where(here, np.exp(p.logs) * np.where(here, p.logs - q.logs, 0.0), 0.0).sum(axis=1)
    worst = np.maximum(*(t_log_t_over(t, q.least) for t in (p.rest_low, np.minimum(p.rest_high, 1.0))))
    return np.where(np.isnan(q.least), np.inf, head + worst)


def t_log_t_over(t: Floats, log_q: Floats) -> Floats:
    """T log(t / q), 0 at 0."""
    with np.errstate(invalid="ignore"):
        return np.where(t > 0.0, t * (np.log(np.where(t > 0.0, t, 1.0)) - log_q), 0.0)
