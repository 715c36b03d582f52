"""Gamma-like, beta and Dirichlet distributions against mpmath on the exact doubles."""

import mpmath as mp
import numpy as np
import pytest

import bitsapart as ba
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.statistic import (
    Deviation,
    Exponential,
    LogComplement,
    LogitPower,
    LogPower,
    Power,
)
from bitsapart.values.errors import UsageError

DIGITS = 60
GAPS = [1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12]
SHAPES = [1e-3, 0.3, 1.0, 7.5, 1e3, 1e6]


def wide(x):
    return mp.mpf(float(x))


def nats(p, q):
    return np.asarray(ba.kl_divergence(p, q, unit="nat").value)


def gamma_kl(k_p, r_p, k_q, r_q):
    gain = k_q * mp.log(r_p / r_q) + k_p * (r_q / r_p - 1)
    return mp.loggamma(k_q) - mp.loggamma(k_p) - (k_q - k_p) * mp.digamma(k_p) + gain


def log_beta(*k):
    return mp.fsum(mp.loggamma(x) for x in k) - mp.loggamma(mp.fsum(k))


def beta_kl(a_p, b_p, a_q, b_q):
    s = mp.digamma(a_p + b_p)
    slope = (a_q - a_p) * (mp.digamma(a_p) - s) + (b_q - b_p) * (mp.digamma(b_p) - s)
    return log_beta(a_q, b_q) - log_beta(a_p, b_p) - slope


def error_of(found, truth, *parameters):
    with mp.workdps(DIGITS):
        exact = truth(*(wide(x) for x in parameters))
        return float(abs(wide(found) / exact - 1)) if exact else float(abs(found))


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("shape", SHAPES)
def test_gamma_divergence_has_all_digits(shape, gap):
    near = shape * (1.0 + gap)
    # only the shape, only the rate, both so that the means agree, both against each other
    for shape_q, rate_q in [(near, 2.0), (shape, 2.0 * (1 + gap)), (near, 2.0 * (1 + gap)), (near, 2.0 * (1 - gap))]:
        assert error_of(
            nats(ba.Gamma(shape, 2.0), ba.Gamma(shape_q, rate_q)), gamma_kl, shape, 2.0, shape_q, rate_q
        ) < (1e-14)
        found = nats(ba.InverseGamma(shape, 2.0), ba.InverseGamma(shape_q, rate_q))
        assert error_of(found, gamma_kl, shape, 2.0, shape_q, rate_q) < 1e-14


def test_gamma_means_that_agree_to_twelve_digits_at_a_large_shape():
    """Two per cent apart in shape and in rate: what the means have left apart is an exact difference of products."""
    for off in (0.0, 1e-12, 1e-14):
        parameters = 1e6, 3.0, 1.02e6, 3.0 * 1.02 * (1.0 + off)
        assert error_of(nats(ba.Gamma(*parameters[:2]), ba.Gamma(*parameters[2:])), gamma_kl, *parameters) < 4e-15


@pytest.mark.parametrize(
    "parameters",
    [(1e-3, 1e-100, 1e6, 1e100), (1e6, 1e200, 1e-3, 1e-200), (1e-3, 1.0, 1e-3, 1e20), (5.0, 1e20, 5.0, 1.0)],
)
def test_gamma_distributions_that_are_far_apart(parameters):
    assert error_of(nats(ba.Gamma(*parameters[:2]), ba.Gamma(*parameters[2:])), gamma_kl, *parameters) < 1e-14


def test_exponential_distributions_whose_ratio_is_no_number():
    found = nats(ba.Exponential([1e200, 1e-320]), ba.Exponential([1e-200, 1e-323]))
    with mp.workdps(40):
        logs = [mp.log(wide(1e-200) / wide(1e200)), mp.log(wide(1e-323) / wide(1e-320))]
        truth = [float(mp.exp(t) - 1 - t) for t in logs]
    np.testing.assert_allclose(found, truth, rtol=4e-15)


