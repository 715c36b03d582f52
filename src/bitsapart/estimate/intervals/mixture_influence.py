"""The standard error of the entropy of a known alphabet, by the influence of each outcome's count on the estimate.

The estimate is a sum over outcomes whose dependence on the numbers F_j of outcomes seen j times is, to first order,
sum_j F_j a_j. The weights of the mixture solve

    sum_j F_j L_jg / m_j + PENALTY / w_g = c           m = L w,  c = sum_j F_j + points x PENALTY

so that their change with F_j follows by the implicit function theorem; counts are independent and Poisson given their
sum n, to which the variance is reduced by regression. Hampel 1974 (influence), Efron 1982, ch. 6 (the infinitesimal
jackknife is the delta method). Counts above SMALL enter by the derivative of x log x.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.discrete.poisson_mixture import (
    PENALTY,
    SMALL,
    Mixture,
    grid,
    lost_at,
    single_rate_logs,
    small_counts,
)

Array = NDArray[np.float64]

COUNTS = np.arange(SMALL + 1.0)


def standard_error(counts: Array, mixture: Mixture) -> Array:
    """Of the digamma entropy plus ``mixture.missed``, (rows,); rows with a small count that is not 0, others nan."""
    frequency = small_counts(counts, mixture.outcomes + np.count_nonzero(counts > SMALL, axis=1))
    found = np.full(counts.shape[0], np.nan)
    rows = np.flatnonzero(frequency[:, 1:].any(axis=1))
    if rows.size:
        some = mixture.of_rows(rows)
        found[rows] = conditional_deviation(counts[rows], some, influence(frequency[rows], some))
    return found


def influence(frequency: Array, mixture: Mixture) -> Array:
    """a_j, (rows, SMALL + 1): the change of the estimate with the number of outcomes seen j times, n held."""
    single = mixture.weights[:, -1:]
    mean, total = mixture.rates[:, -1:], mixture.outcomes[:, None]
    lost = lost_at(mean)
    logs = single_rate_logs(mixture.rates[:, -1])
    _, chance = grid()
    weights = mixture.weights[:, :-1] / (1.0 - single)
    fit = weights @ chance.T
    of_mixture, gap = mixture_influence(frequency, mixture, weights, fit)
    of_single = lost + total * slope_of_lost(mean) * (COUNTS - mean) / total
    turned = -single * (1.0 - single) * (np.log(fit) - logs) * (total * lost - gap)
    change = (1.0 - single) * of_mixture + single * of_single + turned
    return np.asarray((change - COUNTS * special.digamma(np.maximum(COUNTS, 1.0))) / mixture.n[:, None])


def mixture_influence(frequency: Array, mixture: Mixture, weights: Array, fit: Array) -> tuple[Array, Array]:
    """The change n dT/dF_j of the mixture without its single rate, (rows, SMALL + 1), and n T, (rows, 1)."""
    base, chance = grid()
    total, mean, rates = mixture.outcomes[:, None], mixture.rates[:, -1:], mixture.rates[:, :-1]
    lost, bend = lost_at(rates), slope_of_lost(rates)
    value = total * np.sum(weights * lost, axis=1, keepdims=True)
    stretch = np.sum(weights * bend * rates, axis=1, keepdims=True)
    gradient = total * (lost - stretch / (weights @ base)[:, None] * base)
    curvature = np.einsum("rj,jg,jh->rgh", frequency / fit**2, chance, chance, optimize=True)
    place = np.arange(base.size)
    curvature[:, place, place] += PENALTY / weights**2
    moved = np.linalg.solve(curvature, gradient[..., None])[..., 0]
    by_weights = moved @ chance.T / fit - moved.sum(axis=1, keepdims=True)
    return by_weights + value / total + stretch / mean * (COUNTS - mean), value


def conditional_deviation(counts: Array, mixture: Mixture, change: Array) -> Array:
    """Standard deviation of sum_i a(X_i) given n, of independent Poisson counts at the rates of the mixture."""
    logs = special.xlogy(COUNTS, mixture.rates[..., None]) - special.gammaln(COUNTS + 1.0)
    chance = special.softmax(logs, axis=-1)
    numbers = mixture.outcomes[:, None] * mixture.weights
    first, size = chance @ change[..., None], chance @ COUNTS
    both = (chance @ (change * COUNTS)[..., None])[..., 0] - first[..., 0] * size
    variance = np.sum(numbers * ((chance @ (change**2)[..., None])[..., 0] - first[..., 0] ** 2), axis=1)
    shared = np.sum(numbers * both, axis=1)
    spread = np.sum(numbers * (chance @ COUNTS**2 - size**2), axis=1)
    large = np.where(counts > SMALL, counts, 0.0)
    slope = -(np.log(np.maximum(large, 1.0)) + 1.0) / mixture.n[:, None]
    variance += np.sum(large * slope**2 + 0.5 * (large > 0.0) / mixture.n[:, None] ** 2, axis=1)
    shared += np.sum(large * slope, axis=1)
    return np.asarray(np.sqrt(np.maximum(variance - shared**2 / (spread + large.sum(axis=1)), 0.0)))


def slope_of_lost(rates: Array) -> Array:
    """The derivative E1(u) - exp(-u) of ``lost_at``."""
    return np.asarray(special.exp1(np.maximum(rates, 1e-300)) - np.exp(-rates))
