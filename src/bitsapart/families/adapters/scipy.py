"""Distributions of scipy.stats: frozen ones, and those of the infrastructure that came with scipy 1.15."""

from collections.abc import Callable
from inspect import getclosurevars
from typing import Any

import numpy as np

from bitsapart.families.adapters.foreign import Foreign
from bitsapart.families.adapters.moved import moved
from bitsapart.families.distribution import Distribution
from bitsapart.families.registry import family
from bitsapart.values.errors import UsageError

Maker = Callable[..., Distribution]


def _made(name: str, *arguments: Any) -> Distribution:
    made: Distribution = family(name)(*arguments)
    return made


LOCATED: dict[str, Maker] = {
    "cauchy": lambda loc, scale: _made("Cauchy", loc, scale),
    "gennorm": lambda beta, loc, scale: _made("GeneralizedNormal", loc, scale, beta),
    "gumbel_r": lambda loc, scale: _made("Gumbel", loc, scale),
    "laplace": lambda loc, scale: _made("Laplace", loc, scale),
    "logistic": lambda loc, scale: _made("Logistic", loc, scale),
    "norm": lambda loc, scale: _made("Normal", loc, scale),
    "t": lambda df, loc, scale: _made("StudentT", df, loc, scale),
    "truncnorm": lambda a, b, loc, scale: _made("TruncatedNormal", loc, scale, loc + a * scale, loc + b * scale),
    "uniform": lambda loc, scale: _made("Uniform", loc, loc + scale),
}
"""From shapes, loc and scale."""
SCALED: dict[str, Maker] = {
    "chi": lambda df, scale: _made("Nakagami", df / 2.0, df * scale * scale),
    "chi2": lambda df, scale: _made("Gamma", df / 2.0, 0.5 / scale),
    "erlang": lambda a, scale: _made("Gamma", a, 1.0 / scale),
    "expon": lambda scale: _made("Exponential", 1.0 / scale),
    "gamma": lambda a, scale: _made("Gamma", a, 1.0 / scale),
    "fisk": lambda c, scale: _made("Transformed", _made("Logistic", np.log(scale), 1.0 / c), "exp"),
    "gibrat": lambda scale: _made("LogNormal", np.log(scale), 1.0),
    "halfcauchy": lambda scale: _made("HalfCauchy", scale),
    "halfnorm": lambda scale: _made("HalfNormal", scale),
    "invgamma": lambda a, scale: _made("InverseGamma", a, scale),
    "invgauss": lambda mu, scale: _made("InverseGaussian", mu * scale, scale),
    "invweibull": lambda c, scale: _made("Frechet", c, scale),
    "levy": lambda scale: _made("InverseGamma", 0.5, scale / 2.0),
    "lognorm": lambda s, scale: _made("LogNormal", np.log(scale), s),
    "lomax": lambda c, scale: moved(_made("Pareto", c, scale), -scale, 1.0),
    "maxwell": lambda scale: _made("Maxwell", scale),
    "nakagami": lambda nu, scale: _made("Nakagami", nu, scale * scale),
    "pareto": lambda b, scale: _made("Pareto", b, scale),
    "rayleigh": lambda scale: _made("Rayleigh", scale),
    "wald": lambda scale: _made("InverseGaussian", scale, scale),
    "weibull_min": lambda c, scale: _made("Weibull", c, scale),
}
"""From shapes and scale; a location moves the result."""
STANDARD: dict[str, Maker] = {
    "arcsine": lambda: _made("Beta", 0.5, 0.5),
    "beta": lambda a, b: _made("Beta", a, b),
    "loggamma": lambda c: _made("Transformed", _made("Gamma", c, 1.0), "log"),
    "loguniform": lambda a, b: _made("Transformed", _made("Uniform", np.log(a), np.log(b)), "exp"),
    "powerlaw": lambda a: _made("Beta", a, 1.0),
}
"""From shapes; a location and a scale move and stretch the result."""
MIRRORED: dict[str, Maker] = {
    "gumbel_l": lambda: _made("Gumbel", 0.0, 1.0),
    "weibull_max": lambda c: _made("Weibull", c, 1.0),
}
"""What -X is, from shapes, for X at location 0 and of scale 1."""
DISCRETE: dict[str, Maker] = {
    "bernoulli": lambda p: _made("Bernoulli", p),
    "binom": lambda n, p: _made("Binomial", n, p),
    "logser": lambda p: _made("Logarithmic", p),
    "nbinom": lambda n, p: _made("NegativeBinomial", n, p),
    "poisson": lambda mu: _made("Poisson", mu),
    "randint": lambda low, high: _made("DiscreteUniform", low, high - 1),
    "zipf": lambda a: _made("Zeta", a),
}
"""From shapes, at location 0."""
VECTORS: dict[str, Maker] = {
    "dirichlet_frozen": lambda frozen: _made("Dirichlet", frozen.alpha),
    "invwishart_frozen": lambda frozen: _made("InverseWishart", frozen.df, frozen.scale),
    "matrix_normal_frozen": lambda frozen: _made(
        "MatrixNormal", frozen.mean, frozen.rowcov, getattr(frozen, "colcov", None)
    ),
    "multinomial_frozen": lambda frozen: _made("Multinomial", frozen.n, frozen.p),
    "multivariate_normal_frozen": lambda frozen: _made("MultivariateNormal", frozen.mean, frozen.cov),
    "vonmises_fisher_frozen": lambda frozen: _made("VonMisesFisher", frozen.mu, frozen.kappa),
    "wishart_frozen": lambda frozen: _made("Wishart", frozen.df, frozen.scale),
}
"""From frozen distributions of vectors, by the name of their class."""


