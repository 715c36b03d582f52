"""A score as one self-contained page, and as a fragment for notebooks."""

from bitsapart.report import fragment, words
from bitsapart.report.fragment import cell
from bitsapart.report.methods import Methods, footer
from bitsapart.report.page import page
from bitsapart.report.parts import answer, opening, sections, solid
from bitsapart.report.score import ladder, sentences
from bitsapart.report.score.sections import parts
from bitsapart.report.score.terms import terms
from bitsapart.report.svg import esc
from bitsapart.report.tables import row
from bitsapart.scoring.result import Score


def to_html(score: Score) -> str:
    """The page."""
    methods = Methods()
    main = _opening(score) + sections(parts(score, methods))
    title = words.tail(words.visible(score.name), 60) if score.name else "score"
    return page(title, main, footer("How these numbers are made", terms(score), methods, score.version))


def _opening(score: Score) -> str:
    lead = f'<p class="lead">{solid(sentences.proportion(score))}</p>'
    facts = [
        ("predictions", words.tail(words.named(score.name), 60) if score.name else ""),
        ("scored", sentences.evidence(score)),
        ("classes", sentences.classes(score)),
        ("stored", sentences.storage(score)),
    ]
    rows = "".join(row(name, f"<td><bdi>{solid(text)}</bdi></td>") for name, text in facts if text)
    table = f'<table class="sides"><tbody>{rows}</tbody></table>'
    first, rest = map(solid, answer(sentences.headline(score)))
    return opening(first, rest, lead + table)


def to_fragment(score: Score) -> str:
    """HTML for ``_repr_html_``: the answer and the ladder, for light and dark, with no styles of its own."""
    steps = ladder.steps(score)
    rows = (_fragment_row(step) for step in steps)
    said = [f"{sentences.evidence(score)}; {sentences.baseline(score)}.", *sentences.misses(score)]
    return fragment.fragment(sentences.headline(score), " ".join(said), fragment.table(rows) if len(steps) > 1 else "")


def _fragment_row(step: ladder.Step) -> str:
    name = step.name if step.tag else f"= {step.name}"
    cells = ((name, "left"), (step.value, "right"), (step.ends, "left"), (step.tag or "", "left"))
    return fragment.row(*(cell(esc(words.shortened(text, 80)), side) for text, side in cells))
