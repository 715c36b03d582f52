"""Fits as the reports may meet them: made by hand, so that no fitting is needed to test how they are shown."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from report_samples import HOSTILE

from bitsapart.families.built.mixture import Mixture
from bitsapart.families.continuous.gamma import Gamma
from bitsapart.families.continuous.normal import Normal
from bitsapart.families.continuous.uniform import Uniform
from bitsapart.families.discrete.poisson import Poisson
from bitsapart.families.distribution import Distribution
from bitsapart.families.multivariate.multivariate_normal import MultivariateNormal
from bitsapart.fitting.result import (
    Candidate,
    Certificate,
    Fit,
    FitComparison,
    FittedParameter,
    Minimum,
    Picture,
    Step,
)
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

N = 27_004
GAMMA, NORMAL, POISSON = Gamma(1.97619, 0.00196275), Normal(0.0, 2.15058131676066), Poisson(3.3425)
TARGET = Mixture([0.5, 0.5], [Normal(-2.0, 0.5), Normal(2.0, 1.0)])


def bits(value: float, half: float | None = 0.02, kind: Kind = "confidence", method: str = "spacings") -> Estimate:
    """A number of bits with an interval, or with none."""
    if half is None or not math.isfinite(value):
        return Estimate(value, None, None, 0.95, "unknown", method, Unit.bit, N)
    return Estimate(value, value - half, value + half, 0.95, kind, method, Unit.bit, N)


def exact(value: float) -> Estimate:
    """A number of bits in closed form."""
    return Estimate(value, value, value, 0.95, "exact", "closed form", Unit.bit, 0)


def pure(value: float, half: float | None = None, kind: Kind = "confidence") -> Estimate:
    """A number without a unit."""
    ends = (None, None) if half is None else (value - half, value + half)
    return Estimate(value, *ends, 0.95, kind if half is not None else "unknown", "sandwich", None, N)


def densities(target: Any, fitted: Distribution, low: float = -6.0, high: float = 6.0) -> Picture:
    """Both densities on a grid."""
    x = np.linspace(low, high, 121)
    heights = [tuple(np.exp(one.log_density(x)).tolist()) for one in (target, fitted)]
    return Picture(tuple(x.tolist()), *heights)


def histogram(fitted: Distribution) -> Picture:
    """A histogram of the sample, and the fit."""
    x = np.linspace(0.0, 5_000.0, 121)
    edges = tuple(np.linspace(0.0, 5_000.0, 41).tolist())
    heights = tuple(3e-4 * (1 + (7 * i) % 5) * math.exp(-i / 14) for i in range(40))
    return Picture(tuple(x.tolist()), (), tuple(np.exp(fitted.log_density(x)).tolist()), edges, heights)


def probabilities(fitted: Distribution, most: int = 12) -> Picture:
    """Probabilities of whole numbers."""
    x = np.arange(most + 1.0)
    target = np.exp(-np.abs(x - 3.0) / 2.0)
    return Picture(
        tuple(x.tolist()), tuple((target / target.sum()).tolist()), tuple(np.exp(fitted.log_density(x)).tolist())
    )


def sampled(fitted: Distribution = GAMMA, misfit: float = 4.4408) -> Fit:
    """Maximum likelihood for rows of a table: every number has an interval."""
    return Fit(
        family=type(fitted).__name__,
        direction="forward",
        target="27,004 rows of distance",
        n=N,
        dimension=1,
        distribution=fitted,
        parameters=tuple(
            FittedParameter(name, pure(float(value), abs(0.013 * float(value))))
            for name, value in fitted.parameters.items()
        ),
        entropy=bits(6.8156, 0.0145),
        misfit=bits(misfit, 0.0201),
        parameter_error=Estimate(4.54e-5, 1.03e-6, 1.7e-4, 0.95, "confidence", "tr(J^-1 V) / 2", Unit.bit, N),
        divergence=bits(misfit + 4.54e-5, 0.0202),
        minima=(),
        certificate=Certificate("Fenchel gap", 2.2e-16, True, 3.33e-16),
        picture=histogram(fitted),
        notes=("the values repeat, as they are rounded to multiples of 1",),
    )


def formula(fitted: Distribution = NORMAL, divergence: float = 0.620993494546345) -> Fit:
    """Forward to a formula: errors of computations, no sample."""
    return replace(
        sampled(fitted),
        target=repr(TARGET),
        n=0,
        parameters=tuple(FittedParameter(name, exact(float(v))) for name, v in fitted.parameters.items()),
        entropy=bits(2.5308, 5.8e-15, "bound", "quadrature"),
        misfit=bits(divergence, 1.1e-14, "bound", "moment rule"),
        parameter_error=exact(0.0),
        divergence=bits(divergence, 1.1e-14, "bound", "moment rule"),
        picture=densities(TARGET, fitted),
        notes=(),
    )


def reverse() -> Fit:
    """Reverse to a mixture: two minima, of which the broad one is the best, and a saddle."""
    fitted = Normal(0.952795322600, 1.787866231149)
    points = (
        (fitted, 0.8933069569272, "minimum"),
        (Normal(-1.985679269211, 0.518173854373), 0.98644695732336, "minimum"),
        (Normal(-1.198200499961, 1.191288926099), 1.539117832583, "saddle"),
    )
    minima = [
        Minimum(one, bits(value, 1e-14, "bound", "quadrature"), kind, one is fitted)  # type: ignore[arg-type]
        for one, value, kind in points
    ]
    return replace(
        formula(fitted, 0.8933069569272),
        direction="reverse",
        entropy=exact(2.8853),
        minima=tuple(minima),
        certificate=Certificate("search box", 1.32e-14, False, 4.44e-16, "the best of what 244 starts led to"),
        notes=("the closest member spans 2 modes of the target",),
    )


def discrete(fitted: Distribution = POISSON, most: int = 12) -> Fit:
    """Whole numbers: bars in place of a line."""
    return replace(sampled(fitted, 8.1e-5), target="2,000 samples", n=2_000, picture=probabilities(fitted, most))


def endless() -> Fit:
    """A uniform that ends at the extremes of its sample: its parameters cost infinitely many bits."""
    infinite = Estimate(math.inf, math.inf, math.inf, 0.95, "exact", "support", Unit.bit, N)
    fitted = Uniform(0.01, 0.998)
    picture = replace(histogram(Gamma(2.0, 0.002)), heights=(math.inf, *[1e-4] * 39))
    return replace(sampled(fitted, 0.0), parameter_error=infinite, divergence=infinite, picture=picture)


def unknown() -> Fit:
    """Nothing is known of the distance."""
    nothing = bits(math.nan, None)
    return replace(
        reverse(),
        misfit=nothing,
        divergence=nothing,
        entropy=bits(-math.inf, None),
        certificate=Certificate("stationarity", math.nan, False, math.inf),
        minima=tuple(replace(one, divergence=nothing) for one in reverse().minima),
        diagnostics={"khat": pure(math.nan), "khat_threshold": pure(0.7, 0.0)},
        trace=(Step(math.nan, (0.0,)), Step(math.inf, (1.0,)), Step(2.0, (1.5,)), Step(1.0, (2.0,))),
        picture=Picture((math.nan, math.inf), (math.nan, 1.0), (1.0, math.nan)),
    )


def far() -> Fit:
    """Every member is infinitely far away."""
    infinite = bits(math.inf, None)
    return replace(formula(), misfit=infinite, divergence=infinite, picture=Picture())


def posterior(khat: float = 0.81) -> Fit:
    """A posterior in three dimensions: no picture, and importance weights."""
    fitted = MultivariateNormal(np.zeros(3), np.eye(3))
    return replace(
        reverse(),
        family="MultivariateNormal",
        target="a log density in 3 dimensions",
        dimension=3,
        distribution=fitted,
        parameters=tuple(FittedParameter(f"covariance[{i}, {j}]", pure(1.0 / 3.0)) for i in range(3) for j in range(3)),
        misfit=bits(0.0733, 0.0064, method="importance sampling"),
        divergence=bits(0.0733, 0.0064, method="importance sampling"),
        minima=(Minimum(fitted, bits(0.0733, 0.0064), "minimum", True),),
        certificate=Certificate("strong convexity", 3.1e-10, True, 2.8e-3),
        diagnostics={
            "khat": pure(khat),
            "khat_threshold": pure(0.7, 0.0, "exact"),
            "elbo": bits(-29.67, 0.002),
            "log_normaliser": bits(-29.6, 0.0051),
            "forward_divergence": bits(0.0536, None),
        },
        picture=Picture(),
    )


def traced() -> Fit:
    """A descent that was watched."""
    values = [77.54 * 0.2**i + 0.620993494546345 for i in range(18)] + [0.620993494546345]
    return replace(formula(), trace=tuple(Step(value, (0.1 * i, 2.0)) for i, value in enumerate(values)))


def many(number: int = 300) -> Fit:
    """Very many parameters and stationary points, and a formula that does not end."""
    fitted = Mixture([0.125] * 8, [Normal(float(i), 1.0) for i in range(8)])
    return replace(
        reverse(),
        family="Mixture",
        distribution=fitted,
        parameters=tuple(FittedParameter(f"mean[{i}]", pure(1.37 * i, 0.1)) for i in range(number)),
        minima=reverse().minima * number,
        picture=densities(TARGET, fitted),
    )


def hostile() -> Fit:
    """Names that would break out of what shows them."""
    return replace(
        posterior(),
        family=HOSTILE[0],
        target=HOSTILE[2],
        parameters=tuple(FittedParameter(name, pure(1.0, 0.1)) for name in HOSTILE),
        certificate=Certificate(HOSTILE[3], 1.0, False, 1.0, HOSTILE[5]),
        diagnostics={name: pure(1.0, 0.1) for name in HOSTILE},
        entropy=bits(1.0, method=HOSTILE[9]),
        notes=tuple(HOSTILE),
    )


EVERY = {
    "sampled": sampled(),
    "formula": formula(),
    "reverse": reverse(),
    "discrete": discrete(),
    "endless": endless(),
    "unknown": unknown(),
    "far": far(),
    "posterior": posterior(),
    "traced": traced(),
    "many": many(),
    "hostile": hostile(),
}


def candidate(fit: Fit, held_out: float, above: float, half: float = 0.0032) -> Candidate:
    """A family with what new rows cost under it."""
    over = bits(above, half, method="paired") if above else exact(0.0)
    return Candidate(fit.family, (fit,), bits(held_out, 0.01, method="5 folds"), over)


def chosen(above: float = 0.0237) -> FitComparison:
    """Families compared by rows that their fits have not seen; one has no closest member."""
    return FitComparison(
        target="27,004 rows of distance",
        n=N,
        entropy=bits(6.8156, 0.0145),
        candidates=(
            candidate(sampled(), 11.2565, 0.0),
            candidate(sampled(Normal(1006.84, 719.035), 4.722), 11.2565 + above, above),
            replace(candidate(endless(), math.inf, math.inf), note="a held-out row is impossible under a fit"),
            Candidate("Beta", (), None, None, "no Beta is closest: the target is 94 in row 0"),
        ),
        notes=("held-out bits are those of 20,000 rows drawn at random, in 5 folds",),
    )


def both() -> FitComparison:
    """Both directions beside each other."""
    two = Candidate("Normal", (formula(), reverse()), None, None)
    return FitComparison(repr(TARGET), 0, bits(2.5308, 5.8e-15, "bound"), (two,))


def formulas() -> FitComparison:
    """Families fitted to a formula."""
    found = [Candidate("Normal", (formula(),), None, None), Candidate("Gamma", (far(),), None, None, "far away")]
    return replace(both(), candidates=tuple(found))


def ten(number: int = 10) -> FitComparison:
    """As many families as a person may ask for, of whole numbers, with all that a fit can hold."""
    parameters, minima = many().parameters, many().minima
    fits = [replace(discrete(Poisson(1.0 + i), 399), parameters=parameters, minima=minima) for i in range(number)]
    return replace(chosen(), candidates=tuple(candidate(fit, 3.0 + i / 9, i / 9) for i, fit in enumerate(fits)))


def strange() -> FitComparison:
    """Names that would break out of what shows them."""
    families = tuple(replace(candidate(hostile(), 1.0, 0.1), family=name, note=name) for name in HOSTILE)
    left_out = tuple(Candidate(name, (), None, None, "why") for name in HOSTILE)
    return FitComparison(HOSTILE[2], 3, bits(1.0), families + left_out, tuple(HOSTILE))


FITS = {
    "chosen": chosen(),
    "both": both(),
    "formulas": formulas(),
    "none": replace(chosen(), candidates=chosen().candidates[-1:]),
    "ten": ten(),
    "hostile": strange(),
}
