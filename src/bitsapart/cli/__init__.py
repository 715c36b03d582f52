"""The command line: arguments -> call -> print -> exit code.

Exit codes: 0 done and within the limit asked for, 1 the limit is exceeded, 2 wrong use, 3 the data cannot be read,
4 undecided (only with --strict).
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; errors of this package become one sentence on standard error."""
    from bitsapart.cli.app import app
    from bitsapart.values.errors import BitsapartError

    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    debug = "--debug" in given
    code = 0
    if sys.stdout is None:  # closed by the caller
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
    try:
        code = app(args=given, prog_name="bitsapart", standalone_mode=False) or 0
        sys.stdout.flush()
    except BitsapartError as error:
        if debug:
            traceback.print_exc()
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        fail("interrupted", 130)
    except BrokenPipeError:
        # the reader of our output has gone, as `head` does: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except MemoryError:
        fail("out of memory (of the ways to compare tables, --engine arrow needs the least)", 3)
    except Exception as error:
        if debug:
            traceback.print_exc()
        complain(error)
    raise SystemExit(code)


def complain(error: Exception) -> NoReturn:
    """Say what the parser of the arguments, the system or an error of our own has to say, and exit."""
    parser_says = getattr(error, "format_message", None)
    if parser_says:
        message = " ".join(parser_says().replace("Value error, ", "").split())
        fail(f"{message.rstrip('.')} (bitsapart --help shows the commands, bitsapart COMMAND --help what one takes)", 2)
    if type(error).__name__ == "Abort":
        fail("interrupted", 130)
    if isinstance(error, OSError):
        fail(f"cannot write the result: {error.strerror or error}", 2)
    fail(f"unexpected {type(error).__name__}: {' '.join(str(error).split())} (--debug shows where)", 3)


def fail(sentence: str, code: int) -> NoReturn:
    """Say why, and exit."""
    from bitsapart.report.words import visible

    sys.stderr.write(f"bitsapart: {visible(sentence)}\n")
    raise SystemExit(code)
