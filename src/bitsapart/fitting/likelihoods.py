"""Likelihoods of a label given a linear predictor, and their expectations when the predictor is normal.

Each is log-concave in the predictor. Expectations are closed where they can be, else a trapezoid rule on the standard
normal, which converges faster than any power of its spacing for an analytic function; Gauss-Hermite quadrature does
not where a normal is wide, as it sees the bend of a logistic as a kink.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.normal import HALF_LOG_2_PI

Array = Any

REACH = 10.0
"""Standard deviations to which expectations are integrated: what lies outside weighs 1e-23."""
SPACING = 0.1
"""Widest spacing of nodes."""
DIGITS = 38.0
"""Nats that the trapezoid rule's error is below the function: exp(-2 pi strip / spacing)."""
AT_ONCE = 1 << 20
"""Nodes that are evaluated at once."""


class Expected(NamedTuple):
    """E f(m + s z) for rows, and its derivatives by m and by s."""

    value: Array
    by_mean: Array
    by_sd: Array


class Likelihood(ABC):
    """f(y, eta) = log p(y | eta), concave in eta."""

    labels: ClassVar[str]
    """In words, what a label may be."""

    @abstractmethod
    def allowed(self, y: Array) -> Array:
        """Which labels are possible."""

    @abstractmethod
    def log_density(self, y: Array, eta: Array) -> Array:
        """F."""

    @abstractmethod
    def slope(self, y: Array, eta: Array) -> Array:
        """Df / d eta."""

    @abstractmethod
    def bend(self, y: Array, eta: Array) -> Array:
        """-d^2 f / d eta^2 >= 0."""

    @abstractmethod
    def expected(self, y: Array, mean: Array, sd: Array) -> Expected:
        """The expectation of f at a normal predictor, by row."""


class _Integrated(Likelihood):
    """A likelihood whose expectation is integrated; f is analytic in a strip about the real line."""

    strip: ClassVar[float]
    """Half the width of the strip."""

    def expected(self, y: Array, mean: Array, sd: Array) -> Expected:
        found = np.empty((3, len(y)))
        # rows of similar width share a spacing
        bins = np.ceil(np.log2(np.maximum(sd * SPACING * DIGITS / (2.0 * math.pi * self.strip), 1.0)))
        for step in np.unique(bins):
            rows = np.flatnonzero(bins == step)
            spacing = SPACING / 2.0**step
            half = math.ceil(REACH / spacing)
            z = spacing * np.arange(-half, half + 1)
            weights = spacing * np.exp(-0.5 * z * z - HALF_LOG_2_PI)
            for part in np.array_split(rows, math.ceil(len(rows) * len(z) / AT_ONCE)):
                eta = mean[part, np.newaxis] + sd[part, np.newaxis] * z
                value, slope = self._both(y[part, np.newaxis], eta)
                found[:, part] = value @ weights, slope @ weights, slope @ (weights * z)
        return Expected(*found)

    def _both(self, y: Array, eta: Array) -> tuple[Array, Array]:
        return self.log_density(y, eta), self.slope(y, eta)


@dataclass(frozen=True)
class Logistic(_Integrated):
    """y eta - log(1 + e^eta) for y of 0 or 1; singular at i pi."""

    labels = "0 or 1"
    strip = math.pi

    def allowed(self, y: Array) -> Array:
        """Which labels are possible."""
        return (y == 0.0) | (y == 1.0)

    def log_density(self, y: Array, eta: Array) -> Array:
        """The log likelihood f of a label at a predictor."""
        return y * eta - np.maximum(eta, 0.0) - np.log1p(np.exp(-np.abs(eta)))

    def slope(self, y: Array, eta: Array) -> Array:
        """Its derivative by the predictor."""
        return y - sp.expit(eta)

    def bend(self, y: Array, eta: Array) -> Array:
        """Its negative second derivative."""
        return sp.expit(eta) * sp.expit(-eta)

    def _both(self, y: Array, eta: Array) -> tuple[Array, Array]:
        small = np.exp(-np.abs(eta))
        value = y * eta - np.maximum(eta, 0.0) - np.log1p(small)
        return value, y - np.where(eta >= 0.0, 1.0, small) / (1.0 + small)