@pytest.mark.parametrize("gap", GAPS)
def test_exponential_and_chi_squared_divergences_have_all_digits(gap):
    for rate in (1e-3, 2.0, 1e6):
        other = rate * (1.0 + gap)
        found = nats(ba.Exponential(rate), ba.Exponential(other))
        assert error_of(found, lambda p, q: q / p - 1 - mp.log(q / p), rate, other) < 4e-15
    for df in SHAPES:
        other = df * (1.0 - gap)
        found = nats(ba.ChiSquared(df), ba.ChiSquared(other))
        assert error_of(found, lambda p, q: gamma_kl(p / 2, mp.mpf(0.5), q / 2, mp.mpf(0.5)), df, other) < 1e-14


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("b", SHAPES)
def test_beta_divergence_has_all_digits(a, b, gap):
    for a_q, b_q in [
        (a * (1 + gap), b),
        (a, b * (1 - gap)),
        (a * (1 + gap), b * (1 + gap)),
        (a * (1 + gap), b * (1 - gap)),
    ]:
        assert error_of(nats(ba.Beta(a, b), ba.Beta(a_q, b_q)), beta_kl, a, b, a_q, b_q) < 1e-14
        found = nats(ba.Dirichlet([a, b]), ba.Dirichlet([a_q, b_q]))
        assert error_of(found, beta_kl, a, b, a_q, b_q) < 1e-14


def test_normal_and_poisson_divergences_far_and_near():
    def normal_kl(m_p, s_p, m_q, s_q):
        v = (s_p / s_q) ** 2
        return (v - 1 - mp.log(v) + ((m_p - m_q) / s_q) ** 2) / 2

    for parameters in [
        (0.0, 1.0, 0.0, 1e20),
        (0.0, 1e-200, 1.0, 1e100),
        (3.0, 1.0, 3.0, 1.0 + 1e-12),
        (0.0, 1.0, 1e-8, 1.0),
    ]:
        assert error_of(nats(ba.Normal(*parameters[:2]), ba.Normal(*parameters[2:])), normal_kl, *parameters) < 4e-15
    for rates in [
        (1e6, 1e6 * (1 + 1e-10)),
        (1.0, 1e-20),
        (1e-20, 1.0),
        (1e200, 1e-200),
        (1e-200, 1e200),
        (2.0, 2.0 * (1 - 1e-12)),
    ]:
        found = nats(ba.Poisson(rates[0]), ba.Poisson(rates[1]))
        assert error_of(found, lambda p, q: p * mp.log(p / q) - p + q, *rates) < 4e-15
    assert nats(ba.Poisson(0.0), ba.Poisson(1.0)) == 1.0
    assert nats(ba.Poisson([0.0, 1.0]), ba.Poisson([0.0, 0.0])).tolist() == [0.0, np.inf]


FAMILIES = [
    ba.Gamma(3.0, 2.0),
    ba.Gamma(0.3, 0.5),
    ba.Exponential(2.0),
    ba.ChiSquared(3.0),
    ba.InverseGamma(4.5, 2.0),
    ba.InverseGamma(0.7, 2.0),
    ba.Beta(0.5, 3.0),
    ba.Beta(2.5, 1.0),
    ba.Beta(20.0, 30.0),
]


@pytest.mark.parametrize("p", FAMILIES, ids=repr)
def test_equal_distributions_are_nothing_apart(p):
    assert nats(p, p) == 0.0


def density(p, x, rest=None):
    """Textbook densities by mpmath; ``rest`` is 1 - x."""
    match p:
        case ba.Exponential():
            return mp.exp(-p.rate * x) * wide(p.rate)
        case ba.ChiSquared():
            return density(ba.Gamma(p.df / 2, 0.5), x)
        case ba.Gamma():
            k, r = wide(p.shape), wide(p.rate)
            return mp.exp(k * mp.log(r) + (k - 1) * mp.log(x) - r * x - mp.loggamma(k))
        case ba.InverseGamma():
            k, s = wide(p.shape), wide(p.scale)
            return mp.exp(k * mp.log(s) - (k + 1) * mp.log(x) - s / x - mp.loggamma(k))
    a, b = wide(p.a), wide(p.b)
    rest = 1 - x if rest is None else rest
    return mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log(rest) - log_beta(a, b))


