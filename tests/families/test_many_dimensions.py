"""Cubature and quasi-Monte Carlo against closed forms, and against each other where there are none."""

import math

import numpy as np
import pytest
from scipy.special import logsumexp

import bitsapart as ba
from bitsapart.families.distribution import Distribution
from bitsapart.families.numeric.boxes import integral
from bitsapart.families.numeric.cubature import cubature_entropy, cubature_kl
from bitsapart.families.numeric.quasi_monte_carlo import qmc_entropy, qmc_kl

V = np.array([[2.0, 0.5], [0.5, 1.0]])


class Given(Distribution):
    """A mixture as somebody else might write it: a density, draws, and no map from the cube."""

    domains = {}  # noqa: RUF012

    def __init__(self, weights, components):
        self.__dict__.update(weights=np.asarray(weights), components=components, batch_shape=())

    @property
    def event_shape(self):
        return self.components.event_shape

    @property
    def support(self):
        return self.components.support

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def _log_density(self, x):
        return logsumexp(np.log(self.weights) + self.components.log_density(x[..., np.newaxis, :]), axis=-1)

    def _sample(self, shape, generator):
        draws = self.components.sample(shape, seed=generator)
        which = generator.choice(len(self.weights), p=self.weights, size=shape)
        return np.take_along_axis(draws, which[..., np.newaxis, np.newaxis], axis=-2)[..., 0, :]


class InPieces(Given):
    def _pieces(self):
        return [(float(weight), self.components[i]) for i, weight in enumerate(self.weights)]


def mixture(size, seed, kind=InPieces):
    generator = np.random.default_rng(seed)
    root = generator.normal(size=(2, size, size + 3))
    covariances = root @ root.swapaxes(1, 2) / size
    components = ba.MultivariateNormal(
        2.0 * generator.normal(size=(2, size)), (covariances + covariances.swapaxes(1, 2)) / 2
    )
    return kind([0.3, 0.7], components)


def by_trapezoid(p, q, reach=30.0, points=1201):
    """KL in the plane: the trapezoidal rule is exact beyond all orders for smooth densities."""
    axis, step = np.linspace(-reach, reach, points, retstep=True)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    own, other = p.log_density(x), q.log_density(x)
    return float((np.exp(own) * (own - other)).sum()) * step**2, -float((np.exp(own) * own).sum()) * step**2


def test_mixtures_in_the_plane_to_10_digits():
    p, q = mixture(2, 1), mixture(2, 2)
    divergence, entropy = by_trapezoid(p, q)
    found = cubature_kl(p, q)
    assert (found.kind, found.method) == ("bound", "cubature")
    assert found.value == pytest.approx(divergence, rel=1e-10)
    assert abs(found.value - divergence) <= found.error + 1e-12
    assert cubature_entropy(p).value == pytest.approx(entropy, rel=1e-10)


def test_the_verbs_find_them():
    p, q = mixture(2, 1), mixture(2, 2)
    found = ba.kl_divergence(p, q, unit="nat")
    assert found.value == cubature_kl(p, q).value
    assert (p.entropy().kind, p.entropy().method) == ("bound", "cubature")
    high = mixture(10, 1)
    assert (high.entropy().kind, high.entropy().method) == ("confidence", "quasi-Monte Carlo")


def test_mixtures_of_the_package():
    p, q = mixture(2, 1), mixture(2, 2)
    ours = [ba.Mixture(side.weights, side.components) for side in (p, q)]
    divergence, entropy = by_trapezoid(p, q)
    assert ba.kl_divergence(*ours, unit="nat").value == pytest.approx(divergence, rel=1e-10)
    assert ours[0].entropy("nat").value == pytest.approx(entropy, rel=1e-10)


def test_a_mixture_against_one_normal_by_its_moments():
    p, q = mixture(10, 1), mixture(10, 2).components[0]
    ours = ba.Mixture(p.weights, p.components)
    draws = ours.sample(200_000, seed=3)
    np.testing.assert_allclose(np.cov(draws.T), ours.covariance, atol=0.05 * np.abs(ours.covariance).max())
    found = ba.kl_divergence(ours, q, unit="nat")
    terms = p.log_density(draws) - q.log_density(draws)
    assert abs(terms.mean() - found.value) < 4.0 * terms.std() / math.sqrt(terms.size) + found.high - found.low
    # the floor of a forward fit: H(P, Q) of the closest normal is its entropy
    closest = ba.MultivariateNormal.from_moments(ours.mean, ours.covariance)
    crossed = closest._cross_entropy_of(ours)
    assert float(crossed.value) == pytest.approx(closest.entropy("nat").value, rel=1e-13)


