"""Edge cases of the entropy estimators: little data, much data, batches, wrong options, survey weights."""

import inspect
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

import bitsapart.estimate.discrete
from bitsapart.estimate.discrete.chao_wang_jost import log_tail
from bitsapart.estimate.discrete.estimators import ESTIMATORS
from bitsapart.estimate.discrete.plug_in import entropy_of
from bitsapart.estimate.discrete.sample_coverage import sample_coverage
from bitsapart.estimate.discrete.standard_error import delta_standard_error
from bitsapart.estimate.effective_sample_size import effective_counts, effective_sample_size
from bitsapart.values.errors import UsageError

NAMES = tuple(ESTIMATORS)
WITH_OUTCOMES = tuple(name for name, one in ESTIMATORS.items() if "outcomes" in one.options)
ZERO_FOR_CERTAINTY = ("plug_in", "miller_madow", "zhang", "chao_shen", "chao_wang_jost", *WITH_OUTCOMES)
ANY_SAMPLE = st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(any)


def value(name: str, counts: list[float] | np.ndarray, **options: object) -> float:
    return float(ESTIMATORS[name](np.asarray(counts, dtype=float), **options))


def test_the_registry_names_the_files() -> None:
    folder = Path(bitsapart.estimate.discrete.__file__).parent
    for name, estimator in ESTIMATORS.items():
        assert estimator.name == name == estimator.function.__name__
        assert (folder / f"{name}.py").exists()
        assert estimator.reason
        assert set(estimator.options) == set(inspect.signature(estimator.function).parameters) - {"counts"}


@pytest.mark.parametrize("name", NAMES)
def test_no_rows_is_nan(name: str) -> None:
    found = ESTIMATORS[name](np.array([[0.0, 0.0], [3.0, 2.0]]))
    assert math.isnan(found[0])
    assert found[1] > 0.0
    assert np.isnan(ESTIMATORS[name].standard_error(np.zeros(3)))


@pytest.mark.parametrize("name", ZERO_FOR_CERTAINTY)
@pytest.mark.parametrize("count", [1.0, 2.0, 7.0, 1e15])
def test_a_single_outcome_has_no_entropy(name: str, count: float) -> None:
    assert value(name, [count]) == 0.0


@pytest.mark.parametrize("name", [name for name in ZERO_FOR_CERTAINTY if name not in WITH_OUTCOMES])
@pytest.mark.parametrize("count", [1.0, 2.0, 1e15])
def test_a_single_outcome_seen_of_many_has_none_for_estimators_that_do_not_count_them(name: str, count: float) -> None:
    assert value(name, [0.0, count, 0.0]) == 0.0


def test_grassberger_is_not_below_zero() -> None:
    assert value("grassberger", [2.0]) == 0.0
    assert value("grassberger", [1.0]) == pytest.approx(np.euler_gamma + math.log(2.0), rel=1e-14)
    assert value("grassberger", [1e15]) == 0.0
    assert value("grassberger", [1e15 + 1.0]) == pytest.approx(1e-15, rel=1e-9, abs=0.0)


@pytest.mark.parametrize("name", NAMES)
def test_all_singletons(name: str) -> None:
    found = value(name, np.ones(50))
    if name == "pitman_yor":
        assert found == math.inf
    else:
        assert math.isfinite(found)
        assert found >= math.log(50.0) - 0.02


def test_all_singletons_by_the_formulas() -> None:
    share = 1.0 / 2500.0
    chao_shen = -50 * share * math.log(share) / (1.0 - (1.0 - share) ** 50)
    assert value("chao_shen", np.ones(50)) == pytest.approx(chao_shen, rel=1e-12)
    harmonic = sum(1.0 / k for k in range(1, 50))
    assert value("zhang", np.ones(50)) == pytest.approx(harmonic, rel=1e-13)
    assert value("chao_shen", [1.0]) == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_huge_counts(name: str) -> None:
    assert value(name, [1e15, 1e15]) == pytest.approx(math.log(2.0), rel=1e-13)
    rare = value(name, [1e15, 3.0])
    assert 0.0 < rare < 2e-13


def test_next_to_certainty_the_plug_in_has_all_its_digits() -> None:
    rare = 1.0 / (1e15 + 1.0)
    expected = rare * (1.0 + math.log(1e15 + 1.0)) - rare**2 / 2
    assert value("plug_in", [1e15, 1.0]) == pytest.approx(expected, rel=1e-14, abs=0.0)
    assert float(entropy_of(np.array([1e15]), 2.0, 0.5)) == pytest.approx(
        rare * (1.0 + math.log(2e15 + 2.0)), rel=1e-14, abs=0.0
    )


