"""From the numbers of all tokens to what is reported of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.mean import Means, within
from bitsapart.model_comparison.breakdowns import breakdowns
from bitsapart.model_comparison.estimates import in_bits, means_by, means_of, pure, share, worth
from bitsapart.model_comparison.measured import Measured
from bitsapart.model_comparison.options import Options
from bitsapart.model_comparison.pairing import Pair
from bitsapart.model_comparison.percentiles import percentiles, worst_percent_share
from bitsapart.model_comparison.perplexity import perplexity, probability_change
from bitsapart.model_comparison.result import ModelComparison, Noise, TemperatureRepair
from bitsapart.model_comparison.text_rows import Small, TextRows
from bitsapart.model_comparison.tokens import Vocabulary
from bitsapart.model_comparison.truncation import bounded, truncation
from bitsapart.model_comparison.worst_tokens import worst_tokens
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

ENTROPY, KL, CROSS, REVERSE, JS, ACCEPTANCE = range(6)
TOP = 5
SHOWN = 5


@cache
def own_version() -> str:
    """The version of this package, whose metadata take some milliseconds to read."""
    return version("bitsapart")


@dataclass(frozen=True, eq=False)
class Found:
    """All that there is to report."""

    pair: Pair
    noise: Noise
    temperature: TemperatureRepair | None

    @property
    def clusters(self) -> Small | None:
        """The document of each token, where there are several."""
        codes = self.pair.text.clusters
        return None if codes is None else codes[self.pair.measured.row]


def divergence_means(measured: Measured, clusters: Small | None) -> Means:
    """The means of all that is reported as one."""

    def series(place: slice) -> Sequence[NDArray[np.float64]]:
        entropy, kl = measured.entropy[place], measured.kl[place]
        others = measured.reverse_kl[place], measured.js[place]
        return entropy, kl, entropy + kl, *others, 1.0 - measured.total_variation[place]

    return means_by(clusters, len(measured), series)


def summary(found: Found, options: Options, vocabulary: Vocabulary) -> ModelComparison:
    """The comparison."""
    measured, text, clusters, level = found.pair.measured, found.pair.text, found.clusters, options.level
    means = divergence_means(measured, clusters)
    found_bits = (in_bits(means, i, level) for i in (ENTROPY, KL, CROSS, REVERSE, JS))
    entropy, kl, cross, reverse, js = (within(one, 0.0, math.inf) for one in found_bits)
    ranked = measured.ranked
    confident = ranked & (measured.probability_p >= options.confident)
    differs = measured.top_p != measured.top_q
    infinite = int(np.isinf(measured.kl).sum())
    comparison = ModelComparison(
        base=found.pair.facts[0],
        candidate=found.pair.facts[1],
        n=len(measured),
        entropy=entropy,
        kl=kl,
        cross_entropy=replace(cross, value=entropy.value + kl.value),
        reverse_kl=reverse,
        js=within(js, 0.0, 1.0),
        percentiles=all_percentiles(measured, text),
        worst_percent_share=worst_percent_share(measured.kl),
        top1_agreement=share(~differs[ranked], chosen(clusters, ranked), level),
        top5_agreement=top5(measured, clusters, found.pair.outcomes, level),
        confident=options.confident,
        confident_tokens=int(confident.sum()),
        confident_flips=share(differs[confident], chosen(clusters, confident), level),
        acceptance=within(pure(means, ACCEPTANCE, level), 0.0, 1.0),
        perplexity=perplexity(measured, text, level),
        temperature=found.temperature,
        breakdowns=breakdowns(measured, text, level) if len(measured) else (),
        worst=worst_tokens(measured, text, options.worst, vocabulary),
        noise=found.noise,
        truncation=truncation(measured, clusters, level),
        infinite_tokens=infinite,
        nonfinite_tokens=len(found.pair.nonfinite),
        candidate_nonfinite_tokens=found.pair.candidate_nonfinite,
        effective_n=worth(means, KL) if clusters is not None and means.n and not infinite else math.nan,
        checks=tuple(found.pair.checks),
        notes=(*nonfinite(found.pair), *found.pair.notes, *notes(found.pair, infinite)),
        level=level,
        version=own_version(),
        llama_cpp=measured.llama_cpp,
    )
    return bounded(comparison, measured, clusters) if measured.bounds is not None else comparison


def chosen(clusters: Small | None, tokens: NDArray[np.bool_]) -> Small | None:
    """The documents of some of the tokens."""
    return None if clusters is None else clusters[tokens]


def top5(measured: Measured, clusters: Small | None, outcomes: int, level: float) -> Estimate:
    """The share of the base's five among the candidate's five; unknown where a list is shorter than that.

    Tokens of which only the one that came is known have no part in it.
    """
    common = measured.common_top5[measured.ranked]
    means = means_of(chosen(clusters, measured.ranked), common / min(TOP, outcomes) if outcomes else common)
    found = within(pure(means, 0, level), 0.0, 1.0)
    if not (common < 0).any():
        return found
    note = "some lists have fewer than five tokens"
    return replace(found, value=math.nan, low=None, high=None, kind="unknown", note=note)


def all_percentiles(measured: Measured, text: TextRows) -> dict[str, dict[float, float]]:
    """Of the divergence in bits, and of the change of the probability of the text's own tokens."""
    found = {"kl": percentiles(measured.kl / Unit.bit.value)}
    change = probability_change(measured)
    if text.labels is not None and not np.isnan(change).any():
        found["probability_change"] = percentiles(change)
    return {name: values for name, values in found.items() if values}


