"""Distributions of other libraries as ours: the same densities, the same probabilities, or one clear sentence."""

import math
import warnings

import numpy as np
import pytest
import torch
import torch.distributions as td
from scipy import integrate, stats
from scipy.stats._distr_params import distcont, distdiscrete

import bitsapart as ba
from bitsapart.families.adapters.adapt import adapt
from bitsapart.families.adapters.foreign import Foreign
from bitsapart.values.errors import UsageError

LEVELS = np.array([0.01, 0.2, 0.5, 0.9, 0.999])
SLOW = {
    "kstwo", "ksone", "studentized_range", "levy_stable", "genhyperbolic", "gausshyper", "norminvgauss", "kappa4",
    "crystalball", "geninvgauss", "ncf", "nct", "argus", "dpareto_lognorm", "vonmises_line", "landau",
}  # fmt: skip
"""Known by their methods only, and slow in scipy; others of their kind are tested."""

FAMILIES = {
    "arcsine": "Beta", "beta": "Beta", "cauchy": "Cauchy", "chi": "Nakagami", "chi2": "Gamma", "erlang": "Gamma",
    "expon": "Exponential", "fisk": "Transformed", "gamma": "Gamma", "gennorm": "GeneralizedNormal",
    "gibrat": "LogNormal", "gumbel_l": "Affine", "gumbel_r": "Gumbel", "halfcauchy": "HalfCauchy",
    "halfnorm": "HalfNormal", "invgamma": "InverseGamma", "invgauss": "InverseGaussian", "invweibull": "Frechet",
    "laplace": "Laplace", "levy": "InverseGamma", "loggamma": "Transformed", "logistic": "Logistic",
    "lognorm": "LogNormal", "loguniform": "Transformed", "lomax": "Affine", "maxwell": "Maxwell",
    "nakagami": "Nakagami", "norm": "Normal", "pareto": "Pareto", "powerlaw": "Beta", "rayleigh": "Rayleigh",
    "t": "StudentT", "truncnorm": "TruncatedNormal", "uniform": "Uniform", "vonmises": "VonMises",
    "wald": "InverseGaussian", "weibull_max": "Affine", "weibull_min": "Weibull",
    "bernoulli": "Bernoulli", "binom": "Binomial", "logser": "Logarithmic", "nbinom": "NegativeBinomial",
    "poisson": "Poisson", "randint": "DiscreteUniform", "zipf": "Zeta",
}  # fmt: skip


def of_scipy():
    for known in (distcont, distdiscrete):
        for name, shapes in known:
            if isinstance(name, str) and name not in SLOW:
                yield pytest.param(name, shapes, known is distcont, id=f"{name}-{len(shapes)}")


@pytest.mark.parametrize("where", [{}, {"loc": 3}, {"loc": 0.5, "scale": 2.5}], ids=["", "loc", "scale"])
@pytest.mark.parametrize(("name", "shapes", "dense"), list(of_scipy()))
@pytest.mark.filterwarnings("ignore")
def test_frozen_distributions_of_scipy(name, shapes, dense, where):
    if not dense and "scale" in where:
        return
    theirs = getattr(stats, name)(*shapes, **where)
    ours = adapt(theirs)
    if not where:
        assert type(ours).__name__ == FAMILIES.get(name, "Foreign")
    if name == "vonmises":  # angles beyond pi are turned here
        x = np.array([-3.0, 0.5, 2.0])
        np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-9)
        return
    x = theirs.ppf(LEVELS)
    expected = theirs.logpdf(x) if dense else theirs.logpmf(x)
    # where two halves meet, a density may be 0
    same = np.isfinite(expected)
    np.testing.assert_allclose(ours.log_density(x)[same], expected[same], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.cdf(x), theirs.cdf(x), rtol=1e-9)
    np.testing.assert_allclose(ours.survival(x), theirs.sf(x), rtol=1e-9)
    np.testing.assert_allclose(ours.quantile(LEVELS), x, rtol=1e-9, atol=1e-9)