@pytest.mark.parametrize("name", WITH_OUTCOMES)
def test_more_outcomes_than_counts_is_zeros_added(name: str) -> None:
    padded = np.array([5.0, 3.0, 1.0] + [0.0] * 7)
    for counts in ([5.0, 3.0, 1.0], [5.0, 3.0, 1.0, 0.0]):
        assert value(name, counts, outcomes=10) == pytest.approx(value(name, padded), rel=1e-14)
    assert math.log(3.0) < value(name, [1.0, 1.0, 1.0], outcomes=10**6) <= math.log(1e6) + 1e-12
    each = ESTIMATORS[name](np.array([[5.0, 3.0, 1.0], [5.0, 3.0, 1.0]]), outcomes=[3, 10])
    assert each[0] < each[1] == value(name, padded[:3], outcomes=10)


def test_shrinkage_is_its_formula() -> None:
    counts = np.array([10.0, 2.0, 1.0, 0.0, 0.0, 0.0])
    share = counts / 13.0
    drawn = (1.0 - np.sum(share**2)) / (12.0 * np.sum((1.0 / 6.0 - share) ** 2))
    mixed = drawn / 6.0 + (1.0 - drawn) * share
    assert 0.0 < drawn < 1.0
    for seen, outcomes in ((counts, None), (counts[:3], 6), (counts[:4], 6)):
        assert value("shrinkage", seen, outcomes=outcomes) == pytest.approx(-np.sum(mixed * np.log(mixed)), rel=1e-14)


@pytest.mark.parametrize("name", WITH_OUTCOMES)
def test_fewer_outcomes_than_were_seen_is_an_error(name: str) -> None:
    with pytest.raises(UsageError, match="outcomes is 2, and 3 were seen in row 0"):
        value(name, [5.0, 3.0, 1.0], outcomes=2)
    with pytest.raises(UsageError, match="a whole number"):
        value(name, [5.0, 3.0], outcomes=2.5)
    with pytest.raises(UsageError, match="one for each"):
        ESTIMATORS[name](np.ones((3, 2)), outcomes=[2, 3])


@pytest.mark.parametrize("prior", ["uniform", 0.0, -1.0, math.inf, math.nan, True])
def test_a_wrong_prior_is_an_error(prior: object) -> None:
    with pytest.raises(UsageError, match="positive number or one of jeffreys, laplace, perks, minimax"):
        value("dirichlet", [1.0, 2.0], prior=prior)


def test_dirichlet_without_rows_is_nan_and_not_the_prior() -> None:
    assert math.isnan(value("dirichlet", [0.0, 0.0], prior="minimax"))


@pytest.mark.parametrize("name", NAMES)
def test_a_row_of_a_batch_is_that_row_alone(name: str) -> None:
    rng = np.random.default_rng(5)
    few = name in {"nsb", "pitman_yor"}
    batch = rng.multinomial(300, rng.dirichlet(np.full(200, 0.2), size=(2, 3 if few else 50))).astype(float)
    batch[0, 1, 50:] = 0.0
    found = ESTIMATORS[name](batch)
    assert found.shape == batch.shape[:-1]
    for index in np.ndindex(found.shape):
        assert found[index] == ESTIMATORS[name](batch[index])
    assert ESTIMATORS[name].standard_error(batch).shape == found.shape


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_left_alone(name: str) -> None:
    counts = np.array([[3.0, 1.0, 2.0, 0.0]])
    counts.flags.writeable = False
    assert np.isfinite(ESTIMATORS[name](counts)).all()


@settings(max_examples=60, deadline=None)
@given(ANY_SAMPLE, st.randoms(use_true_random=False))
def test_order_and_zeros_do_not_matter(sample: list[int], random: object) -> None:
    shuffled = [*sample, 0, 0, 0]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for name, estimator in ESTIMATORS.items():
        if name in {"nsb", "pitman_yor"}:
            continue
        options = {"outcomes": len(sample)} if "outcomes" in estimator.options else {}
        assert value(name, shuffled, **options) == pytest.approx(value(name, sample, **options), rel=1e-13, abs=1e-14)


@settings(max_examples=100, deadline=None)
@given(ANY_SAMPLE)
def test_how_the_estimators_are_ordered(sample: list[int]) -> None:
    found = {name: value(name, sample) for name in NAMES if name not in {"nsb", "pitman_yor"}}
    assert all(number >= 0.0 for number in found.values())
    assert found["plug_in"] <= found["zhang"] + 1e-13 <= found["chao_wang_jost"] + 2e-13
    assert found["plug_in"] <= found["miller_madow"] + 1e-14
    most = math.log(len(sample)) + 1e-12
    assert max(found["plug_in"], found["shrinkage"], found["dirichlet"]) <= most
    assert found["plug_in"] <= found["shrinkage"] + 1e-13


