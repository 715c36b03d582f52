"""Tests of 'no difference at all': exact tables, exact moments, independent tails, calibration and power."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bitsapart.estimate.difference import margins, pearson
from bitsapart.estimate.difference.anderson_darling import anderson_darling_test, weighted_chi_squared_tail
from bitsapart.estimate.difference.combined import difference_test, pearson_test
from bitsapart.estimate.difference.multiplicity import benjamini_hochberg


def tables_of(totals, n):
    """All tables with these margins and their numbers of permutations."""
    for p in itertools.product(*[range(t + 1) for t in totals]):
        if sum(p) == n:
            yield np.array(p), math.prod(math.comb(t, k) for t, k in zip(totals, p, strict=True))


@pytest.mark.parametrize(
    ("totals", "n"), [((4, 3, 3), 5), ((4, 3, 3), 3), ((10, 5, 2, 1), 6), ((8, 8, 8), 4), ((12, 9, 4, 3, 2), 15)]
)
def test_moments_by_enumeration(totals, n):
    rows = sum(totals)
    values, ways = [], []
    for p, count in tables_of(totals, n):
        q = np.array(totals) - p
        values.append(stats.contingency.chi2_contingency([p, q], correction=False).statistic)
        ways.append(count)
    mean = np.average(values, weights=ways)
    variance = np.average((np.array(values) - mean) ** 2, weights=ways)
    found = pearson.permutation_moments(np.array(totals, float), n, rows - n)
    assert found == pytest.approx((mean, variance), rel=1e-10)


@pytest.mark.parametrize("table", [([3, 7], [9, 1]), ([1, 9], [12, 30]), ([0, 5], [5, 0]), ([20, 80], [2, 8])])
def test_two_outcomes_are_fishers_test_ordered_by_chi_squared(table):
    p, q = map(np.array, table)
    totals = p + q
    seen = stats.contingency.chi2_contingency([p, q], correction=False).statistic
    law = stats.hypergeom(totals.sum(), totals[0], p.sum())
    exact = 0.0
    for k in range(totals[0] + 1):
        other = np.array([k, p.sum() - k])
        if other[1] < 0 or other[1] > totals[1]:
            continue
        value = stats.contingency.chi2_contingency([other, totals - other], correction=False).statistic
        exact += law.pmf(k) * (value >= seen * (1 - 1e-9))
    assert pearson_test(p, q) == pytest.approx(exact, rel=1e-9)


def test_enumeration_of_three_outcomes():
    p, q = np.array([5, 1, 4]), np.array([2, 6, 7])
    seen = stats.contingency.chi2_contingency([p, q], correction=False).statistic
    every = list(tables_of(p + q, p.sum()))
    extreme = sum(
        ways
        for other, ways in every
        if stats.contingency.chi2_contingency([other, p + q - other], correction=False).statistic >= seen * (1 - 1e-9)
    )
    assert pearson_test(p, q) == pytest.approx(extreme / sum(ways for _, ways in every), rel=1e-9)


def test_well_filled_table_is_the_chi_squared_test():
    rng = np.random.default_rng(5)
    p, q = rng.multinomial(50_000, np.full(40, 1 / 40)), rng.multinomial(70_000, np.full(40, 1 / 40))
    usual = stats.contingency.chi2_contingency([p, q], correction=False).pvalue
    assert pearson_test(p, q) == pytest.approx(usual, rel=0.02)


def test_permutations_agree_with_the_gamma_law():
    rng = np.random.default_rng(8)
    share = 1.0 / np.arange(1, 301)
    p, q = (rng.multinomial(400, share / share.sum()) for _ in range(2))
    keep = p + q > 0
    totals = (p + q)[keep].astype(float)
    term = pearson.chi_squared_term(400, 400)
    statistic = margins.sum_of_terms(term, totals, 9999)
    drawn = margins.permuted(term(p[keep], totals).sum(), totals, 400, statistic, 9999, 3)
    assert pearson_test(p, q) == pytest.approx(drawn, abs=0.015)


def test_anderson_darling_against_scipy():
    """Many groups of one: scipy's k-sample statistic and the table of Scholz & Stephens."""
    rng = np.random.default_rng(4)
    for shift in (0.0, 0.15):
        x, y = rng.normal(size=400), rng.normal(shift, size=600)
        values = np.sort(np.concatenate([x, y]))
        p, q = (np.histogram(z, np.append(values, np.inf))[0] for z in (x, y))
        method = stats.PermutationMethod(n_resamples=999, rng=np.random.default_rng(1))
        expected = stats.anderson_ksamp([x, y], method=method, variant="midrank").pvalue
        assert anderson_darling_test(p, q) == pytest.approx(expected, abs=0.04, rel=0.3)


