"""A score as text: colours on a terminal, plain lines in a file, readable from 40 columns up."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from rich.cells import cell_len
from rich.text import Text

from bitsapart.report import console, words
from bitsapart.report.console import NARROWEST, WIDTH, Lines, section, table
from bitsapart.report.estimates import with_interval
from bitsapart.report.score import ladder, sentences
from bitsapart.scoring.result import Score, Slice

SLICES, WORST = 12, 5
"""How many classes or levels of confidence, and how many of the worst rows, are printed."""

Row = Sequence[str]


def render(score: Score) -> Lines:
    """The score for a rich console."""
    return Lines(lambda width: _lines(score, width))


def to_text(score: Score, width: int = WIDTH) -> str:
    """The score as plain text."""
    return console.plain(render(score), width)


def _lines(score: Score, width: int) -> Iterator[Text]:
    yield Text(sentences.headline(score), style="bold")
    yield from _facts(score)
    yield from section("Certain misses", sentences.misses(score))
    yield from section("Mixed with the uniform prediction", sentences.mixed(score))
    yield from _ladder(score, width)
    yield from _recalibrations(score, width)
    yield from section("Bounds", [*sentences.gap(score), *sentences.floor(score)])
    yield from section("Where the loss sits", sentences.tail(score))
    yield from _slices("class", score.by_class, score, width)
    yield from _slices("confidence", score.by_confidence, score, width)
    yield from _worst(score, width)
    yield from section("Beside it", _beside(score))
    yield from section("Against another model", sentences.against(score.against) if score.against else [])
    yield from section("Squared error instead of cross-entropy", sentences.diagnosis(score))
    yield from section("Notes", sentences.notes(score))


def _facts(score: Score) -> Iterator[Text]:
    named = f"{words.tail(words.named(score.name), 40)}: " if score.name else ""
    yield Text(f"{named}{sentences.evidence(score)}")
    for line in (sentences.classes(score), sentences.storage(score), sentences.baseline(score)):
        yield Text(f"  {line}")


def _ladder(score: Score, width: int) -> Iterator[Text]:
    *rungs, whole = ladder.steps(score)
    if not rungs:
        return
    head = ("the ladder", "bits", words.at_level(score.level), "the number is")
    rows = [(f"  {step.name}", step.value, step.ends, step.tag or "") for step in rungs]
    rows.append((f"= {whole.name}", whole.value, whole.ends, ""))
    yield Text()
    yield from table(head, _unfolded(head, rows, width), width, {1}, "{1} {2} {3}")
    for step in rungs:
        if step.note:
            yield Text(f"  {step.name}: {step.note}", style="dim")


def _unfolded(head: Sequence[str], rows: Sequence[Row], width: int) -> list[Row]:
    """The rows with long names on several lines, where there is room for names beside the numbers."""
    room = width - sum(2 + max(cell_len(row[i]) for row in [head, *rows]) for i in range(1, len(head)))
    if room < NARROWEST:
        return list(rows)
    lines: list[Row] = []
    for name, *cells in rows:
        first, *rest = wrap(name[2:], room, initial_indent=name[:2], subsequent_indent="    ") or [name]
        lines += [(first, *cells), *((line, *[""] * len(cells)) for line in rest)]
    return lines


def _recalibrations(score: Score, width: int) -> Iterator[Text]:
    if not score.recalibrations:
        return
    rows = []
    for found in score.recalibrations:
        value, _, ends = with_interval(found.saved).partition(" ")
        rows.append((f"  {sentences.recalibration(found)}", value, ends))
    yield Text()
    head = ("each map alone, fitted to other rows", "saves", words.at_level(score.level))
    yield from table(head, rows, width, {1}, "{1} {2}")
    for found in score.recalibrations:
        if found.parameters:
            yield Text(f"  {sentences.recalibration(found)}: {words.visible(found.parameters)}", style="dim")


def _slices(by: str, slices: Sequence[Slice], score: Score, width: int) -> Iterator[Text]:
    if not slices:
        return
    shown = sentences.order(slices, SLICES)
    head = (f"by {by}", "labels", "bits", words.at_level(score.level), "of the loss", "accuracy")
    rows = [(f"  {sentences.name(part.name)}", *sentences.cells(part)) for part in shown]
    below = "{1} labels, {2} bits {3}, {4} of the loss, accuracy {5}"
    yield Text()
    yield from table(head, rows, width, {1, 2, 4, 5}, below)
    left = sentences.others(by, slices, shown, score)
    if left:
        yield Text(f"  ... {left}")


def _worst(score: Score, width: int) -> Iterator[Text]:
    found = score.tail.worst[:WORST]
    if not found:
        return
    yield Text()
    head = ("the worst rows, from 0", "bits", "label", "its q", "predicted", "q of that")
    below = "{1} bits: label {2} {3}, predicted {4} {5}"
    rows = [(f"  {first}", *rest) for first, *rest in map(sentences.worst_row, found)]
    yield from table(head, rows, width, {1, 3, 5}, below)
    left = len(score.tail.worst) - len(found)
    if left:
        yield Text(f"  ... {left:,} more in the report (--report) and the JSON (--json)")


def _beside(score: Score) -> list[str]:
    """Other ways to look at the same predictions."""
    lines = [f"{sentences.brier(score.brier, len(score.classes))}."] if score.brier else []
    lines += [f"{sentences.curve(found)}." for found in score.reliability[:SLICES]]
    left = len(score.reliability) - SLICES
    return [*lines, f"... and {words.counted(left, 'more curve')} in the JSON (--json)"] if left > 0 else lines
