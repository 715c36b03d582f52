"""Where samples of numbers come in: rows of shape (n, d), finite, and what repeats among them.

A density needs values that do not repeat. An atom is a value that holds a share of the rows, such as the exact zeros
of a rainfall; estimators from distances give infinity or nonsense there (the distance to a copy is 0), so ties are
found here and either modelled (an indicator for each atom) or refused.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.counts import numbers
from bitsapart.measures.arrays import same_columns
from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]

FEWEST = 8
ATOM_SHARE, ATOM_ROWS = 0.02, 10
"""A value with this share of a column, and with so many rows at least, is an atom."""
MOST_ATOMS = 12
"""Of a column."""
WHOLE_SHARE = 0.5
"""Whole numbers with no more distinct values than this share of the rows are counts, not measurements."""
EXACT = 2.0**53
"""From here on every float64 is a whole number, and being one says nothing."""


def read_samples(given: dict[str, Any]) -> list[Array]:
    """Each sample as float64 rows (n, d), with the same d, checked; by the names of the arguments."""
    same_columns(given)
    found = [one_sample(values, name) for name, values in given.items()]
    names = list(given)
    for rows, name in zip(found[1:], names[1:], strict=True):
        if rows.shape[1] != found[0].shape[1]:
            raise UsageError(
                f"{names[0]} has {found[0].shape[1]} columns and {name} has {rows.shape[1]}: both samples need the "
                "same columns"
            )
    return found


def one_sample(values: Any, name: str) -> Array:
    """One sample as rows (n, d)."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise UsageError(
            f"{name} has masked values: leave their rows out, {name}.compressed() for one column, "
            f"{name}[~np.ma.getmaskarray({name}).any(axis=1)] for several"
        )
    with np.errstate(over="ignore"):
        rows = numbers(values, name, "numbers are wanted, in rows of one length").astype(np.float64)
    if rows.ndim not in (1, 2) or (rows.ndim == 2 and rows.shape[1] == 0):
        raise UsageError(f"{name} has shape {rows.shape}: a sample is (rows,) or (rows, columns)")
    rows = rows[:, np.newaxis] if rows.ndim == 1 else rows
    if len(rows) < FEWEST:
        raise UsageError(f"{name} has {len(rows)} rows, and a density needs {FEWEST} at least")
    wrong = np.argwhere(~np.isfinite(rows))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        number = rows[row, column]
        remedy = (
            "leave out rows with missing values" if np.isnan(number) else "values must be finite, so leave the row out"
        )
        raise UsageError(f"{name} is {number} in row {row}, column {column}: {remedy}")
    return rows


def to_unit_size(*samples: Array) -> tuple[list[Array], NDArray[np.int64]]:
    """The samples with each column divided by a power of two, the same for all, and the exponents (d,).

    The largest number of a column is then from 1 to 2, and no square of it overflows or vanishes. Powers of two divide
    exactly, so that nothing else changes.

    >>> (rows,), exponents = to_unit_size(np.array([[3e300], [-1e300]]))
    >>> rows.round(3).ravel().tolist(), exponents.tolist()
    ([1.12, -0.373], [998])
    """
    largest = np.max([np.max(np.abs(rows), axis=0) for rows in samples], axis=0)
    exponents = np.frexp(largest)[1] - 1
    found = [np.ldexp(rows, -exponents) for rows in samples]
    lost = [np.any((unit == 0.0) & (rows != 0.0), axis=0) for unit, rows in zip(found, samples, strict=True)]
    if np.any(lost):
        column = int(np.argmax(np.any(lost, axis=0)))
        raise UsageError(f"column {column} spans more than 300 orders of magnitude: pass its logarithm")
    return found, exponents.astype(np.int64)


def whole_numbers(*samples: Array) -> bool:
    """Whether one column of whole numbers that repeat within a sample is all there is, as in counts and ratings."""
    if samples[0].shape[1] > 1 or not all(
        np.all((rows == np.floor(rows)) & (np.abs(rows) < EXACT)) for rows in samples
    ):
        return False
    return any(len(np.unique(rows)) <= WHOLE_SHARE * len(rows) for rows in samples)


def refuse_whole_numbers(word: str, *samples: Array) -> None:
    """Whole numbers have probabilities, not a density."""
    if whole_numbers(*samples):
        raise UsageError(
            f"the samples are whole numbers that repeat, which have probabilities and no density: count the rows of "
            f"each value and use ba.estimate.{word} on the counts"
        )


def atoms(*samples: Array) -> list[Array]:
    """Of each column, the values that hold a share of the rows of a sample, the most frequent ones."""
    return [atoms_of([rows[:, j] for rows in samples]) for j in range(samples[0].shape[1])]


def atoms_of(columns: list[Array]) -> Array:
    """The atoms of one column, in order."""
    shares: dict[float, float] = {}
    for column in columns:
        values, counts = np.unique(column, return_counts=True)
        often = (counts >= ATOM_ROWS) & (counts >= ATOM_SHARE * len(column))
        for value, count in zip(values[often], counts[often], strict=True):
            shares[float(value)] = max(shares.get(float(value), 0.0), count / len(column))
    most = sorted(shares, key=lambda value: -shares[value])[:MOST_ATOMS]
    return np.array(sorted(most))


def tied_share(rows: Array) -> float:
    """The share of rows that another row equals."""
    _, counts = np.unique(rows, axis=0, return_counts=True)
    return float(np.sum(counts[counts > 1]) / len(rows))


def refuse_ties(method: str, remedy: str, **samples: Array) -> None:
    """Rows that repeat, within a sample or from one to the other, have no distances to speak of."""
    rows = np.concatenate(list(samples.values()))
    share = tied_share(rows)
    if share > 0.0:
        names = " and ".join(samples)
        raise UsageError(
            f"{share:.1%} of the rows of {names} equal another row, and {method} goes by distances between rows, which "
            f"are then 0: {remedy}"
        )