def test_a_batch_of_frozen_distributions():
    theirs = stats.skewnorm([1.0, 2.0, 4.0], loc=[0.0, 1.0, 2.0])
    ours = adapt(theirs)
    assert (ours.batch_shape, ours[1:].batch_shape) == ((3,), (2,))
    np.testing.assert_allclose(ours[2].log_density(1.0), stats.skewnorm(4.0, loc=2.0).logpdf(1.0), rtol=1e-12)
    together = ba.kl_divergence(theirs, stats.norm(0.5, 2.0), unit="nat")
    for i, (shape, location) in enumerate([(1.0, 0.0), (2.0, 1.0), (4.0, 2.0)]):
        alone = ba.kl_divergence(stats.skewnorm(shape, loc=location), stats.norm(0.5, 2.0), unit="nat")
        np.testing.assert_allclose(together.value[i], alone.value, rtol=1e-12)


def of_scipy(value):
    """The same name in every process."""
    return getattr(getattr(value, "dist", None), "name", type(value).__name__)


PAIRS = [
    (stats.skewnorm(2.0), stats.norm()),
    (stats.genextreme(0.1, 1.0), stats.norm(1.0, 2.0)),
    (stats.rice(1.0), stats.gamma(2.0)),
    (stats.triang(0.3), stats.uniform()),
    (stats.genpareto(0.3), stats.genpareto(0.4)),
    (stats.burr12(2.0, 3.0), stats.lognorm(1.0)),
    (stats.f(3.0, 5.0), stats.lomax(1.0)),
]


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=of_scipy)
def test_divergences_of_foreign_densities_are_integrated(p, q):
    def term(x):
        return p.pdf(x) * (p.logpdf(x) - q.logpdf(x))

    middle, ends = p.ppf([0.25, 0.5, 0.75]), (p.ppf(1e-15), p.isf(1e-15))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of quad, which asks for more intervals near the ends
        truth = integrate.quad(term, *ends, points=middle, limit=2000, epsabs=1e-13)[0]
        entropy = integrate.quad(lambda x: -p.pdf(x) * p.logpdf(x), *ends, points=middle, limit=2000, epsabs=1e-13)[0]
    found = ba.kl_divergence(p, q, unit="nat")
    assert found.kind in {"bound", "exact"}
    assert found.value == pytest.approx(truth, rel=1e-6)
    assert ba.entropy(p, unit="nat").value == pytest.approx(entropy, rel=1e-6)


COUNTS = [
    (stats.geom(0.3), stats.geom(0.4)),
    (stats.geom(0.3), stats.poisson(2.0)),
    (stats.hypergeom(20, 7, 12), stats.binom(12, 0.4)),
    (stats.betabinom(5, 2, 3), stats.binom(5, 0.4)),
    (stats.binom(5, 0.3, loc=2), stats.poisson(2.0)),
    (stats.skellam(2.0, 1.0), stats.skellam(2.0, 2.0)),
]


@pytest.mark.parametrize(("p", "q"), COUNTS, ids=of_scipy)
def test_divergences_of_foreign_counts_are_summed(p, q):
    x = np.arange(-60, 200)
    with np.errstate(all="ignore"):
        own, other = p.logpmf(x), q.logpmf(x)
        truth = np.where(own > -np.inf, np.exp(own) * (own - other), 0.0).sum()
    assert ba.kl_divergence(p, q, unit="nat").value == pytest.approx(truth, rel=1e-10)


def test_geom_starts_at_1_and_a_shifted_binomial_at_its_location():
    assert adapt(stats.geom(0.3)).support.low == 1.0
    assert ba.kl_divergence(stats.poisson(1.0), stats.geom(0.3)).value == math.inf
    assert ba.kl_divergence(stats.geom(0.3), stats.poisson(1.0)).value < math.inf
    shifted = ba.kl_divergence(stats.binom(5, 0.3, loc=2), stats.binom(5, 0.3))
    assert shifted.value == math.inf
    assert "whole numbers from 0 to 5" in shifted.note


def test_equal_frozen_distributions_are_equal():
    assert adapt(stats.skewnorm(2.0, loc=1.0)) == adapt(stats.skewnorm(a=2.0, loc=1.0, scale=1.0))
    assert hash(adapt(stats.skewnorm(2.0))) == hash(adapt(stats.skewnorm(2.0)))
    assert adapt(stats.skewnorm(2.0)) != adapt(stats.skewnorm(2.5))
    assert adapt(stats.geom(0.5)) != adapt(stats.skewnorm(0.5))
    assert ba.kl_divergence(stats.skewnorm(2.0), stats.skewnorm(2.0)).value == 0.0