@pytest.mark.parametrize("sd", [0.1, 0.01, 1e-3, 1e-5])
def test_a_narrow_component_is_not_missed(sd):
    at = np.array([0.3, 0.41])
    wide = ba.MultivariateNormal([0.0, 0.0], np.eye(2))
    q = InPieces([0.5, 0.5], ba.MultivariateNormal([[0.0, 0.0], at], [np.eye(2), sd * sd * np.eye(2)]))
    found = cubature_kl(wide, q)
    assert found.method == "cubature"
    # log q is that of the wide half, but for log(1 + q_2 / q_1) on a disc, in polar coordinates about its middle
    nodes, weights = np.polynomial.legendre.leggauss(300)
    radius, weights = 6.0 * sd * (nodes + 1.0), 6.0 * sd * weights
    angle = np.arange(64) * 2.0 * np.pi / 64
    x = at + radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    narrow = ba.MultivariateNormal(at, sd * sd * np.eye(2))
    rise = np.logaddexp(0.0, narrow.log_density(x) - wide.log_density(x)) * np.exp(wide.log_density(x))
    truth = math.log(2.0) - float((rise.mean(axis=1) * 2.0 * np.pi * radius * weights).sum())
    assert abs(found.value - truth) <= found.error + 1e-12


def test_boxes_are_exact_for_polynomials_and_halved_elsewhere():
    edges = [np.array([-1.0, 0.5, 2.0]), np.array([0.0, 1.0])]
    value, error = integral(lambda x: x[:, 0] ** 13 * x[:, 1] ** 5, edges, relative=1e-12, absolute=0.0, most=1000)
    assert value == pytest.approx((2.0**14 - 1.0) / 14 / 6, rel=1e-14)
    assert error < 1e-9
    value, error = integral(lambda x: np.abs(x[:, 0] - 0.123), edges[:1], relative=1e-10, absolute=0.0, most=10**5)
    assert abs(value - (1.123**2 + 1.877**2) / 2) <= error < 1e-9


@pytest.mark.parametrize("gap", [1.0, 1e-2, 1e-4, 1e-6])
def test_cubature_of_close_pairs_keeps_its_digits(gap):
    p, q = ba.MultivariateNormal([1.0, 2.0], V), ba.MultivariateNormal([1.0 + gap, 2.0], V * (1.0 + gap))
    truth = float(p._kl_divergence(q).value)
    found = cubature_kl(p, q)
    assert found.value == pytest.approx(truth, rel=1e-7)
    assert abs(found.value - truth) <= found.error


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (ba.NormalGamma(0.0, 1.5, 3.0, 2.0), ba.NormalGamma(1.0, 2.0, 2.0, 2.5)),
        (ba.Product([ba.Laplace(0.0, 1.0), ba.Gamma(0.5, 1.0)]), ba.Product([ba.Normal(0.0, 1.0), ba.Gamma(0.6, 1.0)])),
        (ba.MultivariateNormal([0.0, 0.0], V), ba.Product([ba.Logistic(0.0, 1.0), ba.Laplace(0.1, 1.0)])),
    ],
    ids=["normal-gamma", "kink and pole", "kink"],
)
def test_cubature_within_its_error_of_the_sum_over_entries(p, q):
    truth = ba.kl_divergence(p, q, unit="nat").value
    found = cubature_kl(p, q)
    assert found.method == "cubature"
    assert abs(found.value - truth) <= found.error + 1e-12
    assert found.value == pytest.approx(truth, rel=1e-6)


def test_three_dimensions():
    p, q = mixture(3, 3).components[0], mixture(3, 4).components[0]
    found = cubature_kl(p, q)
    truth = float(p._kl_divergence(q).value)
    assert found.method == "cubature"
    assert found.value == pytest.approx(truth, rel=1e-7)


def test_tails_beyond_the_box_are_no_cubature():
    # E log q is infinite: the mass that the box leaves out has all of it
    p = ba.Product([ba.Cauchy(0.0, 1.0), ba.Normal(0.0, 1.0)])
    found = cubature_kl(p, mixture(2, 1))
    assert (found.method, found.kind) == ("quasi-Monte Carlo", "confidence")
    assert str(found.note).startswith("heavy tails")