@pytest.mark.parametrize(("x", "p"), [(1.9329578, 0.10), (2.4923672, 0.05), (3.8781250, 0.01)])
def test_continuous_limit_has_the_tabled_points(x, p):
    """Marsaglia & Marsaglia 2004; weights 1 / (j (j + 1))."""
    j = np.arange(1.0, 3001.0)
    assert weighted_chi_squared_tail(x, 1 / (j * (j + 1))) == pytest.approx(p, rel=2e-3)


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 200])
def test_weighted_tail_is_the_chi_squared_of_equal_weights(freedom):
    for x in np.array([0.3, 1.0, 1.001, 2.0, 5.0, 20.0]) * freedom:
        expected = stats.chi2.sf(x, freedom)
        if expected > 1e-290:
            assert weighted_chi_squared_tail(x, np.ones(freedom)) == pytest.approx(expected, rel=1e-5)


def test_two_ordered_outcomes_are_the_chi_squared_test():
    p, q = np.array([420, 580]), np.array([480, 520])
    usual = stats.contingency.chi2_contingency([p, q], correction=False).pvalue
    assert anderson_darling_test(p, q) == pytest.approx(usual, rel=0.01)


counts = st.integers(1, 12).flatmap(lambda k: st.tuples(*[st.lists(st.integers(0, 60), min_size=k, max_size=k)] * 2))


@given(counts, st.integers(0, 12))
@settings(max_examples=80, deadline=None)
def test_p_values_are_probabilities(two, ordered):
    p, q = map(np.array, two)
    ordered = min(ordered, p.size)
    value, name = difference_test(p, q, ordered)
    assert 0.0 < value <= 1.0
    assert name
    assert difference_test(p, p, ordered)[0] == 1.0
    assert pearson_test(p, q) == pytest.approx(pearson_test(p[::-1], q[::-1]), rel=1e-9)
    assert anderson_darling_test(p, q) == pytest.approx(anderson_darling_test(p[::-1], q[::-1]), rel=1e-6)
    assert anderson_darling_test(p, q) == pytest.approx(anderson_darling_test(q, p), rel=1e-6)


def test_extreme_differences_stay_positive():
    p, q = np.full(100, 10**6), np.arange(100) * 10**5
    for ordered in (0, 100):
        assert 0.0 < difference_test(p, q, ordered)[0] < 1e-200


def rejections(draw, test, repeats, seed):
    rng = np.random.default_rng(seed)
    found = np.array([test(*draw(rng)) for _ in range(repeats)])
    return np.mean(found <= 0.05), np.mean(found <= 0.005)


def draws(share, n, m):
    share = np.asarray(share) / np.sum(share)
    return lambda rng: (rng.multinomial(n, share), rng.multinomial(m, share))


@pytest.mark.parametrize(
    ("share", "n", "m"),
    [
        (1.0 / np.arange(1, 5001), 500, 500),
        (1.0 / np.arange(1, 5001), 3000, 300),
        (np.ones(30), 3000, 3000),
    ],
)
def test_pearson_is_calibrated(share, n, m):
    often, seldom = rejections(draws(share, n, m), pearson_test, 1500, 11)
    assert 0.035 < often < 0.066
    assert seldom < 0.011


@pytest.mark.parametrize(
    ("share", "n", "m"),
    [(np.ones(30), 100, 100), ([0.6] + [0.006] * 50 + [0.1], 5000, 5000), (np.ones(100), 20_000, 2000)],
)
def test_anderson_darling_is_calibrated(share, n, m):
    often, seldom = rejections(draws(share, n, m), anderson_darling_test, 1500, 12)
    assert 0.035 < often < 0.066
    assert seldom < 0.011


def test_small_tables_are_never_too_often_rejected():
    for share, n, m in [([1, 1], 10, 10), ([8, 1, 1], 12, 12), ([1, 1, 1, 1], 30, 5)]:
        often, _ = rejections(draws(share, n, m), pearson_test, 1000, 13)
        assert often < 0.066


@pytest.mark.parametrize("groups", [30, 500])
def test_a_tenth_of_a_standard_deviation_is_found(groups):
    edges = stats.norm.ppf(np.arange(1, groups) / groups)
    p = np.diff(np.concatenate(([0.0], stats.norm.cdf(edges - 0.1), [1.0])))
    q = np.full(groups, 1 / groups)
    rng = np.random.default_rng(14)
    found = [difference_test(rng.multinomial(5000, p), rng.multinomial(5000, q), groups)[0] for _ in range(150)]
    assert np.mean(np.array(found) < 0.0025) >= 0.93


def test_nulls_beside_ordered_outcomes_are_seen():
    p, q = np.array([1000, 1000, 1000, 5]), np.array([1000, 1000, 1000, 60])
    value, name = difference_test(p, q, ordered=3)
    assert value < 1e-6
    assert "3" in name


def test_benjamini_hochberg_against_scipy():
    p = np.random.default_rng(6).beta(0.4, 1.0, size=40)
    assert benjamini_hochberg(list(p)) == pytest.approx(list(stats.false_discovery_control(p)), rel=1e-12)
    holed = [None, *list(p[:20]), math.nan, *list(p[20:])]
    found = benjamini_hochberg(holed)
    assert found[0] is None
    assert math.isnan(found[21])
    assert [x for x in found if x is not None and not math.isnan(x)] == pytest.approx(benjamini_hochberg(list(p)))
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([None]) == [None]
