"""A ranking as text: plain lines or colours, readable from 40 columns up."""

from collections.abc import Iterator

from rich.text import Text

from bitsapart.model_comparison.result import ModelRanking
from bitsapart.report import console, words
from bitsapart.report.console import WIDTH, Lines, cut, section, table
from bitsapart.report.estimates import interval, shown
from bitsapart.report.models.sentences import name
from bitsapart.report.ranking import sentences


def render(ranking: ModelRanking) -> Lines:
    """The ranking for a rich console."""
    return Lines(lambda width: _lines(ranking, width))


def to_text(ranking: ModelRanking, width: int = WIDTH) -> str:
    """The ranking as plain text."""
    return console.plain(render(ranking), width)


def _lines(ranking: ModelRanking, width: int) -> Iterator[Text]:
    yield Text(sentences.headline(ranking), style="bold")
    if not ranking.comparisons:
        return
    first = ranking.comparisons[0]
    yield Text(sentences.base(ranking))
    yield Text()
    head = ["candidate", "KL, bits", words.at_level(first.level), "reverse", "same top", "acceptance"]
    text = any(c.perplexity for c in ranking.comparisons)
    rows = []
    for c in ranking.comparisons:
        row = [cut(name(c), 40), shown(c.kl.value), interval(c.kl), shown(c.reverse_kl.value)]
        row += [shown(c.top1_agreement.value, "share"), shown(c.acceptance.value, "share")]
        row += [shown(c.perplexity.ratio.value, "ratio") if c.perplexity else "unknown"] if text else []
        rows.append(row)
    below = "KL {1} {2}, reverse {3}, same top {4}, acceptance {5}" + (", perplexity ratio {6}" if text else "")
    yield from table([*head, *(["perplexity ratio"] if text else [])], rows, width, {1, 3, 4, 5, 6}, below)
    yield from _pairs(ranking, width)
    yield from section("Notes", sentences.notes(ranking))


def _pairs(ranking: ModelRanking, width: int) -> Iterator[Text]:
    if not ranking.pairs:
        return
    level = ranking.comparisons[0].level
    head = ("first less second", "bits", words.at_level(level), "adjusted p", "closer")
    rows = [
        (
            f"  {sentences.pair_name(pair)}",
            words.fine(pair.difference.value),
            interval(pair.difference),
            sentences.adjusted(pair),
            sentences.closer(pair, level),
        )
        for pair in sentences.chosen(ranking)
    ]
    yield Text()
    yield from table(head, rows, width, {1, 3}, "{1} {2}, adjusted p {3}, closer: {4}")
    if sentences.left_out(ranking):
        yield Text(f"  {sentences.left_out(ranking)}")
