"""Independent entries: a vector whose entries have distributions of their own. Cover & Thomas 2006, chapter 2.5."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.normal import Normal
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.families.parameter import Domain
from bitsapart.families.support import Entries, Support
from bitsapart.values.errors import UsageError

KINDS = ("exact", "bound", "confidence", "unknown")
"""From the best to the worst: a sum is as good as the worst of its terms."""


class Product(Distribution):
    """Vectors of independent entries, of which entry i has the distribution of numbers ``parts[i]``.

    Entropies and divergences of two products are sums over their entries. The parts' batches broadcast; n independent
    draws of one distribution are ``Product([p] * n)``.

    >>> import bitsapart as ba
    >>> p = ba.Product([ba.Normal(0.0, 1.0), ba.Poisson(1.0)])
    >>> print(ba.kl_divergence(p, ba.Product([ba.Normal(1.0, 1.0), ba.Poisson(2.0)]), unit="nat"))
    0.806853 nats
    """

    domains: ClassVar[dict[str, Domain]] = {}

    def __init__(self, parts: Sequence[Distribution]) -> None:
        given = tuple(parts)
        if not given:
            raise UsageError("Product: give at least one distribution")
        for i, part in enumerate(given):
            if not isinstance(part, Distribution):
                raise UsageError(f"Product: part {i} should be a distribution; got {part!r}")
            if part.event_shape:
                raise UsageError(f"Product: part {i} should be a distribution of numbers; {part} is one of vectors")
        try:
            batch = np.broadcast_shapes(*(part.batch_shape for part in given))
        except ValueError as error:
            said = ", ".join(str(part.batch_shape) for part in given)
            raise UsageError(f"Product: batches of parts should broadcast; got shapes {said}") from error
        # a part that occurs many times stays one object
        spread = {id(part): part.broadcast_to(batch) for part in given}
        self.__dict__.update(parts=tuple(spread[id(part)] for part in given), batch_shape=batch)

    parts: tuple[Distribution, ...]

    @property
    def parameters(self) -> dict[str, Any]:
        return {"parts": self.parts}

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (len(self.parts),)

    @property
    def support(self) -> Support:
        return Entries(tuple(self._each(lambda part: part.support)))

    @property
    def mean(self) -> Any:
        """E x."""
        return np.stack(self._each(lambda part: self._whole(part.mean)), axis=-1)

    @property
    def variance(self) -> Any:
        """Var x_i."""
        return np.stack(self._each(lambda part: self._whole(part.variance)), axis=-1)

    @property
    def covariance(self) -> Any:
        """Cov x, a diagonal matrix."""
        return np.where(np.eye(len(self.parts), dtype=bool), self.variance[..., np.newaxis], 0.0)

    def _whole(self, value: Any) -> Array:
        return np.broadcast_to(value, self.batch_shape)

    def _each(self, function: Callable[[Distribution], Any]) -> list[Any]:
        """A function of every part, called once for a part that occurs many times."""
        found = {key: function(part) for key, part in {id(part): part for part in self.parts}.items()}
        return [found[id(part)] for part in self.parts]

    def _log_density(self, x: Array) -> Array:
        return sum(part.log_density(x[..., i]) for i, part in enumerate(self.parts))

    def _entropy(self) -> Found:
        from bitsapart.families.divergence import entropy

        return total(self._each(entropy))

    def _kl_divergence(self, q: "Product") -> Found:
        from bitsapart.families.divergence import kl_divergence

        return self._of_pairs(kl_divergence, q)

    def _renyi_divergence(self, q: "Product", alpha: float) -> Found:
        from bitsapart.families.orders import renyi_divergence

        return self._of_pairs(lambda own, other: renyi_divergence(own, other, alpha), q)

    def _of_pairs(self, function: Callable[[Distribution, Distribution], Found], q: "Product") -> Found:
        """The sum over the entries, with one call for a pair that occurs many times."""
        pairs = list(zip(self.parts, q.parts, strict=True))
        found = {(id(p), id(q)): function(p, q) for p, q in {(id(p), id(q)): (p, q) for p, q in pairs}.values()}
        return total([found[id(p), id(q)] for p, q in pairs])

    def _kl_divergence_from(self, p: Distribution) -> Found | None:
        """KL(p || self) of a P of another class that has marginals p_i: its total correlation + sum KL(p_i || q_i)."""
        marginals: Any = getattr(p, "_marginals", None)
        if marginals is None:
            return None
        from bitsapart.families.divergence import entropy, kl_divergence

        own = marginals()
        known: Any = getattr(p, "_total_correlation", None)
        if known is not None:
            correlation = Found.of(known(), "closed form")
        else:
            joint, apart = entropy(p), total([entropy(part) for part in own])
            correlation = total([apart, replace(joint, value=-joint.value)])
        return total([*(kl_divergence(part, other) for part, other in zip(own, self.parts, strict=True)), correlation])

    def _as_multivariate_normal(self) -> MultivariateNormal | None:
        """The same distribution, where every entry is normal."""
        if not all(isinstance(part, Normal) for part in self.parts):
            return None
        return MultivariateNormal(self.mean, self.covariance)

    def _from_uniform(self, u: Array) -> Array:
        return np.stack([part._quantile(u[..., i]) for i, part in enumerate(self.parts)], axis=-1)

    def _to_normal(self, x: Array) -> Array:
        """The scores z that ``_from_uniform`` takes to x at u = Phi(z)."""
        return sp.ndtri(np.stack([part._cdf(x[..., i]) for i, part in enumerate(self.parts)], axis=-1))

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return np.stack([part._sample(shape, generator) for part in self.parts], axis=-1)

    def __getitem__(self, index: Any) -> Self:
        if not self.batch_shape:
            raise UsageError(f"{self} is one distribution, not a batch of them")
        return type(self)(self._each(lambda part: part[index]))

    def broadcast_to(self, shape: tuple[int, ...]) -> Self:
        return self if shape == self.batch_shape else type(self)(self._each(lambda part: part.broadcast_to(shape)))

    def __eq__(self, other: object) -> bool:
        return self.parts == other.parts if isinstance(other, Product) else NotImplemented

    def __hash__(self) -> int:
        return hash((Product, self.parts))

    def __repr__(self) -> str:
        different = set(map(id, self.parts))
        if len(different) == 1 and len(self.parts) > 1:
            return f"Product([{self.parts[0]}] * {len(self.parts)})"
        return f"Product([{', '.join(map(repr, self.parts))}])"


def total(parts: Sequence[Found]) -> Found:
    """The sum of what was found for independent entries: errors add, and the worst kind is that of the sum."""
    value, error, n = parts[0].value, parts[0].error, parts[0].n
    rank = _rank(parts[0].kind)
    method, note = parts[0].method, _named(parts[0].note, 0)
    with np.errstate(invalid="ignore"):
        for i, found in enumerate(parts[1:], start=1):
            value, error, n = value + found.value, error + found.error, n + found.n
            rank = np.maximum(rank, _rank(found.kind))
            method = _joined(method, found.method)
            note = np.where(np.equal(note, ""), _named(found.note, i), note)
    infinite = np.isinf(value)
    kind = np.asarray(KINDS, dtype=object)[np.where(infinite, 0, rank)]
    return Found(value, np.where(infinite, 0.0, error), np.asarray(kind, dtype=object), method, note, n)


def _rank(kind: Any) -> Array:
    return np.vectorize(KINDS.index, otypes=[int])(kind)


def _named(note: Any, place: int) -> Array:
    return np.where(
        np.equal(note, ""), "", np.asarray(f"entry {place}: ", dtype=object) + np.asarray(note, dtype=object)
    )


def _joined(own: Any, other: Any) -> Array:
    """Both methods, each named once."""

    def both(first: str, second: str) -> str:
        return first if second in first.split(" + ") else f"{first} + {second}"

    return np.vectorize(both, otypes=[object])(own, other)
