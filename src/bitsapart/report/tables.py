"""Tables of a page: the head of each column, and rows of numbers with their intervals."""

from collections.abc import Iterable

from bitsapart.report import words

SUM = ' class="sum"'
"""Of the row of a table that the others add up to."""


def heads(columns: Iterable[tuple[str, str | None]]) -> str:
    """The heads of columns, each with its class or without one."""
    return "".join(f'<th scope="col"{"" if css is None else _class(css)}>{name}</th>' for name, css in columns)


def _class(css: str) -> str:
    return f' class="{css}"'


def table(css: str, columns: Iterable[tuple[str, str | None]], rows: str) -> str:
    """A table of finished rows."""
    return f'<table class="{css}"><thead><tr>{heads(columns)}</tr></thead><tbody>{rows}</tbody></table>'


def numbers(title: str, level: float, rows: str) -> str:
    """A table of numbers with their intervals."""
    return table("nums", ((title, None), ("value", "n"), (words.at_level(level), None)), rows)


def number(title: str, value: str, ends: str, total: bool) -> str:
    """A row of such a table; ``total``: the others add up to it."""
    css = SUM if total else ""
    return f'<tr{css}><th scope="row">{title}</th><td class="n">{value}</td><td>{ends}</td></tr>'


def row(name: str, cells: str) -> str:
    """A row of any table under its name."""
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'
