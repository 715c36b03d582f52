"""Several fits as text: colours on a terminal, plain lines in a file, readable from 40 columns up."""

from collections.abc import Iterator

from rich.text import Text

from bitsapart.fitting.result import FitComparison
from bitsapart.report import console, words
from bitsapart.report.console import WIDTH, Lines, section, table
from bitsapart.report.fit import sentences as of_fit
from bitsapart.report.fit import text as single
from bitsapart.report.fit.numbers import brackets, over, sure
from bitsapart.report.fits import sentences


def render(found: FitComparison) -> Lines:
    """The fits for a rich console."""
    return Lines(lambda width: _lines(found, width))


def to_text(found: FitComparison, width: int = WIDTH) -> str:
    """The fits as plain text."""
    return console.plain(render(found), width)


def _lines(found: FitComparison, width: int) -> Iterator[Text]:
    yield Text(f"{sentences.headline(found)}.", style="bold")
    yield Text(f"  {sentences.summary(found)}")
    yield from _held_out(found, width) if sentences.judged(found) else _all(found, width)
    if len(found.candidates) > 1:
        members = [f"{label}: {of_fit.member(fit)}" for label, fit in sentences.fits(found)]
        yield from section("Closest members", members)
    yield from section("Left out", sentences.left_out(found))
    yield from section("Notes", sentences.notes(found))
    for fit in next((candidate.fits for candidate in found.candidates if candidate.fits), ()):
        yield Text()
        yield Text("─" * min(width, 40), style="dim")
        yield from single.lines(fit, width)


def _held_out(found: FitComparison, width: int) -> Iterator[Text]:
    """One row a family: what new rows cost."""
    rows = [
        (
            f"  {sentences.name(candidate)}",
            words.fine(held_out.value),
            words.fine(above.value),
            brackets(above),
            sentences.misfit(candidate),
        )
        for candidate, held_out, above in sentences.judged(found)
    ]
    head = ("family, best first", "bits of new rows", "above best", "interval", "misfit of the family")
    yield Text()
    yield from table(head, rows, width, {1, 2}, "{1} bits, {2} {3} above the best, misfit {4}")


def _all(found: FitComparison, width: int) -> Iterator[Text]:
    """One row a fit: how far it is."""
    fits = sentences.fits(found)
    if not fits:
        return
    rows = [
        (f"  {label}", of_fit.direction(fit), words.fine(fit.misfit.value), sure(fit.misfit)) for label, fit in fits
    ]
    head = ("fit", "divergence", "bits", over(fit.misfit for _, fit in fits))
    yield Text()
    yield from table(head, rows, width, {2}, "{1} {2} {3}")
