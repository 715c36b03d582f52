"""The parts of the page on one candidate: numbers, single tokens, breakdowns, the tokens that cost most, remarks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bitsapart.model_comparison.result import Breakdown, Bucket, ModelComparison, WorstToken
from bitsapart.report import words
from bitsapart.report.comparison.methods import Methods
from bitsapart.report.models import figures, quantities, sentences
from bitsapart.report.models.buckets import below, chosen
from bitsapart.report.models.quantities import Quantity, interval, shown
from bitsapart.report.svg import esc

BUCKETS, WORST = 24, 30
DIVERGENCE = re.compile(r"\((base|candidate) \|\| (base|candidate|second run)\)")
WHOLE = re.compile(r"\[[^\[\]<>]{1,40}, [^\[\]<>]{1,40}[\])]|\d\.\d\de-\d+")


@dataclass(frozen=True)
class Part:
    """A part of the page with its title and a name for links."""

    name: str
    title: str
    html: str


def parts(comparison: ModelComparison, methods: Methods) -> list[Part]:
    """All parts that have something to show."""
    found = (
        Part("costs", "What it costs", numbers(comparison, methods)),
        Part("meaning", "What to make of it", bullets(_remarks(comparison))),
        Part("tokens", "Single tokens", _tokens(comparison)),
        Part("where", "Where it is lost", "".join(_breakdown(b, comparison) for b in comparison.breakdowns)),
        Part("worst", "The tokens that cost most", _worst(comparison.worst)),
        Part("checks", "Checks and notes", bullets(_notes(comparison))),
    )
    return [part for part in found if part.html]


def bullets(lines: Iterable[str]) -> str:
    """Sentences as a list; nothing where there are none."""
    items = "".join(f"<li>{solid(line)}</li>" for line in lines if line)
    return f'<ul class="notes">{items}</ul>' if items else ""


def solid(text: str) -> str:
    """Text for the page in which no interval, share or small number is broken in two."""
    return WHOLE.sub(lambda found: f'<bdi class="n">{found[0]}</bdi>', esc(text)).replace(" %", "&nbsp;%")


def _remarks(comparison: ModelComparison) -> list[str]:
    return [
        sentences.temperature(comparison),
        *sentences.noise(comparison),
        *sentences.truncation(comparison),
    ]


def _notes(comparison: ModelComparison) -> list[str]:
    return [*comparison.checks, *sentences.left_out(comparison), *comparison.notes, *sentences.remarks(comparison)]


def numbers(comparison: ModelComparison, methods: Methods) -> str:
    """The identity as a bar, and all quantities with their intervals in two tables."""
    bar = figures.identity_bar(comparison)
    picture = f'<div class="bar">{bar}</div>' if bar else ""
    level = f"{100 * comparison.level:g} % interval"
    signs = ("■ken", "■kex", "=")
    first = [(sign, q) for sign, q in zip(signs, quantities.identity(comparison), strict=True)]
    first += [
        ("", q) for part in (quantities.divergences, quantities.repairs, quantities.floors) for q in part(comparison)
    ]
    second = [("", q) for part in (quantities.agreements, quantities.predictions) for q in part(comparison)]
    left = picture + _table(first, "bits per token", level, methods)
    right = _table(second, "what is seen of it", level, methods)
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>'


def _table(rows: Sequence[tuple[str, Quantity]], title: str, level: str, methods: Methods) -> str:
    head = f'<th scope="col">{title}</th><th scope="col" class="n">value</th><th scope="col">{level}</th>'
    body = "".join(_number(sign, quantity, methods) for sign, quantity in rows)
    return f'<table class="nums"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _number(sign: str, quantity: Quantity, methods: Methods) -> str:
    mark = f'<span class="{sign[1:]}">■</span>' if sign[:1] == "■" else f"<span>{sign}</span>"
    what = f" <small>{formula(quantity.what)}</small>" if quantity.what else ""
    ends = esc(quantity.ends or "no interval") + methods.of(quantity.estimate)
    css = ' class="sum"' if sign == "=" else ""
    cells = f'<td class="n">{esc(quantity.value)}</td><td>{ends}</td>'
    return f'<tr{css}><th scope="row">{mark}{esc(quantity.name)}{what}</th>{cells}</tr>'


def formula(text: str) -> str:
    """Our own words for the page, with the sign of divergence that books print."""
    return DIVERGENCE.sub(r"(\1 ‖ \2)", solid(text))


def _tokens(comparison: ModelComparison) -> str:
    kl, change = comparison.percentiles.get("kl", {}), comparison.percentiles.get("probability_change", {})
    if not kl:
        return ""
    head = '<th scope="col">percentile</th><th scope="col">KL, bits</th>'
    head += '<th scope="col">change of p</th>' if change else ""
    rows = "".join(
        f'<tr><th scope="row">{sentences.percentile(p)}</th><td>{words.fine(kl[p])}</td>'
        f"{f'<td>{sentences.signed(change.get(p))}</td>' if change else ''}</tr>"
        for p in sorted(kl)
    )
    lines = [sentences.concentration(comparison)]
    if change:
        lines.append("p is the probability of the text’s own token; its change is the candidate’s less the base’s.")
    said = "".join(f'<p class="how">{esc(line)}</p>' for line in lines if line)
    caption = '<p class="cap">Divergence of a token in bits, logarithmic: so much of all tokens lies below</p>'
    table = f'<table class="outs"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    figure = f"<figure>{caption}{figures.percentiles(comparison)}</figure>"
    return f'<div class="two">{figure}<div class="facts">{table}{said}</div></div>'


def _breakdown(breakdown: Breakdown, comparison: ModelComparison) -> str:
    buckets = chosen(breakdown, BUCKETS)
    if not buckets:
        return ""
    level = f"{100 * comparison.level:g} % interval"
    heads = (
        (esc(sentences.heading(breakdown.by)), ""),
        ("KL, bits", "n"),
        ("", "pic"),
        (level, "wide"),
        ("of all bits", "n"),
        ("same top", "n wide"),
        ("tokens", "n wide"),
    )
    head = "".join(f'<th scope="col" class="{css}">{name}</th>' for name, css in heads)
    top = figures.longest(buckets)
    rows = "".join(_bucket(bucket, top) for bucket in buckets)
    return (
        f'<table class="bands"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f'<p class="foot">{esc(" ".join(below(breakdown, buckets, comparison.n)))}</p>'
    )


def _bucket(bucket: Bucket, top: float) -> str:
    name = f"<bdi>{esc(words.shortened(words.named(bucket.name), 60))}</bdi>"
    cells = (
        f'<td class="n">{words.fine(bucket.kl.value)}</td>'
        f'<td class="pic">{figures.bar(bucket.kl, top)}</td>'
        f'<td class="wide">{interval(bucket.kl)}</td>'
        f'<td class="n">{shown(bucket.kl_share, "share")}</td>'
        f'<td class="n wide">{shown(bucket.top1_agreement, "share")}</td>'
        f'<td class="n wide">{bucket.tokens:,}</td>'
    )
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


COLUMNS = ("KL, bits", "where", "text before it", "the text has", "base’s top token", "the candidate’s")
"""Of the tokens that cost most."""


def _worst(tokens: Sequence[WorstToken]) -> str:
    if not tokens:
        return ""
    rows = [_token(token) for token in tokens[:WORST]]
    kept = [i for i in range(len(COLUMNS)) if any(row[i] for row in rows)]
    head = "".join(f'<th scope="col"{_right(i)}>{COLUMNS[i]}</th>' for i in kept)
    body = "".join(
        "<tr>" + "".join(f'<td data-l="{COLUMNS[i]}"{_right(i)}>{row[i]}</td>' for i in kept) + "</tr>" for row in rows
    )
    left = len(tokens) - WORST
    more = f'<p class="foot">{words.counted(left, "more token")} in the JSON.</p>' if left > 0 else ""
    lead = (
        '<p class="lead2">Beside the base’s top token: its probability by the base → by the candidate. Beside the '
        "candidate’s top token: its probability by the candidate.</p>"
    )
    return f'{lead}<table class="stack"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}'


def _right(column: int) -> str:
    return ' class="n"' if column == 0 else ""


def _token(token: WorstToken) -> tuple[str, ...]:
    """The cells of a row; empty where nothing is known."""
    own, same, best = (
        shown(p, "share") for p in (token.base_probability, token.candidate_probability, token.candidate_confidence)
    )
    document, position = sentences.place(token).split(", ")
    other = f'{_quoted(token.candidate_top)} <bdi class="n">{esc(best)}</bdi>'
    return (
        words.fine(token.kl),
        f'<bdi class="n">{document},</bdi> <bdi class="n">{position}</bdi>',
        f"<bdi>{esc(sentences.context(token))}</bdi>" if token.context else "",
        _quoted(token.label) if token.label else "",
        f'{_quoted(token.base_top)} <bdi class="n">{esc(own)} → {esc(same)}</bdi>',
        other if token.candidate_top != token.base_top else "the same",
    )


def _quoted(token: str) -> str:
    return f'<bdi class="tok">{esc(sentences.quoted(token))}</bdi>'
