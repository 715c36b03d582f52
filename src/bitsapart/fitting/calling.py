"""How a function that a user gives wants to be called: with which arrays, many points at once or each by itself."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.values.errors import UsageError

Array = Any
Function = Callable[[Array], Array]

SHAPES: dict[str, Function] = {"points": lambda x: x, "numbers": lambda x: x[..., 0]}
"""What is given of points (n, d), or of one point (d,)."""


@dataclass(frozen=True)
class Calling:
    """A way to call a function of points: the library of its arrays, their shape, and whether it takes many at once."""

    library: str
    """"numpy", "torch" or "jax"."""
    shape: str
    """"points" for (n, d) or (d,), "numbers" for (n,) or a number."""
    many: bool

    def values(self, function: Any) -> Function:
        """The function of NumPy points (n, d) that gives (n,)."""
        call = self._call(function)

        def at(points: Array) -> Array:
            try:
                return _taken(call(self._put(points)), len(points))
            except ArithmeticError as error:
                where = f"{type(error).__name__}: {error}, at points from {points.min():.3g} to {points.max():.3g}"
                raise UsageError(
                    f"the log density cannot be computed everywhere, {where}: "
                    "functions of NumPy arrays give -inf where those of math fail"
                ) from error

        return at

    def slopes(self, function: Any) -> Function | None:
        """Its gradient, (n, d) to (n, d), as the library knows it; None for NumPy, which does not."""
        if self.library == "numpy":
            return None
        call = self._call(function)
        if self.library == "jax":
            derived = sys.modules["jax"].grad(lambda points: call(points).sum())
            return lambda points: np.asarray(derived(self._put(points)), float)

        def by_torch(points: Array) -> Array:
            leaf = self._put(points).requires_grad_()
            call(leaf).sum().backward()
            return leaf.grad.numpy()

        return by_torch

    def given_slopes(self, gradient: Any) -> Function:
        """A gradient that the user gives, called as the function is: (n, d) to (n, d)."""
        shape = SHAPES[self.shape]

        def call(points: Array) -> Array:
            given = self._put(points)
            found = gradient(shape(given)) if self.many else [_numbers(gradient(shape(point))) for point in given]
            return _numbers(found).reshape(points.shape)

        return call

    def _put(self, points: Array) -> Any:
        if self.library == "torch":
            return sys.modules["torch"].tensor(points, dtype=sys.modules["torch"].float64)
        return sys.modules["jax"].numpy.asarray(points) if self.library == "jax" else points

    def _call(self, function: Any) -> Any:
        """The function of the library's own points (n, d)."""
        shape = SHAPES[self.shape]
        if self.many:
            return lambda points: function(shape(points)).reshape(-1)
        if self.library == "jax":
            return sys.modules["jax"].vmap(lambda point: function(shape(point)).reshape(()))
        stack = sys.modules["torch"].stack if self.library == "torch" else np.array
        return lambda points: stack([_scalar(function(shape(point))) for point in points])


def calling_of(function: Any, probes: Array) -> Calling:
    """The first way of calling it that gives a number for each of the points (n, d).

    Many at once is preferred, where its answers are those that it gives for single points, if it gives any.

    Raises:
        UsageError: there is none.
    """
    failed: list[Exception] = []
    for library in ("numpy", *(name for name in ("jax", "torch") if name in sys.modules)):
        for many in (True, False):
            for shape in SHAPES if probes.shape[1] == 1 else ("points",):
                calling = Calling(library, shape, many)
                answers = _tried(calling, function, probes, failed)
                if answers is not None and (not many or _agrees(calling, function, probes, answers)):
                    return calling
    reason = f": {type(failed[0]).__name__}: {failed[0]}" if failed else ""
    raise UsageError(
        f"the log density should give a number for each of {len(probes)} points, an array of shape {probes.shape}, "
        f"or for each by itself, and does not{reason}"
    )


def _tried(calling: Calling, function: Any, probes: Array, failed: list[Exception]) -> Array | None:
    shape = SHAPES[calling.shape]
    try:
        with np.errstate(all="ignore"):
            given = calling._put(probes)
            raw = function(shape(given) if calling.many else shape(given[0]))
            if _home(raw) not in (calling.library, "numpy", "builtins"):
                return None
            return calling.values(function)(probes)
    except Exception as error:
        failed.append(error)
        return None


def _agrees(calling: Calling, function: Any, probes: Array, answers: Array) -> bool:
    """Whether single points get the same answers, if they get any."""
    single = _tried(Calling(calling.library, calling.shape, False), function, probes[:2], [])
    return single is None or bool(np.allclose(single, answers[:2], rtol=1e-6, atol=1e-9, equal_nan=True))


def _home(answer: Any) -> str:
    root = type(answer).__module__.partition(".")[0]
    return "jax" if root.startswith("jax") else root


def _scalar(answer: Any) -> Any:
    return answer.reshape(()) if hasattr(answer, "reshape") else answer


def _numbers(answer: Any) -> Array:
    return np.asarray(answer.detach().cpu() if hasattr(answer, "detach") else answer, float)


def _taken(answer: Any, n: int) -> Array:
    values = _numbers(answer)
    if values.size != n:
        raise UsageError(f"the log density of {n} points should give {n} numbers; got an array of shape {values.shape}")
    return values.reshape(n)
