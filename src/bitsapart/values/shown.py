"""What every result can do: print itself, and give itself as a page, a document or a data frame."""

from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from bitsapart.values.whole_file import write_whole

if TYPE_CHECKING:
    import pandas


def loaded(module: str) -> Any:
    """A module of the reports. They stand on a higher floor, so they are named here and imported when asked for."""
    return import_module(module)


class Shown:
    """A result that is shown by a package of its own, with the modules ``text``, ``json``, ``html`` and ``frame``.

    A result that is not shown costs no time for what would show it.
    """

    report: ClassVar[str]
    """The package, such as ``bitsapart.report.score``."""

    @classmethod
    def _by(cls, module: str) -> Any:
        return loaded(f"{cls.report}.{module}")

    def to_html(self, path: str | PathLike[str]) -> Path:
        """Write the report, one HTML file that opens offline; the file is there whole or not at all.

        Raises:
            UsageError: nothing can be written there.
        """
        return write_whole(path, self._by("html").to_html(self))

    def to_json(self) -> str:
        """All numbers as a JSON document; infinity is written {"value": null, "state": "infinite"}."""
        return cast("str", self._by("json").to_json(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The result that ``to_json`` wrote.

        Raises:
            DataError: the text is no such document.
        """
        return cast("Self", cls._by("json").from_json(text))

    def to_frame(self) -> "pandas.DataFrame":
        """The numbers as a pandas frame; the result's own description says what a row is.

        Raises:
            UsageError: pandas is not installed.
        """
        return self._by("frame").to_frame(self)

    def __str__(self) -> str:
        return cast("str", self._by("text").to_text(self))

    def __rich__(self) -> Any:
        return self._by("text").render(self)

    def _repr_html_(self) -> str:
        return cast("str", self._by("html").to_fragment(self))
