"""Estimates from counts: independent values, laws, degenerate inputs."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bitsapart.estimate.cross_entropy import cross_entropy
from bitsapart.estimate.divergence import account, divergence_with_prior, relate
from bitsapart.estimate.divergence import js_in_nats as js_divergence
from bitsapart.estimate.divergence import kl_in_nats as kl_divergence
from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.intervals.basic_bootstrap import replicates
from bitsapart.estimate.intervals.noncentral import Spread, interval, probability_below
from bitsapart.estimate.intervals.rare_counts import poisson_limits
from bitsapart.estimate.jensen_shannon import js_divergence as public_js
from bitsapart.estimate.kl_divergence import kl_divergence as public_kl
from bitsapart.estimate.kl_moments import digamma_divergence
from bitsapart.estimate.rows import rows_to_decide
from bitsapart.estimate.too_few import expected_misses
from bitsapart.estimate.unseen_mass import unseen_mass
from bitsapart.values.errors import UsageError
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
    """Without small counts on the side of P nothing is taken off for unseen outcomes."""
    p, q = [30, 20, 7, 6], [10, 25, 40, 3]
    assert kl_divergence(p, q, 0.95).value == pytest.approx(zhang_grabchak(p, q), rel=1e-12)


def test_what_was_not_seen_of_p_is_taken_off():
    """By hand: f1 = 2, f2 = 1, of an alphabet that no zero lists, so A = 2 / ((n - 1) 2 + 2) by Chao, Wang & Jost."""
    p, q = [30, 20, 2, 1, 1], [10, 25, 40, 3, 9]
    n, rare = 54, 2 / (53 * 2 + 2)
    tail = 2 / n * float(mpmath.nsum(lambda r: (1 - mpmath.mpf(rare)) ** (r - n + 1) / r, [n, mpmath.inf]))
    assert kl_divergence(p, q, 0.95).value == pytest.approx(zhang_grabchak(p, q) - tail, rel=1e-9)


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
    for estimate in (found.divergence, found.cross_entropy, js):
        assert 0.0 <= estimate.low <= estimate.value <= estimate.high
        assert estimate.unit is Unit.nat
        assert estimate.level == level
    for estimate in (found.divergence, js):
        assert (estimate.kind == "bound") == estimate.note.startswith("too few data: ")
    assert found.cross_entropy.value == found.entropy.value + found.divergence.value
    assert js.high <= math.log(2)
    infinite = bool(np.any((q == 0) & (p > 0)))
    assert infinite == math.isinf(found.divergence.value)
    assert (found.divergence.kind == "bound") == math.isinf(found.divergence.high)
    assert found.divergence.kind == "bound" or not infinite
    back = js_divergence(q, p, level)
    assert (back.value, back.low, back.high) == pytest.approx((js.value, js.low, js.high), rel=1e-6, abs=1e-9)
    order = np.random.default_rng(0).permutation(p.size)
    other = kl_divergence(p[order], q[order], level)
    assert other.low == pytest.approx(found.divergence.low, rel=1e-6, abs=1e-9)


@given(counts, st.sampled_from(["bit", "nat", "ban"]))
@settings(max_examples=60, deadline=None)
def test_the_three_add_up_to_the_last_digit(two, unit):
    """Entropy + divergence = cross-entropy, asked together or one by one, also where a divergence is cut at 0."""
    p, q = two
    own, divergence, total = entropy(p, unit=unit), public_kl(p, q, unit=unit), cross_entropy(p, q, unit=unit)
    assert total.value == own.value + divergence.value
    assert relate(p, q, unit=unit).cross_entropy.value == total.value
    assert total.low <= total.value <= total.high


def test_a_row_alone_is_the_row_in_a_batch():
    rng = np.random.default_rng(7)
    p, q = rng.integers(6, 90, (2, 5, 8)), rng.integers(0, 90, (5, 8))
    for function in (public_kl, public_js, cross_entropy):
        many = function(p, q)
        assert many.shape == (2, 5)
        assert [function(p[1, i], q[i]) for i in range(5)] == [many[1, i] for i in range(5)]
    moved = public_kl(np.moveaxis(p, -1, 0), np.moveaxis(q, -1, 0), axis=0)
    assert np.array_equal(moved.low, public_kl(p, q).low)


def test_one_side_is_the_end_of_a_wider_interval():
    p, q = [60, 40, 20], [40, 60, 25]
    for function, most in ((public_kl, math.inf), (cross_entropy, math.inf), (public_js, 1.0)):
        both, low, high = (
            function(p, q, level=x, side=y) for x, y in ((0.9, "both"), (0.95, "lower"), (0.95, "upper"))
        )
        assert (low.kind, high.kind, low.level) == ("bound", "bound", 0.95)
        assert (low.low, low.high) == (pytest.approx(both.low, rel=1e-9), pytest.approx(most))
        assert (high.low, high.high) == (0.0, pytest.approx(both.high, rel=1e-9))


def test_methods_name_their_interval():
    p, q = [600, 300, 100], [300, 300, 400]
    for function in (public_kl, public_js, cross_entropy):
        delta, bootstrap, usual = (function(p, q, interval=x) for x in ("delta", "basic_bootstrap", "auto"))
        assert "delta method" in delta.method
        assert "basic bootstrap (999 replicates, seed 0)" in bootstrap.method
        assert delta.value == bootstrap.value == usual.value
        for end in ("low", "high"):
            ends = [getattr(x, end) for x in (delta, bootstrap, usual)]
            assert max(ends) - min(ends) < 0.2 * (usual.high - usual.low)
    again = public_kl(p, q, interval="basic_bootstrap", seed=1)
    assert again.low != public_kl(p, q, interval="basic_bootstrap").low


def test_no_delta_interval_near_zero():
    found = public_kl([500, 500], [510, 490], interval="delta")
    assert (found.low, found.high, found.kind) == (None, None, "unknown")
    assert "noncentral" in found.note


def test_bootstrap_replicates_have_the_size_of_their_sample():
    sizes = replicates(lambda p, q: p.sum(axis=-1) - q.sum(axis=-1), [np.array([5.0, 7.0]), np.array([2.0, 1.0])], 3)
    assert sizes.shape == (999,)
    assert np.all(sizes == 9.0)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"interval": "wald"}, "interval"),
        ({"level": 1.0}, "level"),
        ({"level": 0.4, "side": "lower"}, "one-sided"),
        ({"side": "left"}, "side"),
        ({"seed": -1}, "seed"),
        ({"prior": 0.0}, "prior"),
        ({"prior": 0.5, "interval": "delta"}, "prior"),
    ],
)
def test_wrong_options_are_refused(arguments, word):
    with pytest.raises(UsageError, match=word):
        public_kl([6, 4], [10, 0], **arguments)


def test_too_few_data_says_why():
    new = public_kl([90, 10, 2], [80, 20, 0])
    assert new.value == new.high == math.inf
    assert "1.96 % of P (2 rows, 1 outcome)" in new.note
    luck = public_kl([30] * 10, [40] * 5 + [1] * 5)
    assert (luck.kind, luck.high) == ("bound", math.inf)
    assert math.isfinite(luck.value)
    assert "would lack about 1.8" in luck.note
    assert public_kl([100, 0], [100, 0]).kind == "bound"
    assert public_js([100, 0], [100, 0]).note.startswith("too few data")


def test_no_high_end_beyond_the_dearest_outcome():
    """At the lower limit of a Poisson count of 1, at half of 0.025, for its share: 23 bits without that."""
    found = public_kl([1, 1], [1, 1])
    assert found.high == pytest.approx(math.log2(2 / -math.log1p(-0.0125)))
    assert cross_entropy([1, 1], [1, 1]).high <= found.high


def test_expected_misses_are_those_of_a_gamma_law():
    """The mean of exp(-u) over the law of u with shape q + 1/2, by quadrature."""
    for count in (1.0, 4.0, 9.0):
        law = stats.gamma(count + 0.5)
        mean = law.expect(lambda u: np.exp(-u))
        assert expected_misses(np.array([3.0]), np.array([count])) == pytest.approx(mean, rel=1e-6)


def test_many_outcomes_with_several_counts_are_enough():
    """Ten counts each on average: a sample of 1,000 such outcomes misses 1000 exp(-10) = 0.05 of them."""
    rng = np.random.default_rng(8)
    p, q = rng.poisson(10.0, (20, 1000)), rng.poisson(10.0, (20, 1000))
    finite = ~np.any((p > 0) & (q == 0), axis=-1)
    assert finite.sum() > 10
    assert np.mean(public_kl(p[finite], q[finite]).kind == "confidence") > 0.7


def test_unseen_mass_is_a_binomial_share():
    found = unseen_mass([[90, 8, 2], [100, 0, 0]], [95, 5, 0])
    exact = stats.binomtest(2, 100).proportion_ci(0.95, "exact")
    assert (found.value[0], found.low[0], found.high[0]) == pytest.approx((0.02, exact.low, exact.high), rel=1e-9)
    assert (found.value[1], found.low[1]) == (0.0, 0.0)
    assert found.high[1] == pytest.approx(1 - 0.025 ** (1 / 100))
    assert unseen_mass([0, 0], [1, 2]).kind == "unknown"


def test_poisson_limits_meet_where_the_table_ends():
    for tail in (0.025, 1e-4):
        counts = np.array([0.0, 1.0, 1000.0, 1023.0, 1024.0, 50_000.0])
        lower, upper = poisson_limits(counts, tail)
        assert lower[1:] == pytest.approx(stats.chi2.ppf(tail, 2 * counts[1:]) / 2, rel=2e-5)
        assert upper == pytest.approx(stats.chi2.isf(tail, 2 * (counts + 1)) / 2, rel=2e-5)


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
        for estimate in (kl_divergence(p, q, level), js_divergence(p, q, level)):
            assert math.isfinite(estimate.low)
            assert not math.isnan(estimate.high)
            assert estimate.high - estimate.low > 0.1
        assert not math.isnan(divergence_with_prior(p, q, 0.5, level).high)
        rows_to_decide(p, q, 0.01, level)


def test_no_rows_is_unknown():
    for estimate in (kl_divergence([0, 0], [1, 2], 0.9), js_divergence([1, 1], [0, 0], 0.9)):
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