def test_a_table_of_scipy():
    table = stats.rv_discrete(values=([0, 1, 4], [0.25, 0.25, 0.5]))()
    assert ba.entropy(table).value == 1.5
    assert ba.kl_divergence(table, stats.poisson(2.0), unit="nat").value == pytest.approx(
        -1.5 * math.log(2) + 2 - (0.25 + 0.5 * 4) * math.log(2) + 0.5 * math.log(24), rel=1e-14
    )


MATRIX = np.array([[2.0, 0.3], [0.3, 1.0]])
VECTORS = [
    (stats.multivariate_normal([1.0, 2.0], MATRIX), ba.MultivariateNormal([1.0, 2.0], MATRIX)),
    (stats.dirichlet([1.0, 2.0, 3.0]), ba.Dirichlet([1.0, 2.0, 3.0])),
    (stats.wishart(5.0, MATRIX), ba.Wishart(5.0, MATRIX)),
    (stats.invwishart(5.0, MATRIX), ba.InverseWishart(5.0, MATRIX)),
    (stats.multinomial(5, [0.2, 0.3, 0.5]), ba.Multinomial(5, [0.2, 0.3, 0.5])),
    (stats.matrix_normal(np.ones((2, 2)), MATRIX, np.eye(2)), ba.MatrixNormal(np.ones((2, 2)), MATRIX, np.eye(2))),
    (stats.vonmises_fisher([0.0, 1.0], 2.0), ba.VonMisesFisher([0.0, 1.0], 2.0)),
]


@pytest.mark.parametrize(("theirs", "ours"), VECTORS, ids=lambda d: type(d).__name__)
def test_vectors_and_matrices_of_scipy(theirs, ours):
    assert adapt(theirs) == ours


GAMMA = stats.make_distribution(stats.gamma)(a=2.5)
MODERN = [
    (stats.Normal(mu=1.0, sigma=2.0), ba.Normal(1.0, 2.0)),
    (stats.Normal(), ba.Normal(0.0, 1.0)),
    (stats.Uniform(a=1.0, b=3.0), ba.Uniform(1.0, 3.0)),
    (stats.Logistic(), ba.Logistic(0.0, 1.0)),
    (3 * stats.Logistic() + 1, ba.Logistic(1.0, 3.0)),
    (-2 * stats.Normal(mu=1.0, sigma=2.0) + 1, ba.Normal(-1.0, 4.0)),
    (stats.Binomial(n=5, p=0.3), ba.Binomial(5, 0.3)),
    (
        stats.Mixture([stats.Normal(), stats.Normal(mu=1.0)], weights=[0.25, 0.75]),
        ba.Mixture([0.25, 0.75], ba.Normal([0.0, 1.0], [1.0, 1.0])),
    ),
    (stats.truncate(stats.Normal(), 0.0, 2.0), ba.Truncated(ba.Normal(0.0, 1.0), 0.0, 2.0)),
    (stats.exp(stats.Normal()), ba.Transformed(ba.Normal(0.0, 1.0), "exp")),
    (stats.log(GAMMA), ba.Transformed(ba.Gamma(2.5, 1.0), "log")),
    (GAMMA, ba.Gamma(2.5, 1.0)),
    (2 * GAMMA + 1, ba.Affine(ba.Gamma(2.5, 1.0), 1.0, 2.0)),
    (stats.make_distribution(stats.binom)(n=5, p=0.3), ba.Binomial(5, 0.3)),
    (stats.make_distribution(stats.skewnorm)(a=2.0), Foreign(stats.skewnorm(2.0))),
    (stats.Normal(mu=[1.0, 2.0], sigma=1.0), ba.Normal([1.0, 2.0], [1.0, 1.0])),
]


@pytest.mark.parametrize(("theirs", "ours"), MODERN, ids=lambda d: repr(d)[:40])
def test_distributions_of_the_new_infrastructure(theirs, ours):
    assert adapt(theirs) == ours


