"""What differs between two tables' columns before any value is looked at."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from bitsapart.comparison.comparison import SchemaChange
from bitsapart.tables.columns import Column, TableSchema


def schema_changes(reference: TableSchema, current: TableSchema) -> tuple[SchemaChange, ...]:
    """Columns on one side only, of another type, in another place, or of a name that stands twice."""
    changes = []
    for column in reference.columns:
        if column.name not in current:
            changes.append(SchemaChange(column.name, "only in reference", column.words, ""))
    for column in current.columns:
        if column.name not in reference:
            changes.append(SchemaChange(column.name, "only in current", "", column.words))
    for name in sorted(reference.repeated | current.repeated):
        changes.append(SchemaChange(name, "not unique", "", ""))
    common = [c for c in reference.columns if c.name in current and c.name not in reference.repeated | current.repeated]
    for column in common:
        other = current[column.name]
        if column.words != other.words:
            changes.append(SchemaChange(column.name, "type changed", column.words, other.words))
    now = [c for c in current.columns if c.name in reference and c.name not in reference.repeated | current.repeated]
    for name in moved([c.name for c in common], [c.name for c in now]):
        places = str(reference[name].place + 1), str(current[name].place + 1)
        changes.append(SchemaChange(name, "moved", *places))
    return tuple(changes)


def moved(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Names outside the longest runs that both orders share."""
    if before == after:
        return []
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    staying = {name for block in blocks for name in before[block.a : block.a + block.size]}
    return [name for name in before if name not in staying]


def shared(reference: TableSchema, current: TableSchema) -> list[tuple[Column, Column]]:
    """Pairs of columns of one name that stands once on either side, in the reference's order."""
    twice = reference.repeated | current.repeated
    return [(c, current[c.name]) for c in reference.columns if c.name in current and c.name not in twice]
