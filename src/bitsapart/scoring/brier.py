"""The Brier score and what it is made of, by isotonic regression, without bins.

    mean S(q, y) = miscalibration - discrimination + uncertainty,    S(q, y) = (y - q)^2
    miscalibration = mean S(q, y) - mean S(f, y),   discrimination = mean S(r, y) - mean S(f, y)

f: isotonic regression of y on q; r: the mean of y. All three are 0 or more and the sum is exact: Dimitriadis, Gneiting
& Jordan 2021, "Stable reliability diagrams for probabilistic classifiers", PNAS 118, e2016191118.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from bitsapart.scoring.recalibration.isotonic import ties
from bitsapart.scoring.result import Brier
from bitsapart.scoring.sample import Sample

Array = NDArray[np.float64]


def brier(sample: Sample) -> Brier:
    """The Brier score of a sample, and its parts: of class 1 of two classes, else the sum of each against the rest.

    Where targets are shares, of votes or soft labels, the score is that of labels drawn from them: each vote is one.
    """
    classes = range(1, 2) if sample.log_q.shape[1] == 2 else range(sample.log_q.shape[1])
    parts = np.sum([of_class(sample, k) for k in classes], axis=0)
    mean, miscalibration, discrimination, uncertainty = parts.tolist()
    return Brier(mean, miscalibration, discrimination, uncertainty, len(sample.rows))


def of_class(sample: Sample, k: int) -> tuple[float, float, float, float]:
    """Mean, miscalibration, discrimination and uncertainty of one class against the rest."""
    q, y, weights = np.exp(sample.log_q[:, k]), sample.targets[:, k], sample.weights / sample.weights.sum()
    inside = float(weights @ (y * (1.0 - y)))  # of labels about the share that they were drawn from
    mean = float(weights @ (y - q) ** 2) + inside
    uncertainty = float(weights @ (y - weights @ y) ** 2) + inside
    x, share, held = ties(q, y, weights)
    fit = isotonic_regression(share, weights=held).x
    base = float(held @ share)
    # the scatter of y at one prediction is in all three scores, and cancels in their differences
    at_its_best = float(held @ (share - fit) ** 2)
    miscalibration = max(0.0, float(held @ (share - x) ** 2) - at_its_best)
    discrimination = max(0.0, float(held @ (share - base) ** 2) - at_its_best)
    return mean, miscalibration, discrimination, uncertainty
