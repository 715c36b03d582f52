"""Every pair that torch and TensorFlow Probability register, computed on their objects by our rules."""

import math
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
import torch
import torch.distributions as td
from torch.distributions.kl import _KL_REGISTRY
from wrong_in_torch import WRONG

import bitsapart as ba
from bitsapart.values.errors import UsageError

PAGE = Path(__file__).parent.parent.parent / "docs" / "families.md"


def double(*numbers):
    return torch.tensor(numbers[0] if len(numbers) == 1 else numbers, dtype=torch.float64)


FIRST, SECOND = double([[2.0, 0.3], [0.3, 1.0]]), double([[1.0, -0.2], [-0.2, 3.0]])
EXP = td.transforms.ExpTransform()
MEMBERS = {
    td.Bernoulli: [td.Bernoulli(double(0.3)), td.Bernoulli(double(0.8))],
    td.Beta: [td.Beta(double(2.0), double(3.0)), td.Beta(double(0.7), double(1.5))],
    td.Binomial: [td.Binomial(5, double(0.3)), td.Binomial(5, double(0.6))],
    td.Categorical: [td.Categorical(double(0.2, 0.3, 0.5)), td.Categorical(logits=double(0.2, 1.3, 0.5))],
    td.Cauchy: [td.Cauchy(double(1.0), double(2.0)), td.Cauchy(double(0.0), double(0.5))],
    td.ContinuousBernoulli: [td.ContinuousBernoulli(double(0.3)), td.ContinuousBernoulli(double(0.9))],
    td.Dirichlet: [td.Dirichlet(double(1.0, 2.0, 3.0)), td.Dirichlet(double(0.5, 2.0, 1.0))],
    td.Exponential: [td.Exponential(double(2.0)), td.Exponential(double(0.7))],
    td.ExponentialFamily: [td.Gamma(double(2.0), double(3.0)), td.Gamma(double(0.7), double(1.0))],
    td.Gamma: [td.Gamma(double(2.0), double(3.0)), td.Gamma(double(0.7), double(1.0))],
    td.Geometric: [td.Geometric(double(0.3)), td.Geometric(double(0.7))],
    td.Gumbel: [td.Gumbel(double(1.0), double(2.0)), td.Gumbel(double(0.0), double(0.7))],
    td.HalfNormal: [td.HalfNormal(double(2.0)), td.HalfNormal(double(0.7))],
    td.Independent: [td.Independent(td.Normal(double(m, 0.0), double(s, 1.0)), 1) for m, s in [(1.0, 2.0), (0.0, 1.0)]],
    td.Laplace: [td.Laplace(double(1.0), double(2.0)), td.Laplace(double(0.0), double(0.7))],
    td.LowRankMultivariateNormal: [
        td.LowRankMultivariateNormal(double(1.0, 2.0), double([[1.0], [2.0]]), double(1.0, 2.0)),
        td.LowRankMultivariateNormal(double(0.0, 2.0), double([[1.0], [-2.0]]), double(1.0, 0.5)),
    ],
    td.MultivariateNormal: [
        td.MultivariateNormal(double(1.0, 2.0), FIRST),
        td.MultivariateNormal(double(0.0, 2.0), SECOND),
    ],
    td.Normal: [td.Normal(double(1.0), double(2.0)), td.Normal(double(0.0), double(0.7))],
    td.OneHotCategorical: [td.OneHotCategorical(double(0.2, 0.3, 0.5)), td.OneHotCategorical(double(0.4, 0.1, 0.5))],
    td.Pareto: [td.Pareto(double(2.0), double(3.0)), td.Pareto(double(1.0), double(2.5))],
    td.Poisson: [td.Poisson(double(2.0)), td.Poisson(double(3.0))],
    td.TransformedDistribution: [
        td.TransformedDistribution(td.Gamma(double(2.0), double(3.0)), [EXP]),
        td.TransformedDistribution(td.Gamma(double(1.0), double(3.0)), [EXP]),
    ],
    td.Uniform: [td.Uniform(double(0.2), double(0.8)), td.Uniform(double(0.1), double(2.0))],
}


def test_no_entry_of_torch_is_left_out():
    assert {kind for pair in _KL_REGISTRY for kind in pair} == set(MEMBERS)
    assert len(_KL_REGISTRY) >= 87


@pytest.mark.parametrize(("p", "q"), list(_KL_REGISTRY), ids=lambda kind: kind.__name__)
def test_every_entry_of_torch(p, q):
    for own in MEMBERS[p]:
        for other in MEMBERS[q]:
            found = ba.kl_divergence(own, other, unit="nat")
            truth = float(td.kl_divergence(own, other))
            # of equal ones, torch's is rounding
            assert found.value == pytest.approx(truth, rel=1e-9, abs=1e-14)
            assert found.method in {"closed form", "moment rule", "support", "quadrature"}
            if math.isinf(truth):
                assert found.kind == "exact"
                assert found.note


