"""KL(Q || P) over the members of any continuous family of one dimension, integrated in the quantiles of Q.

With x(t) the quantile of Q at Phi(t), KL = E (log q(x(t)) - log p(x(t))) + log Z over a standard normal t. Derivatives
by the parameters are differences of the sixth order, of unconstrained parameters in units of what they usually are.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.normal import HALF_LOG_2_PI
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.panels import integrate
from bitsapart.fitting.stationary import Local
from bitsapart.fitting.unconstrained import Unconstrained

Array = Any

STEP = 0.02
FIRST = np.array([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0]) / 60.0
SECOND = np.array([2.0, -27.0, 270.0, -490.0, 270.0, -27.0, 2.0]) / 180.0
"""Central differences of sixth order at -3 ... 3 steps."""
ROUGH = np.linspace(-8.0, 8.0, 81)
NOISE = 1e-14
"""Relative error of quantiles that the quadrature takes for granted."""
MOST = 20_000
"""Quantiles that one integral may take."""
WIDEST = 9.0
"""Where t ends: what lies outside weighs 1e-19, and quantiles are hard to have there."""


@dataclass(frozen=True, eq=False)
class FamilySurface:
    """KL(Q || P) as a function of unconstrained parameters, in units of ``units``; a state is such a vector (p,)."""

    target: LogDensity
    log_normaliser: float
    free: Unconstrained
    units: Array
    low: Array
    high: Array

    def __post_init__(self) -> None:
        p = len(self.units)
        offsets = [np.zeros(p)]
        for i in range(p):
            offsets += [k * np.eye(p)[i] for k in (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)]
        for i in range(p):
            for j in range(i):
                offsets += [a * np.eye(p)[i] + b * np.eye(p)[j] for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
        object.__setattr__(self, "offsets", STEP * np.array(offsets))

    offsets: Array = field(init=False)
    """Of the members (s, p) that derivatives are made of."""

    def losses(self, vectors: Array, t: Array) -> Array:
        """Log q - log p at t (k,) for members with unconstrained parameters (b, p): (b, k)."""
        with np.errstate(all="ignore"):
            member = self.free.member((vectors * self.units)[:, np.newaxis])
            u = sp.ndtr(-np.abs(t))
            points = np.where(t <= 0.0, member.quantile(u), member.upper_quantile(u))
            own = member.log_density(points)
            # quantiles that rounding puts on the end of the support weigh nothing
            usable = np.isfinite(points) & np.isfinite(own)
            logs = self.target(np.where(usable, points, np.nanmedian(points, axis=1, keepdims=True))[..., np.newaxis])
            return np.where(usable, own - logs, 0.0)

    def values(self, vectors: Array) -> Array:
        """KL(Q || P) of members (b, p), roughly: (b,)."""
        weights = (ROUGH[1] - ROUGH[0]) * np.exp(-0.5 * ROUGH * ROUGH - HALF_LOG_2_PI)
        return self.losses(vectors, ROUGH) @ weights + self.log_normaliser

    def rough(self, states: Array) -> Local:
        """On fixed nodes, a batch at once."""
        around = (states[:, np.newaxis] + self.offsets).reshape(-1, states.shape[1])
        values = self.values(around).reshape(len(states), -1)
        return self._local(values, np.zeros(len(states)))

    def fine(self, state: Array) -> Local:
        """At one state, adaptively."""
        vectors = state + self.offsets

        def integrand(t: Array) -> Array:
            return self.losses(vectors, t) * np.exp(-0.5 * t * t - HALF_LOG_2_PI)

        found = integrate(integrand, np.linspace(-WIDEST, WIDEST, 19), relative=NOISE, most=MOST)
        return self._local((found.value + self.log_normaliser)[np.newaxis], found.error[:1])

    def _local(self, values: Array, error: Array) -> Local:
        """Values (b, s) at the offsets as derivatives."""
        p = len(self.units)
        centre = values[:, :1]
        gradient, hessian = np.zeros((len(values), p)), np.zeros((len(values), p, p))
        for i in range(p):
            six = values[:, 1 + 6 * i : 7 + 6 * i]
            along = np.concatenate([six[:, :3], centre, six[:, 3:]], axis=1)
            gradient[:, i] = along @ FIRST / STEP
            hessian[:, i, i] = along @ SECOND / STEP**2
        pairs = [(i, j) for i in range(p) for j in range(i)]
        for k, (i, j) in enumerate(pairs):
            corners = values[:, 1 + 6 * p + 4 * k : 5 + 6 * p + 4 * k]
            mixed = corners @ np.array([1.0, -1.0, -1.0, 1.0]) / (4.0 * STEP**2)
            hessian[:, i, j] = hessian[:, j, i] = mixed
        return Local(centre[:, 0], gradient, hessian, error)

    def move(self, states: Array, steps: Array) -> Array:
        """The states after steps in local coordinates."""
        return states + steps

    def distance(self, states: Array, other: Array) -> Array:
        """How far states are from another, in its coordinates."""
        return np.abs(states - other).max(axis=1)

    def inside(self, states: Array) -> Array:
        """Whether states lie in the box that is searched."""
        return ((states >= self.low) & (states <= self.high)).all(axis=1)
