"""A progress bar on standard error, only on a terminal and only for what takes longer than a second."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, TaskID

PATIENCE = 1.0


class Bar:
    """Called with what is being done, the steps done and the steps in all; silent for the first second."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.bar: Progress | None = None
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show the steps."""
        if not sys.stderr.isatty() or time.monotonic() - self.started < PATIENCE:
            return
        if self.bar is None:
            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.bar.start()
        if what not in self.tasks:
            self.tasks[what] = self.bar.add_task(what, total=total)
        self.bar.update(self.tasks[what], completed=done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()
