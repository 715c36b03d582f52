"""Means with intervals: the numbers themselves, what weights and clusters do to them, and how often they cover."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from bitsapart.estimate.mean import Means, difference_of, mean_of, share_of
from bitsapart.values.unit import Unit


def gathered(values, weights=None, clusters=None, step=None):
    """Means of series, added in blocks of so many rows."""
    values = np.asarray(values, np.float64).reshape(len(values), -1)
    means = Means(values.shape[1])
    for start in range(0, len(values), step or len(values)):
        rows = slice(start, start + (step or len(values)))
        means.add(
            values[rows],
            None if weights is None else weights[rows],
            None if clusters is None else clusters[rows],
        )
    return means


def hall(values, level=0.95):
    """Hall's interval by finding the roots of g(T) = +-t numerically, one T at a time."""
    n, mean = len(values), float(np.mean(values))
    error = float(np.std(values, ddof=1)) / math.sqrt(n)
    a = float(stats.skew(values)) / math.sqrt(n)
    quantile = float(stats.t.ppf(0.5 + level / 2, n - 1))
    ends = []
    for target in (quantile, -quantile):
        roots = np.roots([a * a / 27, a / 3, 1.0, a / 6 - target])
        (t,) = roots[np.abs(roots.imag) < 1e-9].real
        ends.append(mean - error * t)
    return ends


def test_the_interval_is_halls():
    values = np.random.default_rng(1).exponential(size=80)
    found = mean_of(values)
    assert found.value == pytest.approx(values.mean(), rel=1e-14)
    assert [found.low, found.high] == pytest.approx(hall(values), rel=1e-9)
    assert (found.kind, found.n, found.unit) == ("confidence", 80, Unit.nat)


def test_of_symmetric_values_it_is_students():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    found = mean_of(values, level=0.9)
    low, high = stats.t.interval(0.9, 4, 3.0, values.std(ddof=1) / math.sqrt(5))
    assert [found.low, found.high] == pytest.approx([low, high], rel=1e-12)


def test_units_are_converted_ends_and_all():
    values = np.random.default_rng(2).exponential(size=30)
    nats, bits = mean_of(values), mean_of(values, unit=Unit.bit)
    for end in ("value", "low", "high"):
        assert getattr(bits, end) == pytest.approx(getattr(nats, end) / math.log(2), rel=1e-14)


def test_a_weight_of_two_is_two_rows_in_the_mean_and_weights_have_no_scale():
    values = np.random.default_rng(3).exponential(size=40)
    weights = np.random.default_rng(4).integers(1, 4, 40).astype(float)
    assert mean_of(values, weights).value == pytest.approx(np.repeat(values, weights.astype(int)).mean(), rel=1e-13)
    plain, scaled = mean_of(values, weights), mean_of(values, weights * 1e-7)
    assert [plain.low, plain.high] == pytest.approx([scaled.low, scaled.high], rel=1e-12)


def test_equal_weights_are_none():
    values = np.random.default_rng(5).exponential(size=40)
    plain, weighted = mean_of(values), mean_of(values, np.full(40, 3.0))
    assert [weighted.value, weighted.low, weighted.high] == pytest.approx([plain.value, plain.low, plain.high])


@pytest.mark.parametrize("value", [0.3, math.inf, math.nan])
def test_a_row_without_weight_is_not_there(value):
    values = np.random.default_rng(6).exponential(size=20)
    found = mean_of(np.append(values, value), np.append(np.ones(20), 0.0))
    plain = mean_of(values)
    assert (found.value, found.n) == (pytest.approx(plain.value), 20)
    assert [found.low, found.high] == pytest.approx([plain.low, plain.high])


