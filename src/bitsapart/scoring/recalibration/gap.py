"""The calibration gap, E KL(P(Y | Q) || Q): how much the best of all recalibrations would save, between two bounds.

From below: what the chosen map of other folds saves is no more than the gap on average, whatever the map; its one-sided
confidence bound is one of the gap. From above, for two classes: what isotonic regression fitted to the same rows saves,
less what it saves of labels drawn from its own fit, where nothing can be saved (its optimism). Where the truth is no
monotone function of the prediction, isotonic regression falls short, and the second figure is no bound.
"""

import math
from dataclasses import replace

import numpy as np
from scipy.optimize import isotonic_regression

from bitsapart.estimate.mean import difference_of
from bitsapart.scoring.recalibration.log_odds import log_odds
from bitsapart.scoring.recalibration.map import Array, Rows, worth
from bitsapart.scoring.recalibration.recalibrated import Recalibrated
from bitsapart.scoring.result import CalibrationGap
from bitsapart.scoring.sample import Sample
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

DRAWS = 20
"""Sets of labels drawn to measure the optimism."""
FROM_BELOW = "best map of other folds, chosen inside them"
FROM_ABOVE = "isotonic regression in sample, less its optimism"


def calibration_gap(sample: Sample, tried: Recalibrated, level: float, seed: int) -> CalibrationGap:
    """Both figures, in bits. ``high`` is None unless there are two classes with one label a row."""
    n = len(sample.rows)
    if np.isinf(tried.losses[sample.weights > 0.0, 0]).any():
        note = "a label occurred to which the model gave probability 0"
        infinite = Estimate(math.inf, math.inf, math.inf, level, "bound", FROM_BELOW, Unit.bit, n, note)
        return CalibrationGap(infinite, infinite if is_binary(sample) else None)
    high = None
    if is_binary(sample):
        value = Unit.bit.of(isotonic_saving(sample, tried.losses[:, 0], seed))
        high = Estimate(value, None, None, level, "unknown", FROM_ABOVE, Unit.bit, n)
    return CalibrationGap(from_below(sample, tried, level), high)


def is_binary(sample: Sample) -> bool:
    """Whether there are two classes and one label a row."""
    return sample.labels is not None and sample.log_q.shape[1] == 2


def from_below(sample: Sample, tried: Recalibrated, level: float) -> Estimate:
    """The one-sided lower bound at ``level``: the lower end of the two-sided interval at 2 level - 1."""
    # below 1/2 that is no level; the mean itself is a bound at 1/2
    sides = max(2.0 * level - 1.0, 1e-9)
    saved = difference_of(tried.losses[:, 0], tried.chosen, sample.weights, sample.clusters, level=sides, unit=Unit.bit)
    bound = 0.0 if saved.low is None else saved.low
    note = "one-sided"
    if bound <= 0.0:
        bound, note = 0.0, "one-sided; nothing that the maps save is beyond chance, and a gap is never negative"
    return replace(
        saved, value=bound, low=bound, high=math.inf, level=level, kind="bound", method=FROM_BELOW, note=note
    )


def isotonic_saving(sample: Sample, model: Array, seed: int) -> float:
    """The mean loss of the model less that of isotonic regression in sample, and less its optimism; in nats."""
    weights = worth(sample.weights)
    held = np.flatnonzero(weights > 0.0)
    weights, total = weights[held], float(weights.sum())
    _, at = np.unique(log_odds(sample.log_q[held]), return_inverse=True)
    fit, entropy = isotonic(at, sample.targets[held, 1], weights)
    rng = np.random.default_rng(seed)
    optimism = 0.0
    for _ in range(DRAWS):
        drawn = (rng.random(len(held)) < fit[at]).astype(np.float64)
        _, refitted = isotonic(at, drawn, weights)
        optimism += loss(fit[at], drawn, weights) - refitted
    return (float(weights @ model[held]) - entropy - optimism / DRAWS) / total


def isotonic(at: Rows, y: Array, weights: Array) -> tuple[Array, float]:
    """The best steps, one value for each distinct prediction, and their loss in sample."""
    shared = np.bincount(at, weights)
    fit = isotonic_regression(np.bincount(at, weights * y) / shared, weights=shared).x
    return fit, loss(fit[at], y, weights)


def loss(p: Array, y: Array, weights: Array) -> float:
    """The weighted log loss of probabilities of the second class, all of labels that they allow."""
    right = np.where(y > 0.5, p, 1.0 - p)
    return -float(weights @ np.log(right))
