"""The free parameters of a family as one vector of real numbers, for optimisers and for intervals that stay inside."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.families import parameter as domains
from bitsapart.families.distribution import Distribution
from bitsapart.families.parameter import Domain
from bitsapart.values.errors import UsageError

Array = Any


@dataclass(frozen=True)
class Map:
    """An open map between a parameter (..., *event) and real numbers (..., size)."""

    size: int
    to_real: Callable[[Array], Array]
    from_real: Callable[[Array], Array]


class Unconstrained:
    """Members of a family with some parameters fixed, as vectors (..., size), and back.

    Vectors with leading axes are batches. Positive parameters are exponentials, probabilities logistic, probability
    vectors have one number less than entries, and covariance matrices are Cholesky factors.
    """

    def __init__(self, like: Distribution, fixed: tuple[str, ...] = ()) -> None:
        self.family = type(like)
        self.fixed = {name: value for name, value in like.parameters.items() if name in fixed}
        self.maps: dict[str, Map] = {}
        for name, value in like.parameters.items():
            if name not in fixed:
                domain = like.domains[name]
                self.maps[name] = map_of(self.family.__name__, name, domain, np.shape(value))
        self.size = sum(each.size for each in self.maps.values())

    def vector(self, member: Distribution) -> Array:
        """The free parameters of a member."""
        with np.errstate(divide="ignore"):
            parts = [each.to_real(getattr(member, name)) for name, each in self.maps.items()]
        return np.concatenate(parts, axis=-1)

    def member(self, vector: Array) -> Distribution:
        """The member with these free parameters.

        Raises:
            UsageError: they are so extreme that rounding puts the parameters out of their domains.
        """
        vector = np.asarray(vector, float)
        given: dict[str, Any] = dict(self.fixed)
        at = 0
        with np.errstate(over="ignore", under="ignore"):
            for name, each in self.maps.items():
                given[name] = each.from_real(vector[..., at : at + each.size])
                at += each.size
        return self.family(**{name: given[name] for name in self.family.domains})


def map_of(family: str, name: str, domain: Domain, shape: tuple[int, ...]) -> Map:
    """The map of one parameter of that shape."""
    size = math.prod(shape)
    if domain is domains.SIMPLEX:
        return Map(size - 1, log_ratios, from_log_ratios)
    if domain is domains.POSITIVE_DEFINITE:
        return Map(shape[0] * (shape[0] + 1) // 2, log_cholesky, from_log_cholesky)
    to_real, from_real = (domain.to_real, domain.from_real)
    if domain in (domains.VECTOR, domains.MATRIX, domains.DIRECTION):
        to_real, from_real = (lambda x: x), (unit if domain is domains.DIRECTION else lambda x: x)
    if to_real is None or from_real is None:
        raise UsageError(f"{family} cannot be fitted with {name} free: hold it, as in fixed={{{name!r}: ...}}")
    there, back = to_real, from_real

    def flattened(x: Array) -> Array:
        x = np.asarray(x, float)
        return there(x.reshape((*x.shape[: x.ndim - len(shape)], size)))

    def restored(x: Array) -> Array:
        return np.reshape(back(x), (*x.shape[:-1], *shape))

    return Map(size, flattened, restored)


def unit(x: Array) -> Array:
    """The direction of a vector."""
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def log_ratios(p: Array) -> Array:
    """Logarithms of probabilities over that of the last one."""
    return np.log(p[..., :-1]) - np.log(p[..., -1:])


def from_log_ratios(x: Array) -> Array:
    """Probabilities of which the last one has the logarithm 0 before normalising."""
    whole = np.concatenate([x, np.zeros((*x.shape[:-1], 1))], axis=-1)
    whole = np.exp(whole - whole.max(axis=-1, keepdims=True))
    return whole / whole.sum(axis=-1, keepdims=True)


def log_cholesky(matrix: Array) -> Array:
    """The lower triangle of the Cholesky factor, row by row, with logarithms on its diagonal."""
    factor = np.linalg.cholesky(matrix)
    rows, columns = np.tril_indices(factor.shape[-1])
    found = factor[..., rows, columns]
    return np.where(rows == columns, np.log(np.where(rows == columns, found, 1.0)), found)


def from_log_cholesky(x: Array) -> Array:
    """The matrix with this factor."""
    d = (math.isqrt(8 * x.shape[-1] + 1) - 1) // 2
    rows, columns = np.tril_indices(d)
    factor = np.zeros((*x.shape[:-1], d, d))
    factor[..., rows, columns] = np.where(rows == columns, np.exp(np.where(rows == columns, x, 0.0)), x)
    product = factor @ np.swapaxes(factor, -1, -2)
    return 0.5 * (product + np.swapaxes(product, -1, -2))
