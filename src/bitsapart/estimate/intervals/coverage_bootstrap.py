"""The spread of an entropy estimate that corrects for outcomes not seen: bootstrap from an assemblage that has some.

Resampling the counts themselves would lose further outcomes and never find one, so replicates are drawn from an
estimated assemblage with unseen outcomes in it, that of Chao & Jost 2015, appendix S2 (iNEXT: Hsieh, Ma & Chao 2016),
in which the shares of what was seen are lowered

    p_i = (X_i / n) (1 - l (1 - X_i / n)^n)     l = (1 - C) / sum (X_i / n) (1 - X_i / n)^n

and the Chao1 number of unseen outcomes share 1 - C, C being the coverage of the sample. Counts are Poisson; outcomes
of one rate are drawn together, as numbers of outcomes with each count, so that a replicate costs the same for any
alphabet.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.discrete.poisson_mixture import SMALL
from bitsapart.estimate.discrete.sample_coverage import coverage_of
from bitsapart.estimate.unseen import extrapolated

Array = NDArray[np.float64]

WIDE = 80
"""Counts that an outcome of a small rate can have in a replicate: one of mean 38 is larger once in 10^9."""


@dataclass(frozen=True, eq=False)
class Assemblage:
    """Outcomes of small rates, so many (``numbers``) of each of ``rates``; and the rates of the others, one by one."""

    rates: Array
    numbers: Array
    large: Array

    def entropy(self) -> float:
        """Its entropy, in nats."""
        total = float(self.rates @ self.numbers + self.large.sum())
        small, large = self.rates / total, self.large / total
        return float(-np.sum(self.numbers * special.xlogy(small, small)) - np.sum(special.xlogy(large, large)))


@dataclass(frozen=True, eq=False)
class Replicates:
    """Samples drawn from an assemblage: numbers of outcomes with each count up to WIDE, and the larger counts."""

    frequency: Array
    large: Array

    @property
    def n(self) -> Array:
        """Sizes of the samples."""
        return np.asarray(self.frequency @ np.arange(WIDE + 1.0) + self.large.sum(axis=1))

    def digamma_entropy(self) -> Array:
        """psi(n) - sum (X_i / n) psi(X_i) of each."""
        counts = np.arange(WIDE + 1.0)
        small = self.frequency @ (counts * special.digamma(np.maximum(counts, 1.0)))
        large = np.sum(self.large * special.digamma(np.maximum(self.large, 1.0)), axis=1)
        n = np.maximum(self.n, 1.0)
        return np.asarray(special.digamma(n) - (small + large) / n)


def draw(assemblage: Assemblage, replicates: int, rng: np.random.Generator) -> Replicates:
    """Independent samples from an assemblage."""
    counts = np.arange(WIDE + 1.0)
    frequency = np.zeros((replicates, WIDE + 1))
    for rate, number in zip(assemblage.rates.tolist(), assemblage.numbers.tolist(), strict=True):
        law = np.exp(special.xlogy(counts, rate) - rate - special.gammaln(counts + 1.0))
        frequency += rng.multinomial(round(number), law / law.sum(), size=replicates)
    large = rng.poisson(assemblage.large, size=(replicates, assemblage.large.size)).astype(np.float64)
    return Replicates(frequency, large)


def assemblage_of(counts: Array, coverage: float, unseen: float) -> Assemblage:
    """That of one row of counts with an unknown alphabet, of which a share ``coverage`` was seen."""
    seen = counts[counts > 0]
    n = float(seen.sum())
    different, numbers = np.unique(seen, return_counts=True)
    share = different / n
    escaped = (1.0 - share) ** n
    lost = float(np.sum(numbers * share * escaped))
    lowered = n * share * (1.0 - escaped * min((1.0 - coverage) / lost, 1.0)) if lost > 0 else n * share
    small = different <= SMALL
    rates, large = lowered[small], np.repeat(lowered[~small], numbers[~small])
    outcomes = numbers[small].astype(np.float64)
    hidden = float(np.ceil(unseen))
    if hidden > 0:
        rates, outcomes = np.append(rates, n * (1.0 - coverage) / hidden), np.append(outcomes, hidden)
    return Assemblage(rates, outcomes, large)


def bootstrap_error(assemblage: Assemblage, replicates: int, rng: np.random.Generator) -> float:
    """The standard deviation over replicates of the entropy of Chao, Wang & Jost."""
    drawn = draw(assemblage, replicates, rng)
    once, twice = drawn.frequency[:, 1], drawn.frequency[:, 2]
    if drawn.large.size:
        once, twice = (f + np.count_nonzero(drawn.large == c, axis=1) for f, c in ((once, 1.0), (twice, 2.0)))
    n = np.maximum(drawn.n, 1.0)
    return float(np.std(drawn.digamma_entropy() + extrapolated(coverage_of(n, once, twice), n)))
