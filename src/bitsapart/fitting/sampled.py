"""Reverse fits in any dimension: the ELBO on draws that stay fixed, climbed by L-BFGS, its error told by new draws.

    ELBO(m, F) = mean_k log p(m + F z_k) + log det(F F') / 2 + d (1 + log 2 pi) / 2

The z_k are scrambled Sobol points as normal draws, shifted and turned so that their mean is 0 and their covariance the
identity: for a normal target the fit is then exact. Giordano, Ingram & Broderick 2024, Black box variational inference
with a deterministic objective, J. Mach. Learn. Res. 25(18).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special as sp

from bitsapart.families.continuous.normal import HALF_LOG_2_PI
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.fitting.answers import Reversed, bits, member_of
from bitsapart.fitting.evidence import Bound, evidence
from bitsapart.fitting.factors import STRUCTURES, Factors
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.normaliser import Proposal
from bitsapart.fitting.pathfinder import Start, pathfinder
from bitsapart.fitting.result import Certificate, Minimum
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = Any

METHOD = "fixed quasi-Monte Carlo draws"
FEWEST = {True: 4096, False: 512}
A_DIMENSION = 16
"""Draws: a power of 2, of at least FEWEST, by whether many cost little, and of this many a dimension of z."""
REDRAWS = 16
"""Independent sets of draws that the ELBO is estimated again with."""
PATHS = 4
"""Starts of paths to modes."""
APART = 0.5
"""Distance of means, in standard deviations, from which two starts are both descended from."""
SAME = 1e-3
"""Nats within which two ends are one."""


@dataclass(frozen=True, eq=False)
class Objective:
    """The ELBO of a structure on fixed draws z (n, k)."""

    target: LogDensity
    factors: Factors
    z: Array

    def value(self, vector: Array) -> tuple[float, Array]:
        """The ELBO in nats and its gradient by the vector; -inf where a draw has density 0."""
        mean, factor = self.factors.member(vector)
        points = mean + self.z @ factor.T
        heights = self.target(points)
        if not np.isfinite(heights).all():
            return -math.inf, np.zeros_like(vector)
        slopes = self.target.slopes(points)
        volume, by_factor = self.factors.volume(factor)
        n, d = points.shape
        total = float(heights.mean()) + volume + d * (HALF_LOG_2_PI + 0.5)
        return total, self.factors.pulled(vector, slopes.mean(axis=0), slopes.T @ self.z / n + by_factor)

    def climbed(self) -> tuple[Array, float]:
        """The vector at the top, and the ELBO there."""
        from scipy.optimize import minimize

        def loss(vector: Array) -> tuple[float, Array]:
            total, gradient = self.value(vector)
            return (1e300, gradient) if total == -math.inf else (-total, -gradient)

        options = {"maxiter": 1000, "maxcor": 20, "ftol": 1e-15, "gtol": 1e-8}
        found = minimize(loss, self.factors.start, jac=True, method="L-BFGS-B", options=options)
        return np.asarray(found.x), -float(found.fun)


def sobol_normals(n: int, k: int, seed: Any) -> Array:
    """Standard normal draws (n, k) from scrambled Sobol points; n is a power of 2."""
    from scipy.stats import qmc

    points = qmc.Sobol(k, scramble=True, rng=np.random.default_rng(seed)).random(n)
    return sp.ndtri(np.clip(points, 2.0**-53, 1.0 - 2.0**-53))


def matched(z: Array) -> Array:
    """The same draws with mean 0 and covariance I, exactly."""
    centred = z - z.mean(axis=0)
    factor = np.linalg.cholesky(centred.T @ centred / len(z))
    return np.linalg.solve(factor, centred.T).T


def closest_sampled(target: LogDensity, *, start: Any, structure: str, level: float, seed: int) -> Reversed:
    """The closest normal distribution of a structure that was found, and KL(Q || P) with its interval.

    Raises:
        UsageError: the density is 0, or its gradient not finite, where it has to be known.
    """
    ends = _ends(target, _starts(target, start, seed), structure, seed)
    best = ends[0]
    checked = [_checked(end, level, seed) for end in ends]
    mean, factor = best.objective.factors.member(best.vector)
    proposal = Proposal(mean, np.linalg.cholesky(factor @ factor.T))
    bound, excess, residual = checked[0]
    found = evidence(target, proposal, bound, level=level, seed=seed + 1)
    member = member_of(mean, factor)
    divergence = _exact(member, target) or found.divergence
    certificate = Certificate(
        "stationarity",
        Unit.bit.of(excess),
        False,
        residual,
        "to second order, by the gradient on new draws; a local optimum",
    )
    minima = [Minimum(member, divergence, "minimum", True)]
    for end, (other, _, _) in zip(ends[1:], checked[1:], strict=True):
        shift = Unit.bit.of(bound.value - other.value)
        minima.append(
            Minimum(member_of(*end.objective.factors.member(end.vector)), _shifted(divergence, shift), "minimum", False)
        )
    return Reversed(
        member,
        divergence,
        certificate,
        {},
        tuple(minima),
        bits(excess, 0.0, level, "unknown", METHOD, n=bound.n, note="to second order, from the gradient on new draws"),
        found.diagnostics,
        notes=_notes(target, len(ends)),
    )


@dataclass(frozen=True, eq=False)
class _End:
    objective: Objective
    vector: Array
    bound: float


def _starts(target: LogDensity, start: Any, seed: int) -> list[Start]:
    """Normal approximations from several origins, the best first, those that are near a better one left out."""
    generator = np.random.default_rng(seed)
    d = target.dimension
    if target.law is not None:
        origins = np.asarray(target.law.sample(PATHS, seed=generator)).reshape(PATHS, d)
    else:
        centre = np.zeros(d) if start is None else np.asarray(start, float).reshape(d)
        origins = np.concatenate([centre[np.newaxis], centre + generator.uniform(-2.0, 2.0, (PATHS - 1, d))])
        origins = origins[[True, *np.isfinite(target(origins[1:]))]]
    found = sorted((pathfinder(target, origin, seed) for origin in origins), key=lambda one: -one.bound)
    kept: list[Start] = []
    for one in found:
        shifts = [np.linalg.solve(other.proposal.factor, one.proposal.mean - other.proposal.mean) for other in kept]
        if all(np.abs(shift).max() > APART for shift in shifts):
            kept.append(one)
    return kept


def _ends(target: LogDensity, starts: list[Start], structure: str, seed: int) -> list[_End]:
    ends: list[_End] = []
    for one in starts:
        factors = STRUCTURES[structure](one.proposal)
        n = 2 ** math.ceil(math.log2(max(FEWEST[target.many], A_DIMENSION * factors.noise)))
        objective = Objective(target, factors, matched(sobol_normals(n, factors.noise, seed)))
        vector, bound = objective.climbed()
        if all(abs(bound - other.bound) > SAME for other in ends):
            ends.append(_End(objective, vector, bound))
    return sorted(ends, key=lambda end: -end.bound)


def _checked(end: _End, level: float, seed: int) -> tuple[Bound, float, float]:
    """The ELBO on new draws, how far it may be below the highest, and the largest entry of its gradient there.

    log p - log q is averaged, entropy and all, as it is constant where the target is normal.
    """
    objective = end.objective
    mean, factor = objective.factors.member(end.vector)
    n, k = objective.z.shape
    whitening = Proposal(mean, np.linalg.cholesky(factor @ factor.T))
    means, gradients = [], []
    for i in range(REDRAWS):
        z = sobol_normals(n, k, [seed, i + 1])
        points = mean + z @ factor.T
        means.append(float((objective.target(points) - whitening.log_density(points)).mean()))
        # the slope of log q, whose expectation is that of the volume, is taken off draw by draw
        gradients.append(Objective(objective.target, objective.factors, matched(z)).value(end.vector)[1])
    gradient = np.mean(gradients, axis=0)
    excess = 0.5 * float((gradient**2 / objective.factors.curvature).sum())
    half = float(sp.stdtrit(REDRAWS - 1, 0.5 + 0.5 * level) * np.std(means, ddof=1) / math.sqrt(REDRAWS))
    rounding = 64.0 * np.finfo(float).eps * (1.0 + abs(end.bound))
    bound = Bound(float(np.mean(means)), half + rounding, "confidence", METHOD, n * REDRAWS)
    return bound, excess, float(np.abs(gradient).max())


def _exact(member: Any, target: LogDensity) -> Estimate | None:
    """The divergence between two normals, which needs no draws."""
    if not isinstance(target.law, MultivariateNormal):
        return None
    from bitsapart.families.divergence import kl_divergence

    found: Estimate = kl_divergence(member, target.law).estimate(Unit.bit, least=0.0)
    return found


def _shifted(divergence: Estimate, bits_more: float) -> Estimate:
    from dataclasses import replace

    low, high = (None if end is None else end + bits_more for end in (divergence.low, divergence.high))
    return replace(divergence, value=divergence.value + bits_more, low=low, high=high)


def _notes(target: LogDensity, ends: int) -> tuple[str, ...]:
    notes = [f"{ends} local optima were found"] if ends > 1 else []
    if target.gradient_by == "finite differences":
        notes.append(
            "the gradient is by finite differences: a torch or JAX function, or gradient=, is faster and more exact"
        )
    return tuple(notes)
