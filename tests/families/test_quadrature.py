"""Quadrature of densities of one number, against mpmath and closed forms: values, honest errors, infinities."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest

import bitsapart as ba
from bitsapart.families.numeric.panels import NODES, ROUGH, WEIGHTS
from bitsapart.families.numeric.quadrature import integral, quadrature_entropy, quadrature_kl


@pytest.fixture(autouse=True)
def _thirty_digits():
    with mp.workdps(30):
        yield


def check(found, true, rtol=1e-13):
    true = float(true)
    assert float(found.value) == pytest.approx(true, rel=rtol, abs=0.0)
    assert abs(float(found.value) - true) <= float(found.error) + 1e-16 * abs(true)


def test_the_rule_is_exact_for_polynomials_of_its_degree():
    for k in range(0, 32, 2):
        assert (WEIGHTS * NODES**k).sum() == pytest.approx(2.0 / (k + 1), rel=1e-14)
    for k in range(0, 20, 2):
        assert (ROUGH * NODES**k).sum() == pytest.approx(2.0 / (k + 1), rel=1e-14)


# log densities at 30 digits, of the exact floats given, and the ends between which each is integrated
REAL = {
    "normal": (ba.Normal(0.5, 1.5), lambda x: -(((x - 0.5) / mp.mpf(1.5)) ** 2) / 2 - mp.log(1.5 * mp.sqrt(2 * mp.pi))),
    "student": (ba.StudentT(3.0), lambda x: mp.log(2 / (mp.pi * mp.sqrt(3))) - 2 * mp.log1p(x * x / 3)),
    "logistic": (ba.Logistic(0.0, 1.0), lambda x: -abs(x) - 2 * mp.log1p(mp.exp(-abs(x)))),
    "laplace": (ba.Laplace(0.0, 1.0), lambda x: -abs(x) - mp.log(2)),
    "gumbel": (ba.Gumbel(0.0, 1.0), lambda x: -x - mp.exp(-x)),
    "cauchy": (ba.Cauchy(0.0, 1.0), lambda x: -mp.log(mp.pi) - mp.log1p(x * x)),
}
POSITIVE = {
    "gamma": (ba.Gamma(2.5, 1.5), lambda x: mp.log(mp.mpf(1.5) ** 2.5 / mp.gamma(2.5)) + 1.5 * mp.log(x) - 1.5 * x),
    "singular gamma": (
        ba.Gamma(0.25, 0.5),
        lambda x: mp.log(mp.mpf(0.5) ** 0.25 / mp.gamma(0.25)) - 0.75 * mp.log(x) - 0.5 * x,
    ),
    "log-normal": (ba.LogNormal(0.0, 1.0), lambda x: -(mp.log(x) ** 2) / 2 - mp.log(x * mp.sqrt(2 * mp.pi))),
    "exponential": (ba.Exponential(1.0), lambda x: -x),
    "inverse gamma": (ba.InverseGamma(3.0, 2.0), lambda x: mp.log(4) - 4 * mp.log(x) - 2 / x),
}
UNIT = {
    "beta": (ba.Beta(2.0, 3.0), lambda x: mp.log(12) + mp.log(x) + 2 * mp.log1p(-x)),
    "singular beta": (ba.Beta(0.5, 2.0), lambda x: -mp.log(mp.beta(0.5, 2)) - mp.log(x) / 2 + mp.log1p(-x)),
    "uniform": (ba.Uniform(0.0, 1.0), lambda x: mp.mpf(0)),
}
INFINITE = {("student", "gumbel"), ("logistic", "gumbel"), ("laplace", "gumbel"), ("cauchy", "normal")}
INFINITE |= {("cauchy", name) for name in ("student", "logistic", "laplace", "gumbel")} - {("cauchy", "student")}
INFINITE |= {("singular gamma", "inverse gamma"), ("exponential", "inverse gamma")}
PAIRS = [pair for families in (REAL, POSITIVE, UNIT) for pair in itertools.permutations(families, 2)]


def true_divergence(first, second):
    families = next(f for f in (REAL, POSITIVE, UNIT) if first in f)
    log_p, log_q = families[first][1], families[second][1]

    def term(x):
        return mp.exp(log_p(x)) * (log_p(x) - log_q(x))

    if families is REAL:
        far = [20, 60] if first in ("student", "cauchy") else []
        near = [0, 0.5, 1, 2, 4, 5.8]
        points = [-x for x in [*near, *far][::-1]] + [*near[1:], *far]
        return mp.quad(lambda s: term(mp.sinh(s)) * mp.cosh(s), points)
    if families is POSITIVE:
        points = [-300, -100, -40, -15, -5, -2, -1, 0, 1, 2, 3, 4, 5, *([8, 20, 60] if first[-5:] != "gamma" else [])]
        points = points if first != "inverse gamma" else [*points, 8, 20, 60]
        points = points if first != "exponential" else points[:13]
        return mp.quad(lambda s: term(mp.exp(s)) * mp.exp(s), points)
    return mp.quad(
        lambda s: (lambda x: term(x) * x * (1 - x))(1 / (1 + mp.exp(-s))), [-200, -60, -20, -6, -2, 0, 2, 6, 20, 60]
    )


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_pair_has_thirteen_digits_or_is_infinite(first, second):
    families = {**REAL, **POSITIVE, **UNIT}
    found = quadrature_kl(families[first][0], families[second][0])
    if (first, second) in INFINITE:
        assert found.value == np.inf
        assert "diverges" in str(found.note)
    else:
        check(found, true_divergence(first, second))


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (ba.Gamma(0.05, 1.0), ba.Gamma(0.08, 2.0)),
        (ba.Gamma(1e6, 1.0), ba.Gamma(1.001e6, 1.0)),
        (ba.Beta(0.5, 0.5), ba.Beta(1.0, 1.0)),
        (ba.LogNormal(0.0, 10.0), ba.LogNormal(1.0, 3.0)),
        (ba.Normal(0.0, 1e-8), ba.Normal(0.0, 1.0)),
        (ba.Normal(0.0, 1.0), ba.Normal(1000.0, 1.0)),
        (ba.Normal(1000.0, 1e-3), ba.Normal(1000.002, 1e-3)),
        (ba.Pareto(1.5, 2.0), ba.Pareto(2.5, 2.0)),
        (ba.Weibull(0.1, 1.0), ba.Weibull(0.2, 2.0)),
        (ba.VonMises(3.0, 2.0), ba.VonMises(-3.0, 1.0)),
        (ba.InverseGamma(0.1, 1.0), ba.InverseGamma(0.2, 2.0)),
    ],
)
def test_quadrature_agrees_with_closed_forms(p, q):
    check(quadrature_kl(p, q), p._kl_divergence(q))


@pytest.mark.parametrize(
    ("p", "q", "rtol"),
    [
        (ba.Gamma(1e-3, 1.0), ba.Gamma(2e-3, 1.0), 1e-9),
        (ba.Beta(0.05, 0.05), ba.Beta(0.1, 0.2), 1e-9),
        (ba.Beta(1e-3, 1e-3), ba.Beta(1.0, 1.0), 1e-7),
    ],
)
def test_mass_that_no_number_can_reach_is_extrapolated(p, q, rtol):
    check(quadrature_kl(p, q), p._kl_divergence(q), rtol)


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-8, 1e-12])
def test_close_pairs_keep_their_digits(gap):
    p, q = ba.StudentT(3.0, 0.0, 1.0), ba.StudentT(3.0, gap, 1.0)

    def term(x):
        shift = mp.mpf(gap)
        y = -2 * (mp.log1p((x - shift) ** 2 / 3) - mp.log1p(x * x / 3))
        return 2 / (mp.pi * mp.sqrt(3)) / (1 + x * x / 3) ** 2 * (mp.exp(y) - 1 - y)

    with mp.workdps(50):
        true = mp.quad(lambda s: term(mp.sinh(s)) * mp.cosh(s), [-40, -10, -4, -2, -1, 0, 1, 2, 4, 10, 40])
    check(quadrature_kl(p, q), true)


def test_a_slow_tail_is_summed_and_one_that_does_not_fall_is_infinite():
    # E log(p / q) for q normal is E x^2 / 2 = df / (df - 2) / 2 plus what the entropy of p is
    for df in (2.01, 2.5):
        p = ba.StudentT(df, 0.0, 1.0)
        true = df / (df - 2.0) / 2.0 + 0.5 * math.log(2.0 * math.pi) - float(p._entropy())
        assert float(quadrature_kl(p, ba.Normal(0.0, 1.0)).value) == pytest.approx(true, rel=1e-11)
    assert quadrature_kl(ba.StudentT(2.0, 0.0, 1.0), ba.Normal(0.0, 1.0)).value == np.inf


def test_a_finite_number_beyond_floats_is_unknown_and_not_a_number():
    # E x^10 = e^450, of whose integrand floats reach a part only
    found = quadrature_kl(ba.LogNormal(0.0, 3.0), ba.Weibull(10.0, 1.0))
    assert found.kind == "unknown"
    assert np.isnan(found.value)


def test_one_spike_in_q_is_found():
    p = ba.Normal(0.0, 1.0)
    found = quadrature_kl(p, ba.Mixture([0.5, 0.5], ba.Normal([0.0, 0.3], [1.0, 1e-9])))
    assert 0.0 < math.log(2.0) - float(found.value) < 1e-7
    assert float(found.error) < 1e-11


def test_batches_are_the_single_answers():
    mean, scale = np.linspace(-2.0, 2.0, 5), np.array([[0.5], [2.0]])
    many = quadrature_kl(ba.Normal(mean, 1.0), ba.Laplace(0.0, scale))
    assert many.value.shape == (2, 5)
    one = quadrature_kl(ba.Normal(mean[3], 1.0), ba.Laplace(0.0, 2.0))
    assert many.value[1, 3] == pytest.approx(float(one.value), rel=1e-14)
    assert quadrature_kl(ba.Normal(np.zeros(0), 1.0), ba.Laplace(0.0, 1.0)).value.shape == (0,)


@pytest.mark.parametrize(
    "p",
    [
        ba.Normal(1e6, 1e-6),
        ba.StudentT(3.0, 0.0, 1.0),
        ba.Cauchy(0.0, 1.0),
        ba.Gamma(0.3, 2.0),
        ba.Beta(0.5, 0.5),
        ba.Uniform(2.0, 5.0),
        ba.Weibull(1.5, 2.0),
    ],
)
def test_entropies(p):
    found = quadrature_entropy(p)
    assert float(found.value) == pytest.approx(float(p._entropy()), abs=float(found.error), rel=1e-15)
    assert float(found.error) < 1e-11


def test_expectations_with_parameters_of_a_batch():
    p = ba.Normal(np.array([0.0, 1.0]), 1.0)
    found = integral(p, lambda x, _log_p, center: np.abs(x - center), np.array([0.5, 0.5]), breakpoints=[np.array(0.5)])
    true = math.sqrt(2.0 / math.pi) * math.exp(-0.125) + 0.5 * math.erf(0.5 / math.sqrt(2.0))
    assert found.value == pytest.approx([true, true], rel=1e-14)
