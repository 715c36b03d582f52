"""How much of a shift would go away if the reference were reweighted to the margins of the current table.

The current table R has those margins itself, so that for the reference Q and its projection P onto them

    KL(R || Q)  =  KL(R || P)  +  KL(P || Q)
    before         left           removed

which is the Pythagorean identity of I-projections. Csiszar 1975, theorem 2.2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.comparison.compare import chosen
from bitsapart.comparison.joint import levels_of
from bitsapart.comparison.options import Options
from bitsapart.estimate.counts import seed_of
from bitsapart.estimate.intervals.noncentral import METHOD as NONCENTRAL
from bitsapart.estimate.intervals.noncentral import Spread, interval, slope_of
from bitsapart.measures.kl_divergence import kl_divergence
from bitsapart.projection.i_projection import Projection, i_projection
from bitsapart.tables.engines.memory import MemoryEngine
from bitsapart.tables.levels import Levels, coded, count_cells
from bitsapart.tables.source import Table, open_table
from bitsapart.tables.survey import survey
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.profile import Profile
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]

LARGEST = 20_000
"""Cells of the joint table at most."""
REPLICATES = 200
METHOD = f"plug-in, bias-corrected by the bootstrap + {NONCENTRAL}"


@dataclass(frozen=True, eq=False)
class Reweighting:
    """What reweighting the reference to the current margins would do; in bits a row, of the joint table of columns."""

    columns: tuple[str, ...]
    margins: tuple[tuple[str, ...], ...]
    before: Estimate
    """KL(current || reference) of all columns jointly, on their levels."""
    removed: Estimate
    """The part of it that reweighting to the margins removes."""
    left: Estimate
    """What is left of it."""
    effective_share: float
    """Rows of the reference that the weights leave, as an effective sample size, of 1."""
    new_mass: float
    """Share of the current rows in cells that the reference never had."""
    rows: tuple[int, int]
    """Of the reference and the current table."""
    cells: Array
    """Weight of a row in every cell; an axis a column."""
    levels: tuple[Levels, ...]

    def weights(self, table: Table) -> Array:
        """A weight for every row of a table with these columns, such as the reference: 1 on average there."""
        source = open_table(table, "table")
        missing = [name for name in self.columns if name not in source.schema]
        if missing:
            raise UsageError(f"{source.schema.name} has no column {missing[0]!r}, and rows are weighted by it")
        return np.concatenate([self.cells[codes] for codes in coded(source, self.levels)])

    def __str__(self) -> str:
        by = " and ".join(", ".join(axes) for axes in self.margins)
        return "\n".join(
            [
                f"reweighting the reference to the current margins of {by} would remove {self.removed.value:.3g} of "
                f"{self.before.value:.3g} bits",
                f"before           {self.before}",
                f"removed          {self.removed}",
                f"left             {self.left}",
                f"effective share  {self.effective_share:.3g} of {self.rows[0]:,} rows",
                *([f"new cells        {self.new_mass:.2%} of the current rows"] if self.new_mass else []),
            ]
        )


def reweighting(
    reference: Table,
    current: Table,
    columns: Sequence[str],
    *,
    by: Sequence[str | tuple[str, ...]] | None = None,
    levels: int = 8,
    prior: float = 0.5,
    level: float = 0.95,
    seed: int = 0,
) -> Reweighting:
    """How many bits of the joint shift of some columns a reweighting of the reference would remove.

    Both tables are counted on the cells of all the columns, and the reference is raked to the current margins
    (``i_projection``).

    Args:
        reference: the table that is acted on, as in `compare`; its rows are needed.
        current: the table that tells the truth now.
        columns: names of the columns whose joint shift is meant.
        by: the margins to rake to, each a column or a tuple of columns; by default every column by itself.
        levels: levels of a column at most: parts of the reference, or its most common values; null is one more.
        prior: rows that the reference spends on cells that the current table has and it lacks.
        level: confidence level of the intervals, which are from the bootstrap.
        seed: of the bootstrap.

    Returns:
        A `Reweighting`: ``.before``, ``.removed``, ``.left`` in bits, ``.weights(table)``.

    Raises:
        UsageError: a column that is not there; too many cells; no prior where the reference lacks a level.
        DataError: a table cannot be read.

    >>> before = {"age": ["old", "young"] * 500, "buys": ["no", "no", "yes", "yes"] * 250}
    >>> after = {"age": ["old", "old", "old", "young"] * 250, "buys": ["no", "no", "yes", "yes"] * 250}
    >>> print(str(reweighting(before, after, ["age", "buys"])).splitlines()[0])
    reweighting the reference to the current margins of age and buys would remove 0.185 of 0.496 bits
    """
    options = Options(0.0, level, prior)
    seed = seed_of(seed)
    if isinstance(levels, bool) or not isinstance(levels, int) or levels < 2:
        raise UsageError(f"levels should be a whole number, 2 or more; got {levels!r}")
    names = distinct(columns)
    margins = margins_of(names, by)
    counts, kept = counted(reference, current, names, levels)
    found = raked(counts[0], counts[1], margins, prior)
    draws = bootstrap(counts, margins, prior, seed)
    before, removed, left = answers(found, draws, counts, options)
    new = float(counts[1][counts[0] == 0].sum()) / float(counts[1].sum())
    rows = int(counts[0].sum()), int(counts[1].sum())
    said = tuple(tuple(names[axis] for axis in axes) for axes in margins)
    share, weights = found[2].effective_share, found[2].weights
    return Reweighting(tuple(names), said, before, removed, left, share, new, rows, weights, tuple(kept))


def distinct(columns: Sequence[str]) -> list[str]:
    """The names of the columns."""
    names = [columns] if isinstance(columns, str) else list(columns)
    if not names or len(set(names)) < len(names):
        raise UsageError(f"columns should be different names, one at least; got {columns!r}")
    return names


def margins_of(names: Sequence[str], by: Sequence[str | tuple[str, ...]] | None) -> list[tuple[int, ...]]:
    """The margins as axes."""
    asked = [by] if isinstance(by, str) else list(names if by is None else by)
    margins = []
    for one in asked:
        wanted = (one,) if isinstance(one, str) else tuple(one)
        unknown = [name for name in wanted if name not in names]
        if unknown or not wanted:
            raise UsageError(f"by= should name some of the columns {', '.join(map(repr, names))}; got {one!r}")
        margins.append(tuple(names.index(name) for name in wanted))
    if not margins:
        raise UsageError("by= names no margin to rake to")
    return margins


def counted(
    reference: Table, current: Table, names: Sequence[str], size: int
) -> tuple[NDArray[np.int64], list[Levels]]:
    """Rows of both tables in every cell, shape (2, levels of each column), and the levels."""
    if isinstance(reference, Profile):
        raise UsageError("a profile has counts of single columns, and the joint shift needs the reference's rows")
    before = MemoryEngine(open_table(reference, "reference"))
    after = MemoryEngine(open_table(current, "current"))
    chosen(before.schema(), after.schema(), names, ())
    plan = survey(before, names).of(names)
    own, other = before.count(plan), after.count(plan)
    levels = [levels_of(plan[name], own[name], other[name], size) for name in names]
    cells = math.prod(len(one.labels) for one in levels)
    if cells > LARGEST:
        raise UsageError(
            f"{len(names)} columns have {cells:,} cells together, and {LARGEST:,} are the most: take fewer columns, or "
            "fewer levels="
        )
    return np.stack([count_cells(side.source, levels) for side in (before, after)]), levels


def raked(
    reference: NDArray[np.int64], current: NDArray[np.int64], margins: Sequence[tuple[int, ...]], prior: float
) -> tuple[float, float, Projection]:
    """Nats before and nats removed, as the counts have them, and the projection."""
    new = (reference == 0) & (current > 0)
    if new.any() and not prior:
        raise UsageError("the reference lacks cells that the current table has: give prior= some rows for them")
    q = reference + np.where(new, prior / max(int(new.sum()), 1), 0.0)
    axes = range(current.ndim)
    asked = {own: current.sum(axis=tuple(a for a in axes if a not in own)) for own in margins}
    # a margin's axes are in the order that the user gave
    asked = {own: np.transpose(target, np.argsort(np.argsort(own))) for own, target in asked.items()}
    found = i_projection(q, margins=asked)
    before = float(kl_divergence(current.ravel().astype(float), q.ravel(), normalize=True, unit="nat"))
    return before, min(found.cost.to(Unit.nat).value, before), found


def bootstrap(counts: NDArray[np.int64], margins: Sequence[tuple[int, ...]], prior: float, seed: int) -> Array:
    """Nats before and removed of replicates, shape (replicates, 2): both tables drawn anew from their own shares."""
    draw = np.random.default_rng(seed)
    shares = [side.ravel() / side.sum() for side in counts]
    found = np.empty((REPLICATES, 2))
    for i in range(REPLICATES):
        sides = [
            draw.multinomial(int(side.sum()), p).reshape(side.shape) for side, p in zip(counts, shares, strict=True)
        ]
        found[i] = raked(sides[0], sides[1], margins, prior)[:2]
    return found


def answers(
    found: tuple[float, float, Projection], draws: Array, counts: NDArray[np.int64], options: Options
) -> tuple[Estimate, Estimate, Estimate]:
    """Before, removed and left, in bits: each less the bias that the replicates show, with its interval.

    Where the truth is 0, the plug-in of d free parameters has bias b = d (1/n + 1/m) / 2 and variance b (1/n + 1/m).
    """
    rows = counts.reshape(2, -1).sum(axis=1)
    plain = np.array([found[0], found[1], found[0] - found[1]])
    replicates = np.column_stack([draws, draws[:, 0] - draws[:, 1]])
    bias = np.maximum(replicates.mean(axis=0) - plain, 0.0)
    at_zero = bias * float((1.0 / rows).sum())
    first_order = np.maximum(replicates.var(axis=0) - at_zero, 0.0)
    unbiased = plain - bias
    spread = Spread(unbiased, bias, at_zero, slope_of(unbiased, first_order, bias, at_zero))
    lows, highs = interval(spread, options.level)
    values = np.maximum(unbiased, 0.0)
    # the identity holds for what is reported
    values[0] = values[1] + values[2]

    def estimate(i: int) -> Estimate:
        low, high = min(float(lows[i]), values[i]), max(float(highs[i]), values[i])
        nats = Estimate(float(values[i]), low, high, options.level, "confidence", METHOD, Unit.nat, int(rows[1]))
        return nats.to(Unit.bit)

    return estimate(0), estimate(1), estimate(2)
