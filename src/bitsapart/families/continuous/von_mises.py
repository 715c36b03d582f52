"""Von Mises distribution of angles. Mardia & Jupp 2000, Directional Statistics, section 3.5.4."""

import math
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.bessel import bessel_bregman, bessel_ratio, concentration, log_mean_exp, mean_gap
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import NONNEGATIVE, REAL, Domain
from bitsapart.families.statistic import Constant, Cosine, Sine, Statistic
from bitsapart.families.support import Interval, Support

LOG_2_PI = math.log(2.0 * math.pi)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
DEPTH = 50.0
"""Integrals end where the density has fallen by e^-50."""


class VonMises(ExponentialFamily):
    """Von Mises distribution with density e^(concentration cos(x - location)) / (2 pi I_0(concentration)).

    Values are numbers from -pi to pi, a location outside is moved there by whole turns, and concentration 0 is the
    uniform distribution. With A = I_1 / I_0 and d the difference of locations, KL(P || Q) = log(I_0(k_q) / I_0(k_p)) +
    (k_p - k_q cos d) A(k_p).

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.VonMises(0.0, 1.0), ba.VonMises(0.0, 0.0), unit="nat"))
    0.210476 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"location": REAL, "concentration": NONNEGATIVE}

    def __init__(self, location: Any = 0.0, concentration: Any = 1.0) -> None:
        self._set(location=location, concentration=concentration)
        turned = np.abs(self.location) > math.pi
        if turned.any():
            wrapped = np.where(turned, np.remainder(self.location + math.pi, 2.0 * math.pi) - math.pi, self.location)
            self._set(location=wrapped, concentration=self.concentration)

    location: Array
    concentration: Array

    @property
    def support(self) -> Support:
        return Interval(-math.pi, math.pi)

    def _log_density(self, x: Array) -> Array:
        gap = 2.0 * np.sin(0.5 * (x - self.location)) ** 2
        return -self.concentration * gap - log_mean_exp(0.0, self.concentration) - LOG_2_PI

    def _entropy(self) -> Array:
        k = self.concentration
        return np.broadcast_to(log_mean_exp(0.0, k) + k * mean_gap(0.0, k) + LOG_2_PI, self.batch_shape)

    def _kl_divergence(self, q: "VonMises") -> Array:
        turn = 2.0 * np.sin(0.5 * (self.location - q.location)) ** 2
        own, step = self.concentration, q.concentration - self.concentration
        return bessel_bregman(0.0, own, step) + q.concentration * turn * bessel_ratio(0.0, own)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Cosine():
                return bessel_ratio(0.0, self.concentration) * np.cos(self.location)
            case Sine():
                return bessel_ratio(0.0, self.concentration) * np.sin(self.location)
        return None

    def natural(self) -> list[Term]:
        k = self.concentration
        return [Term(k * np.cos(self.location), Cosine()), Term(k * np.sin(self.location), Sine())]

    def log_partition(self) -> Array:
        return log_mean_exp(0.0, self.concentration) + self.concentration

    def log_base(self) -> list[Term]:
        return [Term(-LOG_2_PI, Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return np.isfinite(theta[0]) & np.isfinite(theta[1])

    @classmethod
    def from_natural(cls, theta: list[Array], **_fixed: Any) -> "VonMises":
        return cls(np.arctan2(theta[1], theta[0]), np.hypot(theta[0], theta[1]))

    @classmethod
    def from_moments(cls, moments: list[Array], **_fixed: Any) -> "VonMises":
        length = np.hypot(moments[0], moments[1])
        if not np.all(length < 1.0):
            raise NoMinimiserError(
                "no von Mises distribution is closest: the angles do not vary, and concentration would be infinite"
            )
        return cls(np.arctan2(moments[1], moments[0]), concentration(0.0, length, 1.0 - length))

    def _cdf(self, x: Array) -> Array:
        x = np.clip(x, -math.pi, math.pi)
        return self._turned(x - self.location) - self._turned(-math.pi - self.location)

    def _survival(self, x: Array) -> Array:
        x = np.clip(x, -math.pi, math.pi)
        return self._turned(math.pi - self.location) - self._turned(x - self.location)

    def _turned(self, angle: Array) -> Array:
        """The probability from the location to an angle of up to a turn after it; negative before it."""
        size = np.abs(angle)
        half = np.minimum(size, 2.0 * math.pi - size)
        part = self._half(half)
        return np.sign(angle) * np.where(size > math.pi, 1.0 - part, part)

    def _half(self, angle: Array) -> Array:
        """The same for an angle of up to half a turn: Gauss-Legendre quadrature as far as the density matters."""
        k = self.concentration
        far = 2.0 * np.arcsin(np.sqrt(0.5 * DEPTH / np.maximum(k, 0.5 * DEPTH)))
        reach = np.minimum(angle, far)
        total = np.zeros(np.broadcast_shapes(np.shape(angle), self.batch_shape))
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            total = total + weight * np.exp(-2.0 * k * np.sin(reach * (0.25 + 0.25 * node)) ** 2)
        return 0.5 * reach * total * np.exp(-log_mean_exp(0.0, k) - LOG_2_PI)

    def _quantile(self, u: Array) -> Array:
        return self._angle_at(u + self._turned(-math.pi - self.location))

    def _upper_quantile(self, u: Array) -> Array:
        return self._angle_at(self._turned(math.pi - self.location) - u)

    def _angle_at(self, probability: Array) -> Array:
        """The value with this probability between it and the location, by Newton's method within a bracket."""
        probability = np.broadcast_to(probability, np.broadcast_shapes(np.shape(probability), self.batch_shape))
        turns = np.round(probability)
        target = np.abs(probability - turns)
        low, high = np.zeros(target.shape), np.full(target.shape, math.pi)
        angle = np.minimum(target * math.sqrt(2.0 * math.pi) / np.sqrt(self.concentration + 0.25), 3.0)
        for _ in range(60):
            found = self._half(angle)
            low, high = np.where(found < target, angle, low), np.where(found >= target, angle, high)
            moved = angle + (target - found) * np.exp(-self._log_density(angle + self.location))
            moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
            settled = np.all(np.abs(moved - angle) <= 1e-15 * moved)
            angle = moved
            if settled:
                break
        signed = np.sign(probability - turns) * angle + 2.0 * math.pi * turns + self.location
        return np.clip(signed, -math.pi, math.pi)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return generator.vonmises(self.location, self.concentration, size=(*shape, *self.batch_shape))