def nonfinite(pair: Pair) -> list[str]:
    """That tokens are missing since a side has no numbers there: the first of all notes."""
    number, of_candidate = len(pair.nonfinite), pair.candidate_nonfinite
    if not number:
        return []
    whole = number + len(pair.measured)
    more = " and others" if number > SHOWN else ""
    rows = ", ".join(f"{row:,}" for row in pair.nonfinite[:SHOWN].tolist())
    line = f"Rows left out because a logit is NaN or infinite (from 0): {rows}{more}."
    if not of_candidate:
        return [f"{line} These are {share_of_rows(number, whole)}, all of the base."]
    return [
        f"Logits of the candidate are NaN or infinite at {share_of_rows(of_candidate, whole)}: it is of no use there, "
        "and no number here counts what that costs.",
        line,
    ]


def share_of_rows(number: int, whole: int) -> str:
    """How many tokens of how many.

    >>> share_of_rows(3, 600)
    '3 of 600 tokens (0.5 %)'
    """
    return f"{number:,} of {whole:,} tokens ({100.0 * number / whole:.3g} %)"


def notes(pair: Pair, infinite: int) -> list[str]:
    """What a reader has to know of these numbers."""
    measured, lines = pair.measured, []
    ignored = 0 if pair.text.labels is None else int((pair.text.labels < 0).sum())
    if ignored:
        rows = "1 row has" if ignored == 1 else f"{ignored:,} rows have"
        lines.append(f"{rows} a negative label, as padding has, and no part in anything.")
    unranked = len(measured) - int(measured.ranked.sum())
    if unranked:
        lines.append(
            f"At {unranked:,} of {len(measured):,} tokens only the token that came is listed: which is the most "
            "probable one is not known there, and they have no part in how often the top tokens agree."
        )
    if infinite and infinite < len(measured):
        rest = float(measured.kl[np.isfinite(measured.kl)].mean()) / Unit.bit.value
        lines.append(
            f"Without what is infinite, at {infinite:,} of {len(measured):,} tokens, the divergence would be "
            f"{rest:.4g} bits per token."
        )
    if pair.text.clusters is None and len(measured) > 1:
        lines.append(
            "All tokens count as one document, so errors are not clustered: tokens near each other resemble each "
            "other, and the intervals are too narrow. documents= names the document of each row."
        )
    return lines
