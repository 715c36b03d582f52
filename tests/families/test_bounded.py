"""Distributions between two ends, against mpmath on the exact parameters."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.statistic import (
    Cosine,
    Deviation,
    Exponential,
    LogComplement,
    LogitPower,
    LogPower,
    Power,
    Sine,
    Statistic,
)

GAPS = (0.3, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
INF = math.inf


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(50):
        yield


def exact(distribution: ba.Uniform) -> dict[str, mp.mpf]:
    return {name: mp.mpf(float(value)) for name, value in distribution.parameters.items()}


def relative(found: float, true: mp.mpf) -> float:
    return float(abs(mp.mpf(float(found)) / true - 1))


def nats(p: ba.Uniform, q: ba.Uniform) -> float:
    return ba.kl_divergence(p, q, unit="nat").value


def logit(p: mp.mpf) -> mp.mpf:
    return mp.log(p) - mp.log1p(-p)


def mass(a: mp.mpf, b: mp.mpf) -> mp.mpf:
    """Of a standard normal between two numbers."""
    if a > 0:
        return mass(-b, -a)
    root = mp.sqrt(2)
    return (mp.erfc(-b / root) - mp.erfc(-a / root)) / 2


def log_density(p: ba.Uniform):
    """Of a member of one of these families, as a function of mpmath numbers."""
    v = exact(p)
    if isinstance(p, ba.Uniform):
        return lambda x: -mp.log(v["high"] - v["low"])
    if isinstance(p, ba.Kumaraswamy):
        a, b = v["a"], v["b"]
        return lambda x: mp.log(a * b) + (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-(x**a))
    if isinstance(p, ba.ContinuousBernoulli):
        tilt = logit(v["p"])
        size = mp.log(mp.expm1(tilt) / tilt) if tilt else mp.mpf(0)
        return lambda x: tilt * x - size
    m, s = v["location"], v["scale"]
    with mp.workdps(400):  # the mass far out is less than 1e-200
        size = mp.log(s * mp.sqrt(2 * mp.pi) * mass((v["low"] - m) / s, (v["high"] - m) / s))
    return lambda x: -(((x - m) / s) ** 2) / 2 - size


def points(p: ba.Uniform) -> list:
    """Ends and places between which the density is smooth."""
    if isinstance(p, ba.Uniform):
        return [float(p.low), float(p.high)]
    if isinstance(p, ba.TruncatedNormal):
        v = exact(p)
        mode = min(max(v["location"], v["low"]), v["high"])
        width = v["scale"] / max(1, abs(mode - v["location"]) / v["scale"])
        places = [mode + width * k for k in (-120, -60, -30, -15, -7, -3, -1, 0, 1, 3, 7, 15, 30, 60, 120)]
        ends = [end for end in (v["low"], v["high"]) if mp.isfinite(end)]
        return sorted({*ends, *(x for x in places if v["low"] < x < v["high"])})
    steep = [0] + [mp.mpf(10) ** -k for k in (30, 14, 7, 4, 3, 2)] + [mp.mpf("0.1"), mp.mpf("0.4")]
    return sorted({*steep, *(1 - x for x in steep)})


def expected(p: ba.Uniform, function) -> mp.mpf:
    f = log_density(p)
    return mp.quad(lambda x: function(x) * mp.exp(f(x)), points(p))


def true_kl(p: ba.Uniform, q: ba.Uniform) -> mp.mpf:
    with mp.workdps(75):
        f, g = log_density(p), log_density(q)
        return mp.quad(lambda x: mp.exp(f(x)) * (f(x) - g(x)), points(p))


TRUNCATED = [
    (0.3, 1.0, -1.0, 2.0),
    (0.0, 1.0, 30.0, INF),
    (0.0, 1.0, 30.0, 30.01),
    (5.0, 2.0, -INF, 1.0),
    (1.0, 3.0, -INF, INF),
    (1.0, 3.0, 0.99999, 1.00001),
    (1e3, 1e3, 0.0, 1.0),
    (-1000.0, 1.0, 0.0, 1.0),
]


@pytest.mark.parametrize("members", TRUNCATED, ids=str)
def test_truncated_normal_divergence_within_the_same_ends(members: tuple[float, ...]) -> None:
    location, scale, low, high = members
    p = ba.TruncatedNormal(*members)
    for gap in (1e-12, 1e-6, 1e-2, 0.7):
        q = ba.TruncatedNormal(location * (1 - gap) - gap / 7, scale * (1 + gap), low, high)
        assert relative(nats(p, q), true_kl(p, q)) < 2e-14, gap
    assert nats(p, p) == 0.0


@pytest.mark.parametrize("gap", [1e-12, 1e-8, 1e-3, 0.5, 3.0])
def test_truncated_normal_divergence_within_wider_ends(gap: float) -> None:
    p = ba.TruncatedNormal(0.0, 1.0, -1.0, 2.0)
    for q in (
        ba.TruncatedNormal(0.0, 1.0, -1.0 - gap, 2.0 + gap),
        ba.TruncatedNormal(1e-6, 1.0, -1.0, 2.0 + gap),
        ba.TruncatedNormal(4.0, 0.5, -1.0 - gap, 2.0),
    ):
        assert relative(nats(p, q), true_kl(p, q)) < 2e-14
        assert nats(q, p) == INF


@pytest.mark.parametrize("members", TRUNCATED, ids=str)
def test_truncated_normal_density_entropy_and_moments(members: tuple[float, ...]) -> None:
    p = ba.TruncatedNormal(*members)
    f = log_density(p)
    center = float(p.mean)
    assert relative(center, expected(p, lambda x: x)) < 1e-14
    spread = expected(p, lambda x: (x - center) ** 2)
    assert relative(p.moment(Deviation(center, 2.0)), spread) < 1e-13
    assert float(p.moment(Power(2.0))) == pytest.approx(float(expected(p, lambda x: x * x)), rel=1e-14)
    entropy = expected(p, lambda x: -f(x))
    assert p.entropy(unit="nat").value == pytest.approx(float(entropy), rel=1e-14, abs=1e-14)
    inner = center + 0.3 * math.sqrt(float(spread))
    assert float(p.log_density(inner)) == pytest.approx(float(f(mp.mpf(inner))), rel=1e-12, abs=1e-12)
    assert p.log_density(p.high + 1.0) == -INF
    low, high = points(p)[0], points(p)[-1]
    for c in (inner, float(low) - 1.0, float(high) + 1.0):
        inside = [x for x in points(p) if x < c] + [mp.mpf(c)] * (low < c < high) + [x for x in points(p) if x > c]
        true = mp.quad(lambda x, c=c: abs(x - mp.mpf(c)) * mp.exp(f(x)), inside)
        assert relative(p.moment(Deviation(c, 1.0)), true) < 1e-10


@pytest.mark.parametrize(
    "members", [(0.3, 1.0, -1.0, 2.0), (5.0, 2.0, -INF, 1.0), (-3.0, 1.0, 0.0, INF), (1.0, 3.0, -INF, INF)]
)
def test_truncated_normal_from_moments_is_its_inverse(members: tuple[float, ...]) -> None:
    p = ba.TruncatedNormal(*members)
    back = ba.TruncatedNormal.from_moments([p.moment(Power()), p.moment(Power(2.0))], low=p.low, high=p.high)
    assert float(back.location) == pytest.approx(members[0], rel=1e-10)
    assert float(back.scale) == pytest.approx(members[1], rel=1e-10)


@pytest.mark.parametrize("members", [*TRUNCATED, (0.0, 1.0, 1e3, INF)], ids=str)
def test_truncated_normal_quantiles_are_as_exact_as_numbers_are(members: tuple[float, ...]) -> None:
    p = ba.TruncatedNormal(*members)
    v = exact(p)
    low, high = ((end - v["location"]) / v["scale"] for end in (v["low"], v["high"]))
    u = np.array([1e-9, 0.1, 0.5, 0.9, 0.999999])
    with mp.workdps(400):
        whole = mass(low, high)
        for share, below, above in zip(u, p.quantile(u), p.upper_quantile(u), strict=True):
            for x, left in ((below, True), (above, False)):
                z = (mp.mpf(float(x)) - v["location"]) / v["scale"]
                true = (mass(low, z) if left else mass(z, high)) / whole
                rounding = 4e-16 * abs(x) * math.exp(float(p.log_density(x)))
                assert abs(true - share) <= rounding + 1e-14 * share
                found = p.cdf(x) if left else p.survival(x)
                assert float(found) == pytest.approx(float(true), rel=1e-13)


def test_truncated_normal_from_moments_of_a_batch() -> None:
    p = ba.TruncatedNormal([0.0, 0.4, 2.0], [0.2, 0.3, 1.0], 0.0, 1.0)
    back = ba.TruncatedNormal.from_moments([p.moment(Power()), p.moment(Power(2.0))], low=p.low, high=p.high)
    assert np.all(p._kl_divergence(back) < 1e-24)


@pytest.mark.parametrize(
    ("moments", "high", "words"),
    [
        ((0.5, 1 / 3), 1.0, "scale would be infinite"),
        ((0.5, 0.45), 1.0, "scale would be infinite"),
        ((1.0, 2.0), INF, "scale would be infinite"),
        ((1.0, 3.0), INF, "scale would be infinite"),
        ((0.5, 0.25), 1.0, "do not vary"),
        ((2.0, 5.0), 1.0, "outside the ends"),
        ((INF, INF), INF, "infinite or undefined"),
    ],
)
def test_truncated_normal_says_when_none_is_closest(moments: tuple[float, float], high: float, words: str) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(NoMinimiserError, match=words):
        ba.TruncatedNormal.from_moments([np.asarray(m) for m in moments], low=np.asarray(0.0), high=np.asarray(high))


def test_ends_out_of_order_are_refused() -> None:
    with pytest.raises(ba.UsageError, match="Uniform: low should be below high; got 2 and 2"):
        ba.Uniform([0.0, 2.0], [1.0, 2.0])
    with pytest.raises(ba.UsageError, match="TruncatedNormal: low should be below high; got inf and 1"):
        ba.TruncatedNormal(0.0, 1.0, INF, 1.0)


PROBABILITIES = (0.5, 0.5000001, 0.3, 0.72, 0.01, 0.999, 1e-6)


@pytest.mark.parametrize("probability", PROBABILITIES)
@pytest.mark.parametrize("gap", GAPS)
def test_continuous_bernoulli_divergence(probability: float, gap: float) -> None:
    p = ba.ContinuousBernoulli(probability)
    for other in (probability * (1 + gap), probability * (1 - gap), 1 - probability, 1e-9):
        if 0.0 < other < 1.0 and other != probability:
            q = ba.ContinuousBernoulli(other)
            with mp.workdps(75):
                a, b = logit(mp.mpf(probability)), logit(mp.mpf(other))
                size_p, size_q = (mp.log(mp.expm1(t) / t) if t else mp.mpf(0) for t in (a, b))
                mean = 1 / (1 - mp.exp(-a)) - 1 / a if a else mp.mpf(1) / 2
                true = size_q - size_p - (b - a) * mean
            assert relative(nats(p, q), true) < 1e-14, other
    assert nats(p, p) == 0.0


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_continuous_bernoulli_moments_and_distribution_function(probability: float) -> None:
    p = ba.ContinuousBernoulli(probability)
    check_moments(
        p,
        {
            Power(): lambda x: x,
            Power(2.0): lambda x: x * x,
            Power(2.5): lambda x: x ** mp.mpf(2.5),
            Power(-0.5): lambda x: x ** mp.mpf(-0.5),
            Deviation(0.2, 2.0): lambda x: (x - mp.mpf(0.2)) ** 2,
            LogPower(): mp.log,
            Exponential(-1.5): lambda x: mp.exp(-1.5 * x),
        },
        error=3e-12,
    )
    f = log_density(p)
    complement = mp.quad(lambda x: mp.log(x) * mp.exp(f(1 - x)), points(p))
    assert relative(p.moment(LogComplement()), complement) < 1e-14
    difference = p.moment(LogPower()) - p.moment(LogComplement())
    assert float(p.moment(LogitPower())) == float(difference)
    assert float(p.moment(Power(-1.0))) == INF
    f = log_density(p)
    assert p.entropy(unit="nat").value == pytest.approx(float(expected(p, lambda x: -f(x))), rel=1e-13, abs=1e-15)
    tilt = logit(mp.mpf(probability))
    for x in (1e-9, 0.1, 0.7, 0.999):
        below = mp.expm1(tilt * mp.mpf(x)) / mp.expm1(tilt) if tilt else mp.mpf(x)
        assert relative(p.cdf(x), below) < 5e-15
        assert relative(p.survival(x), 1 - below) < 5e-15
    u = np.array([1e-20, 1e-5, 0.2, 0.5, 0.9])
    np.testing.assert_allclose(p.cdf(p.quantile(u)), u, rtol=1e-13)
    np.testing.assert_allclose(p.survival(p.upper_quantile(u[1:])), u[1:], rtol=1e-9)
    back = ba.ContinuousBernoulli.from_moments([p.mean])
    assert float(back.p) == pytest.approx(probability, rel=1e-12)


def test_continuous_bernoulli_at_the_least_probability() -> None:
    p = ba.ContinuousBernoulli(1e-305)
    tilt = -logit(mp.mpf(1e-305))
    assert relative(p.mean, 1 / tilt) < 1e-15
    assert relative(p.moment(LogPower()), -(mp.log(tilt) + mp.euler)) < 1e-15
    assert relative(p.moment(LogComplement()), -mp.ei(tilt) * mp.exp(-tilt)) < 1e-15
    for mean in (0.0, 1.0, math.nan):
        with pytest.raises(NoMinimiserError, match="between 0 and 1"):
            ba.ContinuousBernoulli.from_moments([np.asarray(mean)])


def check_moments(p: ba.Uniform, table: dict[Statistic, object], error: float = 1e-13) -> None:
    for statistic, function in table.items():
        assert relative(p.moment(statistic), expected(p, function)) < error, statistic


def test_uniform_moments() -> None:
    cases = [
        (ba.Uniform(0.25, 0.75), Power(-2.5), lambda x: x ** mp.mpf(-2.5)),
        (ba.Uniform(0.25, 0.75), Power(-1.0), lambda x: 1 / x),
        (ba.Uniform(0.25, 0.75), LogPower(), mp.log),
        (ba.Uniform(0.25, 0.75), LogPower(2.0), lambda x: mp.log(x) ** 2),
        (ba.Uniform(0.25, 0.75), LogComplement(), lambda x: mp.log1p(-x)),
        (ba.Uniform(0.25, 0.625), LogitPower(), lambda x: mp.log(x) - mp.log1p(-x)),
        (ba.Uniform(0.0, 1.0), LogComplement(2.5), lambda x: mp.log1p(-(x ** mp.mpf(2.5)))),
        (ba.Uniform(0.0, 1.0), LogitPower(2.0), lambda x: (mp.log(x) - mp.log1p(-x)) ** 2),
        (ba.Uniform(0.0, 2.0), LogPower(2.0), lambda x: mp.log(x) ** 2),
        (ba.Uniform(5.0, 5.0 + 1e-9), Power(3.0), lambda x: x**3),
        (ba.Uniform(5.0, 5.0 + 1e-9), LogPower(), mp.log),
        (ba.Uniform(-3.0, 1.0), Power(), lambda x: x),
        (ba.Uniform(-3.0, 1.0), Power(2.0), lambda x: x**2),
        (ba.Uniform(-3.0, 1.0), Power(3.0), lambda x: x**3),
        (ba.Uniform(-3.0, -1.0), Power(3.0), lambda x: x**3),
        (ba.Uniform(-3.0, -1.0), Power(-2.0), lambda x: x**-2),
        (ba.Uniform(-3.0, 1.0), Deviation(-5.0, 1.5), lambda x: (x + 5) ** mp.mpf(1.5)),
        (ba.Uniform(-3.0, 1.0), Deviation(2.0, 1.0), lambda x: 2 - x),
        (ba.Uniform(-3.0, 1.0), Exponential(300.0), lambda x: mp.exp(300 * x)),
        (ba.Uniform(-3.0, 1.0), Exponential(-2.0), lambda x: mp.exp(-2 * x)),
        (ba.Uniform(-3.0, 1.0), Cosine(), mp.cos),
        (ba.Uniform(-3.0, 1.0), Sine(), mp.sin),
    ]
    for p, statistic, function in cases:
        assert relative(p.moment(statistic), expected(p, function)) < 1e-13, (p, statistic)
    inside = ba.Uniform(-3.0, 1.0).moment(Deviation(0.0, 1.5))
    assert float(inside) == pytest.approx((3.0**2.5 + 1.0) / 2.5 / 4.0, rel=1e-15)
    assert float(ba.Uniform(0.0, 1.0).moment(Power(-1.0))) == INF
    assert float(ba.Uniform(-1.0, 1.0).moment(Power(-2.0))) == INF
    assert math.isnan(float(ba.Uniform(-1.0, 1.0).moment(Power(-1.0))))
    assert math.isnan(float(ba.Uniform(-1.0, 1.0).moment(Power(0.5))))
    assert math.isnan(float(ba.Uniform(-1.0, 1.0).moment(LogPower())))


@pytest.mark.parametrize("gap", GAPS)
def test_uniform_divergence(gap: float) -> None:
    p, q = ba.Uniform(2.0, 3.0), ba.Uniform(2.0 - gap, 3.0 + 2 * gap)
    a, b = exact(p), exact(q)
    true = mp.log((b["high"] - b["low"]) / (a["high"] - a["low"]))
    assert relative(nats(p, q), true) < 1e-15
    assert ba.kl_divergence(q, p).note == "support: P has mass outside that of Q, which is numbers from 2 to 3"
    assert ba.Uniform(2.0, 6.0).entropy().value == 2.0


@pytest.mark.parametrize("a", [1e-3, 0.5, 2.0, 1e6])
@pytest.mark.parametrize("b", [1e-3, 0.7, 1.0, 1e6])
def test_kumaraswamy_closed_forms(a: float, b: float) -> None:
    p = ba.Kumaraswamy(a, b)
    u, v = mp.mpf(a), mp.mpf(b)
    harmonic = mp.euler + mp.digamma(v + 1)
    assert relative(p._entropy(), (1 - 1 / u) * harmonic + 1 - 1 / v - mp.log(u * v)) < 1e-13
    assert relative(p.moment(LogPower()), -harmonic / u) < 1e-12
    assert relative(p.moment(LogComplement(a)), -1 / v) < 1e-15
    second = (harmonic**2 + mp.zeta(2) - mp.polygamma(1, v + 1)) / u**2
    assert relative(p.moment(LogPower(2.0)), second) < 1e-12
    for k in (1.0, 2.0, -0.3 * a):
        true = v * mp.beta(1 + mp.mpf(k) / u, v)
        if mp.mpf(1e-290) < true < mp.mpf(1e290):
            assert relative(p.moment(Power(k)), true) < 1e-12, k
    assert float(p.moment(Power(-a))) == INF
    mean, square = (v * mp.beta(1 + k / u, v) for k in (1, 2))
    if square > mp.mpf(1e-290) and b > 0.1:
        center = mp.mpf(float(p.mean))
        assert relative(p.moment(Deviation(float(center), 2.0)), square - 2 * center * mean + center**2) < 1e-11
    for gap in GAPS:
        q = ba.Kumaraswamy(a, b * (1 + gap))
        ratio = mp.mpf(float(q.b)) / v
        assert relative(nats(p, q), ratio - 1 - mp.log(ratio)) < 2e-15
    back = ba.Kumaraswamy.from_moments([p.moment(LogComplement(a))], a=p.a)
    assert float(back.b) == pytest.approx(b, rel=1e-15)


@pytest.mark.parametrize(("a", "b"), [(0.5, 2.0), (2.0, 2.0), (5.0, 0.5), (0.01, 30.0), (100.0, 0.05)])
def test_kumaraswamy_density_distribution_function_and_ratio(a: float, b: float) -> None:
    p = ba.Kumaraswamy(a, b)
    f = log_density(p)
    x = np.array([1e-9, 0.01, 0.3, 0.9, 1 - 1e-9])
    np.testing.assert_allclose(p.log_density(x), [float(f(mp.mpf(float(v)))) for v in x], rtol=1e-12, atol=1e-14)
    u = np.array([1e-9, 0.2, 0.5, 0.9])
    usable = u[(p.quantile(u) > 0.0) & (p.quantile(u) < 1.0 - 1e-9)]
    np.testing.assert_allclose(p.survival(p.quantile(usable)), 1.0 - usable, rtol=1e-6)
    np.testing.assert_allclose(
        p.survival(x), [float((1 - mp.mpf(float(v)) ** mp.mpf(a)) ** mp.mpf(b)) for v in x], rtol=1e-12
    )
    for gap in (0.5, 1e-4, 1e-12):
        q = ba.Kumaraswamy(a * (1 + gap), b * (1 - gap / 3))
        g = log_density(q)
        true = [g(mp.mpf(float(v))) - f(mp.mpf(float(v))) for v in x]
        size = sorted(map(abs, true))[len(true) // 2]
        for found, wanted in zip(p._log_ratio(q, x), true, strict=True):
            assert abs(mp.mpf(float(found)) - wanted) <= 1e-12 * max(abs(wanted), size)


@pytest.mark.parametrize(("a", "b"), [(0.5, 2.0), (5.0, 0.05), (1e3, 1e4), (1.0, 1e-4)])
@pytest.mark.parametrize("gap", [1e-12, 1e-5, 0.05, -0.6, 4.0])
def test_kumaraswamy_divergence_of_another_power(a: float, b: float, gap: float) -> None:
    p = ba.Kumaraswamy(a, b)
    q = ba.Kumaraswamy(a * (1 + gap), b * (1 - gap / 7))
    u, v, w, z = (mp.mpf(float(x)) for x in (p.a, p.b, q.a, q.b))
    with mp.workdps(60):

        def cost(s: mp.mpf) -> mp.mpf:
            e = mp.exp(s)
            power = mp.log1p(-mp.exp(-e / v)) if e > v else mp.log(-mp.expm1(-e / v))
            ratio = (u - w) / u * power + (v - 1) * (-e / v) - (z - 1) * mp.log(-mp.expm1(w / u * power))
            return mp.exp(s - e) * (ratio + mp.log(u * v / (w * z)))

        true = mp.quad(cost, [-110, -50, -25, *range(-15, 5), 5.2])
    found = ba.kl_divergence(p, q, unit="nat")
    assert relative(found.value, true) < 1e-13
    assert found.low <= true <= found.high


def test_kumaraswamy_divergence_of_a_batch_with_and_without_the_same_power() -> None:
    p, q = ba.Kumaraswamy([1.0, 2.0, 3.0], 2.0), ba.Kumaraswamy([[1.0], [3.0]], [[2.5], [2.0]])
    whole = ba.kl_divergence(p, q, unit="nat")
    one = [[ba.kl_divergence(p[j], q[i, 0], unit="nat").value for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(whole.value, one, rtol=1e-14)
    assert whole.value[1, 2] == 0.0
    assert whole.method[0, 0] == "closed form"
    assert whole.method[0, 1] == "quadrature"


def test_kumaraswamy_refuses_what_no_member_has() -> None:
    with pytest.raises(NoMinimiserError, match="b would be infinite"):
        ba.Kumaraswamy.from_moments([np.asarray(0.0)], a=np.asarray(1.0))
    with pytest.raises(NoMinimiserError, match="infinite or undefined"):
        ba.Kumaraswamy.from_moments([np.asarray(-INF)], a=np.asarray(1.0))


def test_logit_normal_is_a_normal_distribution_of_the_logit() -> None:
    p, q = ba.LogitNormal(0.3, 2.0), ba.LogitNormal(0.3 + 1e-9, 2.0)
    assert nats(p, q) == nats(ba.Normal(0.3, 2.0), ba.Normal(0.3 + 1e-9, 2.0))
    x = mp.mpf(0.8)
    y = logit(x)
    true = -(((y - mp.mpf(0.3)) / 2) ** 2) / 2 - mp.log(2 * mp.sqrt(2 * mp.pi)) - mp.log(x * (1 - x))
    assert relative(p.log_density(0.8), true) < 1e-14
    assert p.log_density([0.0, 1.0, 2.0]).tolist() == [-INF] * 3
    assert float(p.moment(LogitPower())) == 0.3
    assert float(p.moment(LogitPower(2.0))) == pytest.approx(4.09, rel=1e-15)
    assert float(p.cdf(p.quantile(0.25))) == pytest.approx(0.25, rel=1e-14)
    assert float(p.survival(p.upper_quantile(1e-9))) == pytest.approx(1e-9, rel=1e-6)
    back = ba.LogitNormal.from_moments([p.moment(LogitPower()), p.moment(LogitPower(2.0))])
    assert float(back.logit_sd) == pytest.approx(2.0, rel=1e-14)
    drawn = p.sample(2000, seed=1)
    assert abs(np.mean(np.log(drawn / (1 - drawn))) - 0.3) < 4 * 2.0 / math.sqrt(2000)
    with pytest.raises(NoMinimiserError, match="of the logits, no normal distribution is closest"):
        ba.LogitNormal.from_moments([np.asarray(1.0), np.asarray(1.0)])


@given(st.floats(1e-6, 1 - 1e-6), st.floats(1e-6, 1 - 1e-6), st.floats(-50.0, 50.0), st.floats(0.01, 50.0))
def test_divergences_are_never_negative(p: float, q: float, location: float, scale: float) -> None:
    first, second = ba.ContinuousBernoulli(p), ba.ContinuousBernoulli(q)
    assert float(first._kl_divergence(second)) >= 0.0
    mirrored = ba.ContinuousBernoulli(1 - p)._kl_divergence(ba.ContinuousBernoulli(1 - q))
    assert float(first._kl_divergence(second)) == pytest.approx(float(mirrored), rel=1e-6, abs=1e-20)
    one, other = ba.TruncatedNormal(location, scale, 0.0, 1.0), ba.TruncatedNormal(0.0, 1.0, -0.5, 1.0)
    assert float(one._kl_divergence(other)) >= 0.0
    moved = one.standardised(np.asarray(3.0), np.asarray(2.0))._kl_divergence(
        other.standardised(np.asarray(3.0), np.asarray(2.0))
    )
    assert float(one._kl_divergence(other)) == pytest.approx(float(moved), rel=1e-9)


def test_batches_are_their_members() -> None:
    p = ba.TruncatedNormal([0.0, 5.0, -40.0], [1.0, 2.0, 0.5], 0.0, [1.0, INF, 2.0])
    q = ba.TruncatedNormal(0.1, 1.0, -1.0, INF)
    np.testing.assert_allclose(p._kl_divergence(q), [p[i]._kl_divergence(q) for i in range(3)], rtol=1e-14)
    np.testing.assert_allclose(p.mean, [p[i].mean for i in range(3)], rtol=1e-15)
    first = ba.ContinuousBernoulli([0.5, 1e-9, 0.7])
    second = ba.ContinuousBernoulli([[0.5], [0.9]])
    whole = first._kl_divergence(second)
    assert whole.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        assert whole[i, j] == pytest.approx(float(first[j]._kl_divergence(second[i, 0])), rel=1e-14)
