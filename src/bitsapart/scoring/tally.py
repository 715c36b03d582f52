"""What one pass over predictions adds up, in memory that does not grow with the rows."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.discrete.plug_in import entropy_of
from bitsapart.estimate.mean import Means, quantile
from bitsapart.scoring.bins import Bins
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
GROUPS, FEWEST_GROUPS, GROUP_CELLS = 100, 20, 1 << 20
"""Of the delete-a-group jackknife."""
OCTAVE, LOWEST, HIGHEST = 64, -50, 20
"""Bins of the histogram of losses: so many per doubling, from 2^-50 to 2^20 nats."""
CONFIDENCE = (0.0, 0.5, 0.7, 0.9, 0.99, 1.0)
LOSS, SCORED, HIT, OTHER, APART, BETTER = range(6)
"""The series whose means are taken. What is scored is the loss, or with ``mix`` that of the mixed predictions."""


@dataclass(eq=False)
class Tally:
    """What one pass has added up. Losses are in nats."""

    classes: int
    means: Means
    misses: int = 0
    missed_weight: float = 0.0
    miss_rows: list[int] = field(default_factory=list)
    groups: Array = field(default_factory=lambda: np.zeros((0, 0)))
    """By group of the jackknife: the weighted loss, then the weight of each class: (groups, 1 + classes)."""
    histogram: Array = field(default_factory=lambda: np.zeros((2, OCTAVE * (HIGHEST - LOWEST))))
    """Weights, and weighted losses, by the logarithm of the loss."""
    wrong: Array = field(default_factory=lambda: np.zeros(2))
    """Weight and weighted loss of the rows whose most probable class is not their label."""
    worst: list[tuple[float, int, int, int, float, float]] = field(default_factory=list)
    """A heap of the largest losses: loss, -row, label, most probable class, q of the label, q of the latter."""
    by_class: Bins = field(default_factory=lambda: Bins.empty(0))
    by_confidence: Bins = field(default_factory=lambda: Bins.empty(len(CONFIDENCE) - 1))
    row_sums: tuple[float, float] | None = None
    largest_logit: float = 0.0
    both_missed: int = 0
    """Rows that are certain misses of this model and the other."""

    @property
    def frequencies(self) -> Array:
        """The share of each class."""
        totals = self.groups[:, 1:].sum(axis=0)
        return np.asarray(totals / totals.sum())

    def base(self, level: float) -> tuple[Estimate, Estimate]:
        """The entropy of the label frequencies, in bits, and the skill 1 - loss / entropy.

        Intervals: delete-a-group jackknife (Kott 2001, J. Official Statistics 17, 521-526), rows or clusters dealt into
        groups in turn.
        """
        used = [row for row in self.groups if row[1:].any()]
        total, n = np.sum(used, axis=0), self.means.n
        entropies, losses = [], []
        for row in used if len(used) > 1 else []:
            without = total - row
            entropies.append(float(entropy_of(without[1:])))
            losses.append(without[0] / without[1:].sum())
        entropy = float(entropy_of(total[1:]))
        base = jackknifed(entropy, np.array(entropies), level, "plug_in + jackknife", Unit.nat, n)
        if base.low is not None and base.high is not None:
            base = replace(base, low=max(0.0, base.low), high=min(math.log(self.classes), base.high))
        with np.errstate(divide="ignore", invalid="ignore"):
            skills = 1.0 - np.array(losses) / np.array(entropies)
        loss = self.means.mean(SCORED)
        return base.to(Unit.bit), jackknifed(skill_of(loss, entropy), skills, level, "D2 + jackknife", None, n)


def jackknifed(value: float, without: Array, level: float, method: str, unit: Unit | None, n: int) -> Estimate:
    """An estimate whose error is seen from leaving out a group at a time."""
    groups = len(without)
    if groups < 2 or not (math.isfinite(value) and np.isfinite(without).all()):
        return Estimate(value, None, None, level, "unknown", method, unit, n)
    error = math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
    half = quantile(level, groups) * error
    return Estimate(value, value - half, value + half, level, "confidence", method, unit, n)


def skill_of(loss: float, entropy: float) -> float:
    """D2 = 1 - loss / entropy. Labels of one class leave nothing to explain: 0 if they cost nothing, else -inf."""
    if entropy > 0.0:
        return 1.0 - loss / entropy
    return -math.inf if loss > 0.0 else 0.0
