"""A comparison as one self-contained page: no request, readable without style or script, light and dark."""

import math

from bitsapart.comparison.comparison import ColumnShift, Comparison
from bitsapart.report import words
from bitsapart.report.comparison import figures, sentences
from bitsapart.report.comparison.card import DETAILS, card, verdict
from bitsapart.report.comparison.methods import Methods, footer
from bitsapart.report.page import page
from bitsapart.report.svg import esc

IN_FULL = 30
CARDS, BRIEFEST = 194_000, 5_500
"""Bytes for all cards, and what the briefest takes: thirty columns stay below 250 kB."""


def to_html(comparison: Comparison, in_full: int = IN_FULL) -> str:
    """The page; columns with the largest excess are shown in full, the others in the table."""
    columns = sentences.ranked(comparison)
    names = (words.tail(words.visible(side.name), 60) for side in (comparison.reference, comparison.current))
    methods = Methods()
    cards = _cards(comparison, columns[:in_full], methods)
    detail = (
        f'<section aria-labelledby="each"><h2 id="each">Column by column</h2>{_more(columns, in_full)}{cards}</section>'
    )
    main = (
        _opening(comparison)
        + _changes(comparison)
        + _overview(comparison, columns, in_full)
        + (detail if cards else "")
    )
    return page(" → ".join(names), main, footer(comparison, methods))


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
        f'<tr><th scope="row">{side} <small>{role}</small></th><td><bdi>{esc(facts.name)}</bdi></td>'
        f'<td class="n">{facts.rows:,}</td><td class="n">{facts.columns:,}</td></tr>'
        for side, role, facts in sides
    )
    head = '<th scope="col">table</th><th scope="col">source</th>'
    head += "".join(f'<th scope="col" class="n">{name}</th>' for name in ("rows", "columns"))
    return (
        f'<header><p class="brand">bitsapart</p><h1>{_headline(comparison)}</h1>'
        f'<p class="lead">{esc(sentences.evidence(comparison))}</p>'
        f'<table class="sides"><thead><tr>{head}</tr></thead><tbody>{tables}</tbody></table>'
        f"{_table_notes(comparison)}</header>"
    )


def _table_notes(comparison: Comparison) -> str:
    """How the tables were put together, where there is something to say of it."""
    items = "".join(f"<li>{esc(note)}</li>" for note in sentences.table_notes(comparison))
    return f'<ul class="notes">{items}</ul>' if items else ""


def _headline(comparison: Comparison) -> str:
    first, _, rest = sentences.headline(comparison).partition("; ")
    tail = f" <span>{esc(rest[:1].upper() + rest[1:])}</span>" if rest else ""
    return f"{esc(first.rstrip('.'))}.{tail}"


def _changes(comparison: Comparison) -> str:
    if not comparison.schema_changes:
        return ""
    items = "".join(f"<li>{esc(sentences.schema_change(change))}</li>" for change in comparison.schema_changes)
    title = '<h2 id="schema">The tables’ columns differ</h2>'
    return f'<section aria-labelledby="schema">{title}<ul class="notes">{items}</ul></section>'


def _overview(comparison: Comparison, columns: list[ColumnShift], in_full: int) -> str:
    axis = figures.axis_of(comparison)
    longest = figures.longest(comparison)
    scale = figures.axis_picture(axis, comparison.tolerance)
    rows = "\n".join(_row(column, comparison, axis, longest, i, i < in_full) for i, column in enumerate(columns))
    heads = (
        ("column", "col", ""),
        ("verdict", "col", ""),
        ("excess", "n", ""),
        ("interval", "pic", scale),
        ("entropy", "n wide", ""),
        ("+ excess = cross-entropy", "pic wide", ""),
        ("total", "n wide", ""),
        ("q-value", "n wide", ""),
    )
    head = "".join(
        f'<th scope="col" class="{css}"><span class="h">{name}</span>{extra}</th>' for name, css, extra in heads
    )
    text = (
        "The excess says how far a column has moved: the bits per value that it costs to act on the reference although "
        "the current table is true. "
        "The dot is the estimate, the line its interval, the vertical line the tolerance; "
        "● shifted, ◐ undecided, ○ stable. Entropy and excess add up to the cross-entropy."
    )
    return (
        f'<section aria-labelledby="all"><h2 id="all">All columns, by excess</h2><p class="lead2">{text}</p>'
        f'<table class="over" id="over"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"{_asterisk(comparison)}</section>"
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


def _row(
    column: ColumnShift, comparison: Comparison, axis: figures.Axis, longest: float, place: int, linked: bool
) -> str:
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
    return f'<tr><th scope="row">{link}</th>{cells}</tr>'


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
