"""Kullback-Leibler divergence from two samples of rows, without bins: which method, and its interval."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.continuous import boosting, nearest_neighbours
from bitsapart.estimate.continuous.answer import answer, neighbours, neighbours_of, options
from bitsapart.estimate.continuous.density_ratio import OUTSIDE, Ends, divergence, estimate, unreached
from bitsapart.estimate.continuous.linear_relations import independent, left_out, of_densities, related, words
from bitsapart.estimate.continuous.one_step import limit_of
from bitsapart.estimate.continuous.samples import read_samples, refuse_ties, refuse_whole_numbers, to_unit_size
from bitsapart.estimate.counts import choice
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]

METHODS = ("auto", "nearest_neighbours", "bias_reduced", "classifier")
TAKE_K = METHODS[1:2]
NEIGHBOURS = 5
MOST_COLUMNS = 2
"""Up to here the bias of nearest neighbours is small beside their error."""
WITHOUT_TREES = (
    "not checked by gradient boosting, which would find what the fitted density ratio misses: pip install "
    "'bitsapart[learn]'"
)


def kl_divergence_from_samples(
    x: ArrayLike,
    y: ArrayLike,
    method: str = "auto",
    *,
    k: int | None = None,
    level: float = 0.95,
    side: str = "both",
    unit: str | Unit = "bit",
    seed: int = 0,
) -> Estimate:
    """KL(P || Q) from rows x of P, shape (n,) or (n, d), and rows y of Q, shape (m,) or (m, d).

    ``method``: ``"auto"``, a cross-fitted density ratio (logistic on splines or bins; beyond one column on splines and
    products, checked by gradient boosting where scikit-learn is installed); ``"classifier"``, the same, checked by
    gradient boosting in one column too, and an error without scikit-learn;
    ``"nearest_neighbours"``, Wang, Kulkarni & Verdu 2009, eq. 5, with ``k`` neighbours (5), a number without an
    interval; ``"bias_reduced"``, eq. 29, with an interval up to two columns.
    ``k`` is at most a quarter of the rows of the smaller sample.
    Columns may be part discrete (an atom, such as exact zeros) with the density ratio, not with neighbours.

    The upper end is for log ratios that the learner can follow; where it finds that it cannot, or the rows are too few,
    kind is "bound": a low end only. Claims end at log(min(n, m)) nats. Columns that are constant or linear in others
    throughout both samples add nothing and are left out; where only one sample has such a relation, there is a lower
    bound only.

    Raises UsageError for wrong shapes, missing values, whole numbers that repeat (count them and see
    ``ba.estimate.kl_divergence``), and ties where the method goes by distances.

    >>> rng = np.random.default_rng(0)
    >>> found = kl_divergence_from_samples(rng.normal(1.0, 1.0, 1000), rng.normal(0.0, 1.0, 1000), unit="nat")
    >>> found.low < 0.5 < found.high
    True
    """
    inner = options(level, side, seed, unit)
    choice(method, "method", METHODS)
    number = neighbours_of(k, method, TAKE_K)
    first, second = read_samples({"x": x, "y": y})
    refuse_whole_numbers("kl_divergence", first, second)
    kept = independent(np.concatenate([first, second]))
    if not kept:
        raise UsageError(
            "all rows of x and y are equal, so there is nothing to tell P from Q by: for values that repeat use "
            "ba.estimate.kl_divergence on counts"
        )
    note = left_out(first.shape[1], kept, "x and y")
    (first, second), _ = to_unit_size(first[:, kept], second[:, kept])
    if method in ("nearest_neighbours", "bias_reduced"):
        flat = flatter(*([kept[j] for j in related(rows)] for rows in (first, second)))
        found = by_neighbours(first, second, method, number, inner, flat)
    else:
        flat = flatter(*([kept[j] for j in of_densities(rows)] for rows in (first, second)))
        found = by_ratio(first, second, method, inner, seed, flat)
    found = replace(found, note="; ".join(word for word in (found.note, note) if word))
    return answer(found, level, side, unit)


def by_ratio(x: Array, y: Array, method: str, level: float, seed: int, flat: str) -> Estimate:
    """The cross-fitted density ratio; in nats; ``flat``: why the divergence is infinite, if it is."""
    if method == "classifier":
        boosting.require()
    boost = (x.shape[1] > 1 or method == "classifier") and boosting.available()
    note = WITHOUT_TREES if x.shape[1] > 1 and not boost else ""
    ends = divergence(x, y, level, seed, boost)
    if flat:
        ends = replace(ends, high=math.inf, trouble=f"lower bound only: {flat}")
    return estimate(ends, level, len(x) + len(y), min(len(x), len(y)), note)


def flatter(of_x: list[int], of_y: list[int]) -> str:
    """Why the divergence is infinite where one sample has a linear relation that the other has not, if so."""
    if not of_x and not of_y:
        return ""
    name, columns = ("x", of_x) if of_x else ("y", of_y)
    what = "is constant, unlike" if len(columns) == 1 else "obey a linear relation, unlike those of"
    return f"{words(columns, name)} {what} the other sample, so that KL is infinite"


def by_neighbours(x: Array, y: Array, method: str, k: int | None, level: float, flat: str) -> Estimate:
    """Distances to neighbours, columns in units of their pooled spread; in nats; ``flat`` as in by_ratio."""
    refuse_ties(f"method={method!r}", "pass method='auto', which models values that repeat", x=x, y=y)
    if flat:
        raise UsageError(f"{flat}, and distances do not show it: pass method='auto' for a lower bound")
    rows, smaller = len(x) + len(y), min(len(x), len(y))
    scale = np.sqrt((np.var(x, axis=0) + np.var(y, axis=0)) / 2.0)
    x, y = x / scale, y / scale
    if method == "bias_reduced" and x.shape[1] <= MOST_COLUMNS:
        return reduced(x, y, level)
    if method == "bias_reduced":
        terms, name = nearest_neighbours.bias_reduced_terms(x, y), "bias-reduced nearest neighbours"
        note = many_columns(x.shape[1])
    else:
        number = neighbours(k, NEIGHBOURS, smaller)
        terms, name = nearest_neighbours.ratio_terms(x, y, number), f"nearest neighbours (k = {number})"
        note = "no interval: where rows of y are sparse the bias exceeds the error; method='auto' has an interval"
    return Estimate(float(np.mean(terms)), None, None, level, "unknown", name, Unit.nat, rows, note)


def many_columns(columns: int) -> str:
    """Why neighbours have no interval in so many columns, if so."""
    if columns <= MOST_COLUMNS:
        return ""
    return (
        f"no interval: in {columns} columns the bias of nearest neighbours is not small beside their error; "
        "method='auto' has an interval"
    )


def reduced(x: Array, y: Array, level: float) -> Estimate:
    """Bias-reduced, with the standard error and an allowance for the bias that is left; in nats.

    The allowance is what eq. 5 changes by from k to 2 k neighbours, twice: more than the bias in every cell simulated.
    """
    smaller = min(len(x), len(y))
    few = min(NEIGHBOURS, (smaller - 1) // 2)
    terms = nearest_neighbours.bias_reduced_terms(x, y)
    ratio = nearest_neighbours.ratio_at_reference(x, y, few)
    coarse = [float(np.mean(nearest_neighbours.ratio_terms(x, y, number))) for number in (few, 2 * few)]
    allowance = 2.0 * abs(coarse[0] - coarse[1])
    reach = float(special.ndtri(0.5 + level / 2.0)) * nearest_neighbours.standard_error(terms, ratio) + allowance
    value = float(np.mean(terms))
    low, high = max(value - reach, 0.0), max(value, 0.0) + reach
    outside = float(np.mean(terms > limit_of(len(y))))
    trouble = ""
    if outside >= OUTSIDE:
        trouble = unreached(outside)
    method = "bias-reduced nearest neighbours + influence function and allowance for bias"
    return estimate(Ends(value, low, math.inf if trouble else high, method, trouble), level, len(x) + len(y), smaller)
