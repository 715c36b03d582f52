"""Platt scaling: a new slope and offset of the log odds of two classes. Platt 1999.

log odds = a logit(p) + b
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bitsapart.scoring.recalibration.log_odds import LogOdds, log_odds, of_log_odds
from bitsapart.scoring.recalibration.map import Array, Map, Rows
from bitsapart.scoring.recalibration.softmax_regression import fitted
from bitsapart.scoring.recalibration.temperature import Temperature


@dataclass(frozen=True)
class Platt(Map):
    """``slope`` and ``offset`` of the log odds of the second class."""

    slope: float
    offset: float
    name: ClassVar[str] = "platt"
    finite: ClassVar[bool] = True

    @property
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """The parameters."""
        return (("a", self.slope), ("b", self.offset))

    def apply(self, log_q: Array) -> Array:
        """Log odds a logit(p) + b."""
        return of_log_odds(self.slope * log_odds(log_q) + self.offset)

    @staticmethod
    def parameters(classes: int) -> int:
        """How many numbers are fitted."""
        return 2

    @classmethod
    def fitter(cls, log_q: Array, targets: Array, weights: Array) -> "Callable[[Rows, Platt | None], Platt]":
        """What the rows say, made ready for any folds."""
        columns = np.column_stack([log_odds(log_q), np.ones(len(log_q))])
        temperature = Temperature.fitter(log_q, targets, weights)

        def fit(rows: Rows, start: "Platt | None") -> "Platt":
            centre = np.array([temperature(rows, None).beta, 0.0])
            begin = centre if start is None else np.array([start.slope, start.offset])
            theta, _ = fitted(LogOdds(columns[rows]), targets[rows], weights[rows], None, centre, np.ones(2), begin)
            return cls(*theta.tolist())

        return fit
