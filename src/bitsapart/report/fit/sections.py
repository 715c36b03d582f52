"""The parts of the page on a fit."""

from collections.abc import Iterable

from bitsapart.fitting.result import Fit, Minimum
from bitsapart.report import words
from bitsapart.report.estimates import shown
from bitsapart.report.fit import figures, sentences
from bitsapart.report.fit.numbers import number, over, sure
from bitsapart.report.fit.sentences import Term
from bitsapart.report.methods import Methods
from bitsapart.report.parts import Part, bullets, solid
from bitsapart.report.svg import esc
from bitsapart.report.tables import number as row_of
from bitsapart.report.tables import row, table

BESIDE, PARAMETERS, MINIMA = 8, 60, 40
"""How many parameters are shown beside the picture, and how many parameters and stationary points at most."""


def parts(fit: Fit, methods: Methods) -> list[Part]:
    """All parts that have something to show."""
    many = len(fit.parameters) > BESIDE
    found = (
        Part("account", "What it costs", _account(fit, methods, "" if many else _parameters(fit, "nums"))),
        Part("parameters", "Its parameters", _parameters(fit, "nums parts") if many else ""),
        Part("minima", "All stationary points that were found", _minima(fit)),
        Part("quality", "How good it is", bullets(sentences.certificate(fit)) + _diagnostics(fit, methods)),
        Part("descent", "The descent", _descent(fit)),
        Part("notes", "Notes", bullets(sentences.notes(fit.notes))),
    )
    return [part for part in found if part.html]


def two(left: str, right: str) -> str:
    """Something beside something, where both are there."""
    return f'<div class="two">{left}<div class="facts">{right}</div></div>'


def _account(fit: Fit, methods: Methods, parameters: str) -> str:
    """The picture beside the account and the parameters; without a picture these beside each other."""
    picture = figures.densities([fit], f"The target, filled, and the closest {fit.family}, a line")
    terms = sentences.account(fit)
    columns = ((sentences.per(fit), None), ("bits", "n"), (over(term.bits for term in terms), None))
    costs = table("nums steps", columns, "".join(_term(term, methods) for term in terms))
    if picture:
        others = '<span class="kc">┅</span> other minima' if figures.others(fit) else ""
        key = f'<span class="ken">■</span> target <span class="kc">━</span> fit {others}'.rstrip()
        return two(f'<figure><p class="key">{key}</p>{picture}</figure>', costs + parameters)
    return two(f'<div class="facts">{costs}</div>', parameters) if parameters else two("", costs)


def _term(term: Term, methods: Methods) -> str:
    title = f"<span>{term.sign}</span>{esc(term.name)}"
    return row_of(title, words.fine(term.bits.value), sure(term.bits) + methods.of(term.bits), total=term.sign == "=")


def _parameters(fit: Fit, css: str) -> str:
    found = fit.parameters[:PARAMETERS]
    if not found:
        return ""
    rows = "".join(
        row_of(f"<bdi>{esc(p.name)}</bdi>", number(p.value.value), sure(p.value, number), total=False) for p in found
    )
    columns = (("parameter", None), ("value", "n"), (over(p.value for p in found), None))
    return table(css, columns, rows) + left_out(len(fit.parameters) - len(found), "parameter")


def left_out(left: int, noun: str) -> str:
    """That there are more than are shown; nothing where there are not."""
    return f'<p class="how">{sentences.more(left, noun)}</p>' if left > 0 else ""


def _minima(fit: Fit) -> str:
    points = sentences.stationary(fit)
    found = points[:MINIMA]
    if not found:
        return ""
    columns = ((sentences.direction(fit), None), ("bits", "n"), ("member", None))
    rows = table("bands", columns, "".join(map(_minimum, found)))
    return rows + left_out(len(points) - len(found), "stationary point")


def _minimum(found: Minimum) -> str:
    cells = f'<td class="n">{words.fine(found.divergence.value)}</td><td><bdi>{esc(sentences.member(found))}</bdi></td>'
    return row(esc(sentences.minimum(found)), cells)


def _diagnostics(fit: Fit, methods: Methods) -> str:
    if not fit.diagnostics:
        return ""
    rows = "".join(
        row(
            esc(sentences.diagnostic(name)),
            f'<td class="n">{shown(found.value, "number")}</td><td>{sure(found)}{methods.of(found)}</td>',
        )
        for name, found in fit.diagnostics.items()
    )
    return table("bands", (("beside it", None), ("value", "n"), (over(fit.diagnostics.values()), None)), rows)


def _descent(fit: Fit) -> str:
    said = sentences.trace(fit)
    if not said:
        return ""
    picture = figures.descent(fit)
    caption = '<p class="cap">Bits above the least <span class="to">by step</span></p>'
    figure = f"<figure>{caption}{picture}</figure>" if picture else ""
    return two(figure, f'<p class="say">{solid(said)}</p>')


def inside(found: Iterable[Part]) -> str:
    """Parts inside of another one, under smaller titles."""
    return "".join(f"<h4>{part.title}</h4>{part.html}" for part in found)
