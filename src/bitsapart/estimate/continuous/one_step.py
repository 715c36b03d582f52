"""KL(P || Q) from an estimated log density ratio T: the one-step estimate, and the law of its error.

    L(T) = 1 + mean_P T - mean_Q exp T  <=  KL in expectation, with equality at T = log p/q

for any T that has not seen the rows it is averaged over: Nguyen, Wainwright & Jordan 2010 (eq. 12); it is the von Mises
one-step estimate with influences log r - KL on P and 1 - r on Q (Kandasamy et al. 2015). A fit of p coefficients is
too low by b held out and too high by b on its own rows, b = p/2 (1/n + 1/m) at P = Q, so that of both,

    KL ~ (K in-sample + (K - 1) held out) / (2 K - 1)        b ~ (K - 1) (in-sample - held out) / (2 K - 1)

with K folds, and the law is that of a divergence from counts with p + 1 outcomes: noncentral.py inverts it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.continuous.basis import Basis
from bitsapart.estimate.continuous.logistic import fit, log_ratio
from bitsapart.estimate.intervals.noncentral import Spread, slope_of

Array = NDArray[np.float64]

RESERVE = 0.5
"""The noise of the fit adds 2 b to the variance of log ratios; a quarter of it taken out covers small samples too."""
CUT = 10.0
"""Ratios beyond a tenth of the rows of Q are cut: by simulation, a higher cut adds more error than it saves."""


@dataclass(frozen=True)
class HeldOut:
    """A log density ratio at every row of both samples, fitted without that row's fold, and what became of it."""

    name: str
    size: int
    p: Array
    q: Array
    in_sample: float

    @property
    def bound(self) -> float:
        """The one-step estimate held out, in expectation no larger than the divergence."""
        return one_step(self.p, self.q)

    @property
    def error(self) -> float:
        """The standard error of the bound for the fitted ratio."""
        return float(np.sqrt(np.var(self.p) / len(self.p) + np.var(np.exp(self.q)) / len(self.q)))

    @property
    def loss(self) -> float:
        """The log loss held out, each sample weighing one half."""
        return float(np.mean(np.logaddexp(0.0, -self.p)) + np.mean(np.logaddexp(0.0, self.q))) / 2.0


def limit_of(m: int) -> float:
    """Where a log ratio is cut off: at a ratio that m / CUT rows of Q would show once."""
    return float(np.log(max(m / CUT, 2.0)))


def one_step(p: Array, q: Array) -> float:
    """1 + mean_P T - mean_Q exp T."""
    return float(1.0 + np.mean(p) - np.mean(np.exp(q)))


def folds_of(rows: int, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A fold for every row, of sizes that differ by one at most, in random order."""
    return rng.permutation(np.arange(rows) % folds)


def held_out(basis: Basis, x: Array, y: Array, fold: tuple[NDArray[np.int64], NDArray[np.int64]]) -> HeldOut:
    """The cross-fitted log ratio of x (n, d) and y (m, d) on a basis."""
    p, q = basis(x), basis(y)
    whole = fit(p, q)
    limit = limit_of(len(y))
    at_p, at_q = np.empty(len(x)), np.empty(len(y))
    for k in range(int(fold[0].max()) + 1):
        here, there = fold[0] == k, fold[1] == k
        found = fit(p[~here], q[~there], start=whole)
        at_p[here], at_q[there] = log_ratio(p[here], found), log_ratio(q[there], found)
    # any T gives a bound, so this one is cut off where single rows of Q would rule the mean
    at_p, at_q = np.minimum(at_p, limit), np.minimum(at_q, limit)
    inside = one_step(np.minimum(log_ratio(p, whole), limit), np.minimum(log_ratio(q, whole), limit))
    return HeldOut(basis.name, basis.size, at_p, at_q, inside)


def spread_of(found: HeldOut, folds: int) -> Spread:
    """The estimate and the moments of its law."""
    n, m = len(found.p), len(found.q)
    c = 1.0 / n + 1.0 / m
    weight = (folds - 1.0) / (2.0 * folds - 1.0)
    gap = found.in_sample - found.bound
    least = found.size * c / 2.0
    bias = max(weight * gap, least)
    estimate = found.in_sample - weight * gap
    variance = 2.0 * bias**2 / found.size
    # the variance of the ratio on Q is its mean on P less 1, which sees the part of its tail that Q's rows may miss
    ratio = max(float(np.var(np.exp(found.q))), float(np.mean(np.exp(found.p))) - 1.0)
    noise = RESERVE * bias
    scatter = max(float(np.var(found.p)) - noise, 0.0) / n + max(ratio - noise, 0.0) / m
    return Spread(estimate, bias, variance, slope_of(estimate, scatter, bias, variance))
