"""A model comparison as one self-contained page, and as a fragment for notebooks."""

from bitsapart.model_comparison.result import ModelComparison
from bitsapart.report import fragment, words
from bitsapart.report.fragment import cell
from bitsapart.report.methods import Methods, footer
from bitsapart.report.models import quantities, sentences
from bitsapart.report.models.sections import headline, parts, sides
from bitsapart.report.models.terms import terms
from bitsapart.report.page import page
from bitsapart.report.parts import opening, sections, solid
from bitsapart.report.svg import esc


def to_html(comparison: ModelComparison) -> str:
    """The page."""
    methods = Methods()
    main = _opening(comparison) + sections(parts(comparison, methods))
    title = " → ".join(words.tail(words.visible(side.name), 60) for side in (comparison.base, comparison.candidate))
    return page(title, main, footer("How these numbers are made", terms(comparison), methods, comparison.version))


def _opening(comparison: ModelComparison) -> str:
    lead = " ".join(filter(None, [sentences.proportion(comparison), sentences.evidence(comparison)]))
    near = sentences.near(comparison)
    warning = f'<p class="lead undecided">{solid(near)}</p>' if near else ""
    compared = sides([("base", comparison.base), ("candidate", comparison.candidate)])
    below = f'{warning}<p class="lead">{solid(lead)}</p>{compared}'
    return opening(*headline(sentences.headline(comparison)), below)


def to_fragment(comparison: ModelComparison) -> str:
    """HTML for ``_repr_html_``: the answer and the numbers, for light and dark, with no styles of its own."""
    groups = (quantities.identity, quantities.divergences, quantities.agreements, quantities.predictions)
    rows = (_fragment_row(q) for group in groups for q in group(comparison))
    said = [sentences.proportion(comparison), sentences.near(comparison), *sentences.left_out(comparison)]
    return fragment.fragment(sentences.headline(comparison), " ".join(filter(None, said)), fragment.table(rows))


def _fragment_row(quantity: quantities.Quantity) -> str:
    what = f", {quantity.what}" if quantity.what else ""
    cells = ((f"{quantity.name}{what}", "left"), (quantity.value, "right"), (quantity.ends, "left"))
    return fragment.row(*(cell(esc(text), side) for text, side in cells))
