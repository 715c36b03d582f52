"""A distribution of numbers of scipy.stats that is no family here: known by its methods, measured numerically."""

from typing import Any, ClassVar, Self

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.parameter import Domain
from bitsapart.families.support import Interval, Lattice, Support
from bitsapart.values.errors import UsageError


class Foreign(Distribution):
    """One of scipy's distributions, or a batch, that has no closed forms here."""

    domains: ClassVar[dict[str, Domain]] = {}

    def __init__(self, scipy: Any, batch_shape: tuple[int, ...] | None = None) -> None:
        low, high = (np.asarray(end, float) for end in scipy.support())
        with np.errstate(all="ignore"):
            own = np.shape(scipy.cdf(0.0))
        self.__dict__.update(
            scipy=scipy,
            discrete=_discrete(scipy),
            low=low,
            high=high,
            own_shape=own,
            batch_shape=own if batch_shape is None else batch_shape,
        )

    own_shape: tuple[int, ...]
    """That of the parameters; a single distribution can stand for a batch of equal ones."""
    scipy: Any
    discrete: bool
    low: Array
    high: Array

    @property
    def parameters(self) -> dict[str, Any]:
        return {"scipy": self.scipy}

    @property
    def support(self) -> Support:
        return (Lattice if self.discrete else Interval)(self.low, self.high)

    def _log_density(self, x: Array) -> Array:
        return np.asarray(self.scipy.logpmf(x) if self.discrete else self.scipy.logpdf(x))

    def _cdf(self, x: Array) -> Array:
        return np.asarray(self.scipy.cdf(x))

    def _survival(self, x: Array) -> Array:
        return np.asarray(self._either("sf", "ccdf")(x))

    def _quantile(self, u: Array) -> Array:
        return np.asarray(self._either("ppf", "icdf")(u))

    def _upper_quantile(self, u: Array) -> Array:
        return np.asarray(self._either("isf", "iccdf")(u))

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        if hasattr(self.scipy, "rvs"):
            return np.asarray(self.scipy.rvs(size=(*shape, *self.batch_shape), random_state=generator), float)
        return np.asarray(self.scipy.sample(shape, rng=generator), float)

    def _either(self, old: str, new: str) -> Any:
        return getattr(self.scipy, old if hasattr(self.scipy, old) else new)

    def _frozen(self) -> Any:
        return self.scipy

    @property
    def mean(self) -> Any:
        """E X as scipy has it."""
        return np.asarray(self.scipy.mean())[()]

    @property
    def variance(self) -> Any:
        """Var X as scipy has it."""
        return np.asarray(self._either("var", "variance")())[()]

    def broadcast_to(self, shape: tuple[int, ...]) -> Self:
        """The same as a batch of that shape."""
        if shape == self.batch_shape:
            return self
        return type(self)(
            self.scipy if not self.own_shape else self._changed(lambda x: np.broadcast_to(x, shape)), shape
        )

    def __getitem__(self, index: Any) -> Self:
        """Some of a batch."""
        if not self.batch_shape:
            raise UsageError(f"{self} is one distribution, not a batch of them")
        shape = np.empty(self.batch_shape)[index].shape
        if not self.own_shape:
            return type(self)(self.scipy, shape)
        return type(self)(self._changed(lambda x: np.broadcast_to(x, self.batch_shape)[index]), shape)

    def _changed(self, change: Any) -> Any:
        """The distribution with its parameters changed."""
        if not hasattr(self.scipy, "kwds"):
            raise UsageError(f"a batch of {self!r} cannot be divided: give its distributions one by one")
        dist = self.scipy.dist
        shapes, loc, scale = dist._parse_args(*self.scipy.args, **self.scipy.kwds)
        moved = {"loc": change(np.asarray(loc))} | ({} if self.discrete else {"scale": change(np.asarray(scale))})
        return dist(*(change(np.asarray(shape)) for shape in shapes), **moved)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Foreign) or self.batch_shape != other.batch_shape:
            return False
        return self.scipy is other.scipy or (self._key() is not None and self._key() == other._key())

    def __hash__(self) -> int:
        key = self._key()
        return id(self.scipy) if key is None else hash(key)

    def _key(self) -> Any:
        """What two frozen distributions that are equal share."""
        if not hasattr(self.scipy, "kwds"):
            return None
        dist = self.scipy.dist
        shapes, loc, scale = dist._parse_args(*self.scipy.args, **self.scipy.kwds)
        return type(dist), dist.name, *(np.asarray(x, float).tobytes() for x in (*shapes, loc, scale))

    def __repr__(self) -> str:
        name = getattr(getattr(self.scipy, "dist", None), "name", None)
        return f"scipy.stats.{name}" if name else repr(self.scipy)


def _discrete(scipy: Any) -> bool:
    """Of the new infrastructure, densities have a ``logpmf`` too."""
    if hasattr(scipy, "kwds"):
        return hasattr(scipy.dist, "_pmf")
    return any(kind.__name__ == "DiscreteDistribution" for kind in type(scipy).__mro__)
