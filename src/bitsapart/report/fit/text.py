"""A fit as text: colours on a terminal, plain lines in a file, readable from 40 columns up."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from bitsapart.fitting.result import Fit
from bitsapart.report import console, words
from bitsapart.report.console import WIDTH, Lines, section, table
from bitsapart.report.estimates import shown
from bitsapart.report.fit import sentences
from bitsapart.report.fit.numbers import number, over, sure

MINIMA, PARAMETERS = 12, 40
"""How many stationary points and parameters are printed."""


def render(fit: Fit) -> Lines:
    """The fit for a rich console."""
    return Lines(lambda width: lines(fit, width))


def to_text(fit: Fit, width: int = WIDTH) -> str:
    """The fit as plain text."""
    return console.plain(render(fit), width)


def lines(fit: Fit, width: int) -> Iterator[Text]:
    """All of it."""
    yield Text(f"{sentences.headline(fit)}.", style="bold")
    yield Text(f"  {sentences.ends(fit)}")
    terms = sentences.account(fit)
    rows = [(f"{term.sign:2}{term.name}", words.fine(term.bits.value), sure(term.bits)) for term in terms]
    yield from _numbers((sentences.per(fit), "bits", over(term.bits for term in terms)), rows, width)
    yield from _parameters(fit, width)
    yield from _minima(fit, width)
    yield from section("How good it is", sentences.certificate(fit))
    rows = [
        (sentences.diagnostic(name), shown(found.value, "number"), sure(found))
        for name, found in fit.diagnostics.items()
    ]
    yield from _numbers(("diagnostics", "value", over(fit.diagnostics.values())), rows, width)
    yield from section("Descent", filter(None, [sentences.trace(fit)]))
    yield from section("Notes", sentences.notes(fit.notes))


def _numbers(
    head: tuple[str, str, str], rows: Sequence[tuple[str, str, str]], width: int, left: str = ""
) -> Iterator[Text]:
    """Names, numbers and how sure these are, under a head; nothing where there are none."""
    if not rows:
        return
    yield Text()
    yield from table(head, [(f"  {name}", value, ends) for name, value, ends in rows], width, {1}, "{1} {2}")
    if left:
        yield Text(f"  {left}")


def _parameters(fit: Fit, width: int) -> Iterator[Text]:
    found = fit.parameters[:PARAMETERS]
    rows = [(words.visible(p.name), number(p.value.value), sure(p.value, number)) for p in found]
    head = ("parameter", "value", over(p.value for p in found))
    yield from _numbers(head, rows, width, sentences.more(len(fit.parameters) - len(found), "parameter"))


def _minima(fit: Fit, width: int) -> Iterator[Text]:
    points = sentences.stationary(fit)
    found = points[:MINIMA]
    rows = [(sentences.minimum(m), words.fine(m.divergence.value), sentences.member(m)) for m in found]
    left = sentences.more(len(points) - len(found), "stationary point")
    yield from _numbers(("stationary points", "bits", "member"), rows, width, left)
