"""Cauchy, half-Cauchy, Student's t and logistic distributions, against mpmath on the exact parameters."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.statistic import Cosine, Deviation, Exponential, LogPower, Power, Sine

GAPS = (0.5, 1e-2, 1e-4, 1e-8, 1e-12)
HALF_LINE = [0, 1, 5, 30, 1e3, 1e6, mp.inf]
LINE = [-mp.inf, -1e3, -30, -5, -1, 0, 1, 5, 30, 1e3, mp.inf]


def exact(distribution: ba.Cauchy) -> dict[str, mp.mpf]:
    return {name: mp.mpf(float(value)) for name, value in distribution.parameters.items()}


def relative(found: float, true: mp.mpf) -> float:
    return float(abs(mp.mpf(float(found)) / true - 1))


def log_density(p: ba.Cauchy):
    """Of a member of one of these families, as a function of mpmath numbers."""
    v = exact(p)
    scale, location = v["scale"], v.get("location", mp.mpf(0))
    if isinstance(p, ba.Logistic):

        def logistic(x: mp.mpf) -> mp.mpf:
            z = abs(x - location) / scale
            return -z - 2 * mp.log1p(mp.exp(-z)) - mp.log(scale)

        return logistic
    df = v.get("df", mp.mpf(1))
    constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi * df) / 2 - mp.log(scale)
    constant += mp.log(2) if isinstance(p, ba.HalfCauchy) else 0
    return lambda x: constant - (df + 1) / 2 * mp.log1p(((x - location) / scale) ** 2 / df)


def members() -> list:
    return [
        ba.Cauchy(0.0, 1.0),
        ba.Cauchy(100.0, 0.1),
        ba.HalfCauchy(2.0),
        ba.Logistic(0.0, 1.0),
        ba.Logistic(-50.0, 0.25),
        *(ba.StudentT(df, 3.0, 0.5) for df in (0.1, 1.0, 2.5, 31.0, 33.0, 1e4, 1e8)),
    ]


@pytest.mark.parametrize("p", members(), ids=str)
def test_log_density_far_and_near(p: ba.Cauchy) -> None:
    location = float(p.parameters.get("location", 0.0))
    x = location + float(p.scale) * np.array([0.0, 1e-9, 0.3, 1.0, 30.0, 1e5, 1e20, 1e170])
    x = x[:6] if isinstance(p, ba.Logistic) else x
    with mp.workdps(60):
        true = [float(log_density(p)(mp.mpf(float(v)))) for v in x]
    np.testing.assert_allclose(p.log_density(x), true, rtol=4e-15, atol=1e-15)


@pytest.mark.parametrize("p", members(), ids=str)
@pytest.mark.parametrize("gap", GAPS)
def test_log_ratio_has_all_digits_however_close(p: ba.Cauchy, gap: float) -> None:
    with mp.workdps(70):
        for name in p.parameters:
            given_, moved = dict(p.parameters), dict(p.parameters)
            moved[name] = np.asarray(given_[name] * (1.0 + gap) if given_[name] else gap)
            q = type(p)(**moved)
            location = float(p.parameters.get("location", 0.0))
            x = location + float(p.scale) * np.array([0.0, 0.1, 0.7, 1.0, 2.0, 6.0, 40.0, 300.0])
            f, g = log_density(p), log_density(q)
            true = [g(mp.mpf(float(v))) - f(mp.mpf(float(v))) for v in x]
            size = sorted(map(abs, true))[len(true) // 2]
            for found, wanted in zip(p._log_ratio(q, x), true, strict=True):
                assert abs(mp.mpf(float(found)) - wanted) <= 2e-14 * max(abs(wanted), size), (name, gap)


@pytest.mark.parametrize("gap", GAPS)
def test_cauchy_divergence(gap: float) -> None:
    p = ba.Cauchy(3.0, 2.0)
    for q in (ba.Cauchy(3.0 * (1 + gap), 2.0), ba.Cauchy(3.0, 2.0 * (1 + gap)), ba.Cauchy(3.0 - gap, 2.0 * (1 - gap))):
        with mp.workdps(60):
            a, b = exact(p), exact(q)
            total = (a["scale"] + b["scale"]) ** 2 + (a["location"] - b["location"]) ** 2
            true = mp.log(total / (4 * a["scale"] * b["scale"]))
        assert relative(ba.kl_divergence(p, q, unit="nat").value, true) < 2e-15
    half = ba.kl_divergence(ba.HalfCauchy(2.0), ba.HalfCauchy(2.0 * (1 + gap)), unit="nat")
    assert half.value == ba.kl_divergence(ba.Cauchy(0.0, 2.0), ba.Cauchy(0.0, 2.0 * (1 + gap)), unit="nat").value


def test_cauchy_divergence_agrees_with_quadrature_of_the_densities() -> None:
    p, q = ba.Cauchy(0.0, 1.0), ba.Cauchy(2.0, 3.0)
    f, g = log_density(p), log_density(q)
    true = mp.quad(lambda x: mp.exp(f(x)) * (f(x) - g(x)), LINE)
    assert float(p._kl_divergence(q)) == pytest.approx(float(true), rel=1e-12)
    p, q = ba.HalfCauchy(1.0), ba.HalfCauchy(7.0)
    f, g = log_density(p), log_density(q)
    true = mp.quad(lambda x: mp.exp(f(x)) * (f(x) - g(x)), HALF_LINE)
    assert float(p._kl_divergence(q)) == pytest.approx(float(true), rel=1e-12)


def test_cauchy_divergence_at_the_ends_of_what_a_number_can_be() -> None:
    assert ba.kl_divergence(ba.Cauchy(0.0, 1e-300), ba.Cauchy(0.0, 1e300), unit="nat").value == pytest.approx(
        600 * math.log(10.0) - math.log(4.0), rel=1e-15
    )
    assert ba.kl_divergence(ba.Cauchy(-1e300, 1e-10), ba.Cauchy(1e300, 1e-10), unit="nat").value == pytest.approx(
        620 * math.log(10.0), rel=1e-15
    )


@pytest.mark.parametrize("df", [0.1, 1.0, 2.0, 15.9, 32.1, 1e3, 1e8])
def test_student_entropy_is_stable_at_any_degrees_of_freedom(df: float) -> None:
    with mp.workdps(50):
        v = mp.mpf(df)
        true = (v + 1) / 2 * (mp.digamma((v + 1) / 2) - mp.digamma(v / 2)) + mp.log(v) / 2
        true += mp.log(mp.beta(v / 2, mp.mpf(1) / 2)) + mp.log(3)
    assert relative(ba.StudentT(df, -7.0, 3.0).entropy(unit="nat").value, true) < 2e-15


@pytest.mark.parametrize("p", [ba.StudentT(3.0), ba.StudentT(30.0), ba.Logistic()], ids=str)
@pytest.mark.parametrize("gap", [0.3, 1e-4, 1e-12])
def test_divergence_by_quadrature_of_the_exact_ratio(p: ba.StudentT, gap: float) -> None:
    for q in (
        type(p)(**{**p.parameters, "location": np.asarray(gap)}),
        type(p)(**{**p.parameters, "scale": np.asarray(1.0 + gap)}),
    ):
        with mp.workdps(50):
            f, g = log_density(p), log_density(q)
            ends = (
                [-400, -100, *LINE[2:-2], 100, 400]
                if isinstance(p, ba.Logistic)
                else [-mp.inf, -1e6, *LINE[1:-1], 1e6, mp.inf]
            )
            true = mp.quad(lambda x, f=f, g=g: mp.exp(f(x)) * (f(x) - g(x)), ends)
        found = ba.kl_divergence(p, q, unit="nat")
        assert relative(found.value, true) < 1e-13
        assert ba.kl_divergence(p, p).value == 0.0


def test_moments_exist_where_they_do() -> None:
    t = ba.StudentT([0.5, 1.0, 1.5, 2.0, 4.0], 3.0, 2.0)
    np.testing.assert_equal(t.mean, [np.nan, np.nan, 3.0, 3.0, 3.0])
    np.testing.assert_equal(t.moment(Deviation(1.0, 2.0)), [np.inf] * 4 + [12.0])
    np.testing.assert_equal(t.moment(Power(2.0)), [np.inf] * 4 + [17.0])
    cauchy = ba.Cauchy(1.0, 2.0)
    assert math.isnan(cauchy.mean)
    assert float(cauchy.moment(Deviation(0.0, 2.0))) == math.inf
    assert float(cauchy.moment(Exponential(-3.0))) == math.inf
    assert ba.HalfCauchy(3.0).mean == math.inf
    assert ba.kl_divergence(cauchy, ba.Normal(0.0, 1.0)).value == math.inf
    assert ba.kl_divergence(ba.StudentT(2.0), ba.Normal(0.0, 1.0)).value == math.inf


def test_moments_against_quadrature() -> None:
    cases = [
        (ba.HalfCauchy(2.0), Power(0.5), lambda x: mp.sqrt(x), HALF_LINE),
        (ba.HalfCauchy(2.0), Power(-0.25), lambda x: x ** mp.mpf(-0.25), [0, 1e-9, 1e-3, *HALF_LINE[1:]]),
        (ba.HalfCauchy(2.0), LogPower(), mp.log, [0, 1e-3, *HALF_LINE[1:]]),
        (ba.HalfCauchy(2.0), LogPower(2.0), lambda x: mp.log(x) ** 2, [0, 1e-3, *HALF_LINE[1:]]),
        (ba.Logistic(0.5, 0.25), Deviation(0.75, 1.0), lambda x: abs(x - 0.75), [-40, -5, 0, 0.5, 0.75, 1, 5, 40]),
        (ba.Logistic(0.5, 0.25), Deviation(2.0, 2.0), lambda x: (x - 2) ** 2, [-40, -5, 0, 0.5, 1, 5, 40]),
        (ba.Logistic(0.5, 0.25), Power(2.0), lambda x: x * x, [-40, -5, 0, 0.5, 1, 5, 40]),
        (ba.Logistic(0.5, 0.25), Exponential(1.5), lambda x: mp.exp(1.5 * x), [-40, -5, 0, 0.5, 1, 5, 40]),
        (ba.StudentT(5.0, 1.0, 2.0), Deviation(4.0, 2.0), lambda x: (x - 4) ** 2, [-1e9, -1e6, *LINE[1:-1], 1e6, 1e9]),
    ]
    for p, statistic, function, ends in cases:
        f = log_density(p)
        true = mp.quad(lambda x, f=f, function=function: function(x) * mp.exp(f(x)), ends)
        assert float(p.moment(statistic)) == pytest.approx(float(true), rel=1e-7), (p, statistic)
    assert float(ba.Logistic(0.5, 0.25).moment(Exponential(-4.0))) == math.inf
    cauchy = ba.Cauchy(1.0, 2.0)
    assert float(cauchy.moment(Cosine())) == pytest.approx(math.exp(-2.0) * math.cos(1.0), rel=1e-15)
    assert float(cauchy.moment(Sine())) == pytest.approx(math.exp(-2.0) * math.sin(1.0), rel=1e-15)


@pytest.mark.parametrize("p", [ba.Cauchy(2.0, 3.0), ba.HalfCauchy(3.0)], ids=str)
def test_quantiles_are_exact_in_both_tails(p: ba.Cauchy) -> None:
    u = np.array([1e-200, 1e-20, 1e-5, 0.3, 0.5, 0.8])
    np.testing.assert_allclose(p.survival(p.upper_quantile(u)), u, rtol=1e-14)
    np.testing.assert_allclose(p.cdf(p.quantile(u)), u, rtol=1e-14 if isinstance(p, ba.HalfCauchy) else 1e-13)
    frozen = p._frozen()
    x = np.array([0.1, 1.0, 5.0, 40.0])
    np.testing.assert_allclose(p.cdf(x), frozen.cdf(x), rtol=1e-13)
    np.testing.assert_allclose(p.log_density(x), frozen.logpdf(x), rtol=1e-13)


@given(st.floats(0.2, 1e6), st.floats(-3.0, 3.0), st.floats(0.1, 10.0), st.floats(-20.0, 20.0))
def test_standardising_changes_the_density_by_the_scale(df: float, location: float, scale: float, x: float) -> None:
    for p in (ba.StudentT(df, 2.0, 3.0), ba.Cauchy(2.0, 3.0), ba.Logistic(2.0, 3.0)):
        moved = p.standardised(np.asarray(location), np.asarray(scale))
        expected = float(p.log_density(x)) + math.log(scale)
        assert float(moved.log_density((x - location) / scale)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_parameters_are_checked() -> None:
    with pytest.raises(ba.UsageError, match="StudentT: df should be a positive number; got 0"):
        ba.StudentT(0.0)
    with pytest.raises(ba.UsageError, match="Cauchy: scale"):
        ba.Cauchy(0.0, [1.0, -1.0])
