"""Where counts come in and estimates go out: what every estimator from counts has in common.

Inside, counts are float64 of shape (rows, outcomes), which holds whole numbers exactly up to 2^53, and estimates are in
nats, one a row.
"""

import math
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.measures.arrays import same_labels
from bitsapart.measures.arrays import whole as whole_axis
from bitsapart.measures.door import unit_of
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
LARGEST = 2.0**53
SIDES = ("both", "lower", "upper")


def read_counts(given: dict[str, Any], axis: int = -1, whole: bool = True) -> tuple[list[Array], tuple[int, ...]]:
    """Each array of counts as (rows, outcomes), broadcast against each other, and the shape of the batch.

    ``given``: by the names of the arguments. Counts are finite and not negative; and whole, unless they are weights.
    """
    same_labels(given)
    arrays = [one_side(counts, name, axis, whole) for name, counts in given.items()]
    names = list(given)
    for array, name in zip(arrays[1:], names[1:], strict=True):
        if array.shape[-1] != arrays[0].shape[-1]:
            raise UsageError(
                f"{names[0]} has {arrays[0].shape[-1]} outcomes and {name} has {array.shape[-1]}: "
                "both need a count for every outcome, 0 where it was not seen"
            )
    try:
        shape = np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    except ValueError as error:
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise UsageError(f"the batches do not fit each other: shapes {shapes}, outcomes last") from error
    outcomes = arrays[0].shape[-1]
    return [np.broadcast_to(array, (*shape, outcomes)).reshape(-1, outcomes) for array in arrays], shape


def one_side(counts: Any, name: str, axis: int = -1, whole: bool = True) -> Array:
    """Counts of one side, outcomes last."""
    array = numbers(counts, name)
    if array.ndim == 0:
        raise UsageError(f"{name} is a single number: counts are an array with its outcomes along one axis")
    axis = whole_axis(axis)
    if not -array.ndim <= axis < array.ndim:
        raise UsageError(f"{name} has {array.ndim} {'axis' if array.ndim == 1 else 'axes'}, so there is no axis {axis}")
    array = np.moveaxis(array, axis, -1)
    if array.shape[-1] == 0:
        raise UsageError(f"{name} has no outcomes along axis {axis}")
    array = np.ascontiguousarray(array, dtype=np.float64)
    check(array, name, whole)
    return array


def numbers(counts: Any, name: str, wanted: str = "counts are wanted, one for every outcome") -> NDArray[Any]:
    """Whatever holds numbers, as an array."""
    if isinstance(counts, dict):
        raise UsageError(f"{name} is a mapping; {wanted}: list({name}.values())")
    if isinstance(counts, np.ma.MaskedArray) and np.ma.is_masked(counts):
        raise UsageError(f"{name} is masked: .filled(0) takes what is masked for not seen")
    try:
        array = np.asarray(counts)
    except ValueError as error:
        raise UsageError(f"{name} is not an array of numbers: its rows differ in length") from error
    except (RuntimeError, TypeError) as error:
        raise UsageError(f"{name} does not become an array of numbers: {error}") from error
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{name} does not hold numbers; {wanted}") from error
    if array.dtype.kind not in "iuf":
        what = "text" if array.dtype.kind in "US" else str(array.dtype)
        raise UsageError(f"{name} holds {what}; {wanted}")
    return array


def check(array: Array, name: str, whole: bool) -> None:
    """Counts are finite, not negative, not beyond 2^53, and whole unless they are weights."""
    if not array.size:
        return
    least, most = float(array.min()), float(array.max())
    if math.isnan(least) or math.isinf(most) or math.isinf(least):
        raise UsageError(f"{name} is {place(array, ~np.isfinite(array))}: counts are finite")
    if least < 0.0:
        raise UsageError(f"{name} is {place(array, array < 0.0)}: counts are not negative")
    if most > LARGEST:
        raise UsageError(f"{name} is {place(array, array > LARGEST)}: counts above 2^53 are not exact in float64")
    if whole and np.any(array != np.floor(array)):
        raise UsageError(
            f"{name} is {place(array, array != np.floor(array))}, and counts are whole numbers: for sums of survey "
            "weights see effective_n of ba.estimate.entropy; for probabilities the measures, such as ba.entropy"
        )


def place(array: Array, wrong: NDArray[np.bool_]) -> str:
    """The first wrong number and where it stands."""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    row = f" of row {', '.join(map(str, index[:-1]))}" if len(index) > 1 else ""
    number = f"{array[index]:g}"
    number = number if float(number) == array[index] or np.isnan(array[index]) else repr(float(array[index]))
    return f"{number} at outcome {index[-1]}{row}"


@overload
def answered(found: Estimates, shape: tuple[()], unit: str | Unit) -> Estimate: ...
@overload
def answered(found: Estimates, shape: tuple[int, ...], unit: str | Unit) -> Estimate | Estimates: ...


def answered(found: Estimates, shape: tuple[int, ...], unit: str | Unit) -> Estimate | Estimates:
    """One estimate a row, in nats, in the shape of the batch and in this unit; an ``Estimate`` for a single one."""
    return found.to(unit_of(unit)).reshape(shape)[()]


def level_of(level: float) -> float:
    """A level of confidence, checked."""
    if isinstance(level, bool) or not isinstance(level, Real) or not 0.0 < level < 1.0:
        raise UsageError(f"level should be between 0 and 1, such as 0.95; got {level!r}")
    return float(level)


def seed_of(seed: Any) -> int:
    """A seed, checked."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or int(seed) < 0:
        raise UsageError(f"seed should be a whole number, 0 or more; got {seed!r}")
    return int(seed)


def choice(value: Any, name: str, choices: tuple[str, ...]) -> str:
    """One of several words, checked."""
    if value not in choices:
        raise UsageError(f"{name} should be one of {', '.join(choices)}; got {value!r}")
    return str(value)


def two_sided(level: float, side: str) -> float:
    """The level of the two-sided interval of which a one-sided bound at ``level`` is one end."""
    if choice(side, "side", SIDES) == "both":
        return level
    if level <= 0.5:
        raise UsageError(f"a one-sided bound needs a level above 0.5, such as 0.95; got {level!r}")
    return 2.0 * level - 1.0


def sided(found: Estimates, side: str, least: float, most: Any) -> Estimates:
    """The estimates with one end only, where ``side`` asks for it: the other is the least or most that is possible."""
    if side == "both":
        return found
    told = ~np.isnan(found.low)
    kind = np.where(told, "bound", found.kind).astype(object)
    if side == "upper":
        return replace(found, low=np.where(told, least, np.nan), kind=kind)
    return replace(found, high=np.where(told, most, np.nan), kind=kind)


def as_counts(counts: ArrayLike) -> Array:
    """Counts as float64, unchecked; same shape."""
    return np.asarray(counts, dtype=np.float64)


def as_whole(counts: ArrayLike) -> NDArray[np.int64]:
    """Counts as int64, unchecked; same shape."""
    return np.asarray(counts, dtype=np.int64)
