"""A model comparison or ranking as one self-contained page, and as a fragment for notebooks."""

import secrets
from collections.abc import Sequence

from bitsapart.model_comparison.result import LogitsFacts, ModelComparison, ModelRanking, PairTest
from bitsapart.report import words
from bitsapart.report.comparison.methods import Methods
from bitsapart.report.models import figures, pairs, quantities, sentences
from bitsapart.report.models.methods import footer
from bitsapart.report.models.quantities import interval, shown
from bitsapart.report.models.sections import bullets, formula, numbers, parts, solid
from bitsapart.report.page import page
from bitsapart.report.svg import esc

ROOM = 200_000
"""Bytes for the candidates of a ranking in full; the others have their numbers only."""


def to_html(comparison: ModelComparison) -> str:
    """The page on one candidate."""
    methods = Methods()
    body = "".join(
        f'<section aria-labelledby="{part.name}"><h2 id="{part.name}">{part.title}</h2>{part.html}</section>'
        for part in parts(comparison, methods)
    )
    title = " → ".join(_name(side) for side in (comparison.base, comparison.candidate))
    return page(title, _opening(comparison) + body, footer(comparison, methods, comparison.version))


def _name(side: LogitsFacts) -> str:
    return words.tail(words.visible(side.name), 60)


def _opening(comparison: ModelComparison) -> str:
    lead = " ".join(filter(None, [sentences.proportion(comparison), sentences.evidence(comparison)]))
    near = sentences.near(comparison)
    warning = f'<p class="lead undecided">{solid(near)}</p>' if near else ""
    sides = _sides([("base", comparison.base), ("candidate", comparison.candidate)])
    headline = _headline(sentences.headline(comparison))
    return f'<header><p class="brand">bitsapart</p>{headline}{warning}<p class="lead">{solid(lead)}</p>{sides}</header>'


def _headline(sentence: str) -> str:
    """The sentence as the page's title, what follows its colon in a lighter colour."""
    first, _, rest = sentence.partition(": ")
    tail = f" <span>{formula(rest[:1].upper() + rest[1:])}</span>" if rest else ""
    return f"<h1>{solid(first.rstrip('.'))}.{tail}</h1>"


def _sides(sides: Sequence[tuple[str, LogitsFacts]]) -> str:
    heads = (("", ""), ("source", ""), ("form", "wide"), ("tokens", "n"), ("documents", "n wide"), ("vocabulary", "n"))
    head = "".join(f'<th scope="col" class="{css}">{name}</th>' for name, css in heads)
    rows = "".join(
        f'<tr><th scope="row">{side}</th><td><bdi>{esc(words.tail(facts.name, 60))}</bdi></td>'
        f'<td class="wide">{esc(f"{facts.format} {facts.dtype}".strip())}</td><td class="n">{facts.tokens:,}</td>'
        f'<td class="n wide">{facts.documents:,}</td><td class="n">{facts.vocabulary:,}</td></tr>'
        for side, facts in sides
    )
    return f'<table class="sides bands"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def ranking_to_html(ranking: ModelRanking) -> str:
    """The page on several candidates, the closest to the base first."""
    methods = Methods()
    first = ranking.comparisons[0] if ranking.comparisons else None
    main = (
        f'<header><p class="brand">bitsapart</p>{_headline(pairs.headline(ranking))}'
        f"{_ranking_sides(ranking)}</header>{_overview(ranking)}{_pairs(ranking, methods)}{_each(ranking, methods)}"
    )
    title = f"{_name(first.base)}: {words.counted(len(ranking.comparisons), 'candidate')}" if first else "no candidate"
    return page(title, main, footer(first, methods, ranking.version))


def _ranking_sides(ranking: ModelRanking) -> str:
    if not ranking.comparisons:
        return ""
    first = ranking.comparisons[0]
    sides = [("base", first.base), *(("candidate", c.candidate) for c in ranking.comparisons)]
    return _sides(sides)


def _overview(ranking: ModelRanking) -> str:
    if not ranking.comparisons:
        return ""
    place = figures.ranking_axis(ranking.comparisons)
    heads = (
        ("candidate", "", ""),
        ("KL, bits", "n", ""),
        ("", "pic", figures.scale(place)),
        (f"{100 * ranking.comparisons[0].level:g} % interval", "wide", ""),
        ("same top", "n", ""),
        ("acceptance", "n wide", ""),
        ("perplexity ratio", "n wide", ""),
    )
    head = "".join(f'<th scope="col" class="{css}">{name}{picture}</th>' for name, css, picture in heads)
    rows = "".join(_candidate(c, i, place) for i, c in enumerate(ranking.comparisons))
    text = (
        "Bits per token that each candidate costs more than the base: the dot is the estimate, the line through it its "
        "interval, an upright line the noise of the files. The axis is logarithmic."
    )
    return (
        f'<section aria-labelledby="all"><h2 id="all">All candidates, the closest first</h2><p class="lead2">{text}</p>'
        f'<table class="bands"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>'
    )


