"""Several fits as one self-contained page, and as a fragment for notebooks."""

from collections.abc import Sequence
from importlib.metadata import version
from itertools import islice

from bitsapart.fitting.result import Candidate, Fit, FitComparison
from bitsapart.report import fragment, words
from bitsapart.report.bars import bar, longest
from bitsapart.report.fit import sections as single
from bitsapart.report.fit import sentences as of_fit
from bitsapart.report.fit.figures import LINES, densities
from bitsapart.report.fit.numbers import brackets, over, sure
from bitsapart.report.fit.terms import terms
from bitsapart.report.fits import sentences
from bitsapart.report.fragment import cell
from bitsapart.report.methods import Methods, footer
from bitsapart.report.page import page
from bitsapart.report.parts import Part, answer, bullets, opening, sections, solid
from bitsapart.report.svg import esc
from bitsapart.report.tables import row, table

PICTURED = len(LINES)
"""Fits in one picture."""
MARKS = ("kc", "ka", "ks", "ki")
ROOM = 130_000
"""Bytes for fits in full."""
BRIEF = "Its account, parameters and picture are in the JSON document, and in a report of its own."
Labelled = tuple[str, Fit]


def to_html(found: FitComparison) -> str:
    """The page, the best family first."""
    methods = Methods()
    first, rest = map(solid, answer(sentences.headline(found)))
    fits = sentences.fits(found)
    overview = _held_out(found) if sentences.judged(found) else _all(fits)
    main = opening(first, rest, f'<p class="lead"><bdi>{esc(sentences.summary(found))}</bdi></p>') + sections(
        (
            Part("all", "All of them, the best first", overview),
            Part("over", "Over each other", _over_each_other(fits)),
            Part("missing", "Left out", bullets(sentences.left_out(found))),
            Part("notes", "Notes", bullets(sentences.notes(found))),
            Part("each", "One by one", _each(found, fits, methods)),
        )
    )
    meanings = terms([fit for _, fit in fits]) if fits else ()
    foot = footer("How these numbers are made", meanings, methods, version("bitsapart"))
    return page(words.counted(len(fits), "fit"), main, foot)


def _held_out(found: FitComparison) -> str:
    """What new rows cost under each family."""
    judged = sentences.judged(found)
    top = longest(above for _, _, above in judged)
    columns = (
        ("family", None),
        ("bits of a new row", "n"),
        ("above the best", "n"),
        ("", "pic wide"),
        (over(above for _, _, above in judged), "wide"),
        ("misfit", "n wide"),
    )
    rows = "".join(
        row(
            esc(candidate.family),
            f'<td class="n">{words.fine(held_out.value)}</td><td class="n">{words.fine(above.value)}</td>'
            f'<td class="pic wide">{bar(above, top)}</td><td class="wide">{brackets(above)}</td>'
            f'<td class="n wide">{sentences.misfit(candidate)}</td>',
        )
        for candidate, held_out, above in judged
    )
    text = (
        "Bits that a row costs under a fit to other rows (cross-validation), and how many more than under the best "
        "family: a difference of the same rows, with its interval."
    )
    return f'<p class="lead2">{text}</p>{table("bands", columns, rows)}'


def _all(fits: Sequence[Labelled]) -> str:
    """How far each fit is."""
    if not fits:
        return ""
    top = longest(fit.misfit for _, fit in fits)
    ends = over(fit.misfit for _, fit in fits)
    columns = (("fit", None), ("divergence", None), ("bits", "n"), ("", "pic"), (ends, "wide"))
    rows = "".join(
        row(
            esc(label),
            f'<td>{of_fit.direction(fit)}</td><td class="n">{words.fine(fit.misfit.value)}</td>'
            f'<td class="pic">{bar(fit.misfit, top)}</td><td class="wide">{sure(fit.misfit)}</td>',
        )
        for label, fit in fits
    )
    return table("bands", columns, rows)


def _over_each_other(fits: Sequence[Labelled]) -> str:
    """The first fits in one picture, with their formulas."""
    shown = [(label, fit) for label, fit in fits if fit.picture.x][:PICTURED]
    picture = densities([fit for _, fit in shown], "The target, filled, and the fits, lines")
    if not picture:
        return ""
    rows = "".join(
        row(f'<span class="{mark}">━</span> {esc(label)}', f"<td><bdi>{esc(of_fit.member(fit))}</bdi></td>")
        for mark, (label, fit) in zip(MARKS, shown, strict=False)
    )
    members = table("bands", (("fit", None), ("closest member", None)), rows)
    return single.two(f'<figure><p class="key"><span class="ken">■</span> target</p>{picture}</figure>', members)


def _each(found: FitComparison, fits: Sequence[Labelled], methods: Methods) -> str:
    """Every fit, both directions of a family beside each other; in full as long as there is room."""
    room, cards = ROOM, []
    for number, (label, fit) in enumerate(fits):
        cards.append(_card(label, fit, number, methods, full=room > 0))
        room -= len(cards[-1].encode())
    left = iter(cards)
    groups = [list(islice(left, len(candidate.fits))) for candidate in found.candidates]
    return "".join(f'<div class="pair">{"".join(two)}</div>' if len(two) > 1 else "".join(two) for two in groups)


def _card(label: str, fit: Fit, number: int, methods: Methods, *, full: bool) -> str:
    parts = single.parts(fit, methods)
    body = single.inside(parts) if full else f'<p class="how">{BRIEF}</p>'
    head = f'<h3 id="f{number}">{esc(label)}</h3>'
    kick = f'<p class="kick"><bdi>{esc(of_fit.member(fit))}</bdi></p>'
    return f'<section class="card" aria-labelledby="f{number}">{head}{kick}{body}</section>'


def to_fragment(found: FitComparison) -> str:
    """HTML for ``_repr_html_``: the answer and the table of families, with no styles of its own."""
    head = "".join(cell(name, side, "th") for name, side in HEAD)
    rows = "".join(_fragment_row(candidate) for candidate in found.candidates)
    return fragment.fragment(f"{sentences.headline(found)}.", sentences.summary(found), fragment.table([rows], head))


HEAD = (("family", "left"), ("bits of new rows", "right"), ("above the best", "left"), ("misfit", "left"))


def _fragment_row(candidate: Candidate) -> str:
    held_out = words.fine(candidate.held_out.value) if candidate.held_out else ""
    cells = (candidate.family, held_out, sentences.cell(candidate.above_best), sentences.misfit(candidate))
    return fragment.row(*(cell(esc(text), side) for text, (_, side) in zip(cells, HEAD, strict=True)))
