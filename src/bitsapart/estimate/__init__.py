"""From samples to numbers with intervals and p-values, for the distributions behind the samples.

Counts of outcomes, tables of counts, or samples of numbers. One row gives an ``Estimate``, a batch ``Estimates``; in
bits unless another ``unit`` is asked for.
"""

from bitsapart.estimate.conditional_entropy import conditional_entropy
from bitsapart.estimate.continuous import (
    entropy_from_samples,
    kl_divergence_from_samples,
    mutual_information_from_samples,
)
from bitsapart.estimate.cross_entropy import cross_entropy
from bitsapart.estimate.difference.equivalence import equivalence_test
from bitsapart.estimate.difference.g_test import g_test
from bitsapart.estimate.difference.permutation import permutation_test
from bitsapart.estimate.divergence import relate
from bitsapart.estimate.effective_sample_size import effective_sample_size
from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.jensen_shannon import js_divergence
from bitsapart.estimate.kl_divergence import kl_divergence
from bitsapart.estimate.mutual_information import mutual_information
from bitsapart.estimate.unseen_mass import unseen_mass

__all__ = [
    "conditional_entropy",
    "cross_entropy",
    "effective_sample_size",
    "entropy",
    "entropy_from_samples",
    "equivalence_test",
    "g_test",
    "js_divergence",
    "kl_divergence",
    "kl_divergence_from_samples",
    "mutual_information",
    "mutual_information_from_samples",
    "permutation_test",
    "relate",
    "unseen_mass",
]
