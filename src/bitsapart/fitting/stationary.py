"""Stationary points of a function, all that many starts lead to: Newton's method on a batch of states at once.

Half of the runs go downhill and find minima, half go where the gradient vanishes and find saddles too. What is found
lies in a box and is as complete as the starts are dense: it is no proof.
"""

from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from bitsapart.values.errors import UsageError

Array = Any
Kind = Literal["minimum", "saddle", "maximum"]

FAR = 1.0
"""Longest step in local coordinates, in which the scale of the member that is moved is 1."""
CLOSE = 1e-6
"""Gradient at which a run has arrived, before it is polished."""
NEARLY = 1e-2
"""Gradient of a run that did not arrive at which it is polished all the same."""
ROUNDS = 80
"""Newton steps of a run."""
FLATTEST = 1e-3
"""Least curvature that a step downhill trusts."""
SAME = 1e-5
"""Distance of two stationary points that are one, in local coordinates."""


class Local(NamedTuple):
    """Values (b,), gradients (b, p) and Hessians (b, p, p) of a batch in local coordinates; ``error`` of the values."""

    value: Array
    gradient: Array
    hessian: Array
    error: Array


class Surface(Protocol):
    """A function of states, rows of an array, with coordinates of its own around each state."""

    def rough(self, states: Array) -> Local:
        """On fixed nodes, a whole batch at once; what is infinite is no error."""

    def fine(self, state: Array) -> Local:
        """At one state to rounding, as a batch of 1; ``error`` says how well that worked."""

    def move(self, states: Array, steps: Array) -> Array:
        """The states after steps in the coordinates around them."""

    def distance(self, states: Array, other: Array) -> Array:
        """How far states are from another, in its coordinates."""

    def inside(self, states: Array) -> Array:
        """Whether states lie in the box that is searched."""


class Stationary(NamedTuple):
    """A state at which the gradient vanishes, the value there, and the eigenvalues of the Hessian, ascending."""

    state: Array
    value: float
    error: float
    residual: float
    curvature: Array

    @property
    def kind(self) -> Kind:
        """By the signs of the curvature."""
        if self.curvature[0] > 0.0:
            return "minimum"
        return "maximum" if self.curvature[-1] < 0.0 else "saddle"


def stationary_points(surface: Surface, starts: Array, *, rounds: int = ROUNDS) -> list[Stationary]:
    """What Newton's method finds from the starts, inside the box, each polished; the lowest first.

    Raises:
        UsageError: the function is infinite at every start.
    """
    known = np.isfinite(surface.rough(starts).value)
    if not known.any():
        raise UsageError("the divergence is infinite at every start of the search")
    ends = [_arrived(surface, starts[known], downhill, rounds) for downhill in (True, False)]
    found: list[Stationary] = []
    for state in _apart(surface, np.concatenate(ends)):
        point = polished(surface, state)
        near = [point for other in found if surface.distance(point.state[np.newaxis], other.state)[0] < SAME]
        if surface.inside(point.state[np.newaxis])[0] and point.residual < CLOSE and not near:
            found.append(point)
    return sorted(found, key=lambda point: point.value)


def polished(surface: Surface, state: Array, *, rounds: int = 12) -> Stationary:
    """Newton's method at full accuracy from a state nearby, as long as it makes the gradient smaller."""
    local = surface.fine(state)
    for _ in range(rounds):
        step = _step(local, downhill=False)
        moved = surface.move(state[np.newaxis], step)[0]
        there = surface.fine(moved)
        if not _residual(there) < _residual(local):
            break
        state, local = moved, there
    curvature = np.linalg.eigvalsh(local.hessian[0])
    return Stationary(state, float(local.value[0]), float(local.error[0]), _residual(local), curvature)


def _residual(local: Local) -> float:
    return float(np.abs(local.gradient[0]).max())


def _arrived(surface: Surface, states: Array, downhill: bool, rounds: int) -> Array:
    """The states at which runs ended whose gradient vanishes, or nearly."""
    ended = []
    for _ in range(rounds):
        local = surface.rough(states)
        usable = np.isfinite(local.value) & np.isfinite(local.hessian).all(axis=(1, 2))
        arrived = usable & (np.abs(local.gradient).max(axis=1) < CLOSE)
        ended.append(states[arrived])
        going = usable & ~arrived
        if not going.any():
            break
        part = Local(*(field[going] for field in local))
        states = surface.move(states[going], _step(part, downhill=downhill))
        states = _apart(surface, states[surface.inside(states)], 1e-3)
        if not len(states):
            break
    else:
        # where fixed nodes are too coarse for the target, runs are slow at the end, and polishing is not
        nearly = np.abs(surface.rough(states).gradient).max(axis=1) < NEARLY
        ended.append(_apart(surface, states[nearly], 1e-2))
    return np.concatenate([found.reshape(-1, states.shape[1]) for found in ended])


def _step(local: Local, *, downhill: bool) -> Array:
    curvature, axes = np.linalg.eigh(local.hessian)
    slopes = np.einsum("bpk,bp->bk", axes, local.gradient)
    floor = FLATTEST if downhill else 1e-12
    size = np.maximum(np.abs(curvature), floor)
    signed = size if downhill else np.where(curvature < 0.0, -size, size)
    step = -np.einsum("bpk,bk->bp", axes, slopes / signed)
    length = np.linalg.norm(step, axis=1, keepdims=True)
    return step * np.minimum(1.0, FAR / np.maximum(length, 1e-300))


def _apart(surface: Surface, states: Array, distance: float = SAME) -> Array:
    """One of each group of states that are the same."""
    kept: list[Array] = []
    while len(states):
        kept.append(states[0])
        states = states[surface.distance(states, states[0]) >= distance]
    return np.array(kept) if kept else states
