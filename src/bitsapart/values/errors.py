"""What can go wrong, as a small tree; each branch carries the exit code of the command line.

BitsapartError
  UsageError     2   the call asks for something that does not exist or cannot be
  DataError      3   the data cannot be read
"""


class BitsapartError(Exception):
    """Anything this package raises on purpose: one sentence that says what, where and what to do."""

    exit_code = 3


class UsageError(BitsapartError, ValueError):
    """An option or argument is wrong."""

    exit_code = 2


class DataError(BitsapartError, ValueError):
    """A table cannot be read or cannot be compared."""

    exit_code = 3