def integral(p, function, kink=None):
    """The expectation of a function of x and 1 - x; in log x on the half line, in the logit on the unit interval."""
    unit = isinstance(p, ba.Beta)

    def integrand(t):
        if unit:
            x, rest = 1 / (1 + mp.exp(-t)), 1 / (1 + mp.exp(t))
            return function(x, rest) * density(p, x, rest) * x * rest
        x = mp.exp(t)
        return function(x, 1 - x) * density(p, x) * x

    cuts = [-400, -100, -30, -10, -5, -2, 0, 1, 2, 4, 8, 30, 100, 400]
    if kink is not None:
        cuts = sorted([*cuts, mp.log(kink) - (mp.log(1 - kink) if unit else 0)])
    with mp.workdps(25):
        return float(mp.quad(integrand, cuts))


STATISTICS = [
    (Power(1.0), lambda x, _: x),
    (Power(2.0), lambda x, _: x**2),
    (Power(0.5), lambda x, _: mp.sqrt(x)),
    (Power(-0.2), lambda x, _: x ** mp.mpf(-0.2)),
    (LogPower(), lambda x, _: mp.log(x)),
    (LogPower(2.0), lambda x, _: mp.log(x) ** 2),
    (LogComplement(), lambda _, rest: mp.log(rest)),
    (LogitPower(), lambda x, rest: mp.log(x / rest)),
    (LogitPower(2.0), lambda x, rest: mp.log(x / rest) ** 2),
    (Exponential(-3.0), lambda x, _: mp.exp(-3 * x)),
    (Exponential(0.25), lambda x, _: mp.exp(x / 4)),
    (Deviation(0.4, 1.0), lambda x, _: abs(x - mp.mpf(0.4))),
    (Deviation(0.4, 2.0), lambda x, _: (x - mp.mpf(0.4)) ** 2),
    (Deviation(-1.5, 1.0), lambda x, _: x + mp.mpf(1.5)),
]


@pytest.mark.parametrize("p", FAMILIES, ids=repr)
@pytest.mark.parametrize(("statistic", "function"), STATISTICS, ids=lambda s: getattr(s, "words", ""))
def test_moments_are_the_integrals(p, statistic, function):
    found = p.moment(statistic)
    unit = isinstance(p, ba.Beta)
    if not unit and isinstance(statistic, (LogComplement, LogitPower)):
        assert found is None
        return
    if found is None:
        assert isinstance(p, ba.InverseGamma)
        assert isinstance(statistic, Exponential)
        return
    if np.isinf(found):
        assert isinstance(p, ba.InverseGamma)
        return
    truth = integral(p, function, 0.4 if getattr(statistic, "center", 0.0) == 0.4 else None)
    np.testing.assert_allclose(found, truth, rtol=2e-14)


def test_moments_that_do_not_exist_are_infinite():
    assert ba.Gamma(2.0, 1.0).moment(Power([-1.0, -2.0, -3.0])).tolist() == [1.0, np.inf, np.inf]
    assert ba.Gamma(2.0, 1.0).moment(Exponential([0.5, 1.0, 2.0])).tolist() == [4.0, np.inf, np.inf]
    assert ba.InverseGamma(1.0, 1.0).mean == np.inf
    assert ba.InverseGamma([1.5, 2.5], 1.0).moment(Deviation(0.0, 2.0))[0] == np.inf
    assert ba.InverseGamma([0.5, 2.0], 1.0).moment(Deviation(1.0, 1.0))[0] == np.inf
    assert ba.InverseGamma(3.0, 1.0).moment(Exponential(0.1)) == np.inf
    assert ba.Beta(0.5, 1.0).moment(Power(-0.5)) == np.inf


def test_high_powers_whose_factors_are_no_numbers():
    with mp.workdps(40):
        k = mp.mpf(10) ** 6
        of_gamma = [float(mp.gammaprod([k + j], [k]) / k**j) for j in (60, -60)]
        of_beta = float(mp.beta(k + 60, 2 * k) / mp.beta(k, 2 * k))
    np.testing.assert_allclose(ba.Gamma(1e6, 1e6).moment(Power([60.0, -60.0])), of_gamma, rtol=1e-12)
    np.testing.assert_allclose(ba.Beta(1e6, 2e6).moment(Power(60.0)), of_beta, rtol=1e-12)


