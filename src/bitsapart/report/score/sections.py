"""The parts of the page on a score: ladder, recalibration, reliability, where the loss sits, and what stands beside."""

import math
from collections.abc import Sequence

from bitsapart.report import words
from bitsapart.report.bars import bar, longest
from bitsapart.report.estimates import interval
from bitsapart.report.methods import Methods
from bitsapart.report.parts import Part, bullets, solid
from bitsapart.report.score import figures, ladder, sentences
from bitsapart.report.score.ladder import MEANINGS, Step
from bitsapart.report.svg import esc
from bitsapart.report.tables import SUM, number, row, table
from bitsapart.scoring.result import Recalibration, Score, Slice

SLICES, CURVES = 24, 12
"""How many classes or levels of confidence, and how many reliability curves, are shown."""


def parts(score: Score, methods: Methods) -> list[Part]:
    """All parts that have something to show."""
    found = (
        Part("misses", "Certain misses", bullets(sentences.misses(score))),
        Part("mixed", "Mixed with the uniform prediction", bullets(sentences.mixed(score))),
        Part("ladder", "What it is made of", _ladder(score, methods)),
        Part("recalibration", "What recalibration would save", _recalibration(score, methods)),
        Part("floor", "What no model can save", bullets(sentences.floor(score))),
        Part("reliability", "How often predictions came true", _reliability(score)),
        Part("where", "Where the loss sits", _where(score)),
        Part("brier", "The Brier score beside it", _brier(score)),
        Part("against", "Against another model", bullets(sentences.against(score.against) if score.against else [])),
        Part("squared", "Squared error instead", _squared(score)),
        Part("notes", "Notes", bullets(sentences.notes(score))),
    )
    return [part for part in found if part.html]


def _ladder(score: Score, methods: Methods) -> str:
    *rungs, whole = ladder.steps(score)
    if not rungs:
        return ""
    picture = figures.waterfall(score)
    caption = '<p class="cap">From the label frequencies down <span class="to">bits per label</span></p>'
    missing = '<p class="how">An infinite step has no length, so there is no picture.</p>'
    figure = f"<figure>{caption}{picture}</figure>" if picture else missing
    columns = (("in bits per label", None), ("bits", "n"), (words.at_level(score.level), None))
    body = "".join(_rung(step, methods) for step in rungs) + _rung(whole, methods)
    numbers = table("nums steps", columns, body)
    used = {step.tag for step in rungs}
    meanings = "".join(f"<li>{tag}: {meaning}</li>" for tag, meaning in MEANINGS.items() if tag in used)
    return f'<div class="two">{figure}<div class="facts">{numbers}<ul class="notes how">{meanings}</ul></div></div>'


def _rung(step: Step, methods: Methods) -> str:
    said = "; ".join(filter(None, [step.tag or "", words.shortened(step.note, 160)]))
    small = f" <small>{esc(said)}</small>" if said else ""
    sign = "<span></span>" if step.tag else "<span>=</span>"
    name = f"{sign}<bdi>{esc(words.shortened(step.name, 80))}</bdi>{small}"
    ends = (step.ends or "no interval") + methods.of(step.estimate)
    return number(name, step.value, ends, total=not step.tag)


def _recalibration(score: Score, methods: Methods) -> str:
    bounds = bullets(sentences.gap(score))
    if not score.recalibrations:
        return bounds
    scale = figures.scale_of(found.saved for found in score.recalibrations)
    columns = (
        ("map of predictions", None),
        ("saves", "n"),
        ("", "pic"),
        (words.at_level(score.level), "wide"),
        ("parameters", "wide"),
    )
    rows = "".join(_saved(found, scale, methods) for found in score.recalibrations)
    text = (
        "Bits per label that each map alone would save against the model itself. Each row is predicted by a map that "
        "was fitted to other rows."
    )
    return f'<p class="lead2">{text}</p>{table("bands", columns, rows)}<div class="below">{bounds}</div>'


def _saved(found: Recalibration, scale: figures.Scale, methods: Methods) -> str:
    parameters = esc(words.shortened(words.visible(found.parameters), 240))
    return row(
        f"<bdi>{esc(sentences.recalibration(found))}</bdi>",
        f'<td class="n">{words.fine(found.saved.value)}</td><td class="pic">{figures.saving(found.saved, scale)}</td>'
        f'<td class="wide">{interval(found.saved) or "no interval"}{methods.of(found.saved)}</td>'
        f'<td class="wide free">{parameters}</td>',
    )


