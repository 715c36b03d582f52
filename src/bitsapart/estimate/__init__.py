"""From counts to numbers with intervals and p-values; everything in nats (`.to(Unit.bit)` gives bits)."""

from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.jensen_shannon import js_divergence
from bitsapart.estimate.kl_divergence import kl_divergence

__all__ = ["entropy", "js_divergence", "kl_divergence"]
