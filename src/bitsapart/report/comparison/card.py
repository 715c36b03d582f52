"""One column's part of the page: sentence, pictures, numbers, and every outcome in a table."""

import math
from dataclasses import dataclass

from bitsapart.comparison.comparison import ColumnShift, Comparison, Contribution
from bitsapart.report import words
from bitsapart.report.comparison import figures, remarks, sentences
from bitsapart.report.comparison.density import density_picture
from bitsapart.report.comparison.nominal import chosen, gathered, nominal_picture
from bitsapart.report.comparison.ordered import is_ordered, ordered_picture
from bitsapart.report.methods import Methods
from bitsapart.report.parts import bullets
from bitsapart.report.svg import esc
from bitsapart.report.tables import number, numbers, row
from bitsapart.values.estimate import Estimate


@dataclass(frozen=True)
class Detail:
    """How much of a column is shown."""

    rows: int
    """Outcomes in its table."""
    hovered: int
    """Outcomes that name themselves under the pointer."""
    density: bool
    """Whether its shape over the values is drawn where it can be."""


DETAILS = (Detail(80, 80, True), Detail(24, 6, True), Detail(12, 4, False))


def card(
    column: ColumnShift, comparison: Comparison, place: int, longest: float, detail: Detail, methods: Methods
) -> str:
    """The section of one column."""
    name = f"<h3><bdi>{esc(words.shortened(words.named(column.name), 200))}</bdi> {verdict(column)}</h3>"
    old, new = column.reference_type, column.current_type
    kicker = f'<p class="kick">{esc(column.kind)} · {esc(old if old == new else f"{old} → {new}")}</p>'
    body = (
        _sentence(column, comparison)
        + _body(column, comparison, longest, detail, methods)
        + _details(column, detail.rows)
    )
    return f'<section class="card" id="c{place}">{kicker}{name}{body}</section>'


def verdict(column: ColumnShift) -> str:
    """The verdict as a word with a mark in front of it."""
    mark = {"shifted": "●", "undecided": "◐", "stable": "○"}.get(column.verdict, "–")
    return f'<span class="v {column.verdict.split()[0]}"><span aria-hidden="true">{mark}</span> {column.verdict}</span>'


def _sentence(column: ColumnShift, comparison: Comparison) -> str:
    excess, spent = column.excess, column.excess_with_prior
    if excess is None:
        return ""
    if math.isinf(excess.value):
        cost = "The reference never had some of the values found now, so acting on it costs <b>infinitely many bits</b>"
        if spent is not None:
            much = f"<b>{words.bits(spent.value)} bits</b> more per value than acting on the truth"
            cost += f"; with a prior of {words.measured(comparison.prior, 'row')} spent on them it costs {much}"
    else:
        much = f"<b>{words.bits(excess.value)} bits</b> more per value"
        cost = f"Acting on the reference costs {much} than acting on the truth"
    ground, doubt = remarks.ground(column, comparison), remarks.doubt(column, comparison)
    tail = f"; {ground}" if ground else ""
    tail += f", but {doubt}" if doubt else ""
    return f'<p class="say">{cost}{tail}.</p>'


def _body(column: ColumnShift, comparison: Comparison, longest: float, detail: Detail, methods: Methods) -> str:
    said = bool(remarks.ground(column, comparison))
    lines = remarks.remarks(column, comparison, judged=said)
    notes = bullets(lines, lambda line: esc(line).replace(" %", "&nbsp;%"))
    how = f'<p class="how">Outcomes: {esc(column.encoding)}.{_spans(column)}</p>' if column.encoding else ""
    facts = f'<div class="facts">{_bar(column, longest)}{_numbers(column, comparison, methods)}{notes}{how}</div>'
    return f'<div class="two">{_figure(column, detail)}{facts}</div>'


def _spans(column: ColumnShift) -> str:
    if not (column.reference_span and column.current_span):
        return ""
    (old_low, old_high), (low, high) = column.reference_span, column.current_span
    return f" Lowest and highest: {esc(old_low)} and {esc(old_high)} in the reference, {esc(low)} and {esc(high)} now."


