"""Mutual information of paired rows, without bins: which method, and its interval."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.estimate.continuous import boosting, ksg
from bitsapart.estimate.continuous.answer import answer, neighbours, neighbours_of, options
from bitsapart.estimate.continuous.density_ratio import estimate, too_large
from bitsapart.estimate.continuous.dependence import dependence
from bitsapart.estimate.continuous.kl_divergence_from_samples import WITHOUT_TREES
from bitsapart.estimate.continuous.linear_relations import constant, independent, left_out, of_densities
from bitsapart.estimate.continuous.samples import one_sample, tied_share, to_unit_size, whole_numbers
from bitsapart.estimate.counts import choice
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]

METHODS = ("auto", "ksg", "classifier")
TAKE_K = METHODS[1:2]
NEIGHBOURS = 3
INFINITE = "columns of x and y are linearly related, so that the mutual information is infinite"


def mutual_information_from_samples(
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
    """I(X; Y) from paired rows: x of shape (n,) or (n, dx), y of shape (n,) or (n, dy).

    ``method``: ``"auto"``, a cross-fitted density ratio of the rows against rows with partners exchanged (logistic on
    splines and products of normal scores, checked by gradient boosting where scikit-learn is installed);
    ``"classifier"``, the same and an error without scikit-learn; ``"ksg"``, Kraskov, Stoegbauer & Grassberger 2004,
    algorithm 1, with ``k`` neighbours (3, and a quarter of the rows at most), and where values repeat Gao et al. 2017,
    algorithm 1: a number without an interval.

    Columns may be discrete, continuous or both. The upper end is for dependence that the learner can follow; where it
    finds that it cannot, or the rows are too few, kind is "bound": a low end only. Claims end at log n nats.
    Columns that are constant or linear in others of their side add nothing and are left out.

    Raises UsageError for wrong shapes, missing values, and two columns of whole numbers that repeat (count them and see
    ``ba.estimate.mutual_information``).

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=1000)
    >>> found = mutual_information_from_samples(x, 0.6 * x + 0.8 * rng.normal(size=1000), unit="nat")
    >>> found.low < 0.2231 < found.high
    True
    """
    inner = options(level, side, seed, unit)
    choice(method, "method", METHODS)
    number = neighbours_of(k, method, TAKE_K)
    first, second = one_sample(x, "x"), one_sample(y, "y")
    n = len(first)
    if n != len(second):
        raise UsageError(
            f"x has {n} rows and y has {len(second)}: the rows are pairs, so leave out of both what is missing in one"
        )
    if whole_numbers(first) and whole_numbers(second):
        raise UsageError(
            "x and y are whole numbers that repeat: count the pairs in a table and use ba.estimate.mutual_information"
        )
    if constant(first) or constant(second):
        found = Estimate(0.0, 0.0, 0.0, inner, "confidence", "a single outcome on one side", Unit.nat, n)
        return answer(found, level, side, unit)
    (first, one), (second, two) = independent_columns(first, "x"), independent_columns(second, "y")
    if method == "ksg":
        found = by_neighbours(first, second, neighbours(number, NEIGHBOURS, n), inner)
    else:
        found = by_ratio(first, second, method, inner, seed)
    found = replace(found, note="; ".join(word for word in (found.note, one, two) if word))
    return answer(found, level, side, unit)


def independent_columns(rows: Array, name: str) -> tuple[Array, str]:
    """The columns that tell something, of unit size, and a note on the others."""
    kept = independent(rows)
    (unit,), _ = to_unit_size(rows[:, kept])
    return unit, left_out(rows.shape[1], kept, name)


def by_ratio(x: Array, y: Array, method: str, level: float, seed: int) -> Estimate:
    """The cross-fitted density ratio of joint and exchanged rows; in nats."""
    if method == "classifier":
        boosting.require()
    boost = boosting.available()
    ends = dependence([x, y], level, seed, boost)
    if of_densities(np.column_stack([x, y])):
        ends = replace(ends, high=math.inf, trouble=f"lower bound only: {INFINITE}")
    return estimate(ends, level, len(x), len(x), "" if boost else WITHOUT_TREES)


def by_neighbours(x: Array, y: Array, k: int, level: float) -> Estimate:
    """Kraskov et al., or Gao et al. where values repeat; in nats."""
    infinite = bool(of_densities(np.column_stack([x, y])))
    x, y = (rows / np.std(rows, axis=0) for rows in (x, y))
    tied = any(tied_share(rows[:, [j]]) > 0.0 for rows in (x, y) for j in range(rows.shape[1]))
    terms = ksg.mixed_terms(x, y, k) if tied else ksg.ksg_terms(x, y, k)
    name = (
        f"Gao et al. 2017, algorithm 1, for ties (k = {k})" if tied else f"Kraskov et al. 2004, algorithm 1 (k = {k})"
    )
    value = float(np.mean(terms))
    note = "no interval: the bias of neighbours grows with the dependence; method='auto' has an interval"
    if value > math.log(len(x)):
        note = too_large(len(x))
    if infinite:
        note = f"no interval: {INFINITE}"
    return Estimate(value, None, None, level, "unknown", name, Unit.nat, len(x), note)
