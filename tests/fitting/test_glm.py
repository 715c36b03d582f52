"""Posteriors of generalised linear models: ELBOs of another program, closed forms, and the certificate."""

import numpy as np
import pytest
from scipy import integrate, stats

import bitsapart as ba
from bitsapart.fitting.likelihoods import Logistic, PoissonCount, Probit
from bitsapart.fitting.linear_model_fit import ascent_of, highest
from bitsapart.fitting.reverse import reverse_fit
from bitsapart.values.errors import DataError, UsageError


def standardised(name):
    datasets = pytest.importorskip("sklearn.datasets")
    data = datasets.load_iris() if name == "iris" else datasets.load_breast_cancer()
    x, y = data.data, data.target
    if name == "iris":
        x, y = x[y > 0], y[y > 0] - 1
    return (x - x.mean(axis=0)) / x.std(axis=0), y


@pytest.mark.parametrize(
    ("name", "sd", "full", "diagonal"),
    [
        ("iris", 1.0, -20.56357751198, -20.82793269765),
        ("iris", 10.0, -16.19008815151, -16.86971105595),
        ("cancer", 1.0, -55.46513650153, -67.46336719337),
        ("cancer", 10.0, -72.96630357380, -101.79891500015),
    ],
)
def test_the_highest_elbo(name, sd, full, diagonal):
    posterior = ba.GeneralizedLinearPosterior(*standardised(name), prior_sd=sd)
    for mean_field, wanted in ((False, full), (True, diagonal)):
        ascent = ascent_of(posterior, mean_field=mean_field)
        value, by_mean, by_factor = ascent.value(highest(ascent))
        assert value == pytest.approx(wanted, abs=1e-9)
        gap = 0.5 * sd**2 * ((by_mean**2).sum() + (by_factor**2).sum())
        assert gap < 1e-11


def test_the_fit_of_iris():
    fit = reverse_fit(ba.GeneralizedLinearPosterior(*standardised("iris")))
    assert fit.dimension == 5
    assert np.allclose(fit.distribution.mean, [0.1041222, -0.2654703, -0.6132357, 2.3808755, 2.5409643], atol=1e-6)
    sds = [0.3718574, 0.534673, 0.435782, 0.6873441, 0.6309739]
    assert np.allclose(np.sqrt(fit.distribution.variance), sds, atol=1e-6)
    assert fit.certificate.proved
    assert fit.certificate.gap < 1e-12
    nats = fit.divergence.to(ba.Unit.nat)
    assert nats.low < 0.0337 < nats.high
    assert fit.diagnostics["elbo"].to(ba.Unit.nat).value == pytest.approx(-20.56357751198, abs=1e-6)
    log_z = fit.diagnostics["log_normaliser"].to(ba.Unit.nat)
    assert log_z.low < -20.53 < log_z.high
    assert 0.3 < fit.diagnostics["khat"].value < 0.75


def test_a_linear_model_is_fitted_exactly():
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=(40, 3)), generator.normal(size=40)
    posterior = ba.GeneralizedLinearPosterior(x, y, likelihood="normal", noise_sd=0.7, prior_sd=[2.0, 1.0, 1.0, 0.5])
    fit = reverse_fit(posterior)
    design = np.column_stack([np.ones(40), x])
    covariance = np.linalg.inv(design.T @ design / 0.49 + np.diag([0.25, 1.0, 1.0, 4.0]))
    assert np.allclose(fit.distribution.parameters["covariance"], covariance, atol=1e-8)
    assert np.allclose(fit.distribution.mean, covariance @ design.T @ y / 0.49, atol=1e-8)
    evidence = stats.multivariate_normal.logpdf(
        y, np.zeros(40), 0.49 * np.eye(40) + design @ np.diag([4.0, 1.0, 1.0, 0.25]) @ design.T
    )
    assert fit.diagnostics["log_normaliser"].to(ba.Unit.nat).value == pytest.approx(evidence, abs=1e-7)
    assert fit.divergence.value == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize("likelihood", [Logistic(), Probit(), PoissonCount()])