def _candidate(comparison: ModelComparison, number: int, place: figures.Axis) -> str:
    name = f'<a href="#c{number}"><bdi>{esc(sentences.name(comparison))}</bdi></a>'
    ratio = shown(comparison.perplexity.ratio.value, "ratio") if comparison.perplexity else "–"
    cells = (
        f'<td class="n">{shown(comparison.kl.value)}</td><td class="pic">{figures.whisker(comparison, place)}</td>'
        f'<td class="wide">{interval(comparison.kl)}</td>'
        f'<td class="n">{shown(comparison.top1_agreement.value, "share")}</td>'
        f'<td class="n wide">{shown(comparison.acceptance.value, "share")}</td><td class="n wide">{ratio}</td>'
    )
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


def _pairs(ranking: ModelRanking, methods: Methods) -> str:
    if not ranking.pairs:
        return ""
    level = ranking.comparisons[0].level
    heads = (
        ("first − second", ""),
        ("bits", "n"),
        (f"{100 * level:g} % interval", "wide"),
        ("adjusted p", "n"),
        ("closer", ""),
    )
    head = "".join(f'<th scope="col" class="{css}">{name}</th>' for name, css in heads)
    rows = "".join(_pair(pair, level, methods) for pair in pairs.chosen(ranking))
    text = (
        "Each two candidates on the same tokens: the divergence of the first less that of the second. The p-value is "
        "corrected for the number of pairs (Holm)."
    )
    left = pairs.left_out(ranking)
    more = f'<p class="foot">{left}</p>' if left else ""
    return (
        f'<section aria-labelledby="pairs"><h2 id="pairs">Which of two is closer</h2><p class="lead2">{text}</p>'
        f'<table class="bands"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}</section>'
    )


def _pair(pair: PairTest, level: float, methods: Methods) -> str:
    cells = (
        f'<td class="n">{words.fine(pair.difference.value)}</td>'
        f'<td class="wide">{interval(pair.difference) or "no interval"}{methods.of(pair.difference)}</td>'
        f'<td class="n">{esc(pairs.adjusted(pair))}</td><td><bdi>{esc(pairs.closer(pair, level))}</bdi></td>'
    )
    return f'<tr><th scope="row"><bdi>{esc(pairs.pair_name(pair))}</bdi></th>{cells}</tr>'


def _each(ranking: ModelRanking, methods: Methods) -> str:
    """Every candidate; in full as long as there is room."""
    room, cards = ROOM, []
    for number, comparison in enumerate(ranking.comparisons):
        full = _folded(comparison, methods) if room > 0 else ""
        room -= len(full.encode())
        body = full if room > 0 else _brief(comparison, methods)
        said = f'<p class="say">{formula(sentences.headline(comparison))} {solid(sentences.proportion(comparison))}</p>'
        name = f"<h3><bdi>{esc(sentences.name(comparison))}</bdi></h3>"
        cards.append(f'<section class="card" id="c{number}">{name}{said}{body}</section>')
    return f'<section aria-labelledby="each"><h2 id="each">Candidate by candidate</h2>{"".join(cards)}</section>'


def _folded(comparison: ModelComparison, methods: Methods) -> str:
    first, *others = parts(comparison, methods)
    inside = "".join(f"<h4>{part.title}</h4>{part.html}" for part in others)
    return f"{first.html}<details><summary>Single tokens, breakdowns, notes</summary>{inside}</details>"


def _brief(comparison: ModelComparison, methods: Methods) -> str:
    left = "Its breakdowns and single tokens are in the JSON, and in a report of its own."
    return numbers(comparison, methods) + bullets([sentences.near(comparison), *sentences.left_out(comparison), left])


TABLE = "border-collapse:collapse;width:auto;border:0;color:inherit;font-size:inherit"
CELL = "text-align:{};padding:2px 12px 2px 0;border:0;background:none"


def to_fragment(comparison: ModelComparison) -> str:
    """HTML for ``_repr_html_``: the answer and the numbers, for light and dark, with no styles of its own."""
    groups = (quantities.identity, quantities.divergences, quantities.agreements, quantities.predictions)
    rows = "".join(_fragment_row(q) for group in groups for q in group(comparison))
    name = f"bitsapart-{secrets.token_hex(4)}"
    said = [sentences.proportion(comparison), sentences.near(comparison), *sentences.left_out(comparison)]
    more = f"<br>{esc(' '.join(filter(None, said)))}" if any(said) else ""
    title = f'<p id="{name}"><strong>{esc(sentences.headline(comparison))}</strong>{more}</p>'
    table = f'<table style="{TABLE}"><tbody>{rows}</tbody></table>'
    return f'<div role="group" aria-labelledby="{name}">{title}{table}</div>'


def _fragment_row(quantity: quantities.Quantity) -> str:
    what = f", {quantity.what}" if quantity.what else ""
    cells = ((f"{quantity.name}{what}", "left"), (quantity.value, "right"), (quantity.ends, "left"))
    content = "".join(f'<td style="{CELL.format(side)}">{esc(text)}</td>' for text, side in cells)
    return f'<tr style="background:none">{content}</tr>'