class Slope:
    """A distribution of a user's own, from which scipy makes one."""

    __make_distribution_version__ = "1.16.0"
    parameters = {"k": (1.0, np.inf)}  # noqa: RUF012
    support = (0.0, 1.0)

    def pdf(self, x, k):
        return k * x ** (k - 1.0)

    def cdf(self, x, k):
        return x**k

    def icdf(self, u, k):
        return u ** (1.0 / k)

    def iccdf(self, u, k):
        return np.exp(np.log1p(-u) / k)


def test_a_distribution_made_by_the_user():
    made = stats.make_distribution(Slope())(k=2.0)
    found = ba.kl_divergence(made, ba.Beta(3.0, 1.0), unit="nat")
    assert found.value == pytest.approx(ba.kl_divergence(ba.Beta(2.0, 1.0), ba.Beta(3.0, 1.0), unit="nat").value, 1e-9)


def test_folded_and_reciprocal_and_order_statistics_are_known_by_their_methods():
    folded = ba.entropy(abs(stats.Normal()), unit="nat")
    assert folded.value == pytest.approx(ba.entropy(ba.HalfNormal(1.0), unit="nat").value, rel=1e-9)
    reciprocal = ba.kl_divergence(1 / GAMMA, ba.InverseGamma(2.0, 1.0), unit="nat")
    truth = ba.kl_divergence(ba.Gamma(2.5, 1.0), ba.Gamma(2.0, 1.0), unit="nat")
    assert reciprocal.value == pytest.approx(truth.value, rel=1e-9)
    largest = ba.kl_divergence(stats.order_statistic(stats.Uniform(a=0.0, b=1.0), r=3, n=3), ba.Beta(2.0, 1.0))
    assert largest.value == pytest.approx(ba.kl_divergence(ba.Beta(3.0, 1.0), ba.Beta(2.0, 1.0)).value, rel=1e-9)


def double(*numbers):
    return torch.tensor(numbers[0] if len(numbers) == 1 else numbers, dtype=torch.float64)


TENSOR = torch.tensor(MATRIX)
FACTOR = torch.linalg.cholesky(TENSOR)
TORCH = [
    (td.Bernoulli(double(0.25)), ba.Bernoulli(0.25)),
    (td.Beta(double(2.0), double(3.0)), ba.Beta(2.0, 3.0)),
    (td.Binomial(5, double(0.25)), ba.Binomial(5, 0.25)),
    (td.Categorical(double(0.25, 0.75)), ba.Categorical([0.25, 0.75])),
    (td.Cauchy(double(1.0), double(2.0)), ba.Cauchy(1.0, 2.0)),
    (td.Chi2(double(3.0)), ba.ChiSquared(3.0)),
    (td.ContinuousBernoulli(double(0.25)), ba.ContinuousBernoulli(0.25)),
    (td.Dirichlet(double(1.0, 2.0)), ba.Dirichlet([1.0, 2.0])),
    (td.Exponential(double(2.0)), ba.Exponential(2.0)),
    (td.FisherSnedecor(double(3.0), double(5.0)), Foreign(stats.f(3.0, 5.0))),
    (td.Gamma(double(2.0), double(3.0)), ba.Gamma(2.0, 3.0)),
    (
        td.GeneralizedPareto(torch.tensor(1.0), torch.tensor(2.0), torch.tensor(0.5)),
        Foreign(stats.genpareto(0.5, 1.0, 2.0)),
    ),
    (td.Geometric(double(0.25)), ba.Geometric(0.25)),
    (td.Gumbel(double(1.0), double(2.0)), ba.Gumbel(1.0, 2.0)),
    (td.HalfCauchy(double(2.0)), ba.HalfCauchy(2.0)),
    (td.HalfNormal(double(2.0)), ba.HalfNormal(2.0)),
    (td.InverseGamma(double(2.0), double(3.0)), ba.InverseGamma(2.0, 3.0)),
    (td.Kumaraswamy(double(2.0), double(3.0)), ba.Kumaraswamy(2.0, 3.0)),
    (td.Laplace(double(1.0), double(2.0)), ba.Laplace(1.0, 2.0)),
    (td.LogNormal(double(1.0), double(2.0)), ba.LogNormal(1.0, 2.0)),
    (td.MultivariateNormal(double(1.0, 2.0), TENSOR), ba.MultivariateNormal([1.0, 2.0], MATRIX)),
    (td.Multinomial(5, double(0.25, 0.75)), ba.Multinomial(5, [0.25, 0.75])),
    (td.NegativeBinomial(double(3.0), double(0.25)), ba.NegativeBinomial(3.0, 0.75)),
    (td.Normal(double(1.0), double(2.0)), ba.Normal(1.0, 2.0)),
    (td.OneHotCategorical(double(0.25, 0.75)), ba.Multinomial(1, [0.25, 0.75])),
    (td.OneHotCategoricalStraightThrough(double(0.25, 0.75)), ba.Multinomial(1, [0.25, 0.75])),
    (td.Pareto(double(2.0), double(3.0)), ba.Pareto(3.0, 2.0)),
    (td.Poisson(double(2.0)), ba.Poisson(2.0)),
    (td.StudentT(double(3.0), double(1.0), double(2.0)), ba.StudentT(3.0, 1.0, 2.0)),
    (td.Uniform(double(1.0), double(2.0)), ba.Uniform(1.0, 2.0)),
    (td.VonMises(double(1.0), double(2.0)), ba.VonMises(1.0, 2.0)),
    (td.Weibull(double(2.0), double(3.0)), ba.Weibull(3.0, 2.0)),
    (td.Wishart(double(5.0), TENSOR), ba.Wishart(5.0, MATRIX)),
    (
        td.Independent(td.Normal(double(1.0, 2.0), double(1.0)), 1),
        ba.Product([ba.Normal(1.0, 1.0), ba.Normal(2.0, 1.0)]),
    ),
    (
        td.MixtureSameFamily(td.Categorical(double(0.25, 0.75)), td.Normal(double(1.0, 2.0), double(1.0))),
        ba.Mixture([0.25, 0.75], ba.Normal([1.0, 2.0], [1.0, 1.0])),
    ),
    (
        td.MixtureSameFamily(
            td.Categorical(double(0.25, 0.75)), td.MultivariateNormal(double([[1.0, 2.0], [0.0, 0.0]]), TENSOR)
        ),
        ba.Mixture([0.25, 0.75], ba.MultivariateNormal([[1.0, 2.0], [0.0, 0.0]], [MATRIX, MATRIX])),
    ),
]


