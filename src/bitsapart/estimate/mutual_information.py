"""Mutual information from a table of counts, with its interval.

    I = sum (n_ij / n) (psi(n_ij) - psi(n_i.) - psi(n_.j) + psi(n)) - T

by digamma functions for logarithms, free of bias up to T, what cells not seen add to the joint entropy (Chao, Wang &
Jost 2013). Where X and Y are independent the plug-in is chi-square / 2n with (r - 1)(c - 1) degrees of freedom (Wilks
1938), r and c being the outcomes seen; else its variance is Var(log p_ij / p_i. p_.j) / n, Moddemeijer 1989.
"""

import math
from collections.abc import Sequence

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


def mutual_information(
    table: ArrayLike,
    *,
    interval: str = "auto",
    level: float = 0.95,
    side: str = "both",
    unit: str | Unit = "bit",
    axis: Sequence[int] = (-2, -1),
    seed: int = 0,
) -> Estimate | Estimates:
    """I(X; Y), what each variable tells of the other, from counts of their pairs of outcomes; (..., r, c) -> (...).

    axis       the axes of X and Y
    interval   "auto" or "noncentral" (inversion of the noncentral chi-square), "basic_bootstrap" (of pairs), or "delta"

    The other arguments are those of ``kl_divergence``. With fewer than two rows a cell only a low end is given: kind
    "bound".

    >>> print(mutual_information([[30, 10], [10, 30]]))
    0.179 bits [0.066, 0.403]
    """
    tables, shape = read_table(table, axis)
    return answered(mi_estimates(tables, Asked(level, interval, side, seed)), shape, unit)


def mi_estimates(tables: Array, asked: Asked) -> Estimates:
    """I(X; Y) in nats, one a table of (rows, r, c)."""
    r, c = tables.shape[-2:]
    flat = tables.reshape(-1, r * c)
    measure = Measure(
        method=METHOD,
        estimator="digamma entropies with tails of Chao, Wang & Jost",
        spread=lambda flat: mi_spread(flat.reshape(-1, r, c)),
        ends=lambda flat, spread, level: mi_ends(flat.reshape(-1, r, c), spread, level),
        notes=lambda flat: too_few_rows(flat, (r, c)),
        estimate=lambda flat: mi_spread(flat.reshape(-1, r, c)).estimate,
        plug_in=lambda flat: plug_in_mi(flat.reshape(-1, r, c)),
        largest=lambda flat: np.full(flat.shape[0], math.log(min(r, c))),
        infinite=lambda flat: np.zeros(flat.shape[0], dtype=bool),
    )
    return estimated(measure, (flat,), asked)


def digamma_mi(table: Array) -> Array:
    """The estimate without the tail, (...), of tables (..., r, c); may be negative by chance."""
    first, second, n = marginals(table)
    sums = entropy_sum(table, 2) - entropy_sum(first, 1) - entropy_sum(second, 1)
    return np.asarray(sums / n + special.digamma(n))


def unseen_cells(table: Array) -> tuple[Array, Array]:
    """T and its variance, (rows,): the tail of the joint entropy less those of the two marginals, not below 0."""
    first, second, _ = marginals(table)
    tail, variance = tail_and_variance(table.reshape(-1, table.shape[-2] * table.shape[-1]))
    less = tail_and_variance(first)[0] + tail_and_variance(second)[0]
    return np.maximum(tail - less, 0.0), variance


def mi_spread(table: Array) -> TailedSpread:
    """The estimate and the moments of its law, each field (rows,), of tables (rows, r, c)."""
    first, second, n = marginals(table)
    tail, unsure = unseen_cells(table)
    estimate = digamma_mi(table) - tail
    rows, columns = (np.maximum(np.count_nonzero(one, axis=-1) - 1.0, 0.0) for one in (first, second))
    freedom = np.maximum(rows * columns, 1.0)
    bias = freedom / (2.0 * n)
    expected = first[..., :, None] * second[..., None, :] / n[..., None, None]
    variance = null_variance(expected, rows + columns + 1.0, n) + unsure
    flat = table.reshape(-1, table.shape[-2] * table.shape[-1])
    first_order = np.maximum(scatter_of(flat, code_of(table)) - 2.0 * bias, 0.0) / n
    return TailedSpread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance), tail)


def code_of(table: Array) -> Array:
    """Logarithms of p_i. p_.j of tables, flat; half a count for an outcome not seen."""
    first, second, n = marginals(table)
    one, other = (np.log(np.maximum(each, 0.5) / n[..., None]) for each in (first, second))
    return (one[..., :, None] + other[..., None, :]).reshape(-1, table.shape[-2] * table.shape[-1])


def mi_ends(table: Array, spread: TailedSpread, level: float) -> tuple[Array, Array]:
    """Both ends of the interval."""
    return divergence_ends(table, code_of(table), spread, spread.tail, level)


def plug_in_mi(table: Array) -> Array:
    """I of the shares."""
    first, second, n = marginals(table)
    sums = special.xlogy(table, table).sum(axis=(-2, -1)) - sum(
        special.xlogy(x, x).sum(axis=-1) for x in (first, second)
    )
    return np.asarray(sums / n + np.log(n))
