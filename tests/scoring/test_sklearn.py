# ruff: noqa: N803 - X is what scikit-learn calls the rows
"""The classifier and the scorers under scikit-learn's own conventions."""

import pickle
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import sklearn
from scipy import sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import d2_log_loss_score, log_loss
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    ShuffleSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, OneClassSVM
from sklearn.utils.estimator_checks import parametrize_with_checks

from bitsapart.scoring.recalibrated_classifier import RecalibratedClassifier, dealt
from bitsapart.scoring.recalibration.recalibrated import BINARY
from bitsapart.scoring.scorers import CrossEntropyScorer, cross_entropy_scorer, skill_scorer
from bitsapart.values.errors import DataError, UsageError


@parametrize_with_checks(
    [RecalibratedClassifier(), RecalibratedClassifier(method="temperature"), RecalibratedClassifier(GaussianNB(), cv=3)]
)
@pytest.mark.filterwarnings("ignore")
def test_conventions_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def binary():
    X, y = make_classification(3000, 12, n_informative=5, n_redundant=5, random_state=1)
    return X[:1000], y[:1000], X[1000:], y[1000:]


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900], y[:900], X[900:], y[900:]


@pytest.mark.parametrize("method", ["auto", *BINARY])
def test_an_overconfident_classifier_loses_less_on_new_rows(binary, method):
    X, y, new, truth = binary
    model = RecalibratedClassifier(GaussianNB(), method=method).fit(X, y)
    before = log_loss(truth, GaussianNB().fit(X, y).predict_proba(new)) / np.log(2.0)
    after = log_loss(truth, model.predict_proba(new)) / np.log(2.0)
    assert before - after > 0.1
    # what cross-fitting promised is near to what new rows show
    assert model.saved_bits_.value == pytest.approx(before - after, abs=0.15)
    assert model.saved_bits_.low > 0.0
    assert method == "auto" or model.map_.name == method


@pytest.mark.parametrize("method", ["auto", "temperature", "vector", "matrix"])
def test_digits(digits, method):
    X, y, new, truth = digits
    base = make_pipeline(StandardScaler(), GaussianNB(var_smoothing=0.1))
    of_truth = np.arange(len(truth)), truth
    before = -base.fit(X, y).predict_log_proba(new)[of_truth].mean() / np.log(2.0)
    model = RecalibratedClassifier(base, method=method).fit(X, y)
    after = -model.predict_log_proba(new)[of_truth].mean() / np.log(2.0)
    # predict_log_proba knows what predict_proba rounds to 0: no certain miss, and all maps can be fitted
    assert cross_entropy_scorer(base, new, truth) == -np.inf
    assert before - after > 1.0
    assert np.isfinite(model.saved_bits_.value)
    assert model.predict_proba(new).sum(axis=1) == pytest.approx(1.0)
    assert model.classes_.tolist() == list(range(10))


def test_temperature_like_that_of_scikit_learn(binary):
    X, y, new, _ = binary
    cv = KFold(5, shuffle=True, random_state=0)
    ours = RecalibratedClassifier(GaussianNB(), method="temperature", cv=cv).fit(X, y).predict_proba(new)
    theirs = CalibratedClassifierCV(GaussianNB(), method="temperature", cv=cv, ensemble=False).fit(X, y)
    assert ours == pytest.approx(theirs.predict_proba(new), abs=2e-3)


def test_the_decision_function_serves_where_there_are_no_probabilities(binary, digits):
    X, y, new, truth = binary
    model = RecalibratedClassifier(LinearSVC(dual=False)).fit(X, y)
    uncalibrated = expit(LinearSVC(dual=False).fit(X, y).decision_function(new))
    assert log_loss(truth, model.predict_proba(new)) < log_loss(truth, uncalibrated) - 0.01
    X, y, new, truth = digits
    model = RecalibratedClassifier(LinearSVC(dual=False, C=1e-3), method="temperature").fit(X, y)
    assert model.map_.numbers[0][1] < 0.5  # margins of about 1 are no logits: they ask for a low temperature
    assert log_loss(truth, model.predict_proba(new)) < 0.6


