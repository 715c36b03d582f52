"""The rows that recalibrations, probes and pictures are made of: all, or so many that memory stays constant."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.scoring.losses import cross_entropies


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows drawn at random from the predictions, in their order; all of them where there are few.

    ``log_q``: (rows, classes), normalised log-probabilities in nats, -inf legal. ``targets``: (rows, classes), what is
    true of each row; rows sum to 1. ``labels``: the class of each row where labels are hard, else None. ``votes``: how
    many votes stand behind each row, where targets are shares of votes. ``folds``: which fold of the cross-fitting each
    row belongs to; rows of one cluster share it. ``of``: rows that there are in all. Rows of weight 0 are not there.
    """

    log_q: NDArray[np.float64]
    targets: NDArray[np.float64]
    labels: NDArray[np.int64] | None
    weights: NDArray[np.float64]
    clusters: NDArray[np.int64] | None
    folds: NDArray[np.int64]
    rows: NDArray[np.int64]
    votes: NDArray[np.float64] | None
    features: NDArray[np.float64] | None
    of: int

    @property
    def is_all(self) -> bool:
        """Whether no row is left out."""
        return len(self.rows) == self.of

    def losses(self, log_q: NDArray[np.float64]) -> NDArray[np.float64]:
        """The cross-entropy of each row under other log-probabilities, shape (rows, classes), in nats."""
        if self.labels is not None:
            return np.asarray(-log_q[np.arange(len(self.labels)), self.labels] + 0.0)
        return cross_entropies(self.targets, log_q)
