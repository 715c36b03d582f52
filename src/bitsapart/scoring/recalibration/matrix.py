"""Matrix scaling: each new logit is a linear function of all old ones, ridged. Guo et al. 2017; Kull et al. 2019.

l = W log q + b,   the penalty on W - I/T and on b (all entries, where Kull et al. penalise those off the diagonal)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bitsapart.scoring.recalibration.log_odds import FAR
from bitsapart.scoring.recalibration.map import Array, Map, Rows, normalised
from bitsapart.scoring.recalibration.softmax_regression import fitted
from bitsapart.scoring.recalibration.temperature import Temperature

PULL = 30.0
"""Rows' worth of information by which each entry of W is held to the temperature solution.

Of 1, 3, 10, 30 and 100, 30 or 100 was best for each of seven models of digits and of made-up classes, 1,500 to 10,000
rows of 3 to 10 classes; the least of them cost up to 0.12 bits more."""
FEW = 2000
"""Rows, or twice the parameters if that is more, that the Hessian is made of: it only sets the optimiser's scale."""


@dataclass(frozen=True, eq=False)
class Matrix(Map):
    """``weight``: (classes, classes); ``offset``: (classes,)."""

    weight: Array
    offset: Array
    name: ClassVar[str] = "matrix"
    finite: ClassVar[bool] = True

    @property
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """What sums the parameters up."""
        diagonal = np.diagonal(self.weight)
        off = self.weight - np.diag(diagonal)
        return (
            ("mean of the diagonal", float(diagonal.mean())),
            ("largest entry off it", float(np.abs(off).max())),
            ("largest offset", float(np.abs(self.offset).max())),
        )

    def apply(self, log_q: Array) -> Array:
        """Logits W log q + b, normalised."""
        return normalised(np.maximum(log_q, -FAR) @ self.weight.T + self.offset)

    @staticmethod
    def parameters(classes: int) -> int:
        """How many numbers are fitted."""
        return classes * (classes + 1)

    @classmethod
    def fitter(cls, log_q: Array, targets: Array, weights: Array) -> "Callable[[Rows, Matrix | None], Matrix]":
        """What the rows say, made ready for any folds."""
        classes, held = log_q.shape[1], np.maximum(log_q, -FAR)
        temperature = Temperature.fitter(log_q, targets, weights)
        pull = np.hstack([np.full((classes, classes), PULL), np.ones((classes, 1))])
        roots: list[Array | None] = [None]

        def fit(rows: Rows, start: "Matrix | None") -> "Matrix":
            centre = np.eye(classes, classes + 1) * temperature(rows, None).beta
            begin = centre if start is None else np.hstack([start.weight, start.offset[:, None]])
            theta, root = fitted(
                AllColumns(held[rows]), targets[rows], weights[rows], None,
                centre.ravel(), pull.ravel(), begin.ravel(), None if start is None else roots[0],
            )  # fmt: skip
            roots[0] = root
            theta = theta.reshape(classes, classes + 1)
            return cls(theta[:, :classes], theta[:, classes])

        return fit


class AllColumns:
    """Each logit on all columns of the logits and on 1."""

    def __init__(self, z: Array) -> None:
        self.z = np.hstack([z, np.ones((len(z), 1))])
        self.classes = z.shape[1]

    def logits(self, theta: Array) -> Array:
        """(rows, classes)."""
        return self.z @ theta.reshape(self.classes, -1).T

    def gradient(self, residual: Array) -> Array:
        """The transpose of ``logits``."""
        return (residual.T @ self.z).ravel()

    def information(self, share: Array, weights: Array) -> Array:
        """The Hessian of the loss in the parameters."""
        size = self.classes * (self.classes + 1)
        every = slice(None, None, max(1, len(self.z) // max(FEW, 2 * size)))
        z, share, part = self.z[every], share[every], weights[every]
        if not part.sum() > 0.0:
            return np.zeros((size, size))
        part = part * (weights.sum() / part.sum())
        outer = (share[:, :, None] * z[:, None, :]).reshape(len(z), size)
        hessian = -(outer.T @ (outer * part[:, None]))
        step = self.classes + 1
        for k in range(self.classes):
            own = slice(k * step, (k + 1) * step)
            hessian[own, own] += z.T @ (z * (part * share[:, k])[:, None])
        return np.asarray(hessian, np.float64)

    def of_each(self, share: Array, weights: Array) -> Array:
        """Its diagonal."""
        spread = weights[:, None] * (share * (1.0 - share))
        return np.asarray(spread.T @ (self.z * self.z), np.float64).ravel()
