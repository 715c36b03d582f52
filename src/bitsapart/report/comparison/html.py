"""A comparison as one self-contained page, and as a fragment for notebooks."""

import math

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import fragment, words
from bitsapart.report.axis import Axis
from bitsapart.report.comparison import figures, sentences
from bitsapart.report.comparison.card import DETAILS, card, verdict
from bitsapart.report.comparison.terms import terms
from bitsapart.report.fragment import cell
from bitsapart.report.methods import Methods, footer
from bitsapart.report.page import page
from bitsapart.report.parts import Part, answer, bullets, opening, sections
from bitsapart.report.svg import esc
from bitsapart.report.tables import heads, row, table

IN_FULL = 30
CARDS, BRIEFEST = 194_000, 5_500
"""Bytes for all cards, and what the briefest takes: thirty columns stay below 250 kB."""


def to_html(comparison: Comparison, in_full: int = IN_FULL) -> str:
    """The page; columns with the largest excess are shown in full, the others in the table."""
    columns = sentences.ranked(comparison)
    names = (words.tail(words.visible(side.name), 60) for side in (comparison.reference, comparison.current))
    methods = Methods()
    cards = _cards(comparison, columns[:in_full], methods)
    parts = (
        Part("schema", "The tables’ columns differ", _changes(comparison)),
        Part("all", "All columns, by excess", _overview(comparison, columns, in_full)),
        Part("each", "Column by column", _more(columns, in_full) + cards if cards else ""),
    )
    foot = footer("What the numbers mean", terms(comparison), methods, comparison.version)
    return page(" → ".join(names), _opening(comparison) + sections(parts), foot)


def _cards(comparison: Comparison, columns: list[ColumnShift], methods: Methods) -> str:
    """A card for each column, with as much detail as leaves room for the others."""
    longest = figures.longest(comparison)
    cards: list[str] = []
    room = CARDS
    for place, column in enumerate(columns):
        others = BRIEFEST * (len(columns) - place - 1)
        for detail in DETAILS:
            shown = card(column, comparison, place, longest, detail, methods)
            if len(shown.encode()) + others <= room:
                break
        cards.append(shown)
        room -= len(shown.encode())
    return "\n".join(cards)


def _opening(comparison: Comparison) -> str:
    reference, current = comparison.reference, comparison.current
    sides = (("reference", "the baseline", reference), ("current", "compared with it", current))
    tables = "".join(
        row(
            f"{side} <small>{role}</small>",
            f'<td><bdi>{esc(facts.name)}</bdi></td><td class="n">{facts.rows:,}</td>'
            f'<td class="n">{facts.columns:,}</td>',
        )
        for side, role, facts in sides
    )
    columns = (("table", None), ("source", None), ("rows", "n"), ("columns", "n"))
    lead = f'<p class="lead">{esc(sentences.evidence(comparison))}</p>'
    below = lead + table("sides", columns, tables) + bullets(sentences.table_notes(comparison), esc)
    first, rest = map(esc, answer(sentences.headline(comparison), "; "))
    return opening(first, rest, below)


def _changes(comparison: Comparison) -> str:
    return bullets(map(sentences.schema_change, comparison.schema_changes), esc)


def _overview(comparison: Comparison, columns: list[ColumnShift], in_full: int) -> str:
    axis = figures.axis_of(comparison)
    longest = figures.longest(comparison)
    scale = figures.axis_picture(axis, comparison.tolerance)
    rows = "\n".join(_row(column, comparison, axis, longest, i, i < in_full) for i, column in enumerate(columns))
    titles = (
        ("column", "col", ""),
        ("verdict", "col", ""),
        ("excess", "n", ""),
        ("interval", "pic", scale),
        ("entropy", "n wide", ""),
        ("+ excess = cross-entropy", "pic wide", ""),
        ("total", "n wide", ""),
        ("q-value", "n wide", ""),
    )
    head = heads((f'<span class="h">{name}</span>{extra}', css) for name, css, extra in titles)
    text = (
        "The excess says how far a column has moved: the bits per value that it costs to act on the reference although "
        "the current table is true. "
        "The dot is the estimate, the line its interval, the vertical line the tolerance; "
        "● shifted, ◐ undecided, ○ stable. Entropy and excess add up to the cross-entropy."
    )
    return (
        f'<p class="lead2">{text}</p><table class="over" id="over"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{_asterisk(comparison)}"
    )


