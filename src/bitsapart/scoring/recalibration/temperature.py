"""Temperature scaling: q^(1/T), normalised. Guo, Pleiss, Sun & Weinberger 2017.

    loss(beta) = log sum_k exp(beta z_k) - beta sum_k t_k z_k,   z = log q,   beta = 1/T > 0

is convex in beta: its slope is E_beta[z] - E_t[z] and its curvature the variance of z under q^beta. One row's worth of
the curvature at beta = 1 pulls towards beta = 1, so that beta is finite where the most probable class is always true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bitsapart.scoring.recalibration.map import Array, Map, Rows, largest, normalised, summed

NOWHERE = -1e150
"""Stands for a logit of -inf: its exponential is 0, and 0 times its square is 0 and not nan."""
LEAST, MOST = 1e-9, 1e9
CLOSE = 1e-5
"""A Newton step this small, relative to beta, is the last: the error after it is of the order of its square."""
BLOCK = 2**15
"""Cells at a time, so that they stay in the cache."""
FEW = 2**17
"""Cells that one fit from afar may take; with more, it starts from the fit to a part of the rows."""


@dataclass(frozen=True)
class Temperature(Map):
    """``beta``: one over the temperature."""

    beta: float
    name: ClassVar[str] = "temperature"
    finite: ClassVar[bool] = False

    @property
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """The parameters."""
        return (("T", 1.0 / self.beta),)

    def apply(self, log_q: Array) -> Array:
        """q^(1/T), normalised."""
        return normalised(self.beta * log_q)

    @staticmethod
    def parameters(classes: int) -> int:
        """How many numbers are fitted."""
        return 1

    @classmethod
    def fitter(
        cls, log_q: Array, targets: Array, weights: Array
    ) -> "Callable[[Rows, Temperature | None], Temperature]":
        """What the rows say, made ready for any folds."""
        return Slopes(log_q, targets, weights).fit


class Slopes:
    """Slope and curvature of the loss in beta, for any rows of a sample."""

    def __init__(self, log_q: Array, targets: Array, weights: Array) -> None:
        self.z = log_q - largest(log_q)[:, None]
        np.maximum(self.z, NOWHERE, out=self.z)
        self.aim = np.einsum("ij,ij->i", targets, self.z)
        # a certain miss stays one at any temperature, so it has no say
        self.weights = np.where(self.aim > NOWHERE * 1e-50, weights, 0.0)
        self.told = self.moments(np.arange(len(self.z)), 1.0)[1]

    def moments(self, rows: Rows, beta: float) -> tuple[Array, Array]:
        """Mean and variance of z under q^beta, row by row."""
        mean, square = np.empty(len(rows)), np.empty(len(rows))
        step = max(1, BLOCK // self.z.shape[1])
        for at in range(0, len(rows), step):
            part = slice(at, at + step)
            z = self.z[rows[part]]
            share = np.exp(beta * z)
            total = summed(share)
            share *= z
            mean[part] = summed(share) / total
            square[part] = np.einsum("ij,ij->i", share, z) / total
        return mean, np.maximum(square - mean * mean, 0.0)

    def fit(self, rows: Rows, start: Temperature | None) -> Temperature:
        """Newton's method, held between betas whose slopes are known to differ in sign."""
        if start is None:
            part = rows[::8]
            big = rows.size * self.z.shape[1] > FEW and len(part) > 100
            start = self.fit(part, None) if big else Temperature(1.0)
        weights, beta = self.weights[rows], start.beta
        total = float(weights.sum())
        pull = max(float(weights @ self.told[rows]) / total if total > 0.0 else 0.0, 1e-12)
        low, high = LEAST, MOST
        for _ in range(100):
            mean, variance = self.moments(rows, beta)
            slope = float(weights @ (mean - self.aim[rows])) + pull * (beta - 1.0)
            low, high = (beta, high) if slope < 0.0 else (low, beta)
            to = beta - slope / (float(weights @ variance) + pull)
            to = min(max(to, beta / 10.0), beta * 10.0)
            if not low <= to <= high:
                to = (low * high) ** 0.5
            done = abs(to - beta) <= CLOSE * beta
            beta = to
            if done:
                break
        return Temperature(beta)
