"""Positive definite matrices by their Cholesky factors, in batches: what families with a covariance share."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.found import EPS, ROUNDING, Found
from bitsapart.families.maths.ratios import excess
from bitsapart.families.parameter import POSITIVE_DEFINITE

Array = Any

NEAR = 0.5
SHORT = 16


def solve_lower(factor: Array, right: Array) -> Array:
    """The X with factor X = right, for lower triangular factors (..., d, d) and right sides (..., d, k).

    Row by row, so that the scale of a variable costs the others no digit; in blocks, so that large ones are products.
    """
    size = factor.shape[-1]
    if size == 1:
        return right / factor
    half = size // 2
    top = solve_lower(factor[..., :half, :half], right[..., :half, :])
    rest = right[..., half:, :] - factor[..., half:, :half] @ top
    bottom = solve_lower(factor[..., half:, half:], rest)
    shape = np.broadcast_shapes(top.shape[:-2], bottom.shape[:-2])
    return np.concatenate([np.broadcast_to(part, (*shape, *part.shape[-2:])) for part in (top, bottom)], axis=-2)


def whitened(factor: Array, x: Array) -> Array:
    """The z with factor z = x, for vectors x (..., d)."""
    if factor.ndim == 2:
        # one matrix: all vectors are columns of one right side
        return solve_lower(factor, x.reshape(-1, x.shape[-1]).T).T.reshape(x.shape)
    return solve_lower(factor, x[..., np.newaxis])[..., 0]


def both_sides(factor: Array, middle: Array) -> Array:
    """L^-1 M L^-T of a symmetric matrix M."""
    half = solve_lower(factor, 0.5 * (middle + transposed(middle)))
    return solve_lower(factor, transposed(half))


def log_diagonal(factor: Array) -> Array:
    """Half the log determinant of factor factor^T."""
    return over_entries(np.add, np.log(np.diagonal(factor, axis1=-2, axis2=-1)))


def log_determinant_ratio(p: Array, q: Array) -> Array:
    """Log det P - log det Q from their factors."""
    diagonals = (np.diagonal(factor, axis1=-2, axis2=-1) for factor in (p, q))
    return 2.0 * over_entries(np.add, np.log(np.divide(*diagonals)))


def squared_length(x: Array) -> Array:
    """|x|^2 of vectors (..., d)."""
    return over_entries(np.add, x * x)


def over_entries(operation: np.ufunc, x: Array) -> Array:
    """A sum or maximum over the last axis: of many short ones, entry by entry, which is several times faster."""
    if x.shape[-1] > SHORT:
        return operation.reduce(x, axis=-1)
    return functools.reduce(operation, np.moveaxis(x, -1, 0))


def matrix_excess(gap: Array, log_ratio: Callable[[], Array]) -> Array:
    """Sum of g - log(1 + g) over the eigenvalues g of G = L_q^-1 (P - Q) L_q^-T: twice the KL of centred normals.

    Where G is not small, it is tr G - (log det P - log det Q), of which ``log_ratio`` gives the latter.
    """
    near = np.asarray(np.einsum("...ij,...ij->...", gap, gap) < NEAR * NEAR)
    if near.all():
        return _of_eigenvalues(gap)
    far = np.array(np.trace(gap, axis1=-2, axis2=-1) - log_ratio())
    if near.any():
        far[near] = _of_eigenvalues(gap[near])
    return far


def _of_eigenvalues(gap: Array) -> Array:
    return over_entries(np.add, excess(np.linalg.eigvalsh(gap)))


def as_definite(x: Array) -> Array:
    """Matrices as they are, and the identity for those that are not positive definite and have no density anyway."""
    good = POSITIVE_DEFINITE.holds(x)
    return np.where(good[..., np.newaxis, np.newaxis], x, np.eye(x.shape[-1]))


def mixed_precisions(p: Array, q: Array, alpha: float) -> tuple[Array, Array]:
    """S = (alpha P^-1 + (1 - alpha) Q^-1)^-1 = P B^-1 Q and P B^-1, with B = alpha Q + (1 - alpha) P; nan without S.

    By B, since an inverse of P or Q would lose the digits of the small differences between their variables.
    """
    middle = alpha * q + (1.0 - alpha) * p
    factor = np.linalg.cholesky(as_definite(middle))
    half = solve_lower(factor, p)
    mixed = transposed(half) @ solve_lower(factor, q)
    turn = transposed(solve_lower(transposed(factor[..., ::-1, ::-1]), half[..., ::-1, :])[..., ::-1, :])
    good = POSITIVE_DEFINITE.holds(middle)[..., np.newaxis, np.newaxis]
    return np.where(good, 0.5 * (mixed + transposed(mixed)), np.nan), np.where(good, turn, np.nan)


def trace_of_ratio(factor: Array, middle: Array) -> Array:
    """Trace of (factor factor')^-1 M."""
    return np.trace(both_sides(factor, middle), axis1=-2, axis2=-1)


def transposed(x: Array) -> Array:
    """Of the last two axes."""
    return np.swapaxes(x, -1, -2)


def inflation(factor: Array) -> Array:
    """The largest 1 / (1 - R^2) of a variable given those before it: how much rounding of the entries is magnified."""
    squares = factor * factor
    return over_entries(np.maximum, over_entries(np.add, squares) / np.diagonal(squares, axis1=-2, axis2=-1))


def found_divergence(value: Array, inflation_p: Array, inflation_q: Array) -> Found:
    """A divergence with its rounding error; that of log det P is felt where the two are not close."""
    value = np.maximum(value, 0.0)
    felt = inflation_q * value + inflation_p * np.minimum(value, 1.0)
    return Found.of(value, "closed form", error=ROUNDING * value + 4.0 * EPS * felt)


def found_entropy(value: Array, inflated: Array, shape: tuple[int, ...]) -> Found:
    """An entropy of a batch with its rounding error, that of a log determinant included."""
    error = ROUNDING * np.abs(value) + 4.0 * EPS * inflated
    return Found.of(np.broadcast_to(value, shape), "closed form", error=np.broadcast_to(error, shape))
