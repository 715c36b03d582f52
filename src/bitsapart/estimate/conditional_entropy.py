"""Conditional entropy from a table of counts, with its interval.

    H(Y | X) = sum (n_ij / n) (psi(n_i.) - psi(n_ij)) + T

by digamma functions for logarithms, with T what cells not seen add (Chao, Wang & Jost 2013). The interval is that of

    log c - H(Y | X),   the divergence of the table from one whose rows are uniform,

turned round, as near it the entropy is not normal but log c less a chi-square / 2n with r (c - 1) degrees of freedom.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.asked import Asked, Measure, estimated
from bitsapart.estimate.contingency_table import (
    divergence_ends,
    entropy_sum,
    marginals,
    null_variance,
    read_table,
    tail_and_variance,
    too_few_rows,
)
from bitsapart.estimate.counts import answered
from bitsapart.estimate.intervals.noncentral import METHOD, TailedSpread, slope_of
from bitsapart.estimate.js_moments import scatter_of
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
OTHER_SIDE = {"both": "both", "lower": "upper", "upper": "lower"}


def conditional_entropy(
    table: ArrayLike,
    *,
    interval: str = "auto",
    level: float = 0.95,
    side: str = "both",
    unit: str | Unit = "bit",
    axis: Sequence[int] = (-2, -1),
    seed: int = 0,
) -> Estimate | Estimates:
    """H(Y | X), what Y still tells when X is known, from counts of their pairs of outcomes; (..., r, c) -> (...).

    axis       the axes of X and Y, in this order

    The other arguments are those of ``mutual_information``. The result lies between 0 and log c, all outcomes of Y
    being possible. With fewer than two rows a cell only one end is given: kind "bound".

    >>> print(conditional_entropy([[30, 10], [10, 30]]))
    0.830 bits [0.607, 0.941]
    """
    tables, shape = read_table(table, axis)
    return answered(conditional_entropy_estimates(tables, Asked(level, interval, side, seed)), shape, unit)


def conditional_entropy_estimates(tables: Array, asked: Asked) -> Estimates:
    """H(Y | X) in nats, one a table of (rows, r, c)."""
    r, c = tables.shape[-2:]
    most = math.log(c)
    measure = Measure(
        method=METHOD,
        estimator="digamma entropies with tails of Chao, Wang & Jost",
        spread=lambda flat: uniform_spread(flat.reshape(-1, r, c)),
        ends=lambda flat, spread, level: uniform_ends(flat.reshape(-1, r, c), spread, level),
        notes=lambda flat: too_few_rows(flat, (r, c)),
        estimate=lambda flat: uniform_spread(flat.reshape(-1, r, c)).estimate,
        plug_in=lambda flat: plug_in_from_uniform(flat.reshape(-1, r, c)),
        largest=lambda flat: np.full(flat.shape[0], most),
        infinite=lambda flat: np.zeros(flat.shape[0], dtype=bool),
    )
    found = estimated(measure, (tables.reshape(-1, r * c),), replace(asked, side=OTHER_SIDE[asked.side]))
    single = found.method == "a single outcome"
    value, low, high = most - found.value, most - found.high, most - found.low
    return replace(
        found, value=np.where(single, 0.0, value), low=np.where(single, 0.0, low), high=np.where(single, 0.0, high)
    )


def unseen_cells(table: Array) -> tuple[Array, Array]:
    """T and its variance, (rows,): the tail of the joint entropy less that of X, not below 0."""
    tail, variance = tail_and_variance(table.reshape(-1, table.shape[-2] * table.shape[-1]))
    return np.maximum(tail - tail_and_variance(table.sum(axis=-1))[0], 0.0), variance


def uniform_spread(table: Array) -> TailedSpread:
    """Divergence from uniform rows, log c - H(Y | X), and the moments of its law, (rows,), of tables (rows, r, c)."""
    first, _, n = marginals(table)
    outcomes = table.shape[-1]
    tail, unsure = unseen_cells(table)
    estimate = math.log(outcomes) - (entropy_sum(first, 1) - entropy_sum(table, 2)) / n - tail
    rows = np.count_nonzero(first, axis=-1)
    bias = np.maximum(rows * (outcomes - 1.0), 1.0) / (2.0 * n)
    expected = np.broadcast_to(first[..., None] / outcomes, table.shape)
    variance = null_variance(expected, rows, n) + unsure
    flat = table.reshape(-1, table.shape[-2] * outcomes)
    first_order = np.maximum(scatter_of(flat, code_of(table)) - 2.0 * bias, 0.0) / n
    return TailedSpread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance), tail)


def code_of(table: Array) -> Array:
    """Logarithms of p_i. / c of tables, flat; half a count for an outcome of X not seen."""
    first, _, n = marginals(table)
    logs = np.log(np.maximum(first, 0.5) / n[..., None] / table.shape[-1])
    return np.broadcast_to(logs[..., None], table.shape).reshape(-1, table.shape[-2] * table.shape[-1])


def uniform_ends(table: Array, spread: TailedSpread, level: float) -> tuple[Array, Array]:
    """Both ends of the interval of log c - H(Y | X)."""
    return divergence_ends(table, code_of(table), spread, spread.tail, level)


def plug_in_from_uniform(table: Array) -> Array:
    """Divergence from uniform rows, log c - H(Y | X), of the shares."""
    first, _, n = marginals(table)
    sums = special.xlogy(table, table).sum(axis=(-2, -1)) - special.xlogy(first, first).sum(axis=-1)
    return np.asarray(math.log(table.shape[-1]) + sums / n)