@pytest.mark.parametrize(("theirs", "ours"), TORCH, ids=lambda d: type(d).__name__)
@pytest.mark.filterwarnings("ignore:Singular sample")
def test_classes_of_torch(theirs, ours):
    assert adapt(theirs) == ours
    torch.manual_seed(0)
    x = theirs.sample((4,))
    np.testing.assert_allclose(ours.log_density(x.numpy()), theirs.log_prob(x).numpy(), rtol=1e-7, atol=1e-7)


def test_factors_and_precisions_of_torch():
    for theirs in (
        td.MultivariateNormal(double(1.0, 2.0), scale_tril=FACTOR),
        td.MultivariateNormal(double(1.0, 2.0), precision_matrix=torch.linalg.inv(TENSOR)),
    ):
        np.testing.assert_allclose(adapt(theirs).covariance, MATRIX, rtol=1e-14)
    low = td.LowRankMultivariateNormal(double(1.0, 2.0), double([[1.0], [2.0]]), double(1.0, 3.0))
    np.testing.assert_allclose(adapt(low).covariance, [[2.0, 2.0], [2.0, 7.0]], rtol=1e-15)


def test_a_covariance_that_was_asked_for_its_factor_stays_what_was_given():
    theirs = td.MultivariateNormal(torch.zeros(2), torch.tensor([[1.0, 0.3], [0.3, 1.0]]))
    assert theirs.scale_tril is not None
    assert theirs.precision_matrix is not None
    given = torch.tensor([[1.0, 0.3], [0.3, 1.0]]).double().numpy()
    np.testing.assert_array_equal(adapt(theirs).covariance, given)


def test_a_covariance_in_float32_may_be_symmetric_to_rounding():
    skewed = torch.tensor([[1.0, 0.3], [0.3 + 3e-7, 1.0]])
    found = adapt(td.MultivariateNormal(torch.zeros(2), skewed)).covariance
    assert found[0, 1] == found[1, 0] == float(skewed[1, 0])


def after(base, *steps):
    return td.TransformedDistribution(base, list(steps))


