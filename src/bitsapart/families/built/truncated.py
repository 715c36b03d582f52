"""A distribution given that it lies between two ends. Johnson, Kotz & Balakrishnan 1994, chapter 10.1."""

from typing import Any, ClassVar, Self

import numpy as np

from bitsapart.families.distribution import Array, Distribution, shown
from bitsapart.families.parameter import ANY, Domain
from bitsapart.families.support import Interval, Lattice, Support
from bitsapart.values.errors import UsageError

CANCELLED = 1e-3
"""Mass, as a part of the tail probabilities that it is the difference of, below which the density is integrated."""


class Truncated(Distribution):
    """Distribution of X given low <= X <= high, with density p(x) / P(low <= X <= high), for a base of numbers.

    The base may be one of whole numbers. An end may be infinite; the ends and the base's batch broadcast. Divergences
    are integrated, or summed.

    >>> import bitsapart as ba
    >>> p, q = ba.Truncated(ba.Normal(0.0, 1.0), 0.0, 1.0), ba.Truncated(ba.Normal(1.0, 1.0), 0.0, 2.0)
    >>> print(ba.kl_divergence(p, q, unit="nat"))
    0.733285 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"low": ANY, "high": ANY}

    def __init__(self, base: Distribution, low: Any = -np.inf, high: Any = np.inf) -> None:
        if not isinstance(base, Distribution) or not isinstance(base.support, (Interval, Lattice)):
            raise UsageError(f"Truncated: the base should be a distribution of numbers; got {base!r}")
        self._set(low=low, high=high)
        try:
            batch = np.broadcast_shapes(self.batch_shape, base.batch_shape)
        except ValueError as error:
            raise UsageError(f"Truncated: the batch of {base!r} should broadcast with the ends") from error
        self.__dict__.update(base=base, batch_shape=batch)
        with np.errstate(all="ignore"):
            self._measure()

    low: Array
    high: Array
    base: Any
    log_mass: Array
    """log P(low <= X <= high)."""
    upper: Array
    """Whether tail probabilities are those of the upper tail, the smaller."""
    edge: Array
    """The tail probability outside, at the end towards the middle of the other tail: P(X < low), or P(X > high)."""

    @property
    def parameters(self) -> dict[str, Any]:
        return {"base": self.base, "low": self.low, "high": self.high}

    @property
    def support(self) -> Support:
        own = self.base.support
        low, high = np.maximum(own.low, self.low), np.minimum(own.high, self.high)
        return Lattice(np.ceil(low), np.floor(high)) if isinstance(own, Lattice) else Interval(low, high)

    def _measure(self) -> None:
        support: Any = self.support
        whole = isinstance(support, Lattice)
        below = support.low - 1.0 if whole else support.low
        shape = self.batch_shape
        left, right = (
            np.broadcast_to(self.base._cdf(end), shape)
            for end in (np.asarray(below, float), np.asarray(support.high, float))
        )
        outside_left, outside_right = (
            np.broadcast_to(self.base._survival(end), shape)
            for end in (np.asarray(below, float), np.asarray(support.high, float))
        )
        upper = left > 0.5
        mass = np.where(upper, outside_left - outside_right, right - left)
        log_mass = np.log(mass)
        self.__dict__.update(upper=upper, edge=np.where(upper, outside_right, left), log_mass=np.zeros(shape))
        larger = np.where(upper, outside_left, right)
        small = (mass < CANCELLED * larger) & np.isfinite(support.high - support.low) & (support.low < support.high)
        if not whole and small.any():
            from bitsapart.families.numeric.quadrature import integral

            found = integral(self, lambda x, _log_p: np.ones_like(x), normalised=False)
            log_mass = np.where(small, np.log(found.value), log_mass)
        if not np.isfinite(log_mass).all():
            raise UsageError(f"Truncated: {self.base!r} has no mass from {_first(self.low)} to {_first(self.high)}")
        self.__dict__["log_mass"] = log_mass

    def _log_density(self, x: Array) -> Array:
        return self.base._log_density(x) - self.log_mass

    def _tail(self, x: Array) -> tuple[Array, Array]:
        """P(X <= x) and P(X > x)."""
        support: Any = self.support
        mass = np.exp(self.log_mass)
        inside = np.clip(x, support.low, support.high)
        below = np.where(
            self.upper,
            1.0 - (self.base._survival(inside) - self.edge) / mass,
            (self.base._cdf(inside) - self.edge) / mass,
        )
        above = np.where(
            self.upper,
            (self.base._survival(inside) - self.edge) / mass,
            1.0 - (self.base._cdf(inside) - self.edge) / mass,
        )
        low, high = x < support.low, x >= support.high
        below = np.where(low, 0.0, np.where(high, 1.0, np.clip(below, 0.0, 1.0)))
        return below, np.where(low, 1.0, np.where(high, 0.0, np.clip(above, 0.0, 1.0)))

    def _cdf(self, x: Array) -> Array:
        return self._tail(x)[0]

    def _survival(self, x: Array) -> Array:
        return self._tail(x)[1]

    def _quantile(self, u: Array) -> Array:
        return self._at(u, 1.0 - u)

    def _upper_quantile(self, u: Array) -> Array:
        return self._at(1.0 - u, u)

    def _at(self, below: Array, above: Array) -> Array:
        support: Any = self.support
        mass = np.exp(self.log_mass)
        found = np.where(
            self.upper,
            self.base._upper_quantile(self.edge + above * mass),
            self.base._quantile(self.edge + below * mass),
        )
        return np.clip(found, support.low, support.high)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return self._quantile(generator.random((*shape, *self.batch_shape)))

    def _landmarks(self) -> list[Array]:
        from bitsapart.families.numeric.quadrature import landmarks, quantile_marks

        marks = landmarks(self.base.broadcast_to(self.batch_shape))
        return [*marks, *(quantile_marks(self) if np.any(self.log_mass) else [])]

    def breakpoints(self) -> list[Array]:
        return list(self.base.breakpoints())

    @property
    def mean(self) -> Any:
        """E X."""
        return self._expected(lambda x: x)

    @property
    def variance(self) -> Any:
        """Var X."""
        # the square is taken about the middle, not about 0
        mean = np.asarray(self.mean)
        return self._expected(lambda x, center: (x - center) ** 2, mean)

    def _expected(self, function: Any, *parameters: Array) -> Any:
        if isinstance(self.support, Interval):
            from bitsapart.families.numeric.quadrature import integral

            return integral(self, lambda x, _log_p, *held: function(x, *held), *parameters).value[()]
        from bitsapart.families.numeric.sums import expectation

        return expectation(self, function, *parameters).value[()]

    def __getitem__(self, index: Any) -> Self:
        if not self.batch_shape:
            raise UsageError(f"{self} is one distribution, not a batch of them")
        low, high = (np.broadcast_to(end, self.batch_shape)[index] for end in (self.low, self.high))
        return self._with(self.base.broadcast_to(self.batch_shape)[index], low, high, lambda x: x[index])

    def broadcast_to(self, shape: tuple[int, ...]) -> Self:
        if shape == self.batch_shape:
            return self
        low, high = (np.broadcast_to(end, shape) for end in (self.low, self.high))
        return self._with(self.base.broadcast_to(shape), low, high, lambda x: np.broadcast_to(x, shape))

    def _with(self, base: Any, low: Array, high: Array, change: Any) -> Self:
        """Some or all of a batch, with the masses that are known."""
        made = type(self).__new__(type(self))
        known = {
            name: change(np.broadcast_to(getattr(self, name), self.batch_shape))
            for name in ("log_mass", "upper", "edge")
        }
        made.__dict__.update(base=base, low=low, high=high, batch_shape=base.batch_shape, **known)
        return made

    def __repr__(self) -> str:
        return f"Truncated({self.base!r}, low={shown(self.low)}, high={shown(self.high)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Truncated):
            return NotImplemented
        return self.base == other.base and np.array_equal(self.low, other.low) and np.array_equal(self.high, other.high)

    def __hash__(self) -> int:
        return hash((Truncated, self.base, np.asarray(self.low).tobytes(), np.asarray(self.high).tobytes()))


def _first(ends: Array) -> str:
    return ", ".join(f"{end:g}" for end in np.unique(ends)[:3])
