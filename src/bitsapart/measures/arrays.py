"""Arrays of any library, as the array-API standard sees them: what came, in which namespace, in which precision.

NumPy arrays, lists and what NumPy can read go through NumPy; torch, JAX and others through their own namespace, so that
gradients, compilation and devices are theirs.
"""

import math
from typing import Any

import numpy as np

from bitsapart.values.errors import UsageError

Array = Any
Namespace = Any

TOLERANCE = {size: math.sqrt(float(np.finfo(kind).eps)) for size, kind in ((2, "f2"), (4, "f4"), (8, "f8"))}
REMEDIES = {
    "iu": "for counts of a sample see ba.estimate; .astype(float) makes logits of them, or weights for normalize=True",
    "b": ".astype(float) makes 1 of True and 0 of False",
    "c": "take the real part, if the rest is 0",
}


def namespace_of(*values: Any) -> Namespace:
    """NumPy, or the one library that is not."""
    homes = {home_of(value) for value in values} - {"numpy"}
    if not homes:
        return np
    if len(homes) > 1:
        raise UsageError(f"arrays of {' and '.join(sorted(homes))} cannot be measured together: convert one of them")
    home = homes.pop()
    # the two that trace programs are named, so that the search for others is not traced
    if home == "torch":
        import array_api_compat.torch

        return array_api_compat.torch
    if home == "jax":
        import jax.numpy

        return jax.numpy
    from array_api_compat import array_namespace

    return array_namespace(*(value for value in values if home_of(value) != "numpy"))


def home_of(value: Any) -> str:
    """The library of an array; NumPy's is that of lists, and of all that NumPy can read."""
    kind = type(value)
    if kind is np.ndarray or kind is list or isinstance(value, (np.ndarray, np.generic)):
        return "numpy"
    if hasattr(value, "__torch_function__"):
        return "torch"
    package = kind.__module__.partition(".")[0]
    if package in {"jax", "jaxlib"}:
        return "jax"
    return package if hasattr(value, "__array_namespace__") and hasattr(value, "dtype") else "numpy"


def floating(value: Any, name: str, xp: Namespace, like: Any = None) -> tuple[Array, float]:
    """The value as an array of floating-point numbers with at least one axis, and how far from 1 a sum of them may be.

    That is the square root of the precision that they came in; half precision is then widened to single.
    """
    if xp is np:
        return floating_numpy(value, name)
    if home_of(value) == "numpy":
        value = xp.asarray(floating_numpy(value, name)[0], dtype=like.dtype, device=getattr(like, "device", None))
    if not xp.isdtype(value.dtype, "real floating"):
        kind = next((k for k in ("integral", "bool", "complex floating") if xp.isdtype(value.dtype, k)), "")
        refuse_dtype({"integral": "i", "bool": "b", "complex floating": "c"}.get(kind, "?"), str(value.dtype), name)
    if value.ndim == 0:
        refuse_scalar(name)
    tolerance = math.sqrt(float(xp.finfo(value.dtype).eps))
    return (xp.astype(value, xp.float32) if value.dtype.itemsize < 4 else value), tolerance


def floating_numpy(value: Any, name: str) -> tuple[np.ndarray[Any, Any], float]:
    """The same for NumPy, native and aligned as the kernels want it."""
    if isinstance(value, np.ma.MaskedArray):
        raise UsageError(
            f"{name} is a masked array: fill what is masked (.filled(0.0) for outcomes that cannot happen)"
        )
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise UsageError(f"{name} is not an array of numbers: its rows differ in length") from error
    kind = array.dtype.kind
    if kind != "f":
        refuse_dtype(kind, str(array.dtype), name)
    if array.ndim == 0:
        refuse_scalar(name)
    given = array.dtype.itemsize
    if given not in {4, 8} or not array.dtype.isnative or not array.flags.aligned:
        array = array.astype(np.float32 if given <= 4 else np.float64)
    return array, TOLERANCE.get(given, TOLERANCE[8])


def refuse_dtype(kind: str, dtype: str, name: str) -> None:
    """Say which numbers are wanted."""
    remedy = next((f": {remedy}" for kinds, remedy in REMEDIES.items() if kind in kinds), "")
    raise UsageError(f"{name} holds {dtype}, and real floating-point numbers are wanted{remedy}")


def refuse_scalar(name: str) -> None:
    """Say that one number is no distribution."""
    raise UsageError(f"{name} is a single number: a distribution is an array with its outcomes along one axis")


def outcomes_last(array: Array, axis: int, name: str, xp: Namespace) -> Array:
    """The array with its outcomes on the last axis."""
    axis = whole(axis)
    if not -array.ndim <= axis < array.ndim:
        raise UsageError(f"{name} has {array.ndim} {'axis' if array.ndim == 1 else 'axes'}, so there is no axis {axis}")
    if axis not in {-1, array.ndim - 1}:
        array = xp.moveaxis(array, axis, -1)
    if array.shape[-1] == 0:
        raise UsageError(f"{name} has no outcomes along axis {axis}")
    return array


def whole(axis: Any) -> int:
    """An axis as a whole number."""
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise UsageError(f"an axis is a whole number; got {axis!r}")
    return int(axis)


def same_labels(given: dict[str, Any]) -> None:
    """Refuse labelled arrays (pandas) whose labels differ: outcomes are matched by their place."""
    same_columns(given)
    labelled = {name: value for name, value in given.items() if type(value).__module__.partition(".")[0] == "pandas"}
    names = list(labelled)
    for name in names[1:]:
        if not labelled[name].index.equals(labelled[names[0]].index):
            raise UsageError(
                f"{names[0]} and {name} are labelled differently, and outcomes are matched by their place: "
                f"{name}.reindex({names[0]}.index) puts them in one order"
            )


def same_columns(given: dict[str, Any]) -> None:
    """Refuse tables (pandas) whose columns differ: they are matched by their place."""
    columns = {name: value.columns for name, value in given.items() if hasattr(value, "columns")}
    names = list(columns)
    for name in names[1:]:
        if list(columns[name]) != list(columns[names[0]]):
            raise UsageError(
                f"{names[0]} and {name} have different columns, and they are matched by their place: "
                f"{name}[{names[0]}.columns] puts them in one order"
            )


def same_outcomes(arrays: list[Array], names: list[str], axis: int, xp: Namespace) -> list[Array]:
    """The arrays broadcast against each other over the batch; outcomes are never repeated."""
    first = arrays[0]
    if all(array.shape == first.shape for array in arrays):
        return arrays
    for array, name in zip(arrays, names, strict=True):
        if array.shape[-1] != first.shape[-1]:
            raise UsageError(
                f"{names[0]} has {first.shape[-1]} outcomes along axis {axis} and {name} has {array.shape[-1]}: "
                "both should list the same outcomes in the same order"
            )
    try:
        return list(xp.broadcast_arrays(*arrays))
    except (ValueError, RuntimeError) as error:
        shapes = " and ".join(str(tuple(array.shape)) for array in arrays)
        raise UsageError(f"the batches do not fit each other: shapes {shapes}, outcomes last") from error


def known(flag: Array, xp: Namespace) -> bool | None:
    """A flag's value, or None while a program is being traced (jit, vmap, compile), where values are not known."""
    if xp is np:
        return bool(flag)
    compiler = getattr(xp, "compiler", None)
    if compiler is not None and compiler.is_compiling():
        return None
    try:
        return bool(flag)
    except (RuntimeError, TypeError):
        return None
