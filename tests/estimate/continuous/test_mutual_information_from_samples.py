"""Mutual information from samples: closed forms, mixed columns, and intervals that hold the truth by simulation."""

import math

import numpy as np
import pytest
from scipy import special

from bitsapart.estimate.continuous import mutual_information_from_samples
from bitsapart.estimate.continuous.ksg import ksg_terms, mixed_terms
from bitsapart.values.errors import UsageError


def correlated(rho, n, seed, d=1):
    g = np.random.default_rng([seed, n])
    x = g.normal(size=(n, d))
    return x, rho * x + math.sqrt(1.0 - rho**2) * g.normal(size=(n, d))


def test_ksg_against_all_distances():
    x, y = correlated(0.7, 80, 0)
    far = np.maximum(np.abs(x - x.T), np.abs(y - y.T))
    radius = np.sort(far, axis=1)[:, 3][:, np.newaxis]
    beside = [np.sum(np.abs(side - side.T) < radius, axis=1) for side in (x, y)]
    expected = special.digamma(3) + special.digamma(80) - sum(special.digamma(count).mean() for count in beside)
    assert math.isclose(ksg_terms(x, y, 3).mean(), expected, rel_tol=1e-12)


def test_ties_against_all_distances():
    """Gao et al. 2017, algorithm 1 with digammas, from its definition."""
    g = np.random.default_rng(0)
    y = g.normal(size=(80, 1)).round(1)
    x = np.where(g.uniform(size=(80, 1)) < 0.5, 0.0, np.sign(y))
    apart = [np.abs(side - side.T) for side in (x, y)]
    total = 0.0
    for i in range(80):
        far = np.maximum(apart[0][i], apart[1][i])
        rho = np.sort(far)[3]
        number = np.sum(far == 0.0) - 1 if rho == 0.0 else 3
        beside = [np.sum(side[i] <= 0.0) if rho == 0.0 else np.sum(side[i] < rho - 1e-9) for side in apart]
        total += special.digamma(number) + math.log(80) - sum(special.digamma(count) for count in beside)
    assert math.isclose(mixed_terms(x, y, 3).mean(), total / 80, rel_tol=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.9])
def test_ksg_of_normals(rho):
    values = [mutual_information_from_samples(*correlated(rho, 400, s), "ksg", unit="nat").value for s in range(30)]
    assert abs(np.mean(values) + math.log1p(-(rho**2)) / 2.0) < 0.03


def test_ksg_where_one_side_is_discrete():
    """The sign of y: log 2; and half of the time no sign: log 2 / 2."""
    y = np.random.default_rng(0).normal(size=(3000, 1))
    x = np.sign(y)
    assert abs(mixed_terms(x, y, 3).mean() - math.log(2.0)) < 0.02
    x = np.where(np.random.default_rng(1).uniform(size=(3000, 1)) < 0.5, 0.0, x)
    assert abs(mixed_terms(x, y, 3).mean() - math.log(2.0) / 2.0) < 0.06


@pytest.mark.parametrize(("rho", "n", "d"), [(0.0, 300, 1), (0.3, 500, 1), (0.8, 500, 1), (0.4, 300, 2)])
def test_intervals_hold_the_truth(rho, n, d, monkeypatch):
    # the trees only turn an interval into a bound, and take most of the time
    monkeypatch.setattr("bitsapart.estimate.continuous.boosting.available", lambda: False)
    repeats, truth = 60, -d / 2.0 * math.log1p(-(rho**2))
    found = [mutual_information_from_samples(*correlated(rho, n, s, d), unit="nat") for s in range(repeats)]
    misses = sum(not each.low <= truth + 1e-12 <= each.high + 1e-12 for each in found)
    assert misses <= 0.05 * repeats + 3.0 * math.sqrt(0.05 * 0.95 * repeats)
    assert all(each.kind == "confidence" for each in found)


def test_trees_find_a_wave():
    """y = sin 4x and noise: no product of powers shows it, and the upper end goes."""
    g = np.random.default_rng(0)
    x = g.normal(size=1000)
    found = mutual_information_from_samples(x, np.sin(4.0 * x) + 0.3 * g.normal(size=1000), unit="nat")
    assert (found.kind, found.high) == ("bound", math.inf)
    assert found.note.startswith("lower bound only: gradient boosting finds dependence")
    assert 0.1 < found.low < 0.9


