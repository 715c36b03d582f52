"""Sums over the values of discrete distributions, with a bound of what they leave out.

The whole numbers are cut into blocks that double in length away from where the mass is. Short blocks are added up; a
long one is added up by `lattice_rule` and halved until the highest coefficients say that it is exact, so that 1e9
values cost little more than 100. Towards infinity blocks are added until what is left is negligible, judged by the
ratio of the last two; where blocks do not get smaller, the sum is infinite.

Divergences are sums of terms that are never negative, such as p log(p / q) - p + q, so nothing cancels.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.found import EPS, Found
from bitsapart.families.maths.ratios import excess
from bitsapart.families.numeric.lattice_rule import NODES, lattice_rule
from bitsapart.families.support import Lattice, Points

Array = Any
Term = Callable[..., Array]

LEAF = 64
"""A block of so many values or fewer is added up."""
FAR = 2.0**900
"""Centres lie within this."""
FURTHEST = 2.0**950
"""Blocks longer than this are not looked at."""
NEGLIGIBLE = 2e-17
LEVELS = (1e-9, 1e-3, 0.5)
"""Quantiles near which blocks are short, from either end."""
MISSED = 1e-7
"""Mass that may be missing before an answer counts as unknown."""
SLOW = 0.99
"""Ratio of the last of all blocks above which a sum may or may not be finite."""
AHEAD = 32
"""Blocks of a ray that are looked at in one go, at most."""
AT_ONCE = 4096
"""Blocks, or pairs, in memory."""
BUDGET = 50_000_000
"""Values of one pair or batch that may be looked at."""
NEAR = 0.25


def lattice_entropy(p: Distribution) -> Found:
    """H(P) = -sum p log p of a distribution on whole numbers or points."""
    return _total((p,), lambda _x, unit, log_p: _times(np.exp(log_p), unit - log_p))


def lattice_kl(p: Distribution, q: Distribution) -> Found:
    """KL(P || Q) = sum (p log(p / q) - p + q) of distributions on whole numbers or points; infinite with a note.

    What Q has between the points of P is the rest of its mass, where that is not small.
    """
    if isinstance(p.support, Points) and isinstance(q.support, Lattice):
        rest = 1.0 - _total((p, q), lambda _x, _unit, _log_p, log_q: np.exp(log_q), only_points=True).value
        if np.all(rest > 0.01):
            found = _total((p, q), lambda _x, _unit, log_p, log_q: kl_terms(log_p, log_q), only_points=True)
            return Found(found.value + rest, found.error + 4.0 * EPS, found.kind, found.method, found.note, found.n)
    return sum_over(p, q, kl_terms)


def sum_over(p: Distribution, q: Distribution, integrand: Term) -> Found:
    """Sum of ``integrand(log_p, log_q)`` over all values that P or Q can take.

    The integrand is elementwise, never negative, 0 for two logarithms of -inf, and homogeneous: when both logarithms
    grow by c, it grows by the factor e^c, as p f(q / p) does.
    """
    return _total((p, q), lambda _x, _unit, log_p, log_q: integrand(log_p, log_q))


def expectation(p: Distribution, function: Callable[..., Array], *parameters: Any) -> Found:
    """E f(X, *parameters) for a function that does not change its sign; parameters are arrays of the batch."""
    return _total((p,), lambda x, _unit, log_p, *held: _times(np.exp(log_p), function(x, *held)), parameters)


def kl_terms(log_p: Array, log_q: Array) -> Array:
    """P log(p / q) - p + q >= 0 from two logarithms, with the relative precision of their difference."""
    p = np.exp(log_p)
    both = (log_p > -np.inf) & (log_q > -np.inf)
    ratio = np.where(both, log_q - log_p, 0.0)
    near = p * excess(np.expm1(np.where(np.abs(ratio) < NEAR, ratio, 0.0)))
    far = np.exp(log_q) - p - _times(p, ratio)
    alone = np.where(log_p > -np.inf, np.inf, np.exp(log_q))
    return np.where(both, np.where(np.abs(ratio) < NEAR, near, far), alone)


def _times(mass: Array, value: Array) -> Array:
    """A product that is 0 where there is no mass."""
    return np.where(mass > 0.0, mass * np.where(mass > 0.0, value, 0.0), 0.0)


@dataclass
class Blocks:
    """Runs of whole numbers base + sign * (offset ... offset + size - 1), each of a pair."""

    owner: Array
    base: Array
    sign: Array
    offset: Array
    size: Array

    def __getitem__(self, index: Any) -> "Blocks":
        return Blocks(*(getattr(self, field.name)[index] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.owner)

    def at(self, steps: Array) -> Array:
        """Values at steps (nodes, blocks) into each."""
        return self.base + self.sign * (self.offset + steps)

    def halves(self) -> "Blocks":
        """Twice as many, half as long."""
        half = 0.5 * self.size
        first = Blocks(self.owner, self.base, self.sign, self.offset, half)
        return _joined([first, Blocks(self.owner, self.base, self.sign, self.offset + half, half)])


def _joined(parts: list[Blocks]) -> Blocks:
    parts = [Blocks(np.zeros(0, np.intp), *np.zeros((4, 0))), *parts]
    return Blocks(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Blocks)))


@dataclass
class Summand:
    """What is added up: of a batch of pairs, the term, its rounding error, and the masses, which should be 1."""

    members: tuple[Distribution, ...]
    term: Term
    parameters: tuple[Any, ...]

    def __call__(self, owner: Array, x: Array, unit: Array) -> Array:
        """At x (values, blocks), each times e^unit; (quantities, values, blocks)."""
        logs = [np.asarray(_of(member, owner).log_density(x)) + unit for member in self.members]
        held = [np.asarray(parameter)[owner] if np.ndim(parameter) else parameter for parameter in self.parameters]
        terms = self.term(x, unit, *logs, *held)
        # logarithms are rounded: by that much a term may differ
        moved = logs[0] + EPS * (4.0 + np.abs(np.where(np.isfinite(logs[0]), logs[0] - unit, 0.0)))
        rounding = self.term(x, unit, moved, *logs[1:], *held) - terms
        rounding = np.where(np.isnan(rounding), 0.0, np.abs(rounding))
        return np.stack(np.broadcast_arrays(terms, rounding, *map(np.exp, logs)))

    def __len__(self) -> int:
        return 2 + len(self.members)

    def over(self, blocks: Blocks) -> tuple[Array, Array]:
        """Sums over blocks and estimates of their errors, each (quantities, blocks)."""
        sums, errors = np.zeros((len(self), len(blocks))), np.zeros((len(self), len(blocks)))
        short = blocks.size <= LEAF
        for chosen, rule in ((short, self._added), (~short, self._interpolated)):
            places = np.flatnonzero(chosen)
            for start in range(0, len(places), AT_ONCE):
                some = places[start : start + AT_ONCE]
                sums[:, some], errors[:, some] = rule(blocks[some])
        return sums, errors

    def _added(self, blocks: Blocks) -> tuple[Array, Array]:
        steps = np.arange(blocks.size.max())[:, np.newaxis]
        inside = steps < blocks.size
        values = self(blocks.owner, blocks.at(np.where(inside, steps, 0.0)), np.zeros(()))
        sums = np.where(inside, values, 0.0).sum(axis=1)
        return sums, np.zeros_like(sums)

    def _interpolated(self, blocks: Blocks) -> tuple[Array, Array]:
        sizes, which = np.unique(blocks.size, return_inverse=True)
        rules = [lattice_rule(int(exponent)) for exponent in np.log2(sizes)]
        steps = np.stack([nodes for nodes, _ in rules], axis=1)[:, which]
        values = self(blocks.owner, blocks.at(steps), np.log(blocks.size))
        matrices = np.stack([matrix for _, matrix in rules])[which]
        found = np.einsum("bcn,qnb->cqb", matrices, values)
        errors = np.abs(found[1:]).sum(axis=0)
        return found[0], np.where(np.isfinite(errors), errors, 0.0)


def _of(member: Distribution, owner: Array) -> Any:
    return member[owner] if member.batch_shape else member


def _total(
    members: tuple[Distribution, ...], term: Term, parameters: tuple[Any, ...] = (), *, only_points: bool = False
) -> Found:
    """The sum of a term over the values of all members, or over the points that are supports, of a batch."""
    shapes = [member.batch_shape for member in members] + [np.shape(parameter) for parameter in parameters]
    shape = np.broadcast_shapes(*shapes)
    everyone = np.ones(shape, bool)
    flat = tuple(m.broadcast_to(shape)[everyone] if m.batch_shape else m for m in members)
    held = tuple(np.broadcast_to(parameter, shape)[everyone] if shape else parameter for parameter in parameters)
    points = _points_of(members)
    at_once = max(1, AT_ONCE * LEAF // max(LEAF, len(points)))
    parts = []
    for start in range(0, everyone.size, at_once):
        some = np.arange(start, min(start + at_once, everyone.size))
        chosen = tuple(_of(member, some) for member in flat)
        own = tuple(np.asarray(parameter)[some] if shape else parameter for parameter in held)
        with np.errstate(all="ignore"):
            total = _Sum(Summand(chosen, term, own), len(some), points)
            parts.append(total.over_points() if only_points else total.over_all())
    whole = parts[0].each(lambda *arrays: np.concatenate(arrays), *parts[1:]) if parts else Found.of(np.zeros(0), "")
    return whole.each(lambda field: field.reshape(shape))


def _points_of(members: tuple[Distribution, ...]) -> Array:
    """The points of all supports that are points."""
    sets = [member.support.points for member in members if isinstance(member.support, Points)]
    return np.unique(np.concatenate([np.asarray(points, float) for points in sets])) if sets else np.zeros(0)


@dataclass
class Stretches:
    """Whole numbers from low to high, both included, of the pairs ``owner``; ends may be infinite."""

    owner: Array
    low: Array
    high: Array

    @property
    def size(self) -> Array:
        """How many numbers."""
        return self.high - self.low + 1.0

    def __getitem__(self, index: Any) -> "Stretches":
        return Stretches(self.owner[index], self.low[index], self.high[index])


class _Sum:
    """The sum of one summand for each of ``count`` pairs while it grows."""

    def __init__(self, summand: Summand, count: int, points: Array) -> None:
        self.summand, self.count, self.points = summand, count, points
        self.total = np.zeros((len(summand), count))
        self.error = np.zeros((len(summand), count))
        self.seen = np.zeros((len(summand), count))
        self.looked_at = np.zeros(count, np.int64)
        self.whole = np.ones(count, bool)
        self.diverges = np.zeros(count, bool)
        self.slow = np.zeros(count, bool)
        self.waiting: list[tuple[Blocks, Array, Array]] = []

    def over_points(self) -> Found:
        self._add_points()
        return self._answer(np.zeros(self.count, bool))

    def over_all(self) -> Found:
        self._add_points()
        stretches = self._stretches()
        short = stretches.size <= LEAF * LEAF
        self._hold(_chopped(stretches[short]))
        long = stretches[~short]
        if len(long.owner):
            self.whole[long.owner] = False
            rays = _rays(long, self._centres(long))
            endless = np.isinf(rays.size)
            self._hold(_doubling(rays[~endless]))
            self._outwards(rays[endless])
        self._refine()
        missed = (np.abs(self.total[2:] - 1.0) > MISSED + self.error[2:]).any(axis=0)
        return self._answer(missed & np.isfinite(self.total[0]))

    def _answer(self, missed: Array) -> Found:
        """What was found, and what is to be said about it."""
        value = np.where(self.diverges, np.inf, self.total[0])
        infinite, slow = np.isinf(value), self.slow & ~self.diverges
        error = self.total[1] + self.error[0] + self.error[1] + 4.0 * EPS * np.abs(value)
        cases = [
            (self.diverges, "exact", "the terms of its series do not fall off"),
            (infinite, "exact", "support: P has mass where Q has none"),
            (missed | np.isnan(value), "unknown", "part of the mass was not found"),
            (slow, "unknown", "its series converges too slowly to be added up"),
            (self.whole, "exact", ""),
        ]
        conditions = [condition for condition, _, _ in cases]
        kind = np.select(conditions, [word for _, word, _ in cases], "bound")
        note = np.select(conditions, [note for _, _, note in cases], "")
        method = np.where(self.whole, "finite sum", "series")
        error = np.where(infinite, 0.0, error)
        return Found(value, error, kind.astype(object), method.astype(object), note.astype(object), self.looked_at)

    # where to look

    def _add_points(self) -> None:
        """Add up what lies at points."""
        for start in range(0, len(self.points), AT_ONCE):
            x = self.points[start : start + AT_ONCE, np.newaxis]
            step = max(1, AT_ONCE * LEAF // len(x))
            for first in range(0, self.count, step):
                owner = np.arange(first, min(first + step, self.count))
                values = self.summand(owner, np.broadcast_to(x, (len(x), len(owner))), np.zeros(()))
                self.total[:, owner] += values.sum(axis=1)
        self.looked_at += len(self.points)

    def _stretches(self) -> Stretches:
        """Runs of whole numbers on which no support begins or ends, without the points."""
        ends = [
            np.broadcast_arrays(member.support.low, member.support.high, np.zeros(self.count))[:2]
            for member in self.summand.members
            if isinstance(member.support, Lattice)
        ]
        if not ends:
            return Stretches(np.zeros(0, np.intp), np.zeros(0), np.zeros(0))
        whole = self.points[self.points == np.floor(self.points)]
        starts = np.setdiff1d(whole, whole + 1.0)
        edges = [edge for low, high in ends for edge in (low, high + 1.0)]
        edges += list(
            np.broadcast_to(np.union1d(whole, whole + 1.0)[:, np.newaxis], (len(whole) + len(starts), self.count))
        )
        sorted_edges = np.sort(np.stack(edges), axis=0)
        low, past = sorted_edges[:-1], sorted_edges[1:]
        first = np.stack([low for low, _ in ends]).min(axis=0)
        last = np.stack([high for _, high in ends]).max(axis=0)
        usable = (past > low) & (low >= first) & (past <= last + 1.0) & ~np.isin(low, whole)
        owner = np.broadcast_to(np.arange(self.count), low.shape)
        return Stretches(owner[usable], low[usable], past[usable] - 1.0)

    def _centres(self, stretches: Stretches) -> Array:
        """Where the mass of the owners of stretches is; (centres, stretches), sorted."""
        low, high = stretches.low, stretches.high
        # a quantile that could not be computed says nothing
        instead = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))
        rows = [instead]
        for member in self.summand.members:
            if isinstance(member.support, Lattice):
                found = [ask(level) for level in LEVELS for ask in (member.quantile, member.upper_quantile)]
                rows += [np.broadcast_to(np.asarray(row, float), self.count)[stretches.owner] for row in found]
        rows = [np.where(np.isfinite(row), np.rint(row), instead) for row in rows]
        return np.sort(np.clip(np.stack(rows), np.maximum(low, -FAR), np.minimum(high, FAR)), axis=0)

    # how to add up

    def _hold(self, blocks: Blocks) -> tuple[Array, Array]:
        """Sums over blocks and their errors, kept until all are known."""
        sums, errors = self.summand.over(blocks)
        looked_at = np.where(blocks.size > LEAF, NODES, blocks.size)
        self.looked_at += np.bincount(blocks.owner, looked_at, self.count).astype(np.int64)
        self.waiting.append((blocks, sums, errors))
        for seen, sizes in zip(self.seen, np.abs(sums), strict=True):
            seen += np.bincount(blocks.owner, sizes, self.count)
        return sums, errors

    def _outwards(self, rays: Blocks) -> None:
        """Walk along rays to infinity in blocks that double, until nothing is left."""
        zero = np.zeros(len(rays))
        before, _ = self._hold(Blocks(rays.owner, rays.base, rays.sign, zero, zero + LEAF))
        near, many = float(LEAF), 2
        while len(rays):
            starts = np.repeat(near * 2.0 ** np.arange(many), len(rays))
            each = rays[np.tile(np.arange(len(rays)), many)]
            sums, _ = self._hold(Blocks(each.owner, each.base, each.sign, starts, starts))
            sums = np.concatenate([before[:, np.newaxis], sums.reshape(len(sums), many, -1)], axis=1)
            near *= 2.0**many
            many = min(2 * many, AHEAD)
            ended = self._ended(rays, sums[:, -1], sums[:, -2], near)
            rays, before = rays[~ended], sums[:, -1, ~ended]

    def _ended(self, rays: Blocks, sums: Array, before: Array, reached: float) -> Array:
        """Which rays to infinity have nothing more to add; adds what a geometric series would."""
        scale = self.seen[:, rays.owner]
        scale[2:] = 1.0
        sums, before = np.abs(sums), np.abs(before)
        ratio = np.where(before > 0.0, sums / before, np.where(sums > 0.0, np.inf, 0.0))
        tail = np.where(ratio < 1.0, sums * ratio / (1.0 - ratio), np.inf)
        tail = np.where(sums == 0.0, 0.0, tail)
        small = (tail <= NEGLIGIBLE * scale)[[0, *range(2, len(tail))]].all(axis=0)
        far = ~small & (reached >= FURTHEST)
        ended = small | far
        for quantity in range(len(tail)):
            finite = ended & np.isfinite(tail[quantity])
            np.add.at(self.error[quantity], rays.owner[finite], tail[quantity, finite])
            np.add.at(self.total[quantity], rays.owner[finite & far], tail[quantity, finite & far])
        self.diverges[rays.owner[far & (ratio[0] > 1.0 - 1e-9)]] = True
        self.slow[rays.owner[far & (ratio[0] > SLOW)]] = True
        return ended

    def _refine(self) -> None:
        """Halve the blocks that are not exact yet."""
        while self.waiting:
            blocks = _joined([held for held, _, _ in self.waiting])
            sums, errors = (np.concatenate([held[i] for held in self.waiting], axis=1) for i in (1, 2))
            seen = np.abs(self.total[0]) + np.bincount(blocks.owner, np.abs(sums[0]), self.count)
            enough = NEGLIGIBLE * seen[blocks.owner] + 16.0 * EPS * np.abs(sums[0]) + np.abs(sums[1])
            rough = (errors[0] > enough) | (errors[2:] > 1e-10).any(axis=0)
            rough &= (blocks.size > LEAF) & (self.looked_at[blocks.owner] < BUDGET)
            done = ~rough
            for quantity in range(len(sums)):
                self.total[quantity] += np.bincount(blocks.owner[done], sums[quantity, done], self.count)
                self.error[quantity] += np.bincount(blocks.owner[done], errors[quantity, done], self.count)
            self.waiting = []
            if rough.any():
                self._hold(blocks[rough].halves())


def _chopped(stretches: Stretches) -> Blocks:
    """The same values in blocks of LEAF or fewer."""
    pieces = np.ceil(stretches.size / LEAF).astype(np.intp)
    which = np.repeat(np.arange(len(pieces)), pieces)
    offset = float(LEAF) * (np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces))
    whole = stretches[which]
    return Blocks(whole.owner, whole.low, np.ones(len(which)), offset, np.minimum(LEAF, whole.size - offset))


def _doubling(rays: Blocks) -> Blocks:
    """The same values in blocks that double from the start of each."""
    parts = []
    offset, size = np.zeros(len(rays)), np.full(len(rays), float(LEAF))
    while len(rays):
        left = rays.size - offset
        whole = np.exp2(np.floor(np.log2(np.maximum(left, LEAF))))
        taken = np.where(left <= LEAF, left, np.minimum(whole, size))
        parts.append(Blocks(rays.owner, rays.base, rays.sign, offset, taken))
        offset = offset + taken
        size = np.maximum(size, offset)
        going = offset < rays.size
        rays, offset, size = rays[going], offset[going], np.exp2(np.floor(np.log2(size[going])))
    return _joined(parts)


def _rays(stretches: Stretches, centres: Array) -> Blocks:
    """Stretches cut at centres and half way between: from each centre, one ray up and one down."""
    # half way, or just below where two are equal
    bounds = np.where(centres[1:] > centres[:-1], np.floor(0.5 * (centres[:-1] + centres[1:] - 1.0)), centres[1:] - 1.0)
    ups = np.concatenate([bounds, [stretches.high]]) - centres + 1.0
    downs = centres - np.concatenate([[stretches.low], bounds + 1.0])
    owner = np.broadcast_to(stretches.owner, centres.shape).ravel()
    zero = np.zeros(centres.size)
    up = Blocks(owner, centres.ravel(), zero + 1.0, zero, ups.ravel())
    down = Blocks(owner, centres.ravel() - 1.0, zero - 1.0, zero, downs.ravel())
    rays = _joined([up, down])
    return rays[rays.size >= 1.0]
