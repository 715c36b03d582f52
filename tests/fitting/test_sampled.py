"""Fits on fixed draws: closed forms for normal targets and the funnel; starts, proposals, and libraries of arrays."""

import numpy as np
import pytest

import bitsapart as ba
from bitsapart.fitting.adaptation import adapted
from bitsapart.fitting.log_density import log_density_of
from bitsapart.fitting.normaliser import Proposal, log_normaliser, weighted
from bitsapart.fitting.pathfinder import pathfinder
from bitsapart.fitting.reverse import reverse_fit
from bitsapart.fitting.sampled import matched, sobol_normals
from bitsapart.values.errors import UsageError


def normal_target(d, seed=1):
    generator = np.random.default_rng(seed)
    a = generator.normal(size=(d, 2 * d))
    covariance = a @ a.T / d
    return generator.normal(size=d), covariance, np.linalg.inv(covariance)


def funnel(x):
    """Neal's, with nine numbers of one scale; normalised."""
    d = x.shape[1] - 1
    own = -(x[:, 0] ** 2) / 18.0 - 0.5 * (x[:, 1:] ** 2).sum(axis=1) * np.exp(-x[:, 0]) - 0.5 * d * x[:, 0]
    return own - np.log(3.0) - 0.5 * (d + 1) * np.log(2.0 * np.pi)


@pytest.mark.parametrize("dimension", [4, 12])
def test_a_normal_target_is_fitted_exactly(dimension):
    mean, covariance, precision = normal_target(dimension)

    def log_density(x):
        return -0.5 * ((x - mean) @ precision * (x - mean)).sum(axis=1)

    fit = reverse_fit(log_density, "normal", dimension=dimension, gradient=lambda x: -(x - mean) @ precision)
    assert np.allclose(fit.distribution.mean, mean, atol=1e-6)
    assert np.allclose(fit.distribution.parameters["covariance"], covariance, atol=1e-6)
    log_z = 0.5 * dimension * np.log(2.0 * np.pi) + 0.5 * np.linalg.slogdet(covariance)[1]
    assert fit.diagnostics["log_normaliser"].to(ba.Unit.nat).value == pytest.approx(log_z, abs=1e-6)
    assert fit.divergence.value == pytest.approx(0.0, abs=1e-6)
    assert fit.certificate.residual < 1e-4


def test_the_diagonal_fit_of_a_normal():
    mean, covariance, precision = normal_target(6)
    fit = reverse_fit(ba.MultivariateNormal(mean, covariance), "normal", structure="mean-field")
    assert np.allclose(fit.distribution.variance, 1.0 / np.diag(precision), rtol=1e-6)
    exact = 0.5 * (np.log(np.diag(precision)).sum() + np.linalg.slogdet(covariance)[1])
    assert fit.divergence.to(ba.Unit.nat).value == pytest.approx(exact, abs=1e-9)


def test_a_low_rank_fit_finds_a_low_rank_covariance_and_lies_between():
    generator = np.random.default_rng(5)
    d = 12
    directions = 2.0 * generator.normal(size=(d, 2))
    law = ba.MultivariateNormal(np.zeros(d), np.diag(generator.uniform(0.5, 2.0, d)) + directions @ directions.T)
    low = reverse_fit(law, "normal", structure="low-rank").divergence.value
    diagonal = reverse_fit(law, "normal", structure="mean-field").divergence.value
    assert low < 1e-3 < diagonal


def test_the_funnel_with_nine_numbers():
    fit = reverse_fit(funnel, "normal", dimension=10, structure="mean-field")
    exact = 0.5 * np.log(1.0 + 4.5 * 9)
    elbo = fit.diagnostics["elbo"].to(ba.Unit.nat)
    assert elbo.value == pytest.approx(-exact, abs=0.01)
    nats = fit.divergence.to(ba.Unit.nat)
    assert nats.low <= exact <= nats.high
    assert nats.value == pytest.approx(exact, abs=0.2)
    assert float(fit.distribution.variance[0]) == pytest.approx(18.0 / 83.0, rel=0.05)
    assert fit.diagnostics["khat"].value > fit.diagnostics["khat_threshold"].value


def test_the_same_seed_gives_the_same_fit():
    one, other = (reverse_fit(funnel, "normal", dimension=4, structure="mean-field", seed=7) for _ in range(2))
    assert one.divergence == other.divergence
    assert one.distribution == other.distribution


def test_torch_functions_are_differentiated():
    torch = pytest.importorskip("torch")

    def log_density(x):
        return -0.5 * (torch.as_tensor(x) ** 2).sum(dim=-1) - 0.25 * torch.cos(x).sum(dim=-1)

    target = log_density_of(log_density, dimension=3)
    assert target.gradient_by == "torch"
    at = np.array([[0.1, -0.4, 2.0], [1.0, 0.0, -1.0]])
    assert np.allclose(target.slopes(at), -at + 0.25 * np.sin(at), rtol=1e-12)


def test_gradients_that_are_wrong():
    def log_density(x):
        return -(x**2).sum(axis=1)

    assert log_density_of(log_density, dimension=3, gradient=lambda x: -2.0 * x).gradient_by == "given"
    with pytest.raises(UsageError, match="should have their shape"):
        log_density_of(log_density, dimension=3, gradient=lambda x: x[:, :2])
    with pytest.raises(UsageError, match="gradient is not that of the log density"):
        log_density_of(log_density, dimension=3, gradient=lambda x: 2.0 * x)


def test_matched_draws_have_the_moments_of_a_standard_normal():
    z = matched(sobol_normals(256, 5, 0))
    assert np.allclose(z.mean(axis=0), 0.0, atol=1e-14)
    assert np.allclose(z.T @ z / 256, np.eye(5), atol=1e-13)


def test_a_path_to_the_mode_of_a_normal_ends_at_the_normal():
    mean, covariance, precision = normal_target(4)
    target = log_density_of(lambda x: -0.5 * ((x - mean) @ precision * (x - mean)).sum(axis=1), dimension=4)
    start = pathfinder(target, np.zeros(4), 0)
    assert np.allclose(start.proposal.mean, mean, atol=0.05)
    assert np.allclose(start.proposal.factor @ start.proposal.factor.T, covariance, atol=0.3)


def test_a_start_without_density_is_refused():
    with pytest.raises(UsageError, match="start="):
        reverse_fit(lambda x: np.where((x > 1.0).all(axis=1), -(x**2).sum(axis=1), -np.inf), "normal", dimension=3)


def test_a_normaliser_of_two_modes_is_learned():
    def two(x):
        return np.logaddexp(-0.5 * (x**2).sum(axis=1), -0.5 * ((x - 6.0) ** 2).sum(axis=1))

    target = log_density_of(two, dimension=3)
    generator = np.random.default_rng(0)
    first = weighted(target, Proposal(np.full(3, 3.0), 3.0 * np.eye(3)).wider(), generator)
    found = log_normaliser(adapted(target, first, generator), 0.95)
    assert found.value == pytest.approx(np.log(2.0) + 1.5 * np.log(2.0 * np.pi), abs=0.02)


def test_a_proposal_without_reach_gives_a_lower_bound_only():
    target = log_density_of(lambda x: -0.5 * (x**2).sum(axis=1), dimension=8)
    narrow = weighted(target, Proposal(np.zeros(8), 0.3 * np.eye(8)), np.random.default_rng(0))
    found = log_normaliser([narrow], 0.95)
    assert (found.kind, found.high) == ("bound", np.inf)
    assert found.low < 4.0 * np.log(2.0 * np.pi)
