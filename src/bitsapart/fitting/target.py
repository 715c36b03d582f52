"""What a family is fitted to: rows of numbers, counts, a column of a table, a distribution or a log density."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from bitsapart.families.adapters.adapt import adapt
from bitsapart.families.distribution import Distribution
from bitsapart.fitting.draws import read_draws
from bitsapart.fitting.table_column import read_columns
from bitsapart.values.errors import UsageError

Array = Any
ROWS = 1 << 15
"""Rows of a block: so few that what is computed from them stays in the cache."""


class Block(NamedTuple):
    """Some rows: the place of the first among those that are used, values (rows, *event), weights, if not 1."""

    start: int
    values: Array
    weights: Array | None
    numbers: Array | None = None
    """Of rows in a table some of which are left out."""

    def row(self, place: int) -> int:
        """The number of a row, for errors."""
        return self.start + place if self.numbers is None else int(self.numbers[place])


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of numbers, read block by block as often as they are asked for."""

    words: str
    rows: int
    """Rows, or values that were counted."""
    event: tuple[int, ...]
    read: Callable[[], Iterator[Block]]
    weighting: Literal["none", "weights", "counts"] = "none"
    notes: tuple[str, ...] = ()

    def taken(self, chosen: Array) -> "Sample":
        """Some of the rows, by a mask or their numbers, in memory."""
        values, weights = self.all()
        kept = None if weights is None else weights[chosen]
        return in_memory(values[chosen], kept, self.weighting, self.words, self.notes)

    def all(self) -> tuple[Array, Array | None]:
        """All values and weights at once."""
        blocks = list(self.read())
        values = np.concatenate([block.values for block in blocks])
        if self.weighting == "none":
            return values, None
        return values, np.concatenate([block.weights for block in blocks])


@dataclass(frozen=True, eq=False)
class Unnormalised:
    """A log density that need not be normalised, of ``dimension`` real numbers."""

    function: Callable[..., Any]
    gradient: Callable[..., Any] | None
    dimension: int | None

    @property
    def words(self) -> str:
        """For the report."""
        return "a log density" if self.dimension is None else f"a log density in {self.dimension} dimensions"


