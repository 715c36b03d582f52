"""Mixtures: reference values, supports with gaps, batches, discrete and vector components, hostile input."""

import math

import mpmath as mp
import numpy as np
import pytest

import bitsapart as ba
from bitsapart.values.errors import UsageError

F = ba.Mixture([0.3, 0.7], [ba.Normal(-1.0, 0.6), ba.Normal(2.0, 1.0)])
G = ba.Mixture([0.5, 0.5], ba.Normal([0.0, 2.5], [1.0, 0.7]))
CASES = {
    "A": ([0.5, 0.5], [-2.0, 2.0], [0.5, 0.5], 1.41884499812765, (0.0, 2.06155281280883), 0.723553026545188),
    "B": ([0.7, 0.3], [-2.0, 2.0], [0.5, 0.5], 1.33657031272332, (-0.8, 1.9), 0.724222106653749),
    "C": ([0.5, 0.5], [-2.0, 2.0], [0.5, 1.0], 1.75423682879600, (0.0, 2.15058131676066), 0.430439889890867),
    "D": ([0.5, 0.5], [-1.0, 1.0], [1.0, 1.0], 1.75576935355150, (0.0, 1.4142135623731), 0.00974276993314104),
}


def test_the_pair_of_hershey_and_olsen():
    found = ba.kl_divergence(F, G, unit="nat")
    assert found.value == pytest.approx(0.0852738522196, abs=1e-13)
    assert found.kind == "bound"
    assert found.high - found.low < 1e-13


@pytest.mark.parametrize("case", CASES)
def test_entropy_and_the_closest_normal(case):
    weights, means, sds, entropy, normal, divergence = CASES[case]
    p = ba.Mixture(weights, ba.Normal(means, sds))
    assert p.entropy("nat").value == pytest.approx(entropy, abs=5e-14)
    assert ba.kl_divergence(p, ba.Normal(*normal), unit="nat").value == pytest.approx(divergence, abs=5e-14)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_close_mixtures_keep_their_digits(gap):
    p, q = (ba.Mixture([0.3, 0.7], ba.Normal([shift, 2.0], [1.0, 0.5])) for shift in (0.0, gap))
    with mp.workdps(50):
        shift = mp.mpf(gap)

        def term(x):
            other = mp.mpf(0.7) * 2 * mp.npdf((x - 2) * 2)
            first, second = (mp.mpf(0.3) * mp.npdf(x - s) + other for s in (0, shift))
            ratio = second / first
            return first * (ratio - 1 - mp.log(ratio))

        true = mp.quad(term, [-30, -10, -5, -2, -1, 0, 1, 2, 3, 5, 10, 30])
        # weights stand for w / sum(w)
        true /= mp.mpf(0.3) + mp.mpf(0.7)
    assert ba.kl_divergence(p, q, unit="nat").value == pytest.approx(float(true), rel=1e-12)


def test_equal_mixtures_are_0_apart():
    assert ba.kl_divergence(F, ba.Mixture([0.3, 0.7], [ba.Normal(-1.0, 0.6), ba.Normal(2.0, 1.0)])).value == 0.0


def test_a_gap_in_the_support_of_q_costs_infinitely_much():
    gapped = ba.Mixture([0.5, 0.5], [ba.Uniform(0.0, 1.0), ba.Uniform(2.0, 3.0)])
    assert ba.kl_divergence(ba.Uniform(0.0, 3.0), gapped).value == math.inf
    assert ba.kl_divergence(ba.Uniform(2.25, 2.75), gapped, unit="nat").value == pytest.approx(math.log(4.0))
    assert ba.kl_divergence(gapped, ba.Uniform(0.0, 4.0), unit="nat").value == pytest.approx(math.log(2.0))
    assert gapped.log_density(1.5) == -math.inf
    touching = ba.Mixture([0.5, 0.5], [ba.Uniform(0.0, 1.0), ba.Uniform(1.0, 3.0)])
    assert ba.kl_divergence(ba.Uniform(0.0, 2.0), touching, unit="nat").value == pytest.approx(0.5 * math.log(2.0))


def test_a_component_without_weight_has_no_support():
    p = ba.Mixture([1.0, 0.0], [ba.Uniform(0.0, 1.0), ba.Uniform(2.0, 3.0)])
    assert ba.kl_divergence(p, ba.Uniform(0.0, 1.0)).value == pytest.approx(0.0, abs=1e-15)


def test_whole_numbers_and_gaps_between_them():
    p = ba.Mixture([0.25, 0.75], [ba.Poisson(1.0), ba.Poisson(6.0)])
    x = np.arange(80.0)
    mass = 0.25 * np.exp(ba.Poisson(1.0).log_density(x)) + 0.75 * np.exp(ba.Poisson(6.0).log_density(x))
    assert p.entropy("nat").value == pytest.approx(-(mass * np.log(mass)).sum(), rel=1e-13)
    other = np.exp(ba.Poisson(5.0).log_density(x))
    assert ba.kl_divergence(p, ba.Poisson(5.0), unit="nat").value == pytest.approx((mass * np.log(mass / other)).sum())
    gapped = ba.Mixture([0.5, 0.5], [ba.DiscreteUniform(0, 1), ba.DiscreteUniform(4, 5)])
    assert ba.kl_divergence(ba.DiscreteUniform(0, 5), gapped).value == math.inf
    assert ba.kl_divergence(gapped, ba.DiscreteUniform(0, 5)).value == pytest.approx(math.log2(1.5))
    next_to = ba.Mixture([0.5, 0.5], [ba.DiscreteUniform(0, 1), ba.DiscreteUniform(2, 3)])
    assert ba.kl_divergence(ba.DiscreteUniform(0, 3), next_to).value == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("p", [F, G, ba.Mixture([0.5, 0.5], [ba.Cauchy(0.0, 1.0), ba.Gamma(2.0, 1.0)])])
