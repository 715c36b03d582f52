"""Sums over counts, against mpmath sums of 40 digits and closed forms."""

import math
from typing import ClassVar

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bitsapart as ba
from bitsapart.families.distribution import Distribution
from bitsapart.families.numeric.lattice_quantile import lattice_quantile, lattice_upper_quantile
from bitsapart.families.numeric.lattice_rule import lattice_rule
from bitsapart.families.numeric.sums import expectation, kl_terms, lattice_entropy, lattice_kl, sum_over
from bitsapart.families.parameter import POSITIVE
from bitsapart.families.support import Lattice

mp.mp.dps = 40
log = mp.log


def poisson(rate):
    rate = mp.mpf(rate)
    return lambda x: x * log(rate) - rate - mp.loggamma(x + 1)


def binomial(n, p):
    n, p = mp.mpf(n), mp.mpf(p)
    return lambda x: (
        mp.loggamma(n + 1) - mp.loggamma(x + 1) - mp.loggamma(n - x + 1) + x * log(p) + (n - x) * log(1 - p)
    )


def negative_binomial(r, p):
    r, p = mp.mpf(r), mp.mpf(p)
    return lambda x: mp.loggamma(x + r) - mp.loggamma(x + 1) - mp.loggamma(r) + r * log(p) + x * log(1 - p)


def logarithmic(p):
    p = mp.mpf(p)
    return lambda x: x * log(p) - log(-x * mp.log1p(-p))


def zeta(s):
    s = mp.mpf(s)
    total = log(mp.zeta(s))
    return lambda x: -s * log(x) - total


def kl_by_mpmath(log_p, log_q, values):
    return mp.fsum(mp.exp(log_p(mp.mpf(x))) * (log_p(mp.mpf(x)) - log_q(mp.mpf(x))) for x in values)


PAIRS = [
    (ba.Bernoulli(0.3), ba.Poisson(1.0), binomial(1, 0.3), poisson(1.0), range(2)),
    (ba.Bernoulli(1e-9), ba.Poisson(1e-9), binomial(1, 1e-9), poisson(1e-9), range(2)),
    (ba.Bernoulli(0.3), ba.Binomial(3, 0.1), binomial(1, 0.3), binomial(3, 0.1), range(2)),
    (ba.Bernoulli(0.3), ba.Geometric(0.7), binomial(1, 0.3), negative_binomial(1, 0.7), range(2)),
    (ba.Binomial(5, 0.3), ba.Binomial(7, 0.4), binomial(5, 0.3), binomial(7, 0.4), range(6)),
    (ba.Binomial(1000, 0.3), ba.Poisson(300.0), binomial(1000, 0.3), poisson(300.0), range(1001)),
    (ba.Binomial(1000, 1e-6), ba.Poisson(1e-3), binomial(1000, 1e-6), poisson(1e-3), range(40)),
    (ba.Poisson(1.0), ba.Geometric(0.4), poisson(1.0), negative_binomial(1, 0.4), range(100)),
    (ba.Poisson(200.0), ba.Geometric(0.01), poisson(200.0), negative_binomial(1, 0.01), range(700)),
    (ba.Poisson(3.0), ba.NegativeBinomial(1e6, 0.99999), poisson(3.0), negative_binomial(1e6, 0.99999), range(120)),
    (ba.Geometric(0.3), ba.Poisson(2.0), negative_binomial(1, 0.3), poisson(2.0), range(400)),
    (ba.NegativeBinomial(2.5, 0.2), ba.Poisson(8.0), negative_binomial(2.5, 0.2), poisson(8.0), range(600)),
    (ba.Logarithmic(0.6), ba.Geometric(0.5), logarithmic(0.6), negative_binomial(1, 0.5), range(1, 300)),
    (ba.Logarithmic(0.6), ba.Zeta(2.0), logarithmic(0.6), zeta(2.0), range(1, 300)),
    (ba.Logarithmic(0.9), ba.Zeta(1.2), logarithmic(0.9), zeta(1.2), range(1, 1000)),
]


