"""Parameters from expectations where only the way back has a formula: Newton's method for whole batches."""

from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.maths.gamma_functions import digamma_minus_log, shape_curvature

Array = Any

TURNS = 40
"""Steps at most."""
SETTLED = 1e-15
"""Relative step at which it has converged."""
CLOSE = 1e-3
"""Newton decrement from which every step falls short of the last unless rounding is all that is left."""


def shape_of_gap(distance: Any) -> Array:
    """The k with log k - psi(k) = distance > 0: of a gamma distribution with this log E x - E log x.

    Newton's method on a + b / k + c log k, which agrees with the likelihood to second order. Minka 2002, Estimating a
    Gamma distribution.
    """
    distance = np.asarray(distance, float)
    k = (3.0 - distance + np.sqrt((distance - 3.0) ** 2 + 24.0 * distance)) / (12.0 * distance)
    for _ in range(TURNS):
        slope = shape_curvature(k)
        found = 1.0 / (1.0 / k + (distance + digamma_minus_log(k)) / (k * k * slope))
        found = np.where(found > 0.0, found, 0.5 * k)
        moved = np.abs(found - k)
        k = found
        if np.all(moved <= SETTLED * k):
            break
    return k


def shape_of_log_mean(logarithm: Any) -> Array:
    """The k with psi(k) = logarithm, by Newton's method. Minka 2000, Estimating a Dirichlet distribution."""
    y = np.asarray(logarithm, float)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        k = np.where(y >= -2.22, np.exp(y) + 0.5, -1.0 / (y - sp.digamma(1.0)))
        for _ in range(TURNS):
            found = k - (sp.digamma(k) - y) / sp.polygamma(1, k)
            moved = np.abs(found - k)
            k = found
            if np.all(moved <= SETTLED * k):
                break
    return k


def concentration_of_log_means(logarithms: Any) -> Array:
    """The Dirichlet concentrations with psi(a_i) - psi(sum a) = logarithms, shape (..., n), sum exp(logarithms) < 1.

    Newton's method, whose Hessian is diagonal and a matrix of rank one, damped by its decrement; it stops where
    rounding keeps the decrement from falling. Minka 2000, Estimating a Dirichlet distribution.
    """
    wanted = np.asarray(logarithms, float)
    # for large sums the means fall short of 1 by about (n - 1) / (2 sum)
    total = (wanted.shape[-1] - 1) / (2.0 * -np.expm1(sp.logsumexp(wanted, axis=-1, keepdims=True)))
    a = shape_of_log_mean(wanted + sp.digamma(np.maximum(total, 0.5)))
    least = np.full((*a.shape[:-1], 1), np.inf)
    for _ in range(TURNS):
        total = a.sum(axis=-1, keepdims=True)
        rests = total - a
        slope = digamma_minus_log(a) - digamma_minus_log(total) - np.log1p(rests / a) - wanted
        curvature = sp.polygamma(1, a)
        shared = 1.0 / sp.polygamma(1, total) - (1.0 / curvature).sum(axis=-1, keepdims=True)
        step = (slope + (slope / curvature).sum(axis=-1, keepdims=True) / shared) / curvature
        decrement = np.sqrt(np.maximum((step * slope).sum(axis=-1, keepdims=True), 0.0))
        moving = (decrement < least) | (decrement > CLOSE)
        least = np.where(moving, decrement, least)
        if not moving.any():
            break
        step = step / (1.0 + np.where(decrement > 0.25, decrement, 0.0))
        a = np.where(moving, np.maximum(a - step, 0.1 * a), a)
    return a