def _reliability(score: Score) -> str:
    if not score.reliability:
        return ""
    shown = score.reliability[:CURVES]
    panels = "".join(
        f'<figure><p class="cap"><bdi>{esc(sentences.name(found.name))}</bdi></p>{figures.reliability(found)}'
        f'<p class="how">{solid(_outside(found.outside, found.level))}</p></figure>'
        for found in shown
    )
    left = len(score.reliability) - len(shown)
    more = f'<p class="how">{words.counted(left, "more curve")} in the JSON.</p>' if left else ""
    text = (
        "Across: what was predicted. Up: how often it came true, by isotonic regression. A model whose predictions can "
        "be taken at their word stays in the grey band around the diagonal. Below: how many rows were predicted what."
    )
    return f'<p class="lead2">{text}</p><div class="panels">{panels}</div>{more}'


def _outside(share: float, level: float) -> str:
    band = f"the {100 * level:g} % band"
    if math.isnan(share):
        return f"How much of it lies outside of {band} is unknown"
    return (
        f"Within {band} throughout" if share == 0 else f"Outside of {band} at {sentences.whole(share)} of predictions"
    )


def _where(score: Score) -> str:
    return (
        bullets(sentences.tail(score))
        + _slices("class", score.by_class, score)
        + _slices("confidence", score.by_confidence, score)
        + _worst(score)
    )


def _slices(by: str, slices: Sequence[Slice], score: Score) -> str:
    if not slices:
        return ""
    shown = sentences.order(slices, SLICES)
    top = longest(part.bits for part in shown)
    columns = (
        (by, None),
        ("labels", "n wide"),
        ("bits", "n"),
        ("", "pic"),
        (words.at_level(score.level), "wide"),
        ("of the loss", "n"),
        ("accuracy", "n wide"),
    )
    rows = "".join(_slice(part, top) for part in shown)
    left = sentences.others(by, slices, shown, score)
    more = f'<p class="foot">{left[:1].upper()}{left[1:]}.</p>' if left else ""
    return f"<h3>By {by}</h3>{table('bands', columns, rows)}{more}"


def _slice(part: Slice, top: float) -> str:
    rows, value, ends, loss, accuracy = sentences.cells(part)
    return row(
        f"<bdi>{esc(sentences.name(part.name))}</bdi>",
        f'<td class="n wide">{rows}</td>'
        f'<td class="n">{value}</td><td class="pic">{bar(part.bits, top)}</td><td class="wide">{ends}</td>'
        f'<td class="n">{loss}</td><td class="n wide">{accuracy}</td>',
    )


def _worst(score: Score) -> str:
    if not score.tail.worst:
        return ""
    names = ("row", "bits", "label", "its probability", "predicted", "its probability")
    rows = "".join(
        "<tr>" + "".join(f"<td><bdi>{esc(cell)}</bdi></td>" for cell in sentences.worst_row(found)) + "</tr>"
        for found in score.tail.worst
    )
    shown = table("outs", ((name, None) for name in names), rows)
    return f'<h3>The worst rows</h3><div class="scroll" tabindex="0">{shown}</div>'


def _brier(score: Score) -> str:
    if score.brier is None:
        return ""
    rows = "".join(
        f'<tr{SUM if sign == "=" else ""}><th scope="row"><span>{sign}</span>{name}</th><td class="n">{value}</td></tr>'
        for sign, name, value in sentences.brier_parts(score.brier)
    )
    text = (
        f"The mean squared difference of prediction and outcome, {sentences.brier_scale(len(score.classes))}, and its "
        f"parts by isotonic regression, from {words.counted(score.brier.rows, 'row')}."
    )
    return f'<p class="lead2">{text}</p><table class="nums parts"><tbody>{rows}</tbody></table>'


def _squared(score: Score) -> str:
    lines = bullets(sentences.diagnosis(score))
    picture = figures.ratios(score.diagnosis) if score.diagnosis else ""
    if not picture:
        return lines
    caption = '<p class="cap">Share of labels, by the ratio of both gradients, 2 s (1 − s)</p>'
    return f'<div class="two"><figure>{caption}{picture}</figure><div class="facts">{lines}</div></div>'