def test_the_general_entry_of_torch_on_matrices():
    own, other = (td.Wishart(double(df), matrix) for df, matrix in [(5.0, FIRST), (4.0, SECOND)])
    truth = float(td.kl_divergence(own, other).detach())
    assert ba.kl_divergence(own, other, unit="nat").value == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: f"{w.p} {w.q}")
def test_where_torch_is_wrong(wrong):
    with mp.workdps(60):
        truth = float(wrong.truth())
    assert ba.kl_divergence(*wrong.pair(), unit="nat").value == pytest.approx(truth, rel=1e-13)
    said = wrong.of_torch()
    assert said == "not implemented" or not abs(float(said) - truth) <= 1e-4 * truth
    assert wrong.row() in PAGE.read_text(), f"the page should have the line {wrong.row()}"


def test_where_torch_forgets_that_a_map_is_not_one_to_one():
    # |X| for X about 1 and about -1 has one law, and torch says 2 nats
    both = [
        td.TransformedDistribution(td.Normal(double(mean), double(1.0)), [td.transforms.AbsTransform()])
        for mean in (1.0, -1.0)
    ]
    assert float(td.kl_divergence(*both)) == 2.0
    with pytest.raises(UsageError, match="abs is not one to one"):
        ba.kl_divergence(*both)


