"""Renyi's divergence and its relatives in closed form, against formulas and integrals of other sources."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy.special import gammaln, multigammaln

import bitsapart as ba
from bitsapart.families.numeric.dispatch import numeric_total
from bitsapart.families.numeric.terms import power_term

rng = np.random.default_rng(11)


def definite(size, low=0.5):
    root = rng.standard_normal((size, size))
    return root @ root.T + low * np.eye(size)


def nats(p, q, alpha):
    return ba.renyi_divergence(p, q, alpha, unit="nat")


def gil_2013(mean_p, s_p, mean_q, s_q, alpha):
    """Gil, Alajaji & Linder 2013, table 2; None where it is infinite."""
    middle = alpha * s_q + (1.0 - alpha) * s_p
    if np.linalg.eigvalsh(middle)[0] <= 0.0:
        return math.inf
    step = np.asarray(mean_p) - np.asarray(mean_q)
    logs = [np.linalg.slogdet(s)[1] for s in (middle, s_p, s_q)]
    spread = logs[0] - (1.0 - alpha) * logs[1] - alpha * logs[2]
    return 0.5 * alpha * step @ np.linalg.solve(middle, step) - 0.5 * spread / (alpha - 1.0)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.99, 1.2, 2.0, 30.0])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_normals_in_several_dimensions(alpha, size):
    s_p, s_q = definite(size), definite(size)
    mean_p, mean_q = rng.standard_normal((2, size))
    found = nats(ba.MultivariateNormal(mean_p, s_p), ba.MultivariateNormal(mean_q, s_q), alpha)
    truth = gil_2013(mean_p, s_p, mean_q, s_q, alpha)
    assert found.value == pytest.approx(truth, rel=1e-11)
    assert found.kind == "exact"
    assert (found.note != "") == math.isinf(truth)


def test_kailath_distance_and_what_follows_from_it():
    s_p, s_q = definite(3), definite(3)
    step = np.array([1.0, -2.0, 0.5])
    p, q = ba.MultivariateNormal(np.zeros(3), s_p), ba.MultivariateNormal(step, s_q)
    middle = 0.5 * (s_p + s_q)
    ratio = np.linalg.det(middle) / math.sqrt(np.linalg.det(s_p) * np.linalg.det(s_q))
    kailath = step @ np.linalg.solve(middle, step) / 8.0 + 0.5 * math.log(ratio)
    assert ba.bhattacharyya_distance(p, q, unit="nat").value == pytest.approx(kailath, rel=1e-12)
    assert ba.bhattacharyya_coefficient(p, q).value == pytest.approx(math.exp(-kailath), rel=1e-12)
    assert ba.squared_hellinger(p, q).value == pytest.approx(-math.expm1(-kailath), rel=1e-12)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("alpha", [0.5, 1.5])
def test_normals_that_are_close_lose_no_digits(gap, alpha):
    wider = 1.0 + gap
    found = nats(*(ba.MultivariateNormal(np.zeros(4), s * np.eye(4)) for s in (1.0, wider)), alpha)
    with mp.workdps(50):
        a, v = mp.mpf(alpha), mp.mpf(wider)
        truth = float(-2 * (mp.log(a * v + 1 - a) - a * mp.log(v)) / (a - 1))
    assert found.low <= truth <= found.high
    assert found.value == pytest.approx(truth, rel=1e-6)


def test_a_batch_of_normals_is_infinite_where_the_power_has_no_integral():
    p = ba.MultivariateNormal(np.zeros(2), np.stack([np.eye(2), 3.0 * np.eye(2), np.diag([1.0, 2.5])]))
    found = nats(p, ba.MultivariateNormal(np.zeros(2), np.eye(2)), 2.0)
    np.testing.assert_array_equal(np.isinf(found.value), [False, True, True])
    assert found.value[0] == 0.0
    assert "infinite" in found.note[1]


def log_beta(a):
    return gammaln(a).sum() - gammaln(a.sum())


@pytest.mark.parametrize("alpha", [0.2, 0.5, 1.5, 3.0])
def test_dirichlet(alpha):
    a, b = np.array([2.5, 4.0, 1.2]), np.array([1.0, 2.0, 1.5])
    mixed = alpha * a + (1.0 - alpha) * b
    found = nats(ba.Dirichlet(a), ba.Dirichlet(b), alpha)
    if (mixed > 0.0).all():
        truth = (log_beta(mixed) - alpha * log_beta(a) - (1.0 - alpha) * log_beta(b)) / (alpha - 1.0)
        assert found.value == pytest.approx(truth, rel=1e-11)
    else:
        assert found.value == math.inf


def test_dirichlet_of_high_order_is_infinite():
    found = nats(ba.Dirichlet([0.5, 2.0]), ba.Dirichlet([3.0, 2.0]), 2.0)
    assert found.value == math.inf
    assert "infinite" in found.note


def log_norm(df, v):
    return 0.5 * df * np.linalg.slogdet(2.0 * v)[1] + multigammaln(0.5 * df, len(v))


@pytest.mark.parametrize("alpha", [0.3, 0.5, 1.3])
@pytest.mark.parametrize("inverse", [False, True])
def test_wishart_and_its_inverse(alpha, inverse):
    v, w, df, dg = definite(3, 2.0), definite(3, 2.0), 7.5, 6.0
    middle = alpha * np.linalg.inv(v) + (1.0 - alpha) * np.linalg.inv(w)
    kind, sides = ba.Wishart, (v, w)
    if inverse:
        kind, sides = ba.InverseWishart, (np.linalg.inv(v), np.linalg.inv(w))
    found = nats(kind(df, sides[0]), kind(dg, sides[1]), alpha)
    if np.linalg.eigvalsh(middle)[0] <= 0.0:
        assert found.value == math.inf
        return
    of_middle = log_norm(alpha * df + (1.0 - alpha) * dg, np.linalg.inv(middle))
    truth = (of_middle - alpha * log_norm(df, v) - (1.0 - alpha) * log_norm(dg, w)) / (alpha - 1.0)
    assert found.value == pytest.approx(truth, rel=1e-10)


def test_too_few_degrees_of_freedom_make_it_infinite():
    one = np.eye(2)
    assert nats(ba.Wishart(2.0, one), ba.Wishart(4.0, one), 2.0).value == math.inf
    assert nats(ba.InverseWishart(2.0, one), ba.InverseWishart(4.0, one), 2.0).value == math.inf


def test_matrix_normal_is_the_normal_of_its_entries():
    u, v, r, s = definite(2), definite(3), definite(2), definite(3)
    mean = rng.standard_normal((2, 3))
    found = nats(ba.MatrixNormal(mean, u, v), ba.MatrixNormal(0.0 * mean, r, s), 0.4)
    truth = gil_2013(mean.ravel(), np.kron(u, v), 0.0 * mean.ravel(), np.kron(r, s), 0.4)
    assert found.value == pytest.approx(truth, rel=1e-11)
    assert nats(ba.MatrixNormal(mean, u, v), ba.MatrixNormal(mean, u, v), 1e-3).value == pytest.approx(0.0, abs=1e-13)


def log_normal_gamma(location, k, a, b):
    return gammaln(a) - a * math.log(b) + 0.5 * math.log(2.0 * math.pi / k)


@pytest.mark.parametrize("alpha", [0.3, 0.5, 1.4])
@pytest.mark.parametrize("family", ["NormalGamma", "NormalInverseGamma"])
def test_normal_gamma(alpha, family):
    p, q = (0.5, 2.0, 3.0, 1.5), (-0.2, 1.5, 2.5, 1.0)
    mix = [alpha * x + (1.0 - alpha) * y for x, y in zip(p, q, strict=True)]
    k = mix[1]
    first, second = (alpha * p[1] * p[0] + (1.0 - alpha) * q[1] * q[0]), alpha * p[1] * p[0] ** 2
    rate = mix[3] + 0.5 * (second + (1.0 - alpha) * q[1] * q[0] ** 2 - first**2 / k)
    middle = log_normal_gamma(first / k, k, mix[2], rate)
    truth = (middle - alpha * log_normal_gamma(*p) - (1.0 - alpha) * log_normal_gamma(*q)) / (alpha - 1.0)
    kind = getattr(ba, family)
    assert nats(kind(*p), kind(*q), alpha).value == pytest.approx(truth, rel=1e-11)


def test_normal_inverse_wishart_of_one_dimension_is_normal_inverse_gamma():
    p, q = (0.5, 2.0, 3.0, 1.5), (-0.2, 1.5, 2.5, 1.0)
    several = [ba.NormalInverseWishart([m], k, 2.0 * a, [[2.0 * b]]) for m, k, a, b in (p, q)]
    for alpha in (0.3, 0.5, 1.4):
        one = nats(ba.NormalInverseGamma(*p), ba.NormalInverseGamma(*q), alpha).value
        assert nats(*several, alpha).value == pytest.approx(one, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_von_mises_fisher_on_the_sphere(alpha):
    """In three dimensions the density is k / (4 pi sinh k) e^(k cos)."""

    def log_c(k):
        return math.log(4.0 * math.pi * math.sinh(k) / k)

    m, n = np.array([0.0, 0.0, 1.0]), np.array([0.6, 0.0, 0.8])
    mixed = np.linalg.norm(alpha * 2.0 * m + (1.0 - alpha) * 3.0 * n)
    truth = (log_c(mixed) - alpha * log_c(2.0) - (1.0 - alpha) * log_c(3.0)) / (alpha - 1.0)
    found = nats(ba.VonMisesFisher(m, 2.0), ba.VonMisesFisher(n, 3.0), alpha)
    assert found.value == pytest.approx(truth, rel=1e-11)


def test_opposite_directions_meet_in_the_uniform_distribution():
    p, q = ba.VonMisesFisher([0.0, 1.0], 2.0), ba.VonMisesFisher([0.0, -1.0], 2.0)
    assert nats(p, q, 0.5).value == pytest.approx(2.0 * math.log(float(mp.besseli(0, 2))), rel=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 2.0, math.inf])
def test_tables_have_the_orders_of_arrays_and_counts_n_times_them(alpha):
    p, q = [0.5, 0.5, 0.0], [0.25, 0.5, 0.25]
    truth = ba.renyi_divergence(np.array(p), np.array(q), alpha)
    assert ba.renyi_divergence(ba.Categorical(p), ba.Categorical(q), alpha).value == pytest.approx(truth, rel=1e-14)
    many = ba.renyi_divergence(ba.Multinomial(7, p), ba.Multinomial(7, q), alpha)
    assert many.value == pytest.approx(7.0 * truth, rel=1e-14)
    assert many.kind == "exact"


def test_tables_with_nothing_in_common_and_with_a_gap():
    apart = ba.renyi_divergence(ba.Categorical([1.0, 0.0]), ba.Categorical([0.0, 1.0]), 0.5)
    assert apart.value == math.inf
    assert "no value in common" in apart.note
    lost = ba.renyi_divergence(ba.Categorical([0.2, 0.3, 0.5]), ba.Categorical([0.5, 0.0, 0.5]), 2.0)
    assert lost.value == math.inf
    assert "mass" in lost.note


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.5])
def test_a_product_has_the_sum_of_its_entries(alpha):
    ours = [ba.Normal(0.0, 1.0), ba.Poisson(3.0), ba.Uniform(0.0, 1.0)]
    others = [ba.Normal(1.0, 1.5), ba.Poisson(2.0), ba.Uniform(0.0, 2.0)]
    whole = nats(ba.Product(ours), ba.Product(others), alpha)
    parts = [nats(p, q, alpha).value for p, q in zip(ours, others, strict=True)]
    assert whole.value == pytest.approx(sum(parts), rel=1e-13)


def test_one_number_agrees_with_the_integral():
    for p, q in ((ba.Gamma(2.0, 1.0), ba.Gamma(3.0, 2.0)), (ba.Poisson(3.0), ba.Poisson(5.0))):
        power = numeric_total(p, q, lambda a, b, y: power_term(a, b, y, 0.7), (0.0, 0.0)).value
        assert nats(p, q, 0.3).value == pytest.approx(-math.log(power) / 0.7, rel=1e-11)


def test_distributions_of_different_kinds_are_as_far_apart_as_can_be():
    for p, q in ((ba.Normal(0.0, 1.0), ba.Poisson(1.0)), (ba.Uniform(0.0, 1.0), ba.Uniform(2.0, 3.0))):
        assert ba.js_divergence(p, q).value == pytest.approx(1.0, abs=1e-14)
        assert ba.hellinger_distance(p, q).value == pytest.approx(1.0, abs=1e-14)
        assert ba.total_variation(p, q).value == pytest.approx(1.0, abs=1e-14)


def test_partly_common_supports_and_mixtures_against_mpmath():
    mix = ba.Mixture([0.3, 0.7], [ba.Normal(-1.0, 0.6), ba.Normal(2.0, 1.0)])
    one = ba.Normal(0.5, 1.5)

    def density(x, m, s):
        return mp.npdf(x, m, s)

    with mp.workdps(30):

        def p(x):
            return mp.mpf(0.3) * density(x, -1, mp.mpf(0.6)) + mp.mpf(0.7) * density(x, 2, 1)

        def q(x):
            return density(x, mp.mpf(0.5), mp.mpf(1.5))

        def js(x):
            m = (p(x) + q(x)) / 2
            return (p(x) * mp.log(p(x) / m) + q(x) * mp.log(q(x) / m)) / 2

        grid = [-12, -6, -3, -1, 0, 1, 2, 4, 8, 14]
        truth, affinity = mp.quad(js, grid), mp.quad(lambda x: mp.sqrt(p(x) * q(x)), grid)
    assert ba.js_divergence(mix, one, unit="nat").value == pytest.approx(float(truth), rel=1e-11)
    assert ba.bhattacharyya_coefficient(mix, one).value == pytest.approx(float(affinity), rel=1e-11)
    p, q = ba.Uniform(0.0, 1.0), ba.Uniform(0.5, 2.0)
    # half of P and two thirds of Q where the other has none; 1 and 2/3 on the half they share
    middle = 5.0 / 6.0
    truth = 0.5 * (0.5 * math.log(2.0) + 0.5 * math.log(1.0 / middle))
    truth += 0.5 * (2.0 / 3.0 * math.log(2.0) + math.log(2.0 / 3.0 / middle) / 3.0)
    assert ba.js_divergence(p, q, unit="nat").value == pytest.approx(truth, rel=1e-12)
    assert ba.total_variation(p, q).value == pytest.approx(2.0 / 3.0, rel=1e-12)
    assert ba.bhattacharyya_coefficient(p, q).value == pytest.approx(0.5 * math.sqrt(2.0 / 3.0), rel=1e-12)
