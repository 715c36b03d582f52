"""Adaptive integration over boxes in a few dimensions: products of Lobatto rules, boxes halved where two disagree.

Every round evaluates all new boxes at once. The difference of two rules of 12 and 8 nodes an axis, exact for
polynomials of degree 21 and 13, gives the error estimate. The ends of a box are nodes, unlike those of Gauss rules: a
kink that cuts off a corner is seen, however small the corner. Davis & Rabinowitz 1984, chapters 2.7.1 and 6.
"""

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial import Legendre

Array = Any

ORDERS = (12, 8)
SAFETY = 2.0
"""By how much the difference of the rules is enlarged: on a few boxes they may agree by chance."""
AT_ONCE = 200_000
"""Points of one evaluation, for memory."""


def integral(
    function: Callable[[Array], Array], edges: list[Array], *, relative: float, absolute: float, most: int
) -> tuple[float, float]:
    """The integral of a function of points (n, d) and its error, from the boxes between edges on every axis.

    Boxes are halved on all axes until the error is as wanted, or ``most`` points have been used.
    """
    low, high = (_corners(side) for side in ([axis[:-1] for axis in edges], [axis[1:] for axis in edges]))
    values, errors = _by_rules(function, low, high)
    cost = len(_rules(low.shape[1])[0])
    used = len(low) * cost
    while used < most:
        goal = max(absolute, relative * abs(float(values.sum())))
        if not float(errors.sum()) > goal:
            break
        # the worst, so many that the others together are within half of the goal
        order = np.argsort(errors)
        split = np.zeros(len(errors), bool)
        split[order[np.cumsum(errors[order]) > 0.5 * goal]] = True
        new_low, new_high = _halves(low[split], high[split])
        new_values, new_errors = _by_rules(function, new_low, new_high)
        used += len(new_low) * cost
        low, high = np.concatenate([low[~split], new_low]), np.concatenate([high[~split], new_high])
        values, errors = np.concatenate([values[~split], new_values]), np.concatenate([errors[~split], new_errors])
    return float(values.sum()), float(errors.sum())


def _corners(axes: list[Array]) -> Array:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def _halves(low: Array, high: Array) -> tuple[Array, Array]:
    middle = 0.5 * (low + high)
    sides = np.array(list(itertools.product((False, True), repeat=low.shape[1])))[:, np.newaxis]
    lows, highs = np.where(sides, middle, low), np.where(sides, high, middle)
    return lows.reshape(-1, low.shape[1]), highs.reshape(-1, low.shape[1])


@cache
def _rules(size: int) -> tuple[Array, Array]:
    """Nodes (n, d) of both rules on the box from -1 to 1, and their weights (n, 2)."""
    rules = [_lobatto(order) for order in ORDERS]
    nodes = [_corners([nodes] * size) for nodes, _ in rules]
    weights = [_corners([weights] * size).prod(axis=-1) for _, weights in rules]
    apart = [np.append(weights[0], np.zeros(len(nodes[1]))), np.append(np.zeros(len(nodes[0])), weights[1])]
    return np.concatenate(nodes), np.stack(apart, axis=-1)


def _lobatto(order: int) -> tuple[Array, Array]:
    """Nodes and weights: the ends, and where the Legendre polynomial of one degree less has its extremes."""
    polynomial = Legendre.basis(order - 1)
    nodes = np.concatenate([[-1.0], np.sort(polynomial.deriv().roots().real), [1.0]])
    return nodes, 2.0 / (order * (order - 1) * polynomial(nodes) ** 2)


def _by_rules(function: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array]:
    """The integral over every box by the better rule, and its error by the difference to the other."""
    size = low.shape[1]
    nodes, weights = _rules(size)
    step = max(1, AT_ONCE // len(nodes))
    found = []
    for first in range(0, len(low), step):
        low_, high_ = low[first : first + step], high[first : first + step]
        points = 0.5 * (low_ + high_)[:, np.newaxis] + 0.5 * (high_ - low_)[:, np.newaxis] * nodes
        values = function(points.reshape(-1, size)).reshape(len(low_), -1)
        found.append((0.5 * (high_ - low_)).prod(axis=-1)[:, np.newaxis] * (values @ weights))
    better, other = np.concatenate(found).T
    return better, SAFETY * np.abs(better - other)
