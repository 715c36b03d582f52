"""What is written must not replace what is read."""

import glob
from collections.abc import Iterable
from os import PathLike, fspath
from pathlib import Path

from bitsapart.matrices.llama_base import MAGIC
from bitsapart.matrices.paths import FORMATS, first_bytes, split_member
from bitsapart.model_comparison.top_lists import is_table
from bitsapart.tables.files import format_by_name
from bitsapart.values.errors import UsageError


def refuse_inputs(output: str | PathLike[str], inputs: Iterable[object], role: str) -> None:
    """Refuse to write over one of the files that are read, or into a folder of them what would be read next time."""
    target = Path(output).expanduser().resolve()
    for source in inputs:
        if isinstance(source, str | PathLike):
            pattern = split_member(str(fspath(source)), None)[0]
            if would_be_read(Path(pattern).expanduser(), target):
                raise UsageError(
                    f"{role} would write {str(output)!r}, which is, or would become, part of {pattern!r}: write the "
                    "output elsewhere"
                )


def would_be_read(source: Path, target: Path) -> bool:
    """Whether a file is what a path, a glob or a folder stands for, or one of it."""
    if source.is_dir():
        if source.resolve() not in target.parents:
            return False
        if is_table(source):
            return format_by_name(target) is not None
        return target.suffix.lower() in FORMATS or (target.is_file() and first_bytes(target).startswith(MAGIC))
    matches = [source, *map(Path, glob.glob(str(source), recursive=True))]  # noqa: PTH207  (the pattern is absolute)
    return target in {match.resolve() for match in matches}
