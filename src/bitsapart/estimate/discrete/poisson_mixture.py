"""Entropy when it is known how many outcomes there are: a mixture of Poisson laws for the counts that were small.

Given its rate u = n p, a count is Poisson. How many outcomes have which rate is estimated from how many have which
count (zero included, hence the known alphabet), by the weights w of a mixture over a grid of rates u_g that maximise

    sum_j F_j log sum_g w_g Poisson(j; u_g) + PENALTY sum_g log w_g         F_j: outcomes that were seen j times

Kiefer & Wolfowitz 1956 (the mixture's maximum likelihood), Efron & Thisted 1976, sec. 4 (counts of words, extended to
words not seen). Where a single rate explains the counts as well, its weight is that of Akaike 1978. The entropy is the
digamma estimate plus what that one misses on average, at this mixture (see ``missed``):

    H = psi(n) - sum (c_i / n) psi(c_i) + T(n)         T(n) = sum_i p_i E1(n p_i)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.discrete.outcomes import outcomes_of
from bitsapart.estimate.discrete.zhang import zhang

Array = NDArray[np.float64]

SMALL = 30
"""Counts up to this are explained by the mixture; what the digamma estimate misses at larger ones is below e^-30."""
NEVER = 1e6
"""More outcomes that were not seen than this, and a thousand for every row, are as good as none: they never occur."""
PENALTY = 0.03
ROUNDS = 60
EXTRA = 1.0
"""What a mixture costs beyond a single rate, in nats of log-likelihood (Akaike: one for a parameter)."""


def poisson_mixture(counts: ArrayLike, outcomes: ArrayLike | None = None) -> Array:
    """H in nats, (...), of whole ``counts``, (..., outcomes), where there are ``outcomes`` in all; nan without rows.

    >>> round(float(poisson_mixture([1, 2, 3, 2, 1], 10)), 3)
    2.022
    """
    counts = np.asarray(counts, dtype=np.float64)
    known, _ = outcomes_of(counts, outcomes)
    rows = counts.reshape(-1, counts.shape[-1])
    found = zhang(rows)
    some = np.flatnonzero(np.isfinite(found))
    if some.size:
        mixture = fitted(rows[some], known.reshape(-1)[some])
        found[some] = np.minimum(found[some] + mixture.missed(), np.log(known.reshape(-1)[some]))
    return found.reshape(counts.shape[:-1])


@dataclass(frozen=True, eq=False)
class Mixture:
    """Rates of the outcomes with small counts: ``rates`` and ``weights``, (rows, points), the single rate last.

    ``outcomes``, how many they are, and ``n``, the size of the whole sample: (rows,).
    """

    rates: Array
    weights: Array
    outcomes: Array
    n: Array

    def missed(self) -> Array:
        """T(n): what the digamma estimate of the entropy misses, on average; (rows,)."""
        return np.asarray(self.outcomes / self.n * np.sum(self.weights * lost_at(self.rates), axis=1))

    def of_rows(self, rows: NDArray[np.intp]) -> "Mixture":
        """The mixtures of some rows."""
        return Mixture(self.rates[rows], self.weights[rows], self.outcomes[rows], self.n[rows])


def lost_at(rates: Array) -> Array:
    """The value u E1(u), which is 0 at 0: what is lost of an outcome that expects u rows, as a share of a row."""
    return np.asarray(np.where(rates > 0.0, rates * special.exp1(np.maximum(rates, 1e-300)), 0.0))


def grid() -> tuple[Array, Array]:
    """Rates (0, then even in their logarithm to 1/2, then in their root) and the chance of each small count at each."""
    low = np.exp(np.arange(np.log(0.01), np.log(0.5), np.log(10.0) / 5.0))
    rates = np.concatenate(([0.0], low, np.arange(np.sqrt(0.5), np.sqrt(1.25 * SMALL), 0.2) ** 2))
    counts = np.arange(SMALL + 1.0)[:, None]
    chance = np.exp(special.xlogy(counts, rates) - rates - special.gammaln(counts + 1.0))
    return rates, chance / chance.sum(axis=0)


def small_counts(counts: Array, outcomes: Array) -> Array:
    """How many outcomes were seen 0, 1, ... SMALL times; (rows, SMALL + 1)."""
    rows = counts.shape[0]
    row, _ = np.nonzero(counts <= SMALL)
    where = row * (SMALL + 1) + counts[counts <= SMALL].astype(np.int64)
    found = np.bincount(where, minlength=rows * (SMALL + 1)).reshape(rows, SMALL + 1).astype(np.float64)
    found[:, 0] += outcomes - counts.shape[1]
    found[:, 0] = np.minimum(found[:, 0], NEVER + 1e3 * counts.sum(axis=1))
    return found


def fitted(counts: Array, outcomes: Array) -> Mixture:
    """The mixture of each row of ``counts`` (rows, seen or listed), of ``outcomes`` (rows,) in all."""
    return mixture_of(small_counts(counts, outcomes), counts.sum(axis=1))


def mixture_of(frequency: Array, n: Array) -> Mixture:
    """The mixture of rows of which ``frequency`` (rows, SMALL + 1) outcomes have each small count."""
    rates, chance = grid()
    total = frequency.sum(axis=1)
    seen = np.sum(frequency * np.arange(SMALL + 1.0), axis=1)
    weights = most_likely(frequency, chance)
    mean = np.divide(seen, total, out=np.zeros_like(seen), where=total > 0)
    scale = mean / np.sum(weights * rates, axis=1)
    single = single_rate_weight(frequency, times(weights, chance.T), mean)
    rows = np.concatenate((scale[:, None] * rates, mean[:, None]), axis=1)
    both = np.concatenate(((1.0 - single[:, None]) * weights, single[:, None]), axis=1)
    return Mixture(rows, both, total, n)


def times(rows: Array, matrix: Array) -> Array:
    """Each row times a matrix, by itself, so that its digits do not depend on the others."""
    return np.asarray((rows[:, None, :] @ matrix)[:, 0, :])


def most_likely(frequency: Array, chance: Array) -> Array:
    """The weights (rows, points), by expectation-maximisation with squared steps (Varadhan & Roland 2008)."""
    weights = np.full((frequency.shape[0], chance.shape[1]), 1.0 / chance.shape[1])

    def step(given: Array) -> Array:
        new = given * times(frequency / times(given, chance.T), chance) + PENALTY
        return np.asarray(new / new.sum(axis=1, keepdims=True))

    def objective(given: Array) -> Array:
        fit = np.sum(frequency * np.log(times(given, chance.T)), axis=1)
        return np.asarray(fit + PENALTY * np.sum(np.log(given), axis=1))

    for _ in range(ROUNDS):
        once = step(weights)
        twice = step(once)
        change, bend = once - weights, twice - 2.0 * once + weights
        size = np.sqrt(np.sum(change**2, axis=1) / np.maximum(np.sum(bend**2, axis=1), 1e-300))
        stride = np.clip(size, 1.0, 128.0)[:, None]
        leap = weights + 2.0 * stride * change + stride**2 * bend
        leap = np.where(leap > 0.0, leap, 0.1 * twice)
        leap = step(leap / leap.sum(axis=1, keepdims=True))
        better = objective(leap) >= objective(twice)
        weights = np.where(better[:, None], leap, twice)
    return weights


def single_rate_weight(frequency: Array, fit: Array, mean: Array) -> Array:
    """The weight of a single rate for all small counts, (rows,); ``fit``: the mixture's chance of each count."""
    gain = np.sum(frequency * (np.log(fit) - single_rate_logs(mean)), axis=1)
    return np.asarray(np.minimum(special.expit(EXTRA - gain), 1.0 - 1e-9))


def single_rate_logs(mean: Array) -> Array:
    """Logarithm of the chance of each small count at this rate; (rows, SMALL + 1)."""
    counts = np.arange(SMALL + 1.0)
    logs = special.xlogy(counts, mean[:, None]) - special.gammaln(counts + 1.0)
    return np.asarray(np.maximum(logs - special.logsumexp(logs, axis=1, keepdims=True), -1e3))
