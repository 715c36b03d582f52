"""A distribution as a formula: what every family has, whatever is known about it in closed form.

A family supplies its parts, the methods with a leading underscore and ``moment``, ``support``; everything public is
final here and in ``exponential_family``. Parameters are arrays of float64 that broadcast: one object can be a batch.
"""

import math
from abc import ABC, abstractmethod
from functools import cached_property
from operator import index
from typing import Any, ClassVar, Self

import numpy as np

from bitsapart.families.parameter import Domain, checked
from bitsapart.families.statistic import Deviation, Power, Statistic
from bitsapart.families.support import Lattice, Support
from bitsapart.values.codec import decode_float, encode
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Array = Any


class Distribution(ABC):
    """A distribution, or a batch of them. It is a value: it prints itself, compares, and does not change.

    Every public method takes values x of shape (..., *event_shape), whose leading axes broadcast with batch_shape.
    """

    domains: ClassVar[dict[str, Domain]]
    """Parameters by name, in the order of the constructor, and where each may lie."""

    def _set(self, **given: Any) -> None:
        """Keep the parameters, checked; for constructors."""
        family = type(self).__name__
        kept = {name: checked(family, name, value, self.domains[name]) for name, value in given.items()}
        shapes = {name: value.shape[: value.ndim - self.domains[name].event] for name, value in kept.items()}
        try:
            batch = np.broadcast_shapes(*shapes.values())
        except ValueError as error:
            said = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise UsageError(f"{family}: parameters of a batch should broadcast; got shapes {said}") from error
        for value in kept.values():
            value.flags.writeable = False
        self.__dict__.update(kept, batch_shape=batch)

    batch_shape: tuple[int, ...]

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is a value: make another one instead of setting its {name}")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.domains}

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one value; () for numbers."""
        return ()

    @property
    @abstractmethod
    def support(self) -> Support:
        """Where the mass is."""

    # what is known in closed form: parts of a family

    @abstractmethod
    def _log_density(self, x: Array) -> Array:
        """Log density (or probability) in nats at values that lie in the support; (..., *event) -> (...)."""

    def _entropy(self) -> Array | None:
        """Entropy in nats, stable at extreme parameters, or None where it has no closed form."""
        return None

    def _kl_divergence(self, _q: Any) -> Array | None:
        """KL(self || q) in nats for a q of the very same class, or None where there is no closed form.

        It must be computed without cancellation: relative error about 1e-15 however close the two are. That q's support
        may be smaller is checked before. Infinite is a legal answer.
        """
        return None

    def moment(self, _statistic: Statistic) -> Array | None:
        """The expectation of a statistic in closed form, infinite or nan (undefined) included; None if not known."""
        return None

    def breakpoints(self) -> list[Array]:
        """Values inside the support at which the log density has a kink or a jump; arrays of the batch."""
        return []

    def standardised(self, _location: Array, _scale: Array) -> "Distribution | None":
        """The distribution of (X - location) / scale where that is a member of a family too; else None.

        The location is subtracted from the family's own before anything else is computed with it.
        """
        return None

    def _frozen(self) -> Any:
        """The same distribution in scipy.stats, with cdf, sf, ppf, isf, rvs, mean and var."""
        raise NotImplementedError

    def _cdf(self, x: Array) -> Array:
        return np.asarray(self._frozen().cdf(x))

    def _survival(self, x: Array) -> Array:
        return np.asarray(self._frozen().sf(x))

    def _quantile(self, u: Array) -> Array:
        return np.asarray(self._frozen().ppf(u))

    def _upper_quantile(self, u: Array) -> Array:
        return np.asarray(self._frozen().isf(u))

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Draws of shape (*shape, *batch, *event)."""
        size = (*shape, *self.batch_shape, *self.event_shape)
        return np.asarray(self._frozen().rvs(size=size, random_state=generator), float)

    # what everyone can ask

    def log_density(self, x: Any) -> Any:
        """Log density at x in nats (log probability, where x is discrete): -inf outside the support.

        >>> import bitsapart as ba
        >>> float(ba.Normal(0.0, 1.0).log_density(0.0))
        -0.9189...
        """
        values = self._values(x)
        with np.errstate(all="ignore"):
            inside = np.asarray(self.support.holds(values))
            found = np.where(inside, self._log_density(values), -np.inf)
            unknown = np.isnan(values).reshape(*values.shape[: values.ndim - len(self.event_shape)], -1).any(axis=-1)
        return np.where(unknown, np.nan, found)[()]

    def cdf(self, x: Any) -> Any:
        """P(X <= x)."""
        return self._of_number("cdf", x)

    def survival(self, x: Any) -> Any:
        """P(X > x), exact in the upper tail where 1 - cdf is not."""
        return self._of_number("survival", x)

    def quantile(self, u: Any) -> Any:
        """The least x with P(X <= x) >= u."""
        found = self._of_number("quantile", u)
        return np.maximum(found, self.support.low)[()] if isinstance(self.support, Lattice) else found

    def upper_quantile(self, u: Any) -> Any:
        """The x with P(X > x) = u, exact for tiny u."""
        return self._of_number("upper_quantile", u)

    def sample(self, size: int | tuple[int, ...] = (), *, seed: Any = 0) -> Any:
        """Draws of shape (*size, *batch_shape, *event_shape); ``seed`` is a number or a NumPy generator."""
        try:
            shape = tuple(map(index, size)) if isinstance(size, tuple | list) else (index(size),)
        except TypeError as error:
            raise UsageError(f"size should be a whole number, or several; got {size!r}") from error
        if min(shape, default=0) < 0:
            raise UsageError(f"size should not be negative; got {size!r}")
        return self._sample(shape, np.random.default_rng(seed))[()]

    @cached_property
    def mean(self) -> Any:
        """E X; nan where it does not exist."""
        found = self.moment(Power(1.0))
        return np.asarray(self._computed("mean", lambda x: x) if found is None else found)[()]

    @cached_property
    def variance(self) -> Any:
        """Var X; infinite or nan where it does not exist."""
        found = self.moment(Deviation(self.mean, 2.0))
        spread = np.asarray(
            self._computed("var", lambda x, mean: (x - mean) ** 2, self.mean) if found is None else found
        )
        # where there is no mean, there is nothing to vary about
        return np.where(np.isnan(self.mean), np.nan, spread)[()]

    def _computed(self, name: str, function: Any, *parameters: Array) -> Array:
        """A moment as scipy has it, or by quadrature of a density that scipy does not have."""
        try:
            return np.asarray(getattr(self._frozen(), name)())
        except NotImplementedError:
            from bitsapart.families.numeric.quadrature import integral

            return np.asarray(integral(self, lambda x, _log_p, *held: function(x, *held), *parameters).value)

    def entropy(self, unit: str | Unit = "bit") -> Any:
        """Entropy as an Estimate (Estimates of a batch), of a density the differential entropy, which can be negative.

        >>> import bitsapart as ba
        >>> print(ba.Normal(0.0, 1.0).entropy())
        2.0471 bits
        """
        from bitsapart.families.verbs import entropy

        return entropy(self, unit=unit)

    def _values(self, x: Any) -> Array:
        try:
            values = np.asarray(x, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{type(self).__name__}: x should be numbers; got {x!r}") from error
        event = self.event_shape
        if values.shape[values.ndim - len(event) :] != event or values.ndim < len(event):
            raise UsageError(f"{type(self).__name__}: x of shape {values.shape} should end in {event}")
        return values

    def _of_number(self, name: str, x: Any) -> Any:
        if self.event_shape:
            raise UsageError(f"{type(self).__name__} is a distribution in several dimensions and has no {name}")
        with np.errstate(all="ignore"):
            return np.asarray(getattr(self, f"_{name}")(self._values(x)))[()]

    def to_document(self) -> dict[str, Any]:
        """The family's name and the parameters, as JSON can hold them."""
        return {"family": type(self).__name__, "parameters": {k: _written(v) for k, v in self.parameters.items()}}

    @staticmethod
    def from_document(document: dict[str, Any]) -> "Distribution":
        """The distribution that ``to_document`` wrote."""
        from bitsapart.families.registry import family

        parameters = {name: _read(value) for name, value in document["parameters"].items()}
        found: Distribution = family(document["family"])(**parameters)
        return found

    def __getitem__(self, places: Any) -> Self:
        """Some of a batch."""
        if not self.batch_shape:
            raise UsageError(f"{self} is one distribution, not a batch of them")
        taken = {}
        for name, value in self.parameters.items():
            event = value.shape[value.ndim - self.domains[name].event :]
            taken[name] = np.broadcast_to(value, (*self.batch_shape, *event))[places]
        return type(self)(**taken)

    def broadcast_to(self, shape: tuple[int, ...]) -> Self:
        """The same as a batch of that shape."""
        if shape == self.batch_shape:
            return self
        spread = {}
        for name, value in self.parameters.items():
            event = value.shape[value.ndim - self.domains[name].event :]
            spread[name] = np.broadcast_to(value, (*shape, *event))
        return type(self)(**spread)

    def __len__(self) -> int:
        if not self.batch_shape:
            raise TypeError(f"{self} is one distribution, not a batch of them")
        return self.batch_shape[0]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        own, others = self.parameters, other.parameters
        return all(np.array_equal(own[name], others[name]) for name in own)

    def __hash__(self) -> int:
        return hash((type(self), *(np.asarray(value).tobytes() for value in self.parameters.values())))

    def __format__(self, form: str) -> str:
        return format(repr(self), form)

    def __repr__(self) -> str:
        said = (f"{name}={shown(value)}" for name, value in self.parameters.items())
        return f"{type(self).__name__}({', '.join(said)})"


def shown(value: Any) -> str:
    """A parameter in short."""
    array = np.asarray(value)
    if array.ndim == 0:
        number = float(array)
        return f"{number:.0f}" if abs(number) < 1e6 and number == math.floor(number) else f"{number:.6g}"
    if array.size <= 9:
        return np.array2string(array, precision=6, separator=", ").replace("\n", "")
    return f"<array of shape {array.shape}>"


def _written(value: Any) -> Any:
    """A parameter as JSON can hold it."""
    if isinstance(value, Distribution):
        return value.to_document()
    if isinstance(value, tuple | list):
        return [_written(part) for part in value]
    return encode(value.tolist() if isinstance(value, np.ndarray | np.generic) else value)


def _read(value: Any) -> Any:
    """A parameter as it was."""
    if isinstance(value, dict):
        return Distribution.from_document(value) if "family" in value else decode_float(value)
    return [_read(part) for part in value] if isinstance(value, list) else value