def test_deviations_at_a_large_shape_have_their_digits():
    p, b = ba.Gamma(1e6, 3.0), ba.Beta(1e6, 2e6)
    for center in (333_333.0, 333_334.5, 330_000.0):
        with mp.workdps(40):
            k, r, c = mp.mpf(10) ** 6, mp.mpf(3), mp.mpf(center)
            square = k / r**2 + (k / r - c) ** 2
            peak = mp.exp(k * mp.log(r * c) - r * c - mp.loggamma(k + 1))
            below = mp.gammainc(k, 0, r * c, regularized=True)
            absolute = (k / r - c) * (1 - 2 * below) + 2 * k / r * peak
        np.testing.assert_allclose(p.moment(Deviation(center, 2.0)), float(square), rtol=1e-14)
        np.testing.assert_allclose(p.moment(Deviation(center, 1.0)), float(absolute), rtol=1e-12)
    with mp.workdps(40):
        a, s, c = mp.mpf(10) ** 6, 3 * mp.mpf(10) ** 6, mp.mpf(0.3334)
        square = a * (s - a) / (s**2 * (s + 1)) + (a / s - c) ** 2
    np.testing.assert_allclose(b.moment(Deviation(0.3334, 2.0)), float(square), rtol=1e-12)


@pytest.mark.parametrize("shape", [1e-3, 0.5, 9.9, 10.1, 1e3, 1e6, 1e9])
def test_log_densities_near_the_bulk_have_absolute_accuracy(shape):
    x = np.array([0.5, 0.999, 1.0, 1.001, 1.7]) if shape < 100 else 1.0 + np.array([-3, -1, 0.1, 2, 4]) / np.sqrt(shape)
    p, r, one = ba.Gamma(shape, 7.0), ba.InverseGamma(shape, 7.0), ba.Beta(shape, 2.0 * shape)
    with mp.workdps(40):
        at = x * shape / 7.0
        truth = [float(mp.log(density(p, wide(v)))) for v in at]
        inverse = [float(mp.log(density(r, wide(v)))) for v in 1.0 / at]
        inside = np.clip(x / 3.0, 0.01, 0.99)
        of_beta = [float(mp.log(density(one, wide(v)))) for v in inside]
    np.testing.assert_allclose(p.log_density(at), truth, rtol=4e-15, atol=2e-15)
    np.testing.assert_allclose(one.log_density(inside), of_beta, rtol=4e-15, atol=2e-15)
    # 1 / x is rounded
    np.testing.assert_allclose(r.log_density(1.0 / at), inverse, rtol=1e-14, atol=1e-15 * shape**0.5)


@pytest.mark.parametrize("shape", [1e-3, 0.5, 11.0, 1e6])
def test_dirichlet_log_density_has_absolute_accuracy(shape):
    a = shape * np.array([1.0, 2.0, 3.0])
    x = ba.Dirichlet(np.maximum(a, 1.0)).sample(20, seed=5)
    with mp.workdps(40):
        truth = [
            float(
                mp.fsum((wide(k) - 1) * mp.log(wide(v)) for k, v in zip(a, row, strict=True)) - log_beta(*map(wide, a))
            )
            for row in x
        ]
    np.testing.assert_allclose(ba.Dirichlet(a).log_density(x), truth, rtol=4e-15, atol=4e-15)


def test_log_densities_at_the_ends():
    assert ba.Gamma([0.5, 1.0, 2.0], 3.0).log_density(0.0).tolist() == [np.inf, np.log(3.0), -np.inf]
    assert ba.Beta([0.5, 1.0, 2.0], 3.0).log_density(0.0).tolist() == [np.inf, np.log(3.0), -np.inf]
    assert ba.Beta(3.0, [0.5, 1.0, 2.0]).log_density(1.0).tolist() == [np.inf, np.log(3.0), -np.inf]
    assert ba.InverseGamma(2.0, 1.0).log_density(0.0) == -np.inf
    assert ba.Exponential(2.0).log_density([-1.0, 0.0]).tolist() == [-np.inf, np.log(2.0)]
    d = ba.Dirichlet([[1.0, 2.0, 2.0], [2.0, 2.0, 2.0], [0.5, 2.0, 2.0]])
    found = d.log_density([0.0, 0.25, 0.75])
    # Gamma(5) x2 x3 is the density of the first
    np.testing.assert_allclose(found, [np.log(24.0 * 0.1875), -np.inf, np.inf], rtol=1e-14)
    assert d.log_density([0.5, 0.5, 0.5]).tolist() == [-np.inf] * 3