@pytest.mark.parametrize(("p", "q", "log_p", "log_q", "values"), PAIRS, ids=lambda v: str(v)[:30])
def test_divergence_of_two_families(p, q, log_p, log_q, values):
    found, wanted = lattice_kl(p, q), kl_by_mpmath(log_p, log_q, values)
    error = abs(mp.mpf(float(found.value)) - wanted)
    assert error <= max(found.error, 3e-16 * wanted)
    # logarithms have some 16 digits: what two close ones differ by has fewer
    assert found.error <= 1e-13 * found.value + 4e-15 * math.sqrt(found.value)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (ba.Poisson(1e9), ba.Poisson(1e9 + 3)),
        (ba.Geometric(1e-9), ba.Geometric(2e-9)),
        (ba.Geometric(1e-100), ba.Geometric(2e-100)),
        (ba.Binomial(10**9, 0.3), ba.Binomial(10**9, 0.3001)),
        (ba.NegativeBinomial(1e6, 1e-3), ba.NegativeBinomial(1e6, 1.001e-3)),
        (ba.Zeta(1.1), ba.Zeta(1.2)),
        (ba.Zeta(40.0), ba.Zeta(20.0)),
        (ba.Logarithmic(1 - 1e-9), ba.Logarithmic(0.5)),
        (ba.DiscreteUniform(0, 10**9), ba.DiscreteUniform(-5, 2 * 10**9)),
        (ba.Poisson(0.0), ba.Poisson(2.0)),
        (ba.Bernoulli(1.0), ba.Bernoulli(0.1)),
    ],
    ids=str,
)
def test_sums_agree_with_closed_forms(p, q):
    found, wanted = lattice_kl(p, q), float(p._kl_divergence(q))
    assert float(found.value) == pytest.approx(wanted, rel=1e-11)
    assert abs(found.value - wanted) <= found.error + 4e-14 * wanted
    assert found.n < 500_000


@pytest.mark.parametrize(
    "p", [ba.Geometric(0.5), ba.Geometric(1e-9), ba.Zeta(1.1), ba.Zeta(30.0), ba.DiscreteUniform(-4, 10**12)], ids=str
)
def test_entropy_agrees_with_closed_forms(p):
    found, wanted = lattice_entropy(p), float(p._entropy())
    assert abs(found.value - wanted) <= found.error + 1e-14 * wanted
    assert found.error <= 1e-13 * found.value + 2e-15


def test_what_is_summed_whole_is_exact():
    found = lattice_kl(ba.Binomial(5, 0.3), ba.Binomial(7, 0.4))
    assert (found.kind, found.method, found.note, found.n) == ("exact", "finite sum", "", 8)
    found = lattice_kl(ba.Poisson(1.0), ba.Geometric(0.4))
    assert (found.kind, found.method) == ("bound", "series")


@pytest.mark.parametrize("s", [1.1, 1.5, 2.0])
def test_series_that_diverge_are_infinite(s):
    found = lattice_kl(ba.Zeta(s), ba.Poisson(3.0))
    assert found.value == math.inf
    assert found.kind == "exact"
    assert found.note == "the terms of its series do not fall off"


def test_series_that_only_just_converge():
    # E log x! by Euler and Maclaurin
    s, n = mp.mpf(2.25), 100

    def term(x):
        return x**-s * mp.loggamma(x + 1)

    tail = mp.quad(lambda t: term(n * mp.exp(t)) * n * mp.exp(t), [0, 20, 80, 400, 1200])
    odd = [mp.bernoulli(k) / mp.factorial(k) * mp.diff(term, n, k - 1) for k in (2, 4, 6, 8, 10)]
    rise = mp.fsum(term(mp.mpf(x)) for x in range(1, n)) + tail + term(n) / 2 - mp.fsum(odd)
    mean, mean_log = mp.zeta(s - 1) / mp.zeta(s), -mp.zeta(s, derivative=1) / mp.zeta(s)
    wanted = -s * mean_log - log(mp.zeta(s)) - mean * log(3) + 3 + rise / mp.zeta(s)
    found = lattice_kl(ba.Zeta(2.25), ba.Poisson(3.0))
    assert float(found.value) == pytest.approx(float(wanted), rel=1e-12)


def test_series_that_converge_too_slowly_are_said_to():
    found = lattice_entropy(ba.Zeta(1.005))
    assert found.kind == "unknown"
    assert found.note == "its series converges too slowly to be added up"


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_close_pairs_keep_their_digits(gap):
    rate = 7.0 * (1.0 + gap)
    found = lattice_kl(ba.Poisson(7.0), ba.Poisson(rate))
    wanted = 7 * log(mp.mpf(7) / mp.mpf(rate)) - 7 + mp.mpf(rate)
    assert abs(mp.mpf(float(found.value)) - wanted) <= found.error
    assert found.error <= 1e-14 / gap * found.value


def test_mass_outside_of_the_other_support():
    found = lattice_kl(ba.Categorical([0.2, 0.3, 0.5]), ba.Categorical([0.5, 0.0, 0.5]))
    assert found.value == math.inf
    assert found.note == "support: P has mass where Q has none"


