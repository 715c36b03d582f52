"""A ranking in words, the same in every format: who is closest, each two against each other, and what to know."""

import math
from collections.abc import Sequence

from bitsapart.model_comparison.result import ModelRanking, PairTest
from bitsapart.report import words
from bitsapart.report.estimates import shown, with_interval
from bitsapart.report.models.sentences import left_out as tokens_left_out
from bitsapart.report.models.sentences import name, near, truncation

MOST = 28
"""How many tests are shown: all pairs of eight candidates."""


def headline(ranking: ModelRanking) -> str:
    """Which candidate is closest, and whether the next one is told apart from it."""
    if not ranking.comparisons:
        return "No candidate was compared."
    first, *others = ranking.comparisons
    if not math.isfinite(first.kl.value):
        return "No candidate has a finite divergence from the base."
    best = f"{name(first)} is closest to the base: {with_interval(first.kl)} bits per token"
    pair = between(ranking, 0) if others else None
    if pair is None or math.isnan(pair.adjusted):
        return f"{best}."
    sure = pair.adjusted < 1 - first.level
    p = adjusted(pair)
    certainty = f"p {p[:1]} {p[1:]}" if p.startswith("<") else f"p = {p}"
    beside = f"{name(others[0])} with {shown(others[0].kl.value)}"
    return f"{best}, {'ahead of' if sure else 'not told apart from'} {beside} ({certainty})."


def base(ranking: ModelRanking) -> str:
    """What all candidates were compared with; nothing where there are none."""
    if not ranking.comparisons:
        return ""
    facts = ranking.comparisons[0].base
    return f"base: {words.tail(words.named(facts.name), 60)}, {words.counted(facts.tokens, 'token')}"


def between(ranking: ModelRanking, place: int) -> PairTest | None:
    """The test of a candidate against the next in the ranking."""
    both = {comparison.candidate.name for comparison in ranking.comparisons[place : place + 2]}
    return next((pair for pair in ranking.pairs if {pair.first, pair.second} == both), None)


def chosen(ranking: ModelRanking) -> Sequence[PairTest]:
    """All tests, or of very many those of neighbours in the ranking."""
    if len(ranking.pairs) <= MOST:
        return ranking.pairs
    found = (between(ranking, place) for place in range(len(ranking.comparisons) - 1))
    return [pair for pair in found if pair is not None]


def left_out(ranking: ModelRanking) -> str:
    """That there are more tests than are shown; nothing where there are not."""
    left = len(ranking.pairs) - len(chosen(ranking))
    return f"Neighbours in the ranking; {words.counted(left, 'more pair')} in the JSON." if left else ""


def pair_name(pair: PairTest) -> str:
    """Both candidates of a test."""
    return " − ".join(words.tail(words.named(side), 30) for side in (pair.first, pair.second))


def adjusted(pair: PairTest) -> str:
    """The adjusted p-value."""
    return "unknown" if math.isnan(pair.adjusted) else words.probability(pair.adjusted)


def closer(pair: PairTest, level: float) -> str:
    """Which of two candidates is closer to the base, where that is certain enough."""
    apart = pair.difference
    if apart.value == apart.low == apart.high == 0.0:
        return "the same"
    if not pair.adjusted < 1 - level and not math.isinf(apart.value):
        return "undecided"
    return words.tail(words.named(pair.first if pair.difference.value < 0 else pair.second), 30)


def notes(ranking: ModelRanking) -> list[str]:
    """What is to be said of single candidates: near the noise, cut off, infinite, incomplete; all else in the JSON."""
    named: dict[str, list[str]] = {}
    for c in ranking.comparisons:
        for line in (near(c), *truncation(c), *tokens_left_out(c), *map(words.visible, c.notes)):
            named.setdefault(line, []).append(name(c))
    return [f"{', '.join(names)}: {line}" for line, names in named.items() if line]
