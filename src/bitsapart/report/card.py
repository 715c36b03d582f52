"""One column's part of the page: sentence, pictures, numbers, and every outcome in a table."""

import math

from bitsapart.compare.comparison import ColumnShift, Comparison, Contribution
from bitsapart.report import figures, words
from bitsapart.report.density import density_picture
from bitsapart.report.nominal import chosen, nominal_picture
from bitsapart.report.ordered import is_ordered, ordered_picture
from bitsapart.report.svg import esc
from bitsapart.values.estimate import Estimate

KINDS = {
    "exact": "exact",
    "bound": "interval is a bound",
    "confidence": "confidence interval",
    "unknown": "interval unknown",
}
MOST_ROWS, FEWEST_ROWS = 64, 10
ALLOWANCE = 600
"""Rows of outcomes in all cards together; the columns with the largest excess have theirs in full."""


def limits(columns: list[ColumnShift]) -> list[int]:
    """How many outcomes each column shows in its table."""
    spare = ALLOWANCE - FEWEST_ROWS * len(columns)
    rows = []
    for column in columns:
        more = max(0, min(len(column.contributions), MOST_ROWS) - FEWEST_ROWS) if spare > 0 else 0
        spare -= more
        rows.append(FEWEST_ROWS + more)
    return rows


def card(column: ColumnShift, comparison: Comparison, place: int, longest: float, rows: int) -> str:
    """The section of one column."""
    name = f'<h3><bdi>{esc(words.shortened(words.named(column.name), 200))}</bdi> {verdict(column)}</h3>'
    kind = f"{column.reference_type}" if column.reference_type == column.current_type else (
        f"{column.reference_type} → {column.current_type}"
    )
    kicker = f'<p class="kick">{esc(column.kind)} · {esc(kind)}</p>'
    body = "".join((kicker, name, _sentence(column, comparison), _body(column, comparison, longest, rows), _outcomes(column, rows)))
    return f'<section class="card" id="c{place}">{body}</section>'


def verdict(column: ColumnShift) -> str:
    """The verdict as a word with a mark in front of it."""
    mark = {"shifted": "●", "undecided": "◐", "stable": "○"}.get(column.verdict, "–")
    return f'<span class="v {column.verdict.split()[0]}"><span aria-hidden="true">{mark}</span> {column.verdict}</span>'


def _sentence(column: ColumnShift, comparison: Comparison) -> str:
    excess, spent = column.excess, column.excess_with_prior
    if excess is None:
        return ""
    limit = f"the tolerance of {comparison.tolerance:g} bits"
    ends = words.interval(*column.simultaneous) if column.simultaneous else ""
    judged = {
        "shifted": f"the interval that holds for all columns at once, {ends}, lies above {limit}",
        "stable": f"the interval that holds for all columns at once, {ends}, lies below {limit}",
        "undecided": f"the interval that holds for all columns at once, {ends}, contains {limit}",
    }.get(column.verdict, "")
    if math.isinf(excess.value) and spent is not None:
        cost = (
            f"The reference never had some of the values found now, so acting on it costs <b>infinitely many bits</b>; with a "
            f"prior of {comparison.prior:g} rows spent on them it costs <b>{words.bits(spent.value)} bits</b> per value"
        )
    else:
        cost = f"Acting on the reference costs <b>{words.bits(excess.value)} bits</b> more per value than acting on the truth"
    tail = f"; {judged}" if judged and ends else ""
    return f'<p class="say">{cost}{tail}.</p>'


def _body(column: ColumnShift, comparison: Comparison, longest: float, rows: int) -> str:
    remarks = "".join(f"<li>{esc(line)}</li>" for line in words.remarks(column))
    notes = f'<ul class="notes">{remarks}</ul>' if remarks else ""
    how = f'<p class="how">Outcomes: {esc(column.encoding)}.{_spans(column)}</p>' if column.encoding else ""
    facts = f'<div class="facts">{_bar(column, longest)}{_numbers(column, comparison)}{notes}{how}</div>'
    return f'<div class="two">{_figure(column, rows)}{facts}</div>'


def _spans(column: ColumnShift) -> str:
    if not (column.reference_span and column.current_span):
        return ""
    old, new = (f"{esc(low)} to {esc(high)}" for low, high in (column.reference_span, column.current_span))
    return f" Values run from {old} in the reference, from {new} now."


