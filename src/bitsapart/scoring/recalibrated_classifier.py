# ruff: noqa: N803 - X is what scikit-learn calls the rows
"""A classifier whose probabilities are recalibrated by a map that was fitted to cross-fitted predictions."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.counts import seed_of
from bitsapart.estimate.mean import difference_of
from bitsapart.scoring.recalibration.log_odds import of_log_odds
from bitsapart.scoring.recalibration.map import Map, normalised, refusal
from bitsapart.scoring.recalibration.recalibrated import BINARY, MAPS, SEVERAL, CrossFit, cross_fitted
from bitsapart.scoring.sample import Sample
from bitsapart.scoring.scorers import check_probabilities, distinct, weights_of
from bitsapart.values.errors import DataError, UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone, is_regressor
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import check_cv
    from sklearn.utils import _safe_indexing, indexable
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, column_or_1d, has_fit_parameter
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] != "sklearn":
        raise
    raise UsageError("RecalibratedClassifier takes scikit-learn: pip install 'bitsapart[learn]'") from None

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

LEVEL = 0.95


class RecalibratedClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier and a recalibration map, fitted under log score to predictions of clones that saw other rows.

    The estimator that predicts is refitted to all rows; the map comes from the cross-fitted predictions of its clones.
    A fitted estimator in scikit-learn's ``FrozenEstimator`` stays as it is, and the rows are used for the map alone.

    Args:
        estimator: a classifier with ``predict_proba`` or ``decision_function``; logistic regression if None.
        method: "temperature"; "platt", "beta" or "isotonic" for two classes; "vector" or "matrix" for more; or "auto",
            the one with the least cross-fitted loss.
        cv: how many folds, or a splitter or a list of splits that puts each row into one test fold.
        seed: of the folds, where ``cv`` is a number.

    Attributes:
        classes_: the labels, in the order of the columns of ``predict_proba``.
        estimator_: the estimator, fitted to all rows.
        map_: the map, with its parameters and ``apply``.
        saved_bits_: what the map saves in cross-fitting, each row under a map fitted to other folds, and for "auto"
            chosen inside of them; bits a row, at level 0.95.
        n_features_in_, feature_names_in_: as ``estimator_`` has them.

    Examples:
        >>> from sklearn.datasets import load_breast_cancer
        >>> from sklearn.naive_bayes import GaussianNB
        >>> X, y = load_breast_cancer(return_X_y=True)
        >>> model = RecalibratedClassifier(GaussianNB(), method="temperature").fit(X, y)
        >>> model.map_.numbers[0][0], model.saved_bits_.value > 0.1
        ('T', True)
    """

    def __init__(self, estimator: Any = None, *, method: str = "auto", cv: Any = 5, seed: int = 0) -> None:
        self.estimator = estimator
        self.method = method
        self.cv = cv
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit clones on folds, the map to what they predict of the other rows, and the estimator to all rows.

        ``sample_weight`` counts rows: 2 is the row twice. An estimator that takes none is fitted without.

        Raises:
            UsageError: the estimator is no classifier; there is no such method, or it does not suit the labels; ``cv``
                does not put each row into one test fold; a training fold holds one class only, or none the class of
                its test fold.
            DataError: a label is missing; the method asked for takes finite logits, and the estimator is certain of
                some rows.
        """
        X, y = indexable(X, y)
        if y is None:
            raise UsageError("this classifier requires y to be passed, but the target y is None")
        y = column_or_1d(y, warn=True)
        known, _ = distinct(y)
        with np.errstate(invalid="ignore"):  # of infinite labels, which it then refuses
            check_classification_targets(y)
        weights = None if sample_weight is None else weights_of(sample_weight, len(y))
        if len(known) < 2:
            there = f"1 class: {known[0]!r}" if known else "0 samples"
            raise UsageError(f"a classifier takes labels of two classes at least, and there is {there}")
        seed_of(self.seed)

        rows = np.arange(len(y))
        self.estimator_ = self._fitted(X, y, rows, weights)
        self.classes_ = self.estimator_.classes_
        labels = columns_of(y, self.classes_)
        name = self._named(len(self.classes_))
        folds = self._folds(X, y, labels)
        log_q = np.empty((len(y), len(self.classes_)))
        for k in np.unique(folds):
            held = rows[folds == k]
            model = self._fitted(X, y, rows[folds != k], weights)
            log_q[held] = predicted(model, _safe_indexing(X, held), self.classes_)
        self._recalibrate(sample_of(log_q, labels, weights, folds), name)
        for each in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, each):
                setattr(self, each, getattr(self.estimator_, each))
        return self

    def predict_proba(self, X: Any) -> Array:
        """Recalibrated probabilities, (rows, classes), in the order of ``classes_``."""
        return np.asarray(np.exp(self.predict_log_proba(X)), np.float64)

    def predict_log_proba(self, X: Any) -> Array:
        """Their natural logarithms, which do not underflow."""
        check_is_fitted(self)
        return self.map_.apply(predicted(self.estimator_, X, self.classes_))

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of the largest recalibrated probability."""
        best = self.predict_log_proba(X).argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[best]
        return chosen

    def __sklearn_tags__(self) -> Any:
        """Sparse input is taken where the estimator takes it."""
        from sklearn.utils import get_tags

        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self._estimator()).input_tags.sparse
        return tags

    def _estimator(self) -> Any:
        return LogisticRegression() if self.estimator is None else self.estimator

    def _fitted(self, X: Any, y: NDArray[Any], rows: Rows, weights: Array | None) -> Any:
        """A clone of the estimator, fitted to some rows."""
        estimator = clone(self._estimator())
        if is_regressor(estimator):
            raise no_classifier(estimator)
        if len(np.unique(y[rows])) < 2:
            lone = sorted(set(y.tolist()) - set(y[rows].tolist()))
            raise UsageError(f"one fold holds all rows of class {lone[0]!r}, and leaves one class to learn from")
        wanted = {} if weights is None or not has_fit_parameter(estimator, "sample_weight") else {
            "sample_weight": weights[rows]
        }  # fmt: skip
        everything = len(rows) == len(y)
        fitted = estimator.fit(X if everything else _safe_indexing(X, rows), y[rows], **wanted)
        if not hasattr(fitted, "classes_"):
            raise no_classifier(fitted)
        return fitted

    def _named(self, classes: int) -> str | None:
        """The map that is asked for; None for the best."""
        suited = BINARY if classes == 2 else SEVERAL
        if self.method == "auto":
            return None
        if not isinstance(self.method, str) or self.method not in MAPS:
            raise UsageError(f"there is no method {self.method!r}: choose 'auto' or one of {', '.join(MAPS)}")
        if self.method not in suited:
            raise UsageError(f"method {self.method!r} is not for {classes} classes: choose {', '.join(suited)}")
        return self.method

    def _folds(self, X: Any, y: NDArray[Any], labels: Rows) -> Rows:
        """The test fold of each row."""
        if isinstance(self.cv, int | np.integer):
            if self.cv < 2:
                raise UsageError(f"cv must be 2 at least, and it is {self.cv}")
            return dealt(labels, int(self.cv), self.seed)
        folds = np.full(len(labels), -1)
        for k, (_, held) in enumerate(check_cv(self.cv, y, classifier=True).split(X, y)):
            if (folds[held] >= 0).any():
                raise UsageError("cv puts a row into two test folds: each row must be in one")
            folds[held] = k
        if (folds < 0).any():
            raise UsageError(f"cv leaves row {int(np.argmin(folds))} out of every test fold: each row must be in one")
        return folds

    def _recalibrate(self, sample: Sample, name: str | None) -> None:
        """Fit the map asked for, or all, and choose one."""
        model = sample.losses(sample.log_q)
        if name is None:
            tried = cross_fitted(sample, None)
            losses = tried.chosen
            self.map_: Map = tried.fitted[tried.best(sample.weights)]
        else:
            reason = refusal(MAPS[name], sample.log_q)
            if reason:
                raise DataError(f"method {name!r} cannot be fitted: {reason}")
            cross = CrossFit(MAPS[name], sample)
            losses = cross.losses()
            self.map_ = cross.whole
        self.saved_bits_: Estimate = saved(model, losses, sample.weights)


