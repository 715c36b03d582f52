"""Which of a file's several arrays is meant."""

from bitsapart.values.errors import UsageError

LISTED = 20


def chosen(shapes: dict[str, tuple[int, ...]], member: str | None, name: str, vector: bool = False) -> str:
    """The member that is asked for, or the only one that can be meant: a matrix among vectors, or the other way."""
    if member is not None:
        if member not in shapes:
            raise UsageError(f"{name} holds no array {member!r}; it has {listed(shapes)}")
        return member
    fitting = [key for key, shape in shapes.items() if is_vector(shape) == vector]
    for candidates in (list(shapes), fitting):
        if len(candidates) == 1:
            return candidates[0]
    raise UsageError(f"{name} holds several arrays, of which one must be named: {listed(shapes)}")


def is_vector(shape: tuple[int, ...]) -> bool:
    """Whether an array has one value a row."""
    return len(shape) <= 1 or (len(shape) == 2 and shape[1] == 1)


def listed(shapes: dict[str, tuple[int, ...]]) -> str:
    """Names and shapes, not too many."""
    first = [f"{name} {shape}" for name, shape in list(shapes.items())[:LISTED]]
    return ", ".join(first) + (f" and {len(shapes) - LISTED} more" if len(shapes) > LISTED else "")
