"""Which buckets of a breakdown are shown, and what is said of the others."""

import math

from bitsapart.model_comparison.result import Breakdown, Bucket
from bitsapart.report import words


def chosen(breakdown: Breakdown, most: int) -> list[Bucket]:
    """All buckets in their order, or of very many those with the largest divergence."""
    if len(breakdown.buckets) <= most:
        return list(breakdown.buckets)
    known = [bucket for bucket in breakdown.buckets if not math.isnan(bucket.kl.value)]
    return sorted(known, key=lambda bucket: -bucket.kl.value)[:most]


def below(breakdown: Breakdown, shown: list[Bucket], tokens: int) -> list[str]:
    """What stands below the buckets that are shown: what is missing, of so many tokens in all, and the plain mean."""
    lines = []
    left = len(breakdown.buckets) - len(shown)
    listed = sum(bucket.tokens for bucket in breakdown.buckets)
    if left:
        lines.append(f"The {len(shown)} with the largest divergence; {left:,} more in the JSON.")
    if listed < tokens:
        kept = len(breakdown.buckets)
        lines.append(f"Small buckets are left out: the other {kept} hold {listed:,} of {tokens:,} tokens.")
    if len(breakdown.buckets) > 1:
        lines.append(f"Each with equal weight: {words.fine(breakdown.macro)} bits.")
    return lines
