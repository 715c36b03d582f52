"""All families by name: what the roof exports, adapters look up, and the generic tests run over."""

from importlib import import_module
from typing import Any

CONTINUOUS = {
    "Beta": "beta",
    "Cauchy": "cauchy",
    "ChiSquared": "chi_squared",
    "ContinuousBernoulli": "continuous_bernoulli",
    "Exponential": "exponential",
    "Frechet": "frechet",
    "Gamma": "gamma",
    "GeneralizedNormal": "generalized_normal",
    "Gumbel": "gumbel",
    "HalfCauchy": "half_cauchy",
    "HalfNormal": "half_normal",
    "InverseGamma": "inverse_gamma",
    "InverseGaussian": "inverse_gaussian",
    "Kumaraswamy": "kumaraswamy",
    "Laplace": "laplace",
    "LogNormal": "log_normal",
    "Logistic": "logistic",
    "LogitNormal": "logit_normal",
    "Maxwell": "maxwell",
    "Nakagami": "nakagami",
    "Normal": "normal",
    "Pareto": "pareto",
    "Rayleigh": "rayleigh",
    "StudentT": "student_t",
    "TruncatedNormal": "truncated_normal",
    "Uniform": "uniform",
    "VonMises": "von_mises",
    "Weibull": "weibull",
}
DISCRETE = {
    "Bernoulli": "bernoulli",
    "Binomial": "binomial",
    "Categorical": "categorical",
    "DiscreteUniform": "discrete_uniform",
    "Geometric": "geometric",
    "Logarithmic": "logarithmic",
    "Multinomial": "multinomial",
    "NegativeBinomial": "negative_binomial",
    "Poisson": "poisson",
    "Zeta": "zeta",
}
MULTIVARIATE = {
    "Dirichlet": "dirichlet",
    "InverseWishart": "inverse_wishart",
    "MatrixNormal": "matrix_normal",
    "MultivariateNormal": "multivariate_normal",
    "NormalGamma": "normal_gamma",
    "NormalInverseGamma": "normal_inverse_gamma",
    "NormalInverseWishart": "normal_inverse_wishart",
    "VonMisesFisher": "von_mises_fisher",
    "Wishart": "wishart",
}
BUILT = {
    "Affine": "affine",
    "Empirical": "empirical",
    "Mixture": "mixture",
    "Product": "product",
    "Transformed": "transformed",
    "Truncated": "truncated",
}
HOMES = {
    name: f"bitsapart.families.{room}.{module}"
    for room, names in (
        ("continuous", CONTINUOUS),
        ("discrete", DISCRETE),
        ("multivariate", MULTIVARIATE),
        ("built", BUILT),
    )
    for name, module in names.items()
}


def family(name: str) -> Any:
    """The class of a family, imported when asked for."""
    return getattr(import_module(HOMES[name]), name)
