"""What a strictly monotone map makes of a distribution that has a density; the maps are those of its subclasses.

density    p(x) / |f'(x)| at y = f(x)            KL(f(X) || f(Y)) = KL(X || Y)
"""

from abc import abstractmethod
from typing import Any, Self

import numpy as np

from bitsapart.families.distribution import Array, Distribution, shown
from bitsapart.families.found import Found
from bitsapart.values.errors import UsageError


class Image(Distribution):
    """The distribution of f(X) for X of a base."""

    base: Any

    def _keep(self, base: Distribution) -> None:
        """Keep the base, whose batch broadcasts with that of the map; for constructors."""
        try:
            batch = np.broadcast_shapes(getattr(self, "batch_shape", ()), base.batch_shape)
        except ValueError as error:
            raise UsageError(f"{type(self).__name__}: the batch of {base!r} should broadcast with the rest") from error
        self.__dict__.update(base=base, batch_shape=batch)

    @abstractmethod
    def _forward(self, x: Array) -> Array:
        """The value y = f(x)."""

    @abstractmethod
    def _backward(self, y: Array) -> Array:
        """The x with f(x) = y."""

    @abstractmethod
    def _log_slope(self, x: Array) -> Array:
        """Log |f'(x)|."""

    @abstractmethod
    def _rising(self) -> Array:
        """Where f rises."""

    @property
    def parameters(self) -> dict[str, Any]:
        return {"base": self.base, **super().parameters}

    def _log_density(self, x: Array) -> Array:
        at = self._backward(x)
        found = self.base._log_density(at) - self._log_slope(at)
        # so far out that the map has left the numbers, nothing is left of a density
        return np.where(np.isnan(found) & np.isinf(at) & np.isfinite(x), -np.inf, found)

    def _log_ratio(self, q: "Image", x: Array) -> Array | None:
        """Of two images under one map, the ratio at the base."""
        known = type(self.base) is type(q.base) and hasattr(self.base, "_log_ratio")
        return self.base._log_ratio(q.base, self._backward(x)) if known and self._same_map(q) else None

    def _same_map(self, q: "Image") -> bool:
        own, others = super().parameters, super(Image, q).parameters
        return all(np.array_equal(own[name], others[name]) for name in own)

    def _kl_divergence(self, q: "Image") -> Found | None:
        from bitsapart.families.divergence import kl_divergence

        return kl_divergence(self.base, q.base) if self._same_map(q) else None

    def _cdf(self, x: Array) -> Array:
        at = self._backward(x)
        found = self._by_direction(lambda: self.base._cdf(at), lambda: self.base._survival(at))
        return self._beyond(x, 0.0, found, 1.0)

    def _survival(self, x: Array) -> Array:
        at = self._backward(x)
        found = self._by_direction(lambda: self.base._survival(at), lambda: self.base._cdf(at))
        return self._beyond(x, 1.0, found, 0.0)

    def _beyond(self, x: Array, below: float, found: Array, above: float) -> Array:
        """What was found, but beyond the ends of the support, where the map may have no inverse."""
        support: Any = self.support
        return np.where(x < support.low, below, np.where(x > support.high, above, found))

    def _quantile(self, u: Array) -> Array:
        return self._forward(self._by_direction(lambda: self.base._quantile(u), lambda: self.base._upper_quantile(u)))

    def _upper_quantile(self, u: Array) -> Array:
        return self._forward(self._by_direction(lambda: self.base._upper_quantile(u), lambda: self.base._quantile(u)))

    def _by_direction(self, rising: Any, falling: Any) -> Array:
        up = np.asarray(self._rising())
        if up.all():
            return np.asarray(rising())
        return np.asarray(falling()) if not up.any() else np.where(up, rising(), falling())

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        spread = self.base.broadcast_to(self.batch_shape)
        return np.asarray(self._forward(spread._sample(shape, generator)))

    def breakpoints(self) -> list[Array]:
        return [self._forward(point) for point in self.base.breakpoints()]

    def _landmarks(self) -> list[Array]:
        from bitsapart.families.numeric.quadrature import landmarks

        spread = self.base.broadcast_to(self.batch_shape)
        return list(self._forward(landmarks(spread)))

    def __getitem__(self, index: Any) -> Self:
        if not self.batch_shape:
            raise UsageError(f"{self} is one distribution, not a batch of them")
        own = {name: np.broadcast_to(value, self.batch_shape)[index] for name, value in super().parameters.items()}
        return self._made(self.base.broadcast_to(self.batch_shape)[index], own)

    def broadcast_to(self, shape: tuple[int, ...]) -> Self:
        if shape == self.batch_shape:
            return self
        own = {name: np.broadcast_to(value, shape) for name, value in super().parameters.items()}
        return self._made(self.base.broadcast_to(shape), own)

    @abstractmethod
    def _made(self, base: Any, own: dict[str, Any]) -> Self:
        """Another one of the same map."""

    def __repr__(self) -> str:
        own = ", ".join(f"{name}={shown(value)}" for name, value in self.parameters.items() if name != "base")
        return f"{type(self).__name__}({self.base!r}, {own})"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return bool(self.base == other.base) and self._same_map(other)

    def __hash__(self) -> int:
        return hash((type(self), self.base, *(str(value) for value in super().parameters.values())))