def _figure(column: ColumnShift, rows: int) -> str:
    if not any(c.reference_count + c.current_count for c in column.contributions):
        return ""
    legend = '<p class="key"><span class="kr">■</span> reference <span class="kc">■</span> current {}</p>'
    signs = '<span class="ka">■</span> adds bits <span class="ks">■</span> saves bits'
    if is_ordered(column):
        density = density_picture(column)
        above = f'<p class="cap">Density over value</p>{density}' if density else ""
        caption = '<p class="cap">Share per outcome, each equally wide; below it the bits it contributes</p>'
        return f"<figure>{legend.format(signs)}{above}{caption}{ordered_picture(column, rows)}</figure>"
    caption = '<p class="cap">Share of rows per value <span class="to">bits it contributes</span></p>'
    return f"<figure>{legend.format(signs)}{caption}{nominal_picture(column, rows)}</figure>"


def _bar(column: ColumnShift, longest: float) -> str:
    bar = figures.identity(column, longest, 440, 14)
    return f'<div class="bar">{bar}</div>' if bar else ""


def _numbers(column: ColumnShift, comparison: Comparison) -> str:
    rows = [
        ("■", "entropy", "H(current)", column.entropy),
        ("■", "excess", "KL(current ‖ reference)", column.excess),
        ("=", "cross-entropy", "H(current, reference)", column.cross_entropy),
        ("", "excess with prior", f"{comparison.prior:g} rows spent on new values", column.excess_with_prior),
        ("", "reverse", "KL(reference ‖ current)", column.reverse),
        ("", "Jensen–Shannon", "between 0 and 1 bit", column.js),
    ]
    body = "".join(_number(*row) for row in rows if row[3] is not None)
    if not body:
        return ""
    q_value = f"{esc(words.probability(column.q_value))} ({esc(column.test)})" if column.test else "–"
    head = f'<tr><th scope="col">in bits</th><th scope="col" class="n">value</th><th scope="col">{100 * comparison.level:g} % interval</th></tr>'
    last = f'<tr><th scope="row">q-value</th><td colspan="2">{q_value}</td></tr>'
    return f'<table class="nums"><thead>{head}</thead><tbody>{body}{last}</tbody></table>{_how(rows)}'


def _how(rows: list[tuple[str, str, str, Estimate | None]]) -> str:
    """Which method and kind of interval stands behind which number, equal ones together."""
    found: dict[str, list[str]] = {}
    for _, name, _, estimate in rows:
        if estimate is not None:
            found.setdefault(f"{estimate.method.replace('_', '-')}, {KINDS[estimate.kind]}", []).append(name)
    text = "; ".join(f"{', '.join(names)}: {how}" for how, names in found.items())
    return f'<p class="how">{esc(text)}.</p>'


