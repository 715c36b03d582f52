"""A score as one self-contained page, and as a fragment for notebooks."""

import secrets

from bitsapart.report import words
from bitsapart.report.comparison.methods import Methods
from bitsapart.report.models.sections import solid
from bitsapart.report.page import page
from bitsapart.report.score import ladder, sentences
from bitsapart.report.score.methods import footer
from bitsapart.report.score.sections import parts
from bitsapart.report.svg import esc
from bitsapart.scoring.result import Score


def to_html(score: Score) -> str:
    """The page."""
    methods = Methods()
    body = "".join(
        f'<section aria-labelledby="{part.name}"><h2 id="{part.name}">{part.title}</h2>{part.html}</section>'
        for part in parts(score, methods)
    )
    title = words.tail(words.visible(score.name), 60) if score.name else "score"
    return page(title, _opening(score) + body, footer(score, methods))


def _opening(score: Score) -> str:
    first, colon, rest = sentences.headline(score).partition(": ")
    tail = f" <span>{solid(rest[:1].upper() + rest[1:])}</span>" if colon else ""
    title = f"<h1>{solid(first.rstrip('.'))}.{tail}</h1>"
    lead = f'<p class="lead">{solid(sentences.proportion(score))}</p>'
    facts = [
        ("predictions", words.tail(words.named(score.name), 60) if score.name else ""),
        ("scored", sentences.evidence(score)),
        ("classes", sentences.classes(score)),
        ("stored", sentences.storage(score)),
    ]
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td><bdi>{solid(text)}</bdi></td></tr>' for name, text in facts if text
    )
    table = f'<table class="sides"><tbody>{rows}</tbody></table>'
    return f'<header><p class="brand">bitsapart</p>{title}{lead}{table}</header>'


TABLE = "border-collapse:collapse;width:auto;border:0;color:inherit;font-size:inherit"
CELL = "text-align:{};padding:2px 12px 2px 0;border:0;background:none"


def to_fragment(score: Score) -> str:
    """HTML for ``_repr_html_``: the answer and the ladder, for light and dark, with no styles of its own."""
    steps = ladder.steps(score)
    rows = "".join(
        _row((step.name if step.tag else f"= {step.name}", step.value, step.ends, step.tag or "")) for step in steps
    )
    name = f"bitsapart-{secrets.token_hex(4)}"
    said = [f"{sentences.evidence(score)}; {sentences.baseline(score)}.", *sentences.misses(score)]
    title = f'<p id="{name}"><strong>{esc(sentences.headline(score))}</strong><br>{esc(" ".join(said))}</p>'
    table = f'<table style="{TABLE}"><tbody>{rows}</tbody></table>' if len(steps) > 1 else ""
    return f'<div role="group" aria-labelledby="{name}">{title}{table}</div>'


def _row(cells: tuple[str, ...]) -> str:
    sides = ("left", "right", "left", "left")
    content = "".join(
        f'<td style="{CELL.format(side)}">{esc(words.shortened(cell, 80))}</td>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f'<tr style="background:none">{content}</tr>'