def _asterisk(comparison: Comparison) -> str:
    """What the asterisk means, below the table that has some."""
    if not any(column.excess_with_prior for column in comparison.columns.values()):
        return ""
    prior = words.measured(comparison.prior, "row")
    return (
        '<p class="foot">* The reference never had some of the values found now, so the excess is infinite (▸). The '
        f"number with the asterisk is the excess after a prior of {prior} was spent on all such values; the dot, its "
        "line and the order of the columns belong to it.</p>"
    )


def _row(column: ColumnShift, comparison: Comparison, axis: Axis, longest: float, place: int, linked: bool) -> str:
    name = f"<bdi>{esc(words.shortened(words.named(column.name), 48))}</bdi>"
    link = f'<a href="#c{place}">{name}</a>' if linked else name
    finite = column.finite_excess
    picture = figures.whisker(column, axis, comparison.tolerance)
    value = "∞" if column.excess_with_prior else words.bits(finite.value) if finite else "–"
    prior = f"<small>{words.bits(finite.value)}*</small>" if column.excess_with_prior and finite else ""
    entropy, total = column.entropy, column.cross_entropy
    cells = (
        f"<td>{verdict(column)}</td>"
        f'<td class="n"{_key(finite.value if finite else None)}>{value}{prior}</td><td class="pic">{picture}</td>'
        f'<td class="n wide">{words.bits(entropy.value) if entropy else "–"}</td>'
        f'<td class="pic wide">{figures.identity(column, longest)}</td>'
        f'<td class="n wide">{words.bits(total.value) if total else "–"}</td>'
        f'<td class="n wide"{_key(column.q_value)}>{esc(words.probability(column.q_value))}</td>'
    )
    return row(link, cells)


def _key(value: float | None) -> str:
    """What the script sorts by."""
    if value is None or math.isnan(value):
        return ""
    return f" data-v={'Infinity' if math.isinf(value) else format(value, '.6g')}"


def _more(columns: list[ColumnShift], in_full: int) -> str:
    left = len(columns) - in_full
    which = (
        f"The {in_full} columns with the largest excess; the other {left:,} are in the table above and in the JSON. "
    )
    colours = "Grey is the reference, blue the current table; orange adds bits to the excess, green saves bits."
    return f'<p class="lead2">{which if left > 0 else ""}{colours}</p>'


MOST = 15
"""Columns in a fragment."""
COLOURS = {"shifted": "#c8500a", "undecided": "#9a7200", "stable": "#2f8257"}
HEAD = (
    ("column", "left"),
    ("verdict", "left"),
    ("excess, bits", "right"),
    ("interval", "left"),
    ("", "left"),
    ("q-value", "right"),
)


def to_fragment(comparison: Comparison, most: int = MOST) -> str:
    """HTML for ``_repr_html_``: the headline and the columns with the largest excess, for light and dark."""
    columns = sentences.ranked(comparison)
    shown = columns[:most]
    axis = figures.axis_of(comparison)
    head = "".join(cell(name, side, "th") for name, side in HEAD)
    rows = (_fragment_row(column, comparison, axis) for column in shown)
    left = len(columns) - len(shown)
    infinite = sentences.infinite(comparison, shown)
    more = f"<p>{esc(infinite)}</p>" if infinite else ""
    more += f"<p>{words.counted(left, 'more column')}: to_html(path) writes the whole report.</p>" if left else ""
    return fragment.fragment(
        sentences.headline(comparison), sentences.evidence(comparison), fragment.table(rows, head), more
    )


def _fragment_row(column: ColumnShift, comparison: Comparison, axis: Axis) -> str:
    value, ends = sentences.excess(column)
    name = f"<bdi>{esc(words.shortened(words.named(column.name), 48))}</bdi>"
    colour = COLOURS.get(column.verdict)
    return fragment.row(
        cell(name, "left"),
        cell(column.verdict, "left", style=f";color:{colour}" if colour else ""),
        cell(esc(value), "right"),
        cell(esc(ends), "left"),
        cell(figures.whisker(column, axis, comparison.tolerance) if column.finite_excess else "", "left"),
        cell(esc(words.probability(column.q_value)), "right"),
    )