def test_the_tail_of_the_logarithm() -> None:
    for rare, n in [(0.5, 1.0), (0.9, 3.0), (1e-3, 40.0), (0.02, 50.0), (0.024, 41.7), (1e-4, 9_999.0), (0.3, 200.0)]:
        j = np.arange(60.0 / rare)
        expected = np.sum(np.exp(j * np.log1p(-rare)) / (n + j))
        assert log_tail(np.array([rare]), np.array([n]))[0] == pytest.approx(expected, rel=2e-13)
    large = log_tail(np.array([0.9999e-12, 1.0001e-12]), np.array([1e12, 1e12]))
    assert large[0] == pytest.approx(large[1], rel=2e-4)
    assert large[1] == pytest.approx(float(special.exp1(1.0)) * math.e, rel=2e-4)


def test_sample_coverage() -> None:
    found = sample_coverage(np.array([[4.0, 2.0, 1.0, 1.0], [3.0, 3.0, 2.0, 0.0], [1.0, 1.0, 1.0, 0.0]]))
    assert found.once.tolist() == [2.0, 0.0, 3.0]
    assert found.twice.tolist() == [1.0, 1.0, 0.0]
    # 8 rows, f1 = 2, f2 = 1: A = 2 / (7 * 2 + 2) = 1/8; 3 rows, f1 = 3, f2 = 0: A = 2 / (2 * 2 + 2) = 1/3
    assert found.rare.tolist() == [0.125, 1.0, pytest.approx(1.0 / 3.0)]
    assert found.coverage.tolist() == [1.0 - 0.25 * 0.875, 1.0, pytest.approx(1.0 / 3.0)]
    assert found.unseen.tolist() == [7.0 / 8.0 * 2.0, 0.0, pytest.approx(2.0 / 3.0 * 3.0)]
    nothing = sample_coverage(np.zeros(3))
    assert math.isnan(nothing.coverage)
    assert sample_coverage([1]).coverage == 1.0


def test_coverage_on_average_is_the_share_seen() -> None:
    p = 1.0 / np.arange(1, 301)
    p /= p.sum()
    samples = np.random.default_rng(3).multinomial(300, p, size=2000)
    seen = np.sum(np.where(samples > 0, p, 0.0), axis=1)
    assert np.mean(sample_coverage(samples).coverage - seen) == pytest.approx(0.0, abs=0.003)


def test_the_standard_error_is_the_spread_of_the_plug_in() -> None:
    p = np.array([0.5, 0.25, 0.15, 0.1])
    samples = np.random.default_rng(4).multinomial(2000, p, size=4000)
    spread = np.std(ESTIMATORS["plug_in"](samples))
    assert float(np.mean(delta_standard_error(samples))) == pytest.approx(spread, rel=0.04)
    assert delta_standard_error([5, 5, 5]) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", [name for name, one in ESTIMATORS.items() if one.weights])
def test_weights_between_two_whole_counts_give_an_entropy_between(name: str) -> None:
    low, middle, high = (value(name, [20.0, count, 4.0]) for count in (2.0, 2.5, 3.0))
    assert low < middle < high
    assert math.isfinite(value(name, [20.0, 0.01, 4.0]))


def test_zhang_of_weights_is_the_digamma_form() -> None:
    for counts in (np.array([20.5, 2.5, 0.3, 4.0]), np.array([0.01, 30.0])):
        n = counts.sum()
        expected = special.digamma(n) - np.sum(counts * special.digamma(counts)) / n
        assert value("zhang", counts) == pytest.approx(float(expected), rel=1e-13)


def test_those_that_refuse_weights_say_why() -> None:
    refused = {name for name, one in ESTIMATORS.items() if not one.weights}
    assert refused == {"grassberger", "chao_shen", "chao_wang_jost", "pitman_yor", "poisson_mixture"}
    assert all("whole" in ESTIMATORS[name].refusal or "weights" in ESTIMATORS[name].refusal for name in refused)


def test_effective_sample_size() -> None:
    assert effective_sample_size(np.ones(30)) == pytest.approx(30.0, rel=1e-15)
    assert effective_sample_size([1.0, 0.0, 0.0]) == 1.0
    assert effective_sample_size([3e200, 1e200]) == pytest.approx(1.6, rel=1e-15)
    assert effective_sample_size([[1.0, 1.0], [0.0, 0.0]]).tolist() == [2.0, 0.0]
    assert effective_sample_size([[1.0, 1.0], [0.0, 0.0]], axis=0).tolist() == [1.0, 1.0]
    for wrong, message in (
        ("x", "weights are wanted"),
        (3.0, "single number"),
        ([1.0, -1.0], "not negative"),
        ([np.nan], "finite"),
    ):
        with pytest.raises(UsageError, match=message):
            effective_sample_size(wrong)


def test_effective_counts() -> None:
    found = effective_counts([[10.0, 30.0], [0.0, 0.0]], [8.0, 5.0])
    assert found.tolist() == [[2.0, 6.0], [0.0, 0.0]]
    with pytest.raises(UsageError, match="positive number of rows"):
        effective_counts([1.0, 2.0], 0.0)
    with pytest.raises(UsageError, match="one for each row"):
        effective_counts([[1.0, 2.0]], [1.0, 2.0])