def test_quantiles_invert_the_cdf(p):
    u = np.array([1e-12, 1e-3, 0.1, 0.5, 0.9])
    assert p.cdf(p.quantile(u)) == pytest.approx(u, rel=1e-9)
    assert p.survival(p.upper_quantile(u)) == pytest.approx(u, rel=1e-9)


def test_quantiles_of_whole_numbers_are_the_least_that_reach():
    p = ba.Mixture([0.5, 0.5], [ba.Poisson(2.0), ba.Poisson(9.0)])
    x = np.arange(60.0)
    below = p.cdf(x)
    for u in (0.01, 0.3, 0.5, 0.9, 0.999):
        assert p.quantile(u) == x[np.argmax(below >= u)]


def test_moments_and_draws():
    assert F.mean == pytest.approx(0.3 * -1.0 + 0.7 * 2.0)
    assert F.variance == pytest.approx(0.3 * (0.36 + 1.0) + 0.7 * (1.0 + 4.0) - F.mean**2)
    drawn = F.sample(200_000, seed=1)
    assert drawn.mean() == pytest.approx(F.mean, abs=5.0 * math.sqrt(F.variance / drawn.size))
    assert (drawn < 0.0).mean() == pytest.approx(F.cdf(0.0), abs=5.0 * 0.5 / math.sqrt(drawn.size))


def test_batches_and_their_parts():
    p = ba.Mixture(np.array([[0.5, 0.5], [0.1, 0.9], [1.0, 0.0]]), [ba.Normal(np.zeros(3), 1.0), ba.Laplace(1.0, 2.0)])
    assert p.batch_shape == (3,)
    found = ba.kl_divergence(p, ba.Normal(0.0, 3.0))
    for i in range(3):
        assert ba.kl_divergence(p[i], ba.Normal(0.0, 3.0)).value == pytest.approx(found[i].value, rel=1e-13)
    assert p.sample(4).shape == (4, 3)
    assert p.quantile(0.5).shape == (3,)
    assert p.log_density(np.zeros((5, 1))).shape == (5, 3)


def test_vectors():
    part = ba.MultivariateNormal([[0.0, 0.0], [2.0, 1.0]], np.stack([np.eye(2), 0.5 * np.eye(2)]))
    p = ba.Mixture([0.4, 0.6], part)
    assert p.sample(10).shape == (10, 2)
    assert p.mean == pytest.approx([1.2, 0.6])
    x = np.array([0.3, -0.2])
    both = [ba.MultivariateNormal([0.0, 0.0], np.eye(2)), ba.MultivariateNormal([2.0, 1.0], 0.5 * np.eye(2))]
    true = 0.4 * math.exp(both[0].log_density(x)) + 0.6 * math.exp(both[1].log_density(x))
    assert p.log_density(x) == pytest.approx(math.log(true))
    assert ba.Mixture([0.4, 0.6], both).log_density(x) == pytest.approx(math.log(true))


def test_moment_rule_of_a_mixture_says_why_it_is_infinite():
    found = ba.kl_divergence(
        ba.Mixture([0.5, 0.5], [ba.Normal(0.0, 1.0), ba.StudentT(1.5, 0.0, 1.0)]), ba.Normal(0.0, 1.0)
    )
    assert found.value == math.inf
    assert "infinite" in found.note or "diverges" in found.note


@pytest.mark.parametrize(
    ("weights", "components", "sentence"),
    [
        ([0.5, 0.6], ba.Normal([0.0, 1.0], 1.0), "sum to 1"),
        ([0.5, 0.5], [ba.Normal(0.0, 1.0)], "2 weights and 1 components"),
        ([1.0], ba.Normal(0.0, 1.0), "a list"),
        ([0.5, 0.5], [ba.Normal(0.0, 1.0), 3.0], "component 1"),
        ([0.5, 0.5], [ba.Normal(0.0, 1.0), ba.Poisson(1.0)], "no common support"),
        ([0.5, 0.5], [ba.Normal(0.0, 1.0), ba.MultivariateNormal([0.0], [[1.0]])], "one shape"),
        ([1.0], [], "at least one"),
    ],
)
def test_errors_say_what_is_wrong(weights, components, sentence):
    with pytest.raises(UsageError, match=sentence):
        ba.Mixture(weights, components)


def test_it_is_a_value_that_prints_compares_and_is_written():
    assert ba.Mixture([0.3, 0.7], ba.Normal([-1.0, 2.0], [0.6, 1.0])) == F
    assert hash(F) == hash(ba.Mixture([0.3, 0.7], ba.Normal([-1.0, 2.0], [0.6, 1.0])))
    assert F != G
    assert repr(F) == "Mixture([0.3, 0.7], [Normal(mean=-1, sd=0.6), Normal(mean=2, sd=1)])"
    assert type(F).from_document(F.to_document()) == F
