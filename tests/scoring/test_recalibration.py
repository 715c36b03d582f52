"""Recalibration maps and their cross-fitting."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, log_softmax

from bitsapart.scoring.probe import Probed
from bitsapart.scoring.recalibration.beta import Beta
from bitsapart.scoring.recalibration.gap import calibration_gap
from bitsapart.scoring.recalibration.isotonic import Isotonic
from bitsapart.scoring.recalibration.log_odds import LogOdds
from bitsapart.scoring.recalibration.matrix import AllColumns, Matrix
from bitsapart.scoring.recalibration.platt import Platt
from bitsapart.scoring.recalibration.recalibrated import BINARY, MAPS, SEVERAL, recalibrated
from bitsapart.scoring.recalibration.softmax_regression import softmax
from bitsapart.scoring.recalibration.steps import steps
from bitsapart.scoring.recalibration.temperature import Temperature
from bitsapart.scoring.recalibration.vector import Columns, Vector
from bitsapart.scoring.sample import Sample
from bitsapart.values.errors import UsageError

SURE = 1e7
"""Weights so large that no penalty counts."""


def sample_of(log_q, labels=None, targets=None, weights=None, folds=5, seed=0):
    n, classes = log_q.shape
    rng = np.random.default_rng(seed)
    return Sample(
        log_q=log_q,
        targets=np.eye(classes)[labels] if targets is None else targets,
        labels=labels,
        weights=np.ones(n) if weights is None else weights,
        clusters=None,
        folds=rng.permutation(np.arange(n) % folds),
        rows=np.arange(n),
        votes=None,
        features=None,
        of=n,
    )


def overconfident(n, classes, factor=2.5, seed=0, spread=1.5):
    """Labels drawn from a softmax, and the log-probabilities of a model whose logits are some factor too large."""
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=(n, classes))
    truth = np.exp(log_softmax(logits, axis=1))
    labels = (truth.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(0, classes - 1)
    return log_softmax(factor * logits + 0.3 * np.arange(classes), axis=1), labels


def mean_loss(log_q, targets, weights):
    return float(np.average(-(targets * log_q).sum(axis=1), weights=weights))


def data(classes, n=400, soft=False, seed=3):
    log_q, labels = overconfident(n, classes, seed=seed)
    rng = np.random.default_rng(seed + 1)
    targets = np.eye(classes)[labels]
    if soft:
        targets = 0.7 * targets + 0.3 * rng.dirichlet(np.ones(classes), n)
    return log_q, targets, rng.uniform(0.2, 3.0, n)


CASES = [(name, 2) for name in BINARY] + [(name, 4) for name in SEVERAL]


# --- fits against other optimisers


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("soft", [False, True])
def test_temperature_is_the_best_one(classes, soft):
    log_q, targets, weights = data(classes, soft=soft)
    best = minimize_scalar(
        lambda beta: mean_loss(log_softmax(beta * log_q, axis=1), targets, weights),
        bounds=(1e-3, 20),
        method="bounded",
        options={"xatol": 1e-10},
    )
    found = Temperature.fit(log_q, targets, weights * SURE)
    assert found.beta == pytest.approx(best.x, rel=1e-6)


def test_temperature_that_ought_to_be_negative_is_as_flat_as_can_be():
    log_q, _ = overconfident(500, 3)
    against = np.eye(3)[log_q.argmin(axis=1)]
    found = Temperature.fit(log_q, against, np.ones(500))
    assert 0.0 < found.beta < 1e-6
    assert np.exp(found.apply(log_q)) == pytest.approx(1.0 / 3.0, abs=1e-5)


@pytest.mark.parametrize(
    ("kind", "classes", "make", "start"),
    [
        (Platt, 2, lambda t: Platt(*t), [1.0, 0.0]),
        (Vector, 3, lambda t: Vector(t[:3], t[3:]), [1.0] * 3 + [0.0] * 3),
        (Matrix, 3, lambda t: Matrix(t[:9].reshape(3, 3), t[9:]), [*np.eye(3).ravel(), 0.0, 0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("soft", [False, True])
def test_parametric_maps_are_the_best_ones(kind, classes, make, start, soft):
    log_q, targets, weights = data(classes, soft=soft)
    best = minimize(lambda t: mean_loss(make(t).apply(log_q), targets, weights), start, method="BFGS", tol=1e-10)
    found = kind.fit(log_q, targets, weights * SURE)
    # overparametrised maps agree in what they predict
    assert found.apply(log_q) == pytest.approx(make(best.x).apply(log_q), abs=2e-4)
    assert mean_loss(found.apply(log_q), targets, weights) <= best.fun + 1e-9


BETAS = {"free": (0.5, 1.5, 0.2), "a at 0": (-1.0, 2.0, 0.5), "b at 0": (2.0, -1.0, 0.5), "both at 0": (-1, -2, 0)}


@pytest.mark.parametrize("case", list(BETAS))
def test_beta_is_the_best_within_its_bounds(case):
    rng = np.random.default_rng(5)
    p = rng.uniform(0.02, 0.98, 600)
    a, b, c = {
        "free": (0.5, 1.5, 0.2),
        "a at 0": (-1.0, 2.0, 0.5),
        "b at 0": (2.0, -1.0, 0.5),
        "both at 0": (-1, -2, 0),
    }[case]
    label = (rng.random(600) < expit(a * np.log(p) - b * np.log1p(-p) + c)).astype(int)
    log_q, targets = np.column_stack([np.log1p(-p), np.log(p)]), np.eye(2)[label]
    best = minimize(
        lambda t: mean_loss(Beta(*t).apply(log_q), targets, np.ones(600)), [1.0, 1.0, 0.0], method="L-BFGS-B",
        bounds=[(0, None), (0, None), (None, None)], options={"ftol": 1e-15, "gtol": 1e-9},
    )  # fmt: skip
    found = Beta.fit(log_q, targets, np.full(600, SURE))
    assert [found.a, found.b, found.c] == pytest.approx(best.x, abs=2e-4)


def test_isotonic_without_a_pull_is_that_of_scikit_learn():
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(6)
    odds = rng.integers(-8, 9, 300) / 2.0
    label = (rng.random(300) < expit(0.6 * odds)).astype(float)
    weights = rng.uniform(0.5, 2.0, 300)
    log_q = np.column_stack([log_expit(-odds), log_expit(odds)])
    want = IsotonicRegression().fit(odds, label, weights).predict(np.linspace(-4.2, 4.2, 50).clip(-4.0, 4.0))
    found = Isotonic.fit(log_q, np.column_stack([1.0 - label, label]), weights * SURE)
    at = np.linspace(-4.2, 4.2, 50)
    got = np.exp(found.apply(np.column_stack([log_expit(-at), log_expit(at)])))[:, 1]
    assert got == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize(("design", "size"), [("odds", 2), ("columns", 8), ("all columns", 20)])
def test_gradients_and_hessians_of_designs(design, size):
    rng = np.random.default_rng(7)
    z = rng.normal(size=(30, 2 if design == "odds" else 4))
    made = {"odds": LogOdds, "columns": Columns, "all columns": AllColumns}[design](z)
    theta, weights = rng.normal(size=size), rng.uniform(0.5, 2.0, 30)
    targets = rng.dirichlet(np.ones(made.logits(theta).shape[1]), 30)

    def loss(t):
        logits = made.logits(t)
        return weights @ (softmax(logits, None)[1] - (targets * logits).sum(axis=1))

    def slope(t):
        return made.gradient((softmax(made.logits(t), None)[0] - targets) * weights[:, None])

    steps = 1e-5 * np.eye(size)
    assert slope(theta) == pytest.approx([(loss(theta + h) - loss(theta - h)) / 2e-5 for h in steps], abs=1e-6)
    hessian = made.information(softmax(made.logits(theta), None)[0], weights)
    assert made.of_each(softmax(made.logits(theta), None)[0], weights) == pytest.approx(np.diagonal(hessian))
    assert hessian == pytest.approx(np.array([(slope(theta + h) - slope(theta - h)) / 2e-5 for h in steps]), abs=1e-6)


def test_temperature_and_sigmoid_agree_with_scikit_learn():
    pytest.importorskip("sklearn", "1.8")
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.datasets import make_classification
    from sklearn.frozen import FrozenEstimator
    from sklearn.naive_bayes import GaussianNB

    X, y = make_classification(4000, 10, n_informative=6, n_redundant=4, random_state=0)
    model = GaussianNB().fit(X[:1000], y[:1000])
    X, y = X[1000:], y[1000:]
    log_q = model.predict_log_proba(X)
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="temperature", ensemble=False).fit(X, y)
    ours = np.exp(Temperature.fit(log_q, np.eye(2)[y], np.ones(len(y))).apply(log_q))
    assert ours == pytest.approx(theirs.predict_proba(X), abs=5e-4)


# --- laws of every map


IDENTITY = [
    (Temperature(1.0), 2), (Temperature(1.0), 7), (Platt(1.0, 0.0), 2), (Beta(1.0, 1.0, 0.0), 2),
    (Vector(np.ones(5), np.zeros(5)), 5), (Matrix(np.eye(4), np.zeros(4)), 4),
]  # fmt: skip


@pytest.mark.parametrize(("identity", "classes"), IDENTITY)
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_identity_gives_what_it_takes(identity, classes, data):
    logits = data.draw(st.lists(st.floats(-300, 300), min_size=classes, max_size=classes))
    log_q = log_softmax(np.array([logits]), axis=1)
    assert identity.apply(log_q) == pytest.approx(log_q, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_rows_stay_normalised(name, classes):
    log_q, targets, weights = data(classes)
    found = MAPS[name].fit(log_q, targets, weights)
    rng = np.random.default_rng(8)
    for spread in (0.1, 10.0, 400.0):
        other = log_softmax(spread * rng.normal(size=(50, classes)), axis=1)
        assert np.exp(found.apply(other)).sum(axis=1) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("name", "classes"), CASES)
@pytest.mark.parametrize("soft", [False, True])
def test_no_map_loses_in_sample(name, classes, soft):
    log_q, targets, weights = data(classes, soft=soft)
    before = mean_loss(log_q, targets, weights)
    temperature = mean_loss(Temperature.fit(log_q, targets, weights).apply(log_q), targets, weights)
    after = mean_loss(MAPS[name].fit(log_q, targets, weights).apply(log_q), targets, weights)
    assert temperature < before - 0.05
    assert after <= temperature + (1e-9 if name != "isotonic" else 0.01)


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_a_weight_of_two_is_the_row_twice(name, classes):
    log_q, targets, _ = data(classes)
    weights = np.random.default_rng(1).integers(0, 4, len(log_q))
    weighted = MAPS[name].fit(log_q, targets, weights.astype(float)).apply(log_q)
    twice = np.repeat(np.arange(len(log_q)), weights)
    repeated = MAPS[name].fit(log_q[twice], targets[twice], np.ones(len(twice))).apply(log_q)
    assert weighted == pytest.approx(repeated, abs=1e-5)


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_one_class_or_no_row_to_learn_from_gives_a_finite_map(name, classes):
    log_q, _, _ = data(classes, 60)
    for n in (0, 60):
        targets = np.eye(classes)[np.zeros(n, int)]
        applied = MAPS[name].fit(log_q[:n], targets, np.ones(n)).apply(log_q)
        assert np.isfinite(applied).all()


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_separable_labels_give_a_finite_map(name, classes):
    log_q, _, _ = data(classes, 200)
    applied = MAPS[name].fit(log_q, np.eye(classes)[log_q.argmax(axis=1)], np.ones(200)).apply(log_q)
    assert not np.isnan(applied).any()
    if name == "isotonic":
        assert np.isfinite(applied).all()
    else:
        assert (applied.argmax(axis=1) == log_q.argmax(axis=1)).mean() > 0.95


def test_isotonic_never_falls_and_never_reaches_certainty():
    rng = np.random.default_rng(9)
    for n in (1, 2, 10, 200):
        odds, label = rng.normal(size=n), rng.integers(0, 2, n)
        log_q = np.column_stack([log_expit(-odds), log_expit(odds)])
        found = Isotonic.fit(log_q, np.eye(2)[label], rng.uniform(0.1, 3.0, n))
        at = np.sort(np.concatenate([odds, [-np.inf, -800.0, 800.0, np.inf]]))
        p = np.exp(found.apply(np.column_stack([log_expit(-at), log_expit(at)])))[:, 1]
        assert (np.diff(p) >= -1e-15).all()
        assert (p > 0.0).all()
        assert (p < 1.0).all()


def test_saturated_probabilities_stay_where_they_are():
    log_q, targets, weights = data(4)
    log_q[:50, 2] = -np.inf
    log_q = log_softmax(log_q, axis=1)
    targets[:50] = np.eye(4)[np.arange(50) % 2]
    targets[0] = np.eye(4)[2]  # a certain miss
    weights[0] = 1e6
    for kind in (Temperature, Vector):
        applied = kind.fit(log_q, targets, weights).apply(log_q)
        assert np.array_equal(np.isneginf(applied), np.isneginf(log_q))
        assert not np.isnan(applied).any()
        without = kind.fit(log_q[1:], targets[1:], weights[1:]).apply(log_q)
        assert applied[1:] == pytest.approx(without[1:], abs=1e-3)


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_saturated_probabilities_cross_a_fitted_map(name, classes):
    log_q, targets, weights = data(classes)
    certain = np.full((classes, classes), -np.inf)
    np.fill_diagonal(certain, 0.0)
    for found in (MAPS[name].fit(log_q, targets, weights), MAPS[name].fit(log_q, targets[:, ::-1], weights)):
        applied = found.apply(certain)
        assert not np.isnan(applied).any()
        assert np.exp(applied).sum(axis=1) == pytest.approx(1.0)


# --- cross-fitting


@pytest.mark.parametrize("classes", [2, 3])
def test_a_fold_says_nothing_of_its_own_map_and_choice(classes):
    log_q, labels = overconfident(900, classes, seed=4)
    sample = sample_of(log_q, labels)
    own = np.flatnonzero(sample.folds == 2)
    others = [
        sample_of(log_q, np.where(sample.folds == 2, (labels + shift) % classes, labels)) for shift in range(classes)
    ]
    tried = [recalibrated(each) for each in others]
    # the losses of one row under all labels are those of one prediction
    assert sum(np.exp(-each.losses[own]) for each in tried) == pytest.approx(1.0, abs=1e-5)
    assert sum(np.exp(-each.chosen[own]) for each in tried) == pytest.approx(1.0, abs=1e-5)
    assert len({each.choice[2] for each in tried}) == 1
    away = np.flatnonzero(sample.folds != 2)
    assert not np.allclose(tried[0].losses[away, 1:], tried[1].losses[away, 1:], atol=1e-3)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_scale_of_weights_does_not_matter(classes):
    log_q, labels = overconfident(600, classes, seed=5)
    weights = np.random.default_rng(0).uniform(0.2, 3.0, 600)
    one, other = (recalibrated(sample_of(log_q, labels, weights=weights * by)) for by in (1.0, 1e-6))
    assert one.losses == pytest.approx(other.losses, rel=1e-6)
    assert (one.choice, one.skipped) == (other.choice, other.skipped)


def test_losses_and_words():
    log_q, labels = overconfident(5000, 3)
    sample = sample_of(log_q, labels)
    tried = recalibrated(sample)
    assert tried.names == ("temperature", "vector", "matrix")
    assert tried.losses[:, 0] == pytest.approx(sample.losses(log_q))
    assert tried.losses.shape == (5000, 4)
    assert tried.losses[:, 1].mean() < tried.losses[:, 0].mean() - 0.1
    of_choice = {name: tried.losses[:, 1 + i] for i, name in enumerate(tried.names)}
    for k, name in enumerate(tried.choice):
        assert np.array_equal(tried.chosen[sample.folds == k], of_choice[name][sample.folds == k])
    assert tried.words[0].startswith("T = 2.")
    assert tried.words[0].endswith(" over the folds)")


def test_soft_targets_are_shares_of_hard_ones():
    log_q, labels = overconfident(400, 3)
    other = (labels + np.random.default_rng(2).integers(0, 3, 400)) % 3
    targets = (np.eye(3)[labels] + np.eye(3)[other]) / 2.0
    soft = recalibrated(sample_of(log_q, targets=targets))
    assert soft.losses[:, 0] == pytest.approx(-(targets * log_q).sum(axis=1))
    assert soft.losses[:, 1].mean() < soft.losses[:, 0].mean()
    hard = recalibrated(sample_of(log_q, targets=np.eye(3)[labels])), recalibrated(sample_of(log_q, labels))
    assert hard[0].losses == pytest.approx(hard[1].losses)


def test_vector_or_matrix_is_chosen_where_one_temperature_will_not_do():
    log_q, labels = overconfident(4000, 4)
    twisted = log_softmax(log_q * np.array([1.0, 0.4, 2.0, 1.0]) + np.array([0.0, 1.0, -2.0, 0.5]), axis=1)
    assert set(recalibrated(sample_of(twisted, labels)).choice) <= {"vector", "matrix"}


def test_maps_that_the_sample_cannot_carry_are_skipped_with_the_reason():
    log_q, labels = overconfident(100, 4)
    tried = recalibrated(sample_of(log_q, labels))
    assert tried.names == ("temperature", "vector")
    assert tried.skipped == (("matrix", "20 parameters take 200 rows, and there are 100"),)
    log_q, labels = overconfident(100, 2)
    log_q[3] = [-np.inf, 0.0]
    labels[3] = 1
    tried = recalibrated(sample_of(log_q, labels))
    assert tried.names == ("temperature", "isotonic")
    reason = "1 row holds a probability of exactly 0, which has no finite logit"
    assert tried.skipped == (("platt", reason), ("beta", reason))
    assert np.isfinite(tried.losses).all()


def test_names_ask_for_maps():
    log_q, labels = overconfident(300, 2)
    assert recalibrated(sample_of(log_q, labels), ["isotonic"]).names == ("temperature", "isotonic")
    assert recalibrated(sample_of(log_q, labels), []).names == ("temperature",)
    tried = recalibrated(sample_of(log_q, labels), ["matrix"])
    assert tried.skipped == (("matrix", "it is not for 2 classes"),)
    with pytest.raises(UsageError, match="no recalibration named 'tempature': choose among temperature"):
        recalibrated(sample_of(log_q, labels), ["tempature"])


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_few_rows(n):
    log_q, labels = overconfident(n, 2)
    tried = recalibrated(sample_of(log_q, labels))
    assert tried.names == ("temperature",)
    assert np.isfinite(tried.losses).all()
    assert np.array_equal(tried.chosen, tried.losses[:, 1])


def test_certain_misses_are_infinite_under_temperature_and_finite_under_isotonic():
    log_q, labels = overconfident(500, 2)
    log_q[:4], labels[:4] = [0.0, -np.inf], 1
    tried = recalibrated(sample_of(log_q, labels))
    assert np.isposinf(tried.losses[:4, :2]).all()
    assert np.isfinite(tried.losses[4:]).all()
    assert set(tried.choice) == {"isotonic"}
    assert np.isfinite(tried.chosen).all()


def test_many_classes_take_temperature_alone():
    log_q, labels = overconfident(200, 1000, spread=3.0)
    tried = recalibrated(sample_of(log_q, labels))
    assert tried.names == ("temperature",)
    assert [name for name, _ in tried.skipped] == ["vector", "matrix"]
    assert tried.losses[:, 1].mean() < tried.losses[:, 0].mean()


def test_a_lone_class_leaves_nothing_to_save():
    tried = recalibrated(sample_of(np.zeros((50, 1)), np.zeros(50, int)))
    assert not tried.losses.any()
    assert not tried.chosen.any()


def test_folds_may_have_any_numbers():
    log_q, labels = overconfident(200, 2)
    sample = sample_of(log_q, labels)
    other = dataclasses.replace(sample, folds=sample.folds * 7 + 3)
    assert np.array_equal(recalibrated(sample).losses, recalibrated(other).losses)


# --- the ladder's steps


def test_steps_name_the_map_that_all_folds_chose():
    log_q, labels = overconfident(4000, 2)
    shifted = log_softmax(log_q + np.array([0.0, 3.0]), axis=1)
    tried = recalibrated(sample_of(shifted, labels), ["platt"])
    assert set(tried.choice) == {"platt"}
    first, second = steps(tried, None)
    assert (first.name, second.name) == ("saved by temperature scaling", "further saved by Platt scaling")
    assert np.array_equal(first.losses, tried.losses[:, 1])
    assert np.array_equal(second.losses, tried.chosen)
    probe = Probed(tried.chosen - 0.01, ("logistic regression",) * 5)
    third = steps(tried, probe)[2]
    assert (third.name, third.tag) == ("further saved by a probe on the features", "lower bound")


def test_steps_leave_out_temperature_chosen_twice_and_name_a_mixed_choice():
    log_q, labels = overconfident(300, 2)
    tried = recalibrated(sample_of(log_q, labels))
    alone = dataclasses.replace(tried, choice=("temperature",) * 5)
    assert [step.name for step in steps(alone, None)] == ["saved by temperature scaling"]
    mixed = dataclasses.replace(tried, choice=("temperature",) * 4 + ("beta",))
    assert steps(mixed, None)[1].name == (
        "further saved by the best of temperature, platt, beta, isotonic, chosen inside the folds"
    )


# --- what the saving says of the calibration gap, in three worlds whose gap is known


WORLDS = {
    "calibrated": (lambda s: 1.5 * s, lambda s: 1.5 * s),
    "over-confident and shifted": (lambda s: s, lambda s: 2.2 * s + 0.9),
    "not monotone": (lambda s: 1.2 * s + 1.2 * np.sin(3.0 * s), lambda s: 1.2 * s),
}
"""Log odds of the label, and those that the model gives, at a standard normal score."""


def true_gap(world):
    """E KL(P(Y | Q) || Q) in bits, by quadrature."""
    true, given = WORLDS[world]

    def at(s):
        t, g = true(s), given(s)
        kl = expit(t) * (log_expit(t) - log_expit(g)) + expit(-t) * (log_expit(-t) - log_expit(-g))
        return kl * np.exp(-s * s / 2.0) / np.sqrt(2.0 * np.pi)

    return quad(at, -9, 9, limit=400)[0] / np.log(2.0)


def drawn(world, n, seed):
    rng = np.random.default_rng(seed)
    true, given = WORLDS[world]
    s = rng.normal(size=n)
    odds = given(s)
    label = (rng.random(n) < expit(true(s))).astype(int)
    return sample_of(np.column_stack([log_expit(-odds), log_expit(odds)]), label, seed=seed)


def test_gaps_of_the_worlds():
    assert [true_gap(world) for world in WORLDS] == pytest.approx([0.0, 0.19154, 0.08714], abs=2e-4)


@pytest.mark.parametrize("world", list(WORLDS))
@pytest.mark.parametrize(("n", "runs"), [(300, 40), (1000, 25), (4000, 5)])
def test_the_saving_is_a_lower_bound_of_the_gap(world, n, runs):
    gap = true_gap(world)
    lows, savings = [], []
    for seed in range(runs):
        sample = drawn(world, n, 1000 * n + seed)
        tried = recalibrated(sample)
        lows.append(calibration_gap(sample, tried, 0.95, 0).low.value)
        savings.append((tried.losses[:, 0] - tried.chosen).mean() / np.log(2.0))
    assert np.mean(np.array(lows) <= gap + 1e-12) >= 0.9
    assert np.mean(savings) <= gap + 2.5 * np.std(savings, ddof=1) / np.sqrt(runs)
    if world != "calibrated" and n >= 1000:
        # a bound of 0 would hold too
        assert np.mean(lows) > 0.4 * gap
    if world == "calibrated":
        assert np.mean(np.array(lows) == 0.0) >= 0.85


@pytest.mark.parametrize("world", list(WORLDS))
def test_isotonic_saving_less_its_optimism_is_near_the_gap(world):
    values = []
    for seed in range(8):
        sample = drawn(world, 2000, seed)
        found = calibration_gap(sample, recalibrated(sample, []), 0.95, seed).high
        assert (found.low, found.high, found.kind) == (None, None, "unknown")
        values.append(found.value)
    assert np.mean(values) == pytest.approx(true_gap(world), abs=0.02)


def test_the_gap_is_infinite_where_the_impossible_occurred():
    sample = drawn("calibrated", 200, 0)
    sample.log_q[0], sample.targets[0], sample.labels[0] = [0.0, -np.inf], [0.0, 1.0], 1
    found = calibration_gap(sample, recalibrated(sample), 0.95, 0)
    assert found.low.value == found.high.value == np.inf
    assert "probability 0" in found.low.note


def test_no_upper_figure_for_several_classes_or_soft_labels():
    log_q, labels = overconfident(200, 3)
    sample = sample_of(log_q, labels)
    assert calibration_gap(sample, recalibrated(sample), 0.95, 0).high is None
    log_q, labels = overconfident(200, 2)
    sample = sample_of(log_q, targets=np.full((200, 2), 0.5))
    assert calibration_gap(sample, recalibrated(sample), 0.95, 0).high is None


def test_a_bound_below_nothing_is_nothing():
    sample = drawn("calibrated", 300, 3)
    low = calibration_gap(sample, recalibrated(sample), 0.95, 0).low
    assert (low.value, low.low, low.high, low.kind, low.level) == (0.0, 0.0, np.inf, "bound", 0.95)
    assert "never negative" in low.note


@pytest.mark.parametrize("level", [0.01, 0.5, 0.9, 0.999])
def test_the_bound_takes_any_level(level):
    sample = drawn("over-confident and shifted", 1000, 0)
    tried = recalibrated(sample)
    saving = (tried.losses[:, 0] - tried.chosen).mean() / np.log(2.0)
    low = calibration_gap(sample, tried, level, 0).low
    assert low.level == level
    if level <= 0.5:
        assert low.value == pytest.approx(saving, abs=1e-3)
    else:
        assert 0.0 < low.value < saving - 0.01
