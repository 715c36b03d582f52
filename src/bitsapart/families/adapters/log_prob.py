"""Distributions with ``log_prob``: torch, and TensorFlow Probability, Pyro, NumPyro and Distrax, which share its names.

They are read by the name of their class and of their attributes; nothing of those libraries is imported.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.adapters.attributes import (
    both_probabilities,
    covariance,
    probabilities,
    read,
    shares,
    squared,
)
from bitsapart.families.adapters.composed import COMPOSED
from bitsapart.families.adapters.foreign import Foreign
from bitsapart.families.adapters.moved import moved
from bitsapart.families.distribution import Distribution
from bitsapart.families.registry import family
from bitsapart.values.errors import UsageError

Maker = Callable[[Any], Distribution]


def _plain(name: str, *parameters: str) -> Maker:
    """A family and the attributes that its parameters are, in order; "a|b" is a or else b."""

    def make(value: Any) -> Distribution:
        made: Distribution = family(name)(*(read(value, *attribute.split("|")) for attribute in parameters))
        return made

    return make


def _made(name: str, *arguments: Any) -> Distribution:
    made: Distribution = family(name)(*arguments)
    return made


def bernoulli(value: Any) -> Distribution:
    """Of logits, both probabilities are kept: near 1, what is left to 0 has more digits than 1 - p."""
    both = both_probabilities(value)
    if both is None or np.all(both[..., 1] <= 0.5):
        return _made("Bernoulli", probabilities(value) if both is None else both[..., 1])
    return _made("Categorical", both)


def gamma(value: Any) -> Distribution:
    """By its rate, or the logarithm of that."""
    rate = read(value, "rate") if getattr(value, "rate", None) is not None else np.exp(read(value, "log_rate"))
    return _made("Gamma", read(value, "concentration"), rate)


def negative_binomial(value: Any) -> Distribution:
    """Counts of successes before ``total_count`` failures: ours counts failures, so that p is that of a failure."""
    return _made("NegativeBinomial", read(value, "total_count"), probabilities(value, failure=True))


def wishart(value: Any) -> Distribution:
    """By its scale matrix, which is the mean / df."""
    df = read(value, "df")
    if hasattr(value, "covariance_matrix"):
        return _made("Wishart", df, covariance(value))
    return _made("Wishart", df, read(value, "mean") / df[..., np.newaxis, np.newaxis])


def fisher_snedecor(value: Any) -> Distribution:
    """The F distribution, which is scipy's here."""
    from scipy.stats import f

    return Foreign(f(read(value, "df1"), read(value, "df2")))


def generalized_pareto(value: Any) -> Distribution:
    """The generalised Pareto distribution, which is scipy's here."""
    from scipy.stats import genpareto

    return Foreign(genpareto(read(value, "concentration"), read(value, "loc"), read(value, "scale")))


def moyal(value: Any) -> Distribution:
    """The law of loc - scale log X for a chi squared X of one degree of freedom."""
    logarithm = _made("Transformed", _made("Gamma", 0.5, 0.5), "log")
    return moved(logarithm, read(value, "loc"), -read(value, "scale"))


def spherical_uniform(value: Any) -> Distribution:
    """The von Mises-Fisher distribution of concentration 0."""
    return _made("VonMisesFisher", np.eye(int(value.dimension))[0], 0.0)


