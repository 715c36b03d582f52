"""What a row of predictions costs under its label, nothing clipped: -log q in nats, infinite where q is 0."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.scoring.targets import Truth
from bitsapart.values.errors import DataError

Array = NDArray[np.float64]
ROUNDED = 0.01
"""How far from 1 the sum of a row may be: probabilities of two decimals, or those of half precision, are so far off. A
row stands for its shares of the sum."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """A block of predictions, checked: ``values`` as stored, and what turns them into normalised logarithms.

    For probabilities log q = log(values) - offset, for logits log q = values - offset, with ``offset`` (rows,).
    """

    values: NDArray[np.floating]
    logits: bool
    offset: Array
    sums: tuple[float, float] | None
    """The least and largest sum of a row of probabilities."""
    top: NDArray[np.int64]
    """The most probable class of each row, the first of equals."""

    @np.errstate(over="ignore")
    def at(self, labels: NDArray[np.int64]) -> Array:
        """Log q of one class a row."""
        picked = self.values[np.arange(len(labels)), labels].astype(np.float64)
        if self.logits:
            return picked - self.offset
        with np.errstate(divide="ignore"):
            return np.where(picked == 1.0, -self.offset, np.log(picked) - self.offset)

    def log_q(self) -> Array:
        """Log q of all classes."""
        values = self.values.astype(np.float64)
        if self.logits:
            return np.asarray(values - self.offset[:, None])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(values) - self.offset[:, None])


def checked(values: NDArray[np.floating], logits: bool, name: str, first: int) -> Predicted:
    """Refuse what is no distribution; ``first`` is the number of the first row."""
    values = values if values.dtype.kind == "f" and values.dtype.itemsize >= 4 else values.astype(np.float64)
    top = values.argmax(axis=1)
    peak = values[np.arange(len(values)), top].astype(np.float64)
    if logits:
        return checked_logits(values, top, peak, name, first)
    sums = values.sum(axis=1, dtype=np.float64)
    wrong = ~(np.abs(sums - 1.0) <= ROUNDED) | ~(values.min(axis=1) >= 0.0)
    if wrong.any():
        refuse(values, sums, int(np.flatnonzero(wrong)[0]), name, first)
    return Predicted(values, False, np.log(sums), (float(sums.min()), float(sums.max())), top)


def checked_logits(
    values: NDArray[np.floating], top: NDArray[np.int64], peak: Array, name: str, first: int
) -> Predicted:
    """Logits: -inf is legal for classes that cannot happen."""
    if not np.isfinite(peak).all():
        row = int(np.flatnonzero(~np.isfinite(peak))[0])
        raise DataError(f"row {first + row} of {name} {described(values[row])}: logits are finite, or -inf for some")
    with np.errstate(over="ignore"):  # the least of all numbers, as masks have it, less the peak is -inf
        spread = np.exp(values - peak[:, None]).sum(axis=1, dtype=np.float64)
    return Predicted(values, True, peak + np.log(spread), None, top)


def described(row: NDArray[np.floating]) -> str:
    """What is wrong with a row of logits."""
    if np.isneginf(row).all():
        return "is -inf in every column"
    place = int(np.flatnonzero(np.isnan(row) | np.isposinf(row))[0])
    return f"is {'NaN' if np.isnan(row[place]) else 'infinite'} in column {place}"


def refuse(values: NDArray[np.floating], sums: Array, row: int, name: str, first: int) -> None:
    """Say why a row is no distribution."""
    where, numbers = f"row {first + row} of {name}", values[row]
    if np.isnan(numbers).any():
        raise DataError(f"{where} is NaN in column {int(np.flatnonzero(np.isnan(numbers))[0])}")
    if (numbers < 0.0).any():
        place = int(np.flatnonzero(numbers < 0.0)[0])
        raise DataError(
            f"{where} is {numbers[place]:g} in column {place}, and probabilities are not negative; "
            "from_logits=True (--logits) if these are logits"
        )
    raise DataError(
        f"{where} sums to {sums[row]:.9g}, not to 1; from_logits=True (--logits) if these are logits, else divide each "
        "row by its sum if that is what they mean"
    )


def two_classes(values: NDArray[np.floating], logits: bool, name: str, first: int) -> NDArray[np.floating]:
    """One column, the probability (or log-odds) of the second class, as two."""
    column = np.asarray(values.reshape(-1), np.float64)
    if logits:
        certain = np.isposinf(column)
        return np.column_stack([np.where(certain, -np.inf, 0.0), np.where(certain, 0.0, column)])
    wrong = ~((column >= 0.0) & (column <= 1.0 + 1e-6))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"row {first + row} of {name} is {column[row]:.9g}, and a probability lies between 0 and 1; "
            "from_logits=True (--logits) if these are log-odds"
        )
    return np.column_stack([np.maximum(1.0 - column, 0.0), column])


def loss_of(predicted: Predicted, truth: Truth, log_q: Array | None) -> Array:
    """The cross-entropy of each row, in nats; never below 0 by rounding."""
    if truth.labels is not None:
        return np.maximum(-predicted.at(truth.labels), 0.0)
    assert truth.shares is not None and log_q is not None  # noqa: PT018, S101
    return cross_entropies(truth.shares, log_q)


def cross_entropies(shares: Array, log_q: Array) -> Array:
    """The sum of -p log q over the classes that p allows."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(shares > 0.0, -shares * log_q, 0.0).sum(axis=1))


def blended(log_q: Array, mix: float, classes: int | None = None) -> Array:
    """Log q mixed with an equal share for each class."""
    classes = log_q.shape[-1] if classes is None else classes
    return np.asarray(np.logaddexp(log_q + math.log1p(-mix), math.log(mix / classes)))
