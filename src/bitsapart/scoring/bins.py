"""Means of losses by bin: of classes, of levels of confidence."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.mean import quantile
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


@dataclass(eq=False)
class Bins:
    """Weights and losses by bin: what a mean with its interval needs."""

    sums: Array
    """sum w, w^2, w x, w^2 x, w^2 x^2 of the losses x that are finite; then 1, w, w hit, w miss of all: (9, bins)."""

    @classmethod
    def empty(cls, bins: int) -> "Bins":
        """Nothing yet."""
        return cls(np.zeros((9, bins)))

    @np.errstate(over="ignore", invalid="ignore")
    def add(self, codes: NDArray[np.int64], weights: Array, losses: Array, hits: Array) -> None:
        """Losses into their bins."""
        missed = np.isinf(losses)
        w = np.where(missed, 0.0, weights)
        wx = w * np.where(missed, 0.0, losses)
        finite = (w, w * w, wx, w * wx, wx * wx)
        for i, term in enumerate((*finite, weights > 0.0, weights, weights * hits, weights * missed)):
            self.sums[i] += np.bincount(codes, term, minlength=self.sums.shape[1])

    def estimate(self, i: int, level: float, clustered: bool) -> Estimate:
        """The mean of a bin, in bits."""
        w, w2, wx, w2x, w2x2, n, _, _, missed = self.sums[:, i].tolist()
        if missed > 0.0:
            note = "a label that had probability 0 is among them"
            return Estimate(math.inf, math.inf, math.inf, level, "exact", "mean", Unit.bit, int(n), note)
        value = wx / w
        if clustered or n < 2 or not math.isfinite(w2x2):
            why = "rows of one cluster go together" if clustered else "one row has no interval"
            why = why if math.isfinite(w2x2) else "losses are too large for an interval"
            found = Estimate(value, None, None, level, "unknown", "mean", Unit.nat, int(n), why)
        else:
            spread = max(0.0, w2x2 - 2 * value * w2x + value * value * w2)
            half = quantile(level, int(n)) * math.sqrt(spread * n / (n - 1)) / w
            found = Estimate(value, max(0.0, value - half), value + half, level, "confidence", "mean", Unit.nat, int(n))
        return found.to(Unit.bit)