NORMAL = td.Normal(double(1.0), double(2.0))
EXP, SIGMOID = td.transforms.ExpTransform(), td.transforms.SigmoidTransform()
STEPS = [
    (after(NORMAL, EXP), ba.Transformed(ba.Normal(1.0, 2.0), "exp")),
    (after(NORMAL, td.transforms.AffineTransform(1.0, -2.0)), ba.Normal(-1.0, 4.0)),
    (
        after(NORMAL, EXP, td.transforms.AffineTransform(1.0, 3.0)),
        ba.Affine(ba.Transformed(ba.Normal(1.0, 2.0), "exp"), 1.0, 3.0),
    ),
    (
        after(NORMAL, td.transforms.ComposeTransform([EXP, EXP.inv])),
        ba.Transformed(ba.Transformed(ba.Normal(1.0, 2.0), "exp"), "log"),
    ),
    (after(NORMAL, SIGMOID), ba.Transformed(ba.Normal(1.0, 2.0), "expit")),
    (
        after(td.Gamma(double(2.0), double(3.0)), td.transforms.PowerTransform(double(0.5))),
        ba.Transformed(ba.Gamma(2.0, 3.0), 0.5),
    ),
    (
        after(td.Gamma(double(2.0), double(3.0)), td.transforms.AbsTransform()),
        ba.Transformed(ba.Gamma(2.0, 3.0), "abs"),
    ),
    (after(NORMAL, td.transforms.SoftplusTransform()), ba.Transformed(ba.Normal(1.0, 2.0), "softplus")),
]


@pytest.mark.parametrize(("theirs", "ours"), STEPS, ids=repr)
def test_transforms_of_torch(theirs, ours):
    assert adapt(theirs) == ours


def test_transforms_of_vectors_and_tanh():
    theirs = after(td.Independent(td.Normal(double(1.0, 0.0), double(2.0)), 1), EXP)
    x = np.array([[0.5, 2.0], [3.0, 1.0]])
    np.testing.assert_allclose(adapt(theirs).log_density(x), theirs.log_prob(torch.tensor(x)).numpy(), rtol=1e-14)
    squashed = after(NORMAL, td.transforms.TanhTransform())
    x = np.array([-0.9, 0.1, 0.5])
    np.testing.assert_allclose(adapt(squashed).log_density(x), squashed.log_prob(torch.tensor(x)).numpy(), rtol=1e-12)


def test_a_transform_that_is_not_one_to_one_is_refused():
    with pytest.raises(UsageError, match="abs is not one to one, or not defined, on numbers from -inf to inf"):
        ba.kl_divergence(after(NORMAL, td.transforms.AbsTransform()), NORMAL)
    with pytest.raises(UsageError, match="SoftmaxTransform is no transform that is known here"):
        adapt(after(td.Normal(double(1.0, 2.0), double(1.0)), td.transforms.SoftmaxTransform()))


def test_precision_of_parameters():
    single = adapt(td.Normal(torch.tensor(0.1), torch.tensor(0.3)))
    assert (single.mean, single.sd) == (float(np.float32(0.1)), float(np.float32(0.3)))
    half = adapt(td.Normal(torch.tensor(0.5, dtype=torch.bfloat16), torch.tensor(2.0, dtype=torch.bfloat16)))
    assert half == ba.Normal(0.5, 2.0)
    assert adapt(td.Normal(torch.tensor(1.0, requires_grad=True), 2.0)) == ba.Normal(1.0, 2.0)
    shares = adapt(td.Categorical(torch.tensor([0.1, 0.2, 0.7]))).p
    assert shares.dtype == np.float64
    assert shares.sum() == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("logit", [-40.0, -2.0, 0.0, 2.0, 40.0, 700.0, -700.0])
def test_logits_keep_the_digits_of_the_smaller_probability(logit):
    found = ba.kl_divergence(td.Bernoulli(double(0.5)), td.Bernoulli(logits=double(logit)), unit="nat")
    # log cosh(logit / 2)
    truth = abs(logit) / 2 + math.log1p(math.exp(-abs(logit))) - math.log(2)
    assert found.value == pytest.approx(truth, rel=1e-14, abs=1e-16)