def _number(sign: str, name: str, what: str, estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    ends = words.interval(estimate.low, estimate.high) or "no interval"
    mark = {"shifted": "●", "undecided": "◐", "stable": "○"}.get(column.verdict, "–")
    return f'<span class="v {column.verdict.split()[0]}"><span aria-hidden="true">{mark}</span> {column.verdict}</span>'


def _sentence(column: ColumnShift, comparison: Comparison) -> str:
    excess, spent = column.excess, column.excess_with_prior
    if excess is None:
        return ""
    limit = f"the tolerance of {comparison.tolerance:g} bits"
    ends = words.interval(*column.simultaneous) if column.simultaneous else ""
    judged = {
        "shifted": f"the interval that holds for all columns at once, {ends}, lies above {limit}",
        "stable": f"the interval that holds for all columns at once, {ends}, lies below {limit}",
        "undecided": f"the interval that holds for all columns at once, {ends}, contains {limit}",
    }.get(column.verdict, "")
    if math.isinf(excess.value) and spent is not None:
        cost = (
            f"The reference never had some of the values found now, so acting on it costs <b>infinitely many bits</b>; with a "
            f"prior of {comparison.prior:g} rows spent on them it costs <b>{words.bits(spent.value)} bits</b> per value"
        )
    else:
        cost = f"Acting on the reference costs <b>{words.bits(excess.value)} bits</b> more per value than acting on the truth"
    tail = f"; {judged}" if judged and ends else ""
    return f'<p class="say">{cost}{tail}.</p>'


def _body(column: ColumnShift, comparison: Comparison, longest: float, rows: int) -> str:
    remarks = "".join(f"<li>{esc(line)}</li>" for line in words.remarks(column))
    notes = f'<ul class="notes">{remarks}</ul>' if remarks else ""
    how = f'<p class="how">Outcomes: {esc(column.encoding)}.{_spans(column)}</p>' if column.encoding else ""
    facts = f'<div class="facts">{_bar(column, longest)}{_numbers(column, comparison)}{notes}{how}</div>'
    return f'<div class="two">{_figure(column, rows)}{facts}</div>'


def _spans(column: ColumnShift) -> str:
    if not (column.reference_span and column.current_span):
        return ""
    old, new = (f"{esc(low)} to {esc(high)}" for low, high in (column.reference_span, column.current_span))
    return f" Values run from {old} in the reference, from {new} now."


def _figure(column: ColumnShift, rows: int) -> str:
    if not any(c.reference_count + c.current_count for c in column.contributions):
        return ""
    legend = '<p class="key"><span class="kr">■</span> reference <span class="kc">■</span> current {}</p>'
    signs = '<span class="ka">■</span> adds bits <span class="ks">■</span> saves bits'
    if is_ordered(column):
        density = density_picture(column)
        above = f'<p class="cap">Density over value</p>{density}' if density else ""
        caption = '<p class="cap">Share per outcome, each equally wide; below it the bits it contributes</p>'
        return f"<figure>{legend.format(signs)}{above}{caption}{ordered_picture(column, rows)}</figure>"
    caption = '<p class="cap">Share of rows per value <span class="to">bits it contributes</span></p>'
    return f"<figure>{legend.format(signs)}{caption}{nominal_picture(column, rows)}</figure>"


def _bar(column: ColumnShift, longest: float) -> str:
    bar = figures.identity(column, longest, 440, 14)
    return f'<div class="bar">{bar}</div>' if bar else ""


def _numbers(column: ColumnShift, comparison: Comparison) -> str:
    rows = [
        ("■", "entropy", "H(current)", column.entropy),
        ("■", "excess", "KL(current ‖ reference)", column.excess),
        ("=", "cross-entropy", "H(current, reference)", column.cross_entropy),
        ("", "excess with prior", f"{comparison.prior:g} rows spent on new values", column.excess_with_prior),
        ("", "reverse", "KL(reference ‖ current)", column.reverse),
        ("", "Jensen–Shannon", "between 0 and 1 bit", column.js),
    ]
    body = "".join(_number(*row) for row in rows if row[3] is not None)
    if not body:
        return ""
    q_value = f"{esc(words.probability(column.q_value))} ({esc(column.test)})" if column.test else "–"
    head = f'<tr><th scope="col">in bits</th><th scope="col" class="n">value</th><th scope="col">{100 * comparison.level:g} % interval</th></tr>'
    last = f'<tr><th scope="row">q-value</th><td colspan="2">{q_value}</td></tr>'
    return f'<table class="nums"><thead>{head}</thead><tbody>{body}{last}</tbody></table>{_how(rows)}'


def _number(sign: str, name: str, what: str, estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    ends = words.interval(estimate.low, estimate.high) or "no interval"
    how = f"{estimate.kind}, {estimate.method}".replace("_", " ")
    mark = {"■": f'<span class="k{name[:2]}">■</span>', "": "<span></span>"}.get(sign, f"<span>{sign}</span>")
    title = f"{mark}{name} <small>{what}</small>"
    css = ' class="sum"' if sign == "=" else ""
    value = f'<td class="n">{words.bits(estimate.value)}</td><td>{ends}</td>'
    return f'<tr{css}><th scope="row">{title}</th>{value}</tr>'


def _outcomes(column: ColumnShift, rows: int) -> str:
    parts = [c for c in column.contributions if c.reference_count + c.current_count]
    if not parts:
        return ""
    shown, rest = chosen(parts, rows)
    body = "".join(_outcome(c) for c in shown)
    others = f"<tr><td>{len(rest):,} others" + _cells(rest) if rest else ""
    head = "".join(f'<th scope="col">{name}' for name in ("outcome", "reference", "current", "rows then", "rows now", "bits"))
    total = f'<tr class="sum"><td>all' + _cells(parts)
    title = f"All {len(parts):,} outcomes" if not rest else f"{len(shown):,} of {len(parts):,} outcomes"
    table = f'<table class="outs"><thead><tr>{head}<tbody>{body}{others}{total}</table>'
    return f'<details><summary>{title} as a table</summary><div class="scroll" tabindex="0">{table}</div></details>'


def _outcome(c: Contribution) -> str:
    return f"<tr><td>{esc(words.outcome(c))}" + _cells([c])


def _cells(parts: list[Contribution]) -> str:
    old, new = sum(c.reference_share for c in parts), sum(c.current_share for c in parts)
    counts = (sum(c.reference_count for c in parts), sum(c.current_count for c in parts))
    bits = sum(c.bits for c in parts)
    cells = (words.share(old), words.share(new), f"{counts[0]:,}", f"{counts[1]:,}", words.signed(bits))
    return "".join(f"<td>{cell}" for cell in cells)