def test_labels_are_strings_and_keep_their_columns(binary):
    X, y, new, _ = binary
    words = np.array(["yes", "no"])[y]
    numbers = RecalibratedClassifier(GaussianNB(), method="platt").fit(X, y)
    model = RecalibratedClassifier(GaussianNB(), method="platt").fit(X, words)
    assert model.classes_.tolist() == ["no", "yes"]
    assert set(model.predict(new)) == {"no", "yes"}
    assert model.predict_proba(new)[:, ::-1] == pytest.approx(numbers.predict_proba(new), abs=0.02)


def test_sparse_rows_and_names_pass_through(binary):
    pandas = pytest.importorskip("pandas")
    X, y, new, _ = binary
    model = RecalibratedClassifier(method="temperature").fit(sparse.csr_matrix(X), y)
    assert model.predict_proba(sparse.csr_matrix(new)) == pytest.approx(
        RecalibratedClassifier(method="temperature").fit(X, y).predict_proba(new), abs=1e-4
    )
    frame = pandas.DataFrame(X, columns=[f"x{i}" for i in range(12)])
    model = RecalibratedClassifier(method="temperature").fit(frame, y)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    assert model.n_features_in_ == 12


def test_a_frozen_estimator_stays_as_it_is(binary):
    frozen = pytest.importorskip("sklearn.frozen")
    X, y, new, truth = binary
    base = GaussianNB().fit(X[:300], y[:300])
    model = RecalibratedClassifier(frozen.FrozenEstimator(base), method="temperature").fit(X[300:], y[300:])
    log_p = model.predict_log_proba(new)
    beta = 1.0 / model.map_.numbers[0][1]
    want = beta * base.predict_log_proba(new)
    assert log_p[:, 1] - log_p[:, 0] == pytest.approx(want[:, 1] - want[:, 0])
    assert log_loss(truth, model.predict_proba(new)) < log_loss(truth, base.predict_proba(new))
    with pytest.raises(UsageError, match=r"does not know class 7: it knows 0, 1"):
        model.fit(X[300:], np.where(y[300:] == 1, 7, 0))


def test_weights_reach_the_estimator_and_the_map(binary):
    X, y, new, _ = binary
    wrong = np.arange(len(y)) % 4 == 0
    flipped = np.where(wrong, 1 - y, y)
    clean = RecalibratedClassifier(GaussianNB(), method="temperature").fit(X[~wrong], y[~wrong])
    weighted = RecalibratedClassifier(GaussianNB(), method="temperature").fit(X, flipped, np.where(wrong, 0.0, 1.0))
    assert weighted.predict_proba(new) == pytest.approx(clean.predict_proba(new), abs=0.05)
    # an estimator that takes no weights is fitted without
    RecalibratedClassifier(KNeighborsClassifier(), method="temperature").fit(X, y, np.ones(len(y)))
    for weights, message in (
        (np.ones(3), "one number a row"),
        (-np.ones(len(y)), "not negative"),
        ([0] * len(y), "zero"),
    ):
        with pytest.raises(UsageError, match=message):
            weighted.fit(X, y, weights)


def test_certain_predictions_and_classes_that_a_fold_never_saw(binary):
    X, y, _, _ = binary
    neighbours = RecalibratedClassifier(KNeighborsClassifier(3)).fit(X, y)
    assert neighbours.map_.name == "isotonic"
    assert neighbours.saved_bits_.value == np.inf
    with pytest.raises(DataError, match=r"method 'platt' cannot be fitted: .* probability of exactly 0"):
        RecalibratedClassifier(KNeighborsClassifier(3), method="platt").fit(X, y)
    rare = y.copy()
    rare[5] = 2
    model = RecalibratedClassifier(GaussianNB(), method="temperature").fit(X, rare)
    assert np.isfinite(model.saved_bits_.value)
    assert "without 1 certain miss" in model.saved_bits_.note
    assert model.predict_proba(X).shape == (1000, 3)


def test_a_fold_whose_class_no_other_fold_holds():
    X, y = load_iris(return_X_y=True)
    for cv in (KFold(3), list(KFold(3).split(X))):
        with pytest.raises(UsageError, match=r"each label had probability 0 .* StratifiedKFold"):
            RecalibratedClassifier(GaussianNB(), cv=cv).fit(X, y)


