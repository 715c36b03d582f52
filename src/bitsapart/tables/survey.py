"""The survey: look at a sample of the reference, and fix how every column is encoded. The current table is not seen.

Ordered columns: the fine intervals of an encoding hold about 1/256 of the reference each, and less and less towards
both ends, where divergences live; values that are common by themselves are intervals of their own. How many intervals
an estimate then uses follows from the sizes of the two samples (`bitsapart.comparison.coarsen`).
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import Literal, cast

import numpy as np
import pyarrow as pa

from bitsapart.tables.columns import KINDS, Keys, collapses, is_ordered, keys, label_counts
from bitsapart.tables.engines.engine import Engine, attempt
from bitsapart.values.encoding import Encoding, Nominal, Ordered
from bitsapart.values.histogram import Unreadable, added
from bitsapart.values.plan import ColumnPlan, Plan
from bitsapart.values.schema import Column

SAMPLE = 1 << 16
FINE = 256
"""Intervals of an ordered column, ends and atoms apart."""
ATOM_ROWS = 5
"""Rows of the sample that a value needs, besides a share of 1/256, to be an outcome of its own."""
END_ROWS = 4
"""Rows of the sample in the outermost interval on either side."""
REPEATS_EXPECTED = 10.0
"""Whole numbers that never repeat are identifiers where independent draws would have repeated this often."""
MANY = 1 << 14
FREQUENT = 3


def survey(reference: Engine, names: Iterable[str] | None = None) -> Plan:
    """The plan for comparing the named columns (all by default) of any table with this reference."""
    schema = reference.schema()
    wanted = None if names is None else set(names)
    columns = [c for c in schema.columns if c.name not in schema.repeated and (wanted is None or c.name in wanted)]
    samples = reference.sample([column.name for column in columns if column.family != "struct"], SAMPLE)
    with ThreadPoolExecutor() as pool:
        plans = tuple(pool.map(planned, columns, [samples.get(column.name, []) for column in columns]))
    return Plan(plans, schema.rows, min(SAMPLE, schema.rows))


def planned(column: Column, sample: Sequence[pa.Array] | Unreadable) -> ColumnPlan:
    """How one column is counted; one that cannot be looked at will say why when it is counted."""
    notes: tuple[str, ...] = ()
    if column.family == "list":
        notes = ("lists are compared by their length only",)
    elif column.family == "struct":
        notes = ("records are compared by being null or not only",)
    encoding = sample if isinstance(sample, Unreadable) else attempt(encoded, column, sample)
    return ColumnPlan(
        column.name,
        KINDS[column.family],
        column.type,
        Nominal() if isinstance(encoding, Unreadable) else encoding,
        notes,
    )


def encoded(column: Column, sample: Sequence[pa.Array]) -> Encoding:
    """The encoding of a column with such values."""
    if column.family == "struct":
        return Nominal(of="presence")
    # files of one table may store a column in several types
    wholes = [pa.concat_arrays([a for a in sample if a.type == type_]) for type_ in {a.type for a in sample}]
    if not is_ordered(column.family) or any(collapses(whole) for whole in wholes):
        return nominal(reduce(added, (label_counts(whole)[1] for whole in wholes), {}))
    values = np.concatenate([np.empty(0, np.int8), *(keys(whole, column.type)[1] for whole in wholes)])
    return ordered(values[np.isfinite(values)], column)


def nominal(counts: Mapping[str, int]) -> Nominal:
    """Exact counts; where there may be too many values for them, the frequent ones are kept in any case."""
    if len(counts) < MANY:
        return Nominal()
    return Nominal(listed=tuple(sorted(label for label, number in counts.items() if number >= FREQUENT)))


def ordered(values: Keys, column: Column) -> Encoding:
    """Quantile intervals and atoms of the reference, or for keys of rows the values themselves."""
    of_length = column.family == "list"
    if column.family == "number" and is_identifier(values):
        return Nominal()
    key: Literal["float64", "int64"] = "float64" if values.dtype == np.float64 else "int64"
    return Ordered(*edges_and_atoms(values), key=key, of="length" if of_length else "value")


def is_identifier(values: Keys) -> bool:
    """Whether whole numbers look like keys of rows: no value repeats, though independent draws would have repeated.

    n independent draws from any distribution on r values repeat at least about n^2 / 2r times (fewest if uniform).
    """
    if values.dtype != np.int64 or len(values) < 2:
        return False
    span = float(values.max()) - float(values.min()) + 1
    return len(values) ** 2 / (2 * span) >= REPEATS_EXPECTED and len(np.unique(values)) == len(values)


def edges_and_atoms(values: Keys) -> tuple[tuple[float, ...] | tuple[int, ...], tuple[int, ...]]:
    """Edges of the intervals, and the places of those that hold one value."""
    if len(values) == 0:
        return (), ()
    ranked = cast("Keys", np.sort(values))
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    distinct, counts = ranked[starts], np.diff(np.append(starts, len(ranked)))
    atoms = distinct[counts >= max(ATOM_ROWS, len(values) / FINE)]
    every: Keys = np.unique(np.concatenate([ranked[cuts(len(ranked))], atoms, following(atoms)]))
    edges = every[np.isfinite(every)]
    edges[edges == 0] = 0  # no -0.0
    places = np.searchsorted(edges, atoms, side="right")
    return tuple(edges.tolist()), tuple(places.tolist())


def cuts(n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Ranks at which sorted values are cut: evenly, and by halving towards both ends."""
    parts = max(min(FINE, n // END_ROWS), 1)
    even = np.arange(1, parts) * n // parts
    ends = [n // parts >> halvings for halvings in range(1, 32) if n // parts >> halvings >= END_ROWS]
    return np.unique(np.concatenate([even, ends, [n - end for end in ends]]).astype(np.int64))


def following(atoms: Keys) -> Keys:
    """The next key after each."""
    if atoms.dtype == np.int64:
        return atoms[atoms < np.iinfo(np.int64).max] + 1
    with np.errstate(over="ignore"):
        return np.nextafter(atoms, np.inf)