@pytest.mark.parametrize(("mean", "sd"), [(0.3, 0.01), (-2.0, 1.0), (1.0, 4.0)])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_expectations_and_their_derivatives(likelihood, mean, sd, label):
    y = np.array([label])

    def by_quad(function):
        ends = (mean - 12.0 * sd, mean + 12.0 * sd)
        return integrate.quad(lambda e: function(e) * stats.norm.pdf(e, mean, sd), *ends, epsabs=1e-12, limit=400)[0]

    found = likelihood.expected(y, np.array([mean]), np.array([sd]))
    value = by_quad(lambda e: float(likelihood.log_density(label, e)))
    slope = by_quad(lambda e: float(likelihood.slope(label, e)))
    spread = by_quad(lambda e: float(likelihood.slope(label, e)) * (e - mean) / sd)
    assert np.allclose(np.ravel(found), [value, slope, spread], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ["logistic", "probit", "poisson", "normal"])
def test_gradient_and_precision(name):
    generator = np.random.default_rng(0)
    posterior = ba.GeneralizedLinearPosterior(generator.normal(size=(12, 2)), [0, 1] * 6, likelihood=name, prior_sd=2.0)
    beta = np.array([0.2, -0.4, 0.5])
    h = 1e-5 * np.eye(3)
    slopes = [(posterior(beta + e) - posterior(beta - e)) / 2e-5 for e in h]
    assert np.allclose(posterior.gradient(beta[None])[0], slopes, rtol=1e-7, atol=1e-7)
    bends = [(posterior.gradient((beta - e)[None])[0] - posterior.gradient((beta + e)[None])[0]) / 2e-5 for e in h]
    assert np.allclose(posterior.precision(beta), bends, rtol=1e-6, atol=1e-6)
    assert np.allclose(posterior.gradient(posterior.mode()[None]), 0.0, atol=1e-8)


def test_one_coefficient_against_quadrature():
    posterior = ba.GeneralizedLinearPosterior([[-1.0], [0.5], [2.0]], [0, 1, 1], intercept=False, prior_sd=3.0)
    log_z = np.log(integrate.quad(lambda b: np.exp(posterior([b])), -40.0, 60.0, epsabs=1e-13)[0])
    fit = reverse_fit(posterior)
    found = fit.diagnostics["log_normaliser"].to(ba.Unit.nat)
    assert found.low - 0.01 < log_z < found.high + 0.01
    alone = reverse_fit(lambda x: posterior(x), "normal", dimension=1)
    assert float(alone.distribution.mean) == pytest.approx(float(fit.distribution.mean[0]), abs=1e-7)
    exact = log_z - fit.diagnostics["elbo"].to(ba.Unit.nat).value
    assert alone.divergence.to(ba.Unit.nat).value == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (([[1.0], [2.0]], [0, 2]), {}, DataError, "row 1 is 2"),
        (([[1.0], [np.nan]], [0, 1]), {}, DataError, "row 1, column 0"),
        (([[1.0], [2.0]], [0]), {}, DataError, "1 labels for 2 rows"),
        (([1.0, 2.0], [0, 1]), {}, DataError, "shape"),
        (([["a"], ["b"]], [0, 1]), {}, DataError, "numbers"),
        (([[1.0], [2.0]], [0, -1]), {"likelihood": "poisson"}, DataError, "whole numbers"),
        (([[1.0], [2.0]], [0, 1]), {"likelihood": "cauchit"}, UsageError, "likelihood should be one of"),
        (([[1.0], [2.0]], [0, 1]), {"prior_sd": 0.0}, UsageError, "positive"),
        (([[1.0], [2.0]], [0, 1]), {"prior_sd": [1.0, 2.0, 3.0]}, UsageError, "prior_sd"),
    ],
)
def test_data_that_cannot_be_are_refused(arguments, options, error, words):
    with pytest.raises(error, match=words):
        ba.GeneralizedLinearPosterior(*arguments, **options)
