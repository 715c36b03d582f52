"""A comparison in a notebook: a small fragment that neither takes styles from the page nor gives it any."""

import secrets

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import words
from bitsapart.report.comparison import figures, sentences
from bitsapart.report.svg import esc

MOST = 15
COLOURS = {"shifted": "#c8500a", "undecided": "#9a7200", "stable": "#2f8257"}
TABLE = "border-collapse:collapse;width:auto;border:0;color:inherit;font-size:inherit"
CELL = "text-align:{};padding:2px 12px 2px 0;border:0;background:none"


def to_fragment(comparison: Comparison, most: int = MOST) -> str:
    """HTML for ``_repr_html_``: the headline and the columns with the largest excess, for light and dark."""
    columns = sentences.ranked(comparison)
    shown = columns[:most]
    axis = figures.axis_of(comparison)
    head = "".join(_cell("th", name, side) for name, side in HEAD)
    rows = "".join(_row(column, comparison, axis) for column in shown)
    left = len(columns) - len(shown)
    infinite = sentences.infinite(comparison, shown)
    more = f"<p>{esc(infinite)}</p>" if infinite else ""
    more += f"<p>{words.counted(left, 'more column')}: to_html(path) writes the whole report.</p>" if left else ""
    name = f"bitsapart-{secrets.token_hex(4)}"
    headline = f"<strong>{esc(sentences.headline(comparison))}</strong><br>{esc(sentences.evidence(comparison))}"
    title = f'<p id="{name}">{headline}</p>'
    table = f'<table style="{TABLE}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div role="group" aria-labelledby="{name}">{title}{table}{more}</div>'


HEAD = (
    ("column", "left"),
    ("verdict", "left"),
    ("excess, bits", "right"),
    ("interval", "left"),
    ("", "left"),
    ("q-value", "right"),
)


def _cell(tag: str, content: str, side: str, style: str = "") -> str:
    return f'<{tag} style="{CELL.format(side)}{style}">{content}</{tag}>'


def _row(column: ColumnShift, comparison: Comparison, axis: figures.Axis) -> str:
    value, ends = sentences.excess(column)
    name = f"<bdi>{esc(words.shortened(words.named(column.name), 48))}</bdi>"
    colour = COLOURS.get(column.verdict)
    cells = (
        _cell("td", name, "left"),
        _cell("td", column.verdict, "left", f";color:{colour}" if colour else ""),
        _cell("td", esc(value), "right"),
        _cell("td", esc(ends), "left"),
        _cell("td", figures.whisker(column, axis, comparison.tolerance) if column.finite_excess else "", "left"),
        _cell("td", esc(words.probability(column.q_value)), "right"),
    )
    return f'<tr style="background:none">{"".join(cells)}</tr>'
