"""Reliability curves and their bands."""

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.isotonic import IsotonicRegression

from bitsapart.scoring import reliability as module
from bitsapart.scoring.reliability import TOP, corners, reliability
from bitsapart.scoring.sample import Sample


def sample_of(log_q, targets, *, labels=None, weights=None, votes=None):
    n = len(log_q)
    return Sample(
        log_q=log_q,
        targets=targets,
        labels=labels,
        weights=np.ones(n) if weights is None else weights,
        clusters=None,
        folds=np.arange(n) % 5,
        rows=np.arange(n),
        votes=votes,
        features=None,
        of=n,
    )


def binary(q, y, **more):
    q, y = np.asarray(q, float), np.asarray(y, float)
    with np.errstate(divide="ignore"):
        return sample_of(np.log(np.column_stack([1 - q, q])), np.column_stack([1 - y, y]), **more)


def only(sample, level=0.95, seed=0):
    (found,) = reliability(sample, level, seed, ("no", "yes"))
    return found


def test_a_curve_by_hand():
    found = only(binary([0.2, 0.4, 0.8, 1.0], [1, 0, 1, 1]))
    assert found.name == "yes"
    assert found.predicted == pytest.approx((0.2, 0.4, 0.8, 1.0))
    assert found.observed == pytest.approx((0.5, 0.5, 1.0, 1.0))
    assert found.counts == (*[0] * 4, 1, *[0] * 3, 1, *[0] * 7, 1, *[0] * 2, 1)
    assert found.level == 0.95


def test_the_curve_is_isotonic_regression():
    rng = np.random.default_rng(1)
    q = rng.random(2_000)
    y = (rng.random(2_000) < q**2).astype(float)
    weights = rng.exponential(size=2_000)
    found = only(binary(q, y, weights=weights))
    expected = IsotonicRegression().fit(q, y, sample_weight=weights)
    assert np.interp(q, found.predicted, found.observed) == pytest.approx(expected.predict(q), abs=1e-9)
    assert sum(found.counts) == 2_000


def share_outside(n, rng, draws, **more):
    """Of a calibrated model, on average."""
    found = []
    for seed in range(draws):
        q = rng.beta(0.6, 0.8, size=n)
        y = (rng.random(n) < q).astype(float)
        found.append(only(binary(q, y, **more), seed=seed).outside)
    return np.mean(found)


@pytest.mark.parametrize("n", [200, 3_000])
def test_a_calibrated_model_is_outside_of_the_band_as_often_as_it_says(n):
    assert 0.02 < share_outside(n, np.random.default_rng(2), 60) < 0.065


def test_the_band_goes_with_the_weights():
    rng = np.random.default_rng(3)
    weights = rng.exponential(size=400) ** 2
    assert 0.02 < share_outside(400, rng, 60, weights=weights) < 0.075


def test_the_band_goes_with_the_votes():
    rng = np.random.default_rng(4)
    few, many = np.full(300, 1.0), np.full(300, 50.0)
    found = []
    for seed in range(40):
        q = rng.beta(0.6, 0.8, size=300)
        shares = rng.binomial(50, q) / 50
        narrow = only(binary(q, shares, votes=many), seed=seed)
        wide = only(binary(q, shares, votes=few), seed=seed)
        assert np.mean(np.subtract(wide.high, wide.low)) > 2 * np.mean(np.subtract(narrow.high, narrow.low))
        found.append(narrow.outside)
    assert 0.01 < np.mean(found) < 0.08


def test_an_over_confident_model_is_outside():
    rng = np.random.default_rng(5)
    p = rng.random(3_000)
    sharp = p**3 / (p**3 + (1 - p) ** 3)
    found = only(binary(sharp, rng.random(3_000) < p))
    assert found.outside > 0.6


def test_a_higher_level_is_a_wider_band():
    rng = np.random.default_rng(6)
    q = rng.random(500)
    sample = binary(q, rng.random(500) < q)
    narrow, wide = only(sample, 0.5), only(sample, 0.99)
    assert narrow.grid == wide.grid
    assert np.all(np.array(narrow.low) >= wide.low)
    assert np.all(np.array(narrow.high) <= wide.high)
    assert narrow.outside > wide.outside


def test_the_same_seed_draws_the_same():
    rng = np.random.default_rng(7)
    sample = binary(rng.random(100), rng.integers(2, size=100))
    assert only(sample, seed=1) == only(sample, seed=1) != only(sample, seed=2)


def test_grid_and_band_are_probabilities_in_order():
    rng = np.random.default_rng(8)
    found = only(binary(rng.beta(0.1, 0.1, size=5_000), rng.integers(2, size=5_000)))
    assert len(found.grid) <= module.CORNERS
    assert np.all(np.diff(found.grid) > 0)
    for side in (found.low, found.high, found.observed):
        assert np.all(np.diff(side) >= 0)
        assert min(side) >= 0.0
        assert max(side) <= 1.0
    assert np.all(np.less_equal(found.low, found.high))


def test_many_corners_become_few_without_another_shape():
    x = np.linspace(0, 1, 20_000)
    predicted, observed = corners(x, x**2, np.ones(len(x)))
    assert len(predicted) <= module.CORNERS + 1
    assert (predicted[0], predicted[-1], observed[-1]) == (0.0, 1.0, 1.0)
    assert np.interp(x, predicted, observed) == pytest.approx(x**2, abs=0.5 / module.CELLS)


def test_more_classes_the_most_probable_first_then_those_that_hold_most_of_the_loss():
    rng = np.random.default_rng(9)
    log_q = log_softmax(rng.normal(size=(2_000, 6)), axis=1)
    labels = rng.choice(6, p=[0.4, 0.02, 0.3, 0.05, 0.15, 0.08], size=2_000)
    found = reliability(sample_of(log_q, np.eye(6)[labels], labels=labels), 0.95, 0, tuple("abcdef"), most=3)
    assert [curve.name for curve in found] == [TOP, "a", "c", "e"]
    q = np.exp(log_q)
    right = labels == q.argmax(axis=1)
    expected = IsotonicRegression().fit(q.max(axis=1), right).predict(q.max(axis=1))
    assert np.interp(q.max(axis=1), found[0].predicted, found[0].observed) == pytest.approx(expected, abs=1e-9)


def test_certain_misses_and_rows_without_weight():
    q, y = np.array([0.0, 0.0, 1.0, 1.0, 0.5]), np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    found = only(binary(q, y, weights=np.array([1.0, 1.0, 1.0, 1.0, 0.0])))
    assert found.predicted == (0.0, 1.0)
    assert found.observed == (0.5, 0.5)
    assert found.outside == 1.0
    three = np.log(np.array([[0.5, 0.5, 1e-300], [0.2, 0.3, 0.5]]))
    three[0, 2] = -np.inf
    curves = reliability(sample_of(three, np.eye(3)[[2, 1]], labels=np.array([2, 1])), 0.95, 0, tuple("abc"))
    assert [curve.name for curve in curves] == [TOP, "c", "b", "a"]


def test_one_row():
    found = only(binary([0.7], [1]))
    assert (found.predicted, found.observed, found.grid) == ((pytest.approx(0.7),), (1.0,), (pytest.approx(0.7),))
