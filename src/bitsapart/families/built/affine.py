"""A distribution moved and scaled: location + scale X. Casella & Berger 2002, chapter 3.5."""

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from bitsapart.families.built.image import Image
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.parameter import REAL, Domain
from bitsapart.families.statistic import Deviation, Power, Statistic
from bitsapart.families.support import Interval, Support
from bitsapart.values.errors import UsageError

NONZERO = Domain("a finite number other than 0", lambda x: np.isfinite(x) & (x != 0.0))


class Affine(Image):
    """Distribution of location + scale X for X of a base with a density; scale may be negative.

    KL(location + scale X || location + scale Y) = KL(X || Y).

    >>> import bitsapart as ba
    >>> celsius = ba.Gamma(3.0, 0.2)
    >>> fahrenheit = ba.Affine(celsius, 32.0, 1.8)
    >>> print(ba.kl_divergence(fahrenheit, ba.Affine(ba.Gamma(2.0, 0.2), 32.0, 1.8), unit="nat"))
    0.229637 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"location": REAL, "scale": NONZERO}

    def __init__(self, base: Distribution, location: Any = 0.0, scale: Any = 1.0) -> None:
        if not isinstance(base, Distribution) or not isinstance(base.support, Interval):
            raise UsageError(f"Affine: the base should be a distribution of numbers with a density; got {base!r}")
        self._set(location=location, scale=scale)
        self._keep(base)

    location: Array
    scale: Array

    def _made(self, base: Any, own: dict[str, Any]) -> Self:
        return type(self)(base, **own)

    def _forward(self, x: Array) -> Array:
        return self.location + self.scale * x

    def _backward(self, y: Array) -> Array:
        return (y - self.location) / self.scale

    def _log_slope(self, x: Array) -> Array:
        return np.log(np.abs(self.scale)) + 0.0 * x

    def _rising(self) -> Array:
        return self.scale > 0.0

    @property
    def support(self) -> Support:
        own = self.base.support
        ends = self._forward(np.asarray(own.low)), self._forward(np.asarray(own.high))
        return Interval(np.minimum(*ends), np.maximum(*ends))

    def _entropy(self) -> Found:
        from bitsapart.families.divergence import entropy

        found = entropy(self.base)
        spread = found.each(lambda field: np.broadcast_to(field, self.batch_shape))
        return replace(spread, value=spread.value + np.log(np.abs(self.scale)))

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k) if np.all(np.equal(k, 1.0)):
                return np.broadcast_to(self._forward(np.asarray(self.base.mean)), self.batch_shape)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return self.variance + (self.mean - center) ** 2
        return None

    @property
    def variance(self) -> Any:
        """Var Y."""
        return np.broadcast_to(self.scale**2 * self.base.variance, self.batch_shape)[()]

    def standardised(self, location: Array, scale: Array) -> "Affine":
        return Affine(self.base, (self.location - location) / scale, self.scale / scale)
