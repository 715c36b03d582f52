"""How both models predict the text itself: perplexities, and their ratio from the paired difference."""

import math

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.mean import Means, within
from bitsapart.model_comparison.estimates import exponential, in_bits, means_of
from bitsapart.model_comparison.measured import Measured
from bitsapart.model_comparison.result import Perplexity
from bitsapart.model_comparison.text_rows import Small, TextRows
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit


def perplexity(measured: Measured, text: TextRows, level: float) -> Perplexity | None:
    """Of both models; None where a token's probability is not known."""
    p, q = measured.surprisal_p, measured.surprisal_q
    if text.labels is None or not len(measured) or np.isnan(p).any() or np.isnan(q).any():
        return None
    clusters = None if text.clusters is None else text.clusters[measured.row]
    means = means_of(clusters, p, q)
    excess = paired(measured, means, clusters, level)
    return Perplexity(
        base=at_least_1(exponential(means.estimate(0, level, Unit.nat))),
        candidate=at_least_1(exponential(means.estimate(1, level, Unit.nat))),
        ratio=exponential(excess.to(Unit.nat)),
        excess=excess,
        correlation=correlation(measured),
    )


def at_least_1(estimate: Estimate) -> Estimate:
    """A perplexity whose interval ends at 1, but where its value itself is less by rounding."""
    return within(estimate, min(1.0, estimate.value), math.inf)


def paired(measured: Measured, means: Means, clusters: Small | None, level: float) -> Estimate:
    """The mean difference of the surprisals in bits: infinite where the candidate alone excludes a token."""
    if math.isinf(means.mean(0)):
        words = "the base excludes a token of the text"
        return Estimate(math.nan, None, None, level, "unknown", "mean", Unit.bit, means.n, words)
    return in_bits(means_of(clusters, measured.surprisal_q - measured.surprisal_p), 0, level)


def correlation(measured: Measured) -> float:
    """Of the surprisals; nan where one of them is infinite or always the same."""
    p, q = measured.surprisal_p, measured.surprisal_q
    if not (np.isfinite(p).all() and np.isfinite(q).all()):
        return math.nan
    p, q = (centred / (np.abs(centred).max() or 1.0) for centred in (p - p.mean(), q - q.mean()))
    size = math.sqrt(float(p @ p) * float(q @ q))
    return max(-1.0, min(1.0, float(p @ q) / size)) if size > 0.0 else math.nan


def probability_change(measured: Measured) -> NDArray[np.float64]:
    """Candidate less base, of the token itself: p (q / p - 1)."""
    p, q = measured.surprisal_p, measured.surprisal_q
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(np.isinf(p), np.exp(-q), np.exp(-p) * np.expm1(p - q))
