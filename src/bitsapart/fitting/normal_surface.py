"""KL(Q || P) over the normal distributions of one or two dimensions, with exact derivatives that need no gradient of P.

With x = m + L z, z standard normal and l = log p, integration by parts (Stein) turns derivatives into polynomials:

    E d_i l(x) f(z)      = E l(x) (z_i f - d_i f)
    E d_i d_j l(x) f(z)  = E l(x) ((z_i z_j - [i = j]) f - z_i d_j f - z_j d_i f + d_i d_j f)

in coordinates whitened by L; this holds where l has kinks. Local coordinates around (m, L): m + L a, and L times a
lower triangular matrix with exp(b_i) on its diagonal.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from bitsapart.families.continuous.normal import HALF_LOG_2_PI
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.panels import integrate
from bitsapart.fitting.stationary import Local

Array = Any
Polynomial = dict[tuple[int, ...], float]
"""Coefficients by exponents, one a dimension."""

WIDEST = 12.0
"""Standard deviations to which expectations are integrated: what lies outside weighs 1e-32."""
ROUGH = {1: (0.02, 9.0), 2: (0.3, 7.5)}
"""Spacing and reach of the fixed nodes of the search, by dimension."""
HIGHEST = 4
"""Degree of the polynomials of second derivatives."""
FINEST = {True: 768, False: 192}
"""Most nodes along an axis in two dimensions, by whether many evaluations cost little."""


class _Coordinate(NamedTuple):
    """A local coordinate: it moves x_i by f(z), and is the logarithm of a scale or not."""

    i: int
    factor: Polynomial
    scale: bool


@dataclass(frozen=True, eq=False)
class NormalSurface:
    """KL(Q || P) of normal Q; a state is the row (m, L). ``mean_field`` keeps L diagonal."""

    target: LogDensity
    log_normaliser: float
    mean_field: bool
    low: Array
    high: Array
    smallest: Array
    largest: Array
    """The box: means (d,) and standard deviations (d,)."""
    marks: tuple[float, ...] = ()
    """In one dimension, values at which the log density has kinks or modes: panels end there."""
    parts: "Parts" = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _parts(self.dimension, self.mean_field))

    @property
    def dimension(self) -> int:
        """The number of coordinates of a point."""
        return self.target.dimension

    def unpacked(self, states: Array) -> tuple[Array, Array]:
        """Means (b, d) and Cholesky factors (b, d, d)."""
        d = self.dimension
        return states[:, :d], states[:, d:].reshape(-1, d, d)

    def packed(self, means: Array, factors: Array) -> Array:
        """States (b, d + d d)."""
        return np.concatenate([means, factors.reshape(len(means), -1)], axis=1)

    def rough(self, states: Array) -> Local:
        """On fixed nodes, a batch at once."""
        return self._on_grid(states, *_axis(*ROUGH[self.dimension]))

    def _on_grid(self, states: Array, axis: Array, weights: Array) -> Local:
        d = self.dimension
        means, factors = self.unpacked(states)
        nodes = np.stack(np.meshgrid(*[axis] * d, indexing="ij"), axis=-1)
        with np.errstate(all="ignore"):
            points = means.reshape(-1, *[1] * d, d) + np.einsum("bij,...j->b...i", factors, nodes)
            logs = self.target(points)
            centre = self.target(means)
            centre = np.where(np.isfinite(centre), centre, 0.0)
            left = logs - centre.reshape(-1, *[1] * d)
            powers = weights * axis ** np.arange(HIGHEST + 1)[:, np.newaxis]
            right = left @ powers.T
            moments = right if d == 1 else (powers @ right).reshape(len(states), -1)
        with np.errstate(invalid="ignore"):
            parts = moments @ self.parts.coefficients.T
        return self._local(states, parts, centre, np.zeros(len(states)))

    def fine(self, state: Array) -> Local:
        """At one state, adaptively."""
        return self._fine_1d(state) if self.dimension == 1 else self._fine_2d(state)

    def _fine_1d(self, state: Array) -> Local:
        mean, sd = state
        centre = float(self.target(np.array([[mean]]))[0])
        centre = centre if np.isfinite(centre) else 0.0

        def integrand(z: Array) -> Array:
            logs = self.target((mean + sd * z)[:, np.newaxis]) - centre
            density = np.exp(-0.5 * z * z - HALF_LOG_2_PI)
            return z ** np.arange(HIGHEST + 1)[:, np.newaxis] * (logs * density)

        marks = (np.asarray(self.marks, float) - mean) / sd
        edges = np.unique(np.concatenate([np.linspace(-WIDEST, WIDEST, 25), marks[np.abs(marks) < WIDEST]]))
        with np.errstate(invalid="ignore"):
            found = integrate(integrand, edges)
        moments = (self.parts.coefficients @ found.value)[np.newaxis]
        return self._local(state[np.newaxis], moments, np.array([centre]), found.error[:1])

    def _fine_2d(self, state: Array) -> Local:
        count = 96
        before: Local | None = None
        while True:
            local = self._on_grid(state[np.newaxis], *_axis(2.0 * WIDEST / count, WIDEST))
            if before is not None:
                change = abs(local.value - before.value) + np.abs(local.gradient - before.gradient).max()
                rounding = 64.0 * np.finfo(float).eps * (1.0 + np.abs(local.value))
                if not np.isfinite(local.value[0]) or change[0] <= rounding[0] or 2 * count > FINEST[self.target.many]:
                    return local._replace(error=change + rounding)
            before, count = local, 2 * count

    def _local(self, states: Array, moments: Array, centre: Array, error: Array) -> Local:
        """From E l, and E l times the polynomials of the derivatives; KL = -H(Q) - E l + log Z."""
        _, factors = self.unpacked(states)
        p = len(self.parts.coordinates)
        entropy = np.log(np.einsum("bii->bi", factors)).sum(axis=1) + self.dimension * (HALF_LOG_2_PI + 0.5)
        value = -entropy - moments[:, 0] - centre + self.log_normaliser
        scales = np.array([coordinate.scale for coordinate in self.parts.coordinates], float)
        gradient = -moments[:, 1 : 1 + p] - scales
        hessian = -moments[:, 1 + p :].reshape(-1, p, p)
        return Local(value, gradient, hessian, error + 8.0 * np.finfo(float).eps * (np.abs(entropy) + np.abs(centre)))

    def move(self, states: Array, steps: Array) -> Array:
        """The states after steps in local coordinates."""
        means, factors = self.unpacked(states)
        d = self.dimension
        shift = np.zeros((len(states), d))
        turn = np.broadcast_to(np.eye(d), (len(states), d, d)).copy()
        for k, coordinate in enumerate(self.parts.coordinates):
            exponents = next(iter(coordinate.factor))
            if not any(exponents):
                shift[:, coordinate.i] += steps[:, k]
            elif coordinate.scale:
                turn[:, coordinate.i, coordinate.i] = np.exp(steps[:, k])
            else:
                turn[:, coordinate.i, exponents.index(1)] = steps[:, k]
        return self.packed(means + np.einsum("bij,bj->bi", factors, shift), factors @ turn)

    def distance(self, states: Array, other: Array) -> Array:
        """How far states are from another, in its coordinates."""
        means, factors = self.unpacked(states)
        (mean,), (factor,) = self.unpacked(other[np.newaxis])
        shift = np.linalg.solve(factor, (means - mean).T).T
        turn = np.linalg.solve(factor, factors) - np.eye(self.dimension)
        return np.maximum(np.abs(shift).max(axis=1), np.abs(turn).max(axis=(1, 2)))

    def inside(self, states: Array) -> Array:
        """Whether states lie in the box that is searched."""
        means, factors = self.unpacked(states)
        sds = np.sqrt((factors**2).sum(axis=2))
        good = (means >= self.low) & (means <= self.high) & (sds >= self.smallest) & (sds <= self.largest)
        return good.all(axis=1)


@dataclass(frozen=True, eq=False)
class Parts:
    """The polynomials whose expectations with l are the value, the gradient and the Hessian, in this order."""

    coordinates: tuple[_Coordinate, ...]
    polynomials: tuple[Polynomial, ...]

    @cached_property
    def coefficients(self) -> Array:
        """Of the polynomials (1 + p + p p) in the products of powers of z up to HIGHEST, the last power the fastest."""
        d = len(next(iter(self.polynomials[0])))
        found = np.zeros((len(self.polynomials), *[HIGHEST + 1] * d))
        for row, polynomial in zip(found, self.polynomials, strict=True):
            for exponents, coefficient in polynomial.items():
                row[exponents] += coefficient
        return found.reshape(len(found), -1)


def _parts(d: int, mean_field: bool) -> Parts:
    one: Polynomial = {(0,) * d: 1.0}
    units = [tuple(int(i == j) for j in range(d)) for i in range(d)]
    coordinates = [_Coordinate(i, one, False) for i in range(d)]
    coordinates += [_Coordinate(i, {units[i]: 1.0}, True) for i in range(d)]
    if not mean_field:
        coordinates += [_Coordinate(i, {units[j]: 1.0}, False) for i in range(d) for j in range(i)]
    first = [_sum(_times(c.factor, units[c.i]), _derived(c.factor, c.i), -1.0) for c in coordinates]
    second = []
    for p in coordinates:
        for q in coordinates:
            term = _second(_product(p.factor, q.factor), p.i, q.i, units)
            same_scale = p is q and p.scale
            second.append(
                _sum(term, _sum(_times(p.factor, units[p.i]), _derived(p.factor, p.i), -1.0), float(same_scale))
            )
    return Parts(tuple(coordinates), (one, *first, *second))


def _second(f: Polynomial, i: int, j: int, units: list[tuple[int, ...]]) -> Polynomial:
    total = _sum(_times(_times(f, units[i]), units[j]), f, -float(i == j))
    total = _sum(total, _times(_derived(f, j), units[i]), -1.0)
    total = _sum(total, _times(_derived(f, i), units[j]), -1.0)
    return _sum(total, _derived(_derived(f, i), j), 1.0)


def _sum(f: Polynomial, g: Polynomial, weight: float) -> Polynomial:
    return {key: f.get(key, 0.0) + weight * g.get(key, 0.0) for key in {**f, **g}}


def _times(f: Polynomial, unit: tuple[int, ...]) -> Polynomial:
    return _product(f, {unit: 1.0})


def _product(f: Polynomial, g: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for a, x in f.items():
        for b, y in g.items():
            key = tuple(i + j for i, j in zip(a, b, strict=True))
            total[key] = total.get(key, 0.0) + x * y
    return total


def _derived(f: Polynomial, i: int) -> Polynomial:
    return {tuple(e - (k == i) for k, e in enumerate(key)): key[i] * value for key, value in f.items() if key[i]}


def _axis(spacing: float, reach: float) -> tuple[Array, Array]:
    """Nodes and weights of the trapezoid rule for a standard normal; it converges faster than any power."""
    half = round(reach / spacing)
    axis = spacing * np.arange(-half, half + 1)
    return axis, spacing * np.exp(-0.5 * axis * axis - HALF_LOG_2_PI)