def test_many_folds_take_time_that_grows_with_their_number():
    X, y = load_iris(return_X_y=True)
    start = time.process_time()
    model = RecalibratedClassifier(GaussianNB(), cv=LeaveOneOut()).fit(X, y)
    assert time.process_time() - start < 10.0  # pairs of 150 folds took 27 s
    few = RecalibratedClassifier(GaussianNB(), cv=10).fit(X, y)
    assert model.map_.name == few.map_.name
    assert model.saved_bits_.value == pytest.approx(few.saved_bits_.value, abs=0.05)


def test_what_cannot_be_fitted(binary):
    X, y, _, _ = binary
    with pytest.raises(UsageError, match="no method 'sigmoid': choose 'auto' or one of temperature"):
        RecalibratedClassifier(method="sigmoid").fit(X, y)
    with pytest.raises(UsageError, match="'matrix' is not for 2 classes"):
        RecalibratedClassifier(method="matrix").fit(X, y)
    with pytest.raises(UsageError, match="there is 1 class"):
        RecalibratedClassifier().fit(X, np.zeros(len(y)))
    with pytest.raises(UsageError, match="cv must be 2 at least, and it is 1"):
        RecalibratedClassifier(cv=1).fit(X, y)
    with pytest.raises(UsageError, match=r"cv (leaves row|puts a row)"):
        RecalibratedClassifier(cv=ShuffleSplit(2, random_state=0)).fit(X, y)
    with pytest.raises(UsageError, match=r"there is 1 class: 0\.0$"):
        RecalibratedClassifier().fit(X, np.zeros(len(y)))
    for seed in (-1, "a", 1.5):
        with pytest.raises(UsageError, match="seed should be a whole number, 0 or more"):
            RecalibratedClassifier(seed=seed).fit(X, y)
    with pytest.raises(UsageError, match=r"no method \['platt'\]"):
        RecalibratedClassifier(method=["platt"]).fit(X, y)
    with pytest.raises(UsageError, match="sample_weight must hold one number a row, and it is 'x'"):
        RecalibratedClassifier().fit(X, y, "x")
    with pytest.raises(UsageError, match="LinearRegression is no classifier"):
        RecalibratedClassifier(LinearRegression()).fit(X, y)
    with pytest.raises(UsageError, match="OneClassSVM is no classifier"):
        RecalibratedClassifier(OneClassSVM()).fit(X, y)
    for missing in (np.where(np.arange(len(y)) == 3, np.nan, y), np.array([0, 1, 0, None, *y[4:]], object)):
        with pytest.raises(DataError, match="row 3 of y is missing"):
            RecalibratedClassifier().fit(X, missing)
    with pytest.raises(UsageError, match="one fold holds all rows of class 1"):
        RecalibratedClassifier().fit(X[:6], [0, 0, 0, 0, 0, 1])


