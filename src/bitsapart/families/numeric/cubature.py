"""Adaptive cubature in two or three dimensions, with an error estimate: what `quadrature` is in one.

Expectations under P are integrals over normal scores z, through P's own map x = F^-1(Phi(z)), component by component
where P is a mixture. The box of 8 standard deviations leaves out 1e-15 of the mass; what the integrand is on its faces
says whether more than that can be missing, as where tails are heavy.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import ROUNDING, Found
from bitsapart.families.maths.ratios import excess
from bitsapart.families.numeric.boxes import integral
from bitsapart.families.numeric.pieces import each, has_map, log_ratio, pieces, uniforms
from bitsapart.families.numeric.quasi_monte_carlo import qmc_entropy, qmc_kl
from bitsapart.families.support import Entries, Interval

HIGHEST = 3
"""Dimensions up to which cubature is tried."""
REACH = 8.0
WANTED = {1: 1e-12, 2: 1e-11, 3: 3e-7}
"""Relative error to stop at, by dimension."""
MOST_POINTS = 2_000_000
ROUNDED = 1e-15
"""Error of a difference of log densities, on average over P."""
NOISE = 1e-13
"""Absolute error that rounding of log densities may leave."""
GOOD = 1e-6
"""Relative error above which quasi-random points are asked too."""
EDGES = (-REACH, -3.0, 0.0, 3.0, REACH)
NARROW = 0.1
"""Standard deviation below which the nodes of the first boxes may miss a component, which ends SPAN of them away."""
SPAN = 7.0
MOST_EDGES = {1: 100, 2: 40, 3: 10}
CLOSE = 0.01
"""Divergence below which the integrand that is never negative is used."""
CLOSE_WANTED = 1e-8
"""Relative error to stop at there: rounding is a larger part of small terms."""


def cubature_entropy(p: Distribution) -> Found:
    """H(P), of one distribution or each of a batch; by quasi-random points where cubature does not suit."""

    def one(p: Distribution) -> Found:
        found = _Plan(p, p).expectation(lambda x: -np.asarray(p.log_density(x)), NOISE) if suits(p) else None
        return found if found is not None and found.error <= GOOD * max(abs(found.value), 1e-3) else qmc_entropy(p)

    return each(one, p)


def cubature_kl(p: Distribution, q: Distribution) -> Found:
    """KL(P || Q), of one pair or each of a batch; by quasi-random points where cubature does not suit."""

    def one(p: Distribution, q: Distribution) -> Found:
        found = _divergence(p, q) if suits(p) else None
        if found is not None and found.error <= GOOD * abs(found.value):
            return found
        drawn = qmc_kl(p, q)
        return drawn if found is None or not found.error <= drawn.error else found

    return each(one, p, q)


def suits(p: Distribution) -> bool:
    """Whether P is continuous, of few dimensions, and has a map from uniform numbers or components that have."""
    support = p.support
    if isinstance(support, Entries) and not all(isinstance(part, Interval) for part in support.parts):
        return False
    return all(has_map(part) and uniforms(part) <= HIGHEST for _, part in pieces(p))


def _divergence(p: Distribution, q: Distribution) -> Found | None:
    plan = _Plan(p, q)
    plain = plan.expectation(lambda x: log_ratio(p, q, x), NOISE)
    if plain is None or abs(plain.value) > CLOSE or not np.all(p.support.covers(q.support)):
        return plain
    mass = plan.expectation(lambda x: np.exp(-log_ratio(p, q, x)), NOISE)
    if mass is None or abs(mass.value - 1.0) > max(NOISE, mass.error):
        return plain
    # close: the same integral with terms that do not cancel, about log(p / q)^2 / 2
    found = plan.expectation(lambda x: _positive(log_ratio(p, q, x)), 0.0, CLOSE_WANTED)
    if found is None:
        return plain
    return replace(found, error=found.error + ROUNDED * np.sqrt(2.0 * np.abs(found.value)))


def _positive(ratio: Array) -> Array:
    return excess(np.expm1(-ratio), np.exp(-ratio))


class _Plan:
    """Expectations under P of functions that have their features where components of P or Q have their mass.

    Where one is narrow, boxes are split from the start: it would lie between the nodes of a large one.
    """

    def __init__(self, p: Distribution, q: Distribution) -> None:
        self.parts = pieces(p)
        sides = {id(p): p, id(q): q}.values()
        spans = [(part.mean, np.sqrt(part.variance)) for side in sides for _, part in pieces(side)]
        self.spans = [span for span in spans if np.isfinite(span).all()]

    def expectation(self, function: Callable[[Array], Array], noise: float, wanted: float = 0.0) -> Found | None:
        """E f(x) to an absolute error of ``noise`` or a relative one, or None where f is infinite somewhere."""
        value, error, count = 0.0, 0.0, 0
        for weight, part in self.parts:
            integrand = _Integrand(part, function, uniforms(part))
            with np.errstate(all="ignore"):
                mean, missing = integrand.over_box(self.spans, noise, wanted)
            if not (integrand.finite and math.isfinite(mean)):
                return None
            value += weight * mean
            error += weight * (missing + ROUNDING * abs(mean))
            count += integrand.count
        return Found.of(value, "cubature", error=error, kind="bound", n=count)


class _Integrand:
    """F at x(z) times the normal density of z, at many z."""

    def __init__(self, part: Any, function: Callable[[Array], Array], size: int) -> None:
        self.part, self.function, self.size = part, function, size
        self.count = 0
        self.finite = True

    def __call__(self, z: Array) -> Array:
        density = np.exp(-0.5 * (z * z).sum(axis=-1)) / (2.0 * math.pi) ** (0.5 * self.size)
        return self._values(z) * density

    def over_box(self, spans: list[tuple[Array, Array]], noise: float, wanted: float) -> tuple[float, float]:
        """The integral over the box, and the error with what may lie outside."""
        found, error = integral(
            self, self._edges(spans), relative=max(wanted, WANTED[self.size]), absolute=noise, most=MOST_POINTS
        )
        # beyond the box there is this mass, and more than twice the value on its faces is not expected there
        return found, error + 4.0 * self.size * float(sp.ndtr(-REACH)) * self.on_faces()

    def _edges(self, spans: list[tuple[Array, Array]]) -> list[Array]:
        """Edges of the first boxes on every axis of normal scores: also those of what is narrow there."""
        edges = [list(EDGES) for _ in range(self.size)]
        known = hasattr(self.part, "_to_normal")
        for mean, sd in spans if known else []:
            low, middle, near, high = (self.part._to_normal(mean + k * sd) for k in (-SPAN, 0.0, 1.0, SPAN))
            if np.abs(near - middle).min() < NARROW and len(edges[0]) < MOST_EDGES[self.size]:
                for axis, ends in enumerate(zip(low, middle, high, strict=True)):
                    edges[axis] += [end for end in ends if abs(end) < REACH]
        return [np.unique(axis) for axis in edges]

    def on_faces(self) -> float:
        """The largest absolute value of f on a grid on the faces of the box."""
        axis = np.linspace(-REACH, REACH, 9)
        grid = np.stack(np.meshgrid(*[axis] * self.size), axis=-1).reshape(-1, self.size)
        faces = grid[np.abs(grid).max(axis=-1) == REACH]
        return float(np.abs(self._values(faces)).max())

    def _values(self, z: Array) -> Array:
        self.count += len(z)
        values = self.function(self.part._from_uniform(sp.ndtr(z)))
        self.finite = self.finite and bool(np.isfinite(values).all())
        return values
