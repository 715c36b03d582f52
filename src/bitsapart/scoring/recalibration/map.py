"""What a recalibration map is: parameters, fitted under log score, that turn log-probabilities into others."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import reduce
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

PER_PARAMETER = 10
"""Rows, counted by their weights, that a sample must hold for each parameter of a map, or it is not tried."""


NARROW = 16
"""Columns up to which rows are reduced column by column."""


class Map(ABC):
    """Fitted parameters. ``apply`` takes and gives normalised log-probabilities, (rows, classes), in nats."""

    name: ClassVar[str]
    finite: ClassVar[bool]
    """Whether it can be fitted to finite logits only; where it can take others, -inf stays -inf."""

    @property
    @abstractmethod
    def numbers(self) -> tuple[tuple[str, float], ...]:
        """The parameters, or what sums them up where they are many, such as (("T", 2.31),)."""

    @abstractmethod
    def apply(self, log_q: Array) -> Array:
        """The recalibrated log-probabilities."""

    @staticmethod
    @abstractmethod
    def parameters(classes: int) -> int:
        """How many numbers are fitted."""

    @classmethod
    @abstractmethod
    def fitter(cls, log_q: Array, targets: Array, weights: Array) -> Callable[[Rows, Self | None], Self]:
        """What can be made ready once for all folds: a function of the rows to fit to, and of a map to start from.

        Weights count: a weight of 2 is the row twice.
        """

    @classmethod
    def fit(cls, log_q: Array, targets: Array, weights: Array) -> Self:
        """The map fitted to all rows: log-probabilities and what is true, both (rows, classes), and weights."""
        return cls.fitter(log_q, targets, weights)(np.arange(len(log_q)), None)

    @property
    def words(self) -> str:
        """The parameters as they are printed: ``T = 2.31``."""
        return ", ".join(f"{name} = {shown(value)}" for name, value in self.numbers)


def shown(value: float) -> str:
    """Three digits, and whole numbers as they are.

    >>> shown(2.3), shown(17.0)
    ('2.30', '17')
    """
    return f"{value:.0f}" if value == round(value) else f"{value:#.3g}"


def normalised(logits: Array) -> Array:
    """Log-softmax of each row, (rows, classes); every row has a finite entry."""
    centred = logits - largest(logits)[:, None]
    centred -= np.log(summed(np.exp(centred)))[:, None]
    return np.asarray(centred, np.float64)


def largest(values: Array) -> Array:
    """The largest of each row; column by column where they are few, which is several times faster."""
    return reduce(np.maximum, values.T) if 1 < values.shape[1] <= NARROW else np.asarray(values.max(axis=1), np.float64)


def summed(values: Array) -> Array:
    """The sum of each row of finite numbers; column by column where they are few, which is several times faster."""
    return reduce(np.add, values.T) if 1 < values.shape[1] <= NARROW else np.asarray(values.sum(axis=1), np.float64)


def worth(weights: Array) -> Array:
    """Weights on the scale of rows: they add up to the effective number of rows, (sum w)^2 / sum w^2."""
    squares = float((weights * weights).sum())
    return weights * (float(weights.sum()) / squares) if squares > 0.0 else weights


def refusal(kind: type[Map], log_q: Array) -> str:
    """Why a map cannot be fitted to these log-probabilities, or nothing."""
    saturated = int(np.isinf(log_q).any(axis=1).sum()) if kind.finite else 0
    if not saturated:
        return ""
    rows = "1 row holds" if saturated == 1 else f"{saturated} rows hold"
    return f"{rows} a probability of exactly 0, which has no finite logit"
