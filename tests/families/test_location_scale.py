"""Laplace, Gumbel and generalized normal distributions, against closed forms and quadrature of the same floats."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import bitsapart as ba
from bitsapart.families.divergence import kl_divergence
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.statistic import Deviation, Exponential, LogPower, Power
from bitsapart.values.errors import UsageError

GAPS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
SCALES = (1e-2, 1.0, 1e6)


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(60):
        yield


def gumbel_kl(m, b, n, c):
    r, d = b / c, (m - n) / c
    return -mp.log(r) + mp.euler * (r - 1) - 1 + d + mp.exp(-d) * mp.gamma(1 + r)


def laplace_kl(m, b, n, c):
    distance = abs(m - n)
    return mp.log(c / b) + b / c * mp.exp(-distance / b) + distance / c - 1


def generalized_normal_kl(m, scale_p, shape_p, n, scale_q, shape_q):
    assert m == n
    a, b = 1 / shape_p, 1 / shape_q
    best = (scale_p / scale_q) ** shape_q * mp.gamma(a + a / b) / mp.gamma(a)
    return mp.log(scale_q * mp.gamma(1 + b) / (scale_p * mp.gamma(1 + a))) - a + best


def gumbel_log(x, m, b):
    z = (x - m) / b
    return -z - mp.exp(-z) - mp.log(b)


def laplace_log(x, m, b):
    return -abs(x - m) / b - mp.log(2 * b)


def generalized_normal_log(x, m, scale, shape):
    return -(abs((x - m) / scale) ** shape) - mp.log(2 * scale) - mp.loggamma(1 + 1 / shape)


KL = {ba.Gumbel: gumbel_kl, ba.Laplace: laplace_kl, ba.GeneralizedNormal: generalized_normal_kl}
LOG = {ba.Gumbel: gumbel_log, ba.Laplace: laplace_log, ba.GeneralizedNormal: generalized_normal_log}
EXAMPLES = [
    ba.Gumbel(0.0, 1.0),
    ba.Gumbel(3.0, 0.2),
    ba.Laplace(0.0, 1.0),
    ba.Laplace(3.0, 0.2),
    ba.GeneralizedNormal(0.0, 1.0, 1.0),
    ba.GeneralizedNormal(3.0, 0.1, 7.0),
    ba.GeneralizedNormal(1.0, 2.0, 0.5),
]
NEAR = [
    *((ba.Gumbel, (m, b)) for m in (0.0, 1.0, -1e3) for b in SCALES),
    *((ba.Laplace, (m, b)) for m in (0.0, 1.0, -1e3) for b in SCALES),
    *((ba.GeneralizedNormal, (2.0, s, b)) for s in (1.0, 700.0) for b in (1e-3, 0.3, 1.0, 2.5, 10.2, 300.0, 1e6)),
]


def mpf(*values):
    return [mp.mpf(float(value)) for value in values]


def parameters(p):
    return mpf(*p.parameters.values())


def nats(p, q):
    return float(kl_divergence(p, q).value)


def expectation(p, function, *extra):
    log, own = LOG[type(p)], parameters(p)
    tails = [1e-3, 1e-9, 1e-30, 1e-60, 1e-120]
    ends = p.quantile([*tails, 0.1, 0.5, 0.9]), p.upper_quantile(tails)
    points = sorted({*np.concatenate(ends).tolist(), float(p.location), *extra})
    with mp.workdps(20):
        return mp.quad(lambda x: mp.exp(log(x, *own)) * function(x), points)


@pytest.mark.parametrize(("family", "base"), NEAR, ids=str)
def test_close_pairs_keep_all_digits(family, base):
    for gap, signs in itertools.product(GAPS, itertools.product((0, 1, -1), repeat=len(base))):
        moves = signs if family is not ba.GeneralizedNormal else (0, *signs[1:])
        other = tuple(
            (value * (1.0 + sign * gap * weight) if value else sign * gap * weight)
            for value, sign, weight in zip(base, moves, (1.0, 0.37, 0.61), strict=False)
        )
        found = nats(family(*base), family(*other))
        truth = KL[family](*mpf(*base), *mpf(*other))
        if base == other:
            assert found == 0.0
        elif math.isfinite(found):
            assert abs(found / truth - 1) < 5e-14, (other, found)
        else:
            assert truth > 1e300


@given(
    p=st.floats(-3.0, 6.0),
    step=st.floats(-8.0, 8.0),
    ratio=st.floats(-0.3, 0.3),
)
@settings(max_examples=200, deadline=None)
def test_generalized_normal_of_any_two_shapes(p, step, ratio):
    shape_p = 10.0**p
    shape_q = float(np.clip(shape_p * math.exp(step), 1e-3, 1e6))
    with mp.workdps(60):
        a, b = 1 / mp.mpf(shape_p), 1 / mp.mpf(shape_q)
        best = mp.exp(-b * (mp.loggamma(a + a / b) - mp.loggamma(a) - mp.log(b)))
        scale_q = 1.0
        scale_p = float(best * (1 + mp.mpf(ratio) * min(b, 1)))
        if not 1e-300 < scale_p < 1e300:
            return
        truth = generalized_normal_kl(0, *mpf(scale_p, shape_p), 0, *mpf(scale_q, shape_q))
        found = nats(ba.GeneralizedNormal(0.0, scale_p, shape_p), ba.GeneralizedNormal(0.0, scale_q, shape_q))
    if truth > 1e-50:
        assert abs(found / truth - 1) < 1e-12
    assert found >= 0.0


@pytest.mark.parametrize("family", [ba.Gumbel, ba.Laplace], ids=str)
def test_far_pairs(family):
    places = [(m, b) for m in (0.0, 1.0, -1e3) for b in (1e-8, *SCALES)]
    for one, other in itertools.product(places, repeat=2):
        truth = KL[family](*mpf(*one), *mpf(*other))
        if one != other and truth < 1e100:
            assert abs(nats(family(*one), family(*other)) / truth - 1) < 1e-13


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (ba.Gumbel(0.3, 1.2), ba.Laplace(0.1, 0.8)),
        (ba.Gumbel(0.3, 1.2), ba.GeneralizedNormal(0.1, 0.8, 2.0)),
        (ba.Laplace(0.3, 0.4), ba.Gumbel(0.1, 0.8)),
        (ba.Laplace(0.3, 0.4), ba.GeneralizedNormal(0.3, 0.8, 3.3)),
        (ba.GeneralizedNormal(0.3, 0.4, 1.6), ba.Laplace(0.1, 0.8)),
    ],
    ids=str,
)
def test_pairs_of_two_families_by_the_moment_rule(p, q):
    found = kl_divergence(p, q)
    log_p, log_q, own, others = LOG[type(p)], LOG[type(q)], parameters(p), parameters(q)
    truth = expectation(p, lambda x: log_p(x, *own) - log_q(x, *others), float(q.location))
    assert str(found.method) in ("moment rule", "quadrature")
    assert float(found.value) == pytest.approx(float(truth), rel=1e-13)


def test_normal_distributions_against_these():
    found = kl_divergence(ba.Normal(0.5, 2.0), ba.Gumbel(1.0, 1.5))
    log, own = gumbel_log, mpf(1.0, 1.5)
    with mp.workdps(20):
        density = lambda x: mp.npdf(x, 0.5, 2)  # noqa: E731
        truth = mp.quad(lambda x: density(x) * (mp.log(density(x)) - log(x, *own)), np.linspace(-40, 40, 17).tolist())
    assert float(found.value) == pytest.approx(float(truth), rel=1e-13)


def test_special_members_agree():
    same = ba.GeneralizedNormal(1.0, 2.0, 1.0), ba.GeneralizedNormal(1.0, 3.0, 1.0)
    assert nats(*same) == pytest.approx(nats(ba.Laplace(1.0, 2.0), ba.Laplace(1.0, 3.0)), rel=1e-14)
    root = math.sqrt(2.0)
    same = ba.GeneralizedNormal(1.0, 2.0 * root, 2.0), ba.GeneralizedNormal(1.0, 3.0 * root, 2.0)
    assert nats(*same) == pytest.approx(nats(ba.Normal(1.0, 2.0), ba.Normal(1.0, 3.0)), rel=1e-14)


def test_different_locations_have_no_closed_form_of_generalized_normals():
    p, q = ba.GeneralizedNormal([0.0, 0.0]), ba.GeneralizedNormal([0.0, 1.0])
    assert p._kl_divergence(q) is None


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_entropy_and_log_density(p):
    log, own = LOG[type(p)], parameters(p)
    assert float(p._entropy()) == pytest.approx(float(expectation(p, lambda x: -log(x, *own))), rel=1e-14, abs=1e-14)
    for x in p.quantile([1e-12, 1e-3, 0.4, 0.9]):
        assert float(p.log_density(x)) == pytest.approx(float(log(mp.mpf(float(x)), *own)), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_moments(p):
    low, middle, high = p.quantile([0.2, 0.5, 0.9])
    rate = 0.7 / float(p.scale)
    statistics = [Power(), Power(2.0), Deviation(low), Deviation(high), Deviation(middle, 2.0)]
    if not isinstance(p, ba.GeneralizedNormal):
        statistics += [Exponential(rate), Exponential(-rate)]
    if not isinstance(p, ba.Gumbel):
        statistics += [Deviation(p.location, 1.5), Deviation(p.location, 3.0)]
    for statistic in statistics:
        center = [float(statistic.center)] if isinstance(statistic, Deviation) else []
        truth = expectation(p, lambda x, of=statistic: _at(of, x), *center)
        assert float(p.moment(statistic)) == pytest.approx(float(truth), rel=2e-13, abs=1e-14), statistic


def _at(statistic, x):
    match statistic:
        case Power(k):
            return x ** mp.mpf(k)
        case Deviation(center, k):
            return abs(x - mp.mpf(float(center))) ** mp.mpf(k)
        case Exponential(c):
            return mp.exp(mp.mpf(c) * x)


def test_moments_that_are_infinite_or_unknown():
    assert ba.Gumbel(0.0, 2.0).moment(Exponential(0.5)) == np.inf
    assert ba.Laplace(0.0, 2.0).moment(Exponential(-0.5)) == np.inf
    assert ba.Laplace(0.0, 2.0).moment(Deviation(0.0, -1.0)) == np.inf
    assert ba.GeneralizedNormal(0.0, 1.0, 0.5).moment(Exponential(0.1)) == np.inf
    assert ba.GeneralizedNormal(0.0, 1.0, 2.0).moment(Deviation(0.0, -1.0)) == np.inf
    assert ba.Gumbel().moment(LogPower()) is None
    # too large for floats, but not infinite
    assert np.isnan(ba.Gumbel(1e4, 1.0).moment(Exponential(0.5)))


def test_absolute_deviation_of_gumbel_far_out():
    p = ba.Gumbel(0.0, 1.0)
    centers = np.array([-1e5, -800.0, -600.0, 600.0, 800.0, 1e5])
    assert p.moment(Deviation(centers)) == pytest.approx(np.abs(centers - np.euler_gamma), rel=1e-14)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_natural_parameters_and_projection_lead_back(p):
    theta = [np.asarray(term.coefficient) for term in p.natural()]
    assert np.all(type(p).natural_space(theta, **p.fixed_parameters()))
    assert not np.any(type(p).natural_space([-value for value in theta], **p.fixed_parameters()))
    moments = [p.moment(term.statistic) for term in p.natural()]
    for back in (
        type(p).from_natural(theta, **p.fixed_parameters()),
        type(p).from_moments(moments, **p.fixed_parameters()),
    ):
        for name, value in p.parameters.items():
            assert getattr(back, name) == pytest.approx(value, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_density_terms_add_up_to_the_log_density(p):
    x = p.quantile(np.array([0.01, 0.3, 0.8]))
    total = sum(term.coefficient * term.statistic(x) for term in p.density_terms())
    by_base = sum(term.coefficient * term.statistic(x) for term in [*p.natural(), *p.log_base()]) - p.log_partition()
    assert total == pytest.approx(p.log_density(x), rel=1e-12, abs=1e-12)
    assert by_base == pytest.approx(p.log_density(x), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("family", "fixed", "words"),
    [
        (ba.Gumbel, {"scale": 1.0}, "E e"),
        (ba.Laplace, {"location": 0.0}, "all values are the location"),
        (ba.GeneralizedNormal, {"location": 0.0, "shape": 2.0}, "all values are the location"),
    ],
)
def test_no_minimiser(family, fixed, words):
    with pytest.raises(NoMinimiserError, match=words):
        family.from_moments([np.asarray(0.0)], **fixed)
    with pytest.raises(NoMinimiserError, match="infinite"):
        family.from_moments([np.asarray(np.inf)], **fixed)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_standardised_moves_the_values(p):
    moved = p.standardised(np.asarray(1.5), np.asarray(4.0))
    x = p.quantile(np.array([0.1, 0.7]))
    assert moved.log_density((x - 1.5) / 4.0) == pytest.approx(p.log_density(x) + math.log(4.0), rel=1e-12)


def test_a_coefficient_that_overflows_is_not_called_infinite():
    q = ba.Gumbel(1e4, 1.0)
    assert np.isnan(q.density_terms()[0].coefficient)
    assert np.isnan(ba.GeneralizedNormal(0.0, 1e-3, 400.0).density_terms()[0].coefficient)
    assert np.isnan(ba.GeneralizedNormal(0.0, 1e3, 400.0).density_terms()[0].coefficient)


@pytest.mark.parametrize("p", EXAMPLES, ids=str)
def test_log_density_at_infinity_is_minus_infinity(p):
    assert np.all(p.log_density([-np.inf, np.inf]) == -np.inf)


def test_kinks_are_told():
    assert float(ba.Laplace(2.0).breakpoints()[0]) == 2.0
    assert float(ba.GeneralizedNormal(2.0).breakpoints()[0]) == 2.0


def test_batches_broadcast():
    p, q = ba.Gumbel(np.zeros((3, 1)), 1.0), ba.Gumbel(1.0, [1.0, 2.0])
    found = kl_divergence(p, q).value
    assert found.shape == (3, 2)
    assert found[2, 1] == nats(ba.Gumbel(0.0, 1.0), ba.Gumbel(1.0, 2.0))
    assert p._entropy().shape == (3, 1)


@pytest.mark.parametrize("family", [ba.Gumbel, ba.Laplace, ba.GeneralizedNormal])
def test_long_batches_have_the_same_digits(family):
    generator = np.random.default_rng(8)
    scales = np.exp(generator.normal(size=(2, 3, 7_001)))
    p, q = family(0.0, scales[0]), family(0.0, scales[1])
    found = kl_divergence(p, q).value
    assert found.shape == (3, 7_001)
    for place in ((0, 0), (1, 1191), (1, 1192), (2, 7_000)):
        assert found[place] == pytest.approx(nats(p[place], q[place]), rel=1e-15)


@pytest.mark.parametrize("family", [ba.Gumbel, ba.Laplace, ba.GeneralizedNormal])
def test_scale_has_to_be_positive(family):
    with pytest.raises(UsageError, match=r"scale should be a positive number; got 0"):
        family(0.0, 0.0)


def test_against_torch():
    torch = pytest.importorskip("torch")
    from torch.distributions import Gumbel, Laplace
    from torch.distributions import kl_divergence as other

    generator = np.random.default_rng(5)
    m, n = generator.normal(size=(2, 50))
    b, c = np.exp(generator.normal(size=(2, 50)))
    for ours, theirs in ((ba.Gumbel, Gumbel), (ba.Laplace, Laplace)):
        truth = other(theirs(torch.tensor(m), torch.tensor(b)), theirs(torch.tensor(n), torch.tensor(c)))
        assert kl_divergence(ours(m, b), ours(n, c)).value == pytest.approx(truth.numpy(), rel=1e-9)


def test_sampling_and_quantiles_follow_scipy():
    p = ba.GeneralizedNormal(1.0, 2.0, 1.5)
    sample = p.sample(20_000, seed=3)
    assert stats.kstest(sample, p.cdf).pvalue > 1e-3
    assert p.cdf(p.quantile(0.3)) == pytest.approx(0.3, rel=1e-12)