def test_points_between_counts():
    p, q = ba.Empirical([0, 3, 7], [1, 2, 3]), ba.Poisson(2.0)
    weights = {0: mp.mpf(1) / 6, 3: mp.mpf(1) / 3, 7: mp.mpf(1) / 2}
    wanted = mp.fsum(w * (log(w) - poisson(2.0)(x)) for x, w in weights.items())
    assert float(lattice_kl(p, q).value) == pytest.approx(float(wanted), rel=1e-15)
    # all but 1e-9 of Q lies at the points
    points = np.arange(13.0)
    close = ba.Empirical(points, np.exp(ba.Poisson(2.0).log_density(points)))
    rest = mp.fsum(mp.exp(poisson(2.0)(x)) for x in range(13, 80))
    found = lattice_kl(close, q)
    assert float(found.value) == pytest.approx(float(rest), rel=1e-5)
    assert abs(float(found.value) + float(mp.log1p(-rest))) <= 1e-12 * rest + found.error


def test_js_hellinger_and_mass_over_the_union_of_supports():
    def js_terms(log_p, log_q):
        log_m = np.logaddexp(log_p, log_q) - math.log(2.0)
        return 0.5 * kl_terms(log_p, log_m) + 0.5 * kl_terms(log_q, log_m)

    apart = sum_over(ba.DiscreteUniform(0, 3), ba.DiscreteUniform(10**6, 10**6 + 9), js_terms)
    assert float(apart.value) == pytest.approx(math.log(2.0), rel=1e-15)
    mixed = sum_over(ba.Empirical([0.5, 2.0]), ba.Binomial(2, 0.5), js_terms)
    wanted = 0.25 * math.log(2) + 0.5 * (0.5 * math.log(0.5 / 0.375) + 0.25 * math.log(0.25 / 0.375))
    assert float(mixed.value) == pytest.approx(wanted + 0.5 * 0.75 * math.log(2), rel=1e-14)
    affinity = sum_over(ba.Poisson(3.0), ba.Poisson(8.0), lambda a, b: np.exp(0.5 * (a + b)))
    assert float(affinity.value) == pytest.approx(math.exp(-0.5 * (math.sqrt(3) - math.sqrt(8)) ** 2), rel=1e-14)
    assert sum_over(ba.Empirical([1.5]), ba.Empirical([1.5, 2.0]), kl_terms).value == pytest.approx(math.log(2))


def test_expectations():
    found = expectation(ba.Poisson([2.0, 1e6]), lambda x, shift: (x + shift) ** 2, np.array([1.0, 0.0]))
    assert found.value == pytest.approx([11.0, 1e12 + 1e6], rel=1e-13)


def test_batches_broadcast_and_are_what_their_members_are():
    p, q = ba.Poisson(np.linspace(0.0, 60.0, 7)[:, np.newaxis]), ba.Geometric([0.2, 1e-3])
    found = lattice_kl(p, q)
    assert found.value.shape == (7, 2)
    for i in range(7):
        for j in range(2):
            one = lattice_kl(p[i, 0], q[j])
            assert one.value == found.value[i, j]
            assert one.note == found.note[i, j]
    assert lattice_entropy(ba.Poisson([])).value.shape == (0,)


def test_a_batch_larger_than_what_is_held_at_once():
    n = np.arange(9000) % 7 + 1
    found = lattice_kl(ba.Binomial(n, 0.3), ba.Binomial(8, 0.2)).value
    assert (found[7:] == found[:-7]).all()


@given(st.floats(-3.0, 12.0), st.floats(-3.0, 12.0))
@settings(max_examples=60, deadline=None)
def test_any_two_rates(log_p, log_q):
    p, q = ba.Poisson(10.0**log_p), ba.Poisson(10.0**log_q)
    found, wanted = lattice_kl(p, q), float(p._kl_divergence(q))
    assert abs(found.value - wanted) <= found.error + 1e-14 * wanted
    assert found.kind == "bound"


@given(st.floats(0.2, 1e4), st.floats(-9.0, -0.01), st.floats(-9.0, -0.01))
@settings(max_examples=60, deadline=None)
def test_any_two_negative_binomials(r, log_p, log_q):
    p, q = ba.NegativeBinomial(r, 10.0**log_p), ba.NegativeBinomial(r, 10.0**log_q)
    found, wanted = lattice_kl(p, q), float(p._kl_divergence(q))
    assert abs(found.value - wanted) <= found.error + 1e-14 * wanted


