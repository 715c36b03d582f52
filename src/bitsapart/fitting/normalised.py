"""Forward fits to a log density that need not be normalised.

In one dimension it is integrated and becomes a distribution like any other. In several its expectations are those of
draws of a wide proposal about the reverse fit, with self-normalised importance weights, which are refused where their
Pareto k-hat says that so many draws do not suffice.
"""

import math
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.parameter import Domain
from bitsapart.families.support import Interval, Support
from bitsapart.fitting.account import fit_of
from bitsapart.fitting.fitted import Fitted, Options
from bitsapart.fitting.floor import quantile
from bitsapart.fitting.formula import project
from bitsapart.fitting.forward import fitted
from bitsapart.fitting.log_density import LogDensity
from bitsapart.fitting.mass import Mass, mass_of
from bitsapart.fitting.normaliser import Proposal, Weighted, weighted
from bitsapart.fitting.result import Certificate, Fit
from bitsapart.fitting.reverse import reverse_fit
from bitsapart.fitting.target import in_memory
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

OUTMOST = 1e-6
"""Share of the mass beyond the outmost quantile that is known."""
NOTHING = 700.0
"""Nats below the mode at which a density is 0 for every purpose."""
DRAWS = 1 << 16
METHOD = "self-normalised importance sampling"


class Normalised(Distribution):
    """A log density of one number, with its normaliser."""

    domains: ClassVar[dict[str, Domain]] = {}

    def __init__(self, density: LogDensity, mass: Mass) -> None:
        self.__dict__.update(density=density, mass=mass, batch_shape=())
        self.__dict__["ends"] = tuple(self._end(side) for side in (-1.0, 1.0))

    density: LogDensity
    mass: Mass
    ends: tuple[float, float]
    """Beyond which the density is 0 for every purpose."""

    @property
    def support(self) -> Support:
        """All numbers."""
        return Interval()

    def _log_density(self, x: Array) -> Array:
        flat = np.asarray(x, float).reshape(-1)
        inside = (flat >= self.ends[0]) & (flat <= self.ends[1])
        found = np.full(flat.shape, -np.inf)
        found[inside] = self.density(flat[inside, np.newaxis])
        return found.reshape(np.shape(x)) - self.mass.log_normaliser

    def breakpoints(self) -> list[Array]:
        """Modes, and some widths beside them."""
        return [np.float64(at) for at in self.mass.modes.marks]

    def _end(self, side: float) -> float:
        inner, outer = (float(self.mass.quantile(u if side < 0.0 else 1.0 - u)) for u in (0.25, OUTMOST))
        step = max(abs(outer - inner), 1e-300)
        top = max(self.mass.modes.heights)
        for _ in range(400):
            at = outer + side * step
            if not abs(at) < 1e280 or float(self.density.function(np.array([[at]]))[0]) < top - NOTHING:
                return at
            step *= 2.0
        return outer + side * step

    def _quantile(self, u: Array) -> Array:
        return np.where(u < OUTMOST, self.ends[0], np.where(u > 1.0 - OUTMOST, self.ends[1], self.mass.quantile(u)))

    def _upper_quantile(self, u: Array) -> Array:
        return self._quantile(1.0 - u)

    def __repr__(self) -> str:
        return self.density.words


def project_density(density: LogDensity, family: type[Distribution], options: Options, start: Any) -> Fit:
    """The member with the smallest KL(P || member), P having this density.

    Raises:
        UsageError: the density is improper, or importance sampling cannot be trusted.
        NoMinimiserError: no member is closest.
    """
    if density.dimension == 1:
        begin = 0.0 if start is None else float(np.ravel(start)[0])
        law = Normalised(density, mass_of(density, start=begin))
        fit = project(family, law, options)
        known = law.mass.log_normaliser
        normaliser = Estimate(
            known, known - law.mass.error, known + law.mass.error, options.level, "bound", "quadrature", Unit.nat, 0
        )
        return replace(fit, diagnostics={**fit.diagnostics, "log_normaliser": normaliser.to(Unit.bit)})
    return by_weights(density, family, options, start)


def by_weights(density: LogDensity, family: type[Distribution], options: Options, start: Any) -> Fit:
    """In several dimensions, by draws about the reverse fit."""
    normal = reverse_fit(
        density.function,
        "multivariate-normal",
        dimension=density.dimension,
        start=start,
        level=options.level,
        seed=options.seed,
    ).distribution
    proposal = Proposal(np.asarray(normal.mean), np.linalg.cholesky(normal.parameters["covariance"])).wider()
    drawn = weighted(density, proposal, np.random.default_rng(options.seed), DRAWS)
    if not drawn.trusted:
        raise UsageError(
            f"no forward fit: Pareto k-hat {drawn.smoothed.khat:.2f} of {DRAWS:,} draws about the reverse fit is above "
            f"{drawn.smoothed.threshold:.2f}, so that expectations of the density cannot be trusted; fit to draws of it"
        )
    weights = drawn.smoothed.weights
    sample = in_memory(drawn.points, weights, "weights", density.words)
    found = fitted(family, sample, options)
    return weighed(found, drawn, density, fit_of(found, sample, options.level, options.seed), options)


def weighed(found: Fitted, drawn: Weighted, density: LogDensity, fit: Fit, options: Options) -> Fit:
    """The fit with the account of a density in place of that of a sample."""
    w = drawn.smoothed.weights
    used = w > 0.0
    log_z = drawn.smoothed.log_mean
    log_p = np.where(used, drawn.target - log_z, 0.0)
    log_q = np.where(used, np.asarray(found.in_x().log_density(drawn.points)), 0.0)

    def expected(terms: Array, least: float) -> Estimate:
        value = float(w @ terms)
        error = math.sqrt(float(w**2 @ (terms - value) ** 2))
        reach = quantile(options.level, 1.0 / float(w @ w)) * error
        value = max(value, least)
        low, high = max(value - reach, least), value + reach
        return Estimate(value, low, high, options.level, "confidence", METHOD, Unit.nat, len(w)).to(Unit.bit)

    excess = expected(log_p - log_q, 0.0)
    none = Estimate(0.0, 0.0, 0.0, options.level, "exact", "part of the misfit", Unit.bit, len(w))
    khat = Estimate(drawn.smoothed.khat, None, None, options.level, "unknown", METHOD, None, len(w))
    limit = Estimate(drawn.smoothed.threshold, None, None, options.level, "unknown", METHOD, None, len(w))
    return replace(
        fit,
        target=density.words,
        n=0,
        entropy=expected(-log_p, -math.inf),
        misfit=excess,
        parameter_error=none,
        divergence=excess,
        certificate=Certificate("importance sampling", math.nan, False, fit.certificate.residual, METHOD),
        diagnostics={"khat": khat, "khat_threshold": limit},
        notes=(f"expectations by {len(w):,} weighted draws about the reverse fit",),
    )