def _figure(column: ColumnShift, detail: Detail) -> str:
    if not any(c.reference_count + c.current_count for c in column.contributions):
        return ""
    legend = '<p class="key"><span class="kr">■</span> reference <span class="kc">■</span> current {}</p>'
    signs = '<span class="ka">■</span> adds bits <span class="ks">■</span> saves bits'
    if is_ordered(column):
        density = density_picture(column) if detail.density else ""
        above = f'<p class="cap">Density over value</p>{density}' if density else ""
        caption = '<p class="cap">Share per outcome, each equally wide; below it the bits it contributes</p>'
        return f"<figure>{legend.format(signs)}{above}{caption}{ordered_picture(column, detail.hovered)}</figure>"
    caption = '<p class="cap">Share of rows <span class="to">bits it contributes</span></p>'
    return f"<figure>{legend.format(signs)}{caption}{nominal_picture(column, detail.hovered)}</figure>"


def _bar(column: ColumnShift, longest: float) -> str:
    bar = figures.identity(column, longest, 440, 14, named=True)
    return f'<div class="bar">{bar}</div>' if bar else ""


def _numbers(column: ColumnShift, comparison: Comparison, methods: Methods) -> str:
    rows: list[tuple[str, str, str, Estimate | None]] = [
        ("■", "entropy", "H(current)", column.entropy),
        ("■", "excess", "KL(current ‖ reference)", column.excess),
        ("=", "cross-entropy", "H(current, reference)", column.cross_entropy),
        (
            "",
            "excess with prior",
            f"{words.measured(comparison.prior, 'row')} spent on new values",
            column.excess_with_prior,
        ),
        ("", "reverse", "KL(reference ‖ current)", column.reverse),
        ("", "Jensen–Shannon", "between 0 and 1 bit", column.js),
    ]
    body = "".join(_number(*row, methods) for row in rows)
    if not body:
        return ""
    test = methods.reference(column.test) if column.test else ""
    q_value = f'<td class="n">{esc(words.probability(column.q_value))}</td><td>{test}</td>'
    last = row("q-value <small>no difference at all</small>", q_value)
    return numbers("in bits", comparison.level, body + last)


def _number(sign: str, name: str, what: str, estimate: Estimate | None, methods: Methods) -> str:
    if estimate is None:
        return ""
    ends = words.interval(estimate.low, estimate.high) or "no interval"
    mark = {"■": f'<span class="k{name[:2]}">■</span>', "": "<span></span>"}.get(sign, f"<span>{sign}</span>")
    title = f"{mark}{name} <small>{what}</small>"
    return number(title, words.bits(estimate.value), ends + methods.of(estimate), total=sign == "=")


def _details(column: ColumnShift, rows: int) -> str:
    parts = [c for c in column.contributions if c.reference_count + c.current_count]
    if not parts:
        return ""
    shown, rest = chosen(parts if len(parts) <= rows + 1 else gathered(parts), rows)
    body = "".join(f"<tr><td>{esc(sentences.outcome(c))}{_cells([c])}" for c in shown)
    others = f"<tr><td>{words.counted(len(rest), 'other')}{_cells(rest)}" if rest else ""
    names = ("outcome", "reference", "current", "rows then", "rows now", "bits")
    head = "".join(f'<th scope="col">{name}' for name in names)
    total = f'<tr class="sum"><td>all{_cells(parts)}'
    table = f'<table class="outs"><thead><tr>{head}<tbody>{body}{others}{total}</table>'
    everything = {1: "The only outcome", 2: "Both outcomes"}.get(len(parts), f"All {len(parts):,} outcomes")
    alone = sum(any(c is part for part in parts) for c in shown)
    title = everything if alone == len(parts) else f"{alone:,} of {len(parts):,} outcomes"
    scroll = f'<div class="scroll" tabindex="0">{table}</div>'
    return f"<details><summary>{title} as a table</summary>{scroll}</details>"


def _cells(parts: list[Contribution]) -> str:
    old, new = sum(c.reference_share for c in parts), sum(c.current_share for c in parts)
    counts = (sum(c.reference_count for c in parts), sum(c.current_count for c in parts))
    bits = sum(c.bits for c in parts)
    cells = (words.share(old), words.share(new), f"{counts[0]:,}", f"{counts[1]:,}", words.signed(bits))
    return "".join(f"<td>{cell}" for cell in cells)
