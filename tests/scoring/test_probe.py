"""Probes on the features."""

import dataclasses

import numpy as np
import pytest
from scipy.special import expit, log_expit, log_softmax

from bitsapart.scoring import probe
from bitsapart.scoring.probe import probed
from bitsapart.scoring.sample import Sample
from bitsapart.values.errors import DataError, UsageError


def sample_of(log_q, labels, features, *, targets=None, weights=None, folds=5):
    n, classes = log_q.shape
    return Sample(
        log_q=log_q,
        targets=np.eye(classes)[labels] if targets is None else targets,
        labels=labels if targets is None else None,
        weights=np.ones(n) if weights is None else weights,
        clusters=None,
        folds=np.random.default_rng(0).permutation(np.arange(n) % folds),
        rows=np.arange(n) + 100,
        votes=None,
        features=features,
        of=n,
    )


def half_seen(n=1500, seed=0):
    """Labels from two features of which the model knows one; and the loss of the whole truth."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    odds = 1.5 * x[:, 0] + 1.5 * x[:, 1]
    labels = (rng.random(n) < expit(odds)).astype(int)
    given = 1.1 * x[:, 0]
    floor = np.mean(np.where(labels == 1, -log_expit(odds), -log_expit(-odds)))
    return sample_of(np.column_stack([log_expit(-given), log_expit(given)]), labels, x), floor


def test_a_probe_finds_what_the_model_left():
    sample, floor = half_seen()
    found = probed(sample, 0)
    assert sample.losses(sample.log_q).mean() - floor > 0.1
    assert found.losses.mean() == pytest.approx(floor, abs=0.02)
    assert set(found.choice) == {"logistic regression"}
    assert len(found.choice) == 5


def test_boosted_trees_are_chosen_where_no_line_parts_the_classes():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1500, 2))
    labels = (x[:, 0] * x[:, 1] > 0.0).astype(int)
    sample = sample_of(np.full((1500, 2), -np.log(2.0)), labels, x)
    found = probed(sample, 0)
    assert set(found.choice) == {"boosted trees"}
    assert found.losses.mean() < 0.2
    assert np.isfinite(found.losses).all()
    assert np.array_equal(found.losses, probed(sample, 0).losses)


def test_useless_features_save_nothing_from_a_model_that_is_right():
    rng = np.random.default_rng(2)
    odds = rng.normal(size=1500)
    labels = (rng.random(1500) < expit(odds)).astype(int)
    sample = sample_of(np.column_stack([log_expit(-odds), log_expit(odds)]), labels, rng.normal(size=(1500, 3)))
    found = probed(sample, 0)
    assert found.losses.mean() == pytest.approx(sample.losses(sample.log_q).mean(), abs=0.01)


def test_a_fold_says_nothing_of_its_own_probe():
    sample, _ = half_seen(600)
    own = sample.folds == 1
    turned = np.where(own, 1 - sample.labels, sample.labels)
    other = dataclasses.replace(sample, labels=turned, targets=np.eye(2)[turned])
    one, two = probed(sample, 0), probed(other, 0)
    assert one.choice[1] == two.choice[1]
    assert np.exp(-one.losses[own]) + np.exp(-two.losses[own]) == pytest.approx(1.0)


def test_soft_targets_are_rows_with_weights():
    sample, _ = half_seen(600)
    hard = dataclasses.replace(sample, labels=None)
    assert probed(hard, 0).losses == pytest.approx(probed(sample, 0).losses)
    soft = dataclasses.replace(hard, targets=0.8 * sample.targets + 0.1)
    found = probed(soft, 0)
    assert found.losses.mean() > probed(sample, 0).losses.mean() + 0.05
    assert found.losses.mean() < soft.losses(soft.log_q).mean()


def test_a_class_that_a_fold_alone_holds_costs_much_but_not_everything():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 2))
    labels = (x[:, 0] > 0.0).astype(int)
    sample = sample_of(log_softmax(rng.normal(size=(300, 3)), axis=1), labels, x)
    labels[sample.folds == 0] = 2
    sample = dataclasses.replace(sample, targets=np.eye(3)[labels])
    losses = probed(sample, 0).losses
    assert np.isfinite(losses).all()
    assert losses[labels == 2].min() > 5.0


def test_one_class_to_learn_from_gives_its_frequency():
    x = np.zeros((40, 1))
    sample = sample_of(np.full((40, 2), -np.log(2.0)), np.zeros(40, int), x)
    assert probed(sample, 0).losses == pytest.approx(0.0, abs=0.05)


def test_missing_features_and_saturated_scores_are_taken():
    sample, _ = half_seen()
    sample.features[::7, 1] = np.nan
    sample.log_q[:3] = [[0.0, -np.inf], [-np.inf, 0.0], [0.0, -np.inf]]
    found = probed(sample, 0)
    assert np.isfinite(found.losses).all()
    assert found.losses.mean() < sample.losses(sample.log_q)[3:].mean()


def test_weights_weigh():
    sample, _ = half_seen(900)
    wrong = np.arange(900) % 3 == 0
    labels = np.where(wrong, 1 - sample.labels, sample.labels)
    weights = np.where(wrong, 1e-6, 1.0)
    weighted = dataclasses.replace(sample, labels=labels, targets=np.eye(2)[labels], weights=weights)
    assert probed(weighted, 0).losses[~wrong].mean() < 0.05 + probed(sample, 0).losses[~wrong].mean()


def test_what_no_probe_can_be_made_of(monkeypatch):
    sample, _ = half_seen(60)
    with pytest.raises(UsageError, match="there are no features"):
        probed(dataclasses.replace(sample, features=None), 0)
    broken = sample.features.copy()
    for beyond, words in ((np.inf, "inf"), (-1e300, r"-1e\+300")):
        broken[4, 1] = beyond
        with pytest.raises(DataError, match=f"feature 1 of row 104 is {words}: a probe takes values up to 1e"):
            probed(dataclasses.replace(sample, features=broken), 0)
    many = dataclasses.replace(sample, log_q=np.full((60, 51), -np.log(51.0)), targets=np.eye(51)[sample.labels])
    with pytest.raises(UsageError, match="50 classes at most, and there are 51"):
        probed(many, 0)
    monkeypatch.setattr(probe, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'bitsapart\[learn\]'"):
        probed(sample, 0)
