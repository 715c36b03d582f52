"""The normal distribution that is closest, in reverse KL, to the posterior of a generalised linear model: with a proof.

    ELBO(m, L) = sum_i E f(y_i, x_i'm + |L'x_i| z) - sum_j (m_j^2 + |L_j|^2) / (2 t_j^2) + log det L + constants

Each expectation has one dimension. For log-concave f, -ELBO is convex in the mean m and the lower triangular factor L
of the covariance, and the prior makes it strongly convex, so that

    ELBO* - ELBO <= sum_j t_j^2 (|g_mj|^2 + |g_Lj|^2) / 2        g the gradient.

Challis & Barber 2013, Gaussian Kullback-Leibler approximate inference, J. Mach. Learn. Res. 14, 2239-2286, sections 3.2
and 3.3. The bound is up to rounding and the error of the quadrature, both near 1e-15 of the sum of log likelihoods.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.fitting.answers import Reversed, bits, member_of
from bitsapart.fitting.evidence import Bound, evidence
from bitsapart.fitting.generalized_linear_posterior import GeneralizedLinearPosterior
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.normaliser import Proposal
from bitsapart.fitting.result import Certificate
from bitsapart.values.unit import Unit

Array = Any

METHOD = "one-dimensional quadrature"
SMALLEST = 1e-6
"""Least diagonal entry of a factor, in units of that of the Laplace approximation."""


@dataclass(frozen=True, eq=False)
class Ascent:
    """The ELBO as a function of a vector: mean and factor in coordinates that the Laplace approximation whitens.

    m = mode + C a and L = C B with C the Laplace factor and B lower triangular; in the mean-field family L is the
    diagonal of the Laplace precisions to the power -1/2, times B.
    """

    posterior: GeneralizedLinearPosterior
    mode: Array
    whitener: Array
    scales: Array | None
    """(d,) for a diagonal factor, else None."""

    @property
    def dimension(self) -> int:
        """The number of coordinates of a point."""
        return self.posterior.dimension

    def member(self, vector: Array) -> tuple[Array, Array]:
        """Mean (d,) and factor (d, d)."""
        d = self.dimension
        mean = self.mode + self.whitener @ vector[:d]
        if self.scales is not None:
            return mean, np.diag(self.scales * vector[d:])
        turn = np.zeros((d, d))
        turn[np.tril_indices(d)] = vector[d:]
        return mean, self.whitener @ turn

    def start(self) -> Array:
        """The Laplace approximation, or its conditional variances."""
        d = self.dimension
        return np.concatenate([np.zeros(d), np.ones(d) if self.scales is not None else np.eye(d)[np.tril_indices(d)]])

    def bounds(self) -> list[tuple[float | None, float | None]]:
        """The diagonal of the factor is positive."""
        d = self.dimension
        if self.scales is not None:
            return [(None, None)] * d + [(SMALLEST, None)] * d
        rows, columns = np.tril_indices(d)
        return [(None, None)] * d + [
            (SMALLEST, None) if i == j else (None, None) for i, j in zip(rows, columns, strict=True)
        ]

    def value(self, vector: Array) -> tuple[float, Array, Array]:
        """The ELBO in nats, and its gradients by the mean (d,) and by the factor (d, d), lower triangular."""
        mean, factor = self.member(vector)
        model = self.posterior
        spread = model.design @ factor
        sd = np.sqrt((spread * spread).sum(axis=1))
        expected = model.likelihood.expected(model.labels, model.design @ mean, sd)
        precision = model.prior_sd**-2
        squares = mean**2 + (factor**2).sum(axis=1)
        diagonal = np.diagonal(factor)
        volume = np.log(diagonal).sum() + 0.5 * self.dimension - np.log(model.prior_sd).sum()
        total = expected.value.sum() - 0.5 * (squares * precision).sum() + volume
        by_mean = model.design.T @ expected.by_mean - mean * precision
        pull = np.divide(expected.by_sd, sd, out=np.zeros_like(sd), where=sd > 0.0)
        by_factor = model.design.T @ (pull[:, np.newaxis] * spread) - factor * precision[:, np.newaxis]
        by_factor = np.diag(np.diagonal(by_factor)) if self.scales is not None else np.tril(by_factor)
        return float(total), by_mean, by_factor + np.diag(1.0 / diagonal)

    def loss(self, vector: Array) -> tuple[float, Array]:
        """-ELBO and its gradient by the vector."""
        total, by_mean, by_factor = self.value(vector)
        if self.scales is not None:
            turned = self.scales * np.diagonal(by_factor)
        else:
            turned = (self.whitener.T @ by_factor)[np.tril_indices(self.dimension)]
        return -total, -np.concatenate([self.whitener.T @ by_mean, turned])


def ascent_of(posterior: GeneralizedLinearPosterior, *, mean_field: bool) -> Ascent:
    """The ELBO of a posterior, whitened at its mode."""
    mode = posterior.mode()
    precision = posterior.precision(mode)
    # the lower factor of the inverse, from that of the precision
    whitener = np.linalg.inv(np.linalg.cholesky(precision[::-1, ::-1]))[::-1, ::-1].T
    scales = np.diagonal(precision) ** -0.5 if mean_field else None
    return Ascent(posterior, mode, whitener, scales)


def highest(ascent: Ascent) -> Array:
    """The vector of the highest ELBO, by L-BFGS."""
    from scipy.optimize import minimize

    vector = ascent.start()
    options = {"maxiter": 5000, "maxfun": 10_000, "maxcor": 30, "ftol": 0.0, "gtol": 1e-10}
    for _ in range(2):
        # a second run starts with a fresh memory, where the first one stopped for rounding
        found = minimize(ascent.loss, vector, jac=True, method="L-BFGS-B", bounds=ascent.bounds(), options=options)
        vector = found.x
    return np.asarray(vector)


def closest_to_posterior(
    posterior: GeneralizedLinearPosterior, *, mean_field: bool, level: float, seed: int
) -> Reversed:
    """The closest normal distribution, its proof, and KL(Q || P) with the interval of log Z."""
    ascent = ascent_of(posterior, mean_field=mean_field)
    vector = highest(ascent)
    total, by_mean, by_factor = ascent.value(vector)
    mean, factor = ascent.member(vector)
    squared = by_mean**2 + (by_factor**2).sum(axis=1)
    gap = 0.5 * float((posterior.prior_sd**2) @ squared)
    residual = float(np.abs(ascent.loss(vector)[1]).max())
    certificate = Certificate(
        "strong convexity",
        Unit.bit.of(gap),
        True,
        residual,
        "the negative ELBO is strongly convex because of the prior; up to rounding and the error of the quadrature",
    )
    size = len(posterior.labels) + abs(total)
    bound = Bound(total, gap + 64.0 * np.finfo(float).eps * size, "bound", METHOD)
    target = LogDensity(repr(posterior), posterior.dimension, posterior, posterior.gradient, "formula")
    around = None
    if mean_field:
        # weights of the full family tell more of the normaliser than those of a diagonal one
        whole = ascent_of(posterior, mean_field=False)
        around = Proposal(*whole.member(highest(whole)))
    found = evidence(target, Proposal(mean, factor), bound, around=around, log_concave=True, level=level, seed=seed)
    # a value that is gap below the highest is this far from its place, by the same convexity
    off = posterior.prior_sd.max() * math.sqrt(squared.sum()) * posterior.prior_sd.max()
    return Reversed(
        member_of(mean, factor),
        found.divergence,
        certificate,
        _errors(mean, factor, off),
        suboptimality=bits(0.0, gap, level, "bound", certificate.kind, least=0.0),
        diagnostics=found.diagnostics,
    )


def _errors(mean: Array, factor: Array, off: float) -> dict[str, Array]:
    lengths = np.sqrt((factor**2).sum(axis=1))
    return {"mean": np.full(len(mean), off), "covariance": off * (lengths[:, np.newaxis] + lengths)}
