"""A model comparison as text: plain lines or colours, readable from 40 columns up."""

from collections.abc import Iterator

from rich.text import Text

from bitsapart.model_comparison.result import Breakdown, ModelComparison
from bitsapart.report import console, words
from bitsapart.report.console import WIDTH, Lines, cut, section, table
from bitsapart.report.estimates import interval, shown
from bitsapart.report.models import llama_cpp, quantities, sentences
from bitsapart.report.models.buckets import below, chosen
from bitsapart.report.models.quantities import Quantity

BUCKETS, WORST = 12, 10
"""How many buckets of a breakdown and how many of the worst tokens are printed."""


def render(comparison: ModelComparison) -> Lines:
    """The comparison for a rich console."""
    return Lines(lambda width: _lines(comparison, width))


def to_text(comparison: ModelComparison, width: int = WIDTH) -> str:
    """The comparison as plain text."""
    return console.plain(render(comparison), width)


def _lines(comparison: ModelComparison, width: int) -> Iterator[Text]:
    yield Text(sentences.headline(comparison), style="bold")
    yield from map(Text, filter(None, [sentences.proportion(comparison)]))
    if sentences.near(comparison):
        yield Text(sentences.near(comparison), style="yellow")
    yield Text()
    yield from _sides(comparison, width)
    yield from _numbers(comparison, width)
    remarks = [sentences.temperature(comparison), *sentences.noise(comparison), *sentences.truncation(comparison)]
    yield from section("What to make of it", [line for line in remarks if line])
    yield from _percentiles(comparison, width)
    for breakdown in comparison.breakdowns:
        yield from _breakdown(breakdown, comparison, width)
    yield from _worst(comparison)
    if comparison.llama_cpp:
        yield from section(llama_cpp.TITLE, (llama_cpp.about(comparison), *llama_cpp.printed(comparison.llama_cpp)))
    yield from section("Checks", map(words.visible, comparison.checks))
    notes = (*sentences.left_out(comparison), *map(words.visible, comparison.notes), *sentences.remarks(comparison))
    yield from section("Notes", notes)


def _sides(comparison: ModelComparison, width: int) -> Iterator[Text]:
    for side, facts in (("base", comparison.base), ("candidate", comparison.candidate)):
        size = f"{words.counted(facts.tokens, 'token')}, vocabulary {facts.vocabulary:,}"
        kind = words.visible(facts.dtype if facts.format in facts.dtype else f"{facts.format} {facts.dtype}".strip())
        many = f", {words.counted(facts.documents, 'document')}" if facts.documents else ""
        named = words.tail(words.named(facts.name), max(12, min(40, width - 11)))
        yield Text(f"{side:<11}{named}: {size}{many}, {kind}")
    yield Text(sentences.evidence(comparison))


def _numbers(comparison: ModelComparison, width: int) -> Iterator[Text]:
    level = words.at_level(comparison.level)
    entropy, kl, total = quantities.identity(comparison)
    groups: tuple[tuple[tuple[str, Quantity], ...], ...] = (
        (("  ", entropy), ("+ ", kl), ("= ", total)),
        tuple(("  ", q) for q in quantities.divergences(comparison)),
        tuple(("  ", q) for q in quantities.agreements(comparison)),
        tuple(("  ", q) for q in quantities.predictions(comparison)),
        tuple(("  ", q) for q in (*quantities.repairs(comparison), *quantities.floors(comparison))),
    )
    rows = [(sign + _titled(q), q.value, q.ends) for group in groups for sign, q in group]
    lines = table(("bits per token, or a share", "value", level), rows, width, {1})
    yield Text()
    yield next(lines)
    for number, line in enumerate(lines):
        if number == 1:
            line.stylize("bold")
        yield line


def _titled(quantity: Quantity) -> str:
    return f"{quantity.name}, {quantity.what}" if quantity.what else quantity.name


def _percentiles(comparison: ModelComparison, width: int) -> Iterator[Text]:
    kl, change = comparison.percentiles.get("kl", {}), comparison.percentiles.get("probability_change", {})
    if not kl:
        return
    head = ["percentile", "KL, bits"]
    rows = [[f"  {sentences.percentile(p)}", words.fine(value)] for p, value in sorted(kl.items())]
    title = "Single tokens"
    if change:
        head.append("change of p")
        title += "; p is the probability of the token itself, its change candidate less base"
        for row, p in zip(rows, sorted(kl), strict=True):
            row.append(sentences.signed(change.get(p)))
    yield Text()
    yield Text(title, style="bold")
    yield from table(head, rows, width, {1, 2}, "{1}")
    if sentences.concentration(comparison):
        yield Text(sentences.concentration(comparison))


def _breakdown(breakdown: Breakdown, comparison: ModelComparison, width: int) -> Iterator[Text]:
    buckets = chosen(breakdown, BUCKETS)
    if not buckets:
        return
    level = words.at_level(comparison.level)
    head = (sentences.heading(breakdown.by), "tokens", "KL, bits", level, "of all bits", "same top")
    rows = [
        (
            f"  {cut(words.named(b.name), 40)}",
            f"{b.tokens:,}",
            shown(b.kl.value),
            interval(b.kl),
            shown(b.kl_share, "share"),
            shown(b.top1_agreement, "share"),
        )
        for b in buckets
    ]
    yield Text()
    form = "{1} tokens, KL {2} {3}, {4} of all bits, same top {5}"
    yield from table(head, rows, width, {1, 2, 4, 5}, form)
    yield from (Text(f"  {line}") for line in below(breakdown, buckets, comparison.n))


def _worst(comparison: ModelComparison) -> Iterator[Text]:
    tokens = comparison.worst[:WORST]
    if not tokens:
        return
    yield Text()
    yield Text("The tokens that cost most", style="bold")
    for token in tokens:
        label = f", the text has {sentences.quoted(token.label)}" if token.label else ""
        yield Text(f"  {words.fine(token.kl)} bits at {sentences.place(token)}{label}")
        base = f"base {sentences.quoted(token.base_top)} {shown(token.base_probability, 'share')}"
        same = f"candidate {shown(token.candidate_probability, 'share')}"
        if token.candidate_top != token.base_top:
            top = sentences.quoted(token.candidate_top)
            same += f", prefers {top} {shown(token.candidate_confidence, 'share')}"
        yield Text(f"    {base}; {same}")
        if token.context:
            yield Text(f"    {sentences.context(token)}", style="dim")
    left = len(comparison.worst) - len(tokens)
    if left:
        yield Text(f"  ... {left:,} more in the report (--report) and the JSON (--json)")
