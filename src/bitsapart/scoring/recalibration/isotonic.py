"""Isotonic regression, for two classes: the steps that fit best and never fall. Zadrozny & Elkan 2002.

Its first and last steps are often 0 and 1, which log score punishes without limit on other rows. So each step of weight
w is mixed with the base rate as PULL rows that show it,

    (w f + PULL base) / (w + PULL),   base = (sum_i w_i t_i + 1/2) / (sum_i w_i + 1),

the posterior mean under a beta prior of that weight, and the steps are made monotone once more. Between two steps it is
linear in the log odds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import isotonic_regression

from bitsapart.scoring.recalibration.log_odds import log_odds
from bitsapart.scoring.recalibration.map import Array, Map, Rows

PULL = 2.0
"""Rows' worth of the base rate in each step.

Of 1/2, 1, 2, 3 and 5, 2 or 3 lost least in each of three worlds (calibrated, over-confident, not monotone) and at 300,
1,000 and 5,000 rows; 1/2 cost up to 0.01 bits more."""


@dataclass(frozen=True, eq=False)
class Isotonic(Map):
    """The corners of the curve: ``odds``, log odds of the second class that do not fall, and ``probability`` there."""

    odds: Array
    probability: Array
    name: ClassVar[str] = "isotonic"
    finite: ClassVar[bool] = False

    @property
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """What sums the parameters up."""
        return (("steps", float(len(np.unique(self.probability)))),)

    def apply(self, log_q: Array) -> Array:
        """The curve at the log odds."""
        p = np.interp(log_odds(log_q), self.odds, self.probability)
        return np.column_stack([np.log1p(-p), np.log(p)])

    @staticmethod
    def parameters(classes: int) -> int:
        """How many numbers are fitted: two steps at least."""
        return 2

    @classmethod
    def fitter(cls, log_q: Array, targets: Array, weights: Array) -> "Callable[[Rows, Isotonic | None], Isotonic]":
        """What the rows say, made ready for any folds."""
        odds = log_odds(log_q)

        def fit(rows: Rows, start: "Isotonic | None") -> "Isotonic":
            x, y, w = ties(odds[rows], targets[rows, 1], weights[rows])
            base = (float(w @ y) + 0.5) / (float(w.sum()) + 1.0)
            if not len(x):
                return cls(np.zeros(1), np.full(1, base))
            steps = isotonic_regression(y, weights=w)
            first, last = steps.blocks[:-1], steps.blocks[1:] - 1
            value = (steps.weights * steps.x[first] + PULL * base) / (steps.weights + PULL)
            value = isotonic_regression(value, weights=steps.weights + PULL).x
            return cls(np.column_stack([x[first], x[last]]).ravel(), np.repeat(value, 2))

        return fit


def ties(x: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Sorted distinct values of x, the weighted mean of y at each, and the weight; rows of no weight are left out."""
    held = weights > 0.0
    known, at = np.unique(x[held], return_inverse=True)
    total = np.bincount(at, weights[held], len(known))
    mean = np.bincount(at, weights[held] * y[held], len(known)) / total
    return known, mean, np.asarray(total, np.float64)
