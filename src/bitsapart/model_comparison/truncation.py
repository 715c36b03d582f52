"""What lists of the most probable tokens can say: bounds, since what is unlisted is not known.

Merging outcomes makes every f-divergence smaller (data processing), so that the listed tokens with one outcome for all
others give lower bounds. Upper ones, with tail masses t of P and s of Q: a tail of P, where all of Q is known, costs at
most t log(t / q), q the least probable that is unlisted; JS within the merged outcome is at most (t + s) / 2 log 2, and
total variation at most t + s less |t - s|, halved; entropy at most t log(number of unlisted tokens).
"""

import math
from dataclasses import replace

from bitsapart.estimate.mean import within
from bitsapart.model_comparison.estimates import between, bits, in_bits, means_of, pure
from bitsapart.model_comparison.measured import Measured
from bitsapart.model_comparison.result import ModelComparison, Truncation
from bitsapart.model_comparison.text_rows import Small
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

LEAST = "a lower bound, unlisted tokens merged into one"


def truncation(measured: Measured, clusters: Small | None, level: float) -> Truncation | None:
    """The bounds of the divergence; None where everything is listed on both sides."""
    bounds = measured.bounds
    if bounds is None:
        return None
    if not len(measured):
        return Truncation(bits(measured.kl, None, level), math.nan, math.nan, math.nan, 0)
    return Truncation(
        lower=replace(bits(measured.kl, clusters, level), note=LEAST),
        upper=float(bounds.kl.mean()) / Unit.bit.value,
        base_tail=float(bounds.tail_p.mean()),
        candidate_tail=float(bounds.tail_q.mean()),
        exact_tokens=int(bounds.exact.sum()),
    )


def bounded(comparison: ModelComparison, measured: Measured, clusters: Small | None) -> ModelComparison:
    """The comparison with bounds in place of the means that unlisted tokens leave open."""
    bounds, level = measured.bounds, comparison.level
    if bounds is None or not len(measured):
        return comparison
    upper = means_of(
        clusters,
        bounds.entropy,
        bounds.kl,
        bounds.entropy + bounds.kl,
        bounds.reverse_kl,
        bounds.js,
        1.0 - bounds.total_variation,
    )
    ends = [within(in_bits(upper, i, level), 0.0, math.inf) for i in range(5)]
    lower = comparison.entropy, comparison.kl, comparison.cross_entropy, comparison.reverse_kl, comparison.js
    entropy, kl, cross, reverse, js = (either(*pair) for pair in zip(lower, ends, strict=True))
    return replace(
        comparison,
        entropy=entropy,
        kl=kl,
        cross_entropy=cross,
        reverse_kl=reverse,
        js=js,
        acceptance=acceptance(comparison.acceptance, pure(upper, 5, level)),
    )


def either(lower: Estimate, upper: Estimate) -> Estimate:
    """A number that is the same from both sides, or what lies between."""
    return lower if lower.value == upper.value else between(lower, upper, LEAST)


def acceptance(most: Estimate, least: Estimate) -> Estimate:
    """1 - total variation: at most what the merged distributions have."""
    if most.value == least.value:
        return most
    low = 0.0 if least.low is None else max(0.0, least.low)
    high = 1.0 if most.high is None else min(1.0, most.high)
    note = "an upper bound, unlisted tokens merged into one"
    return replace(most, low=low, high=high, kind="bound", method="unlisted merged", note=note)
