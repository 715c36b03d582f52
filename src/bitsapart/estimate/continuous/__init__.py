"""From samples of numbers, without bins: entropy, divergence and mutual information."""

from bitsapart.estimate.continuous.entropy_from_samples import entropy_from_samples
from bitsapart.estimate.continuous.kl_divergence_from_samples import kl_divergence_from_samples
from bitsapart.estimate.continuous.mutual_information_from_samples import mutual_information_from_samples

__all__ = ["entropy_from_samples", "kl_divergence_from_samples", "mutual_information_from_samples"]