@dataclass(frozen=True)
class Probit(_Integrated):
    """log Phi(eta) for y = 1, log Phi(-eta) for 0; Phi has its first zero near 1.9 + 2.8 i."""

    labels = "0 or 1"
    strip = 2.8

    def allowed(self, y: Array) -> Array:
        """Which labels are possible."""
        return (y == 0.0) | (y == 1.0)

    def log_density(self, y: Array, eta: Array) -> Array:
        """The log likelihood f of a label at a predictor."""
        return sp.log_ndtr((2.0 * y - 1.0) * eta)

    def slope(self, y: Array, eta: Array) -> Array:
        """Its derivative by the predictor."""
        sign = 2.0 * y - 1.0
        return sign * _mills(sign * eta)

    def bend(self, y: Array, eta: Array) -> Array:
        """Its negative second derivative."""
        signed = (2.0 * y - 1.0) * eta
        ratio = _mills(signed)
        return np.maximum(ratio * (signed + ratio), 0.0)


def _mills(x: Array) -> Array:
    """phi(x) / Phi(x)."""
    return math.sqrt(2.0 / math.pi) / sp.erfcx(-x / math.sqrt(2.0))


@dataclass(frozen=True)
class PoissonCount(Likelihood):
    """y eta - e^eta - log y! for counts, with the logarithm as the link; E e^eta = exp(m + s^2 / 2)."""

    labels = "whole numbers of 0 or more"

    def allowed(self, y: Array) -> Array:
        """Which labels are possible."""
        return (y >= 0.0) & (y == np.floor(y)) & np.isfinite(y)

    def log_density(self, y: Array, eta: Array) -> Array:
        """The log likelihood f of a label at a predictor."""
        return y * eta - np.exp(eta) - sp.gammaln(y + 1.0)

    def slope(self, y: Array, eta: Array) -> Array:
        """Its derivative by the predictor."""
        return y - np.exp(eta)

    def bend(self, y: Array, eta: Array) -> Array:
        """Its negative second derivative."""
        return np.exp(eta)

    def expected(self, y: Array, mean: Array, sd: Array) -> Expected:
        """Its expectation at a normal predictor, by row."""
        with np.errstate(over="ignore"):
            rate = np.exp(mean + 0.5 * sd * sd)
        return Expected(y * mean - rate - sp.gammaln(y + 1.0), y - rate, -sd * rate)


@dataclass(frozen=True)
class NormalNoise(Likelihood):
    """A normal density of y with mean eta and a standard deviation that is known."""

    noise_sd: float = 1.0

    labels = "numbers"

    def allowed(self, y: Array) -> Array:
        """Which labels are possible."""
        return np.isfinite(y)

    def log_density(self, y: Array, eta: Array) -> Array:
        """The log likelihood f of a label at a predictor."""
        return -0.5 * ((y - eta) / self.noise_sd) ** 2 - math.log(self.noise_sd) - HALF_LOG_2_PI

    def slope(self, y: Array, eta: Array) -> Array:
        """Its derivative by the predictor."""
        return (y - eta) / self.noise_sd**2

    def bend(self, y: Array, eta: Array) -> Array:
        """Its negative second derivative."""
        return np.full(np.broadcast_shapes(np.shape(y), np.shape(eta)), self.noise_sd**-2)

    def expected(self, y: Array, mean: Array, sd: Array) -> Expected:
        """Its expectation at a normal predictor, by row."""
        value = self.log_density(y, mean) - 0.5 * (sd / self.noise_sd) ** 2
        return Expected(value, self.slope(y, mean), -sd / self.noise_sd**2)
