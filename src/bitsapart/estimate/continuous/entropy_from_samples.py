"""Differential entropy from a sample of rows, without bins: which method, and its interval."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.continuous import boosting, nearest_neighbours, spacings
from bitsapart.estimate.continuous.answer import answer, neighbours, neighbours_of, options
from bitsapart.estimate.continuous.entropy_of_columns import entropy_of_columns
from bitsapart.estimate.continuous.kl_divergence_from_samples import WITHOUT_TREES, many_columns
from bitsapart.estimate.continuous.linear_relations import narrowest, related, words
from bitsapart.estimate.continuous.samples import atoms, one_sample, refuse_ties, refuse_whole_numbers, to_unit_size
from bitsapart.estimate.counts import choice
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]

METHODS = ("auto", "spacings", "nearest_neighbours")
TAKE_K = METHODS[1:]
NEIGHBOURS = 3
BOUND: Kind = "bound"


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
    Above k = 2 n^(1/4) there is no interval, as the bias is then not small, and k is a quarter of the rows at most.

    In several columns the low end is for dependence that the learner can follow; where it finds that it cannot, or the
    rows are too few, kind is "bound": a high end only.

    Raises UsageError for wrong shapes, missing values, values that repeat (an atom has no density), and columns that
    are constant or linear in others (entropy -infinite). A relation that is not linear, such as a column and its
    square, is not found.

    >>> found = entropy_from_samples(np.random.default_rng(0).uniform(0.0, 4.0, 1000))
    >>> found.low < 2.0 < found.high
    True
    """
    inner = options(level, side, seed, unit)
    choice(method, "method", METHODS)
    number = neighbours_of(k, method, TAKE_K)
    rows = one_sample(x, "x")
    refuse_whole_numbers("entropy", rows)
    refuse_relations(rows)
    refuse_atoms(rows)
    if method == "spacings" and rows.shape[1] > 1:
        raise UsageError(f"x has {rows.shape[1]} columns, and spacings are for one: pass method='auto'")
    (rows,), exponents = to_unit_size(rows)
    if method == "nearest_neighbours":
        found = by_neighbours(rows, neighbours(number, NEIGHBOURS, len(rows)), inner)
    elif rows.shape[1] == 1:
        found = by_spacings(rows[:, 0], number, inner)
    else:
        found = by_columns(rows, inner, seed)
    found = shifted(found, float(np.sum(exponents)) * math.log(2.0))
    return answer(found, level, side, unit, least=-math.inf)


def shifted(found: Estimate, by: float) -> Estimate:
    """The entropy of columns in their own units: a factor adds its logarithm."""
    low, high = (None if end is None else end + by for end in (found.low, found.high))
    return replace(found, value=found.value + by, low=low, high=high)


def refuse_relations(rows: Array) -> None:
    """Columns of which one follows from the others have no density."""
    columns = related(rows)
    if not columns:
        return
    if len(columns) == 1:
        one = "every row of x is" if rows.shape[1] == 1 else f"column {columns[0]} of x is, in every row,"
        what = f"{one} {rows[0, columns[0]]:g}"
    else:
        what = f"{words(columns, 'x')} are linearly related (each of them follows from the others)"
    remedy = "" if rows.shape[1] == 1 else f": leave out column {columns[-1]} for the entropy of the others"
    raise UsageError(f"{what}, so there is no density, and the differential entropy is -infinite{remedy}")


def refuse_atoms(rows: Array) -> None:
    """A value that many rows share has a probability, so that there is no density."""
    for column, values in enumerate(atoms(rows)):
        if values.size:
            raise UsageError(
                f"column {column} of x is {values[0]:g} in many rows, so that it has no density: leave these rows out "
                "for the entropy of the rest, and use ba.estimate.entropy on the counts of both kinds of rows"
            )


def by_spacings(x: Array, k: int | None, level: float) -> Estimate:
    """One column by spacings; in nats."""
    n = len(x)
    usual = spacings.reach_of(n)
    reach = neighbours(k, usual, n)
    ordered = np.sort(x)
    if np.any(ordered[reach:] <= ordered[:-reach]):
        raise UsageError(
            f"more than {reach} rows of x have the same value, so the values are rounded or have an atom: pass "
            "method='spacings' with a larger k, or count the rows of each value and use ba.estimate.entropy"
        )
    terms = spacings.spacing_terms(x, reach)
    method = f"spacings of {reach} values on either side"
    value = float(np.mean(terms))
    if blurred(reach, n):
        return without_interval(value, level, method, n, blurred(reach, n))
    return two_ends(value, spacings.standard_error(terms, reach), level, f"{method} + influence function", n)


def blurred(k: int, n: int) -> str:
    """Why there is no interval with so many neighbours, if so: by simulation it misses the truth too often."""
    most = int(2.0 * n**0.25)
    if k <= most:
        return ""
    return f"no interval: with k = {k} the bias is not small beside the error; k = {most} at most has an interval here"


def narrow(x: Array, k: int) -> str:
    """Why there is no interval where neighbours are as far apart as columns that are nearly linear in others are wide.

    In two standardised columns k neighbours are sqrt(2 k / n) away or so; by simulation of correlated normals the
    interval holds the truth down to a quarter of that.
    """
    n, d = x.shape
    if d == 1 or narrowest(x)[0] >= math.sqrt(2.0 * k / n) / 4.0:
        return ""
    return (
        "no interval: the columns are so nearly linearly related that these rows do not show how nearly, and the "
        "entropy may be far lower"
    )


def without_interval(value: float, level: float, method: str, n: int, note: str) -> Estimate:
    """A number alone, and why."""
    return Estimate(value, None, None, level, "unknown", method, Unit.nat, n, note)


def by_neighbours(x: Array, k: int, level: float) -> Estimate:
    """Kozachenko & Leonenko, columns in units of their spread; in nats."""
    refuse_ties(
        "method='nearest_neighbours'", "a density has no rows that repeat, so use ba.estimate.entropy on counts", x=x
    )
    n, d = x.shape
    scale = np.std(x, axis=0)
    terms = nearest_neighbours.entropy_terms(x / scale, k)
    value = float(np.mean(terms) + np.sum(np.log(scale)))
    method = f"nearest neighbours (k = {k})"
    note = many_columns(d) or blurred(k, n) or narrow(x, k)
    if note:
        return without_interval(value, level, method, n, note)
    # neighbours are shared, so that the spread of the distances themselves counts about twice
    error = math.sqrt((float(np.var(terms)) + float(special.polygamma(1, k))) / n)
    return two_ends(value, error, level, f"{method} + influence function", n)


def by_columns(x: Array, level: float, seed: int) -> Estimate:
    """Several columns, by spacings and what they tell of each other; in nats."""
    repeated = [j for j, column in enumerate(x.T) if len(np.unique(column)) < len(column)]
    if repeated:
        raise UsageError(
            f"column {repeated[0]} of x repeats values, and a density has none that do: if they are rounded, add to "
            "each a uniform random number as wide as the rounding; if they are categories, use ba.estimate.entropy on "
            "their counts"
        )
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
