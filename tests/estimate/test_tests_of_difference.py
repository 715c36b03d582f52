"""The G-test and permutation tests: independent values, exact validity, laws, calibration, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import bitsapart as ba
from bitsapart.estimate.difference.g_moments import moments
from bitsapart.estimate.difference.g_test import g_term, g_test
from bitsapart.estimate.difference.hypothesis_test import HypothesisTest, HypothesisTests
from bitsapart.estimate.difference.pearson import pearson_test
from bitsapart.estimate.difference.permutation import permutation_test
from bitsapart.values.errors import UsageError


def scipy_g(p, q):
    return stats.chi2_contingency([p, q], correction=False, lambda_="log-likelihood")


@pytest.mark.parametrize(("p", "q"), [([30, 10, 10], [10, 20, 20]), ([5, 0, 3, 9], [2, 8, 0, 1]), ([7, 900], [30, 2])])
def test_chi_squared_law_against_scipy(p, q):
    found, usual = g_test(p, q, method="chi_squared"), scipy_g(p, q)
    assert found.statistic == pytest.approx(usual.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(usual.pvalue, rel=1e-10)
    assert found.n == sum(p) + sum(q)


@pytest.mark.parametrize(("p", "q"), [([30, 10, 10], [10, 20, 25]), ([5, 0, 3, 9], [2, 80, 0, 1])])
def test_statistic_is_a_weighted_jensen_shannon_divergence(p, q):
    n, m = sum(p), sum(q)
    js = ba.js_divergence(p / np.sum(p), q / np.sum(q), weights=[n / (n + m), m / (n + m)], unit="nat")
    assert g_test(p, q).statistic == pytest.approx(2 * (n + m) * js, rel=1e-12)


def test_statistic_keeps_its_digits_where_samples_are_nearly_equal():
    """Against second-order theory: G = sum (p - q)^2 / (p + q) where p and q sum to the same, but for fourth orders."""
    p = np.array([10**12 + 10**3, 10**12 - 10**3])
    assert g_test(p, p[::-1], method="chi_squared").statistic == pytest.approx(2 * 4e6 / 2e12, rel=1e-9)


@pytest.mark.parametrize("table", [([3, 7], [9, 1]), ([8, 12], [15, 5]), ([1, 29], [9, 21])])
def test_two_outcomes_with_equal_samples_are_fishers_exact_test(table):
    """With n = m the law is symmetric, so that both orders of tables, by G and by probability, are one."""
    assert g_test(*table, method="exact").p_value == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)


def test_exact_and_permutation_against_scipys_permutation_test():
    p, q = [4, 1, 0], [0, 2, 2]
    x, y = (np.repeat(np.arange(3), counts) for counts in (p, q))

    def statistic(x, y):
        return scipy_g(*(np.bincount(z.astype(int), minlength=3) for z in (x, y))).statistic

    usual = stats.permutation_test((x, y), statistic, n_resamples=math.inf, alternative="greater", vectorized=False)
    assert g_test(p, q).p_value == pytest.approx(usual.pvalue, rel=1e-9)
    drawn = g_test(p, q, method="permutation", permutations=40_000)
    assert drawn.p_value == pytest.approx(usual.pvalue, abs=4 * math.sqrt(usual.pvalue / 40_000))


def test_permutation_test_is_plus_one_corrected_and_seeded():
    far = permutation_test([50, 0], [0, 50], permutations=99)
    assert far.p_value == 1 / 100
    assert "99 permutations, seed 0" in far.method
    near = [permutation_test([30, 20, 9], [25, 25, 9], permutations=200, seed=seed).p_value for seed in (0, 0, 1)]
    assert near[0] == near[1] != near[2]


def test_statistics_of_ones_own_give_the_same_as_those_built_in():
    p, q = np.array([30, 20, 9, 0]), np.array([25, 35, 9, 2])

    def own(x, y):
        return np.array([stats.chi2_contingency([a, b], correction=False).statistic for a, b in zip(x, y, strict=True)])

    named, called = (permutation_test(p, q, s, permutations=199) for s in ("pearson", own))
    assert named.p_value == called.p_value
    assert named.statistic == pytest.approx(called.statistic)
    assert "own" in called.method
    other = permutation_test(p, q, "g", permutations=199)
    assert other.statistic == pytest.approx(g_test(p, q).statistic)


@pytest.mark.parametrize(
    ("share", "n", "m"), [(np.ones(5), 60, 60), (1 / np.arange(1, 101), 400, 4000), (1 / np.arange(1, 301), 300, 100)]
)
def test_moments_of_g_by_permutation(share, n, m):
    rng = np.random.default_rng(3)
    totals = rng.multinomial(n + m, share / share.sum())
    totals = totals[totals > 0].astype(float)
    term = g_term(n, m)
    drawn = rng.multivariate_hypergeometric(totals.astype(int), n, size=6000, method="marginals")
    values = term(drawn.astype(float), totals).sum(axis=1)
    mean, variance, skewness = moments(totals, n, m, term)
    assert mean == pytest.approx(values.mean(), abs=4 * values.std() / math.sqrt(6000))
    assert variance == pytest.approx(values.var(), rel=0.12)
    assert skewness == pytest.approx(stats.skew(values), abs=0.35)


def test_gamma_law_is_the_chi_squared_of_well_filled_tables():
    for p, q in [([500_400, 499_600], [499_100, 500_900]), ([90_000, 91_000, 89_500], [90_500, 90_000, 90_000])]:
        usual = scipy_g(p, q).pvalue
        assert g_test(p, q, method="gamma").p_value == pytest.approx(usual, rel=0.02)
        assert pearson_test(p, q) == pytest.approx(usual, rel=0.02)


def test_few_values_in_many_rows_are_not_found_too_often():
    """Where tables cannot be enumerated, far out in the tail: a chi-square of one degree, or of two."""
    for p, q in [([500_000, 500_000], [504_000, 496_000]), ([300_000] * 3, [304_000, 296_000, 300_000])]:
        usual = stats.chi2_contingency([p, q], correction=False).pvalue
        assert pearson_test(p, q) == pytest.approx(usual, rel=0.05)
        assert g_test(p, q).p_value == pytest.approx(usual, rel=0.05)


@pytest.mark.parametrize(
    ("outcomes", "n", "m", "zipf", "repeats"),
    [
        (2, 20, 20, False, 1500),
        (3, 100, 1000, True, 800),
        (100, 2000, 200, True, 800),
        (1000, 1000, 1000, True, 600),
    ],
)
def test_size_under_no_difference(outcomes, n, m, zipf, repeats):
    """P(p <= a) <= a, but for four standard errors of the simulation."""
    share = 1 / np.arange(1, outcomes + 1) if zipf else np.ones(outcomes)
    share = share / share.sum()
    rng = np.random.default_rng(17)
    found = g_test(rng.multinomial(n, share, repeats), rng.multinomial(m, share, repeats), permutations=499).p_value
    for a in (0.05, 0.01, 0.002):
        assert np.mean(found <= a) <= a + 4 * math.sqrt(a / repeats)


def test_chi_squared_law_rejects_rare_outcomes_far_too_often_and_auto_does_not():
    rng = np.random.default_rng(5)
    p, q = (rng.multinomial(1000, np.full(500, 1 / 500), 200) for _ in range(2))
    usual, ours = (g_test(p, q, method=method).p_value for method in ("chi_squared", "auto"))
    assert np.mean(usual <= 0.05) > 0.3
    assert np.mean(ours <= 0.05) < 0.12


counts = st.integers(2, 6).flatmap(lambda k: st.tuples(*[st.lists(st.integers(0, 12), min_size=k, max_size=k)] * 2))


@given(counts, st.randoms())
@settings(max_examples=60, deadline=None)
def test_laws(two, random):
    p, q = two
    found = g_test(p, q, permutations=50)
    assert 0.0 < found.p_value <= 1.0
    assert found.statistic >= 0.0
    swapped = g_test(q, p, permutations=50)
    assert swapped.statistic == pytest.approx(found.statistic, rel=1e-12, abs=1e-12)
    order = random.sample(range(len(p)), len(p))
    mixed = g_test([*(p[i] for i in order), 0], [*(q[i] for i in order), 0], permutations=50)
    assert mixed.statistic == pytest.approx(found.statistic, rel=1e-9, abs=1e-9)
    if "exact" in found.method:
        assert [swapped.p_value, mixed.p_value] == pytest.approx([found.p_value] * 2, rel=1e-9)
    if sum(p):
        assert g_test(p, p, permutations=20).p_value == 1.0


def test_batches_are_their_rows():
    rng = np.random.default_rng(2)
    p, q = rng.integers(0, 30, (2, 3, 5)), rng.integers(0, 30, 5)
    many = g_test(p, q)
    assert isinstance(many, HypothesisTests)
    assert many.shape == (2, 3)
    assert many[1, 2] == g_test(p[1, 2], q)
    assert isinstance(many[1], HypothesisTests)
    along = g_test(np.moveaxis(p, -1, 1), q[:, None], axis=-2)
    assert along.shape == (2, 3)
    assert np.array_equal(along.p_value, many.p_value)
    assert "6 tests" in str(many)
    assert len(many) == 2
    assert g_test(np.zeros((0, 3)), [1, 2, 3]).shape == (0,)


def test_nothing_to_compare():
    assert g_test([0, 0], [3, 4]) == HypothesisTest(1.0, 0.0, "no difference", "no rows on one side", 7)
    assert permutation_test([3, 0], [4, 0]).method == "a single outcome"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: g_test([1, 2], [1, 2, 3]), "2 outcomes and counts_q has 3"),
        (lambda: g_test([1.5, 2], [1, 2]), "whole numbers"),
        (lambda: g_test([1, 2], [1, 2], method="exactly"), "method should be one of"),
        (lambda: g_test(np.full(50, 9), np.full(50, 8), method="exact"), "too many to enumerate"),
        (lambda: g_test([3, 4], [2, 2], method="gamma"), "too skewed"),
        (lambda: g_test([10**9, 5], [2, 2], method="permutation"), "fewer than 1,000,000,000 rows"),
        (lambda: permutation_test([10**9, 5], [2, 2]), "fewer than 1,000,000,000 rows"),
        (lambda: permutation_test([1, 5], [2, 2], "js"), "statistic should be one of g, pearson"),
        (lambda: permutation_test([1, 5], [2, 2], lambda p, q: 1.0), "one number a table"),
        (lambda: permutation_test([1, 5], [2, 2], lambda p, q: p[:, 0] * np.nan), "gives nan"),
        (lambda: permutation_test([1, 5], [2, 2], permutations=0), "whole number from 1"),
        (lambda: permutation_test([1, 5], [2, 2], permutations=99.0), "whole number from 1"),
    ],
)
def test_refusals_say_what_is_wrong(call, message):
    with pytest.raises(UsageError, match=message):
        call()
