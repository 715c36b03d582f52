"""`ba.estimate.entropy` as a user calls it, its choice of estimator, and its intervals; all numbers in nats."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import shape

import bitsapart as ba
from bitsapart.estimate.discrete.chao_wang_jost import chao_wang_jost
from bitsapart.estimate.discrete.estimators import ESTIMATORS
from bitsapart.estimate.discrete.poisson_mixture import PENALTY, fitted, grid, most_likely, small_counts
from bitsapart.estimate.discrete.sample_coverage import sample_coverage
from bitsapart.estimate.discrete.zhang import zhang
from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.intervals.mixture_influence import standard_error
from bitsapart.estimate.unseen import extrapolated, missed_entropy
from bitsapart.values.errors import UsageError
from bitsapart.values.estimates import Estimates

RNG = np.random.default_rng


def test_auto_says_what_it_chose_and_why():
    unknown, known = entropy([5, 3, 1, 1]), entropy([5, 3, 1, 1, 0, 0])
    assert unknown.method.startswith("chao_wang_jost + ")
    assert "not known" in unknown.note
    assert known.method.startswith("poisson_mixture + ")
    assert "is known" in known.note
    assert entropy([5, 3, 1, 1], outcomes=6).method.startswith("poisson_mixture")
    assert entropy([5, 3, 1, 1, 0, 0], outcomes="unknown").value == unknown.value


def test_auto_of_an_unknown_alphabet_is_chao_wang_jost():
    for counts in ([1, 2, 3, 2, 1], [50, 25, 25], [7, 1, 1, 1]):
        assert entropy(counts, unit="nat").value == pytest.approx(float(chao_wang_jost(counts)), rel=1e-12)


def test_nothing_rare_leaves_the_digamma_estimate():
    counts = np.array([400, 300, 200, 60, 0])
    assert entropy(counts, unit="nat").value == pytest.approx(float(zhang(counts)), rel=1e-12)


# The best column of each cell in a table of seventeen estimators (bias and error of 50 to 200 samples each).
BEST = {
    ("zipf", 100): 0.30,
    ("zipf", 1_000): 0.080,
    ("zipf", 10_000): 0.022,
    ("uniform", 100): 0.17,
    ("uniform", 1_000): 0.024,
}


@pytest.mark.parametrize(("name", "n"), BEST)
def test_error_of_auto_is_no_worse_than_the_best_of_seventeen(name, n):
    p = shape(name, 1_000)
    counts = RNG(n).multinomial(n, p, size=600)
    error = np.sqrt(np.mean((entropy(counts, unit="nat").value - ba.entropy(p, unit="nat")) ** 2))
    assert error < 1.1 * BEST[name, n]


def test_a_declared_alphabet_that_looks_uniform_is_taken_for_uniform():
    counts = RNG(3).multinomial(10_000, np.full(1_000, 1e-3), size=300)
    error = entropy(counts, outcomes=1_000, unit="nat").value - math.log(1_000)
    assert np.sqrt(np.mean(error**2)) < 6e-4
    assert np.all(error <= 1e-12)


CELLS = list(itertools.product(("zipf", "two spikes"), (10, 1_000), (100, 1_000)))


@pytest.mark.parametrize(("name", "outcomes", "n"), CELLS)
def test_intervals_hold_the_truth(name, outcomes, n):
    p = shape(name, outcomes)
    truth = float(ba.entropy(p, unit="nat"))
    many = entropy(RNG([outcomes, n]).multinomial(n, p, size=1_000), unit="nat")
    told = many.kind == "confidence"
    held = (many.low <= truth) & (truth <= many.high)
    assert np.mean(held[told]) > 0.95 - 3 * math.sqrt(0.05 * 0.95 / told.sum())
    assert np.mean(many.low[~told] > truth) <= 0.04 if not told.all() else True


def test_a_sample_that_saw_too_little_gives_a_lower_bound():
    p = shape("uniform", 10_000)
    many = entropy(RNG(5).multinomial(100, p, size=200), unit="nat")
    assert np.all(many.kind == "bound")
    assert np.all(many.low <= math.log(10_000))
    assert np.all(many.high == math.log(10_000))
    assert many.note[0].startswith("too few data: of the next rows, about 9")
    unknown = entropy([1, 1, 1, 1, 1])
    assert (unknown.kind, unknown.high) == ("bound", math.inf)


def test_one_side_on_request():
    counts = [30, 20, 10, 5, 1, 0]
    both, lower, upper = entropy(counts, level=0.9), entropy(counts, side="lower"), entropy(counts, side="upper")
    assert (lower.low, lower.kind, lower.high) == pytest.approx((both.low, "bound", math.log2(6)))
    assert (upper.high, upper.kind, upper.low) == pytest.approx((both.high, "bound", 0.0))


@pytest.mark.parametrize("method", ["auto", *ESTIMATORS])
def test_a_batch_is_its_rows(method):
    counts = RNG(1).multinomial(300, shape("zipf", 40), size=(2, 3))
    many = entropy(counts, method)
    assert isinstance(many, Estimates)
    assert many.shape == (2, 3)
    for place in np.ndindex(2, 3):
        one = entropy(counts[place], method)
        assert one.value == pytest.approx(many.value[place], rel=1e-9)
        assert one.low == pytest.approx(many.low[place], rel=1e-9)
        assert one == many[place] or one.high == pytest.approx(many.high[place], rel=1e-9)
    turned = entropy(np.moveaxis(counts, -1, 0), method, axis=0)
    np.testing.assert_array_equal(turned.value, many.value)


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=30).filter(any), st.sampled_from(["bit", "nat", "ban"]))
def test_every_answer_is_in_order(counts, unit):
    found = entropy(counts, unit=unit)
    most = math.log(len(counts)) / ba.Unit[unit].value if 0 in counts else math.inf
    assert 0.0 <= found.low <= found.value <= found.high <= most + 1e-9
    order = sorted(range(len(counts)), key=lambda i: (counts[i], i))
    again = entropy([counts[i] for i in order], unit=unit)
    assert again.value == pytest.approx(found.value, rel=1e-9, abs=1e-12)


def test_methods_share_the_interval_and_say_so_when_they_leave_it():
    counts = RNG(2).multinomial(300, shape("zipf", 300))
    auto, plug_in = entropy(counts), entropy(counts, "plug_in")
    assert (plug_in.low, plug_in.high) == pytest.approx((auto.low, auto.high), rel=0.02)
    assert plug_in.value < plug_in.low
    assert "outside" in plug_in.note


def test_survey_weights():
    rng = RNG(4)
    codes, weights = rng.integers(0, 4, 500), rng.exponential(size=500)
    sums = np.bincount(codes, weights)
    size = ba.estimate.effective_sample_size(weights)
    found = entropy(sums, effective_n=size)
    assert found.method.startswith("zhang")
    assert found.low < 2.0
    assert found.n == math.floor(size)
    assert entropy(3.0 * sums, effective_n=size).value == pytest.approx(found.value, rel=1e-12)
    with pytest.raises(UsageError, match=r"chao_wang_jost cannot take survey weights: .* seen once"):
        entropy(sums, "chao_wang_jost", effective_n=size)
    with pytest.raises(UsageError, match="effective_n"):
        entropy(sums)


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ([3, -1], {}, "counts is -1 at outcome 1: counts are not negative"),
        ([[3, 1], [2, math.nan]], {}, "counts is nan at outcome 1 of row 1: counts are finite"),
        ([0.2, 0.8], {}, "counts are whole numbers"),
        ([], {}, "no outcomes"),
        (5, {}, "single number"),
        ([[1, 2], [3]], {}, "differ in length"),
        (["a", "b"], {}, "counts are wanted"),
        ([2.0**60, 1], {}, "2\\^53"),
        ([3, 1], {"method": "chao"}, "method should be one of auto, plug_in"),
        ([3, 1], {"level": 95}, "level should be between 0 and 1"),
        ([3, 1], {"side": "left"}, "side should be one of"),
        ([3, 1], {"side": "upper", "level": 0.4}, "a one-sided bound needs a level above 0.5"),
        ([3, 1], {"unit": "bits"}, "unit should be one of"),
        ([3, 1], {"outcomes": 1}, "2 were seen"),
        ([3, 1], {"outcomes": "many"}, "unknown"),
        ([3, 1], {"method": "zhang", "outcomes": 4}, "takes no number of outcomes"),
        ([3, 1], {"method": "nsb", "prior": 1.0}, "takes no prior"),
        ([3, 1], {"axis": 1}, "no axis 1"),
    ],
)
def test_bad_input_gets_one_clear_sentence(counts, options, message):
    with pytest.raises(UsageError, match=message):
        entropy(counts, **options)


def test_no_rows_are_unknown():
    found = entropy([0, 0, 0])
    assert math.isnan(found.value)
    assert (found.kind, found.low, found.high) == ("unknown", None, None)


def test_the_mixture_is_at_its_maximum():
    counts = RNG(7).multinomial(1_000, shape("zipf", 1_000), size=5).astype(float)
    frequency = small_counts(counts, np.full(5, 1_000.0))
    _, chance = grid()
    weights = most_likely(frequency, chance)
    gradient = weights * ((frequency / (weights @ chance.T)) @ chance) + PENALTY
    total = frequency.sum(axis=1, keepdims=True) + weights.shape[1] * PENALTY
    assert np.abs(gradient / total - weights).max() < 2e-4


def test_the_influence_is_the_derivative_of_the_estimate():
    """Against a change of the counts, at one fit of the mixture carried to its maximum."""
    p = shape("zipf", 300)
    counts = RNG(8).multinomial(300, p, size=400).astype(float)
    known = np.full(400, 300.0)
    values = zhang(counts) + missed_entropy(counts, known)
    error = standard_error(counts, fitted(counts, known))
    assert np.median(error) == pytest.approx(values.std(), rel=0.12)


def test_what_is_missed_falls_with_the_sample():
    counts = RNG(9).multinomial(500, shape("zipf", 500), size=2).astype(float)
    seen = sample_coverage(counts)
    sizes = [extrapolated(seen, np.full(2, float(k))) for k in (500, 1_000, 5_000, 50_000)]
    assert np.all(np.diff(sizes, axis=0) < 0.0)
    np.testing.assert_allclose(sizes[0], chao_wang_jost(counts) - zhang(counts), rtol=1e-9)


CONCENTRATED = {
    "geometric": 0.5 ** np.arange(1, 41),
    "two": np.array([0.9, 0.1]),
    "five": np.ones(5),
}


@pytest.mark.parametrize("name", CONCENTRATED)
@pytest.mark.parametrize("outcomes", [10_000, 1_000_000, "unknown"])
def test_an_alphabet_far_larger_than_what_occurs(name, outcomes):
    """A million outcomes can occur, a handful do: neither the estimate nor its interval is drawn to log 10^6."""
    p = CONCENTRATED[name] / CONCENTRATED[name].sum()
    truth = float(ba.entropy(p, unit="nat"))
    many = entropy(RNG(11).multinomial(100, p, size=400), outcomes=outcomes, unit="nat")
    told = many.kind == "confidence"
    held = (many.low <= truth + 1e-9) & (truth <= many.high + 1e-9)
    assert told.mean() > 0.9
    assert np.mean(held[told]) > 0.95 - 3 * math.sqrt(0.05 * 0.95 / told.sum())
    assert abs(np.mean(many.value) - truth) < 0.1


def test_what_else_is_in_the_batch_does_not_matter():
    rows = np.array([[9, 0, 0, 0, 0, 0, 0], [24, 0, 0, 5, 1, 0, 3], [400, 90, 30, 0, 0, 2, 1]])
    for outcomes in (None, "unknown", 50):
        many = entropy(rows, outcomes=outcomes)
        for i, row in enumerate(rows):
            one, other = entropy(row, outcomes=outcomes), many[i]
            assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), rel=1e-9)


def test_zeros_mean_nothing_where_the_alphabet_is_unknown():
    for counts in ([7], [5, 3, 2], [12, 5, 2, 1, 1, 1]):
        plain, padded = (entropy(c, outcomes="unknown") for c in (counts, [0, *counts, 0, 0]))
        assert (plain.value, plain.low, plain.high) == pytest.approx((padded.value, padded.low, padded.high), rel=1e-12)


def test_one_outcome_seen_is_not_one_outcome_that_exists():
    few, more = entropy([7]), entropy([7_000])
    assert few.low == more.low == 0.0
    assert more.high < 0.05 < few.high
    assert (entropy([1]).kind, entropy([1]).high) == ("bound", math.inf)
    assert (entropy([7], outcomes=1).low, entropy([7], outcomes=1).high) == (0.0, 0.0)


def test_what_is_not_an_array_of_counts_is_refused_in_a_sentence():
    pandas, torch = pytest.importorskip("pandas"), pytest.importorskip("torch")
    for counts, message in (
        (np.ma.array([1, 2, 3], mask=[0, 1, 0]), "masked"),
        ({"a": 1}, r"list\(counts.values\(\)\)"),
        (torch.tensor([5.0, 3.0], requires_grad=True), "does not become an array"),
        (np.array(["1", "2"]), "holds text"),
        ([2.9999999999999996, 1], "2.9999999999999996 at outcome 0"),
    ):
        with pytest.raises(UsageError, match=message):
            entropy(counts)
    first, second = pandas.Series([3, 2], index=["a", "b"]), pandas.Series([3, 2], index=["b", "a"])
    with pytest.raises(UsageError, match="labelled differently"):
        ba.estimate.kl_divergence(first, second)
    with pytest.raises(UsageError, match="an axis is a whole number"):
        entropy([3, 1], axis=None)
    with pytest.raises(UsageError, match="seed should be a whole number"):
        entropy([3, 1], seed=-1)
    with pytest.raises(UsageError, match="auto takes no prior"):
        entropy([3, 1], prior=1.0)
    assert entropy([3, 1], seed=np.int64(3)).value == entropy([3, 1]).value


def test_more_outcomes_than_could_ever_matter():
    few, many = (entropy([12, 5, 2, 1, 1, 1], outcomes=outcomes) for outcomes in (10**6, 10**30))
    assert many.value == pytest.approx(few.value, rel=1e-3)
    assert many.value < 4.0


def test_tables_and_batches_print_what_they_hold():
    pandas = pytest.importorskip("pandas")
    first, second = pandas.DataFrame([[300, 2]], columns=["a", "b"]), pandas.DataFrame([[2, 300]], columns=["b", "a"])
    with pytest.raises(UsageError, match="different columns"):
        ba.estimate.kl_divergence(first, second)
    printed = str(entropy(np.tile([50, 25, 25], (9, 1))))
    assert printed.startswith("9 estimates of shape (9,)\n1.515 bits [")
    assert printed.endswith("... 3 more")