class Broken(ClassifierMixin, BaseEstimator):
    """Predicts rows that do not add up to 1."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.7)


def test_what_is_no_probability_is_refused(binary):
    X, y, _, _ = binary
    with pytest.raises(DataError, match=r"predict_proba of Broken gives no probabilities in row 0: \[0.7 0.7\]"):
        RecalibratedClassifier(Broken()).fit(X, y)
    with pytest.raises(DataError, match="gives no probabilities in row 0"):
        cross_entropy_scorer(Broken().fit(X, y), X, y)


def test_folds_are_dealt_evenly():
    labels = np.array([0] * 13 + [1] * 7 + [2] * 2)
    folds = dealt(labels, 5, 0)
    assert np.bincount(folds).tolist() == [5, 5, 4, 4, 4]
    for label, rows in ((0, 13), (1, 7), (2, 2)):
        counts = np.bincount(folds[labels == label], minlength=5)
        assert counts.max() - counts.min() <= 1, (label, rows)
    assert np.array_equal(folds, dealt(labels, 5, 0))
    assert not np.array_equal(folds, dealt(labels, 5, 1))


def test_clones_and_pickles(binary):
    X, y, new, _ = binary
    model = clone(RecalibratedClassifier(GaussianNB(), method="beta", cv=3, seed=4)).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(new), model.predict_proba(new))
    assert np.array_equal(model.predict(new), model.classes_[model.predict_proba(new).argmax(axis=1)])


# --- scorers


def test_scores_are_those_of_scikit_learn_where_it_does_not_clip(digits):
    X, y, new, truth = digits
    model = LogisticRegression(C=1e-3, max_iter=1000).fit(X, y)
    weights = np.random.default_rng(0).uniform(0.1, 3.0, len(truth))
    for w in (None, weights):
        loss = log_loss(truth, model.predict_proba(new), sample_weight=w, labels=model.classes_)
        assert cross_entropy_scorer(model, new, truth, w) == pytest.approx(-loss / np.log(2.0), rel=1e-12)
        skill = d2_log_loss_score(truth, model.predict_proba(new), sample_weight=w, labels=model.classes_)
        assert skill_scorer(model, new, truth, w) == pytest.approx(skill, rel=1e-9)


class Told(ClassifierMixin, BaseEstimator):
    """Gives the probabilities that are its rows."""

    def __init__(self, classes):
        self.classes_ = np.array(classes)

    def predict_proba(self, X):
        return np.asarray(X)


def test_columns_are_those_of_the_estimator():
    q = [[0.5, 0.25, 0.25]] * 3
    model = Told(["low", "medium", "high"])
    assert cross_entropy_scorer(model, q, ["low", "low", "low"]) == -1.0
    assert cross_entropy_scorer(model, q, ["high", "medium", "high"]) == -2.0


def test_a_certain_miss_is_infinite_and_a_mixture_is_not():
    model = Told([0, 1])
    q = [[1.0, 0.0], [0.5, 0.5]]
    assert cross_entropy_scorer(model, q, [1, 1]) == -np.inf
    assert skill_scorer(model, q, [1, 0]) == -np.inf
    assert cross_entropy_scorer(model, q, [1, 1], [0.0, 1.0]) == -1.0
    mixed = cross_entropy_scorer.mixed(0.5)
    assert mixed(model, q, [1, 1]) == pytest.approx(-(np.log2(4.0) + 1.0) / 2.0)
    # a label that the estimator never saw is one class more
    assert cross_entropy_scorer(model, q, [0, 2]) == -np.inf
    assert mixed(model, q, [0, 2]) == pytest.approx(np.log2(0.5 + 0.5 / 3) / 2 + np.log2(0.5 / 3) / 2)
    with pytest.raises(UsageError, match=r"from 0 up to but not 1; got 1\.0"):
        CrossEntropyScorer(1.0)


def test_labels_of_another_kind_are_no_certain_misses():
    words, numbers = Told(["ben", "mal"]), Told([0, 1])
    q = [[0.5, 0.5], [0.5, 0.5]]
    for scorer in (cross_entropy_scorer, skill_scorer.mixed(0.1)):
        with pytest.raises(UsageError, match="the label 0 is a number, and the classes of Told are 'ben', 'mal'"):
            scorer(words, q, [0, 1])
        with pytest.raises(UsageError, match="the label 'ben' is of type str, and the classes of Told are 0, 1"):
            scorer(numbers, q, ["ben", "mal"])
        with pytest.raises(DataError, match="row 1 of y is missing"):
            scorer(numbers, q, [0.0, np.nan])
    assert cross_entropy_scorer(numbers, q, [False, 1.0]) == -1.0
    assert cross_entropy_scorer(words, q, ["ben", "new"]) == -np.inf


def test_labels_of_another_number_of_rows_are_refused():
    q = [[0.5, 0.5], [0.5, 0.5]]
    for y in ([0], [0, 1, 1]):
        with pytest.raises(UsageError, match=f"X has 2 rows and y {len(y)} labels"):
            cross_entropy_scorer(Told([0, 1]), q, y)


def test_skill_of_one_class():
    model = Told([0, 1])
    assert skill_scorer(model, [[1.0, 0.0]], [0]) == 0.0
    assert skill_scorer(model, [[0.9, 0.1]], [0]) == -np.inf


def test_label_frequencies_have_no_skill(binary):
    X, y, _, _ = binary
    assert skill_scorer(DummyClassifier(strategy="prior").fit(X, y), X, y) == pytest.approx(0.0, abs=1e-12)


def test_scorers_in_cross_validation(binary):
    X, y, _, _ = binary
    model = GaussianNB()
    scores = cross_val_score(model, X, y, scoring=cross_entropy_scorer, cv=4)
    theirs = cross_val_score(model, X, y, scoring="neg_log_loss", cv=4)
    assert scores == pytest.approx(theirs / np.log(2.0), rel=1e-9)
    both = cross_validate(model, X, y, scoring={"bits": cross_entropy_scorer, "skill": skill_scorer}, cv=4)
    assert both["test_bits"] == pytest.approx(scores)
    assert both["test_skill"] == pytest.approx(1.0 + scores, abs=0.02)  # about one bit to explain


def test_grid_search_over_two_processes_finds_the_better_map(binary):
    X, y, _, _ = binary
    search = GridSearchCV(
        RecalibratedClassifier(GaussianNB(), cv=3), {"method": ["isotonic", "temperature"]}, cv=3, n_jobs=2,
        scoring={"bits": cross_entropy_scorer, "skill": skill_scorer}, refit="bits",
    ).fit(X, y)  # fmt: skip
    assert search.cv_results_["mean_test_bits"].shape == (2,)
    assert search.best_score_ == search.cv_results_["mean_test_bits"].max()


def test_a_label_unseen_in_training_ranks_last_and_does_not_crash(binary):
    X, y, _, _ = binary
    y = np.where(np.arange(len(y)) < 250, 2, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's own, on scores that are not finite
        scores = cross_val_score(GaussianNB(), X, y, scoring=cross_entropy_scorer, cv=KFold(4))
        search = GridSearchCV(
            LogisticRegression(), {"C": [0.1, 1.0]}, scoring=cross_entropy_scorer, cv=GroupKFold(4)
        ).fit(X, y, groups=np.arange(len(y)) // 250)  # fmt: skip
    assert scores[0] == -np.inf
    assert np.isfinite(scores[1:]).all()
    assert (search.cv_results_["mean_test_score"] == -np.inf).all()
    finite = cross_val_score(GaussianNB(), X, y, scoring=cross_entropy_scorer.mixed(0.01), cv=KFold(4))
    assert np.isfinite(finite).all()


def test_scorers_pickle_and_print():
    assert repr(cross_entropy_scorer) == "CrossEntropyScorer()"
    again = pickle.loads(pickle.dumps(skill_scorer.mixed(0.25)))
    assert repr(again) == "SkillScorer(mix=0.25)"


def test_scorers_refuse_what_has_no_probabilities(binary):
    X, y, _, _ = binary
    with pytest.raises(UsageError, match="LinearSVC has no predict_proba: wrap it in RecalibratedClassifier"):
        cross_entropy_scorer(LinearSVC(dual=False).fit(X, y), X, y)
    with pytest.raises(UsageError, match="LinearRegression has no predict_proba: take a classifier"):
        cross_entropy_scorer(LinearRegression().fit(X, y), X, y)
    for weights in ([1.0], "x"):
        with pytest.raises(UsageError, match="one number a row"):
            cross_entropy_scorer(GaussianNB().fit(X, y), X, y, weights)
    with pytest.raises(UsageError, match=r"mix is a share of the uniform distribution, .* got 'a'"):
        cross_entropy_scorer.mixed("a")


def test_without_scikit_learn_the_classifier_says_how_to_get_it():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import bitsapart.scoring.scorers\n"
        "try: import bitsapart.scoring.recalibrated_classifier\n"
        "except ValueError as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "UsageError RecalibratedClassifier takes scikit-learn: pip install 'bitsapart[learn]'\n"


def test_weights_are_routed_where_they_are_asked_for(binary):
    X, y, _, _ = binary
    weights = np.random.default_rng(0).uniform(0.1, 2.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        asks = cross_entropy_scorer.set_score_request(sample_weight=True)
        model = GaussianNB().set_fit_request(sample_weight=False)
        scores = cross_validate(model, X, y, scoring=asks, cv=KFold(3), params={"sample_weight": weights})["test_score"]
        ignores = cross_entropy_scorer.set_score_request(sample_weight=False)
        plain = cross_validate(
            GaussianNB().set_fit_request(sample_weight=True), X, y, scoring=ignores, cv=KFold(3),
            params={"sample_weight": weights},
        )["test_score"]  # fmt: skip
    for k, (train, test) in enumerate(KFold(3).split(X)):
        want = cross_entropy_scorer(GaussianNB().fit(X[train], y[train]), X[test], y[test], weights[test])
        assert scores[k] == pytest.approx(want)
    assert plain != pytest.approx(scores)
