"""Averages over a density known up to a factor, on the line or the plane, with one peak and tails like exp(-|u|).

The trapezoidal rule converges exponentially for a smooth density that has died out at its ends (Trefethen & Weideman
2014), so the ends are moved to where it has, and the points doubled until the averages stand still.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Density = Callable[[Array, Array], Array]
"""Points u (g,) and v (h,) to the logarithm of the density, (g, h)."""
Values = Callable[[Array, Array], Array]
"""Points u (g,) and v (h,) to the quantities to be averaged, (quantities, g, h)."""
Box = tuple[tuple[float, float], tuple[float, float]]

DEAD = 40.0
"""Below the peak by so much, in nats, the density counts for nothing."""
POINTS, MOST_POINTS = 65, 1025
AT_ONCE = 500_000
"""Points times distinct counts that are held in memory."""


def averages(density: Density, values: Values, box: Box, tolerance: float = 1e-12) -> tuple[Array, float]:
    """The averages, (quantities,), over the density in this box, and after them the variance of the first quantity.

    The second result is how far the last doubling of points moved any of them, which is to be at most ``tolerance``: as
    convergence is exponential, the error is far below it.
    For the line: a side of the box without length.

    >>> found, moved = averages(lambda u, v: -(u[:, None] ** 2 + v**2) / 2, lambda u, v: (u[:, None] + 3 + v)[None],
    ...                         ((-50.0, 50.0), (-50.0, 50.0)))
    >>> found.round(12).tolist(), moved < 1e-12
    ([3.0, 2.0], True)
    """
    box = support(density, box)
    found, moved, size = np.zeros(0), np.inf, POINTS
    while size <= MOST_POINTS:
        u, v = axes(box, size)
        refined = weighted(density(u, v), values(u, v))
        if found.size:
            moved = float(np.max(np.abs(refined - found)))
        found, size = refined, 2 * size - 1
        if moved <= tolerance:
            break
    return found, moved


def in_pieces(function: Density | Values, size: int) -> Density | Values:
    """The same function, called for a few v at a time where each needs ``size`` numbers in memory."""
    step = max(AT_ONCE // size, 1)
    return lambda u, v: np.concatenate([function(u, v[i : i + step]) for i in range(0, v.size, step)], axis=-1)


def support(density: Density, box: Box) -> Box:
    """The part of the box outside which the density is dead; its peak may be far narrower than the first grid.

    While the grid is coarse, points far below its highest are kept too: the peak itself may lie beside them.
    """
    for _ in range(60):
        u, v = axes(box, POINTS)
        logs = density(u, v)
        alive = logs > logs.max() - max(DEAD, 0.01 * (logs.max() - np.median(logs)))
        smaller = around(u, np.any(alive, axis=1)), around(v, np.any(alive, axis=0))
        shrunk = [(new[1] - new[0]) < 0.8 * (old[1] - old[0]) for new, old in zip(smaller, box, strict=True)]
        if not any(shrunk):
            return box
        box = smaller
    return box


def axes(box: Box, size: int) -> tuple[Array, Array]:
    """Evenly spaced points along both sides of the box; one where a side has no length."""
    u, v = (np.linspace(low, high, size if high > low else 1) for low, high in box)
    return u, v


def around(points: Array, alive: NDArray[np.bool_]) -> tuple[float, float]:
    """From the point before the first that is alive to that after the last."""
    where = np.flatnonzero(alive)
    return float(points[max(where[0] - 1, 0)]), float(points[min(where[-1] + 1, points.size - 1)])


def weighted(logs: Array, values: Array) -> Array:
    """Averages under a density given by its logarithm, and the variance of the first quantity; (quantities + 1,)."""
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    means = np.sum(values * weights, axis=(1, 2))
    return np.append(means, np.sum(weights * (values[0] - means[0]) ** 2))
