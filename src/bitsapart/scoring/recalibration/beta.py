"""Beta calibration, for two classes. Kull, Silva Filho & Flach 2017.

    log odds = a log p - b log(1 - p) + c,   a, b >= 0

Platt scaling is a = b. Where the best a or b is negative it is 0, and the loss is convex, so the best of the faces that
the bounds leave is the best there is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bitsapart.scoring.recalibration.log_odds import FAR, LogOdds, of_log_odds
from bitsapart.scoring.recalibration.map import Array, Map, Rows
from bitsapart.scoring.recalibration.softmax_regression import fitted
from bitsapart.scoring.recalibration.temperature import Temperature

FACES = ([0, 1, 2], [1, 2], [0, 2], [2])
"""Parameters that are free: all; b and c; a and c; c."""


@dataclass(frozen=True)
class Beta(Map):
    """``a``, ``b`` and ``c`` of the log odds of the second class."""

    a: float
    b: float
    c: float
    name: ClassVar[str] = "beta"
    finite: ClassVar[bool] = True

    @property
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """The parameters."""
        return (("a", self.a), ("b", self.b), ("c", self.c))

    def apply(self, log_q: Array) -> Array:
        """Log odds a log p - b log(1 - p) + c."""
        held = np.maximum(log_q, -FAR)
        return of_log_odds(self.a * held[:, 1] - self.b * held[:, 0] + self.c)

    @staticmethod
    def parameters(classes: int) -> int:
        """How many numbers are fitted."""
        return 3

    @classmethod
    def fitter(cls, log_q: Array, targets: Array, weights: Array) -> "Callable[[Rows, Beta | None], Beta]":
        """What the rows say, made ready for any folds."""
        held = np.maximum(log_q, -FAR)
        columns = np.column_stack([held[:, 1], -held[:, 0], np.ones(len(held))])
        temperature = Temperature.fitter(log_q, targets, weights)

        def fit(rows: Rows, start: "Beta | None") -> "Beta":
            near = temperature(rows, None).beta
            centre = np.array([near, near, 0.0])
            begin = centre if start is None else np.array([start.a, start.b, start.c])
            best, least = centre, np.inf
            for free in FACES:
                theta = np.zeros(3)
                theta[free], _ = fitted(
                    LogOdds(columns[rows][:, free]), targets[rows], weights[rows], None,
                    centre[free], np.ones(len(free)), begin[free],
                )  # fmt: skip
                if (theta[:2] < 0.0).any():
                    continue
                value = float(weights[rows] @ losses(columns[rows] @ theta, targets[rows]))
                if value < least:
                    best, least = theta, value
                if len(free) == len(FACES[0]):
                    break
            return cls(*best.tolist())

        return fit


def losses(odds: Array, targets: Array) -> Array:
    """The loss of each row at log odds of the second class."""
    return np.asarray(-(targets * of_log_odds(odds)).sum(axis=1), np.float64)
