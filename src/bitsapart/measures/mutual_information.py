"""What the variables of a joint table tell about each other.  Shannon 1948, sections 6 and 12; Watanabe 1960.

    I(X; Y) = KL(joint || product of the marginals)        H(Y | X) = H(X, Y) - H(X)

Each is a sum of terms of one sign. That the marginals of a nearly independent table almost multiply to it is seen in
twice the digits: the differences are all that there is.
"""

import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from bitsapart.measures.arrays import Array, Namespace, floating, namespace_of, whole
from bitsapart.measures.distribution import Distribution, beside, from_probabilities, kl_terms, scaled
from bitsapart.measures.door import Options, distributions, evaluate, poisoned, unit_of
from bitsapart.measures.entropy import ENTROPY
from bitsapart.measures.exact import Double, minus, product, total
from bitsapart.measures.laws import LOG_OUTCOMES, Bound, Laws, obeys
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Axes = int | Sequence[int] | None

LEAST_SIDE = Bound("log of the fewer outcomes", lambda cells: math.log(cells) / 2.0)


@obeys(Laws("joint", LOG_OUTCOMES, symmetric=True, concave=True, data_processing=True, additive=True))
def joint_entropy(joint: Any, *, unit: str | Unit = "bit", axis: Axes = None, normalize: bool = False) -> Any:
    """Joint entropy H(X, Y, ...) of a table of probabilities; the axes of the variables are summed away.

    joint    probabilities of every combination of outcomes: a NumPy, torch or JAX array
    axis     the axes of the variables, all by default; other axes are a batch
    Unit, normalize and errors are those of `entropy`.

    >>> float(joint_entropy([[0.25, 0.25], [0.25, 0.25]]))
    2.0
    """
    table, shape, _tolerance = flat_table(joint, axis, least=1)
    return evaluate(ENTROPY, {"joint": table}, Options(normalize=normalize, variables=shape), unit=unit)


@obeys(Laws("joint", LOG_OUTCOMES, symmetric=False, concave=True, data_processing=False, additive=True))
def conditional_entropy(
    joint: Any, *, unit: str | Unit = "bit", axis: Sequence[int] = (-2, -1), normalize: bool = False
) -> Any:
    """Conditional entropy H(Y | X) of a table joint[..., x, y]; (..., x, y) -> (...).

    What Y still tells when X is known. `axis` names the axes of X and Y, in this order. The other arguments and errors
    are those of `joint_entropy`.

    >>> float(conditional_entropy([[0.5, 0.0], [0.25, 0.25]]))
    0.5
    """
    return of_table(mean_row_entropy, joint, axis, normalize, variables=2, unit=unit)


@obeys(Laws("joint", LEAST_SIDE, symmetric=True, data_processing=True, additive=True))
def mutual_information(
    joint: Any, *, unit: str | Unit = "bit", axis: Sequence[int] = (-2, -1), normalize: bool = False
) -> Any:
    """Mutual information I(X; Y) of a table joint[..., x, y]: what each tells about the other; (..., x, y) -> (...).

    Never negative, 0 exactly for tables that are the products of their marginals, digit for digit. The arguments and
    errors are those of `conditional_entropy`.

    >>> float(mutual_information([[0.5, 0.25], [0.0, 0.25]]))
    0.3112...
    >>> dependent = 2.0**-32
    >>> table = [[0.25 + dependent, 0.25 - dependent], [0.25 - dependent, 0.25 + dependent]]
    >>> round(float(mutual_information(table, unit="nat")) / (8 * dependent**2), 14)
    1.0
    """
    return of_table(dependence, joint, axis, normalize, variables=2, unit=unit)


@obeys(Laws("joint", LEAST_SIDE, symmetric=True, data_processing=False, additive=True))
def conditional_mutual_information(
    joint: Any, *, unit: str | Unit = "bit", axis: Sequence[int] = (-3, -2, -1), normalize: bool = False
) -> Any:
    """Conditional mutual information I(X; Y | Z) of a table joint[..., x, y, z]; (..., x, y, z) -> (...).

    `axis` names the axes of X, Y and Z, in this order. The other arguments and errors are those of `joint_entropy`.

    >>> float(conditional_mutual_information([[[0.25, 0.0], [0.0, 0.25]], [[0.0, 0.25], [0.25, 0.0]]]))
    1.000...
    """
    return of_table(mean_slice_dependence, joint, axis, normalize, variables=3, unit=unit)


@obeys(Laws("joint", LOG_OUTCOMES, symmetric=True, data_processing=True, additive=True))
def total_correlation(joint: Any, *, unit: str | Unit = "bit", axis: Axes = None, normalize: bool = False) -> Any:
    """Total correlation H(X) + H(Y) + ... - H(X, Y, ...) of two variables or more; their axes are summed away.

    The divergence of the table from the product of its marginals; of two variables, their mutual information. The
    arguments and errors are those of `joint_entropy`.

    >>> float(total_correlation([[[0.5, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.5]]]))
    2.0
    """
    return of_table(dependence, joint, axis, normalize, variables=None, unit=unit)


