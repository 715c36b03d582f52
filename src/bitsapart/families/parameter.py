"""Parameters of families: where each may lie, and the sentence that says so when it does not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.values.errors import UsageError

Array = Any

EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Domain:
    """Where a parameter may lie: in words, as a test, and as an open map from the real line for optimisers.

    ``holds`` takes an array of shape (..., *event) and gives (...); ``event`` counts the axes of one parameter.
    """

    words: str
    holds: Callable[[Array], Any]
    event: int = 0
    to_real: Callable[[Array], Array] | None = None
    from_real: Callable[[Array], Array] | None = None


def _open_unit(x: Array) -> Any:
    return (x > 0.0) & (x < 1.0)


def _logit(x: Array) -> Array:
    return np.log(x) - np.log1p(-x)


def _expit(x: Array) -> Array:
    from scipy.special import expit

    return np.asarray(expit(x))


def _simplex(x: Array) -> Any:
    return (x >= 0.0).all(axis=-1) & (np.abs(x.sum(axis=-1) - 1.0) <= 1.5e-8)


def _positive_definite(x: Array) -> Any:
    """Symmetric, and definite beyond rounding whatever the scales of the variables are."""
    if x.shape[-1] != x.shape[-2]:
        return np.zeros(x.shape[:-2], bool)
    if np.isfinite(x).all() and np.array_equal(x, np.swapaxes(x, -1, -2)):
        try:
            return _well_apart(np.linalg.cholesky(x), x)
        except np.linalg.LinAlgError:
            pass  # which of a batch it is, takes longer to find out
    variances = np.diagonal(x, axis1=-2, axis2=-1)
    usable = np.asarray(np.isfinite(x).all(axis=(-1, -2)) & (variances > 0.0).all(axis=-1))
    scale = np.sqrt(np.where(usable[..., np.newaxis], variances, 1.0))
    identity = np.eye(x.shape[-1])
    held = np.where(usable[..., np.newaxis, np.newaxis], x, identity)
    scaled = held / scale[..., :, np.newaxis] / scale[..., np.newaxis, :]
    usable = usable & (np.abs(scaled - np.swapaxes(scaled, -1, -2)) <= 1e-12).all(axis=(-1, -2))
    least = np.linalg.eigvalsh(np.where(usable[..., np.newaxis, np.newaxis], scaled, identity))[..., 0]
    usable = usable & (least > x.shape[-1] * EPS)
    factor = np.linalg.cholesky(np.where(usable[..., np.newaxis, np.newaxis], held, identity))
    return usable & _well_apart(factor, np.where(usable[..., np.newaxis, np.newaxis], held, identity))


def _well_apart(factor: Array, x: Array) -> Any:
    """Whether no variable is, to rounding, a linear combination of those before it: what they do not explain."""
    left = np.diagonal(factor, axis1=-2, axis2=-1) ** 2
    return (left > x.shape[-1] * EPS * np.diagonal(x, axis1=-2, axis2=-1)).all(axis=-1)


def _unit_vector(x: Array) -> Any:
    return np.abs((x * x).sum(axis=-1) - 1.0) <= 1.5e-8


REAL = Domain("a finite number", np.isfinite, 0, lambda x: x, lambda x: x)
ANY = Domain("a number", lambda x: ~np.isnan(x))
"""Also infinite: ends of truncations."""
POSITIVE = Domain("a positive number", lambda x: (x > 0.0) & np.isfinite(x), 0, np.log, np.exp)
NONNEGATIVE = Domain("a number of 0 or more", lambda x: (x >= 0.0) & np.isfinite(x), 0, np.log, np.exp)
ABOVE_ONE = Domain(
    "a number above 1",
    lambda x: (x > 1.0) & np.isfinite(x),
    0,
    lambda x: np.log(x - 1.0),
    lambda x: 1.0 + np.exp(x),
)
UNIT = Domain("a number between 0 and 1, both excluded", _open_unit, 0, _logit, _expit)
PROBABILITY = Domain("a number from 0 to 1", lambda x: (x >= 0.0) & (x <= 1.0), 0, _logit, _expit)
POSITIVE_PROBABILITY = Domain("a number above 0 and at most 1", lambda x: (x > 0.0) & (x <= 1.0), 0, _logit, _expit)
WHOLE = Domain("a whole number", lambda x: np.isfinite(x) & (x == np.floor(x)))
COUNT = Domain("a whole number of 1 or more", lambda x: (x >= 1.0) & np.isfinite(x) & (x == np.floor(x)))
VECTOR = Domain("a vector of finite numbers", lambda x: np.isfinite(x).all(axis=-1), 1)
POSITIVE_VECTOR = Domain(
    "a vector of positive numbers", lambda x: ((x > 0.0) & np.isfinite(x)).all(axis=-1), 1, np.log, np.exp
)
SIMPLEX = Domain("a vector of probabilities that sum to 1", _simplex, 1)
DIRECTION = Domain("a vector of length 1", _unit_vector, 1)
MATRIX = Domain("a matrix of finite numbers", lambda x: np.isfinite(x).all(axis=(-1, -2)), 2)
POSITIVE_DEFINITE = Domain("a symmetric positive definite matrix, not singular to rounding", _positive_definite, 2)


def checked(family: str, name: str, value: Any, domain: Domain) -> Array:
    """A parameter as float64, shape (..., *event).

    Raises:
        UsageError: it is no array of numbers, or one of it lies outside the domain; says which.
    """
    try:
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except ValueError as error:
        raise UsageError(f"{family}: {name} is not an array of numbers: its rows differ in length") from error
    if array.dtype.kind not in "fiu":
        raise UsageError(f"{family}: {name} should be {domain.words}; got {value!r}")
    # a copy, where someone could change it later; views of a batch made here are read-only
    array = np.array(array, dtype=np.float64, copy=True if array.flags.writeable else None)
    if array.ndim < domain.event:
        raise UsageError(f"{family}: {name} should be {domain.words}; got an array of shape {array.shape}")
    good = np.asarray(domain.holds(array))
    if not good.all():
        place = np.unravel_index(int(np.argmin(good)), good.shape) if good.ndim else ()
        where = f" in row {', '.join(str(int(i)) for i in place)}" if place else ""
        found = array[tuple(place)]
        shown = (
            f"{found:.17g}"
            if found.ndim == 0
            else np.array2string(found, threshold=8, separator=", ").replace("\n", "")
        )
        raise UsageError(f"{family}: {name} should be {domain.words}; got {shown}{where}")
    return array
