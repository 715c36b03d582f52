"""Expectations in any number of dimensions on quasi-random points, with an interval.

Points of a Sobol sequence fill the unit cube more evenly than random ones; sixteen independent scramblings of it
(Owen 1995) give as many unbiased estimates of one expectation, and their spread a t interval. Draws of a distribution
that has no map from the cube are random ones; the interval is then as honest and wider.

A divergence is the mean of log(p / q) over draws of P, or of log(p / q) + q / p - 1, which has the same mean and
terms that are never negative: where the two are close it varies far less. It is taken where q / p averages 1.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.maths.ratios import excess
from bitsapart.families.numeric.pieces import each, has_map, log_ratio, pieces, uniforms

SCRAMBLINGS = 16
POINTS = 2**13
"""Points of one scrambling, shared among the components of a mixture."""
FEWEST = 2**6
MOST_UNIFORMS = 21201
"""Dimensions of the Sobol sequence."""
BITS = 52
LEVEL = 0.95
HEAVY = 0.1
"""Part of the variance that is one term's, from which an interval is called doubtful."""


def qmc_entropy(p: Distribution, *, seed: int = 0) -> Found:
    """H(P), of one distribution or of each of a batch."""

    def one(p: Distribution) -> Found:
        (surprises,) = _terms(p, lambda x: [-np.asarray(p.log_density(x))], seed)
        return _interval(surprises)

    return each(one, p)


def qmc_kl(p: Distribution, q: Distribution, *, seed: int = 0) -> Found:
    """KL(P || Q), of one pair or of each of a batch; infinite where a draw of P has q = 0."""

    def one(p: Distribution, q: Distribution) -> Found:
        def functions(x: Array) -> list[Array]:
            ratio = log_ratio(p, q, x)
            with np.errstate(over="ignore"):
                inverse = np.exp(-ratio)
                return [ratio, excess(np.expm1(-ratio), inverse), inverse]

        plain, positive, inverse = _terms(p, functions, seed)
        if (plain.values == np.inf).any():
            reason = "support: a draw of P lies where Q has no mass"
            return Found.of(np.inf, "quasi-Monte Carlo", note=reason, n=plain.n)
        closed = bool(p.support.comparable(q.support) and np.all(p.support.covers(q.support)))
        return _interval(positive if closed and _closer(positive, plain, inverse) else plain, least=0.0)

    return each(one, p, q)


def qmc_expectation(
    p: Distribution, function: Callable[[Array], Array], *, least: float = -np.inf, seed: int = 0
) -> Found:
    """E f(X) under one distribution."""
    (terms,) = _terms(p, lambda x: [function(x)], seed)
    return _interval(terms, least=least)


class _Terms:
    """Terms at all points: their means by scrambling, weighted over the components of a mixture, and the largest."""

    def __init__(self) -> None:
        self.means = np.zeros(SCRAMBLINGS)
        self.parts: list[tuple[float, Array]] = []

    def add(self, weight: float, values: Array) -> None:
        """Terms (scramblings, points) of one component."""
        self.means = self.means + weight * values.mean(axis=1)
        self.parts.append((weight / values.shape[1], values))

    @property
    def values(self) -> Array:
        return np.concatenate([values.ravel() for _, values in self.parts])

    @property
    def n(self) -> int:
        return sum(values.size for _, values in self.parts)

    @property
    def value(self) -> float:
        return float(self.means.mean())

    @property
    def standard_error(self) -> float:
        with np.errstate(invalid="ignore"):
            return float(self.means.std(ddof=1)) / math.sqrt(SCRAMBLINGS)

    @property
    def dominance(self) -> float:
        """The part of the variance, over all points, that is one term's."""
        deviations = [share * np.abs(values - values.mean()) for share, values in self.parts]
        largest = max(float(part.max()) for part in deviations)
        return 1.0 / sum(float(((part / largest) ** 2).sum()) for part in deviations) if largest > 0.0 else 0.0


def _terms(p: Distribution, functions: Callable[[Array], list[Array]], seed: int) -> list[_Terms]:
    generator = np.random.default_rng(seed)
    found: list[_Terms] = []
    for weight, part in pieces(p):
        size = max(FEWEST, 2 ** round(math.log2(POINTS * weight)))
        rows = [functions(_draws(part, size, generator)) for _ in range(SCRAMBLINGS)]
        found = found or [_Terms() for _ in rows[0]]
        for terms, values in zip(found, zip(*rows, strict=True), strict=True):
            terms.add(weight, np.stack(values))
    return found


def _draws(p: Any, size: int, generator: np.random.Generator) -> Array:
    if not has_map(p) or uniforms(p) > MOST_UNIFORMS:
        return p._sample((size,), generator)
    from scipy.stats import qmc

    points = qmc.Sobol(uniforms(p), scramble=True, bits=BITS, rng=generator).random(size)
    # the middle of a cell: 0 has no finite quantile
    return p._from_uniform(points + 2.0 ** -(BITS + 1))


def _closer(positive: _Terms, plain: _Terms, inverse: _Terms) -> bool:
    """Whether the terms that are never negative give the smaller error and nothing speaks against their mean.

    Their mean is wrong by what q / p lacks to 1: the mass of Q that no draw of P has seen.
    """
    return positive.standard_error < plain.standard_error and abs(inverse.value - 1.0) <= 4.0 * inverse.standard_error


def _interval(terms: _Terms, *, least: float = -np.inf) -> Found:
    from scipy.stats import t

    value = terms.value
    if not math.isfinite(value):
        reason = "a log density is infinite or undefined at a draw of P"
        return Found.of(np.nan, "quasi-Monte Carlo", error=np.inf, kind="unknown", note=reason, n=terms.n)
    half = float(t.ppf(0.5 + 0.5 * LEVEL, SCRAMBLINGS - 1)) * terms.standard_error
    heavy = terms.dominance
    note = ""
    if heavy > HEAVY:
        note = (
            f"heavy tails: one of {terms.n:,} terms has {heavy:.0%} of their variance; the interval may be too narrow"
        )
    return Found.of(max(value, least), "quasi-Monte Carlo", error=half, kind="confidence", note=note, n=terms.n)