def of_table(measure: Any, joint: Any, axis: Axes, normalize: bool, variables: int | None, unit: str | Unit) -> Array:
    """A measure of a table, with the axes of its variables last; NumPy's in double precision."""
    nats = unit_of(unit).value
    xp = namespace_of(joint)
    flat, shape, tolerance = flat_table(joint, axis, least=variables or 2, most=variables or 64)
    given = flat.dtype
    with np.errstate(all="ignore") if xp is np else nullcontext():
        flat = flat.astype(np.float64) if xp is np else flat
        (side,), valid = distributions([flat], ["joint"], tolerance, Options(normalize=normalize, variables=shape), xp)
        value = measure(xp.reshape(side.raw, (*flat.shape[:-1], *shape)), len(shape), xp)
    value = poisoned(value, valid, xp) / nats
    return value.astype(given)[()] if xp is np else value


def flat_table(joint: Any, axis: Axes, least: int, most: int = 64) -> tuple[Array, tuple[int, ...], float]:
    """The table with all variables on one last axis, the shape they had, and how far from 1 its sum may be."""
    xp = namespace_of(joint)
    array, tolerance = floating(joint, "joint", xp)
    given = range(array.ndim) if axis is None else axis if isinstance(axis, Sequence) else [axis]
    axes = [whole(one) for one in given]
    if not all(-array.ndim <= one < array.ndim for one in axes):
        plural = "axis" if array.ndim == 1 else "axes"
        raise UsageError(f"joint has {array.ndim} {plural}, so its variables cannot lie on {tuple(axes)}")
    places = [one % array.ndim for one in axes]
    if len(set(places)) != len(places):
        raise UsageError(f"each variable has an axis of its own; got {tuple(axes)}")
    if not least <= len(places) <= most:
        wanted = f"{least}" if least == most else f"at least {least}"
        raise UsageError(f"a table of {wanted} variables is needed, each on its own axis; got {len(places)}")
    batch = [one for one in range(array.ndim) if one not in places]
    shape = tuple(array.shape[one] for one in places)
    moved = xp.permute_dims(array, tuple(batch + places))
    return xp.reshape(moved, (*moved.shape[: len(batch)], math.prod(shape))), shape, tolerance


def mean_by_row(joint: Array, measure: Any, xp: Namespace) -> Array:
    """The mean over x, by its probability, of a measure of the rows joint[x, ...]; rows without mass do not matter."""
    mass = xp.sum(joint, axis=-1, keepdims=True)
    some = mass > 0.0
    values = measure(xp.where(some, scaled(joint, xp), 1.0))
    weights = mass[..., 0] / xp.sum(mass[..., 0], axis=-1, keepdims=True)
    return xp.sum(weights * values, axis=-1)


def mean_row_entropy(joint: Array, _variables: int, xp: Namespace) -> Array:
    """The mean entropy of the rows joint[x, ...]."""
    return mean_by_row(joint, lambda rows: ENTROPY.formula(xp, 0.0, from_probabilities(rows, xp)), xp)


def mean_slice_dependence(joint: Array, _variables: int, xp: Namespace) -> Array:
    """The mean mutual information of the slices joint[..., z]."""
    by_z = xp.moveaxis(joint, -1, -3)
    slices = xp.reshape(by_z, (*by_z.shape[:-2], by_z.shape[-2] * by_z.shape[-1]))
    return mean_by_row(slices, lambda cells: dependence(xp.reshape(cells, by_z.shape), 2, xp), xp)


def dependence(joint: Array, variables: int, xp: Namespace) -> Array:
    """KL of the table from the product of the marginals, in nats, over the last axes; the table sums to anything.

    With S the sum of all, the product of d marginals over S^d is compared with the table over S by
    marginals - table S^(d-1), in twice the digits.
    """
    batch = joint.shape[: joint.ndim - variables]
    shape = joint.shape[joint.ndim - variables :]
    flat = xp.reshape(joint, (*batch, math.prod(shape)))
    whole = total(flat, xp)
    marginals = [marginal(joint, len(batch) + i, len(batch), xp) for i in range(variables)]
    multiplied, spread_table = marginals[0], Double(joint, xp.zeros_like(joint))
    spread = Double(*(xp.reshape(part, (*batch, *([1] * variables))) for part in whole))
    log_q = xp.zeros_like(joint)
    possible = joint >= 0.0
    for i, one in enumerate(marginals):
        if i:
            multiplied = product(multiplied, one, xp)
            spread_table = product(spread_table, spread, xp)
        some = one.hi > 0.0
        possible = possible & some
        log_q = log_q + xp.log(xp.where(some, one.hi, 1.0)) - xp.log(spread.hi)
    powers = spread.hi**variables
    p = from_probabilities(flat, xp)
    q = Distribution(
        xp.reshape(multiplied.hi / powers, flat.shape),
        xp.reshape(xp.where(possible, log_q, 0.0), flat.shape),
        xp.reshape(possible, flat.shape),
        flat,
        p.total,
    )
    difference = xp.reshape(minus(multiplied, spread_table) / powers, flat.shape)
    return xp.sum(kl_terms(beside(p, q, difference, xp), xp), axis=-1)


def marginal(joint: Array, axis: int, batch: int, xp: Namespace) -> Double:
    """The sums over all variables but one, in twice the digits, with the other axes kept as 1."""
    front = xp.moveaxis(joint, axis, batch)
    kept = [1] * (joint.ndim - batch)
    kept[axis - batch] = joint.shape[axis]
    others = math.prod(front.shape[batch + 1 :])
    sums = total(xp.reshape(front, (*joint.shape[:batch], joint.shape[axis], others)), xp)
    return Double(*(xp.reshape(part, (*joint.shape[:batch], *kept)) for part in sums))
