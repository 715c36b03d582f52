"""A comparison as one self-contained page: no request, readable without style or script, light and dark."""

from importlib.resources import files

from bitsapart.compare.comparison import ColumnShift, Comparison
from bitsapart.report import figures, words
from bitsapart.report.card import card, limits, verdict
from bitsapart.report.svg import esc

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
IN_FULL = 30
REPORTED = {"shifted", "undecided", "stable"}


def to_html(comparison: Comparison, in_full: int = IN_FULL) -> str:
    """The page; columns with the largest excess are shown in full, the others in the table."""
    columns = words.ranked(comparison)
    title = f"{words.visible(comparison.reference.name)} → {words.visible(comparison.current.name)} · bitsapart"
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>{esc(title)}</title><style>{asset('style.css')}</style></head>"
    )
    longest = figures.longest(comparison)
    shown = list(zip(columns[:in_full], limits(columns[:in_full]), strict=True))
    cards = "\n".join(card(column, comparison, i, longest, rows) for i, (column, rows) in enumerate(shown))
    detail = f'<section aria-labelledby="each"><h2 id="each">Column by column</h2>{_more(columns, in_full)}{cards}</section>'
    main = _opening(comparison) + _changes(comparison) + _overview(comparison, columns, in_full) + (detail if cards else "")
    body = f"<body><main>{main}</main>{_methods(comparison)}<script>{asset('script.js')}</script></body></html>\n"
    return head + "\n" + body


def asset(name: str) -> str:
    """A file that belongs to the page."""
    return files("bitsapart.report").joinpath(name).read_text("utf-8")


def _opening(comparison: Comparison) -> str:
    reference, current = comparison.reference, comparison.current
    sides = (("reference", "what one acts on", reference), ("current", "what is true now", current))
    tables = "".join(
        f"<tr><th scope=\"row\">{side} <small>{role}</small></th><td><bdi>{esc(facts.name)}</bdi></td>"
        f'<td class="n">{facts.rows:,}</td><td class="n">{facts.columns:,}</td></tr>'
        for side, role, facts in sides
    )
    return (
        f'<header><p class="brand">bitsapart</p><h1>{_headline(comparison)}</h1>'
        f'<p class="lead">{esc(words.evidence(comparison.q_value))}</p>'
        '<table class="sides"><thead><tr><th scope="col">table</th><th scope="col">source</th>'
        f'<th scope="col" class="n">rows</th><th scope="col" class="n">columns</th></tr></thead><tbody>{tables}</tbody></table></header>'
    )


def _headline(comparison: Comparison) -> str:
    first, _, rest = words.headline(comparison).partition("; ")
    tail = f" <span>{esc(rest[:1].upper() + rest[1:])}</span>" if rest else ""
    return f"{esc(first.rstrip('.'))}.{tail}"


def _changes(comparison: Comparison) -> str:
    if not comparison.schema_changes:
        return ""
    items = "".join(f"<li>{esc(str(change))}</li>" for change in comparison.schema_changes)
    return f'<section aria-labelledby="schema"><h2 id="schema">The tables’ columns differ</h2><ul class="notes">{items}</ul></section>'


def _overview(comparison: Comparison, columns: list[ColumnShift], in_full: int) -> str:
    axis = figures.axis_of(comparison)
    longest = figures.longest(comparison)
    scale = figures.axis_picture(axis, comparison.tolerance)
    rows = "\n".join(_row(column, comparison, axis, longest, i, i < in_full) for i, column in enumerate(columns))
    heads = (
        ("column", "col", ""),
        ("verdict", "col", ""),
        ("excess, bits", "n", ""),
        ("interval", "pic", scale),
        ("entropy", "n wide", ""),
        ("+ excess = cross-entropy", "pic wide", ""),
        ("total", "n wide", ""),
        ("q-value", "n wide", ""),
    )
    head = "".join(f'<th scope="col" class="{css}"><span class="h">{name}</span>{extra}</th>' for name, css, extra in heads)
    text = (
        "The excess is what it costs, in bits per value, to act on the reference while the current table is true. "
        "The dot is the estimate, the line its interval, the vertical line the tolerance; "
        "● shifted, ◐ undecided, ○ stable. Entropy and excess add up to the cross-entropy."
    )
    return (
        f'<section aria-labelledby="all"><h2 id="all">All columns, by excess</h2><p class="lead2">{text}</p>'
        f'<table class="over" id="over"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>'
    )


def _row(
    column: ColumnShift, comparison: Comparison, axis: figures.Axis, longest: float, place: int, linked: bool
) -> str:
    name = f"<bdi>{esc(words.shortened(words.named(column.name), 80))}</bdi>"
    link = f'<a href="#c{place}">{name}</a>' if linked else name
    finite = column.finite_excess
    picture = figures.whisker(column, axis, comparison.tolerance) if finite else ""
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
    return "" if value is None else f" data-v={value:.6g}"


def _more(columns: list[ColumnShift], in_full: int) -> str:
    left = len(columns) - in_full
    if left <= 0:
        return ""
    return f'<p class="lead2">The {in_full} columns with the largest excess; the other {left:,} are in the table above and in the JSON.</p>'


def _methods(comparison: Comparison) -> str:
    level = f"{100 * comparison.level:g} %"
    terms = (
        ("Entropy", "the bits per value that the current table needs with the best possible code: what cannot be saved."),
        ("Excess", "KL(current ‖ reference), the bits per value on top of that when acting on the reference. It is infinite "
         f"when a value turns up that the reference never had; an asterisk marks the excess after a prior of {comparison.prior:g} "
         "rows was spent on such values."),
        ("Cross-entropy", "entropy + excess, what is really paid."),
        ("Contribution", "share now × log₂(share now / share then) of one outcome. Negative for what has become rarer; over a "
         "column they add up to the plug-in excess."),
        ("Verdict", f"shifted where the interval of the excess that holds for all columns at once lies above {comparison.tolerance:g} "
         "bits, stable where it lies below, else undecided. This is a question of size."),
        ("q-value", "evidence against no difference at all, corrected for the number of columns. This is a question of "
         "certainty: with many rows a difference too small to matter is certain too."),
        ("Intervals", f"at level {level}. Multiplicity: {comparison.multiplicity}."),
        ("Outcomes", f"{_sampling(comparison)} They were fixed before anything was counted, from the reference alone."),
    )  # fmt: skip
    items = "".join(f"<dt>{name}</dt><dd>{esc(text)}</dd>" for name, text in terms)
    return f'<footer><h2>What the numbers mean</h2><dl>{items}</dl><p class="ver">bitsapart {esc(comparison.version)}</p></footer>'


def _sampling(comparison: Comparison) -> str:
    plan = comparison.plan
    return f"bins and categories were chosen from {plan.sampled:,} of the reference’s {plan.rows:,} rows."
