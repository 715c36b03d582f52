"""The parts of the page on one candidate: numbers, single tokens, breakdowns, the tokens that cost most, remarks."""

import re
from collections.abc import Sequence

from bitsapart.model_comparison.result import Breakdown, Bucket, LogitsFacts, ModelComparison, WorstToken
from bitsapart.report import tables, words
from bitsapart.report.bars import bar, longest
from bitsapart.report.estimates import interval, shown
from bitsapart.report.methods import Methods
from bitsapart.report.models import figures, llama_cpp, quantities, sentences
from bitsapart.report.models.buckets import below, chosen
from bitsapart.report.models.quantities import Quantity
from bitsapart.report.parts import Part, answer, bullets, solid
from bitsapart.report.svg import esc
from bitsapart.report.tables import row, table

BUCKETS, WORST = 24, 30
DIVERGENCE = re.compile(r"\((base|candidate) \|\| (base|candidate|second run)\)")


def headline(sentence: str) -> tuple[str, str]:
    """A headline for the page: the answer, and what follows its colon."""
    first, rest = answer(sentence)
    return solid(first), formula(rest)


def sides(compared: Sequence[tuple[str, LogitsFacts]]) -> str:
    """Where the base and each candidate came from."""
    columns = (
        ("", ""),
        ("source", ""),
        ("form", "wide"),
        ("tokens", "n"),
        ("documents", "n wide"),
        ("vocabulary", "n"),
    )
    rows = "".join(row(side, _source(facts)) for side, facts in compared)
    return table("sides bands", columns, rows)


def _source(facts: LogitsFacts) -> str:
    return (
        f"<td><bdi>{esc(words.tail(facts.name, 60))}</bdi></td>"
        f'<td class="wide">{esc(f"{facts.format} {facts.dtype}".strip())}</td><td class="n">{facts.tokens:,}</td>'
        f'<td class="n wide">{facts.documents:,}</td><td class="n">{facts.vocabulary:,}</td>'
    )


def parts(comparison: ModelComparison, methods: Methods) -> list[Part]:
    """All parts that have something to show."""
    found = (
        Part("costs", "What it costs", numbers(comparison, methods)),
        Part("meaning", "What to make of it", bullets(_remarks(comparison))),
        Part("tokens", "Single tokens", _tokens(comparison)),
        Part("where", "Where it is lost", "".join(_breakdown(b, comparison) for b in comparison.breakdowns)),
        Part("worst", "The tokens that cost most", _worst(comparison.worst)),
        Part("llama", llama_cpp.TITLE, _llama_cpp(comparison)),
        Part("checks", "Checks and notes", bullets(_notes(comparison))),
    )
    return [part for part in found if part.html]


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
    identity = figures.identity_bar(comparison)
    picture = f'<div class="bar">{identity}</div>' if identity else ""
    signs = ("■ken", "■kex", "=")
    first = [(sign, q) for sign, q in zip(signs, quantities.identity(comparison), strict=True)]
    first += [
        ("", q) for part in (quantities.divergences, quantities.repairs, quantities.floors) for q in part(comparison)
    ]
    second = [("", q) for part in (quantities.agreements, quantities.predictions) for q in part(comparison)]
    left, right = ("".join(_number(sign, q, methods) for sign, q in rows) for rows in (first, second))
    left = picture + tables.numbers("bits per token", comparison.level, left)
    right = tables.numbers("what is seen of it", comparison.level, right)
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>'


def _number(sign: str, quantity: Quantity, methods: Methods) -> str:
    mark = f'<span class="{sign[1:]}">■</span>' if sign[:1] == "■" else f"<span>{sign}</span>"
    what = f" <small>{formula(quantity.what)}</small>" if quantity.what else ""
    ends = esc(quantity.ends or "no interval") + methods.of(quantity.estimate)
    return tables.number(f"{mark}{esc(quantity.name)}{what}", esc(quantity.value), ends, total=sign == "=")


def formula(text: str) -> str:
    """Our own words for the page, with the sign of divergence that books print."""
    return DIVERGENCE.sub(r"(\1 ‖ \2)", solid(text))


