"""Families of positive numbers with a scale, against closed forms and quadrature of the very same floats."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import bitsapart as ba
from bitsapart.families.continuous.inverse_gaussian import scaled_exponential_integral
from bitsapart.families.divergence import kl_divergence
from bitsapart.families.exponential_family import moment_rule
from bitsapart.families.maths.gamma_functions import log_gamma_1p, log_gamma_spread, log_rising_over_power
from bitsapart.families.maths.ratios import exponential_excess, log_ratio, ratio_excess, square_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.statistic import Cosine, Deviation, Exponential, LogPower, Power
from bitsapart.values.errors import UsageError

GAPS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
SHAPES = (1e-3, 1e-2, 0.3, 1.0, 2.5, 9.9, 10.2, 300.0, 1e4, 1e6)
SCALES = (1.0, 1e-3, 700.0)


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(60):
        yield


def gumbel_kl(r, d):
    return -mp.log(r) + mp.euler * (r - 1) - 1 + d + mp.exp(-d) * mp.gamma(1 + r)


def gamma_kl(a, mean_p, b, mean_q):
    shapes = mp.loggamma(b) - mp.loggamma(a) + (a - b) * mp.digamma(a) - a
    return shapes + b * mp.log(a / mean_p * mean_q / b) + b * mean_p / mean_q


def pareto_kl(a, m, b, n):
    return mp.log(a / b) + b * mp.log(m / n) + b / a - 1 if m >= n else mp.inf


def inverse_gaussian_kl(u, k, v, m):
    return (mp.log(k / m) - 1 + m * ((u - v) ** 2 / (u * v**2) + 1 / k)) / 2


def log_normal_kl(m, s, n, t):
    return ((s / t) ** 2 - 1 - 2 * mp.log(s / t) + ((m - n) / t) ** 2) / 2


def chi_kl(degrees):
    return lambda s, t: degrees * ((s / t) ** 2 - 1 - 2 * mp.log(s / t)) / 2


def chi_log(degrees):
    constant = (1 - mp.mpf(degrees) / 2) * mp.log(2) - mp.loggamma(mp.mpf(degrees) / 2)
    return lambda x, s: (degrees - 1) * mp.log(x / s) - mp.log(s) - (x / s) ** 2 / 2 + constant


KL = {
    ba.Weibull: lambda k, s, m, t: gumbel_kl(m / k, m * mp.log(t / s)),
    ba.Frechet: lambda k, s, m, t: gumbel_kl(m / k, m * mp.log(s / t)),
    ba.Nakagami: gamma_kl,
    ba.Pareto: pareto_kl,
    ba.InverseGaussian: inverse_gaussian_kl,
    ba.LogNormal: log_normal_kl,
    ba.HalfNormal: chi_kl(1),
    ba.Rayleigh: chi_kl(2),
    ba.Maxwell: chi_kl(3),
}
LOG = {
    ba.Weibull: lambda x, k, s: mp.log(k / s) + (k - 1) * mp.log(x / s) - (x / s) ** k,
    ba.Frechet: lambda x, k, s: mp.log(k / s) - (k + 1) * mp.log(x / s) - (x / s) ** -k,
    ba.Nakagami: lambda x, m, w: (
        mp.log(2) + m * mp.log(m / w) - mp.loggamma(m) + (2 * m - 1) * mp.log(x) - m * x**2 / w
    ),
    ba.Pareto: lambda x, a, m: mp.log(a) + a * mp.log(m) - (a + 1) * mp.log(x),
    ba.InverseGaussian: lambda x, m, k: mp.log(k / (2 * mp.pi * x**3)) / 2 - k * (x - m) ** 2 / (2 * m**2 * x),
    ba.LogNormal: lambda x, m, s: -(((mp.log(x) - m) / s) ** 2) / 2 - mp.log(x * s * mp.sqrt(2 * mp.pi)),
    ba.HalfNormal: chi_log(1),
    ba.Rayleigh: chi_log(2),
    ba.Maxwell: chi_log(3),
}
BASES = {
    ba.Weibull: list(itertools.product(SHAPES[1:], SCALES)),
    ba.Frechet: list(itertools.product(SHAPES[1:], SCALES)),
    ba.Nakagami: list(itertools.product(SHAPES, SCALES)),
    ba.Pareto: list(itertools.product(SHAPES, SCALES)),
    ba.InverseGaussian: list(itertools.product(SHAPES[::2], SHAPES)),
    ba.LogNormal: list(itertools.product((0.0, 3.0, -1e3), (1e-3, 1.0, 1e3))),
    ba.HalfNormal: [(s,) for s in SHAPES],
    ba.Rayleigh: [(s,) for s in SHAPES],
    ba.Maxwell: [(s,) for s in SHAPES],
}
FAMILIES = list(KL)
EXAMPLES = [
    ba.Weibull(0.6, 2.0),
    ba.Weibull(3.0, 0.5),
    ba.Weibull(400.0, 7.0),
    ba.Frechet(5.5, 2.0),
    ba.Frechet(400.0, 7.0),
    ba.Nakagami(0.2, 1.0),
    ba.Nakagami(12.0, 2.0),
    ba.Nakagami(1e6, 5.0),
    ba.Pareto(5.5, 3.0),
    ba.Pareto(1e5, 2.0),
    ba.InverseGaussian(1.0, 1.0),
    ba.InverseGaussian(3.0, 0.1),
    ba.InverseGaussian(2.0, 1e6),
    ba.LogNormal(0.5, 1.0),
    ba.LogNormal(1.0, 0.3),
    ba.HalfNormal(2.0),
    ba.Rayleigh(0.01),
    ba.Maxwell(30.0),
]


def mpf(*values):
    return [mp.mpf(float(value)) for value in values]


def parameters(p):
    return mpf(*p.parameters.values())


def numbers(p):
    return [float(value) for value in p.parameters.values()]


def nats(p, q):
    return float(kl_divergence(p, q).value)


def expectation(p, function, *extra):
    log, own = LOG[type(p)], parameters(p)
    tails = [1e-3, 1e-9, 1e-30, 1e-60, 1e-100]
    ends = np.concatenate([p.quantile([*tails, 0.1, 0.5, 0.9]), p.upper_quantile(tails)]).tolist()
    least = float(p.scale) if isinstance(p, ba.Pareto) else 0.0
    points = sorted({least, *ends, *(x for x in extra if x > least)})
    with mp.workdps(20):
        return mp.quad(lambda x: mp.exp(log(x, *own)) * function(x) if x else mp.mpf(0), points)


def neighbour(base, signs, gap):
    pairs = zip(base, signs, (1.0, 0.37), strict=False)
    return tuple(value * (1.0 + sign * gap * w) if value else sign * gap * w for value, sign, w in pairs)


@pytest.mark.parametrize("family", FAMILIES)
def test_close_pairs_keep_all_digits(family):
    for base, gap in itertools.product(BASES[family], GAPS):
        for signs in itertools.product((0, 1, -1), repeat=len(base)):
            other = neighbour(base, signs, gap)
            found = nats(family(*base), family(*other))
            truth = KL[family](*mpf(*base), *mpf(*other))
            if base == other:
                assert found == 0.0
            elif math.isfinite(found):
                assert abs(found / truth - 1) < 2e-14, (base, other, found)
            else:
                assert truth > 1e300


@pytest.mark.parametrize("family", FAMILIES)
def test_far_pairs(family):
    for one, other in itertools.product(BASES[family][::2], BASES[family]):
        truth = KL[family](*mpf(*one), *mpf(*other))
        if one != other and truth < 1e60:
            assert abs(nats(family(*one), family(*other)) / truth - 1) < 5e-14, (one, other)


def test_closed_forms_of_the_tests_are_the_integrals():
    pairs = [
        (ba.Weibull(2.0, 1.5), ba.Weibull(1.2, 1.0)),
        (ba.Frechet(2.0, 1.5), ba.Frechet(1.2, 1.0)),
        (ba.Nakagami(2.0, 1.5), ba.Nakagami(1.2, 1.0)),
        (ba.Pareto(2.0, 1.5), ba.Pareto(1.2, 1.0)),
        (ba.InverseGaussian(2.0, 1.5), ba.InverseGaussian(1.2, 1.0)),
        (ba.LogNormal(0.4, 1.5), ba.LogNormal(0.1, 1.0)),
        (ba.HalfNormal(2.0), ba.HalfNormal(1.2)),
        (ba.Rayleigh(2.0), ba.Rayleigh(1.2)),
        (ba.Maxwell(2.0), ba.Maxwell(1.2)),
    ]
    for p, q in pairs:
        log, own, others = LOG[type(p)], parameters(p), parameters(q)
        truth = expectation(p, lambda x, log=log, a=own, b=others: log(x, *a) - log(x, *b))
        assert nats(p, q) == pytest.approx(float(truth), rel=1e-13)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (ba.Weibull(1.5, 2.0), ba.Rayleigh(1.2)),
        (ba.Weibull(1.5, 2.0), ba.LogNormal(0.3, 0.8)),
        (ba.Frechet(3.0, 2.0), ba.HalfNormal(1.2)),
        (ba.Frechet(3.0, 2.0), ba.InverseGaussian(1.2, 2.0)),
        (ba.Frechet(3.0, 2.0), ba.Weibull(1.7, 2.0)),
        (ba.Nakagami(0.7, 2.0), ba.Maxwell(1.2)),
        (ba.Nakagami(0.7, 2.0), ba.Weibull(0.8, 1.2)),
        (ba.Pareto(2.5, 1.5), ba.Frechet(1.3, 0.7)),
        (ba.Pareto(2.5, 1.5), ba.Rayleigh(2.0)),
        (ba.InverseGaussian(2.0, 3.0), ba.Nakagami(0.7, 2.0)),
        (ba.InverseGaussian(2.0, 3.0), ba.Frechet(1.7, 2.0)),
        (ba.LogNormal(0.2, 0.6), ba.Weibull(1.5, 2.0)),
        (ba.LogNormal(0.2, 0.6), ba.InverseGaussian(1.5, 2.0)),
        (ba.Rayleigh(1.3), ba.Nakagami(1.7, 2.0)),
        (ba.Maxwell(1.3), ba.Frechet(1.7, 2.0)),
        (ba.HalfNormal(1.3), ba.Weibull(0.9, 2.0)),
    ],
    ids=str,
)
def test_pairs_of_two_families_by_the_moment_rule(p, q):
    crossed = moment_rule(p, q)
    log_p, log_q, own, others = LOG[type(p)], LOG[type(q)], parameters(p), parameters(q)
    truth = expectation(p, lambda x: -log_q(x, *others))
    assert abs(float(crossed.value) - float(truth)) <= float(crossed.error)
    excess = expectation(p, lambda x: log_p(x, *own) - log_q(x, *others))
    assert nats(p, q) == pytest.approx(float(excess), rel=1e-13)


def test_infinite_pairs_of_two_families_say_why():
    for p, q, words in (
        (ba.Frechet(1.5, 1.0), ba.Rayleigh(1.0), "E x^2 is infinite"),
        (ba.HalfNormal(1.0), ba.InverseGaussian(1.0, 1.0), "E x^-1 is infinite"),
        (ba.LogNormal(0.0, 1.0), ba.Gumbel(0.0, 1.0), ""),
    ):
        found = kl_divergence(p, q)
        assert math.isinf(found.value) == bool(words)
        assert str(found.note) == words


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_entropy_and_log_density(p):
    log, own = LOG[type(p)], parameters(p)
    assert float(p._entropy()) == pytest.approx(float(expectation(p, lambda x: -log(x, *own))), rel=1e-14, abs=1e-14)
    for x in p.quantile([1e-12, 1e-3, 0.4, 0.9]):
        assert float(p.log_density(x)) == pytest.approx(float(log(mp.mpf(float(x)), *own)), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_moments(p):
    low, middle, high = p.quantile([0.2, 0.5, 0.9])
    statistics = [Power(k) for k in (1.0, 2.0, -1.0, 0.3, 3.7)] + [LogPower(1.0), LogPower(2.0)]
    statistics += [Deviation(-1.0), Deviation(low), Deviation(high), Deviation(low, 2.0), Deviation(high, 2.0)]
    statistics += [Exponential(c / middle) for c in (0.2, -1.0, -1.6, -20.0)]
    known = 0
    for statistic in statistics:
        found = p.moment(statistic)
        if found is None or not np.isfinite(found):
            continue
        known += 1
        center = [float(statistic.center)] if isinstance(statistic, Deviation) else []
        truth = expectation(p, lambda x, of=statistic: _at(of, x), *center)
        assert float(found) == pytest.approx(float(truth), rel=2e-14), statistic
    assert known >= 8


def _at(statistic, x):
    match statistic:
        case Power(k):
            return x ** mp.mpf(k)
        case LogPower(k):
            return mp.log(x) ** mp.mpf(k)
        case Deviation(center, k):
            return abs(x - mp.mpf(float(center))) ** mp.mpf(k)
        case Exponential(c):
            return mp.exp(mp.mpf(float(c)) * x)


@pytest.mark.parametrize(
    ("p", "statistic"),
    [
        (ba.Weibull(2.0), Power(-2.0)),
        (ba.Weibull(0.5), Exponential(0.1)),
        (ba.Frechet(2.0), Power(2.0)),
        (ba.Frechet(2.0), Deviation(1.0, 2.0)),
        (ba.Frechet(2.0), Exponential(0.1)),
        (ba.Pareto(2.0), Power(2.0)),
        (ba.Pareto(2.0), Deviation(3.0, 2.0)),
        (ba.Pareto(1.0), Deviation(3.0)),
        (ba.Pareto(2.0), Exponential(0.1)),
        (ba.LogNormal(), Exponential(0.1)),
        (ba.InverseGaussian(1.0, 1.0), Exponential(0.51)),
        (ba.HalfNormal(), Power(-1.0)),
        (ba.Rayleigh(), Power(-2.0)),
        (ba.Maxwell(), Power(-3.0)),
        (ba.Nakagami(0.5), Power(-1.0)),
    ],
    ids=str,
)
def test_infinite_moments(p, statistic):
    assert p.moment(statistic) == np.inf


def test_moments_of_a_batch_decide_one_by_one():
    assert ba.Pareto([1.0, 3.0]).moment(Power(2.0)) == pytest.approx([np.inf, 3.0])
    assert ba.InverseGaussian(1.0, 1.0).moment(Exponential(np.array([0.5, 0.6]))) == pytest.approx([math.e, np.inf])
    assert ba.Rayleigh([1.0, 2.0]).moment(Deviation(np.array([-1.0, 0.0]))).shape == (2,)


def test_moments_that_floats_cannot_hold_are_no_infinities():
    assert np.isnan(ba.Weibull(2.0, 1e10).moment(Power(40.0)))
    assert np.isnan(ba.LogNormal(0.0, 10.0).moment(Power(4.0)))
    assert np.isnan(ba.HalfNormal(1.0).moment(Exponential(50.0)))
    for q in (ba.Weibull(400.0, 10.0), ba.Weibull(400.0, 0.1), ba.Frechet(400.0, 10.0), ba.Frechet(400.0, 0.1)):
        assert np.isnan(q.density_terms()[0].coefficient)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_no_statistic_is_made_up(p):
    assert p.moment(Cosine()) is None


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_natural_parameters_and_projection_lead_back(p):
    fixed = p.fixed_parameters()
    theta = [np.asarray(term.coefficient) for term in p.natural()]
    moments = [p.moment(term.statistic) for term in p.natural()]
    if all(np.isfinite(value) and value != 0.0 for value in theta):
        assert np.all(type(p).natural_space(theta, **fixed))
        back = type(p).from_natural(theta, **fixed)
        assert numbers(back) == pytest.approx(numbers(p), rel=1e-9)
    assert not np.any(type(p).natural_space([np.asarray(5.0) for _ in theta], **fixed))
    if all(np.isfinite(value) for value in moments):
        back = type(p).from_moments(moments, **fixed)
        # rounding of expectations that all but cancel, at shapes of a million
        assert numbers(back) == pytest.approx(numbers(p), rel=1e-8)


@pytest.mark.parametrize("p", [p for p in EXAMPLES if float(p.parameters.get("shape", 1.0)) < 100.0], ids=str)
def test_density_terms_add_up_to_the_log_density(p):
    x = p.quantile(np.array([0.01, 0.3, 0.8]))
    total = sum(term.coefficient * term.statistic(x) for term in p.density_terms())
    by_base = sum(term.coefficient * term.statistic(x) for term in [*p.natural(), *p.log_base()]) - p.log_partition()
    assert total == pytest.approx(p.log_density(x), rel=1e-12, abs=1e-12)
    assert by_base == pytest.approx(p.log_density(x), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("family", "moments", "fixed", "words"),
    [
        (ba.Weibull, [0.0], {"shape": 1.0}, "E x.shape is infinite, undefined or 0"),
        (ba.Frechet, [np.inf], {"shape": 1.0}, "E x.-shape is infinite, undefined or 0"),
        (ba.Pareto, [0.0], {"scale": 1.0}, "not above the log of the least value"),
        (ba.Pareto, [np.nan], {"scale": 1.0}, "infinite or undefined"),
        (ba.LogNormal, [1.0, 1.0], {}, "log_sd would be 0"),
        (ba.LogNormal, [1.0, np.inf], {}, "infinite"),
        (ba.InverseGaussian, [2.0, 0.5], {}, "shape would be infinite"),
        (ba.InverseGaussian, [2.0, np.inf], {}, "infinite or undefined"),
        (ba.Nakagami, [0.0, 1.0], {}, "shape would be infinite"),
        (ba.Nakagami, [-np.inf, 1.0], {}, "infinite or undefined"),
        (ba.Rayleigh, [0.0], {}, "no Rayleigh distribution is closest: all values are 0"),
        (ba.Maxwell, [np.inf], {}, "no Maxwell distribution is closest: E x.2 is infinite"),
    ],
)
def test_no_minimiser(family, moments, fixed, words):
    with pytest.raises(NoMinimiserError, match=words):
        family.from_moments([np.asarray(value) for value in moments], **fixed)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_standardised_moves_the_values(p):
    assert p.standardised(np.asarray(1.0), np.asarray(2.0)) is None
    x = p.quantile(np.array([0.1, 0.7]))
    moved = p.standardised(np.asarray(0.0), np.asarray(4.0))
    assert moved.log_density(x / 4.0) == pytest.approx(p.log_density(x) + math.log(4.0), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_tails_and_quantiles(p):
    for u in (1e-100, 1e-6, 0.3):
        assert float(p.cdf(p.quantile(u))) == pytest.approx(u, rel=1e-7)
        assert float(p.survival(p.upper_quantile(u))) == pytest.approx(u, rel=1e-7)
    x = p.quantile(0.3)
    step = 1e-5 * abs(p.upper_quantile(0.3) - x)
    slope = (p.cdf(x + step) - p.cdf(x - step)) / (2.0 * step)
    assert float(slope) == pytest.approx(math.exp(p.log_density(x)), rel=1e-5)


@pytest.mark.parametrize(
    ("p", "at_zero"),
    [
        (ba.Weibull(0.5), np.inf),
        (ba.Weibull(1.0, 2.0), -math.log(2.0)),
        (ba.Weibull(2.0), -np.inf),
        (ba.Frechet(2.0), -np.inf),
        (ba.Nakagami(0.3), np.inf),
        (ba.Nakagami(0.5, 4.0), 0.5 * math.log(2.0 / math.pi) - math.log(2.0)),
        (ba.Nakagami(1e3), -np.inf),
        (ba.InverseGaussian(1.0), -np.inf),
        (ba.LogNormal(), -np.inf),
        (ba.HalfNormal(), 0.5 * math.log(2.0 / math.pi)),
        (ba.Rayleigh(), -np.inf),
        (ba.Maxwell(), -np.inf),
        (ba.Pareto(2.0), -np.inf),
    ],
    ids=str,
)
def test_log_density_at_the_ends(p, at_zero):
    assert float(p.log_density(0.0)) == pytest.approx(at_zero, rel=1e-13)
    assert float(p.log_density(np.inf)) == -np.inf
    assert float(p.log_density(-1.0)) == -np.inf
    assert math.isnan(p.log_density(np.nan))


def test_least_values():
    found = kl_divergence(ba.Pareto(1.0, 1.0), ba.Pareto(2.0, [0.5, 1.0, 1.5]))
    assert found.value == pytest.approx([1.0 - math.log(2.0) + 2.0 * math.log(2.0), 1.0 - math.log(2.0), np.inf])
    assert "mass outside" in found.note[2]
    # the smallest least value that still covers
    assert nats(ba.Pareto(2.0, 1.0 + 2**-52), ba.Pareto(2.0, 1.0)) == pytest.approx(2.0**-51, rel=1e-14)


@pytest.mark.parametrize(("mean", "shape"), [(2.0, 1e6), (2.0, 40.0), (1e-3, 1e3), (1e3, 1.0)])
def test_quantiles_of_inverse_gaussians_against_mpmath(mean, shape):
    p, (m, k) = ba.InverseGaussian(mean, shape), mpf(mean, shape)
    with mp.workdps(400):
        for u in (1e-300, 1e-9, 0.2, 0.7):
            x = mp.mpf(float(p.quantile(u)))
            root = mp.sqrt(k / x)
            below = mp.ncdf(root * (x / m - 1)) + mp.exp(2 * k / m) * mp.ncdf(-root * (x / m + 1))
            # how far a rounding of x moves its probability
            moved = float(mp.exp(ba_log(x, m, k)) * x / below) * 2.0**-52
            assert abs(float(below / mp.mpf(u)) - 1.0) < 1e-12 + 4.0 * moved
    assert p.quantile([0.0, 1.0]).tolist() == [0.0, np.inf]
    assert p.upper_quantile([0.0, 1.0]).tolist() == [np.inf, 0.0]
    assert p.cdf([-1.0, 0.0, np.inf]).tolist() == [0.0, 0.0, 1.0]


def ba_log(x, m, k):
    return LOG[ba.InverseGaussian](x, m, k)


def test_samples_follow():
    for p in (ba.InverseGaussian(2.0, 3.0), ba.Nakagami(0.7, 2.0), ba.Frechet(3.0, 2.0), ba.Pareto(3.0, 2.0)):
        assert stats.kstest(p.sample(5_000, seed=1), p.cdf).pvalue > 1e-3


def test_against_torch():
    torch = pytest.importorskip("torch")
    from torch import distributions as other

    generator = np.random.default_rng(5)
    m, n = generator.normal(size=(2, 50))
    b, c = np.exp(generator.normal(size=(2, 50)))
    low, high = np.minimum(b, c), np.maximum(b, c)
    pairs = [
        (ba.LogNormal(m, b), ba.LogNormal(n, c), other.LogNormal, (m, b), (n, c)),
        (ba.HalfNormal(b), ba.HalfNormal(c), other.HalfNormal, (b,), (c,)),
        (ba.Pareto(b, high), ba.Pareto(c, low), other.Pareto, (high, b), (low, c)),
    ]
    for p, q, theirs, own, others in pairs:
        truth = other.kl_divergence(theirs(*map(torch.tensor, own)), theirs(*map(torch.tensor, others)))
        assert kl_divergence(p, q).value == pytest.approx(truth.numpy(), rel=1e-9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ba.Weibull(0.0, 1.0), "Weibull: shape should be a positive number; got 0"),
        (lambda: ba.Pareto(1.0, [1.0, -2.0]), "Pareto: scale should be a positive number; got -2 in row 1"),
        (lambda: ba.LogNormal(np.nan, 1.0), "LogNormal: log_mean should be a finite number"),
        (lambda: ba.Nakagami(1.0, np.inf), "Nakagami: spread should be a positive number"),
    ],
)
def test_parameters_outside_their_domain(make, words):
    with pytest.raises(UsageError, match=words):
        make()


# what they are made of


@given(st.floats(-200.0, 200.0), st.floats(-1.0, 1.0), st.integers(0, 16))
@settings(max_examples=200, deadline=None)
def test_log_ratio_and_scale_excess(size, step, digits):
    b = math.exp(size)
    a = b * (1.0 + step * 10.0**-digits) or b
    with mp.workdps(60):
        truth = mp.log(mp.mpf(a) / mp.mpf(b))
        above = mp.mpf(a) / mp.mpf(b) - 1 - truth
    if a != b:
        assert abs(float(log_ratio(a, b)) / truth - 1) < 1e-15
        assert abs(float(ratio_excess(a, b)) / above - 1) < 4e-15
    assert float(ratio_excess(a, a)) == 0.0


def test_ratios_that_overflow():
    assert float(log_ratio(1e300, 1e-300)) == pytest.approx(600.0 * math.log(10.0), rel=1e-15)
    assert float(log_ratio(1e-300, 1e300)) == pytest.approx(-600.0 * math.log(10.0), rel=1e-15)
    assert float(ratio_excess(1e-300, 1e300)) == pytest.approx(600.0 * math.log(10.0) - 1.0, rel=1e-15)
    assert float(square_excess(1e-300, 1e300)) == pytest.approx(1200.0 * math.log(10.0) - 1.0, rel=1e-15)
    assert float(square_excess(1e-90, 1e70)) == pytest.approx(320.0 * math.log(10.0) - 1.0, rel=1e-15)


@pytest.mark.parametrize("x", [-700.0, -30.0, -1.0, -0.9, -1e-3, -1e-12, 1e-300, 1e-12, 1e-3, 0.9, 1.0, 30.0, 600.0])
def test_exponential_excess(x):
    with mp.workdps(400):
        truth = mp.expm1(mp.mpf(x)) - mp.mpf(x)
        assert float(exponential_excess(x)) == pytest.approx(float(truth), rel=2e-15, abs=0.0)


@pytest.mark.parametrize("t", [-0.499, -0.3, -1e-3, -1e-12, 1e-12, 1e-6, 0.1, 0.2499, 0.251, 0.49, 0.51, 3.0, 100.0])
def test_log_gamma_near_one(t):
    exact = mp.mpf(t)
    assert float(log_gamma_1p(t)) == pytest.approx(float(mp.loggamma(1 + exact)), rel=4e-15)
    spread = mp.loggamma(1 + 2 * exact) - 2 * mp.loggamma(1 + exact)
    assert float(log_gamma_spread(t)) == pytest.approx(float(spread), rel=1e-14)


@pytest.mark.parametrize("x", [1e-3, 0.5, 9.9, 10.1, 300.0, 1e6, 1e12])
@pytest.mark.parametrize("step", [-0.4e-3, 0.5, 1.0, 3.7])
def test_log_rising(x, step):
    truth = mp.loggamma(mp.mpf(x) + mp.mpf(step)) - mp.loggamma(x) - mp.mpf(step) * mp.log(x)
    assert float(log_rising_over_power(x, step)) == pytest.approx(float(truth), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("x", [1e-10, 0.1, 3.0, 49.9, 50.1, 800.0, 1e9])
def test_scaled_exponential_integral(x):
    truth = mp.exp(mp.mpf(x)) * mp.e1(mp.mpf(x))
    assert float(scaled_exponential_integral(x)) == pytest.approx(float(truth), rel=2e-15)