def test_a_copy_is_a_bound_below_log_n():
    x = np.random.default_rng(0).normal(size=300)
    found = mutual_information_from_samples(x, x, unit="nat")
    assert found.kind == "bound"
    assert 0.5 < found.low <= math.log(300)


def test_discrete_against_continuous():
    g = np.random.default_rng(3)
    group = g.integers(0, 2, 1000)
    found = mutual_information_from_samples(group, g.normal(size=1000) + group, unit="nat")
    # by quadrature: log 2 less the expected entropy of the group given y
    y = np.linspace(-9.0, 10.0, 40_001)
    zero, one = np.exp(-(y**2) / 2.0), np.exp(-((y - 1.0) ** 2) / 2.0)
    share = one / (zero + one)
    noise = np.trapezoid((zero + one) / 2.0 * (special.entr(share) + special.entr(1.0 - share)), y)
    truth = math.log(2.0) - noise / math.sqrt(2.0 * math.pi)
    assert found.low < truth < found.high


def test_a_constant_side_knows_nothing():
    found = mutual_information_from_samples(np.full(50, 2.5), np.random.default_rng(0).normal(size=50))
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_errors_say_what_to_do():
    g = np.random.default_rng(0)
    with pytest.raises(UsageError, match="x has 10 rows and y has 12: the rows are pairs"):
        mutual_information_from_samples(g.normal(size=10), g.normal(size=12))
    with pytest.raises(UsageError, match=r"use ba\.estimate\.mutual_information"):
        mutual_information_from_samples(g.integers(0, 3, 50), g.integers(0, 3, 50))


@pytest.mark.parametrize("method", ["auto", "classifier"])
def test_k_is_refused_where_it_means_nothing(method):
    x, y = correlated(0.5, 100, 0)
    for k in (3, -1, "3"):
        with pytest.raises(UsageError, match=f"k is for method='ksg'; method='{method}' takes none"):
            mutual_information_from_samples(x, y, method, k=k)


def test_k_is_a_quarter_of_the_rows_at_most():
    x, y = correlated(0.5, 100, 0)
    assert mutual_information_from_samples(x, y, "ksg", k=np.int64(25)).method.endswith("(k = 25)")
    with pytest.raises(UsageError, match="at most 25, a quarter of the 100 rows"):
        mutual_information_from_samples(x, y, "ksg", k=26)


@pytest.mark.parametrize("n", [8, 9, 10, 12, 20])
@pytest.mark.parametrize("d", [1, 2])
def test_few_rows_have_an_answer(n, d):
    x, y = correlated(0.5, n, 0, d)
    for method in ("auto", "ksg", "classifier"):
        found = mutual_information_from_samples(x, y, method)
        assert math.isfinite(found.value)
        assert found.kind == "unknown" or found.low <= found.value <= found.high


@pytest.mark.parametrize("factor", [1e-300, 1e300])
@pytest.mark.parametrize("method", ["auto", "ksg", "classifier"])
def test_a_factor_of_any_size_changes_nothing(factor, method):
    x, y = correlated(0.6, 100, 0)
    here, there = (mutual_information_from_samples(x * a, y / a, method) for a in (1.0, factor))
    assert math.isclose(here.value, there.value, rel_tol=1e-6)
    assert here.low is None or math.isclose(here.high, there.high, rel_tol=1e-6)


@pytest.mark.parametrize("method", ["auto", "ksg"])
def test_a_column_that_follows_from_others_adds_nothing(method):
    x, y = correlated(0.6, 150, 0)
    alone = mutual_information_from_samples(x, y, method)
    found = mutual_information_from_samples(np.column_stack([x, 1.0 - 3.0 * x, np.full(150, 2.5)]), y, method)
    assert (found.value, found.low, found.high) == (alone.value, alone.low, alone.high)
    assert found.note.endswith("columns 1 and 2 of x are left out: constant or a linear function of the others, so "
                               "nothing is lost")  # fmt: skip


def test_a_linear_relation_across_is_infinite():
    x = np.random.default_rng(0).normal(size=(300, 2))
    for method, note in (("auto", "lower bound only: "), ("ksg", "no interval: ")):
        found = mutual_information_from_samples(x, x[:, 0] - 2.0 * x[:, 1], method)
        assert (
            found.note == f"{note}columns of x and y are linearly related, so that the mutual information is infinite"
        )
        assert found.high in (None, math.inf)


def test_large_whole_numbers_that_do_not_repeat_are_measurements():
    x = np.random.default_rng(0).choice(10**9, 300, replace=False)
    assert mutual_information_from_samples(x, x).high == math.inf
