"""Where samples of numbers come in: rows of shape (n, d), finite, and what repeats among them.

A density needs values that do not repeat. An atom is a value that holds a share of the rows, such as the exact zeros
of a rainfall; estimators from distances give infinity or nonsense there (the distance to a copy is 0), so ties are
found here and either modelled (an indicator for each atom) or refused.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]

FEWEST = 8
ATOM_SHARE, ATOM_ROWS = 0.02, 10
"""A value with this share of a column, and with so many rows at least, is an atom."""
MOST_ATOMS = 12
"""Of a column."""
WHOLE_SHARE = 0.5
"""Whole numbers with no more distinct values than this share of the rows are counts, not measurements."""


def read_samples(given: dict[str, Any]) -> list[Array]:
    """Each sample as float64 rows (n, d), with the same d, checked; by the names of the arguments."""
    found = [one_sample(values, name) for name, values in given.items()]
    names = list(given)
    for rows, name in zip(found[1:], names[1:], strict=True):
        if rows.shape[1] != found[0].shape[1]:
            raise UsageError(
                f"{names[0]} has {found[0].shape[1]} columns and {name} has {rows.shape[1]}: both samples need the same"
            )
    return found


def one_sample(values: Any, name: str) -> Array:
    """One sample as rows (n, d)."""
    try:
        rows = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} does not hold numbers in rows of one length") from error
    if rows.ndim not in (1, 2) or (rows.ndim == 2 and rows.shape[1] == 0):
        raise UsageError(f"{name} has shape {rows.shape}: a sample is (rows,) or (rows, columns)")
    rows = rows[:, np.newaxis] if rows.ndim == 1 else rows
    if len(rows) < FEWEST:
        raise UsageError(f"{name} has {len(rows)} rows, and a density needs {FEWEST} at least")
    wrong = np.argwhere(~np.isfinite(rows))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        raise UsageError(f"{name} is {rows[row, column]} in row {row}, column {column}: leave out what is missing")
    return rows


def whole_numbers(*samples: Array) -> bool:
    """Whether one column of whole numbers that repeat is all there is, as in counts and ratings."""
    if samples[0].shape[1] > 1:
        return False
    rows = np.concatenate(samples)[:, 0]
    return bool(np.all(rows == np.floor(rows))) and len(np.unique(rows)) <= WHOLE_SHARE * len(rows)


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
            f"{share:.1%} of the rows of {names} repeat, and {method} goes by distances between rows, which are "
            f"then 0: {remedy}"
        )