def test_clusters_are_as_robust_as_a_regression_on_a_constant():
    rng = np.random.default_rng(7)
    clusters = rng.integers(0, 30, 400)
    values = rng.normal(size=400) + rng.normal(size=30)[clusters]
    means = gathered(values, clusters=clusters)
    fit = sm.OLS(values, np.ones(400)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    # statsmodels multiplies by G / (G - 1) * (n - 1) / (n - k), which is G / (G - 1) for a constant
    assert means.covariance()[0, 0] == pytest.approx(fit.cov_params()[0, 0], rel=1e-10)
    assert means.groups == 30


def test_weights_and_clusters_together_are_as_a_weighted_regression():
    rng = np.random.default_rng(8)
    clusters, weights = rng.integers(0, 25, 300), rng.exponential(size=300)
    values = rng.normal(size=300) + rng.normal(size=25)[clusters]
    means = gathered(values, weights, clusters)
    fit = sm.WLS(values, np.ones(300), weights).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    assert means.mean(0) == pytest.approx(fit.params[0], rel=1e-12)
    assert means.covariance()[0, 0] == pytest.approx(fit.cov_params()[0, 0], rel=1e-10)


def test_clusters_of_one_row_each_are_none():
    values = np.random.default_rng(9).exponential(size=50)
    plain, clustered = mean_of(values), mean_of(values, clusters=np.arange(50))
    assert [clustered.low, clustered.high] == pytest.approx([plain.low, plain.high], rel=1e-12)


def test_rows_repeated_within_clusters_are_worth_one():
    values = np.random.default_rng(10).exponential(size=60)
    means = gathered(np.repeat(values, 5), clusters=np.repeat(np.arange(60), 5))
    assert means.effective_n() == pytest.approx(60, rel=0.05)
    alone, repeated = mean_of(values), means.estimate()
    assert [repeated.low, repeated.high] == pytest.approx([alone.low, alone.high], rel=1e-12)


def test_the_effective_number_of_weighted_rows_is_kishs():
    assert gathered([1.0, 2.0, 4.0], np.array([1.0, 1.0, 2.0])).effective_n() == pytest.approx(16 / 6)


def test_a_difference_is_paired():
    rng = np.random.default_rng(11)
    hard = rng.exponential(5.0, 200)
    first, second = hard + 0.1, hard + rng.normal(0, 0.01, 200)
    found = difference_of(first, second)
    assert found.low > 0.09
    assert found.high < 0.11
    assert found.value == pytest.approx(0.1, abs=0.005)


def test_an_infinite_loss_makes_the_mean_infinite_and_the_other_series_stay():
    means = gathered([[1.0, 2.0], [math.inf, 4.0]])
    found = means.estimate(0, unit=Unit.bit)
    assert (found.value, found.low, found.high, found.kind) == (math.inf, math.inf, math.inf, "exact")
    assert means.mean(1) == 3.0
    assert means.finite_mean(0, 1.0) == 1.0


def test_a_difference_has_the_sign_of_its_infinity_or_is_unknown():
    finite, infinite = np.array([1.0, 1.0]), np.array([1.0, math.inf])
    assert difference_of(infinite, finite).value == math.inf
    assert difference_of(finite, infinite).value == -math.inf
    with np.errstate(invalid="ignore"):
        both = difference_of(infinite, infinite)
    assert math.isnan(both.value)
    assert (both.kind, both.low) == ("unknown", None)
    opposed = difference_of(np.array([math.inf, 1.0]), np.array([1.0, math.inf]))
    assert (math.isnan(opposed.value), opposed.kind) == (True, "unknown")


def test_one_row_or_one_cluster_has_no_interval():
    assert (mean_of([0.7]).kind, mean_of([0.7]).low, mean_of([0.7]).value) == ("unknown", None, 0.7)
    found = mean_of([0.7, 0.8], clusters=np.array([0, 0]))
    assert (found.kind, found.high) == ("unknown", None)
    assert "cluster" in found.note


def test_what_is_too_large_to_square_has_a_mean_and_no_interval():
    found = mean_of(np.array([1.0, 2.0, 3.0]), np.array([1e200, 1e200, 2e200]))
    assert found.value == pytest.approx(2.25)
    assert (found.kind, found.low) == ("unknown", None)


def test_far_from_zero_no_digits_are_lost():
    values = np.random.default_rng(12).exponential(size=1000)
    far = gathered(values + 1e8, step=64).estimate()
    near = gathered(values).estimate()
    assert far.high - far.low == pytest.approx(near.high - near.low, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(0, 70), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_no_digit_depends_on_blocks_or_on_who_adds_them_up(step, cut, weighted, clustered, seed):
    rng = np.random.default_rng(seed)
    values = rng.exponential(size=(70, 3)) * 2.0 + rng.normal(0, 100, 3)
    weights = rng.integers(0, 3, 70).astype(float) if weighted else None
    clusters = rng.integers(0, 9, 70) if clustered else None
    whole = gathered(values, weights, clusters)
    parts = (
        gathered(values[:cut], *(x if x is None else x[:cut] for x in (weights, clusters)), step) if cut else Means(3)
    )
    if cut < 70:
        parts = parts + gathered(values[cut:], *(x if x is None else x[cut:] for x in (weights, clusters)), step)
    for i in range(3):
        one, other = whole.estimate(i), parts.estimate(i)
        assert other.value == pytest.approx(one.value, rel=1e-13, abs=1e-13)
        assert [other.low, other.high] == pytest.approx([one.low, one.high], rel=1e-10, abs=1e-10)
    assert parts.n == whole.n
    assert parts.effective_n() == pytest.approx(whole.effective_n(), rel=1e-9)
    np.testing.assert_allclose(parts.covariance(), whole.covariance(), rtol=1e-9, atol=1e-12)


def test_memory_grows_with_clusters_and_not_with_rows():
    means = Means(1)
    for _ in range(50):
        means.add(np.ones((1000, 1)), clusters=np.arange(1000) % 7)
    assert means.clusters.shape == (7, 3)
    assert means.n == 50_000


@pytest.mark.parametrize(("right", "n"), [(0, 10), (10, 10), (90, 100), (1, 1), (9431, 10_000)])
def test_a_share_has_wilsons_interval(right, n):
    found = share_of(right / n, n)
    low, high = proportion_confint(right, n, method="wilson")
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-12)
    assert (found.unit, found.n) == (None, n)


SKEWED = {
    "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0),
    "lognormal": (lambda rng, shape: rng.lognormal(size=shape), math.exp(0.5)),
    # two in a hundred rows are badly wrong, and hold most of the loss
    "rare": (
        lambda rng, shape: np.where(rng.random(shape) < 0.02, rng.gamma(4.0, 2.0, shape), rng.exponential(0.01, shape)),
        0.02 * 8.0 + 0.98 * 0.01,
    ),
}


@pytest.mark.parametrize(("law", "n"), [("exponential", 50), ("lognormal", 50), ("lognormal", 300), ("rare", 300)])
def test_skewed_losses_are_missed_on_either_side_less_often_than_by_students_interval(law, n):
    draw, truth = SKEWED[law]
    samples = draw(np.random.default_rng(13), (1500, n))
    ends = np.array([(found.low, found.high) for found in map(mean_of, samples)])
    means, errors = samples.mean(axis=1), samples.std(axis=1, ddof=1) / math.sqrt(n)
    half = stats.t.ppf(0.975, n - 1) * errors
    missed = [np.mean(truth < ends[:, 0]), np.mean(truth > ends[:, 1])]
    plain = [np.mean(truth < means - half), np.mean(truth > means + half)]
    assert max(missed) < 0.75 * max(plain)
    assert sum(missed) < max(0.06, sum(plain) + 0.01)


@pytest.mark.parametrize("documents", [2, 3, 5, 10])
def test_shares_cover_where_clusters_are_few(documents):
    rng = np.random.default_rng(documents)
    covered = 0
    for _ in range(1500):
        rates = rng.beta(9, 1, documents)
        marks = (rng.random((documents, 100)) < rates[:, None]).astype(float).reshape(-1)
        means = gathered(marks, clusters=np.repeat(np.arange(documents), 100))
        found = share_of(means.mean(0), means.effective_n(0), 0.95, means.n, means.groups)
        covered += found.low <= 0.9 <= found.high
    assert covered / 1500 > 0.93


def test_a_share_of_all_in_clusters_counts_each_as_one():
    assert share_of(1.0, 500.0, groups=20).low == share_of(1.0, 20.0, groups=20).low < share_of(1.0, 20.0).low
