"""What differs between two tables' columns before any value is looked at."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from bitsapart.comparison.comparison import SchemaChange
from bitsapart.values.schema import Column, TableSchema


def schema_changes(reference: TableSchema, current: TableSchema) -> tuple[SchemaChange, ...]:
    """Columns on one side only, of another type, in another place, or of a name that stands twice."""
    pairs = shared(reference, current)
    before = [column.name for column, _ in pairs]
    after = [column.name for _, column in sorted(pairs, key=lambda pair: pair[1].place)]
    return (
        *(SchemaChange(c.name, "only in reference", c.type, "") for c in reference.columns if c.name not in current),
        *(SchemaChange(c.name, "only in current", "", c.type) for c in current.columns if c.name not in reference),
        *(SchemaChange(name, "not unique", "", "") for name in sorted(reference.repeated | current.repeated)),
        *(SchemaChange(a.name, "type changed", a.type, b.type) for a, b in pairs if a.type != b.type),
        *(
            SchemaChange(name, "moved", str(reference[name].place + 1), str(current[name].place + 1))
            for name in moved(before, after)
        ),
    )


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