FAMILIES: dict[str, Maker] = {
    "Bernoulli": bernoulli,
    "Beta": _plain("Beta", "concentration1|alpha", "concentration0|beta"),
    "Binomial": lambda d: _made("Binomial", read(d, "total_count"), probabilities(d)),
    "Categorical": lambda d: _made("Categorical", shares(d)),
    "Cauchy": _plain("Cauchy", "loc", "scale"),
    "Chi": lambda d: _made("Nakagami", read(d, "df") / 2.0, read(d, "df")),
    "Chi2": _plain("ChiSquared", "df"),
    "ContinuousBernoulli": lambda d: _made("ContinuousBernoulli", probabilities(d)),
    "Deterministic": lambda d: _made("Empirical", read(d, "loc").reshape(-1)),
    "Dirichlet": _plain("Dirichlet", "concentration"),
    "ExpGamma": lambda d: _made("Transformed", FAMILIES["Gamma"](d), "log"),
    "ExpInverseGamma": lambda d: _made("Transformed", FAMILIES["InverseGamma"](d), "log"),
    "Exponential": _plain("Exponential", "rate"),
    "FisherSnedecor": fisher_snedecor,
    "Gamma": gamma,
    "GeneralizedNormal": _plain("GeneralizedNormal", "loc", "scale", "power"),
    "GeneralizedPareto": generalized_pareto,
    "Geometric": lambda d: _made("Geometric", probabilities(d)),
    "Gumbel": _plain("Gumbel", "loc", "scale"),
    "HalfCauchy": lambda d: moved(_made("HalfCauchy", read(d, "scale")), read(d, "loc") if hasattr(d, "loc") else 0, 1),
    "HalfNormal": _plain("HalfNormal", "scale"),
    "InverseGamma": _plain("InverseGamma", "concentration", "scale|rate"),
    "InverseGaussian": _plain("InverseGaussian", "loc", "concentration"),
    "Kumaraswamy": _plain("Kumaraswamy", "concentration1", "concentration0"),
    "Laplace": _plain("Laplace", "loc", "scale"),
    "LogNormal": _plain("LogNormal", "loc", "scale"),
    "Logistic": _plain("Logistic", "loc", "scale"),
    "LogitNormal": _plain("LogitNormal", "loc", "scale"),
    "LogitRelaxedBernoulli": lambda d: _made(
        "Logistic", read(d, "logits") / read(d, "temperature"), 1.0 / read(d, "temperature")
    ),
    "MatrixNormalLinearOperator": lambda d: _made(
        "MatrixNormal", read(d, "loc"), squared(d.scale_row), squared(d.scale_column)
    ),
    "Moyal": moyal,
    "Multinomial": lambda d: _made("Multinomial", read(d, "total_count"), shares(d)),
    "MultivariateNormal": lambda d: _made("MultivariateNormal", read(d, "loc", "mean"), covariance(d)),
    "NegativeBinomial": negative_binomial,
    "Normal": _plain("Normal", "loc", "scale"),
    "OneHotCategorical": lambda d: _made("Multinomial", 1, shares(d)),
    "Pareto": _plain("Pareto", "alpha|concentration", "scale"),
    "Poisson": _plain("Poisson", "rate|rate_parameter"),
    "SphericalUniform": spherical_uniform,
    "StudentT": _plain("StudentT", "df", "loc", "scale"),
    "TruncatedNormal": _plain("TruncatedNormal", "loc", "scale", "low", "high"),
    "Uniform": _plain("Uniform", "low", "high"),
    "VonMises": _plain("VonMises", "loc", "concentration"),
    "VonMisesFisher": _plain("VonMisesFisher", "mean_direction", "concentration"),
    "Weibull": _plain("Weibull", "concentration", "scale"),
    "Wishart": wishart,
    "Zipf": _plain("Zeta", "power"),
}
SAME = {
    "GaussianProcess": "MultivariateNormal",
    "LowRankMultivariateNormal": "MultivariateNormal",
    "MultivariateNormalDiag": "MultivariateNormal",
    "MultivariateNormalFullCovariance": "MultivariateNormal",
    "MultivariateNormalLinearOperator": "MultivariateNormal",
    "MultivariateNormalTriL": "MultivariateNormal",
    "OrderedLogistic": "Categorical",
    "ProbitBernoulli": "Bernoulli",
    "StoppingRatioLogistic": "Categorical",
    "WishartTriL": "Wishart",
}
"""Other names of these."""


def from_log_prob(value: Any) -> Distribution:
    """A distribution with ``log_prob`` as one of ours.

    Raises:
        UsageError: its class is not known, or its parameters cannot be read.
    """
    for kind in type(value).__mro__:
        own = kind.__name__.lstrip("_")
        name = SAME.get(own, own)
        # NumPyro has one class for each of the two
        shorter = name.removesuffix("Probs").removesuffix("Logits")
        if shorter in FAMILIES:
            return FAMILIES[shorter](value)
        if name in COMPOSED:
            return COMPOSED[name](value)
    known = ", ".join(sorted([*FAMILIES, *COMPOSED]))
    raise UsageError(f"{type(value).__name__} of {type(value).__module__} is not known here; known are {known}")
