"""The Brier score and its parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from bitsapart.scoring.brier import brier
from bitsapart.scoring.sample import Sample


def sample_of(q, targets, weights=None):
    q, targets = np.asarray(q, float), np.asarray(targets, float)
    q = np.column_stack([1 - q, q]) if q.ndim == 1 else q
    targets = np.column_stack([1 - targets, targets]) if targets.ndim == 1 else targets
    n = len(q)
    with np.errstate(divide="ignore"):
        log_q = np.log(q)
    hard = bool(((targets == 0) | (targets == 1)).all())
    return Sample(
        log_q=log_q,
        targets=targets,
        labels=targets.argmax(axis=1) if hard else None,
        weights=np.ones(n) if weights is None else np.asarray(weights, float),
        clusters=None,
        folds=np.arange(n) % 5,
        rows=np.arange(n),
        votes=None,
        features=None,
        of=n,
    )


def parts(found):
    return found.mean, found.miscalibration, found.discrimination, found.uncertainty


def by_scikit_learn(q, y, weights):
    """The definition, with scikit-learn's isotonic regression."""

    def loss(p):
        return np.average((y - p) ** 2, weights=weights)

    fit = IsotonicRegression().fit(q, y, sample_weight=weights).predict(q)
    base = np.full(len(y), np.average(y, weights=weights))
    return loss(q), loss(q) - loss(fit), loss(base) - loss(fit), loss(base)


def test_by_hand():
    # 0.2 -> 1, 0.4 -> 0 are pooled at 1/2; 0.8 -> 1 is a step of its own; the base rate is 2/3
    found = brier(sample_of([0.2, 0.4, 0.8], [1, 0, 1]))
    assert parts(found) == pytest.approx(((0.64 + 0.16 + 0.04) / 3, 0.28 - 0.5 / 3, 2 / 9 - 0.5 / 3, 2 / 9), rel=1e-12)
    assert found.rows == 3


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_as_scikit_learn_gives(ties, weighted):
    rng = np.random.default_rng(ties + 2 * weighted)
    q = rng.beta(0.5, 0.7, size=400)
    q = q.round(1) if ties else q
    y = (rng.random(400) < q**1.5).astype(float)
    weights = rng.exponential(size=400) if weighted else np.ones(400)
    found = brier(sample_of(q, y, weights))
    assert parts(found) == pytest.approx(by_scikit_learn(q, y, weights), rel=1e-9)
    assert found.mean == pytest.approx(brier_score_loss(y, q, sample_weight=weights), rel=1e-12)


def test_more_classes_are_added_up():
    rng = np.random.default_rng(3)
    q = np.exp(log_softmax(2 * rng.normal(size=(300, 4)), axis=1))
    y = np.eye(4)[rng.integers(4, size=300)]
    found = brier(sample_of(q, y))
    each = [by_scikit_learn(q[:, k], y[:, k], np.ones(300)) for k in range(4)]
    assert parts(found) == pytest.approx(np.sum(each, axis=0), rel=1e-9)
    assert found.mean == pytest.approx(((y - q) ** 2).sum(axis=1).mean())


def test_both_ways_of_naming_two_classes_give_the_same():
    rng = np.random.default_rng(4)
    q, y = rng.random(200), rng.integers(2, size=200)
    assert parts(brier(sample_of(q, y))) == pytest.approx(parts(brier(sample_of(1 - q, 1 - y))), rel=1e-9)


def test_a_weight_of_two_is_two_rows():
    rng = np.random.default_rng(5)
    q, y = rng.random(50), rng.integers(2, size=50)
    twice = brier(sample_of(np.r_[q, q[:10]], np.r_[y, y[:10]]))
    heavy = brier(sample_of(q, y, np.where(np.arange(50) < 10, 2.0, 1.0)))
    assert parts(heavy) == pytest.approx(parts(twice), rel=1e-12)


@pytest.mark.parametrize("classes", [2, 4])
def test_each_vote_is_a_label(classes):
    rng = np.random.default_rng(6)
    q = rng.dirichlet(np.ones(classes), 40)
    votes = rng.multinomial(3, rng.dirichlet(np.ones(classes), 40))
    rows, labels = np.nonzero(votes)
    each = np.repeat(np.arange(len(rows)), votes[rows, labels])
    written_out = brier(sample_of(q[rows[each]], np.eye(classes)[labels[each]]))
    assert parts(brier(sample_of(q, votes / 3))) == pytest.approx(parts(written_out), rel=1e-12)


def test_certain_predictions_right_and_wrong():
    assert parts(brier(sample_of([1.0, 0.0, 1.0], [1, 0, 1]))) == pytest.approx((0.0, 0.0, 2 / 9, 2 / 9))
    assert parts(brier(sample_of([0.0, 1.0], [1, 0]))) == pytest.approx((1.0, 0.75, 0.0, 0.25))


def test_one_class_alone():
    assert parts(brier(sample_of([0.9, 0.8], [1, 1]))) == pytest.approx((0.025, 0.025, 0.0, 0.0))


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 5), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_the_sum_is_exact_and_no_part_is_negative(classes, rows, seed):
    rng = np.random.default_rng(seed)
    q = np.exp(log_softmax(4 * rng.normal(size=(rows, classes)).round(1), axis=1))
    y = rng.dirichlet(np.full(classes, 0.3), size=rows)
    found = brier(sample_of(q, y, rng.exponential(size=rows)))
    mean, miscalibration, discrimination, uncertainty = parts(found)
    assert mean == pytest.approx(miscalibration - discrimination + uncertainty, abs=1e-14)
    assert min(miscalibration, discrimination, uncertainty) >= 0.0
    assert discrimination <= uncertainty + 1e-14
    # no monotone map of the predictions does better than isotonic regression
    if classes == 2:
        other = brier(sample_of(q[:, 1] ** 2, y[:, 1], np.ones(rows)))
        same = brier(sample_of(q[:, 1], y[:, 1], np.ones(rows)))
        assert other.discrimination == pytest.approx(same.discrimination, abs=1e-12)