def test_logits_that_double_precision_cannot_hold_are_refused():
    for theirs in (
        td.Bernoulli(logits=double(-800.0)),
        td.Categorical(logits=double(0.0, -800.0)),
        td.Binomial(5, logits=double(40.0)),
        td.Geometric(logits=double(40.0)),
        td.NegativeBinomial(double(3.0), logits=double(-40.0)),
    ):
        with pytest.raises(UsageError, match=r"a logit of -?\d+ gives an outcome a probability that double precision"):
            adapt(theirs)
    assert adapt(td.Categorical(logits=double(0.0, -math.inf))) == ba.Categorical([1.0, 0.0])


def test_what_was_given_is_read_also_after_the_other_was_asked_for():
    theirs = td.Bernoulli(probs=double(1e-30))
    assert theirs.logits > -40.0  # torch clamps
    assert adapt(theirs) == ba.Bernoulli(1e-30)
    logits = td.Geometric(logits=double(-50.0))
    assert logits.probs is not None
    assert adapt(logits).p == pytest.approx(math.exp(-50.0), rel=1e-14)


def test_batches_of_torch():
    p, q = td.Normal(torch.zeros(3, 1), 1.0), td.Normal(double(1.0, 2.0), double(1.0))
    found = ba.kl_divergence(p, q, unit="nat")
    np.testing.assert_allclose(found.value, np.broadcast_to([0.5, 2.0], (3, 2)), rtol=1e-15)


