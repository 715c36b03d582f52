"""KL from samples: closed forms, invariance, ties, and intervals that hold the truth by simulation with fixed seeds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitsapart.estimate.continuous import boosting, kl_divergence_from_samples
from bitsapart.estimate.continuous.nearest_neighbours import bias_reduced_terms, ratio_terms
from bitsapart.values.errors import UsageError

# closed forms, in nats; those of kldest's README and vignette, and their bands at n = m = 1000
CLOSED = {
    "normal": (lambda g, n: g.normal(0, 1, n), lambda g, n: g.normal(1, 2, n), 0.4431472),
    "exponential": (lambda g, n: g.exponential(1, n), lambda g, n: g.exponential(12, n), 1.5682400),
    "uniform": (lambda g, n: g.uniform(1, 2, n), lambda g, n: g.uniform(0, 4, n), 1.3862944),
    "uniform in normal": (lambda g, n: g.uniform(0, 1, n), lambda g, n: g.normal(0, 1, n), 1.0856052),
}


@pytest.mark.parametrize("method", ["auto", "nearest_neighbours", "bias_reduced"])
@pytest.mark.parametrize("case", CLOSED)
def test_closed_forms(case, method):
    first, second, truth = CLOSED[case]
    found = []
    for seed in range(12):
        g = np.random.default_rng([seed, 1])
        found.append(kl_divergence_from_samples(first(g, 1000), second(g, 1000), method, unit="nat"))
    assert abs(np.mean([each.value for each in found]) - truth) < 0.08  # a jump is smoothed out a little
    if method == "nearest_neighbours":
        assert all(each.kind == "unknown" and each.low is None for each in found)
    else:
        assert sum(each.low <= truth <= each.high for each in found) >= 10


def test_two_columns_of_known_covariance(monkeypatch):
    """N(0, I) against covariance [[1, 1], [1, 2]]: 0.5 nats."""
    monkeypatch.setattr("bitsapart.estimate.continuous.boosting.available", lambda: False)
    values = []
    for seed in range(6):
        g = np.random.default_rng(seed)
        x, y = g.normal(size=(1000, 2)), g.multivariate_normal([0, 0], [[1, 1], [1, 2]], 1000)
        values.append(kl_divergence_from_samples(x, y, unit="nat").value)
    assert abs(np.mean(values) - 0.5) < 0.05


def brute_force(x, y, k):
    """Wang, Kulkarni & Verdu 2009, eq. 5, by all distances."""
    own = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, k]
    other = np.sort(np.linalg.norm(x[:, None] - y, axis=2), axis=1)[:, k - 1]
    return x.shape[1] * np.mean(np.log(other / own)) + math.log(len(y) / (len(x) - 1))


@pytest.mark.parametrize(("d", "k"), [(1, 1), (2, 3), (5, 5)])
def test_neighbours_against_all_distances(d, k):
    g = np.random.default_rng(d)
    x, y = g.normal(size=(60, d)), g.normal(0.5, 1.2, (80, d))
    assert math.isclose(ratio_terms(x, y, k).mean(), brute_force(x, y, k), rel_tol=1e-10)


def test_bias_reduced_against_all_distances():
    """Eq. 29, from its definition."""
    from scipy.special import digamma

    g = np.random.default_rng(3)
    x, y = g.normal(size=(50, 2)), g.normal(0.5, 1.2, (70, 2))
    own = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, 1:]
    other = np.sort(np.linalg.norm(x[:, None] - y, axis=2), axis=1)
    total = 0.0
    for rho, nu in zip(own, other, strict=True):
        radius = max(rho[0], nu[0])
        one, two = np.sum(rho <= radius), np.sum(nu <= radius)
        total += 2.0 * math.log(nu[two - 1] / rho[one - 1]) + digamma(one) - digamma(two)
    expected = total / 50 + math.log(70 / 49)
    assert math.isclose(bias_reduced_terms(x, y).mean(), expected, rel_tol=1e-10)


@settings(max_examples=15, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(0, 100))
def test_a_change_of_units_changes_nothing(move, factor, seed):
    g = np.random.default_rng(seed)
    x, y = g.normal(0.5, 1.0, 120), g.normal(0.0, 1.0, 150)
    for method in ("auto", "nearest_neighbours"):
        here = kl_divergence_from_samples(x, y, method)
        there = kl_divergence_from_samples(x * factor + move, y * factor + move, method)
        assert math.isclose(here.value, there.value, rel_tol=1e-5, abs_tol=1e-6)


CELLS = [
    ("normal", 0.0, 200, 200), ("normal", 0.3, 1000, 1000), ("normal", 1.0, 1000, 200), ("student", 1.5, 300, 300),
    ("scale", 1.3, 500, 500),
]  # fmt: skip


def drawn(name, value, g, n, m):
    if name == "normal":
        return g.normal(value, 1.0, n), g.normal(size=m), value**2 / 2.0
    if name == "scale":
        return g.normal(0.0, value, n), g.normal(size=m), value**2 / 2.0 - 0.5 - math.log(value)
    return g.standard_t(3, n), value * g.standard_t(3, m), 0.0762135


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_intervals_hold_the_truth(cell):
    name, value, n, m = cell
    misses, repeats = [0, 0], 80
    for seed in range(repeats):
        x, y, truth = drawn(name, value, np.random.default_rng([seed, n, m]), n, m)
        found = kl_divergence_from_samples(x, y, unit="nat")
        misses[0] += found.low > truth + 1e-12
        misses[1] += found.high < truth
    # three standard errors beyond 0.05
    assert sum(misses) <= 0.05 * repeats + 3.0 * math.sqrt(0.05 * 0.95 * repeats), misses


def test_an_atom_beside_a_density():
    """30 % and 20 % zeros and else N(1, 1) and N(0, 1): the chain rule gives the truth, the indicator must find it."""
    truth = 0.3 * math.log(0.3 / 0.2) + 0.7 * math.log(0.7 / 0.8) + 0.7 * 0.5
    values = []
    for seed in range(10):
        g = np.random.default_rng(seed)
        x = np.where(g.uniform(size=1500) < 0.3, 0.0, g.normal(1.0, 1.0, 1500))
        y = np.where(g.uniform(size=1500) < 0.2, 0.0, g.normal(0.0, 1.0, 1500))
        values.append(kl_divergence_from_samples(x, y, unit="nat").value)
    assert abs(np.mean(values) - truth) < 0.04


def test_an_atom_among_two_columns():
    g = np.random.default_rng(5)
    x, y = g.normal(size=(2, 2000, 2))
    x[:600, 0], y[:200, 0] = 0.0, 0.0
    truth = 0.3 * math.log(3.0) + 0.7 * math.log(0.7 / 0.9)
    found = kl_divergence_from_samples(x, y, unit="nat")
    assert found.low < truth < found.high < 0.3


def test_duplicates_never_give_infinity():
    g = np.random.default_rng(1)
    x = np.round(g.normal(size=500), 1)
    y = np.round(g.normal(0.5, 1.0, 500), 1)
    found = kl_divergence_from_samples(x, y, unit="nat")
    assert 0.02 < found.low < 0.125 < found.high < 0.3
    with pytest.raises(UsageError, match="distances between rows, which are then 0: pass method='auto'"):
        kl_divergence_from_samples(x, y, "nearest_neighbours")
    with pytest.raises(UsageError, match=r"ba\.estimate\.kl_divergence on the counts"):
        kl_divergence_from_samples(g.poisson(3, 500), g.poisson(4, 500))


def test_far_apart_is_a_bound_and_says_so():
    g = np.random.default_rng(0)
    for method in ("auto", "bias_reduced"):
        found = kl_divergence_from_samples(g.normal(8.0, 1.0, 400), g.normal(size=400), method, unit="nat")
        assert found.kind == "bound"
        assert found.high == math.inf
        assert 2.0 < found.low <= math.log(400)
        assert found.note.startswith("too few data")


def test_few_rows_of_many_columns_are_a_bound():
    g = np.random.default_rng(0)
    found = kl_divergence_from_samples(g.normal(size=(60, 10)), g.normal(size=(60, 10)), unit="nat")
    assert (found.kind, found.low, found.high) == ("bound", 0.0, math.inf)
    assert "coefficients for 10 columns, which takes" in found.note


def test_trees_find_what_products_of_pairs_miss():
    """Three columns whose product is positive: every pair of them is independent; truth log 2."""
    g = np.random.default_rng(1)
    x, y = g.normal(size=(2, 2000, 3))
    x[:, 2] *= np.sign(np.prod(x, axis=1))
    found = kl_divergence_from_samples(x, y, unit="nat")
    assert found.kind == "bound"
    assert found.note.startswith("lower bound only: gradient boosting finds differences")
    assert found.low <= math.log(2.0)


def test_sides_and_units():
    g = np.random.default_rng(2)
    x, y = g.normal(0.7, 1.0, 400), g.normal(size=400)
    both, nats = (kl_divergence_from_samples(x, y, unit=unit, level=0.9) for unit in ("bit", "nat"))
    assert math.isclose(both.value * math.log(2.0), nats.value)
    lower = kl_divergence_from_samples(x, y, side="lower", level=0.95)
    upper = kl_divergence_from_samples(x, y, side="upper", level=0.95)
    assert math.isclose(lower.low, both.low)
    assert math.isclose(upper.high, both.high)
    assert (lower.high, upper.low, lower.kind, upper.kind) == (math.inf, 0.0, "bound", "bound")


def test_the_seed_is_the_only_randomness():
    g = np.random.default_rng(2)
    x, y = g.normal(0.7, 1.0, 100), g.normal(size=100)
    assert kl_divergence_from_samples(x, y) == kl_divergence_from_samples(x, y)
    assert kl_divergence_from_samples(x, y) != kl_divergence_from_samples(x, y, seed=1)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setattr(boosting, "available", lambda: False)
    g = np.random.default_rng(2)
    x, y = g.normal(size=(2, 200, 2))
    assert "pip install 'bitsapart[learn]'" in kl_divergence_from_samples(x, y).note
    with pytest.raises(UsageError, match=r"pip install 'bitsapart\[learn\]'"):
        kl_divergence_from_samples(x, y, "classifier")


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        (np.arange(5.0), np.arange(9.0), {}, "x has 5 rows, and a density needs 8"),
        (np.ones((9, 2)), np.ones((9, 3)), {}, "x has 2 columns and y has 3"),
        (np.ones((9, 2, 2)), np.ones((9, 2)), {}, "x has shape"),
        (np.r_[np.nan, np.arange(9.0)], np.arange(9.0), {}, "x is nan in row 0, column 0"),
        (["a"] * 9, np.arange(9.0), {}, "x holds text"),
        (np.arange(9.0) ** 0.5, np.arange(9.0), {"method": "magic"}, "method should be one of auto"),
        (np.arange(9.0) ** 0.5, np.arange(9.0), {"level": 2}, "level should be between 0 and 1"),
        (np.arange(9.0) ** 0.5, np.arange(9.0), {"side": "left"}, "side should be one of"),
        (np.arange(9.0) ** 0.5, np.arange(9.0), {"seed": 0.5}, "seed should be a whole number"),
        (np.arange(9.0) ** 0.5, np.arange(9.0), {"unit": "byte"}, "unit should be one of"),
        (np.arange(9.0) ** 0.5, np.pi * np.arange(1.0, 10.0), {"method": "nearest_neighbours", "k": 9}, "k should be"),
        (np.full(50, 2.5), np.full(50, 2.5), {}, "all rows of x and y are equal"),
    ],
)
def test_errors_say_what_to_do(x, y, options, words):
    with pytest.raises(UsageError, match=words):
        kl_divergence_from_samples(x, y, **options)


@pytest.mark.parametrize("method", ["auto", "bias_reduced", "classifier"])
def test_k_is_refused_where_it_means_nothing(method):
    x, y = np.random.default_rng(0).normal(size=(2, 100))
    for k in (3, -1, "3"):
        with pytest.raises(UsageError, match=f"k is for method='nearest_neighbours'; method='{method}' takes none"):
            kl_divergence_from_samples(x, y, method, k=k)


def test_k_is_a_quarter_of_the_smaller_sample_at_most():
    g = np.random.default_rng(0)
    x, y = g.normal(size=400), g.normal(size=100)
    found = kl_divergence_from_samples(x, y, "nearest_neighbours", k=np.int32(25))
    assert found == kl_divergence_from_samples(x, y, "nearest_neighbours", k=25)
    with pytest.raises(UsageError, match="at most 25, a quarter of the 100 rows"):
        kl_divergence_from_samples(x, y, "nearest_neighbours", k=26)


@pytest.mark.parametrize("factor", [2.0**-990, 2.0**990, 1e-300, 1e300])
@pytest.mark.parametrize("columns", [1, 2])
def test_a_factor_of_any_size_changes_nothing(factor, columns):
    g = np.random.default_rng(0)
    x, y = g.normal(0.3, 1.0, (100, columns)), g.normal(size=(120, columns))
    for method in ("auto", "nearest_neighbours", "bias_reduced", "classifier"):
        here = kl_divergence_from_samples(x, y, method)
        there = kl_divergence_from_samples(x * factor, y * factor, method)
        # powers of two are exact, others round the samples
        assert here == there or math.frexp(factor)[0] != 0.5
        assert math.isclose(here.value, there.value, rel_tol=1e-6)
        assert (here.kind, here.low is None) == (there.kind, there.low is None)


@pytest.mark.parametrize("n", [8, 9, 10, 12, 20])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_few_rows_have_an_answer(n, columns):
    g = np.random.default_rng(n)
    x = g.normal(size=(n, columns))
    for m in (8, n + 3, 200):
        for method in ("auto", "nearest_neighbours", "bias_reduced", "classifier"):
            found = kl_divergence_from_samples(x, g.normal(size=(m, columns)), method)
            assert math.isfinite(found.value)
            assert found.kind == "unknown" or found.low <= max(found.value, 0.0) <= found.high


@pytest.mark.parametrize("method", ["auto", "nearest_neighbours", "bias_reduced"])
def test_a_column_that_follows_from_others_adds_nothing(method):
    g = np.random.default_rng(0)
    x, y = g.normal(0.5, 1.0, 150), g.normal(size=200)
    alone = kl_divergence_from_samples(x, y, method)
    for more in (lambda z: 2.0 * z + 1.0, lambda z: np.full(z.shape, 2.5)):
        found = kl_divergence_from_samples(np.c_[x, more(x)], np.c_[y, more(y)], method)
        assert (found.value, found.low, found.high) == (alone.value, alone.low, alone.high)
        assert "column 1 of x and y is left out" in found.note


def test_a_relation_in_one_sample_only_is_infinite():
    """Each side in turn lies on a line, on which the other has no rows."""
    g = np.random.default_rng(0)
    line, full = np.repeat(g.normal(size=(200, 1)), 3, axis=1), g.normal(size=(200, 3))
    line[:, 0], full[:, 0] = 2.5, 2.5
    for name, x, y in (("x", line, full), ("y", full, line)):
        found = kl_divergence_from_samples(x, y)
        assert (found.kind, found.high) == ("bound", math.inf)
        assert found.note.startswith(f"lower bound only: columns 1 and 2 of {name} obey a linear relation")
        for method in ("nearest_neighbours", "bias_reduced"):
            with pytest.raises(UsageError, match=r"KL is infinite.* pass method='auto' for a lower bound"):
                kl_divergence_from_samples(x, y, method)


def test_classes_as_columns_may_lack_one():
    """Of three indicators x has two, which add up to 1 there and not in y: log 1.5 and no infinity."""
    g = np.random.default_rng(0)
    x, y = np.eye(3)[g.integers(0, 2, 2000)], np.eye(3)[g.integers(0, 3, 2000)]
    found = kl_divergence_from_samples(x[:, :2], y[:, :2], unit="nat")
    assert found.kind == "confidence"
    assert found.low < math.log(1.5) < found.high


def test_only_whole_numbers_that_repeat_within_a_sample_are_counts():
    g = np.random.default_rng(0)
    x = g.choice(10**9, 300, replace=False)
    for rows in (x, g.normal(size=300) * 1e300):
        assert kl_divergence_from_samples(rows, rows).low == 0.0
    with pytest.raises(UsageError, match="whole numbers that repeat"):
        kl_divergence_from_samples(g.integers(0, 9, 50), x)


def test_samples_of_sizes_that_no_unit_suits():
    """All rows of y are one value beside the spread of x: a small share of the rows of x lie there."""
    g = np.random.default_rng(0)
    for small in (1e-290, 1e-300, 1e-307):
        found = kl_divergence_from_samples(g.normal(size=40), small * g.normal(size=30), unit="nat")
        assert (found.kind, found.high) == ("bound", math.inf)
        assert 0.5 < found.low <= math.log(30)


def test_two_bumps_in_a_wide_bell_are_seen():
    """The fit alone finds little of it in few rows; distances to neighbours do, and the high end is theirs."""
    truth, held = 0.7992, 0
    for seed in range(40):
        g = np.random.default_rng([seed, 7])
        x = np.where(g.random(60) < 0.5, g.normal(-3.0, 0.5, 60), g.normal(3.0, 1.0, 60))
        found = kl_divergence_from_samples(x, g.normal(0.0, 3.5, 60), unit="nat")
        held += found.low <= truth <= found.high
    assert held >= 35


def test_tails_that_the_reference_does_not_reach_leave_no_high_end():
    g = np.random.default_rng(8)
    found = kl_divergence_from_samples(g.standard_t(3, 2000), g.normal(0.0, 1.7, 2000), unit="nat")
    assert (found.kind, found.high) == ("bound", math.inf)
    assert found.low < 0.195
    assert "next to none" in found.note


def test_lighter_tails_than_the_reference_are_measured():
    truth, held = 0.06913, 0
    for seed in range(30):
        g = np.random.default_rng([seed, 9])
        found = kl_divergence_from_samples(g.normal(size=2000), g.standard_t(3, 2000), unit="nat")
        held += found.low <= truth <= found.high
    assert held >= 26


def test_tables_with_columns_in_another_order_are_refused():
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame(np.random.default_rng(0).normal(size=(50, 2)), columns=["a", "b"])
    with pytest.raises(UsageError, match="different columns"):
        kl_divergence_from_samples(x, x[["b", "a"]])
