"""Von Mises-Fisher distribution of directions. Mardia & Jupp 2000, Directional Statistics, section 9.3.2."""

import math
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.maths.bessel import bessel_bregman, bessel_ratio, log_mean_exp, mean_gap
from bitsapart.families.parameter import DIRECTION, NONNEGATIVE, Domain
from bitsapart.families.support import Space, Support
from bitsapart.values.errors import UsageError


class VonMisesFisher(Distribution):
    """Distribution of unit vectors x in d dimensions with density proportional to e^(concentration direction . x).

    The density is by area of the sphere; concentration 0 is the uniform distribution. With nu = d / 2 - 1,
    A = I_(nu + 1) / I_nu and F(k) = log I_nu(k) - nu log k,
    KL(P || Q) = F(k_q) - F(k_p) + (k_p - k_q direction_p . direction_q) A(k_p).

    >>> import bitsapart as ba
    >>> p, q = ba.VonMisesFisher([0.0, 0.0, 1.0], 1.0), ba.VonMisesFisher([0.0, 1.0, 0.0], 1.0)
    >>> print(ba.kl_divergence(p, q, unit="nat"))   # coth(1) - 1
    0.313035 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"direction": DIRECTION, "concentration": NONNEGATIVE}

    def __init__(self, direction: Any, concentration: Any) -> None:
        self._set(direction=direction, concentration=concentration)
        if self.direction.shape[-1] < 2:
            raise UsageError("VonMisesFisher: direction should be a vector of 2 or more numbers")

    direction: Array
    concentration: Array

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (int(self.direction.shape[-1]),)

    @property
    def _order(self) -> float:
        return 0.5 * self.event_shape[0] - 1.0

    @property
    def _log_area(self) -> float:
        half = 0.5 * self.event_shape[0]
        return math.log(2.0) + half * math.log(math.pi) - math.lgamma(half)

    @property
    def support(self) -> Support:
        return Space("unit vectors", self.event_shape, DIRECTION.holds)

    def _log_density(self, x: Array) -> Array:
        # 1 - cos, exact where the two are close
        gap = 0.5 * ((x - self.direction) ** 2).sum(axis=-1)
        return -self.concentration * gap - log_mean_exp(self._order, self.concentration) - self._log_area

    def _entropy(self) -> Array:
        k = self.concentration
        found = log_mean_exp(self._order, k) + k * mean_gap(self._order, k) + self._log_area
        return np.broadcast_to(found, self.batch_shape)

    def _kl_divergence(self, q: "VonMisesFisher") -> Array:
        turn = 0.5 * ((self.direction - q.direction) ** 2).sum(axis=-1)
        own, step = self.concentration, q.concentration - self.concentration
        return bessel_bregman(self._order, own, step) + q.concentration * turn * bessel_ratio(self._order, own)

    def _between(self, q: "VonMisesFisher", alpha: float) -> dict[str, Array]:
        """Directions times concentrations mix."""
        own, other = (side.concentration[..., np.newaxis] * side.direction for side in (self, q))
        mixed = alpha * own + (1.0 - alpha) * other
        length = np.linalg.norm(mixed, axis=-1)
        turned = (length > 0.0)[..., np.newaxis]
        direction = np.where(turned, mixed / np.where(turned, length[..., np.newaxis], 1.0), self.direction)
        return {"direction": direction, "concentration": length}

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Wood 1994, Simulation of the von Mises-Fisher distribution: the cosine by rejection, the rest uniform."""
        size = (*shape, *self.batch_shape)
        cosine = self._sample_cosine(size, generator)[..., np.newaxis]
        axis = np.broadcast_to(self.direction, (*size, *self.event_shape))
        around = generator.standard_normal(axis.shape)
        around -= (around * axis).sum(axis=-1, keepdims=True) * axis
        around /= np.linalg.norm(around, axis=-1, keepdims=True)
        drawn = cosine * axis + np.sqrt((1.0 - cosine) * (1.0 + cosine)) * around
        return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)

    def _sample_cosine(self, size: tuple[int, ...], generator: np.random.Generator) -> Array:
        rest = self.event_shape[0] - 1.0
        k = np.broadcast_to(self.concentration, size).ravel()
        b = rest / (2.0 * k + np.sqrt(4.0 * k * k + rest * rest))
        best = (1.0 - b) / (1.0 + b)
        bound = k * best + rest * np.log1p(-best * best)
        cosine, waiting = np.zeros(k.size), np.ones(k.size, bool)
        while waiting.any():
            share = generator.beta(0.5 * rest, 0.5 * rest, size=int(waiting.sum()))
            own = b[waiting]
            drawn = (1.0 - (1.0 + own) * share) / (1.0 - (1.0 - own) * share)
            height = k[waiting] * drawn + rest * np.log1p(-best[waiting] * drawn) - bound[waiting]
            taken = height >= np.log1p(-generator.random(share.size))
            places = np.flatnonzero(waiting)[taken]
            cosine[places] = drawn[taken]
            waiting[places] = False
        return cosine.reshape(size)
