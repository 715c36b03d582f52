"""A ranking as one self-contained page, and as a fragment for notebooks."""

from bitsapart.model_comparison.result import ModelComparison, ModelRanking, PairTest
from bitsapart.report import fragment, words
from bitsapart.report.axis import Axis
from bitsapart.report.estimates import interval, shown
from bitsapart.report.fragment import cell
from bitsapart.report.methods import Methods, footer
from bitsapart.report.models import sentences as single
from bitsapart.report.models.sections import formula, headline, numbers, parts, sides
from bitsapart.report.models.terms import terms
from bitsapart.report.page import page
from bitsapart.report.parts import Part, bullets, opening, sections, solid
from bitsapart.report.ranking import figures, sentences
from bitsapart.report.svg import esc
from bitsapart.report.tables import row, table

ROOM = 200_000
"""Bytes for the candidates of a ranking in full; the others have their numbers only."""


def to_html(ranking: ModelRanking) -> str:
    """The page, the closest to the base first."""
    methods = Methods()
    first = ranking.comparisons[0] if ranking.comparisons else None
    main = opening(*headline(sentences.headline(ranking)), _sides(ranking)) + sections(
        (
            Part("all", "All candidates, the closest first", _overview(ranking)),
            Part("pairs", "Which of two is closer", _pairs(ranking, methods)),
            Part("each", "Candidate by candidate", _each(ranking, methods)),
        )
    )
    title = "no candidate"
    if first:
        base = words.tail(words.visible(first.base.name), 60)
        title = f"{base}: {words.counted(len(ranking.comparisons), 'candidate')}"
    return page(title, main, footer("How these numbers are made", terms(first), methods, ranking.version))


def _sides(ranking: ModelRanking) -> str:
    if not ranking.comparisons:
        return ""
    base = ranking.comparisons[0].base
    return sides([("base", base), *(("candidate", c.candidate) for c in ranking.comparisons)])


def _overview(ranking: ModelRanking) -> str:
    if not ranking.comparisons:
        return ""
    place = figures.axis_of(ranking.comparisons)
    columns = (
        ("candidate", ""),
        ("KL, bits", "n"),
        (figures.scale(place), "pic"),
        (words.at_level(ranking.comparisons[0].level), "wide"),
        ("same top", "n"),
        ("acceptance", "n wide"),
        ("perplexity ratio", "n wide"),
    )
    rows = "".join(_candidate(c, i, place) for i, c in enumerate(ranking.comparisons))
    text = (
        "Bits per token that each candidate costs more than the base: the dot is the estimate, the line through it its "
        "interval, an upright line the noise of the files. The axis is logarithmic."
    )
    return f'<p class="lead2">{text}</p>{table("bands", columns, rows)}'


def _candidate(comparison: ModelComparison, number: int, place: Axis) -> str:
    name = f'<a href="#c{number}"><bdi>{esc(single.name(comparison))}</bdi></a>'
    cells = (
        f'<td class="n">{shown(comparison.kl.value)}</td><td class="pic">{figures.whisker(comparison, place)}</td>'
        f'<td class="wide">{interval(comparison.kl)}</td>'
        f'<td class="n">{shown(comparison.top1_agreement.value, "share")}</td>'
        f'<td class="n wide">{shown(comparison.acceptance.value, "share")}</td>'
        f'<td class="n wide">{_ratio(comparison)}</td>'
    )
    return row(name, cells)


def _ratio(comparison: ModelComparison) -> str:
    return shown(comparison.perplexity.ratio.value, "ratio") if comparison.perplexity else "–"


def _pairs(ranking: ModelRanking, methods: Methods) -> str:
    if not ranking.pairs:
        return ""
    level = ranking.comparisons[0].level
    columns = (
        ("first − second", ""),
        ("bits", "n"),
        (words.at_level(level), "wide"),
        ("adjusted p", "n"),
        ("closer", ""),
    )
    rows = "".join(_pair(pair, level, methods) for pair in sentences.chosen(ranking))
    text = (
        "Each two candidates on the same tokens: the divergence of the first less that of the second. The p-value is "
        "corrected for the number of pairs (Holm)."
    )
    left = sentences.left_out(ranking)
    more = f'<p class="foot">{left}</p>' if left else ""
    return f'<p class="lead2">{text}</p>{table("bands", columns, rows)}{more}'


def _pair(pair: PairTest, level: float, methods: Methods) -> str:
    cells = (
        f'<td class="n">{words.fine(pair.difference.value)}</td>'
        f'<td class="wide">{interval(pair.difference) or "no interval"}{methods.of(pair.difference)}</td>'
        f'<td class="n">{esc(sentences.adjusted(pair))}</td><td><bdi>{esc(sentences.closer(pair, level))}</bdi></td>'
    )
    return row(f"<bdi>{esc(sentences.pair_name(pair))}</bdi>", cells)


def _each(ranking: ModelRanking, methods: Methods) -> str:
    """Every candidate; in full as long as there is room."""
    room, cards = ROOM, []
    for number, comparison in enumerate(ranking.comparisons):
        full = _folded(comparison, methods) if room > 0 else ""
        room -= len(full.encode())
        body = full if room > 0 else _brief(comparison, methods)
        said = f'<p class="say">{formula(single.headline(comparison))} {solid(single.proportion(comparison))}</p>'
        name = f"<h3><bdi>{esc(single.name(comparison))}</bdi></h3>"
        cards.append(f'<section class="card" id="c{number}">{name}{said}{body}</section>')
    return "".join(cards)


def _folded(comparison: ModelComparison, methods: Methods) -> str:
    first, *others = parts(comparison, methods)
    inside = "".join(f"<h4>{part.title}</h4>{part.html}" for part in others)
    return f"{first.html}<details><summary>Single tokens, breakdowns, notes</summary>{inside}</details>"


def _brief(comparison: ModelComparison, methods: Methods) -> str:
    left = "Its breakdowns and single tokens are in the JSON, and in a report of its own."
    return numbers(comparison, methods) + bullets([single.near(comparison), *single.left_out(comparison), left])


def to_fragment(ranking: ModelRanking) -> str:
    """HTML for ``_repr_html_``: who is closest, and all candidates with their numbers, for light and dark."""
    if not ranking.comparisons:
        return fragment.fragment(sentences.headline(ranking), "", "")
    place = figures.axis_of(ranking.comparisons)
    names = ("KL, bits", "", words.at_level(ranking.comparisons[0].level), "same top", "acceptance", "perplexity ratio")
    head = "".join(cell(name, side, "th") for name, side in zip(("candidate", *names), SIDES, strict=True))
    rows = (_fragment_row(comparison, place) for comparison in ranking.comparisons)
    notes = "<br>".join(map(esc, sentences.notes(ranking)))
    more = f"<p>{notes}</p>" if notes else ""
    return fragment.fragment(sentences.headline(ranking), sentences.base(ranking), fragment.table(rows, head), more)


SIDES = ("left", "right", "left", "left", "right", "right", "right")


def _fragment_row(comparison: ModelComparison, place: Axis) -> str:
    cells = (
        f"<bdi>{esc(single.name(comparison))}</bdi>",
        esc(shown(comparison.kl.value)),
        figures.whisker(comparison, place),
        interval(comparison.kl),
        esc(shown(comparison.top1_agreement.value, "share")),
        esc(shown(comparison.acceptance.value, "share")),
        esc(_ratio(comparison)),
    )
    return fragment.row(*(cell(content, side) for content, side in zip(cells, SIDES, strict=True)))
