"""Which of several families: what rows cost that a fit has not seen, cross-validated, in bits a row, and paired."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bitsapart.estimate.mean import difference_of, mean_of
from bitsapart.families.distribution import Distribution
from bitsapart.families.registry import CONTINUOUS, DISCRETE
from bitsapart.fitting.account import fit_of
from bitsapart.fitting.fitted import Options
from bitsapart.fitting.forward import fitted
from bitsapart.fitting.gathered import drawn
from bitsapart.fitting.result import Candidate, Fit, FitComparison
from bitsapart.fitting.target import Sample, in_memory
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = Any

MOST_ROWS = 1 << 17
"""Rows that are cross-validated: the bits of a row are known to a thousandth by then."""


def compared(families: Sequence[type[Distribution]], sample: Sample, options: Options, folds: int) -> FitComparison:
    """Families fitted to one sample, the one whose held-out rows cost least first.

    Raises:
        UsageError: none of them can be fitted; says why for each.
    """
    names = [family.__name__ for family in families]
    rows, weights = held_rows(sample, options.seed)
    excluded = densities(families, rows)
    enough = len(rows) >= 2 * folds
    found: list[Candidate] = []
    losses: dict[str, Array] = {}
    for family in families:
        name = family.__name__
        fit, held_out, why = None, None, excluded.get(name, "")
        if not why:
            try:
                fit = whole_fit(family, sample, options)
                held_out = held_out_losses(family, rows, weights, options, folds) if enough else None
            except UsageError as error:
                why = str(error)
        if fit is None:
            found.append(Candidate(name, (), None, None, why))
            continue
        if held_out is not None:
            losses[name] = held_out
        found.append(Candidate(name, (fit,), None, None, why))
    if not any(candidate.fits for candidate in found):
        raise UsageError("; ".join(candidate.note for candidate in found))
    ordered = ranked(found, losses, weights, options.level)
    best = next(candidate.fits[0] for candidate in ordered if candidate.fits)
    notes = list(best.notes[: len(sample.notes)])
    if len(rows) < sample.rows:
        notes.append(f"held-out bits are those of {len(rows):,} rows drawn at random, in {folds} folds")
    few = f"{len(rows)} rows are too few to compare families on rows they have not seen, in {folds} folds"
    notes += [] if enough else [few]
    if len(set(names)) < len(names):
        notes.append("a family that was named twice is listed once")
    return FitComparison(sample.words, best.n, best.entropy, tuple(ordered), tuple(notes))


def whole_fit(family: type[Distribution], sample: Sample, options: Options) -> Fit:
    """The fit to all rows."""
    return fit_of(fitted(family, sample, options), sample, options.level, options.seed)


def held_rows(sample: Sample, seed: int) -> tuple[Array, Array | None]:
    """Rows to cross-validate: all, or some at random; counts become rows."""
    values, weights = sample.all()
    if sample.weighting != "counts":
        chosen = drawn(len(values), MOST_ROWS, seed)
        return values[chosen], None if weights is None else weights[chosen]
    assert weights is not None  # noqa: S101 - counts are
    total = int(weights.sum())
    if total > MOST_ROWS:
        weights = np.random.default_rng(seed).multinomial(MOST_ROWS, weights / total)
    return np.repeat(values, weights.astype(np.int64), axis=0), None


def densities(families: Sequence[type[Distribution]], rows: Array) -> dict[str, str]:
    """Families that cannot be compared with the others: densities with probabilities."""
    discrete = [family.__name__ for family in families if family.__name__ in DISCRETE]
    continuous = [family.__name__ for family in families if family.__name__ in CONTINUOUS or is_mixture(family)]
    if not discrete or not continuous:
        return {}
    if bool(np.all(rows == np.floor(rows))):
        why = "it has a density, and the values are whole numbers, of which the other families have probabilities"
        return dict.fromkeys(continuous, f"not compared: {why}")
    return {}


def is_mixture(family: type[Distribution]) -> bool:
    """Whether it is fitted as a mixture of normals."""
    return family.__name__ == "Mixture"


def held_out_losses(
    family: type[Distribution], rows: Array, weights: Array | None, options: Options, folds: int
) -> Array:
    """-log q of every row by a fit to the rows of the other folds, in nats."""
    fold = np.random.default_rng(options.seed).permutation(np.arange(len(rows)) % folds)
    found = np.empty(len(rows))
    weighting: Any = "none" if weights is None else "weights"
    for k in range(folds):
        there = fold != k
        part = in_memory(rows[there], None if weights is None else weights[there], weighting)
        member = fitted(family, part, options).in_x()
        with np.errstate(all="ignore"):
            found[~there] = -np.asarray(member.log_density(rows[~there]))
    return found


def ranked(
    candidates: list[Candidate], losses: dict[str, Array], weights: Array | None, level: float
) -> list[Candidate]:
    """Candidates with what held-out rows cost, and how much more than under the best; best first."""
    means = {name: mean_of(loss, weights, None, level, Unit.bit) for name, loss in losses.items()}

    def order(candidate: Candidate) -> tuple[int, float]:
        if candidate.family in means:
            value = means[candidate.family].value
            return 0, math.inf if math.isnan(value) else value
        return (1 if candidate.fits else 2), 0.0

    ordered = sorted({candidate.family: candidate for candidate in candidates}.values(), key=order)
    top = next((candidate.family for candidate in ordered if candidate.family in losses), None)
    found = []
    for candidate in ordered:
        if top is None or candidate.family not in losses:
            found.append(candidate)
            continue
        held_out = means[candidate.family]
        above = apart(losses[candidate.family], losses[top], weights, level, candidate.family == top)
        note = candidate.note
        if math.isinf(held_out.value):
            note = "a held-out row is impossible under a fit to the others"
        found.append(replace(candidate, held_out=held_out, above_best=above, note=note))
    return found


def apart(own: Array, best: Array, weights: Array | None, level: float, same: bool) -> Estimate:
    """Bits above the best, paired."""
    if same:
        return Estimate(0.0, 0.0, 0.0, level, "exact", "the best", Unit.bit, len(own))
    return difference_of(own, best, weights, None, level, Unit.bit)
