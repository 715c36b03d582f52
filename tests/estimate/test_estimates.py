"""Estimates from counts: independent values, laws, degenerate inputs."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bitsapart.estimate.divergence import account, divergence_with_prior, entropy, js_divergence, kl_divergence
from bitsapart.estimate.kl_divergence import digamma_divergence
from bitsapart.estimate.intervals.noncentral import Spread, interval, probability_below
from bitsapart.estimate.rows import rows_to_decide
from bitsapart.values.unit import Unit


def harmonic(k):
    """1 + 1/2 + ... + 1/k exactly."""
    return mpmath.fsum(mpmath.mpf(1) / i for i in range(1, k + 1))


def zhang_grabchak(p, q):
    """The same estimate by harmonic numbers: psi(k + 1) = H_k - gamma."""
    n, m = sum(p), sum(q)
    with mpmath.workdps(40):
        total = mpmath.mpf(0)
        for x, y in zip(p, q, strict=True):
            if x:
                total += mpmath.mpf(x) / n * (harmonic(x - 1) - harmonic(n - 1) - harmonic(y) + harmonic(m))
        return float(total)


counts = (
    st.integers(2, 10)
    .flatmap(lambda k: st.tuples(*[st.lists(st.integers(0, 300), min_size=k, max_size=k)] * 2))
    .filter(lambda two: sum(two[0]) > 0 and sum(two[1]) > 0)
)


def test_values_by_harmonic_numbers():
    p, q = [30, 20, 7, 1, 0], [10, 25, 40, 3, 2]
    assert kl_divergence(p, q, 0.95).value == pytest.approx(zhang_grabchak(p, q), rel=1e-12)
    own = float(harmonic(57) - sum(mpmath.mpf(x) / 58 * harmonic(x - 1) for x in p if x))
    assert entropy(p, 0.95).value == pytest.approx(own, rel=1e-12)


@pytest.mark.parametrize("mean", [4.0, 8.0])
def test_digamma_is_free_of_bias_by_exact_enumeration(mean):
    """Binomial expectations by summing the whole law: entropy and divergence of two outcomes."""
    size, share, other = 40, mean / 40, 0.3
    x = np.arange(size + 1)
    first, second = stats.binom.pmf(x, size, share), stats.binom.pmf(x, size, other)
    # finite estimates for every pair, weighted with its probability
    found = sum(
        first[i] * second[j] * digamma_divergence(np.array([i, size - i], float), np.array([j, size - j], float))
        for i in x
        for j in x
        if first[i] * second[j] > 1e-12
    )
    exact = share * math.log(share / other) + (1 - share) * math.log((1 - share) / (1 - other))
    plug_in_bias = 1 / size
    assert abs(found - exact) < 0.06 * plug_in_bias


@given(counts, st.sampled_from([0.5, 0.9, 0.95, 0.9999]))
@settings(max_examples=150, deadline=None)
def test_laws(two, level):
    p, q = map(np.array, two)
    found = account(p, q, level)
    js = js_divergence(p, q, level)
    for estimate in (found.entropy, found.divergence, found.cross_entropy, js):
        assert 0.0 <= estimate.low <= estimate.value <= estimate.high
        assert estimate.unit is Unit.nat
        assert estimate.level == level
    assert found.cross_entropy.value == found.entropy.value + found.divergence.value
    assert js.high <= math.log(2)
    assert found.entropy.high <= math.log(p.size) + 1e-12
    infinite = bool(np.any((q == 0) & (p > 0)))
    assert (found.divergence.kind == "bound") == infinite == math.isinf(found.divergence.high)
    back = js_divergence(q, p, level)
    assert (back.value, back.low, back.high) == pytest.approx((js.value, js.low, js.high), rel=1e-6, abs=1e-9)
    order = np.random.default_rng(0).permutation(p.size)
    other = kl_divergence(p[order], q[order], level)
    assert other.low == pytest.approx(found.divergence.low, rel=1e-6, abs=1e-9)


@given(counts)
@settings(max_examples=60, deadline=None)
def test_intervals_widen_with_their_level(two):
    p, q = map(np.array, two)
    for estimator in (kl_divergence, js_divergence):
        inner, outer = estimator(p, q, 0.9), estimator(p, q, 0.99)
        assert outer.low <= inner.low + 1e-9
        assert outer.high >= inner.high - 1e-9


@pytest.mark.parametrize("p", [[1, 0], [0, 1], [2, 0], [1, 1], [5, 0], [3, 2]])
@pytest.mark.parametrize("q", [[1, 0], [0, 1], [2, 0], [1, 1], [0, 5], [3, 2]])
def test_tiny_samples_have_wide_intervals(p, q):
    for level in (0.95, 0.9999):
        for estimate in (kl_divergence(p, q, level), js_divergence(p, q, level), entropy(p, level)):
            assert math.isfinite(estimate.low)
            assert not math.isnan(estimate.high)
            assert estimate.high - estimate.low > 0.1
        found = divergence_with_prior(p, q, 0.5, level)
        assert math.isfinite(found.high)
        rows_to_decide(p, q, 0.01, level)


def test_no_rows_is_unknown():
    for estimate in (kl_divergence([0, 0], [1, 2], 0.9), js_divergence([1, 1], [0, 0], 0.9), entropy([0, 0], 0.9)):
        assert math.isnan(estimate.value)
        assert (estimate.low, estimate.high, estimate.kind) == (None, None, "unknown")
    assert account([0, 0], [1, 2], 0.9).cross_entropy.low is None
    assert rows_to_decide([0, 0], [1, 2], 0.01, 0.95) is None


def test_a_single_outcome_is_certain():
    found = account([10], [20], 0.95)
    for estimate in (found.entropy, found.divergence, found.cross_entropy, js_divergence([10], [20], 0.95)):
        assert (estimate.value, estimate.low, estimate.high) == (0.0, 0.0, 0.0)


def test_null_interval_is_the_noncentral_chi_squared_of_the_textbook():
    """Where slope = 2 c and variance = c b the law is (c / 2) chi'2: against scipy's ncx2."""
    c, freedom = 2e-3, 9
    bias = c * freedom / 2
    for estimate in (-0.002, 0.003, 0.02):
        spread = Spread(estimate, bias, c * bias, 2 * c)
        for truth in (0.001, 0.01, 0.03):
            expected = stats.ncx2.cdf(2 * (estimate + bias) / c, freedom, 2 * truth / c)
            assert probability_below(spread, truth) == pytest.approx(expected, abs=1e-9)


def test_far_from_zero_the_interval_is_wald():
    spread = Spread(0.5, 1e-5, 1e-11, 4e-5)
    low, high = interval(spread, 0.95)
    reach = 1.96 * math.sqrt(0.5 * 4e-5)
    assert (0.5 - low, high - 0.5) == pytest.approx((reach, reach), rel=0.02)


def test_gamma_takes_over_without_a_step():
    ends = [interval(Spread(x, 5e-4, 5e-8, 2e-4), 0.95) for x in np.linspace(0.2, 0.35, 40)]
    for end in range(2):
        steps = np.diff([both[end] for both in ends])
        assert steps.min() > 0.9 * np.median(steps)
        assert steps.max() < 1.1 * np.median(steps)


def test_large_counts_do_not_fail():
    p, q = np.array([10**9, 2 * 10**9, 3 * 10**9]), np.array([10**9, 2 * 10**9, 3 * 10**9 + 10**6])
    exact = float(stats.entropy(p, q))
    found = kl_divergence(p, q, 0.9999)
    assert found.low < exact < found.high
    assert found.value == pytest.approx(exact - (1 / 6e9 + 1 / 6.001e9), rel=1e-4)


def test_infinite_has_a_low_end_that_grows_with_the_new_share():
    lows = [kl_divergence([500 - k, 500, k], [500, 500, 0], 0.95).low for k in (1, 10, 50, 200)]
    assert lows == sorted(lows)
    assert lows[0] == pytest.approx(0.0, abs=2e-3)
    assert lows[-1] > 0.3


@given(st.integers(0, 200), st.integers(20, 300), st.integers(20, 300))
@settings(max_examples=60, deadline=None)
def test_prior_is_monotone_in_the_new_count(new, first, second):
    """The old outcomes are proportional on both sides, so every new row is dearer than what the escape is worth."""
    values = [
        divergence_with_prior([first, second, k, 0], [first, second, 0, 0], 0.5, 0.95).value for k in (new, new + 1)
    ]
    assert values[1] >= values[0]


def test_prior_merges_what_is_new_and_ignores_what_is_not():
    apart = divergence_with_prior([400, 500, 60, 40], [450, 550, 0, 0], 0.5, 0.95)
    together = divergence_with_prior([400, 500, 100], [450, 550, 0], 0.5, 0.95)
    assert apart == together
    split = divergence_with_prior([200, 200, 500, 100], [225, 225, 550, 0], 0.5, 0.95)
    assert split.value == pytest.approx(together.value, abs=2e-3)
    exact = (
        0.4 * math.log(0.4 / (450 / 1000.5)) + 0.5 * math.log(0.5 / (550 / 1000.5)) + 0.1 * math.log(0.1 * 1000.5 / 0.5)
    )
    assert together.value == pytest.approx(exact, abs=3e-3)
    assert together.low < exact < together.high


def test_prior_without_new_outcomes_is_the_plain_estimate():
    assert divergence_with_prior([40, 60], [50, 50], 0.5, 0.95) == kl_divergence([40, 60], [50, 50], 0.95)
