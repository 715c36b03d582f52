"""The normaliser of a log density by importance sampling from several proposals, and what else the weights tell.

The closest member is too narrow where reverse KL makes it so, and then its weights have heavy tails; a Student
distribution around it does not have that fault, and those that are adapted to its draws have less of it.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.normal import HALF_LOG_2_PI
from bitsapart.fitting.khat import Smoothed, smoothed_weights
from bitsapart.fitting.log_density import LogDensity
from bitsapart.values.estimate import Kind

Array = Any

DRAWS = 20_000
WIDER = 0.3
"""How much wider a Student distribution is, by the square root of the dimension."""
DEGREES = 5.0
"""Its degrees of freedom, or the dimension if that is more."""
GOOD = 0.5
"""k-hat up to which weights have a variance."""
AGREE = 3.0
"""Standard errors within which two estimates of log Z agree."""
UNTRUSTED = "Pareto k-hat is above its threshold for all proposals: a lower bound only"
MISSED = "proposals had to learn where the target is, and there may be more of it that none has reached"
UNDER = "intervals of importance sampling are too narrow where k-hat is near its threshold"


@dataclass(frozen=True)
class Proposal:
    """A normal with mean m (d,) and lower triangular factor L (d, d), or a Student distribution of that shape."""

    mean: Array
    factor: Array
    degrees: float = math.inf

    def draws(self, n: int, generator: np.random.Generator) -> tuple[Array, Array]:
        """Points (n, d) and their log densities (n,)."""
        z = generator.standard_normal((n, len(self.mean)))
        if math.isfinite(self.degrees):
            z /= np.sqrt(generator.chisquare(self.degrees, n) / self.degrees)[:, np.newaxis]
        return self.mean + z @ self.factor.T, self._radial((z * z).sum(axis=1))

    def log_density(self, points: Array) -> Array:
        """At points (n, d)."""
        from scipy.linalg import solve_triangular

        z = solve_triangular(self.factor, (points - self.mean).T, lower=True)
        return self._radial((z * z).sum(axis=0))

    def _radial(self, squared: Array) -> Array:
        d, degrees = len(self.mean), self.degrees
        volume = np.log(np.diagonal(self.factor)).sum()
        if math.isinf(degrees):
            return -0.5 * squared - d * HALF_LOG_2_PI - volume
        peak = sp.gammaln(0.5 * (degrees + d)) - sp.gammaln(0.5 * degrees) - 0.5 * d * math.log(degrees * math.pi)
        return peak - volume - 0.5 * (degrees + d) * np.log1p(squared / degrees)

    def wider(self) -> "Proposal":
        """A Student distribution around it, as wide and with as heavy tails as its dimension keeps efficient."""
        d = len(self.mean)
        return Proposal(self.mean, (1.0 + WIDER / math.sqrt(d)) * self.factor, max(DEGREES, float(d)))


@dataclass(frozen=True, eq=False)
class Weighted:
    """Draws (n, d) of a proposal, log densities of target and proposal, and the smoothed weights of the target."""

    points: Array
    target: Array
    proposal: Array
    smoothed: Smoothed

    @property
    def trusted(self) -> bool:
        """Whether k-hat is below its threshold."""
        return self.smoothed.khat <= self.smoothed.threshold


class Drawn(Protocol):
    """A distribution that can be drawn from, and has a log density."""

    def draws(self, n: int, generator: np.random.Generator) -> tuple[Array, Array]:
        """Points (n, d) and their log densities (n,)."""


def weighted(target: LogDensity, proposal: Drawn, generator: np.random.Generator, n: int = DRAWS) -> Weighted:
    """Draws from a proposal with weights for the target."""
    points, own = proposal.draws(n, generator)
    logs = target(points)
    return Weighted(points, logs, own, smoothed_weights(logs - own))


@dataclass(frozen=True)
class LogNormaliser:
    """log Z in nats with an interval, ends of None where there is none to give."""

    value: float
    low: float | None
    high: float | None
    kind: Kind
    note: str
    n: int


def agree(one: Weighted, other: Weighted) -> bool:
    """Whether two estimates of log Z differ by no more than their errors."""
    error = math.hypot(one.smoothed.standard_error, other.smoothed.standard_error)
    return abs(one.smoothed.log_mean - other.smoothed.log_mean) <= AGREE * error + 1e-9


def log_normaliser(samples: list[Weighted], level: float, *, log_concave: bool = False) -> LogNormaliser:
    """Log Z from all proposals that can be trusted, by the inverse of their variances.

    Where none can be trusted, or they disagree, or those that can had to be adapted and are no good fit for all that,
    mass may be missing that no proposal has reached, unless the density is log-concave; the upper end is infinite then:
    draws overestimate Z by a factor e^c with probability e^-c at most, whatever they have missed.
    """
    n = sum(len(sample.points) for sample in samples)
    trusted = [sample for sample in samples if sample.trusted]
    if not trusted:
        best = samples[-1].smoothed.log_mean
        return LogNormaliser(best, best + math.log(1.0 - level), math.inf, "bound", UNTRUSTED, n)
    agreed = all(agree(trusted[-1], sample) for sample in trusted)
    used = trusted if agreed else trusted[-1:]
    values = np.array([sample.smoothed.log_mean for sample in used])
    rounding = 64.0 * np.finfo(float).eps * (1.0 + np.abs(values))
    precisions = np.hypot([sample.smoothed.standard_error for sample in used], rounding) ** -2.0
    value = float(values @ precisions / precisions.sum())
    half = float(sp.ndtri(0.5 + 0.5 * level)) / math.sqrt(precisions.sum())
    good = log_concave or len(trusted) == len(samples) or max(sample.smoothed.khat for sample in samples[-2:]) <= GOOD
    if agreed and good:
        return LogNormaliser(value, value - half, value + half, "confidence", UNDER, n)
    return LogNormaliser(value, value - half, math.inf, "bound", MISSED, n)


def forward_divergence(sample: Weighted, q: Proposal) -> float:
    """KL(P || Q) in nats by self-normalised weights of draws for P, 0 or more up to sampling."""
    weights = sample.smoothed.weights
    gaps = np.where(weights > 0.0, sample.target - q.log_density(sample.points), 0.0)
    return float(weights @ gaps - sample.smoothed.log_mean)