def from_scipy(value: Any) -> Distribution:
    """A distribution of scipy.stats as one of ours."""
    kind = type(value).__name__
    if kind in VECTORS:
        return VECTORS[kind](value)
    if hasattr(value, "dist") and hasattr(value, "kwds"):
        return frozen(value)
    if hasattr(value, "icdf"):
        return infrastructure(value)
    raise UsageError(f"{kind} of scipy.stats is not known here, or no distribution: freeze one with its parameters")


def frozen(value: Any) -> Distribution:
    """A frozen distribution of numbers."""
    name = value.dist.name
    if hasattr(value.dist, "_pmf"):
        shapes, loc, _scale = value.dist._parse_args(*value.args, **value.kwds)
        if hasattr(value.dist, "xk"):
            return _made("Empirical", value.dist.xk + loc, value.dist.pk)
        if name in DISCRETE and not np.any(loc):
            return DISCRETE[name](*shapes)
        return Foreign(value)
    shapes, loc, scale = value.dist._parse_args(*value.args, **value.kwds)
    loc, scale = np.asarray(loc, float), np.asarray(scale, float)
    if name == "vonmises" and np.all(scale == 1.0):
        return _made("VonMises", loc, *shapes)
    if name in LOCATED:
        return LOCATED[name](*map(np.asarray, shapes), loc, scale)
    if name in SCALED:
        return moved(SCALED[name](*map(np.asarray, shapes), scale), loc, np.ones(()))
    if name in STANDARD:
        return moved(STANDARD[name](*shapes), loc, scale)
    if name in MIRRORED:
        return moved(MIRRORED[name](*shapes), loc, -scale)
    return Foreign(value)


def infrastructure(value: Any) -> Distribution:
    """A distribution of the new infrastructure: by its class where that is a family, else by its methods."""
    kind = type(value).__name__
    if kind in MODERN:
        return MODERN[kind](value)
    if kind == "MonotonicTransformedDistribution" and value._g in MAPS:
        return _made("Transformed", from_scipy(value._dist), MAPS[value._g])
    original: Any = getclosurevars(value._sample_formula).nonlocals.get("dist")
    if hasattr(original, "_parse_args"):
        names = [name.strip() for name in (original.shapes or "").split(",") if name.strip()]
        return frozen(original(*(getattr(value, name) for name in names)))
    return Foreign(value)


def _truncated(value: Any) -> Distribution:
    return _made("Truncated", from_scipy(value._dist), value.lb, value.ub)


MODERN: dict[str, Maker] = {
    "Binomial": lambda value: _made("Binomial", value.n, value.p),
    "Logistic": lambda _value: _made("Logistic", 0.0, 1.0),
    "Mixture": lambda value: _made("Mixture", value.weights, [from_scipy(part) for part in value.components]),
    "Normal": lambda value: _made("Normal", value.mu, value.sigma),
    "ShiftedScaledDistribution": lambda value: moved(from_scipy(value._dist), value.loc, value.scale),
    "StandardNormal": lambda _value: _made("Normal", 0.0, 1.0),
    "TruncatedDistribution": _truncated,
    "Uniform": lambda value: _made("Uniform", value.a, value.b),
}
"""By the name of the class; others were made from frozen ones by ``make_distribution``, or are known by methods."""
MAPS = {np.exp: "exp", np.log: "log"}