@pytest.mark.parametrize("shape", [1e-3, 0.5, 3.0, 9.99, 10.0, 1e3, 1e6, 1e12])
def test_entropies_have_all_digits(shape):
    with mp.workdps(40):
        k = wide(shape)

        def entropy(*k):
            return log_beta(*k) - mp.fsum((x - 1) * (mp.digamma(x) - mp.digamma(mp.fsum(k))) for x in k)

        of_gamma = k + mp.loggamma(k) + (1 - k) * mp.digamma(k) - mp.log(7)
        of_inverse = k + mp.log(7) + mp.loggamma(k) - (1 + k) * mp.digamma(k)
        of_beta, of_dirichlet = entropy(k, 2 * k), entropy(k, 2 * k, wide(3.0))
        found = {
            float(of_gamma): ba.Gamma(shape, 7.0),
            float(of_inverse): ba.InverseGamma(shape, 7.0),
            float(of_beta): ba.Beta(shape, 2.0 * shape),
            float(of_dirichlet): ba.Dirichlet([shape, 2.0 * shape, 3.0]),
            float(of_gamma + mp.log(14)): ba.ChiSquared(2.0 * shape),
        }
    for truth, p in found.items():
        np.testing.assert_allclose(p.entropy("nat").value, truth, rtol=1e-14, atol=1e-14)


def test_members_come_back_from_their_expectations():
    rng = np.random.default_rng(1)
    shape, rate = 10.0 ** rng.uniform(-3, 3, 50), 10.0 ** rng.uniform(-3, 3, 50)
    for p, tolerance in [
        (ba.Gamma(shape, rate), 1e-12),
        (ba.InverseGamma(shape, rate), 1e-12),
        (ba.Exponential(rate), 1e-15),
        (ba.ChiSquared(shape), 1e-13),
        (ba.Beta(shape, rate), 1e-7),
    ]:
        back = type(p).from_moments([p.moment(term.statistic) for term in p.natural()])
        turned = type(p).from_natural([term.coefficient for term in p.natural()])
        for name, value in p.parameters.items():
            np.testing.assert_allclose(getattr(back, name), value, rtol=tolerance * max(1.0, shape.max()))
            np.testing.assert_allclose(getattr(turned, name), value, rtol=1e-12)
        assert np.all(type(p).natural_space([term.coefficient for term in p.natural()]))


def test_gamma_from_the_moments_of_a_sample_is_the_likeliest():
    x = np.random.default_rng(2).gamma(2.5, 2.0, 1000)
    p = ba.Gamma.from_moments([np.log(x).mean(), x.mean()])
    best = p.log_density(x).sum()
    for factor in (1 - 1e-3, 1 + 1e-3):
        assert ba.Gamma(p.shape * factor, p.rate).log_density(x).sum() < best
        assert ba.Gamma(p.shape, p.rate * factor).log_density(x).sum() < best


