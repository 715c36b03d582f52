"""Mixtures: a component is drawn with the weights as probabilities, then a value from it. McLachlan & Peel 2000."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar, Self

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.numeric.quadrature import quantile_marks
from bitsapart.families.parameter import SIMPLEX, Domain, checked
from bitsapart.families.statistic import Statistic
from bitsapart.families.support import Interval, Lattice, Points, Support
from bitsapart.families.unions import union
from bitsapart.values.errors import UsageError

MANY = 12
"""Components above which fewer landmarks of each are taken."""


class Mixture(Distribution):
    """Mixture of K distributions of numbers, or of vectors, with density sum w_k p_k(x); weights (..., K) sum to 1.

    The components are a list, of one family or several, whose batches broadcast with the weights' leading axes; or one
    batch whose last axis they are. Entropies and divergences have no closed form; numbers come with an error.

    >>> import bitsapart as ba
    >>> p = ba.Mixture([0.3, 0.7], [ba.Normal(-1.0, 0.6), ba.Normal(2.0, 1.0)])
    >>> q = ba.Mixture([0.5, 0.5], ba.Normal([0.0, 2.5], [1.0, 0.7]))
    >>> print(ba.kl_divergence(p, q, unit="nat"))
    0.0852739 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"weights": SIMPLEX}

    def __init__(self, weights: Any, components: Distribution | Sequence[Distribution]) -> None:
        given = checked("Mixture", "weights", weights, SIMPLEX)
        groups = _groups(components)
        count = sum(size for _, size in groups)
        if given.shape[-1] != count:
            raise UsageError(f"Mixture: there are {given.shape[-1]} weights and {count} components")
        events = {part.event_shape for part, _ in groups}
        if len(events) > 1:
            raise UsageError(f"Mixture: components should have values of one shape; got {sorted(events)}")
        shapes = [given.shape[:-1], *(part.batch_shape[:-1] for part, _ in groups)]
        try:
            batch = np.broadcast_shapes(*shapes)
        except ValueError as error:
            raise UsageError(f"Mixture: batches should broadcast; got shapes {shapes}") from error
        weights = given / given.sum(axis=-1, keepdims=True)
        weights.flags.writeable = False
        self.__dict__.update(weights=weights, groups=tuple(part for part, _ in groups), batch_shape=batch)
        self.__dict__["_support"] = self._union()

    weights: Array
    groups: tuple[Any, ...]
    """Components of one family each, on the last axis of their batch."""

    @property
    def components(self) -> list[Any]:
        """The components one by one, in the order of the weights."""
        every = (slice(None),) * len(self.batch_shape)
        spread = [group.broadcast_to((*self.batch_shape, group.batch_shape[-1])) for group in self.groups]
        return [group[(*every, i)] for group in spread for i in range(group.batch_shape[-1])]

    @property
    def parameters(self) -> dict[str, Any]:
        return {"weights": self.weights, "components": self.components}

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(self.groups[0].event_shape)

    @property
    def support(self) -> Support:
        found: Support = self.__dict__["_support"]
        return found

    def _union(self) -> Support:
        supports: list[Support] = []
        used: list[Any] = []
        for group, weights in self._weighted():
            own = group.support
            if not isinstance(own, (Interval, Lattice)):
                supports.append(own)
                used.append(np.asarray((weights > 0.0).any()))
                continue
            for i in range(weights.shape[-1]):
                low, high = (np.broadcast_to(end, group.batch_shape)[..., i] for end in (own.low, own.high))
                supports.append(type(own)(low, high) if type(own) in (Interval, Lattice) else own)
                used.append(weights[..., i] > 0.0)
        return union(supports, used)

    def _weighted(self) -> list[tuple[Any, Array]]:
        """Groups with their weights."""
        ends = np.cumsum([group.batch_shape[-1] for group in self.groups])[:-1]
        return list(zip(self.groups, np.split(self.weights, ends, axis=-1), strict=True))

    def _pieces(self) -> list[tuple[float, Any]]:
        """Weights and components of a single mixture."""
        return [(float(w), part) for w, part in zip(self.weights, self.components, strict=True)]

    def _of_components(self, name: str, x: Array) -> Array:
        """A method of every component at x: (..., *event) -> (..., K)."""
        spread = np.expand_dims(x, x.ndim - len(self.event_shape))
        found = [np.asarray(getattr(group, name)(spread)) for group in self.groups]
        shape = np.broadcast_shapes(*(values.shape[:-1] for values in found))
        return np.concatenate([np.broadcast_to(v, (*shape, v.shape[-1])) for v in found], axis=-1)

    def _log_parts(self, x: Array) -> Array:
        """Log w_k p_k at x."""
        with np.errstate(all="ignore"):
            return np.log(self.weights) + self._of_components("log_density", x)

    def _log_density(self, x: Array) -> Array:
        parts = self._log_parts(x)
        largest = parts.max(axis=-1)
        held = np.where(np.isfinite(largest), largest, 0.0)
        with np.errstate(all="ignore"):
            return np.log(np.exp(parts - held[..., np.newaxis]).sum(axis=-1)) + held

    def _log_ratio(self, q: "Mixture", x: Array) -> Array | None:
        """Log of q's density over this one's, from the ratios of paired components where those are known exactly."""
        if not all(
            type(own) is type(others) and own.batch_shape[-1] == others.batch_shape[-1] and hasattr(own, "_log_ratio")
            for own, others in zip(self.groups, q.groups, strict=False)
        ) or len(self.groups) != len(q.groups):
            return None
        spread = np.expand_dims(x, -1)
        ratios = [np.asarray(own._log_ratio(others, spread)) for own, others in zip(self.groups, q.groups, strict=True)]
        if any(ratio is None or ratio.dtype == object for ratio in ratios):
            return None
        parts = self._log_parts(x)
        share = np.exp(parts - self._log_density(x)[..., np.newaxis])
        change = np.expm1(np.concatenate(ratios, axis=-1) + np.log1p((q.weights - self.weights) / self.weights))
        step = np.where(share > 0.0, share * change, 0.0).sum(axis=-1)
        plain = q._log_density(x) - self._log_density(x)
        return np.where(np.abs(step) < 0.5, np.log1p(step), plain)

    def _weigh(self, values: Array) -> Array:
        """The weighted sum over the last axis, in which what has no weight does not count."""
        return np.where(self.weights > 0.0, self.weights * values, 0.0).sum(axis=-1)

    def _cdf(self, x: Array) -> Array:
        return self._weigh(self._of_components("_cdf", x))

    def _survival(self, x: Array) -> Array:
        return self._weigh(self._of_components("_survival", x))

    def _quantile(self, u: Array) -> Array:
        return self._root(u, "_quantile", lambda x, u: self._cdf(x) >= u)

    def _upper_quantile(self, u: Array) -> Array:
        return self._root(u, "_upper_quantile", lambda x, u: self._survival(x) <= u)

    def _root(self, u: Array, name: str, reached: Any) -> Array:
        """The least x at which a level is reached, by halving between the components' own."""
        u = np.broadcast_to(u, np.broadcast_shapes(np.shape(u), self.batch_shape))
        each = np.where(self.weights > 0.0, self._of_components(name, u), np.nan)
        low, high = np.nanmin(each, axis=-1), np.nanmax(each, axis=-1)
        if isinstance(self.support, Points):
            points = np.asarray(self.support.points)
            hits = np.stack([reached(np.broadcast_to(point, u.shape), u) for point in points])
            return np.where(hits.any(axis=0), points[hits.argmax(axis=0)], points[-1])
        whole = isinstance(self.support, Lattice)
        low = low - 1.0 if whole else low
        for _ in range(1100):
            middle = low + 0.5 * (high - low)
            middle = np.floor(middle) if whole else middle
            open_ = (middle > low) & (middle < high)
            if not open_.any():
                break
            hit = reached(middle, u)
            high = np.where(open_ & hit, middle, high)
            low = np.where(open_ & ~hit, middle, low)
        return np.where(np.isnan(u) | (u < 0.0) | (u > 1.0), np.nan, high)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        if not shape:
            return self._sample((1,), generator)[0]
        size = (*shape, *self.batch_shape)
        uniform = generator.random(size)[..., np.newaxis]
        bounds = np.cumsum(self.weights, axis=-1)[..., :-1]
        chosen = (uniform >= bounds).sum(axis=-1)
        event = (1,) * len(self.event_shape)
        drawn = np.zeros((*size, *self.event_shape))
        first = 0
        for group in self.groups:
            count = group.batch_shape[-1]
            here = (chosen >= first) & (chosen < first + count)
            if here.any():
                places = np.nonzero(here)
                batch = places[len(shape) :]
                spread = group.broadcast_to((*self.batch_shape, count))
                drawn[places] = spread[(*batch, chosen[here] - first)]._sample((), generator)
            first += count
        return drawn.reshape(*size, *self.event_shape) if event else drawn

    @property
    def mean(self) -> Any:
        """E X."""
        return self._average([np.asarray(group.mean) for group in self.groups])[()]

    @property
    def variance(self) -> Any:
        """Var X, of vectors that of every entry."""
        mean = np.asarray(self.mean)
        between = [
            np.asarray(group.variance) + (np.asarray(group.mean) - np.expand_dims(mean, len(self.batch_shape))) ** 2
            for group in self.groups
        ]
        return self._average(between)[()]

    @property
    def covariance(self) -> Any:
        """Cov X of vectors, of components that know theirs."""
        mean = np.expand_dims(np.asarray(self.mean), len(self.batch_shape))
        offsets = [np.asarray(group.mean) - mean for group in self.groups]
        between = [
            np.asarray(group.covariance) + offset[..., :, np.newaxis] * offset[..., np.newaxis, :]
            for group, offset in zip(self.groups, offsets, strict=True)
        ]
        return self._average(between, self.event_shape * 2)

    def _average(self, values: list[Array], event: tuple[int, ...] | None = None) -> Array:
        event = self.event_shape if event is None else event
        spread = [
            np.broadcast_to(value, (*self.batch_shape, group.batch_shape[-1], *event))
            for value, group in zip(values, self.groups, strict=True)
        ]
        weights = self.weights[(..., *[np.newaxis] * len(event))]
        axis = len(self.batch_shape)
        return np.where(weights > 0.0, weights * np.concatenate(spread, axis=axis), 0.0).sum(axis=axis)

    def moment(self, statistic: Statistic) -> Array | None:
        # arrays of the batch get the components' axis
        spread = {
            field.name: np.asarray(value)[..., np.newaxis]
            for field in fields(statistic)  # type: ignore[arg-type]
            if np.ndim(value := getattr(statistic, field.name))
        }
        asked = replace(statistic, **spread) if spread else statistic  # type: ignore[type-var]
        found = [group.moment(asked) for group in self.groups]
        return None if any(value is None for value in found) else self._average([np.asarray(v) for v in found])

    def breakpoints(self) -> list[Array]:
        found = []
        for group in self.groups:
            ends = [group.support.low, group.support.high] if isinstance(group.support, Interval) else []
            for points in [*group.breakpoints(), *ends]:
                spread = np.broadcast_to(points, group.batch_shape)
                found += [np.broadcast_to(spread[..., i], self.batch_shape) for i in range(spread.shape[-1])]
        return [point for point in found if np.isfinite(point).any()]

    def _landmarks(self) -> list[Array]:
        marks = self.breakpoints()
        for group in self.groups:
            own = getattr(group, "_landmarks", None)
            of_group = own() if own is not None else quantile_marks(group)
            # of many components the middle of each is enough: others lie beside it
            step = 1 if self.weights.shape[-1] <= MANY else max(1, len(of_group) // 4)
            for points in of_group[::step]:
                spread = np.broadcast_to(points, group.batch_shape)
                marks += [np.broadcast_to(spread[..., i], self.batch_shape) for i in range(spread.shape[-1])]
        return marks

    def standardised(self, location: Array, scale: Array) -> "Mixture | None":
        location, scale = (np.asarray(value)[..., np.newaxis] for value in (location, scale))
        moved = [group.standardised(location, scale) for group in self.groups]
        return None if any(group is None for group in moved) else _of_groups(self.weights, moved)

    def __getitem__(self, index: Any) -> Self:
        if not self.batch_shape:
            raise UsageError(f"{self} is one distribution, not a batch of them")
        weights = np.broadcast_to(self.weights, (*self.batch_shape, self.weights.shape[-1]))
        parts = _without_ellipsis(index, len(self.batch_shape))
        spread = [group.broadcast_to((*self.batch_shape, group.batch_shape[-1])) for group in self.groups]
        return _of_groups(weights[parts], [group[parts] for group in spread])  # type: ignore[return-value]

    def broadcast_to(self, shape: tuple[int, ...]) -> Self:
        if shape == self.batch_shape:
            return self
        spread = [group.broadcast_to((*shape, group.batch_shape[-1])) for group in self.groups]
        weights = np.broadcast_to(self.weights, (*shape, self.weights.shape[-1]))
        return _of_groups(weights, spread)  # type: ignore[return-value]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mixture):
            return NotImplemented
        return np.array_equal(self.weights, other.weights) and self.groups == other.groups

    def __hash__(self) -> int:
        return hash((Mixture, self.weights.tobytes(), self.groups))

    def __repr__(self) -> str:
        weights = np.array2string(self.weights, precision=6, separator=", ", threshold=9).replace("\n", "")
        return f"Mixture({weights}, [{', '.join(map(repr, self.components))}])"


def _of_groups(weights: Array, groups: list[Any]) -> Mixture:
    """A mixture of groups that are known to fit."""
    made = Mixture.__new__(Mixture)
    batch = np.broadcast_shapes(weights.shape[:-1], *(group.batch_shape[:-1] for group in groups))
    made.__dict__.update(weights=weights, groups=tuple(groups), batch_shape=batch)
    made.__dict__["_support"] = made._union()
    return made


def _groups(components: Any) -> list[tuple[Any, int]]:
    """Batches whose last axis are the components, and how many; neighbours of one family share a batch."""
    if isinstance(components, Distribution):
        if not components.batch_shape:
            raise UsageError(
                f"Mixture: components should be a list, or a batch whose last axis they are; got {components}"
            )
        return [(components, components.batch_shape[-1])]
    given = list(components)
    if not given:
        raise UsageError("Mixture: give at least one component")
    for i, part in enumerate(given):
        if not isinstance(part, Distribution):
            raise UsageError(f"Mixture: component {i} should be a distribution; got {part!r}")
    shape = np.broadcast_shapes(*(part.batch_shape for part in given))
    runs: list[list[Any]] = []
    for part in given:
        if runs and _alike(runs[-1][-1], part):
            runs[-1].append(part)
        else:
            runs.append([part])
    return [(_stacked(run, shape), len(run)) for run in runs]


def _alike(one: Distribution, other: Distribution) -> bool:
    """Whether two can lie in one batch."""
    same = type(one) is type(other) and one.event_shape == other.event_shape
    return same and set(one.parameters) == set(one.domains) and isinstance(one.support, (Interval, Lattice))


def _stacked(run: list[Any], shape: tuple[int, ...]) -> Any:
    if len(run) == 1:
        # the axes of an event, if any, come after that of the components
        every = (slice(None),) * len(shape)
        return run[0].broadcast_to((1, *shape))[(0, *every, np.newaxis)] if shape else run[0].broadcast_to((1,))
    parts = {}
    for name, domain in run[0].domains.items():
        values = []
        for part in run:
            value = np.asarray(getattr(part, name))
            event = value.shape[value.ndim - domain.event :]
            values.append(np.broadcast_to(value, (*shape, *event)))
        parts[name] = np.stack(values, axis=len(shape))
    return type(run[0])(**parts)


def _without_ellipsis(index: Any, axes: int) -> tuple[Any, ...]:
    """An index of the batch that leaves the axes behind it alone."""
    parts = index if isinstance(index, tuple) else (index,)
    if not any(part is Ellipsis for part in parts):
        return parts
    place = next(i for i, part in enumerate(parts) if part is Ellipsis)
    taken = sum(
        np.ndim(part) if np.asarray(part).dtype == bool else 1 for part in parts if part not in (Ellipsis, None)
    )
    return (*parts[:place], *(slice(None),) * (axes - taken), *parts[place + 1 :])