class Fake:
    """An object with ``log_prob``, as other libraries have."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def log_prob(self, x):
        raise NotImplementedError


def fake(name, **attributes):
    return type(name, (Fake,), {})(**attributes)


NORMAL_LIKE = fake("Normal", loc=np.float32(1.0), scale=np.array([1.0, 2.0]))
LIKE = [
    (NORMAL_LIKE, ba.Normal(1.0, [1.0, 2.0])),
    (fake("Bernoulli", probs=None, logits=np.float64(-2.0)), ba.Bernoulli(1.0 / (1.0 + math.exp(2.0)))),
    (fake("BernoulliProbs", probs=0.25), ba.Bernoulli(0.25)),
    (fake("CategoricalLogits", probs=None, logits=[0.0, 0.0]), ba.Categorical([0.5, 0.5])),
    (fake("Categorical", logits=None, probs=None, probs_parameter=lambda: [0.5, 0.5]), ba.Categorical([0.5, 0.5])),
    (fake("OrderedLogistic", categorical_probs=lambda: [0.25, 0.75]), ba.Categorical([0.25, 0.75])),
    (fake("Gamma", concentration=2.0, rate=None, log_rate=0.0), ba.Gamma(2.0, 1.0)),
    (fake("Poisson", rate=None, rate_parameter=lambda: 2.0), ba.Poisson(2.0)),
    (fake("Chi", df=3.0), ba.Nakagami(1.5, 3.0)),
    (fake("HalfCauchy", loc=0.0, scale=2.0), ba.HalfCauchy(2.0)),
    (fake("HalfCauchy", loc=1.0, scale=2.0), ba.Affine(ba.HalfCauchy(2.0), 1.0)),
    (fake("ExpGamma", concentration=2.0, rate=3.0), ba.Transformed(ba.Gamma(2.0, 3.0), "log")),
    (fake("ExpInverseGamma", concentration=2.0, scale=3.0), ba.Transformed(ba.InverseGamma(2.0, 3.0), "log")),
    (
        fake("MultivariateNormalTriL", loc=[0.0, 1.0], covariance=lambda: MATRIX),
        ba.MultivariateNormal([0.0, 1.0], MATRIX),
    ),
    (
        fake("GaussianProcess", mean=lambda: [0.0, 1.0], covariance=lambda: MATRIX),
        ba.MultivariateNormal([0.0, 1.0], MATRIX),
    ),
    (fake("WishartTriL", df=5.0, mean=lambda: 4.0 * MATRIX), ba.Wishart(5.0, 0.8 * MATRIX)),
    (
        fake("MatrixNormalLinearOperator", loc=np.zeros((2, 2)), scale_row=np.eye(2), scale_column=2.0 * np.eye(2)),
        ba.MatrixNormal(np.zeros((2, 2)), np.eye(2), 4.0 * np.eye(2)),
    ),
    (
        fake("_Independent", distribution=NORMAL_LIKE, reinterpreted_batch_ndims=1),
        ba.Product([ba.Normal(1.0, 1.0), ba.Normal(1.0, 2.0)]),
    ),
    (fake("_Sample", distribution=fake("Poisson", rate=2.0), sample_shape=[3]), ba.Product([ba.Poisson(2.0)] * 3)),
    (
        fake("Blockwise", distributions=[fake("Poisson", rate=2.0), fake("Chi2", df=2.0)]),
        ba.Product([ba.Poisson(2.0), ba.ChiSquared(2.0)]),
    ),
    (
        fake(
            "Mixture",
            cat=fake("Categorical", probs=[0.25, 0.75]),
            components=[fake("Chi2", df=2.0), fake("Chi2", df=4.0)],
        ),
        ba.Mixture([0.25, 0.75], ba.ChiSquared([2.0, 4.0])),
    ),
    (
        fake(
            "TransformedDistribution",
            distribution=fake("Chi2", df=2.0),
            bijector=fake("Chain", bijectors=[fake("Shift", shift=1.0), fake("Exp")]),
        ),
        ba.Affine(ba.Transformed(ba.ChiSquared(2.0), "exp"), 1.0),
    ),
    (
        fake(
            "_TransformedDistribution", distribution=fake("Chi2", df=2.0), bijector=fake("Invert", bijector=fake("Exp"))
        ),
        ba.Transformed(ba.ChiSquared(2.0), "log"),
    ),
    (fake("SphericalUniform", dimension=3), ba.VonMisesFisher([1.0, 0.0, 0.0], 0.0)),
    (fake("Deterministic", loc=3.0), ba.Empirical([3.0])),
    (fake("Zipf", power=3.0), ba.Zeta(3.0)),
    (fake("TruncatedNormal", loc=0.0, scale=1.0, low=-1.0, high=2.0), ba.TruncatedNormal(0.0, 1.0, -1.0, 2.0)),
]


@pytest.mark.parametrize(("theirs", "ours"), LIKE, ids=lambda d: type(d).__name__)
def test_objects_that_share_the_names_of_tensorflow_probability(theirs, ours):
    assert adapt(theirs) == ours


def test_bijectors_with_parameters():
    soft = fake(
        "TransformedDistribution",
        distribution=fake("Normal", loc=0.0, scale=1.0),
        bijector=fake("Softplus", hinge_softness=0.5),
    )
    x = np.array([0.2, 1.0, 3.0])
    back = 0.5 * np.log(np.expm1(x / 0.5))
    truth = stats.norm.logpdf(back) - np.log(-np.expm1(-x / 0.5)) * 1.0
    np.testing.assert_allclose(adapt(soft).log_density(x), truth, rtol=1e-12)
    wide = fake(
        "TransformedDistribution",
        distribution=fake("Logistic", loc=0.0, scale=1.0),
        bijector=fake("Sigmoid", low=-1.0, high=3.0),
    )
    # the sigmoid of a logistic variable is uniform
    np.testing.assert_allclose(adapt(wide).log_density(np.array([-0.5, 2.0])), -math.log(4.0), rtol=1e-12)


def test_moyal_is_the_logarithm_of_a_chi_squared():
    x = np.array([-2.0, 0.0, 1.0, 6.0])
    ours = adapt(fake("Moyal", loc=1.0, scale=2.0))
    np.testing.assert_allclose(ours.log_density(x), stats.moyal(1.0, 2.0).logpdf(x), rtol=1e-12)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (3.0, "3.0 is no distribution: give one of bitsapart's families, of scipy.stats or of torch"),
        (stats.norm, "norm_gen of scipy.stats is not known here, or no distribution: freeze one with its parameters"),
        (stats.multivariate_t([0.0], 1.0), "multivariate_t_frozen of scipy.stats is not known here"),
        (td.LKJCholesky(3, 1.0), "LKJCholesky of torch.distributions.lkj_cholesky is not known here; known are"),
        (fake("Normal", loc=1.0), "Normal has no scale, so that it cannot be read"),
        (
            fake("Sample", distribution=fake("Poisson", rate=1.0), sample_shape=[2, 3]),
            "should have one axis; got (2, 3)",
        ),
        (td.Independent(td.Normal(torch.zeros(2, 3), 1.0), 2), "one axis of numbers can be made the event"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_known_is_refused_in_one_sentence(value, sentence):
    with pytest.raises(UsageError) as caught:
        adapt(value)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