@dataclass(frozen=True, eq=False)
class Formula:
    """A distribution that is known."""

    distribution: Distribution
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For the report."""
        return repr(self.distribution)


Target = Sample | Formula | Unnormalised


def read_target(target: Any, weights: Any, column: Any, gradient: Any = None, dimension: int | None = None) -> "Target":
    """Whatever a user fits to.

    Raises:
        UsageError: it is nothing that can be fitted to, or options do not suit it.
        DataError: a table cannot be read.
    """
    known = distribution_of(target)
    if known is not None:
        refuse({"weights": weights, "column": column, "gradient": gradient}, "a distribution")
        if known.batch_shape:
            raise UsageError(f"the target is a batch of distributions of shape {known.batch_shape}: fit to one of them")
        return Formula(known)
    if callable(target) and not hasattr(target, "__array__"):
        refuse({"weights": weights, "column": column}, "a log density")
        return Unnormalised(target, gradient, dimension)
    refuse({"gradient": gradient}, "data")
    if is_draws(target):
        refuse({"weights": weights, "column": column}, "draws of a sampler")
        return of_draws(target)
    return read_sample(target, weights, column)


def is_draws(target: Any) -> bool:
    """Whether the target is what a sampler gave: ArviZ, xarray or Stan."""
    return any(hasattr(target, name) for name in ("posterior", "data_vars", "stan_variables"))


def of_draws(target: Any) -> "Sample":
    """Posterior draws as rows."""
    found = read_draws(target)
    values = found.values[:, 0] if len(found.names) == 1 else found.values
    words = f"{len(values):,} draws of {', '.join(found.names[:4])}{' ...' if len(found.names) > 4 else ''}"
    note = "draws of a sampler depend on each other: intervals are those of as many independent rows"
    return in_memory(values, words=words, notes=(note,))


def is_data(target: Any) -> bool:
    """Whether the target holds rows or counts, and is neither a distribution nor a function."""
    if isinstance(target, str | Path | list | tuple | Mapping):
        return True
    return is_draws(target) or hasattr(target, "__array__") or hasattr(target, "__arrow_c_stream__")


def read_sample(target: Any, weights: Any, column: Any) -> Sample:
    """Data in any form."""
    if isinstance(target, Mapping) and is_counts(target):
        refuse({"weights": weights, "column": column}, "a mapping from values to counts")
        return of_counts(target)
    if column is not None or is_table(target):
        return of_table(target, column, weights)
    values = as_numbers(target, "the target")
    if values.ndim == 0:
        raise UsageError("the target is a single number: fit to an array of them")
    return in_memory(values, checked_weights(weights, len(values)), "none" if weights is None else "weights")


def distribution_of(target: Any) -> Distribution | None:
    """The target as one of our distributions, if it is one at all."""
    if isinstance(target, Distribution):
        return target
    if isinstance(target, str | Path | list | tuple | Mapping | np.ndarray) or hasattr(target, "__arrow_c_stream__"):
        return None
    try:
        return adapt(target)
    except UsageError:
        return None


def refuse(options: dict[str, Any], what: str) -> None:
    """Options that have no meaning for such a target."""
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"{name} has no meaning where the target is {what}: leave it out")


def is_counts(target: Mapping[Any, Any]) -> bool:
    """Whether a mapping gives a number for each number, and no columns by their names."""
    return bool(target) and all(isinstance(key, int | float | np.number) for key in target)


def is_table(target: Any) -> bool:
    """Whether the target is a file, or a frame of named columns."""
    if isinstance(target, str | Path | Mapping):
        return True
    named = hasattr(target, "columns") or hasattr(target, "column_names")
    return named and (hasattr(target, "__arrow_c_stream__") or hasattr(target, "iloc"))


def of_counts(target: Mapping[Any, Any]) -> Sample:
    """Values, and how often each was seen."""
    values = as_numbers(list(target.keys()), "the values of the counts")
    counts = as_numbers(list(target.values()), "the counts")
    if counts.shape != values.shape or (counts < 0.0).any() or not np.isfinite(counts).all():
        raise UsageError("counts should be one number of 0 or more for each value")
    if (counts != np.floor(counts)).any():
        raise UsageError("counts should be whole numbers: give weights=... with the values as an array instead")
    return in_memory(values, counts, "counts", f"{int(counts.sum()):,} counts of {len(values):,} values")


def of_table(target: Any, column: Any, weights: Any) -> Sample:
    """One column of a table, or several as rows of a vector; ``weights`` may be a column too."""
    weight_column = weights if isinstance(weights, str) else None
    table = read_columns(target, column, weight_column)
    event = () if len(table.columns) == 1 else (len(table.columns),)
    notes = table.notes
    given = None if weight_column is not None or weights is None else checked_weights(weights, table.source.schema.rows)

    def read() -> Iterator[Block]:
        start = 0
        for rows, part in table.blocks(ROWS):
            values = part[:, 0] if not event else part[:, : len(table.columns)]
            if weight_column is not None:
                weight = check_weights(part[:, -1], rows)
            else:
                weight = None if given is None else given[rows]
            yield Block(start, values, weight, rows)
            start += len(rows)

    words = f"{table.rows:,} rows of {table.words}"
    return Sample(words, table.rows, event, read, "none" if weights is None else "weights", notes)


def in_memory(
    values: Array,
    weights: Array | None = None,
    weighting: Literal["none", "weights", "counts"] = "none",
    words: str = "",
    notes: Sequence[str] = (),
) -> Sample:
    """Rows of an array, read without a copy."""
    rows = len(values)
    if rows == 0:
        raise UsageError("the target has no rows: there is nothing to fit to")

    def read() -> Iterator[Block]:
        size = max(1, ROWS // max(1, math.prod(values.shape[1:])))
        for start in range(0, rows, size):
            part = np.asarray(values[start : start + size], np.float64)
            yield Block(start, part, None if weights is None else weights[start : start + size])

    return Sample(words or f"{rows:,} samples", rows, values.shape[1:], read, weighting, tuple(notes))


def as_numbers(target: Any, what: str) -> Array:
    """An array of numbers of any kind; float64 only block by block."""
    if isinstance(target, np.ma.MaskedArray) and np.ma.is_masked(target):
        raise UsageError(f"{what} has masked values: leave their rows out")
    try:
        array = np.asarray(target.detach().cpu() if hasattr(target, "detach") else target)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(f"{what} is no array of numbers, rows of one length: {error}") from error
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{what} should be numbers; got {array.dtype} from a {type(target).__name__}")
    return array


def checked_weights(weights: Any, rows: int) -> Array | None:
    """A weight a row, if there are any."""
    if weights is None:
        return None
    found = np.asarray(as_numbers(weights, "weights"), np.float64)
    if found.shape != (rows,):
        raise UsageError(f"weights should be one number for each of the {rows:,} rows; got shape {found.shape}")
    check_weights(found, np.arange(rows))
    if not found.any():
        raise UsageError("all weights are 0: there is nothing to fit to")
    # only their ratios matter, and sums of huge or tiny ones leave the numbers
    return found / found.max()


def check_weights(weights: Array, numbers: Array) -> Array:
    """Weights that are finite and not negative, of rows with these numbers."""
    good = (weights >= 0.0) & np.isfinite(weights)
    if not good.all():
        place = int(np.argmin(good))
        raise UsageError(f"weights should be finite and 0 or more; got {weights[place]:g} in row {numbers[place]}")
    return weights