def test_dirichlet_from_the_moments_of_a_sample_is_the_likeliest():
    x = ba.Dirichlet([0.3, 2.0, 40.0]).sample(2000, seed=3)
    p = ba.Dirichlet.from_moments(np.log(x).mean(axis=0))
    best = p.log_density(x).sum()
    for i in range(3):
        for factor in (1 - 1e-2, 1 + 1e-2):
            moved = np.array(p.concentration)
            moved[i] *= factor
            assert ba.Dirichlet(moved).log_density(x).sum() < best
    np.testing.assert_allclose(p.mean_logarithm, np.log(x).mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize(
    ("family", "moments", "words"),
    [
        (ba.Gamma, [np.log(2.0), 2.0], "no gamma distribution .* do not vary"),
        (ba.Gamma, [0.0, np.inf], "infinite or undefined"),
        (ba.Gamma, [0.0, -1.0], "not positive"),
        (ba.InverseGamma, [np.log(0.5), 2.0], "no inverse gamma distribution .* do not vary"),
        (ba.InverseGamma, [0.0, np.nan], "infinite or undefined"),
        (ba.Exponential, [np.inf], "infinite or undefined"),
        (ba.Exponential, [0.0], "not positive"),
        (ba.ChiSquared, [-np.inf], "infinite or undefined"),
        (ba.Beta, [np.log(0.25), np.log(0.75)], "no beta distribution .* do not vary"),
        (ba.Beta, [-np.inf, 0.0], "infinite or undefined"),
    ],
)
def test_expectations_on_the_boundary_have_no_closest_member(family, moments, words):
    with pytest.raises(NoMinimiserError, match=words):
        family.from_moments(moments)


def test_expectations_of_constant_vectors_have_no_closest_dirichlet():
    with pytest.raises(NoMinimiserError, match="no Dirichlet distribution is closest: the values do not vary"):
        ba.Dirichlet.from_moments(np.log([0.25, 0.25, 0.5]))


def test_scaled_distributions_are_members():
    x = np.array([0.1, 1.0, 3.0])
    for p in (ba.Gamma(2.0, 3.0), ba.Exponential(3.0), ba.ChiSquared(4.0), ba.InverseGamma(2.0, 3.0)):
        scaled = p.standardised(np.asarray(0.0), np.asarray(2.0))
        np.testing.assert_allclose(scaled.log_density(x), p.log_density(2.0 * x) + np.log(2.0), rtol=1e-14)
        assert p.standardised(np.asarray(1.0), np.asarray(2.0)) is None


def test_pairs_of_different_families_agree_where_they_are_one():
    assert nats(ba.Exponential(2.0), ba.Gamma(1.0, 2.0)) < 1e-15
    cross = nats(ba.ChiSquared(6.0), ba.Gamma(2.0, 1.0))
    np.testing.assert_allclose(cross, nats(ba.Gamma(3.0, 0.5), ba.Gamma(2.0, 1.0)), rtol=1e-14)
    np.testing.assert_allclose(nats(ba.Beta(2.0, 1.0), ba.Uniform(0.0, 1.0)), np.log(2.0) - 0.5, rtol=1e-14)


def test_dirichlet_moments_are_those_of_its_sample():
    p = ba.Dirichlet([[0.2, 1.0, 3.0], [5.0, 5.0, 1e-3]])
    x = p.sample(200_000, seed=4)
    assert x.shape == (200_000, 2, 3)
    np.testing.assert_allclose(x.sum(axis=-1), 1.0, rtol=1e-14)
    spread = np.sqrt(p.variance / 200_000)
    assert np.all(np.abs(x.mean(axis=0) - p.mean) < 5.0 * spread)
    np.testing.assert_allclose(x[:, 0].var(axis=0), p.variance[0], rtol=0.03)
    # (0.2, 1, 3): the marginal of the first is Beta(0.2, 4)
    np.testing.assert_allclose(p[0].variance[0], ba.Beta(0.2, 4.0).variance, rtol=1e-14)


def test_dirichlet_batches_and_errors():
    p, q = ba.Dirichlet(np.ones((3, 1, 4))), ba.Dirichlet(np.full((2, 4), 2.0))
    found = nats(p, q)
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found, nats(ba.Dirichlet(np.ones(4)), ba.Dirichlet(np.full(4, 2.0))), rtol=1e-15)
    with pytest.raises(UsageError, match="2 entries or more; got 1"):
        ba.Dirichlet([1.0])
    with pytest.raises(UsageError, match="a vector of numbers from 1e-100 to 1e100"):
        ba.Dirichlet([1.0, 0.0])
    with pytest.raises(UsageError, match="cannot be compared"):
        ba.kl_divergence(ba.Dirichlet([1.0, 2.0]), ba.Dirichlet([1.0, 2.0, 3.0]))
    with pytest.raises(UsageError, match="shape should be a number from 1e-100 to 1e100; got -1 in row 1"):
        ba.Gamma([1.0, -1.0])
