"""Bessel functions and the distributions of angles and directions, against 60 digits on the exact parameters."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.maths.bessel import bessel_bregman, bessel_ratio, concentration, log_mean_exp, mean_gap
from bitsapart.families.maths.ratios import exponential_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.statistic import Cosine, Sine

DIGITS = 60
ORDERS = (0.0, 0.5, 1.0, 1.5, 19.5, 39.5, 40.0, 255.0)
ARGUMENTS = (1e-3, 0.5, 5.0, 25.0, 39.99, 40.01, 79.0, 81.0, 300.0, 1e4, 1e6)
GAPS = (1e-12, -1e-8, 1e-4, 1e-2, 0.3, -0.7, 9.0)


def relative(found: float, true: mp.mpf) -> float:
    return float(abs(mp.mpf(float(found)) / true - 1))


def log_partition(order: float, x: mp.mpf) -> mp.mpf:
    """The log of E0 e^(x c)."""
    if x == 0:
        return mp.mpf(0)
    order = mp.mpf(order)
    return mp.log(mp.besseli(order, x)) + order * mp.log(2 / x) + mp.loggamma(order + 1)


def mean_cosine(order: float, x: mp.mpf) -> mp.mpf:
    return mp.besseli(mp.mpf(order) + 1, x) / mp.besseli(order, x)


def true_kl(order: float, p: float, q: float, turn: mp.mpf) -> mp.mpf:
    """With ``turn`` 1 - cos of the angle between the two."""
    p, q = mp.mpf(p), mp.mpf(q)
    a = mean_cosine(order, p) if p else mp.mpf(0)
    return log_partition(order, q) - log_partition(order, p) + (p - q) * a + q * turn * a


@pytest.mark.parametrize("order", ORDERS)
def test_bessel_functions_have_all_digits_at_any_order_and_argument(order: float) -> None:
    x = np.array(ARGUMENTS)
    found = log_mean_exp(order, x), mean_gap(order, x), bessel_ratio(order, x)
    with mp.workdps(DIGITS):
        for i, argument in enumerate(map(mp.mpf, ARGUMENTS)):
            ratio = mean_cosine(order, argument)
            assert relative(found[0][i], log_partition(order, argument) - argument) < 5e-15
            assert relative(found[1][i], 1 - ratio) < 5e-15
            assert relative(found[2][i], ratio) < 5e-15


@pytest.mark.parametrize("order", ORDERS)
def test_bregman_divergence_has_all_digits_at_any_gap(order: float) -> None:
    x = np.array(ARGUMENTS)[:, np.newaxis]
    step = x * np.array(GAPS)
    found = bessel_bregman(order, x, step)
    with mp.workdps(DIGITS):
        for i, j in np.ndindex(found.shape):
            a, h = mp.mpf(float(x[i, 0])), mp.mpf(float(step[i, j]))
            true = log_partition(order, a + h) - log_partition(order, a) - h * mean_cosine(order, a)
            assert relative(found[i, j], true) < 1e-14, (order, a, h)


def test_bessel_functions_at_0_and_beyond_all_tables() -> None:
    assert float(log_mean_exp(3.0, 0.0)) == 0.0
    assert float(mean_gap(255.0, 0.0)) == 1.0
    assert float(bessel_ratio(41.0, 0.0)) == 0.0
    assert float(bessel_bregman(0.0, 0.0, 0.0)) == 0.0
    assert float(bessel_bregman(60.0, 0.0, 0.0)) == 0.0
    # log I_0(x) = x - log(2 pi x) / 2 + 1 / (8 x)
    assert float(log_mean_exp(0.0, 1e12)) == pytest.approx(-0.5 * math.log(2e12 * math.pi), rel=1e-15)
    # log Gamma(nu + 1) (2 / x)^nu I_nu(x) = x^2 / (4 (nu + 1)) for a small x
    assert float(bessel_ratio(1e6, 1.0)) == pytest.approx(0.5 / 1000001.0, rel=1e-12)


def test_exp_excess_at_both_sides_of_its_switch() -> None:
    y = np.array([-800.0, -5.0, -0.3001, -0.2999, -1e-9, 0.0, 1e-300, 1e-9, 0.2999, 0.3001, 20.0])
    with mp.workdps(80):
        true = [float(mp.expm1(v) - v) for v in map(mp.mpf, y.tolist())]
    np.testing.assert_allclose(exponential_excess(y), true, rtol=4e-15)


@pytest.mark.parametrize("order", [0.0, 0.5, 255.0])
def test_concentration_is_found_from_the_mean(order: float) -> None:
    true = np.array([0.0, 1e-6, 0.3, 5.0, 39.0, 41.0, 1e3, 1e6])
    found = concentration(order, bessel_ratio(order, true), mean_gap(order, true))
    np.testing.assert_allclose(found, true, rtol=1e-13)


@pytest.mark.parametrize("k", [0.0, 1e-3, 2.0, 45.0, 1e3, 1e6])
@pytest.mark.parametrize("gap", [1e-12, 1e-8, 1e-4, 1e-2, 1.0])
def test_von_mises_divergence_against_60_digits(k: float, gap: float) -> None:
    p = ba.VonMises(0.4, k)
    for q in (ba.VonMises(0.4 + gap, k), ba.VonMises(0.4, k * (1 + gap)), ba.VonMises(0.4 - gap, k + gap)):
        with mp.workdps(DIGITS):
            turn = 1 - mp.cos(mp.mpf(float(p.location)) - mp.mpf(float(q.location)))
            true = true_kl(0.0, k, float(q.concentration), turn)
        found = ba.kl_divergence(p, q, unit="nat")
        if true == 0:
            assert found.value == 0.0
        else:
            assert relative(found.value, true) < 1e-14
            assert found.low <= float(true) <= found.high


@pytest.mark.parametrize("dimension", [2, 3, 8, 83, 512])
@pytest.mark.parametrize("k", [1e-3, 1.0, 300.0, 1e6])
def test_von_mises_fisher_against_60_digits(dimension: int, k: float) -> None:
    first = np.zeros(dimension)
    first[0] = 1.0
    order = 0.5 * dimension - 1.0
    p = ba.VonMisesFisher(first, k)
    for gap in (1e-12, 1e-6, 1e-2, 1.0):
        other = np.zeros(dimension)
        other[:2] = math.cos(gap), math.sin(gap)
        q = ba.VonMisesFisher(other, k * (1.0 + gap))
        with mp.workdps(DIGITS):
            turn = sum((mp.mpf(float(a)) - mp.mpf(float(b))) ** 2 for a, b in zip(first, other, strict=True)) / 2
            true = true_kl(order, k, float(q.concentration), turn)
        assert relative(p._kl_divergence(q), true) < 1e-14
    with mp.workdps(DIGITS):
        exact = mp.mpf(k)
        area = mp.log(2) + mp.mpf(dimension) / 2 * mp.log(mp.pi) - mp.loggamma(mp.mpf(dimension) / 2)
        entropy = area + log_partition(order, exact) - exact * mean_cosine(order, exact)
        density = exact * mp.mpf(0.6) - log_partition(order, exact) - area
    assert p.entropy(unit="nat").value == pytest.approx(float(entropy), rel=1e-13, abs=1e-13)
    x = np.zeros(dimension)
    x[:2] = 0.6, 0.8
    assert p.log_density(x) == pytest.approx(float(density), rel=1e-14)


def test_two_dimensions_are_von_mises() -> None:
    angle = np.array([0.3, -2.0, 3.0])
    directions = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    k = np.array([0.0, 3.0, 500.0])
    circle, plane = ba.VonMises(angle, k), ba.VonMisesFisher(directions, k)
    np.testing.assert_allclose(circle._entropy(), plane._entropy(), rtol=1e-14)
    np.testing.assert_allclose(
        circle._kl_divergence(ba.VonMises(0.0, 2.0)),
        plane._kl_divergence(ba.VonMisesFisher([1.0, 0.0], 2.0)),
        rtol=1e-13,
    )
    np.testing.assert_allclose(circle.log_density(1.0), plane.log_density([math.cos(1.0), math.sin(1.0)]), rtol=1e-13)


def test_von_mises_location_is_moved_by_whole_turns() -> None:
    p = ba.VonMises([7.0, -4.0, 3.0], 2.0)
    np.testing.assert_allclose(p.location, [7.0 - 2 * math.pi, 2 * math.pi - 4.0, 3.0], rtol=1e-15)
    np.testing.assert_allclose(p.log_density(0.5), [ba.VonMises(a, 2.0).log_density(0.5) for a in (7.0, -4.0, 3.0)])
    assert p.log_density(3.5).tolist() == [-math.inf] * 3


@pytest.mark.parametrize("k", [0.0, 0.5, 20.0, 1e4, 1e6])
@pytest.mark.parametrize("location", [0.0, 1.0, 3.1, -2.0])
def test_von_mises_distribution_function(k: float, location: float) -> None:
    p = ba.VonMises(location, k)
    u = np.array([1e-9, 1e-3, 0.2, 0.5, 0.77, 0.999])
    np.testing.assert_allclose(p.cdf(p.quantile(u)), u, rtol=0, atol=1e-13)
    np.testing.assert_allclose(p.survival(p.upper_quantile(u)), u, rtol=0, atol=1e-13)
    with mp.workdps(30):
        scale, m = mp.mpf(k), mp.mpf(location)
        end = m + 0.4 / mp.sqrt(1 + scale)
        if end < mp.pi:
            inner = [v for v in (m + j / mp.sqrt(1 + scale) for j in (-20, -8, -3, -1, 0)) if v > -mp.pi]
            mass = mp.quad(lambda x: mp.exp(scale * (mp.cos(x - m) - 1)), [-mp.pi, *inner, end])
            true = mass / (2 * mp.pi * mp.besseli(0, scale) * mp.exp(-scale))
            assert float(p.cdf(float(end))) == pytest.approx(float(true), rel=1e-9)


def test_von_mises_from_moments_is_its_inverse_and_refuses_constant_angles() -> None:
    p = ba.VonMises([0.7, -3.0, 0.0], [0.2, 3.0, 500.0])
    back = ba.VonMises.from_moments([p.moment(Cosine()), p.moment(Sine())])
    np.testing.assert_allclose(back.location, p.location, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(back.concentration, p.concentration, rtol=1e-9)
    with pytest.raises(NoMinimiserError, match="concentration would be infinite"):
        ba.VonMises.from_moments([np.array(1.0), np.array(0.0)])


@pytest.mark.parametrize("dimension", [2, 3, 512])
@pytest.mark.parametrize("k", [0.0, 5.0, 1e4])
def test_draws_of_directions_have_their_mean(dimension: int, k: float) -> None:
    axis = np.full(dimension, dimension**-0.5)
    drawn = ba.VonMisesFisher(axis, k).sample(4000, seed=5)
    np.testing.assert_allclose((drawn**2).sum(axis=-1), 1.0, rtol=1e-12)
    gap = 0.5 * ((drawn - axis) ** 2).sum(axis=-1)
    error = gap.std() / math.sqrt(gap.size)
    assert abs(gap.mean() - float(mean_gap(0.5 * dimension - 1.0, k))) < 4.0 * error


def test_batches_of_directions_and_what_is_refused() -> None:
    p = ba.VonMisesFisher(np.eye(3), [0.0, 1.0, 50.0])
    assert p.sample((2,)).shape == (2, 3, 3)
    one = ba.VonMisesFisher([1.0, 0.0, 0.0], 7.0)
    whole = p._kl_divergence(one)
    np.testing.assert_allclose(whole, [p[i]._kl_divergence(one) for i in range(3)], rtol=1e-15)
    with pytest.raises(ba.UsageError, match="vector of length 1"):
        ba.VonMisesFisher([1.0, 1.0], 1.0)
    with pytest.raises(ba.UsageError, match="2 or more"):
        ba.VonMisesFisher([1.0], 1.0)
    with pytest.raises(ba.UsageError, match="0 or more"):
        ba.VonMises(0.0, -1.0)


@given(
    st.sampled_from([2, 3, 7, 200]),
    st.floats(0.0, 1e6),
    st.floats(0.0, 1e6),
    st.floats(0.0, math.pi),
)
def test_divergence_of_directions_is_never_negative_and_0_only_if_equal(
    dimension: int, k: float, other: float, angle: float
) -> None:
    axis, turned = np.zeros(dimension), np.zeros(dimension)
    axis[0] = 1.0
    turned[:2] = math.cos(angle), math.sin(angle)
    p, q = ba.VonMisesFisher(axis, k), ba.VonMisesFisher(turned, other)
    assert float(p._kl_divergence(p)) == 0.0
    assert float(p._kl_divergence(q)) >= 0.0
    assert float(p._kl_divergence(ba.VonMisesFisher(-axis, other))) >= float(p._kl_divergence(q)) * (1.0 - 1e-12)
