"""A fit as one self-contained page, and as a fragment for notebooks."""

from importlib.metadata import version

from bitsapart.fitting.result import Fit
from bitsapart.report import fragment, words
from bitsapart.report.fit import sentences
from bitsapart.report.fit.numbers import sure
from bitsapart.report.fit.sections import parts
from bitsapart.report.fit.terms import terms
from bitsapart.report.fragment import cell
from bitsapart.report.methods import Methods, footer
from bitsapart.report.page import page
from bitsapart.report.parts import answer, opening, sections, solid
from bitsapart.report.svg import esc


def to_html(fit: Fit) -> str:
    """The page."""
    methods = Methods()
    first, rest = map(solid, answer(sentences.headline(fit)))
    lead = f'<p class="lead"><bdi>{esc(sentences.ends(fit))}</bdi></p>'
    main = opening(first, rest, lead) + sections(parts(fit, methods))
    foot = footer("How these numbers are made", terms([fit]), methods, version("bitsapart"))
    return page(f"{fit.family}, {fit.direction}", main, foot)


def to_fragment(fit: Fit) -> str:
    """HTML for ``_repr_html_``: the answer and the account, with no styles of its own."""
    rows = (
        fragment.row(
            cell(esc(f"{term.sign} {term.name}".strip()), "left"),
            cell(esc(words.fine(term.bits.value)), "right"),
            cell(esc(sure(term.bits)), "left"),
        )
        for term in sentences.account(fit)
    )
    return fragment.fragment(f"{sentences.headline(fit)}.", sentences.ends(fit), fragment.table(rows))
