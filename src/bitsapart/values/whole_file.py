"""Files written whole or not at all."""

import os
import tempfile
from pathlib import Path

from bitsapart.values.errors import UsageError


def check_writable(path: str | os.PathLike[str]) -> Path:
    """The path, if a file can be written there; called before the work, so that none is lost at its end."""
    target = Path(path)
    folder = target.parent
    if is_stream(target):
        return target
    if target.is_dir():
        raise UsageError(f"cannot write {str(target)!r}: it is a directory; name a file in it")
    if not folder.is_dir():
        what = "is not a directory" if folder.exists() else "does not exist"
        raise UsageError(f"cannot write {str(target)!r}: {str(folder)!r} {what}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write {str(target)!r}: no permission to write in {str(folder)!r}")
    if target.exists() and not os.access(target, os.W_OK):
        raise UsageError(f"cannot write {str(target)!r}: the file is there and write-protected")
    try:
        handle, trial = tempfile.mkstemp(prefix=".bitsapart.", dir=target.resolve().parent)
    except OSError as error:
        raise UsageError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    os.close(handle)
    Path(trial).unlink()
    return target


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write bytes, or a text as UTF-8: the file is there complete, or as it was. A device or pipe is written to."""
    data = content.encode("utf-8", errors="backslashreplace") if isinstance(content, str) else content
    target = check_writable(path)
    if is_stream(target):
        try:
            target.write_bytes(data)
        except OSError as error:
            raise UsageError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
        return target
    place = target.resolve()  # a link keeps pointing where it points
    temporary = ""
    try:
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(prefix=f".{place.name[:80]}.", suffix=".part", dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(place)
    except OSError as error:
        raise UsageError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
    return target


def is_stream(target: Path) -> bool:
    """Whether a path leads to a device, a pipe or a socket, which must never be replaced by a file."""
    return target.exists() and not target.is_file() and not target.is_dir()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