def _tokens(comparison: ModelComparison) -> str:
    kl, change = comparison.percentiles.get("kl", {}), comparison.percentiles.get("probability_change", {})
    if not kl:
        return ""
    head = ("percentile", "KL, bits", *(["change of p"] if change else []))
    rows = ""
    for p in sorted(kl):
        changed = f"<td>{sentences.signed(change.get(p))}</td>" if change else ""
        rows += row(sentences.percentile(p), f"<td>{words.fine(kl[p])}</td>{changed}")
    lines = [sentences.concentration(comparison)]
    if change:
        lines.append("p is the probability of the text’s own token; its change is the candidate’s less the base’s.")
    said = "".join(f'<p class="how">{esc(line)}</p>' for line in lines if line)
    caption = '<p class="cap">Divergence of a token in bits, logarithmic: so much of all tokens lies below</p>'
    numbers = table("outs", ((name, None) for name in head), rows)
    figure = f"<figure>{caption}{figures.percentiles(comparison)}</figure>"
    return f'<div class="two">{figure}<div class="facts">{numbers}{said}</div></div>'


def _breakdown(breakdown: Breakdown, comparison: ModelComparison) -> str:
    buckets = chosen(breakdown, BUCKETS)
    if not buckets:
        return ""
    columns = (
        (esc(sentences.heading(breakdown.by)), ""),
        ("KL, bits", "n"),
        ("", "pic"),
        (words.at_level(comparison.level), "wide"),
        ("of all bits", "n"),
        ("same top", "n wide"),
        ("tokens", "n wide"),
    )
    top = longest(bucket.kl for bucket in buckets)
    rows = "".join(_bucket(bucket, top) for bucket in buckets)
    foot = f'<p class="foot">{esc(" ".join(below(breakdown, buckets, comparison.n)))}</p>'
    return table("bands", columns, rows) + foot


def _bucket(bucket: Bucket, top: float) -> str:
    name = f"<bdi>{esc(words.shortened(words.named(bucket.name), 60))}</bdi>"
    cells = (
        f'<td class="n">{words.fine(bucket.kl.value)}</td>'
        f'<td class="pic">{bar(bucket.kl, top)}</td>'
        f'<td class="wide">{interval(bucket.kl)}</td>'
        f'<td class="n">{shown(bucket.kl_share, "share")}</td>'
        f'<td class="n wide">{shown(bucket.top1_agreement, "share")}</td>'
        f'<td class="n wide">{bucket.tokens:,}</td>'
    )
    return row(name, cells)


COLUMNS = ("KL, bits", "where", "text before it", "the text has", "base’s top token", "the candidate’s")
"""Of the tokens that cost most."""


def _worst(tokens: Sequence[WorstToken]) -> str:
    if not tokens:
        return ""
    rows = [_token(token) for token in tokens[:WORST]]
    kept = [i for i in range(len(COLUMNS)) if any(cells[i] for cells in rows)]
    body = "".join(
        "<tr>" + "".join(f'<td data-l="{COLUMNS[i]}"{_right(i)}>{cells[i]}</td>' for i in kept) + "</tr>"
        for cells in rows
    )
    left = len(tokens) - WORST
    more = f'<p class="foot">{words.counted(left, "more token")} in the JSON.</p>' if left > 0 else ""
    lead = (
        '<p class="lead2">Beside the base’s top token: its probability by the base → by the candidate. Beside the '
        "candidate’s top token: its probability by the candidate.</p>"
    )
    return lead + table("stack", ((COLUMNS[i], None if i else "n") for i in kept), body) + more


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


def _llama_cpp(comparison: ModelComparison) -> str:
    if comparison.llama_cpp is None:
        return ""
    lines = "\n".join(map(esc, llama_cpp.printed(comparison.llama_cpp)))
    about = f'<p class="lead2">{solid(llama_cpp.about(comparison))}</p>'
    return f"{about}<details><summary>All its lines</summary><pre>{lines}</pre></details>"


def _quoted(token: str) -> str:
    return f'<bdi class="tok">{esc(sentences.quoted(token))}</bdi>'
