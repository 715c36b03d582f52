"""Differential entropy from a sample of rows, without bins: which method, and its interval."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.continuous import boosting, nearest_neighbours, spacings
from bitsapart.estimate.continuous.answer import answer, neighbours, options
from bitsapart.estimate.continuous.entropy_of_columns import entropy_of_columns
from bitsapart.estimate.continuous.kl_divergence_from_samples import WITHOUT_TREES
from bitsapart.estimate.continuous.samples import atoms, one_sample, refuse_ties, refuse_whole_numbers
from bitsapart.estimate.counts import choice
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]

METHODS = ("auto", "spacings", "nearest_neighbours")
NEIGHBOURS = 3
BOUND: Kind = "bound"
MOST_COLUMNS = 2
"""Up to here the bias of nearest neighbours is small beside their error."""


def entropy_from_samples(
    x: ArrayLike,
    method: str = "auto",
    *,
    k: int | None = None,
    level: float = 0.95,
    side: str = "both",
    unit: str | Unit = "bit",
    seed: int = 0,
) -> Estimate:
    """Differential entropy -E log p of the density behind the rows x, shape (n,) or (n, d). It may be negative.

    ``method``: ``"auto"``, spacings for one column, and for several the sum of theirs less the total correlation by a
    cross-fitted density ratio; ``"spacings"``, for one column, with ``k`` values on either side (n^(1/4));
    ``"nearest_neighbours"``, Kozachenko & Leonenko 1987, with ``k`` neighbours (3), an interval up to two columns.

    In several columns the low end is for dependence that the learner can follow; where it finds that it cannot, or the
    rows are too few, kind is "bound": a high end only.

    Raises UsageError for wrong shapes, missing values, and values that repeat: an atom has no density.

    >>> found = entropy_from_samples(np.random.default_rng(0).uniform(0.0, 4.0, 1000))
    >>> found.low < 2.0 < found.high
    True
    """
    inner = options(level, side, seed, unit)
    choice(method, "method", METHODS)
    rows = one_sample(x, "x")
    refuse_whole_numbers("entropy", rows)
    refuse_atoms(rows)
    if method == "spacings" and rows.shape[1] > 1:
        raise UsageError(f"x has {rows.shape[1]} columns, and spacings are for one: pass method='auto'")
    if method == "nearest_neighbours":
        found = by_neighbours(rows, neighbours(k, NEIGHBOURS, len(rows)), inner)
    elif rows.shape[1] == 1:
        found = by_spacings(rows[:, 0], k, inner)
    else:
        found = by_columns(rows, inner, seed)
    return answer(found, level, side, unit, least=-math.inf)


def refuse_atoms(rows: Array) -> None:
    """A value that many rows share has a probability, so that there is no density."""
    for column, values in enumerate(atoms(rows)):
        if values.size:
            raise UsageError(
                f"column {column} of x is {values[0]:g} in many rows, which then has no density: leave these rows out "
                "and state their share apart, as the entropy of counts"
            )


def by_spacings(x: Array, k: int | None, level: float) -> Estimate:
    """One column by spacings; in nats."""
    n = len(x)
    reach = spacings.reach_of(n) if k is None else neighbours(k, 0, n)
    ordered = np.sort(x)
    gaps = ordered[reach:] - ordered[:-reach]
    if np.any(gaps <= 0.0):
        raise UsageError(
            f"more than {reach} rows of x are equal ({ordered[int(np.argmin(gaps))]:g}), so the values are rounded or "
            "have an atom: pass a larger k, or count the rows of each value and use ba.estimate.entropy"
        )
    terms = spacings.spacing_terms(x, reach)
    method = f"spacings of {reach} values on either side + influence function"
    return two_ends(float(np.mean(terms)), spacings.standard_error(terms, reach), level, method, n)


def by_neighbours(x: Array, k: int, level: float) -> Estimate:
    """Kozachenko & Leonenko, columns in units of their spread; in nats."""
    refuse_ties("method='nearest_neighbours'", "entropy needs values that do not repeat", x=x)
    n, d = x.shape
    scale = np.std(x, axis=0)
    terms = nearest_neighbours.entropy_terms(x / scale, k)
    value = float(np.mean(terms) + np.sum(np.log(scale)))
    method = f"nearest neighbours (k = {k})"
    if d > MOST_COLUMNS:
        note = f"no interval: in {d} columns the bias of neighbours is not small beside their error"
        return Estimate(value, None, None, level, "unknown", method, Unit.nat, n, note)
    # neighbours are shared, so that the spread of the distances themselves counts about twice
    error = math.sqrt((float(np.var(terms)) + float(special.polygamma(1, k))) / n)
    return two_ends(value, error, level, f"{method} + influence function", n)


def by_columns(x: Array, level: float, seed: int) -> Estimate:
    """Several columns, by spacings and what they tell of each other; in nats."""
    repeated = [j for j, column in enumerate(x.T) if len(np.unique(column)) < len(column)]
    if repeated:
        raise UsageError(f"column {repeated[0]} of x repeats values, and a density has none that do: is it rounded?")
    boost = boosting.available()
    value, error, trouble = entropy_of_columns(x, seed, boost)
    found = two_ends(
        value, error, level, f"spacings less total correlation (one-step density ratio, seed {seed})", len(x)
    )
    words = "; ".join(word for word in (trouble, "" if boost else WITHOUT_TREES) if word)
    low, kind = (-math.inf, BOUND) if trouble else (found.low, found.kind)
    return Estimate(value, low, found.high, level, kind, found.method, Unit.nat, len(x), words)


def two_ends(value: float, error: float, level: float, method: str, n: int) -> Estimate:
    """A normal interval."""
    reach = float(special.stdtrit(n - 1, 0.5 + level / 2.0)) * error
    return Estimate(value, value - reach, value + reach, level, "confidence", method, Unit.nat, n)
