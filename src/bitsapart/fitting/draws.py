"""Posterior draws from elsewhere as one array: NumPy arrays, dicts of them, ArviZ, PyMC and Stan, by what they offer.

Nothing of these libraries is imported. Draws of arrays are flattened, an entry a column, with names such as beta[0, 1].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.values.errors import DataError, UsageError

Array = Any


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws (n, d) with a name a column, and the number of the chain that each row is of, (n,)."""

    names: tuple[str, ...]
    values: Array
    chains: Array


def read_draws(source: Any) -> Draws:
    """Posterior draws as an array.

    Args:
        source: an array (n, d), or (n,) of one parameter; a mapping of names to arrays (chain, draw, ...), or (draw,)
            for one chain; an ArviZ ``InferenceData`` or a ``DataTree``, whose group "posterior" is read; an xarray
            ``Dataset`` with dimensions chain and draw; a cmdstanpy fit; a data frame with a column a parameter.

    Raises:
        UsageError: it is none of these.
        DataError: a draw is no finite number, or arrays differ in their numbers of chains or draws.
    """
    if isinstance(source, Mapping) and "posterior" not in source:
        return _of_arrays({str(name): _chained(name, value) for name, value in source.items()})
    dataset = _dataset(source)
    if dataset is not None:
        return _of_arrays(_variables(dataset))
    if hasattr(source, "stan_variables"):
        return _of_stan(source)
    if hasattr(source, "columns") and hasattr(source, "__array__"):
        return _checked(tuple(map(str, source.columns)), _numbers("the draws", source), None)
    if isinstance(source, np.ndarray) or (isinstance(source, (list, tuple)) and source):
        return _of_array(_numbers("the draws", source))
    raise UsageError(
        "draws should be an array (n, d), a mapping of arrays, an InferenceData, a DataTree or a Stan fit; "
        f"got {type(source).__qualname__}"
    )


def _dataset(source: Any) -> Any:
    """The xarray-like posterior of an InferenceData or a DataTree, or the dataset itself."""
    if isinstance(source, Mapping) or hasattr(source, "children"):
        posterior = source.get("posterior")
    else:
        posterior = getattr(source, "posterior", None)
    if posterior is None and not hasattr(source, "data_vars"):
        return None
    found = source if posterior is None else posterior
    return found if hasattr(found, "data_vars") else getattr(found, "dataset", None)


def _variables(dataset: Any) -> dict[str, Array]:
    found = {}
    for name, variable in dataset.data_vars.items():
        dims = tuple(variable.dims)
        if "chain" not in dims or "draw" not in dims:
            raise DataError(f"{name} has the dimensions {dims}: draws have chain and draw")
        order = [
            dims.index("chain"),
            dims.index("draw"),
            *(i for i, dim in enumerate(dims) if dim not in ("chain", "draw")),
        ]
        found[str(name)] = np.transpose(_numbers(str(name), variable.values), order)
    return found


def _of_stan(source: Any) -> Draws:
    """A cmdstanpy fit, whose variables have all chains one after another."""
    chains = int(getattr(source, "chains", 1))
    found = {}
    for name, value in source.stan_variables().items():
        array = _numbers(str(name), value)
        if len(array) % chains:
            raise DataError(f"{name} has {len(array):,} draws, which {chains} chains of one length do not have")
        found[str(name)] = array.reshape(chains, len(array) // chains, *array.shape[1:])
    return _of_arrays(found)


def _chained(name: Any, value: Any) -> Array:
    array = _numbers(str(name), value)
    if not array.ndim:
        raise DataError(f"{name} is one number: draws should be an array (chain, draw, ...)")
    return array[np.newaxis] if array.ndim == 1 else array


def _of_arrays(variables: dict[str, Array]) -> Draws:
    """Arrays (chain, draw, ...) as columns."""
    if not variables:
        raise DataError("there are no draws: the posterior has no variables")
    first, shape = next((name, array.shape[:2]) for name, array in variables.items())
    names: list[str] = []
    columns = []
    for name, array in variables.items():
        if array.shape[:2] != shape:
            raise DataError(
                f"{name} has {array.shape[:2]} chains and draws, {first} has {shape}: they should be the same"
            )
        places = np.ndindex(array.shape[2:])
        names += [f"{name}[{', '.join(map(str, place))}]" if place else name for place in places]
        columns.append(array.reshape(shape[0] * shape[1], -1))
    return _checked(tuple(names), np.concatenate(columns, axis=1), np.repeat(np.arange(shape[0]), shape[1]))


def _of_array(array: Array) -> Draws:
    if array.ndim not in (1, 2):
        raise DataError(
            f"draws should be an array (n, d); got the shape {array.shape}: give chains in a mapping of names"
        )
    table = array[:, np.newaxis] if array.ndim == 1 else array
    return _checked(tuple(f"x[{i}]" for i in range(table.shape[1])) if table.shape[1] > 1 else ("x",), table, None)


def _numbers(name: str, value: Any) -> Array:
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: draws should be numbers: {error}") from error


def _checked(names: tuple[str, ...], values: Array, chains: Array | None) -> Draws:
    if not values.size:
        raise DataError(f"there are no draws: the array has the shape {values.shape}")
    if not np.isfinite(values).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise DataError(f"draw {row} of {names[column]} is {values[row, column]}: draws should be finite numbers")
    return Draws(names, values, np.zeros(len(values), int) if chains is None else chains)
