"""A target as a log density of points: one of our distributions, or a function of NumPy, torch or JAX arrays.

Whatever a user gives is called once, in all conventions that could be meant, at a few points; from there on it is a
function of points (n, d) that gives (n,), with a gradient (n, d), and nan is an error that says where.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.fitting.calling import calling_of
from bitsapart.values.errors import UsageError

Array = Any
Function = Callable[[Array], Array]

EVEN_STEP = float(np.finfo(float).eps) ** (1.0 / 3.0)
"""Relative step of a central difference whose rounding and truncation are about equal."""


@dataclass(frozen=True, eq=False)
class LogDensity:
    """Log density in nats of points of shape (n, dimension), known up to a constant unless ``normalised``."""

    words: str
    dimension: int
    function: Function
    """Points (n, d) to (n,); its answers are not checked."""
    gradient: Function
    """Points (n, d) to (n, d)."""
    gradient_by: str
    """"given", "torch", "jax", "formula" or "finite differences"."""
    many: bool = True
    """Whether it takes many points at once, so that many cost little."""
    law: Distribution | None = None
    """The distribution itself, where the target is one: it is normalised, and has quantiles."""

    @property
    def normalised(self) -> bool:
        """Whether the density integrates to 1."""
        return self.law is not None

    def __call__(self, points: Array) -> Array:
        """At points (..., d), checked; gives (...).

        Raises:
            UsageError: the log density is nan or +infinite at one of them.
        """
        flat = points.reshape(-1, self.dimension)
        with np.errstate(all="ignore"):
            values = self.function(flat)
        wrong = np.isnan(values) | (values == np.inf)
        if wrong.any():
            at = int(np.argmax(wrong))
            said = "nan" if np.isnan(values[at]) else "+infinite"
            raise UsageError(
                f"the log density is {said} at x = {shown_point(flat[at])}: it should be a number, "
                "or -inf where the density is 0"
            )
        return values.reshape(points.shape[:-1])

    def slopes(self, points: Array) -> Array:
        """The gradient at points (n, d), checked.

        Raises:
            UsageError: an entry of the gradient is no finite number.
        """
        with np.errstate(all="ignore"):
            found = np.asarray(self.gradient(points), float)
        if found.shape != points.shape:
            raise UsageError(
                f"the gradient of points of shape {points.shape} should have their shape; got {found.shape}"
            )
        wrong = ~np.isfinite(found).all(axis=1)
        if wrong.any():
            raise UsageError(f"the gradient of the log density is not finite at x = {shown_point(points[wrong][0])}")
        return found


def shown_point(point: Array) -> str:
    """A point in an error: a number, or the first entries of a vector."""
    if point.size == 1:
        return f"{float(point[0]):.8g}"
    return np.array2string(point, precision=6, separator=", ", threshold=8, edgeitems=3)


def log_density_of(
    target: Any, *, dimension: int | None = None, gradient: Any = None, probes: Array | None = None
) -> LogDensity:
    """The target as a LogDensity.

    A function may take points of shape (n, d) and give (n,), or, in one dimension, (n,) and give (n,); one that takes
    single points, (d,) or a number, is called for each. Torch and JAX functions take their own arrays and are
    differentiated; without a ``gradient`` of its own a NumPy function is differentiated by central differences.

    Args:
        target: a Distribution, or a function.
        dimension: of a function's points.
        gradient: function with the function's own shapes: of (n, d) it gives (n, d).
        probes: points (n, d) at which to find out how it wants to be called.

    Raises:
        UsageError: it cannot be called in any of these ways.
    """
    if isinstance(target, Distribution):
        return _of_law(target, gradient)
    if not callable(target):
        raise UsageError(f"a target of a reverse fit is a distribution or a log density, a function; got {target!r}")
    if dimension is None:
        raise UsageError("a log density has points of a number of dimensions that it does not say: give dimension=")
    at = np.random.default_rng(0).normal(size=(dimension + 3, dimension)) if probes is None else probes
    calling = calling_of(target, at)
    words = f"a log density in {dimension} dimension{'s' * (dimension != 1)}"
    values = calling.values(target)
    if gradient is not None:
        given = calling.given_slopes(gradient)
        _check_slopes(values, given, at)
        return LogDensity(words, dimension, values, given, "given", calling.many)
    slopes = calling.slopes(target)
    if slopes is None:
        return LogDensity(words, dimension, values, differences(values), "finite differences", calling.many)
    return LogDensity(words, dimension, values, slopes, calling.library, calling.many)


def _check_slopes(values: Function, slopes: Function, at: Array) -> None:
    """That a gradient is that of the function, along a direction at a few points; where it is finite."""
    along = np.random.default_rng(1).normal(size=at.shape)
    step = 1e-5 * np.maximum(1.0, np.abs(at))
    with np.errstate(all="ignore"):
        try:
            found = np.asarray(slopes(at), float).reshape(at.shape)
        except ValueError as error:
            raise UsageError(f"the gradient of points of shape {at.shape} should have their shape: {error}") from error
        seen = (values(at + step * along) - values(at - step * along)) / 2.0
        said = np.einsum("nd,nd->n", found, step * along)
        size = np.abs(seen) + np.abs(said) + 1e-9 * (1.0 + np.abs(values(at)))
        wrong = np.isfinite(seen) & np.isfinite(said) & (np.abs(seen - said) > 0.1 * size)
    if wrong.sum() > len(at) // 2:
        raise UsageError(
            f"gradient is not that of the log density: at x = {shown_point(at[wrong][0])} the log density changes by "
            f"{seen[wrong][0]:.3g} over a small step, and the gradient says {said[wrong][0]:.3g}"
        )


def _of_law(law: Distribution, gradient: Any) -> LogDensity:
    if law.batch_shape:
        raise UsageError(f"the target is a batch of {law.batch_shape} distributions: fit one of them, target[0]")
    if len(law.event_shape) > 1:
        raise UsageError(f"{type(law).__name__} has values of shape {law.event_shape}: a target should have vectors")
    dimension = law.event_shape[0] if law.event_shape else 1

    def call(points: Array) -> Array:
        return np.asarray(law.log_density(points if law.event_shape else points[:, 0]))

    slopes, by = (gradient, "given") if gradient is not None else _known_slopes(law) or (differences(call), "")
    return LogDensity(repr(law), dimension, call, slopes, by or "finite differences", law=law)


def _known_slopes(law: Distribution) -> tuple[Function, str] | None:
    if type(law).__name__ != "MultivariateNormal":
        return None
    mean, covariance = (np.asarray(law.parameters[name]) for name in ("mean", "covariance"))
    return lambda points: -np.linalg.solve(covariance, (points - mean).T).T, "formula"


def differences(function: Function) -> Function:
    """The gradient by central differences, all of it in one call."""

    def slopes(points: Array) -> Array:
        n, d = points.shape
        step = EVEN_STEP * np.maximum(1.0, np.abs(points))
        moved = points[:, np.newaxis] + step[:, np.newaxis] * np.eye(d)
        back = points[:, np.newaxis] - step[:, np.newaxis] * np.eye(d)
        width = np.einsum("nii->ni", moved - back)
        ends = function(np.concatenate([moved, back]).reshape(-1, d)).reshape(2, n, d)
        return (ends[0] - ends[1]) / width

    return slopes