def no_classifier(estimator: Any) -> UsageError:
    """For an estimator that has nothing to recalibrate."""
    name = type(estimator).__name__
    return UsageError(f"{name} is no classifier: one with predict_proba or decision_function is needed")


def columns_of(y: NDArray[Any], classes: NDArray[Any]) -> Rows:
    """Which column each label is of; every label is among the classes."""
    known, at = distinct(y)
    column = {label: i for i, label in enumerate(classes.tolist())}
    for label in known:
        if label not in column:
            raise UsageError(
                f"the fitted estimator does not know class {label!r}: it knows {', '.join(map(repr, column))}"
            )
    return np.array([column[label] for label in known], np.int64)[at]


def dealt(labels: Rows, count: int, seed: int) -> Rows:
    """Folds as equal as can be in each class: rows in random order, sorted by class, dealt out in turn."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    folds = np.empty(len(labels), np.int64)
    folds[order] = np.arange(len(labels)) % count
    return folds


def predicted(model: Any, X: Any, classes: NDArray[Any]) -> Array:
    """Log-probabilities of a fitted model, in the columns of ``classes``; -inf for a class that it does not know."""
    own = log_probabilities(model, X)
    if np.array_equal(model.classes_, classes):
        return own
    log_q = np.full((len(own), len(classes)), -np.inf)
    log_q[:, columns_of(model.classes_, classes)] = own
    return log_q


def log_probabilities(model: Any, X: Any) -> Array:
    """Normalised log-probabilities: those of ``predict_proba``, else ``decision_function`` as logits.

    Where there is a ``predict_log_proba``, it gives the same without rounding small ones to 0.
    """
    if not hasattr(model, "predict_proba"):
        if not hasattr(model, "decision_function"):
            raise no_classifier(model)
        logits = np.asarray(model.decision_function(X), np.float64)
        return of_log_odds(logits) if logits.ndim == 1 else normalised(logits)
    with np.errstate(divide="ignore"):
        if hasattr(model, "predict_log_proba"):
            log_q = np.asarray(model.predict_log_proba(X), np.float64)
            q = np.exp(log_q)
        else:
            q = np.asarray(model.predict_proba(X), np.float64)
            log_q = np.log(np.maximum(q, 0.0))
    check_probabilities(q, model)
    return normalised(log_q)


def sample_of(log_q: Array, labels: Rows, weights: Array | None, folds: Rows) -> Sample:
    """The cross-fitted predictions of all rows."""
    n, classes = log_q.shape
    return Sample(
        log_q=log_q, targets=np.eye(classes)[labels], labels=labels,
        weights=np.ones(n) if weights is None else weights, clusters=None, folds=folds, rows=np.arange(n), votes=None,
        features=None, of=n,
    )  # fmt: skip


def saved(model: Array, mapped: Array, weights: Array) -> Estimate:
    """The mean saving in bits; rows that are certain misses either way have no difference and are left out."""
    both = np.isinf(model) & np.isinf(mapped)
    if both[weights > 0.0].all():
        raise UsageError(
            "each label had probability 0 under the clone that did not see its row: cv must leave rows of every class "
            "in each training fold, as StratifiedKFold or KFold(shuffle=True) do"
        )
    estimate = difference_of(model[~both], mapped[~both], weights[~both], None, level=LEVEL, unit=Unit.bit)
    if both.any():
        misses = "1 certain miss" if both.sum() == 1 else f"{both.sum()} certain misses"
        return replace(estimate, note=f"without {misses}, which the map cannot save")
    return estimate