class Fake:
    """An object with ``log_prob``, as TensorFlow Probability has."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def log_prob(self, x):
        raise NotImplementedError


def tfd(name, **attributes):
    return type(name, (Fake,), {})(**attributes)


def normals(p, q):
    return tfd("Normal", loc=p[0], scale=p[1]), tfd("Normal", loc=q[0], scale=q[1])


def each(name, *parameters):
    """Two members of one family."""
    return [tfd(name, **one) for one in parameters]


def image(bijector, *bases):
    return [tfd("_TransformedDistribution", distribution=base, bijector=tfd(bijector)) for base in bases]


LOC_SCALE = {"loc": 1.0, "scale": 2.0}, {"loc": 0.0, "scale": 0.7}
GAMMAS = {"concentration": 2.0, "rate": 3.0}, {"concentration": 0.7, "rate": 1.0}
INVERSE_GAMMAS = {"concentration": 2.0, "scale": 3.0}, {"concentration": 0.7, "scale": 1.0}
THREE = [0.2, 0.3, 0.5]
ORDERED = {"categorical_probs": lambda: THREE}, {"categorical_probs": lambda: [0.4, 0.1, 0.5]}
TENSORFLOW = {
    "Bernoulli": (each("Bernoulli", {"probs": 0.25}, {"probs": None, "logits": math.log(3.0)}), 0.5 * math.log(3.0)),
    "Beta": (
        each("Beta", *({"concentration1": a, "concentration0": b} for a, b in [(2.0, 3.0), (0.7, 1.5)])),
        0.24471085856044983,
    ),
    "Blockwise": (
        [
            tfd("Blockwise", distributions=[normals((1.0, 2.0), (0.0, 1.0))[i], each("Gamma", GAMMAS[0], GAMMAS[0])[i]])
            for i in (0, 1)
        ],
        1.3068528194400546,
    ),
    "Categorical": (
        each("Categorical", {"probs": THREE}, {"probs": None, "logits": [0.2, 1.3, 0.5]}),
        0.16819556896127735,
    ),
    "Cauchy": (each("Cauchy", {"loc": 1.0, "scale": 2.0}, {"loc": 0.0, "scale": 0.5}), 0.5947071077466928),
    "Chi": (each("Chi", {"df": 3.0}, {"df": 4.0}), 0.102537250645957),
    "Chi2": (each("Chi2", {"df": 3.0}, {"df": 5.0}), 0.36897513412958793),
    "Chi2 and Gamma": ([tfd("Chi2", df=3.0), tfd("Gamma", concentration=2.0, rate=1.0)], 0.2162428895260664),
    "ContinuousBernoulli": (each("ContinuousBernoulli", {"probs": 0.25}, {"probs": 0.75}), None),
    "Deterministic": ([tfd("Deterministic", loc=1.0), tfd("Poisson", rate=2.0)], 2.0 - math.log(2.0)),
    "Dirichlet": (
        each("Dirichlet", {"concentration": [1.0, 2.0, 3.0]}, {"concentration": [0.5, 2.0, 1.0]}),
        0.7574025694663931,
    ),
    "ExpGamma": (each("ExpGamma", *GAMMAS), 0.24618215089401696),
    "ExpInverseGamma": (each("ExpInverseGamma", *INVERSE_GAMMAS), 0.24618215089401696),
    "Gamma": (each("Gamma", *GAMMAS), 0.24618215089401696),
    "Gamma and Chi2": ([tfd("Gamma", concentration=2.0, rate=1.0), tfd("Chi2", df=3.0)], 0.1303307007539063),
    "GaussianProcess": (
        [
            tfd("GaussianProcess", mean=lambda: [1.0, 2.0], covariance=lambda: np.eye(2)),
            tfd("MultivariateNormalDiag", loc=[0.0, 2.0], covariance=lambda: np.eye(2)),
        ],
        0.5,
    ),
    "Gumbel": (each("Gumbel", *LOC_SCALE), 1.6559609934591877),
    "HalfNormal": (each("HalfNormal", {"scale": 2.0}, {"scale": 0.7}), 2.531810528562547),
    "Independent": (
        [
            tfd("_Independent", distribution=base, reinterpreted_batch_ndims=1)
            for base in normals(([1.0, 0.0], [2.0, 1.0]), ([0.0, 0.0], [1.0, 1.0]))
        ],
        1.3068528194400546,
    ),
    "Laplace": (each("Laplace", *LOC_SCALE), 1.1116940461088465),
    "LogNormal": (each("LogNormal", *LOC_SCALE), 3.5522186918278544),
    "LogitNormal": (each("LogitNormal", *LOC_SCALE), 3.5522186918278544),
    "MatrixNormal": (
        each(
            "MatrixNormalLinearOperator",
            {"loc": np.ones((2, 2)), "scale_row": np.eye(2), "scale_column": np.eye(2)},
            {"loc": np.zeros((2, 2)), "scale_row": np.eye(2), "scale_column": np.eye(2)},
        ),
        2.0,
    ),
    "Moyal": (each("Moyal", {"loc": 1.0, "scale": 2.0}, {"loc": 0.0, "scale": 1.7}), 0.06390093341593242),
    "MultivariateNormal": (
        [
            tfd("MultivariateNormalTriL", loc=[1.0, 2.0], covariance=lambda: FIRST.numpy()),
            tfd("MultivariateNormalDiag", loc=[0.0, 2.0], covariance=lambda: np.diag([1.0, 9.0])),
        ],
        1.3306162231943963,
    ),
    "Normal": (each("Normal", *LOC_SCALE), 3.5522186918278544),
    "OneHotCategorical": (
        each("OneHotCategorical", {"probs": THREE}, {"probs": None, "logits": [0.2, 1.3, 0.5]}),
        0.16819556896127738,
    ),
    "OrderedLogistic": (each("OrderedLogistic", *ORDERED), None),
    "Pareto": (
        each("Pareto", {"concentration": 2.0, "scale": 3.0}, {"concentration": 1.0, "scale": 2.5}),
        0.37546873735389985,
    ),
    "ProbitBernoulli": (each("ProbitBernoulli", {"probs": 0.25}, {"probs": 0.75}), 0.5 * math.log(3.0)),
    "Sample": (
        [tfd("_Sample", distribution=base, sample_shape=[3]) for base in normals((1.0, 2.0), (0.0, 1.0))],
        3.920558458320164,
    ),
    "StoppingRatioLogistic": (each("StoppingRatioLogistic", *ORDERED), None),
    "TransformedDistribution": (
        image("Exp", tfd("Gamma", concentration=2.0, rate=3.0), tfd("Gamma", concentration=1.0, rate=3.0)),
        0.422784335098467,
    ),
    "Uniform": (each("Uniform", {"low": 0.2, "high": 0.8}, {"low": 0.0, "high": 1.0}), 0.5108256237659905),
    "VonMises": (
        each("VonMises", {"loc": 1.0, "concentration": 2.0}, {"loc": 0.0, "concentration": 0.7}),
        0.4265898986836477,
    ),
    "VonMisesFisher and SphericalUniform": (
        [
            tfd("VonMisesFisher", mean_direction=[0.0, 0.0, 1.0], concentration=2.0),
            tfd("SphericalUniform", dimension=3),
        ],
        0.4794092494008737,
    ),
    "Weibull": (
        each("Weibull", {"concentration": 2.0, "scale": 3.0}, {"concentration": 1.5, "scale": 2.0}),
        0.2236061684336974,
    ),
    "Weibull and Gamma": (
        [tfd("Weibull", concentration=2.0, scale=3.0), tfd("Gamma", concentration=1.5, rate=2.0)],
        2.057783375573782,
    ),
}
"""Pairs that TensorFlow Probability 0.25 registers, with what it answers in float64."""


@pytest.mark.parametrize("name", TENSORFLOW)
def test_every_pair_of_tensorflow_probability(name):
    (own, other), truth = TENSORFLOW[name]
    if truth is None:  # what it answers is no better than float32, or the same as that of another
        truth = _others(name)
    assert ba.kl_divergence(own, other, unit="nat").value == pytest.approx(truth, rel=1e-12)


def _others(name):
    if name == "ContinuousBernoulli":
        # the logit is log 3 and changes sign: KL = 2 logit (mean of the second - 1/2)
        logit = math.log(3.0)
        return 2.0 * logit * (1.0 / (1.0 - 1.0 / 3.0) - 1.0 / logit - 0.5)
    return 0.2 * math.log(0.5) + 0.3 * math.log(3.0)


def test_a_pair_of_tensorflow_probability_that_mixes_measures():
    # TFP answers with minus a log density; a single point has no mass under a density
    found = ba.kl_divergence(tfd("Deterministic", loc=1.0), tfd("Normal", loc=0.0, scale=1.0))
    assert found.value == math.inf
    assert found.note.startswith("support: ")
