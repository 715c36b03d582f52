"""The dual of an I-projection, maximised by damped Newton steps.

    min KL(P || Q) subject to E_P f = c   =   max over lambda of  lambda . c - log sum q e^(lambda . f)

The maximiser gives P = q e^(lambda . f) / Z, and every lambda gives a lower bound: the difference from the divergence
of P is the certificate. Csiszar 1975, theorem 3.1; Boyd & Vandenberghe 2004, section 5.2.4 and algorithm 9.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.projection.constraints import Constraint, Margin

Array = NDArray[np.float64]

SWEEPS = 20
"""Of iterative proportional fitting, before Newton."""
STEPS = 100
DENSE = 1500
"""Constraints up to which a Newton step solves with the whole matrix."""
DONE = 1e-24
"""Squared Newton decrement, about twice what is left to gain in nats."""
FAR = 25.0
"""A log(p / q) beyond which the cell is suspected to be empty in every solution, and the maximum to lie at infinity."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the dual was left: the projection, and what is missing."""

    p: Array
    dual: float
    violation: float
    """Largest difference of an expectation from its target."""
    steps: int
    converged: bool
    suspect: bool
    """Whether some cell is nearly empty."""


def maximise(q: Array, constraints: Sequence[Constraint]) -> Optimum:
    """The maximum of the dual for cells q > 0 or 0 that sum to 1, of any shape."""
    problem = Problem(q, constraints)
    multipliers = problem.fitted(np.zeros(len(problem.target)))
    log_ratio, p, value = problem.at(multipliers)
    converged = False
    steps = 0
    while steps < STEPS:
        steps += 1
        gradient = problem.target - problem.expectations(p)
        direction = problem.newton(p, gradient)
        decrement = float(gradient @ direction)
        if not decrement > DONE:
            converged = True
            break
        length = 1.0
        while length > 1e-10:
            trial = multipliers + length * direction
            new_ratio, new_p, new_value = problem.at(trial)
            if new_value >= value + 1e-4 * length * decrement or (decrement < 1e-12 and new_value >= value - 1e-15):
                break
            length /= 2.0
        else:
            # nothing is left to gain that numbers could show
            converged = decrement < 1e-12
            break
        multipliers, log_ratio, p, value = trial, new_ratio, new_p, new_value
    violation = float(np.max(np.abs(problem.target - problem.expectations(p)), initial=0.0))
    lowest = float(np.min(np.where(q > 0.0, log_ratio, 0.0)))
    return Optimum(p, value, violation, steps, converged and violation < 1e-9, lowest < -FAR)


class Problem:
    """Cells and constraints, and the dual's value and derivatives."""

    def __init__(self, q: Array, constraints: Sequence[Constraint]) -> None:
        self.q = q
        self.constraints = constraints
        self.target = np.concatenate([one.target for one in constraints])
        self.ends = np.cumsum([0, *(len(one.target) for one in constraints)])

    def parts(self, vector: Array) -> list[tuple[Constraint, Array]]:
        """The entries of each constraint."""
        return [(one, vector[self.ends[i] : self.ends[i + 1]]) for i, one in enumerate(self.constraints)]

    def expectations(self, p: Array) -> Array:
        """E_P f of all."""
        return np.concatenate([one.expectations(p) for one in self.constraints])

    def combination(self, weights: Array) -> Array:
        """The function sum of weights times f."""
        total = np.zeros(self.q.shape)
        for one, own in self.parts(weights):
            total = total + one.combination(own)
        return total

    def at(self, multipliers: Array) -> tuple[Array, Array, float]:
        """log(p / q), p and the dual's value."""
        tilt = self.combination(multipliers)
        # measured from its target, so that what is large cancels before it is rounded
        tilt = tilt - float(multipliers @ self.target)
        top = float(np.max(np.where(self.q > 0.0, tilt, -np.inf)))
        powers = np.where(self.q > 0.0, self.q * np.exp(np.minimum(tilt - top, 0.0)), 0.0)
        mass = float(powers.sum())
        log_normaliser = np.log(mass) + top
        return tilt - log_normaliser, powers / mass, -log_normaliser

    def fitted(self, multipliers: Array) -> Array:
        """Some sweeps of iterative proportional fitting over the margins: a start that costs little."""
        margins = [i for i, one in enumerate(self.constraints) if isinstance(one, Margin)]
        if not margins:
            return multipliers
        multipliers = multipliers.copy()
        for _ in range(SWEEPS):
            for i in margins:
                _, p, _ = self.at(multipliers)
                own = slice(self.ends[i], self.ends[i + 1])
                found, wanted = self.constraints[i].expectations(p), self.target[own]
                possible = (found > 0.0) & (wanted > 0.0)
                multipliers[own] += np.log(np.where(possible, wanted, 1.0) / np.where(possible, found, 1.0))
            if len(margins) == 1:
                break
        return multipliers

    def newton(self, p: Array, gradient: Array) -> Array:
        """Cov_P(f)^-1 gradient, the shortest where constraints depend on each other."""
        if len(gradient) <= DENSE:
            return np.asarray(np.linalg.pinv(self.covariance(p), rcond=1e-13, hermitian=True) @ gradient)
        from scipy.sparse.linalg import LinearOperator, minres

        expected = self.expectations(p)

        def times(vector: Any) -> Array:
            tilt = self.combination(np.ravel(vector))
            return self.expectations(p * tilt) - expected * float(np.sum(p * tilt))

        size = len(gradient)
        solved, _ = minres(LinearOperator((size, size), matvec=times), gradient, rtol=1e-12, maxiter=4 * size)
        return np.asarray(solved)

    def covariance(self, p: Array) -> Array:
        """Cov_P(f): E f f' - E f E f'."""
        from scipy.sparse import vstack

        functions = vstack([one.rows() for one in self.constraints]).tocsr()
        weighed = functions.multiply(p.ravel()[np.newaxis, :]).tocsr()
        expected = np.asarray(weighed.sum(axis=1)).ravel()
        return np.asarray((weighed @ functions.T).toarray()) - np.outer(expected, expected)
