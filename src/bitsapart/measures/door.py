"""Where arrays come in and answers go out: what every measure has in common.

Inside, outcomes lie on the last axis, everything is in nats, and an array stands for p / sum(p), exactly: a sum that
rounding moved away from 1 does not reach the answer. What is further from 1 than rounding explains is refused.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.measures import kernels
from bitsapart.measures.arrays import (
    Array,
    Namespace,
    floating,
    home_of,
    known,
    namespace_of,
    outcomes_last,
    same_labels,
    same_outcomes,
)
from bitsapart.measures.distribution import Distribution, from_logits, from_probabilities, scaled
from bitsapart.measures.formulas import refuse_formulas
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Formula = Callable[..., Array]
"""From the namespace, the order and one Distribution a side to nats: any array library, gradients and all."""

BLOCK = 1 << 16
"""Outcomes that a formula has in hand at a time."""

UNITS = {unit.name: unit for unit in Unit}


@dataclass(frozen=True)
class Rule:
    """How a measure is computed: its formula, and the fused kernel that does the same for NumPy, where there is one.

    `column` is its place among the numbers that the kernel gives for each row.
    """

    formula: Formula
    kernel: str | None = None
    from_logits: bool = False
    column: int = 0


@dataclass(frozen=True)
class Options:
    """How the arrays of a call are meant."""

    axis: int = -1
    from_logits: bool = False
    normalize: bool = False
    variables: tuple[int, ...] = ()
    """Outcomes of each variable, where the last axis stands for a table of several."""


def unit_of(unit: str | Unit) -> Unit:
    """The unit of a name."""
    if isinstance(unit, Unit):
        return unit
    if isinstance(unit, str) and unit in UNITS:
        return UNITS[unit]
    raise UsageError(f"unit should be one of {', '.join(UNITS)}; got {unit!r}")


def evaluate(
    rule: Rule, given: dict[str, Any], options: Options, order: Any = 0.0, unit: str | Unit = Unit.nat
) -> Array:
    """The measure of what was given, by the names of the arguments; shape (..., outcomes) -> (...)."""
    nats = unit_of(unit).value
    refuse_formulas(given)
    if options.from_logits and options.normalize:
        raise UsageError("logits are normalised as they are: pass from_logits=True or normalize=True, not both")
    xp = namespace_of(*given.values())
    arrays, tolerance = read(given, options, xp)
    if xp is np:
        return by_numpy(rule, arrays, list(given), tolerance, options, order) / nats
    sides, valid = distributions(arrays, list(given), tolerance, options, xp)
    return poisoned(rule.formula(xp, order, *sides), valid, xp) / nats


def read(given: dict[str, Any], options: Options, xp: Namespace) -> tuple[list[Array], float]:
    """The arrays of a call with outcomes last, in one shape, and how far from 1 their sums may be."""
    like = None if xp is np else next(value for value in given.values() if home_of(value) != "numpy")
    found = [floating(value, name, xp, like) for name, value in given.items()]
    names = list(given)
    if xp is np:
        same_labels(given)
    arrays = [outcomes_last(array, options.axis, name, xp) for (array, _), name in zip(found, names, strict=True)]
    return same_outcomes(arrays, names, options.axis, xp), max(tolerance for _, tolerance in found)


def by_numpy(
    rule: Rule, arrays: list[Array], names: list[str], tolerance: float, options: Options, order: Any
) -> Array:
    """The measure in double precision: by its kernel, or by its formula, some rows at a time."""
    values = np.empty(math.prod(arrays[0].shape[:-1]))
    left = np.arange(values.size)
    if rule.kernel and kernels.compiled() and (rule.from_logits or not options.from_logits):
        p, q = arrays[0], arrays[1] if len(arrays) > 1 else None
        allowed = math.inf if options.normalize else tolerance
        found, good = kernels.fused(rule.kernel, order, allowed, options.from_logits, p, q)
        if good:
            values = found[:, rule.column]
            # what comes with a measure can be finite where the measure is not: then the formula finds it
            left = np.flatnonzero(~np.isfinite(found).all(axis=1)) if rule.column else left[:0]
    if left.size:
        by_rows(rule, arrays, names, tolerance, options, order, left, values)
    single = all(array.dtype == np.float32 for array in arrays)
    values = values.astype(np.float32) if single else values
    return values[0] if arrays[0].ndim == 1 else values.reshape(arrays[0].shape[:-1])


def by_rows(
    rule: Rule,
    arrays: list[Array],
    names: list[str],
    tolerance: float,
    options: Options,
    order: Any,
    rows: np.ndarray[Any, Any],
    out: np.ndarray[Any, Any],
) -> None:
    """The measure of some rows by its formula, into `out`, in blocks that stay small."""
    step = max(1, BLOCK // arrays[0].shape[-1])
    with np.errstate(all="ignore"):
        for start in range(0, rows.size, step):
            chosen = rows[start : start + step]
            block = [rows_of(array, chosen).astype(np.float64) for array in arrays]
            try:
                sides, _ = distributions(block, names, tolerance, options, np)
            except UsageError:
                # said again with the place in the whole array
                distributions(arrays, names, tolerance, options, np)
                raise
            out[chosen] = rule.formula(np, order, *sides)


def rows_of(array: Array, rows: np.ndarray[Any, Any]) -> Array:
    """Some rows of a batch, shape (rows, outcomes)."""
    return array[np.unravel_index(rows, array.shape[:-1])] if array.ndim > 1 else array[np.newaxis]


def distributions(
    arrays: list[Array], names: list[str], tolerance: float, options: Options, xp: Namespace
) -> tuple[list[Distribution], Array]:
    """Each array as a distribution, and, while a program is traced, which rows are distributions indeed."""
    valid = None
    sides = []
    for array, name in zip(arrays, names, strict=True):
        good = is_logits(array, xp) if options.from_logits else is_probability(array, tolerance, options.normalize, xp)
        all_good = known(xp.all(good), xp)
        if all_good is False:
            refuse(array, name, tolerance, options, xp)
        if all_good is None:
            valid = good if valid is None else valid & good
        if options.from_logits:
            sides.append(from_logits(array, xp))
        else:
            sides.append(from_probabilities(scaled(array, xp) if options.normalize else array, xp))
    return sides, valid


def poisoned(value: Array, valid: Array, xp: Namespace) -> Array:
    """Where values are not known yet, a row that turns out to be no distribution becomes NaN instead of an error."""
    return value if valid is None else xp.where(valid, value, xp.nan)


def is_probability(p: Array, tolerance: float, normalize: bool, xp: Namespace) -> Array:
    """Which rows hold probabilities."""
    entries = xp.all((p >= 0.0) & (p < xp.inf), axis=-1)
    if normalize:
        return entries & xp.any(p > 0.0, axis=-1)
    return entries & (xp.abs(xp.sum(p, axis=-1) - 1.0) <= tolerance)


def is_logits(x: Array, xp: Namespace) -> Array:
    """Which rows hold logits: not NaN, not +inf, and one of them finite."""
    return xp.all(x < xp.inf, axis=-1) & xp.any(x > -xp.inf, axis=-1)


def refuse(array: Array, name: str, tolerance: float, options: Options, xp: Namespace) -> None:
    """Say what is wrong with the first row that is no distribution, if there is one."""
    if options.from_logits:
        wrong = ~(array < xp.inf)
        if known(xp.any(wrong), xp):
            where, value = first(wrong, array, options.axis, xp)
            raise UsageError(f"{name} holds {value}{where}: a logit is a finite number, or -inf for what cannot happen")
        empty = ~xp.any(array > -xp.inf, axis=-1)
        if known(xp.any(empty), xp):
            where, _ = first(empty, empty, None, xp)
            raise UsageError(f"every logit of {name} is -inf{where}: one outcome at least should be possible")
        return
    wrong = ~((array >= 0.0) & (array < xp.inf))
    if known(xp.any(wrong), xp):
        where, value = first(wrong, array, options.axis, xp, options.variables)
        remedy = "" if math.isfinite(value) else ": leave out what is missing"
        remedy = "; for logits, pass from_logits=True" if value < 0 and not options.variables else remedy
        raise UsageError(f"{name} holds {value}{where}, which is no probability{remedy}")
    sums = xp.sum(array, axis=-1)
    off = ~is_probability(array, tolerance, options.normalize, xp)
    if known(xp.any(off), xp):
        where, value = first(off, sums, None, xp)
        if options.normalize:
            raise UsageError(f"{name} sums to {value:.9g}{where}, and nothing can be normalised to a sum of 1")
        logits = "" if options.variables else ", for logits from_logits=True"
        raise UsageError(
            f"{name} sums to {value:.9g}{where}, and probabilities sum to 1 (here within {tolerance:.1g}): for weights "
            f"pass normalize=True{logits}; for the counts of a sample see ba.estimate"
        )


def first(
    wrong: Array, values: Array, axis: int | None, xp: Namespace, variables: tuple[int, ...] = ()
) -> tuple[str, float]:
    """Where the first True is, in words, and the value there."""
    flat = int(xp.argmax(xp.astype(xp.reshape(wrong, (-1,)), xp.int32)))
    place = [int(i) for i in np.unravel_index(flat, tuple(wrong.shape))] if wrong.ndim else []
    value = float(xp.reshape(values, (-1,))[flat])
    outcome = None if axis is None else place.pop()
    row = "" if not place else f"row {place[0] if len(place) == 1 else tuple(place)}"
    if outcome is None:
        column = ""
    elif variables:
        column = f"cell {tuple(int(i) for i in np.unravel_index(outcome, variables))}"
    else:
        column = f"column {outcome}"
    named = ", ".join(part for part in (row, column) if part)
    return f" in {named}" if named else "", value
