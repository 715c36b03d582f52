"""Pareto k-hat against theory and against a direct maximum of the likelihood of the tail."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from bitsapart.fitting.khat import fitted_pareto, khat_threshold, smoothed_weights


def log_weights(sd, n, seed=0):
    """Of a standard normal target for draws of N(0, sd^2)."""
    z = sd * np.random.default_rng(seed).normal(size=n)
    return -0.5 * z**2 + 0.5 * (z / sd) ** 2 + math.log(sd)


@pytest.mark.parametrize(("sd", "khat"), [(0.5, 0.68), (0.8, 0.33)])
def test_normal_weights(sd, khat):
    # 1 - sd^2 in the limit: 0.75 and 0.36, which a finite tail approaches slowly
    found = smoothed_weights(log_weights(sd, 100_000)).khat
    assert found == pytest.approx(khat, abs=0.05)
    assert found < 1.0 - sd**2 + 0.03


def test_a_wide_proposal_has_bounded_weights():
    assert smoothed_weights(log_weights(1.5, 20_000)).khat < 0.0


@pytest.mark.parametrize("shape", [-0.3, 0.2, 0.7, 1.5])
def test_the_pareto_fit_is_near_the_maximum_of_the_likelihood(shape):
    x = np.sort(stats.genpareto.rvs(shape, scale=2.0, size=4000, random_state=1))

    def loss(theta):
        value = -stats.genpareto.logpdf(x, theta[0], scale=math.exp(theta[1])).sum()
        return value if np.isfinite(value) else 1e12

    best = optimize.minimize(loss, [shape, math.log(2.0)], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-6})
    k, scale = fitted_pareto(x)
    assert k == pytest.approx(best.x[0], abs=0.02)
    assert scale == pytest.approx(math.exp(best.x[1]), rel=0.03)


def test_a_shift_of_the_log_weights_moves_only_their_mean():
    logs = log_weights(0.7, 5000)
    one, other = smoothed_weights(logs), smoothed_weights(logs - 800.0)
    assert other.khat == pytest.approx(one.khat, abs=1e-9)
    assert other.log_mean == pytest.approx(one.log_mean - 800.0, abs=1e-9)
    assert np.allclose(one.weights, other.weights)
    assert one.weights.sum() == pytest.approx(1.0)


def test_smoothing_keeps_the_order_and_all_but_the_tail():
    logs = log_weights(0.6, 4000)
    found = smoothed_weights(logs)
    order = np.argsort(logs)
    assert (np.diff(found.log_weights[order]) >= -1e-12).all()
    kept = order[: 4000 - math.ceil(3.0 * math.sqrt(4000))]
    assert np.ptp(found.log_weights[kept] - logs[kept]) < 1e-9


def test_equal_weights_have_no_tail():
    found = smoothed_weights(np.full(1000, -3.0))
    assert (found.khat, found.log_mean, found.standard_error) == (0.0, -3.0, 0.0)


@pytest.mark.parametrize(("n", "threshold"), [(100, 0.5), (1000, 2.0 / 3.0), (10**6, 0.7)])
def test_the_threshold(n, threshold):
    assert khat_threshold(n) == pytest.approx(threshold)
