"""Two classes by the log odds of the second."""

import numpy as np

from bitsapart.scoring.recalibration.map import Array

FAR = 750.0
"""Log odds and logits beyond which all are the same: no positive float64 is as small as exp(-750)."""


def log_odds(log_q: Array) -> Array:
    """Log odds of the second class, held within what a float64 probability can say."""
    return np.clip(log_q[:, 1] - log_q[:, 0], -FAR, FAR)


def of_log_odds(odds: Array) -> Array:
    """Log-probabilities (rows, 2): -log(1 + e^x) and -log(1 + e^-x), exact in both tails.

    >>> of_log_odds(np.array([800.0])).tolist()
    [[-800.0, 0.0]]
    """
    return np.column_stack([-np.logaddexp(0.0, odds), -np.logaddexp(0.0, -odds)]) + 0.0


class LogOdds:
    """The log odds as a linear function of some columns."""

    def __init__(self, columns: Array) -> None:
        self.columns = columns

    def logits(self, theta: Array) -> Array:
        """(rows, classes)."""
        odds = self.columns @ theta
        return np.column_stack([np.zeros(len(odds)), odds])

    def gradient(self, residual: Array) -> Array:
        """The transpose of ``logits``."""
        return np.asarray(residual[:, 1] @ self.columns, np.float64)

    def information(self, share: Array, weights: Array) -> Array:
        """The Hessian of the loss in the parameters."""
        return np.asarray((self.columns * (weights * share[:, 0] * share[:, 1])[:, None]).T @ self.columns, np.float64)

    def of_each(self, share: Array, weights: Array) -> Array:
        """Its diagonal."""
        return np.asarray((weights * share[:, 0] * share[:, 1]) @ (self.columns * self.columns), np.float64)