class Mirrored(Distribution):
    """Of -X, X Poisson."""

    domains: ClassVar = {"rate": POSITIVE}

    def __init__(self, rate):
        self._set(rate=rate)

    @property
    def support(self):
        return Lattice(-np.inf, 0.0)

    def _log_density(self, x):
        return ba.Poisson(self.rate).log_density(-x)

    def _quantile(self, u):
        return -ba.Poisson(self.rate).upper_quantile(u)

    def _upper_quantile(self, u):
        return -ba.Poisson(self.rate).quantile(u)


def test_supports_without_a_lower_end():
    found = lattice_kl(Mirrored([3.0, 1e7]), Mirrored([5.0, 1.0001e7]))
    wanted = ba.Poisson([3.0, 1e7])._kl_divergence(ba.Poisson([5.0, 1.0001e7]))
    assert found.value == pytest.approx(wanted, rel=1e-12)


class Comb(Distribution):
    """Even numbers up to 2 n, with the same probability each."""

    domains: ClassVar = {"n": POSITIVE}

    def __init__(self, n):
        self._set(n=n)

    @property
    def support(self):
        return Lattice(0.0, 2.0 * self.n)

    def _log_density(self, x):
        return np.where(x % 2 == 0.0, -np.log(self.n + 1.0), -np.inf)

    def _quantile(self, u):
        return 2.0 * np.floor(u * self.n)

    def _upper_quantile(self, u):
        return 2.0 * np.floor((1.0 - u) * self.n)


def test_probabilities_that_are_not_smooth_are_added_up_one_by_one():
    found = lattice_kl(Comb(10**5), ba.DiscreteUniform(0, 2 * 10**5))
    assert float(found.value) == pytest.approx(math.log(200001 / 100001), rel=1e-12)
    assert found.n > 200_000


class Lost(Mirrored):
    """One whose quantiles point where there is no mass."""

    @property
    def support(self):
        return Lattice(0.0, 10.0**12)

    def _log_density(self, x):
        return np.where(np.abs(x - 7e11 - self.rate) < 3.0, -math.log(5.0), -np.inf)

    def _quantile(self, u):
        return np.zeros(np.shape(u))

    _upper_quantile = _quantile


def test_mass_that_is_not_found_is_not_passed_over():
    found = lattice_kl(Lost(12345.0), ba.DiscreteUniform(0, 10**12))
    assert found.kind == "unknown"
    assert found.note == "part of the mass was not found"


@pytest.mark.parametrize("exponent", [7, 10, 20, 53, 200, 900])
def test_rule_for_sums(exponent):
    nodes, matrix = lattice_rule(exponent)
    size = 2.0**exponent
    assert (nodes == np.floor(nodes)).all()
    assert (np.diff(nodes) > 0.0).all()
    assert nodes[0] >= 0.0
    assert nodes[-1] <= size - 1.0
    assert matrix[0] @ (nodes / size) == pytest.approx(0.5 * (1.0 - 1.0 / size), rel=1e-14)
    squares = (size - 1.0) / size * (2.0 - 1.0 / size) / 6.0
    assert matrix[0] @ (nodes / size) ** 2 == pytest.approx(squares, rel=1e-14)
    assert matrix[0] @ np.exp(-3.0 * nodes / size) == pytest.approx(
        math.expm1(-3.0) / math.expm1(-3.0 / size) / size, rel=1e-13
    )
    assert matrix[1:] @ np.exp(-3.0 * nodes / size) == pytest.approx(0.0, abs=1e-13)


@given(st.floats(1e-290, 0.999), st.floats(1e-9, 0.9999))
@settings(max_examples=100, deadline=None)
def test_quantiles_by_search(p, u):
    def survival(x):
        return np.exp((x + 1.0) * np.log1p(-p))

    x = float(lattice_upper_quantile(survival, np.array(u), 0.0, ()))
    assert survival(x) <= u
    assert x == 0.0 or survival(x - max(1.0, x * 2**-50)) > u
    y = float(lattice_quantile(lambda x: -np.expm1((x + 1.0) * np.log1p(-p)), np.array(1.0 - u), 0.0, ()))
    assert y == pytest.approx(x, rel=1e-6, abs=1.0)


def test_quantiles_of_all_and_of_nothing():
    found = lattice_quantile(lambda x: 1.0 - 0.5**x, np.array([0.0, 1.0, -0.1, np.nan]), 1.0, ())
    assert found.tolist()[:2] == [1.0, math.inf]
    assert np.isnan(found[2:]).all()
