"""Maps that are linear in their parameters before a softmax, fitted by penalised maximum likelihood.

    sum_i w_i [log sum_k exp(l_ik) - sum_k t_ik l_ik] + 1/2 sum_j r_j (theta_j - centre_j)^2,   l = l(theta) linear

is convex. ``r`` is what so many rows tell of each parameter at ``centre``, the temperature solution: the penalty is the
same in any scale of the logits, and keeps the parameters finite where the labels can be separated or a class is absent.
The optimiser is L-BFGS in coordinates that make the Hessian at the start the identity, so that one unit is one standard
error, and it stops within 1e-4 of them: where it started is forgotten.
"""

from typing import Protocol

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from bitsapart.scoring.recalibration.map import Array, largest, summed

CLOSE = 1e-4
"""Gradient at which the optimiser stops, in standard errors."""
LEAST = 1e-9
"""Of the largest penalty: the least, for a parameter of which the rows tell nothing."""


class Design(Protocol):
    """How the logits of some rows depend on the parameters."""

    def logits(self, theta: Array) -> Array:
        """(rows, classes), finite."""
        ...

    def gradient(self, residual: Array) -> Array:
        """The transpose of ``logits`` applied to (rows, classes)."""
        ...

    def information(self, share: Array, weights: Array) -> Array:
        """(parameters, parameters): the Hessian of the unpenalised loss at probabilities ``share``."""
        ...

    def of_each(self, share: Array, weights: Array) -> Array:
        """(parameters,): its diagonal."""
        ...


def softmax(logits: Array, mask: Array | None) -> tuple[Array, Array]:
    """Probabilities, and the logarithm of their normaliser; ``mask`` is -inf where a probability stays 0."""
    masked = logits if mask is None else logits + mask
    top = largest(masked)
    share = np.exp(masked - top[:, None])
    total = summed(share)
    share /= total[:, None]
    return share, top + np.log(total)


def fitted(
    design: Design,
    targets: Array,
    weights: Array,
    mask: Array | None,
    centre: Array,
    pull: Array,
    start: Array,
    root: Array | None = None,
) -> tuple[Array, Array | None]:
    """The best parameters, and a root of the Hessian that a fit to nearly the same rows can take instead of its own.

    ``pull``: how many rows' worth of information each parameter is held to ``centre`` by.
    """
    total = float(weights.sum())
    if not total > 0.0:
        return centre, root
    at_centre, _ = softmax(design.logits(centre), mask)
    told = design.of_each(at_centre, weights / total) * pull
    penalty = np.maximum(told, max(LEAST * float(told.max()), 1e-12))

    def loss(theta: Array) -> tuple[float, Array]:
        logits = design.logits(theta)
        share, normaliser = softmax(logits, mask)
        value = weights @ (normaliser - np.einsum("ij,ij->i", targets, logits))
        off = theta - centre
        slope = design.gradient((share - targets) * weights[:, None]) + penalty * off
        return float(value + 0.5 * (penalty * off) @ off), slope

    if root is None:
        share, _ = softmax(design.logits(start), mask)
        root = cholesky(design.information(share, weights) + np.diag(penalty), lower=True)
    scale = root

    def standard(u: Array) -> tuple[float, Array]:
        value, slope = loss(start + solve_triangular(scale, u, lower=True, trans="T"))
        return value, solve_triangular(scale, slope, lower=True)

    found = minimize(
        standard, np.zeros(len(start)), jac=True, method="L-BFGS-B",
        options={"gtol": CLOSE, "ftol": 0.0, "maxiter": 500, "maxcor": 20},
    )  # fmt: skip
    return np.asarray(start + solve_triangular(scale, found.x, lower=True, trans="T"), np.float64), root
