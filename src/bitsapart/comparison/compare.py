"""Compare two tables: open, survey, count, align, estimate, attribute, judge."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from bitsapart.comparison.comparison import Comparison, TableFacts
from bitsapart.comparison.judge import MULTIPLICITY, judged, overall
from bitsapart.comparison.options import Options
from bitsapart.comparison.refused import refused
from bitsapart.comparison.schema_changes import schema_changes, shared
from bitsapart.tables.columns import KINDS, comparable
from bitsapart.tables.engines.arrow import ArrowEngine
from bitsapart.tables.engines.engine import Engine
from bitsapart.tables.engines.memory import MemoryEngine
from bitsapart.tables.source import Source, Table, open_table
from bitsapart.tables.survey import survey
from bitsapart.values.errors import DataError, UsageError
from bitsapart.values.plan import Plan
from bitsapart.values.profile import Profile
from bitsapart.values.schema import Column, TableSchema

EngineName = Literal["auto", "memory", "arrow"]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done and the steps in all."""
PROFILE = ".profile"
"""How the name of a stored profile ends."""
FEW_ROWS = 100_000
"""Up to this many rows NumPy has counted before a compiled kernel has been loaded."""


def compare(
    reference: Table | Profile,
    current: Table,
    *,
    tolerance: float = 0.01,
    level: float = 0.95,
    prior: float = 0.5,
    columns: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    engine: EngineName = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """How far ``current`` has moved from ``reference``, in bits, per column.

    For every column that both tables have: the entropy of the current table, its cross-entropy under the reference,
    the excess KL(current || reference) = cross-entropy - entropy (Kullback & Leibler 1951), the reverse, and the
    Jensen-Shannon divergence (Lin 1991), each with an interval; a q-value for "no difference at all"; a verdict; and
    what every outcome contributes.

    Args:
        reference: the table that is acted on: a path (Parquet, CSV, JSON lines, Arrow), a glob, a folder, an object
            with ``__arrow_c_stream__`` (pandas, Polars, PyArrow, DuckDB), or a `Profile` (also its .profile file).
        current: the table that tells the truth now.
        tolerance: bits of excess per value that do not matter. 0.01 is one bit in a hundred rows: a bet on which of the
            two tables a row comes from needs over 400 rows to reach odds of 20 to 1; a normal column is there when its
            mean has moved by 0.12 standard deviations.
        level: confidence level of the intervals.
        prior: pseudo-count that the reference spends on all values it never had, where a finite excess is wanted for
            them; 0 for none.
        columns: names to compare; all that both tables have by default.
        ignore: names to leave out.
        engine: "memory" (NumPy), "arrow" (streaming, compiled), or "auto": memory up to 100,000 rows.
        threads: cores to count with; all, up to 8, by default.
        progress: called with what is being done, the steps done and the steps in all.

    Returns:
        A `Comparison`, whose ``columns`` map names to `ColumnShift`.

    Raises:
        UsageError: an option is out of its range or names no column.
        DataError: a table cannot be read, is empty, or shares no column with the other.

    >>> import bitsapart as ba
    >>> shift = ba.compare({"coin": ["head", "tail"] * 500}, {"coin": ["head", "head", "head", "tail"] * 250})
    >>> print(shift.columns["coin"].excess, shift.verdict)
    0.187 bits [0.132, 0.259] shifted
    """
    options = Options(tolerance, level, prior)
    with ThreadPoolExecutor(1) as pool:
        # loading the statistics takes as long as reading a million rows: it is done meanwhile
        statistics = pool.submit(import_module, "bitsapart.comparison.shift")
        theirs = engine_for(current, "current", engine, threads)
        before = profile_of(reference, theirs.schema(), columns, ignore, engine, threads, progress)
        pairs = chosen(before.schema, theirs.schema(), columns, ignore)
        able = [ours for ours, other in pairs if comparable(ours, other)]
        plan = before.plan.of([column.name for column in able])
        after = theirs.count(plan, following(progress, "counting the current table"))
    column_shift = statistics.result().column_shift
    shifts = {}
    for ours, other in pairs:
        if comparable(ours, other):
            sides = before.histograms[ours.name], after[ours.name]
            shifts[ours.name] = column_shift(plan[ours.name], (ours, other), *sides, options, len(able))
        else:
            note = f"its type changed from {ours.type} to {other.type}: no outcome is common to both"
            shifts[ours.name] = refused((ours, other), KINDS[ours.family], note)
    shifts = judged(shifts, options)
    return Comparison(
        reference=facts(before.schema),
        current=facts(theirs.schema()),
        columns=shifts,
        schema_changes=schema_changes(before.schema, theirs.schema()),
        verdict=overall(shifts),
        q_value=min((s.q_value for s in shifts.values() if s.q_value is not None), default=None),
        tolerance=tolerance,
        level=level,
        prior=prior,
        multiplicity=MULTIPLICITY,
        plan=plan,
        version=version("bitsapart"),
    )


def profile(
    table: Table,
    *,
    plan: Plan | None = None,
    columns: Iterable[str] | None = None,
    engine: EngineName = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Profile:
    """Count a table once, to compare others with it later, when its rows are no longer at hand.

    Args:
        table: as in `compare`.
        plan: the plan of another profile, so that the two can be added; by default a plan is made from the table.
        columns: names of columns; all by default.
        engine: as in `compare`.
        threads: as in `compare`.
        progress: as in `compare`.

    Returns:
        A `Profile`: ``.save(path)``, ``Profile.load(path)``, ``profile + profile``; a reference for `compare`.

    >>> import bitsapart as ba
    >>> monday = ba.profile({"coin": ["head", "tail"] * 500})
    >>> tuesday = ba.profile({"coin": ["head", "tail"] * 300}, plan=monday.plan)
    >>> (monday + tuesday).schema.rows
    1600
    >>> ba.compare(monday, {"coin": ["head", "tail"] * 500}).columns["coin"].excess.value
    0.0
    """
    counter = engine_for(table, "table", engine, threads)
    if plan is None:
        plan = survey(counter, columns)
    return Profile(counter.schema(), plan, dict(counter.count(plan, following(progress, "counting"))))


def profile_of(
    reference: Table | Profile,
    current: TableSchema,
    columns: Iterable[str] | None,
    ignore: Iterable[str],
    engine: EngineName,
    threads: int | None,
    progress: Progress | None,
) -> Profile:
    """The reference's profile: as it was brought, or made now of the columns that can be compared."""
    reference = loaded(reference)
    if isinstance(reference, Profile):
        return reference
    ours = engine_for(reference, "reference", engine, threads)
    pairs = chosen(ours.schema(), current, columns, ignore)
    plan = survey(ours, [column.name for column, other in pairs if comparable(column, other)])
    return Profile(ours.schema(), plan, ours.count(plan, following(progress, "counting the reference")))


def loaded(table: Table | Profile) -> Table | Profile:
    """A profile where a path leads to one."""
    named = isinstance(table, str | Path) and str(table).endswith(PROFILE)
    return Profile.load(str(table)) if named else table


def explain(
    reference: Table | Profile,
    current: Table,
    *,
    columns: Iterable[str] | None = None,
    ignore: Iterable[str] = (),
    engine: EngineName = "auto",
) -> Plan:
    """The plan by which two tables would be compared; nothing is counted."""
    theirs = engine_for(current, "current", engine, None).schema()
    reference = loaded(reference)
    if isinstance(reference, Profile):
        pairs = chosen(reference.schema, theirs, columns, ignore)
        return reference.plan.of([a.name for a, b in pairs if comparable(a, b)])
    ours = engine_for(reference, "reference", engine, None)
    return survey(ours, [a.name for a, b in chosen(ours.schema(), theirs, columns, ignore) if comparable(a, b)])


def engine_for(table: Table, role: str, engine: EngineName, threads: int | None) -> Engine:
    """The engine that will read a table."""
    if engine not in {"auto", "memory", "arrow"}:
        raise UsageError(f"engine must be auto, memory or arrow; got {engine!r}")
    source: Source = open_table(table, role)
    if engine == "memory" or (engine == "auto" and source.schema.rows <= FEW_ROWS):
        return MemoryEngine(source)
    return ArrowEngine(source, threads)


def chosen(
    reference: TableSchema, current: TableSchema, columns: Iterable[str] | None, ignore: Iterable[str]
) -> Sequence[tuple[Column, Column]]:
    """The pairs of columns to compare."""
    pairs = shared(reference, current)
    if not pairs:
        raise DataError(
            f"{reference.name} and {current.name} have no column name in common: {some(reference, current)}"
        )
    known = {column.name for schema in (reference, current) for column in schema.columns}
    wanted, unwanted = None if columns is None else list(columns), list(ignore)
    for name in [*(wanted or []), *unwanted]:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(f"no column {name!r} in either table" + (f"; did you mean {near[0]!r}?" if near else ""))
    pairs = [p for p in pairs if p[0].name not in unwanted and (wanted is None or p[0].name in wanted)]
    if not pairs:
        raise UsageError("no column is left to compare: of those asked for, none is in both tables or all are left out")
    return pairs


def some(reference: TableSchema, current: TableSchema) -> str:
    """A few names of both sides."""
    sides = [", ".join(repr(column.name) for column in schema.columns[:3]) for schema in (reference, current)]
    return f"{sides[0]} ... against {sides[1]} ..."


def facts(schema: TableSchema) -> TableFacts:
    """What is kept of a table."""
    return TableFacts(schema.name, schema.rows, len(schema.columns), schema.notes)


def following(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    """A progress function for one of several tasks."""
    return None if progress is None else lambda done, total: progress(what, done, total)
