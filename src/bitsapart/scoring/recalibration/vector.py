"""Vector scaling: the logit of each class gets a scale and an offset of its own. Guo, Pleiss, Sun & Weinberger 2017.

l_k = a_k log q_k + b_k
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bitsapart.scoring.recalibration.map import Array, Map, Rows, normalised
from bitsapart.scoring.recalibration.softmax_regression import fitted
from bitsapart.scoring.recalibration.temperature import Temperature


@dataclass(frozen=True, eq=False)
class Vector(Map):
    """``scale`` and ``offset``: (classes,)."""

    scale: Array
    offset: Array
    name: ClassVar[str] = "vector"
    finite: ClassVar[bool] = False

    @property
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """What sums the parameters up."""
        return (
            ("least scale", float(self.scale.min())),
            ("largest scale", float(self.scale.max())),
            ("least offset", float(self.offset.min())),
            ("largest offset", float(self.offset.max())),
        )

    def apply(self, log_q: Array) -> Array:
        """Logits a log q + b, normalised; -inf stays."""
        absent = np.isneginf(log_q)
        logits = np.where(absent, 0.0, log_q) * self.scale + self.offset
        return normalised(np.where(absent, -np.inf, logits))

    @staticmethod
    def parameters(classes: int) -> int:
        """How many numbers are fitted."""
        return 2 * classes

    @classmethod
    def fitter(cls, log_q: Array, targets: Array, weights: Array) -> "Callable[[Rows, Vector | None], Vector]":
        """What the rows say, made ready for any folds."""
        absent = np.isneginf(log_q)
        z = np.where(absent, 0.0, log_q)
        mask = np.where(absent, -np.inf, 0.0) if absent.any() else None
        # a certain miss stays one under any scales, so it has no say
        useful = np.where((absent & (targets > 0.0)).any(axis=1), 0.0, weights)
        temperature = Temperature.fitter(log_q, targets, weights)

        def fit(rows: Rows, start: "Vector | None") -> "Vector":
            classes = log_q.shape[1]
            centre = np.concatenate([np.full(classes, temperature(rows, None).beta), np.zeros(classes)])
            begin = centre if start is None else np.concatenate([start.scale, start.offset])
            theta, _ = fitted(
                Columns(z[rows]), targets[rows], useful[rows], None if mask is None else mask[rows],
                centre, np.ones(2 * classes), begin,
            )  # fmt: skip
            return cls(theta[:classes], theta[classes:])

        return fit


class Columns:
    """Each logit on its own column of the logits and on 1."""

    def __init__(self, z: Array) -> None:
        self.z = z

    def logits(self, theta: Array) -> Array:
        """(rows, classes)."""
        classes = self.z.shape[1]
        return np.asarray(self.z * theta[:classes] + theta[classes:], np.float64)

    def gradient(self, residual: Array) -> Array:
        """The transpose of ``logits``."""
        return np.concatenate([np.einsum("ij,ij->j", residual, self.z), residual.sum(axis=0)])

    def information(self, share: Array, weights: Array) -> Array:
        """The Hessian of the loss in the parameters."""
        classes = self.z.shape[1]
        first = share * self.z
        both = np.hstack([first, share])
        hessian = -(both.T @ (both * weights[:, None]))
        k = np.arange(classes)
        hessian[k, k] += weights @ (first * self.z)
        hessian[k + classes, k + classes] += weights @ share
        hessian[k, k + classes] += weights @ first
        hessian[k + classes, k] += weights @ first
        return np.asarray(hessian, np.float64)

    def of_each(self, share: Array, weights: Array) -> Array:
        """Its diagonal."""
        spread = weights[:, None] * (share * (1.0 - share))
        return np.concatenate([np.einsum("ij,ij,ij->j", spread, self.z, self.z), spread.sum(axis=0)])
