"""A result in a notebook: a small piece of HTML that neither takes styles from the page nor gives it any."""

import secrets
from collections.abc import Iterable

from bitsapart.report.svg import esc

TABLE = "border-collapse:collapse;width:auto;border:0;color:inherit;font-size:inherit"
CELL = "text-align:{};padding:2px 12px 2px 0;border:0;background:none"


def fragment(headline: str, said: str, table: str, more: str = "") -> str:
    """The answer and what is said beside it, both plain text, over a table and more HTML; for light and dark."""
    name = f"bitsapart-{secrets.token_hex(4)}"
    beside = f"<br>{esc(said)}" if said else ""
    title = f'<p id="{name}"><strong>{esc(headline)}</strong>{beside}</p>'
    return f'<div role="group" aria-labelledby="{name}">{title}{table}{more}</div>'


def table(rows: Iterable[str], head: str = "") -> str:
    """Rows under the cells of a head, where there is one."""
    above = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f'<table style="{TABLE}">{above}<tbody>{"".join(rows)}</tbody></table>'


def row(*cells: str) -> str:
    """A row of cells."""
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def cell(content: str, side: str, tag: str = "td", style: str = "") -> str:
    """A cell of HTML, at its left or right."""
    return f'<{tag} style="{CELL.format(side)}{style}">{content}</{tag}>'
