"""Bayesian gain: published and closed-form values, bounds that hold, draws and nested runs whose gain is known."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

import bitsapart as ba
from bitsapart.fitting.gain.thinning import effective_draws

NATS = math.log(2.0)


def nats(estimate: ba.Estimate) -> float:
    return estimate.value * NATS


@pytest.mark.parametrize(
    ("a", "b", "n", "expected"),
    [
        # at a uniform prior and one trial, log 2 - 1/2 exactly; the others summed with mpmath
        (1, 1, 1, math.log(2.0) - 0.5),
        (1, 1, 10, 0.853997345529),
        (2, 5, 10, 0.433320992455),
        (0.5, 0.5, 20, 1.346260295972),
    ],
)
def test_expected_gain_of_trials(a: float, b: float, n: int, expected: float) -> None:
    model = ba.BetaBinomialModel(a, b, n)
    assert ba.expected_information_gain(model, unit="nat").value == pytest.approx(expected, abs=1e-12)
    weights = [stats.betabinom(n, a, b).pmf(k) for k in range(n + 1)]
    gains = [nats(ba.bayesian_gain(model, k).joint) for k in range(n + 1)]
    assert np.dot(weights, gains) == pytest.approx(expected, rel=1e-9)


def test_trials_that_all_fail() -> None:
    found = ba.bayesian_gain(ba.BetaBinomialModel(1, 1, n=10), 0)
    assert nats(found.joint) == pytest.approx(1.488804364, abs=1e-9)
    assert found.surprise.value == pytest.approx(found.joint.value - found.expected.value, rel=1e-12)
    # a uniform prior predicts every number of successes alike
    assert found.p_value == pytest.approx(1.0)
    rare = ba.bayesian_gain(ba.BetaBinomialModel(20, 20, n=10), 0)
    law = stats.betabinom(10, 20, 20)
    pmf = law.pmf(np.arange(11))
    assert rare.p_value == pytest.approx(pmf[pmf <= pmf[0] * (1 + 1e-9)].sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("average", "gain", "p_value"),
    [(0.0, 1.368981155, 1.0), (2.0, 1.844888353, 0.323285), (6.0, 5.652145938, 0.003045)],
)
def test_a_prior_in_conflict_with_the_data(average: float, gain: float, p_value: float) -> None:
    model = ba.LinearGaussianModel(np.ones((10, 1)), prior_covariance=[[4.0]])
    found = ba.bayesian_gain(model, np.full(10, average))
    assert nats(found.joint) == pytest.approx(gain, abs=2e-9)
    assert nats(found.expected) == pytest.approx(1.856786033, abs=1e-9)
    assert nats(found.surprise) == pytest.approx(gain - 1.856786033, abs=3e-9)
    assert found.p_value == pytest.approx(p_value, abs=1e-6)
    assert "surprise" in str(found)


def test_a_design_and_its_expected_gain() -> None:
    model = ba.LinearGaussianModel([[1, 0], [1, 1], [1, 2]], noise_sd=0.5)
    expected = ba.expected_information_gain(model, unit="nat")
    assert expected.value == pytest.approx(2.4299062021808364, rel=1e-14)
    assert expected.kind == "exact"
    draw = np.random.default_rng(0)
    design = np.array([[1, 0], [1, 1], [1, 2.0]])
    gains, p_values = [], []
    for _ in range(300):
        y = design @ draw.normal(size=2) + 0.5 * draw.normal(size=3)
        found = ba.bayesian_gain(model, y)
        gains.append(nats(found.joint))
        p_values.append(found.p_value)
    assert np.mean(gains) == pytest.approx(2.4299, abs=4 * np.std(gains) / np.sqrt(300))
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_the_posterior_of_a_regression() -> None:
    draw = np.random.default_rng(1)
    for rows, size in [(3, 5), (8, 3)]:
        design, y = draw.normal(size=(rows, size)), draw.normal(size=rows)
        root = draw.normal(size=(size, size))
        covariance, mean = root @ root.T + np.eye(size), draw.normal(size=size)
        model = ba.LinearGaussianModel(design, noise_sd=0.7, prior_mean=mean, prior_covariance=covariance)
        precision = np.linalg.inv(covariance) + design.T @ design / 0.49
        found = model.posterior(y)
        assert found.covariance == pytest.approx(np.linalg.inv(precision), rel=1e-8, abs=1e-10)
        centre = np.linalg.solve(precision, np.linalg.solve(covariance, mean) + design.T @ y / 0.49)
        assert found.mean == pytest.approx(centre, rel=1e-8)
        assert list(ba.bayesian_gain(model, y).parameters) == [f"[{i}]" for i in range(size)]


def test_counts_with_a_gamma_prior() -> None:
    model = ba.GammaPoissonModel(2.0, 1.0, n=3)
    law = stats.nbinom(2.0, 1 / 4)
    total = np.arange(400)
    gains = [nats(ba.kl_divergence(ba.Gamma(2.0 + s, 4.0), ba.Gamma(2.0, 1.0))) for s in total]
    assert ba.expected_information_gain(model, unit="nat").value == pytest.approx(
        np.dot(law.pmf(total), gains), rel=1e-9
    )
    pmf = law.pmf(total)
    assert ba.bayesian_gain(model, [4, 2, 5]).p_value == pytest.approx(pmf[pmf <= pmf[11] * (1 + 1e-9)].sum(), rel=1e-9)


def test_formulas_and_their_marginals() -> None:
    prior = ba.MultivariateNormal([0.0, 0.0], [[1.0, 0.5], [0.5, 2.0]])
    posterior = ba.MultivariateNormal([1.0, 0.0], [[0.5, 0.0], [0.0, 0.5]])
    found = ba.bayesian_gain(prior, posterior)
    assert found.joint.value == ba.kl_divergence(posterior, prior).value
    alone = ba.kl_divergence(ba.Normal(1.0, math.sqrt(0.5)), ba.Normal(0.0, 1.0))
    assert found.parameters["[0]"].value == pytest.approx(alone.value, rel=1e-12)
    simplex = ba.bayesian_gain(ba.Dirichlet([1.0, 1.0, 1.0]), ba.Dirichlet([4.0, 1.0, 2.0]))
    beta = ba.kl_divergence(ba.Beta(4.0, 3.0), ba.Beta(1.0, 2.0))
    assert simplex.parameters["[0]"].value == pytest.approx(beta.value, rel=1e-12)
    assert ba.bayesian_gain(stats.norm(0, 2), ba.Normal(1.0, 0.5)).joint.value == pytest.approx(
        (math.log(4) + 1.25 / 8 - 0.5) / NATS
    )
    with pytest.raises(ba.UsageError, match="one prior and one posterior"):
        ba.bayesian_gain(ba.Normal([0.0, 1.0], 1.0), ba.Normal(0.0, 1.0))


def test_draws_against_a_prior_that_is_a_formula() -> None:
    draw = np.random.default_rng(2)
    mean, spread = np.array([1.0, -0.5]), np.array([[0.04, 0.018], [0.018, 0.09]])
    draws = draw.multivariate_normal(mean, spread, 4000)
    truth = ba.kl_divergence(ba.MultivariateNormal(mean, spread), ba.MultivariateNormal([0, 0], [[4, 0], [0, 1]]))
    for prior in (
        {"a": ba.Normal(0.0, 2.0), "b": ba.Normal(0.0, 1.0)},
        ba.MultivariateNormal([0, 0], [[4, 0], [0, 1]]),
        ba.Product([ba.Normal(0.0, 2.0), ba.Normal(0.0, 1.0)]),
    ):
        named = {"a": draws[:, 0], "b": draws[:, 1]} if isinstance(prior, dict) else draws
        found = ba.bayesian_gain(prior, named)
        assert found.joint.low <= truth.value <= found.joint.high
        assert found.joint.value == pytest.approx(truth.value, abs=0.15)
        alone = ba.kl_divergence(ba.Normal(1.0, 0.2), ba.Normal(0.0, 2.0)).value
        first = next(iter(found.parameters.values()))
        assert first.low <= alone <= first.high


def test_draws_of_a_chain_are_thinned_and_say_so() -> None:
    draw = np.random.default_rng(3)
    chain = np.empty(20_000)
    state = 0.0
    for i in range(len(chain)):
        state = 0.9 * state + math.sqrt(1 - 0.81) * draw.normal()
        chain[i] = state
    found = ba.bayesian_gain(ba.Normal(0.0, 4.0), 0.5 * chain)
    truth = ba.kl_divergence(ba.Normal(0.0, 0.5), ba.Normal(0.0, 4.0)).value
    assert "worth" in found.notes[0]
    assert found.joint.low <= truth <= found.joint.high
    # 1 / (1 + 2 sum .9^k) = 1 / 19
    assert effective_draws(chain[:, np.newaxis]) == pytest.approx(20_000 / 19, rel=0.35)


def test_draws_of_prior_and_posterior_in_groups() -> None:
    draw = np.random.default_rng(4)

    def group(mu: np.ndarray, tau: np.ndarray) -> SimpleNamespace:
        dims = ("chain", "draw", "which")
        found = {"mu": SimpleNamespace(dims=dims[:2], values=mu), "tau": SimpleNamespace(dims=dims, values=tau)}
        return SimpleNamespace(data_vars=found)

    both = SimpleNamespace(
        prior=group(draw.normal(0, 1, (2, 1000)), draw.normal(0, 1, (2, 1000, 2))),
        posterior=group(draw.normal(1, 0.5, (4, 500)), draw.normal(0, 1, (4, 500, 2))),
    )
    found = ba.bayesian_gain(both)
    truth = ba.kl_divergence(ba.Normal(1.0, 0.5), ba.Normal(0.0, 1.0)).value
    assert len(found.parameters) == 3
    assert found.parameters["mu"].low <= truth <= found.parameters["mu"].high
    assert found.joint.low <= truth <= (found.joint.high or math.inf)


def nested_logs(dimension: int, width: float, live: int, seed: int) -> np.ndarray:
    """Of a run on a normal likelihood in the unit ball: volumes by their law, radius from the volume."""
    draw = np.random.default_rng(seed)
    steps = draw.exponential(size=40 * live * dimension // 4) / live
    radius = np.exp(-np.cumsum(steps) / dimension)
    return -0.5 * (radius / width) ** 2


def test_nested_sampling_covers_the_gain() -> None:
    dimension, width = 4, 0.05
    volume = math.pi ** (dimension / 2) / math.gamma(dimension / 2 + 1)
    truth = (math.log(volume) - dimension / 2 * math.log(2 * math.pi * math.e * width**2)) / NATS
    covered = 0
    runs = 60
    for seed in range(runs):
        logs = nested_logs(dimension, width, 100, seed)
        found = ba.bayesian_gain(ba.NestedRun(logs, np.full(len(logs), 100)), seed=seed)
        covered += found.joint.low <= truth <= found.joint.high
        assert found.dimensionality == pytest.approx(dimension, abs=2.0)
    assert covered >= 0.85 * runs


def test_runs_of_other_libraries_are_read() -> None:
    logs = nested_logs(2, 0.1, 50, 0)
    own = ba.bayesian_gain(ba.NestedRun(logs, np.full(len(logs), 50)))
    frame = SimpleNamespace(columns=["logL"], logL=logs, nlive=np.full(len(logs), 50))
    assert ba.bayesian_gain(frame).joint.value == own.joint.value
    results = SimpleNamespace(logl=logs, nlive=50)
    assert ba.bayesian_gain(results).joint.value == pytest.approx(own.joint.value, abs=0.05)


def test_a_simulated_design_lies_between_its_bounds() -> None:
    truth = 0.5 * math.log2(1.0 + 4.0)
    held = 0
    for seed in range(20):
        found = ba.expected_information_gain(
            ba.Normal(0.0, 2.0),
            lambda theta, generator: generator.normal(theta, 1.0),
            lambda y, theta: -0.5 * (y - theta) ** 2,
            draws=300,
            contrasts=500,
            seed=seed,
        )
        held += found.low <= truth <= found.high
    assert held >= 17
    assert found.kind == "confidence"


def test_a_simulated_choice_of_finitely_many() -> None:
    # four equally likely boxes, seen through a channel that errs with probability .1 to each of the others
    channel = np.where(np.eye(4) > 0, 0.7, 0.1)
    truth = 2.0 - float(-np.sum(channel[0] * np.log2(channel[0])))
    found = ba.expected_information_gain(
        lambda n, generator: generator.integers(4, size=n),
        lambda theta, generator: np.array([generator.choice(4, p=channel[t]) for t in theta]),
        lambda y, theta: np.log(channel[theta, y]),
        draws=1500,
        contrasts=400,
    )
    assert found.low <= truth <= found.high
    assert found.high - found.low < 0.25


def test_an_expected_gain_by_quadrature() -> None:
    # of one Bernoulli trial: H(E p) - E H(p)
    average = quad(lambda p: -stats.beta(2, 5).pdf(p) * (p * np.log2(p) + (1 - p) * np.log2(1 - p)), 0, 1)[0]
    m = 2 / 7
    truth = -m * np.log2(m) - (1 - m) * np.log2(1 - m) - average
    assert ba.expected_information_gain(ba.BetaBinomialModel(2, 5, 1)).value == pytest.approx(truth, abs=1e-8)


def test_draws_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ba.DataError, match="draw 0 of x is nan"):
        ba.bayesian_gain(ba.Normal(0, 1), np.full(100, np.nan))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ba.bayesian_gain(ba.Normal(0, 1)), "give both"),
        (lambda: ba.bayesian_gain(ba.BetaBinomialModel(1, 1, 3)), "give them as the second argument"),
        (lambda: ba.bayesian_gain(ba.BetaBinomialModel(1, 1, 3), 4), "from 0 to 3; got 4"),
        (lambda: ba.bayesian_gain(ba.GammaPoissonModel(1, 1, 2), [1]), "2 counts"),
        (lambda: ba.bayesian_gain(ba.LinearGaussianModel([[1.0]]), [1.0, 2.0]), "1 responses"),
        (lambda: ba.LinearGaussianModel([[1.0]], noise_sd=0.0), "noise_sd should be a positive number"),
        (lambda: ba.BetaBinomialModel([1, 2], 1, 3), "single numbers"),
        (lambda: ba.NestedRun([1.0, 2.0], 5), "10 at least"),
        (lambda: ba.NestedRun([np.nan] * 20, 5), "log-likelihood 0 is nan"),
        (lambda: ba.expected_information_gain(ba.Normal(0, 1)), "give simulate= and log_likelihood="),
        (
            lambda: ba.bayesian_gain({"a": ba.Normal(0, 1)}, {"b": np.random.default_rng(0).normal(size=100)}),
            "says nothing of 'b'",
        ),
        (lambda: ba.bayesian_gain(ba.Gamma(1, 1), np.random.default_rng(0).normal(size=100)), "where the prior"),
        (lambda: ba.bayesian_gain(ba.Normal(0, 1), np.random.default_rng(0).normal(size=(100, 2))), "of 1 parameters"),
        (lambda: ba.bayesian_gain(np.zeros((100, 1)), ba.Normal(0, 1)), "needs a prior that is one"),
        (
            lambda: ba.expected_information_gain(
                ba.Normal(0, 1), lambda t, _g: t, lambda y, _t: np.full(len(y), np.nan), draws=5, contrasts=5
            ),
            "log_likelihood is nan",
        ),
    ],
)
def test_bad_input_gets_one_sentence(call: object, words: str) -> None:
    with pytest.raises(ba.UsageError, match=words):
        call()