def test_discrete_entries_are_left_to_draws():
    p = ba.Product([ba.Poisson(1.0), ba.Normal(0.0, 1.0)])
    q = ba.Product([ba.Poisson(1.2), ba.Normal(0.0, 1.1)])
    found = cubature_kl(p, q)
    assert found.method == "quasi-Monte Carlo"
    assert abs(found.value - ba.kl_divergence(p, q, unit="nat").value) <= 2.0 * found.error


@pytest.mark.parametrize("size", [4, 10])
def test_intervals_hold_the_truth_as_often_as_they_say(size):
    p, q = (mixture(size, seed).components[0] for seed in (5, 6))
    truth, entropy = float(p._kl_divergence(q).value), float(p._entropy().value)
    found = [qmc_kl(p, q, seed=seed) for seed in range(40)]
    assert np.mean([abs(one.value - truth) <= one.error for one in found]) >= 0.85
    found = [qmc_entropy(p, seed=seed) for seed in range(40)]
    assert np.mean([abs(one.value - entropy) <= one.error for one in found]) >= 0.85
    assert np.mean([one.error for one in found]) < 1e-3


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-6])
def test_quasi_monte_carlo_of_close_pairs_has_a_relative_error(gap):
    p = mixture(10, 7).components[0]
    q = ba.MultivariateNormal(p.mean + gap, p.covariance * (1.0 + gap))
    found, truth = qmc_kl(p, q), float(p._kl_divergence(q).value)
    assert abs(found.value - truth) <= 2.0 * found.error
    assert found.error < 0.02 * truth


def test_a_far_component_of_q_is_missed_by_no_trick():
    # half of Q lies where no draw of P does: log(p / q) = log 2, though q / p never is seen to average 1
    components = ba.MultivariateNormal([[0.0] * 5, [1e3] * 5], np.eye(5))
    found = qmc_kl(components[0], InPieces([0.5, 0.5], components))
    assert found.value == pytest.approx(math.log(2.0), rel=1e-12)


def test_components_and_plain_draws_agree():
    p, q = mixture(6, 8), mixture(6, 9)
    strata, plain = qmc_kl(p, q), qmc_kl(mixture(6, 8, Given), q)
    assert abs(strata.value - plain.value) <= 2.0 * (strata.error + plain.error)
    assert strata.error < 0.2 * plain.error


def test_a_mixture_in_ten_dimensions_by_two_seeds_and_plain_draws():
    p, q = mixture(10, 10), mixture(10, 11)
    found = qmc_kl(p, q)
    draws = mixture(10, 10, Given).sample(400_000, seed=1)
    terms = p.log_density(draws) - q.log_density(draws)
    assert abs(found.value - terms.mean()) <= 2.0 * found.error + 4.0 * terms.std() / math.sqrt(terms.size)
    assert found.value == qmc_kl(p, q, seed=0).value
    assert found.value != qmc_kl(p, q, seed=1).value


def test_a_draw_outside_the_support_of_q_is_infinite():
    p = ba.Product([ba.Normal(0.0, 1.0)] * 4)
    q = ba.Product([ba.Uniform(-1.0, 1.0)] * 4)
    found = qmc_kl(p, q)
    assert (found.value, found.kind) == (math.inf, "exact")
    assert str(found.note).startswith("support: ")


def test_batches_are_answered_one_by_one():
    p = ba.MultivariateNormal([[0.0, 0.0], [1.0, 0.0]], V)
    q = ba.MultivariateNormal([0.0, 0.0], np.eye(2))
    for rule, tolerance in ((cubature_kl, 1e-9), (qmc_kl, 1e-3)):
        found = rule(p, q)
        assert found.value.shape == found.kind.shape == (2,)
        np.testing.assert_allclose(found.value, p._kl_divergence(q).value, rtol=tolerance)


def test_undefined_densities_are_unknown():
    class Broken(Given):
        def _log_density(self, x):
            return np.where(x[..., 0] > 0.0, np.nan, 0.0)

    p = mixture(5, 12)
    found = qmc_kl(p, Broken([0.3, 0.7], p.components))
    assert found.kind == "unknown"
    assert "undefined" in str(found.note)
