# ruff: noqa: N803 - X is what scikit-learn calls the rows
"""scikit-learn scorers in bits a row, which neither clip nor re-sort: greater is better.

    cross_entropy_scorer   -mean(-log2 q_label)
    skill_scorer           D2 = 1 - cross-entropy / entropy of the label frequencies of the scored rows

Both are objects for ``scoring=`` in ``cross_val_score``, ``cross_validate`` and ``GridSearchCV``. A label that the
training rows did not hold, or that the estimator gave probability 0, scores -inf; ``mixed`` says what it shall cost
instead.
"""

from copy import deepcopy
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.discrete.plug_in import entropy_of
from bitsapart.scoring.tally import skill_of
from bitsapart.scoring.targets import is_missing, shortened
from bitsapart.values.errors import DataError, UsageError
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]

ROUNDING = 2e-3
"""How far from 1 the probabilities of a row may add up: the rounding of float16."""


class Scorer:
    """A callable for ``scoring=``, which can be pickled: scorer(estimator, X, y, sample_weight=None) -> float."""

    def __init__(self, mix: float = 0.0) -> None:
        if isinstance(mix, bool) or not isinstance(mix, Real) or not 0.0 <= mix < 1.0:
            raise UsageError(f"mix is a share of the uniform distribution, from 0 up to but not 1; got {mix!r}")
        self.mix: float = float(mix)
        self._request: Any = None

    def mixed(self, mix: float) -> Self:
        """The same scorer of (1 - mix) q + mix / classes, which is finite.

        The classes are those of the estimator and those among the scored rows.

        >>> cross_entropy_scorer.mixed(0.01)
        CrossEntropyScorer(mix=0.01)
        """
        other = deepcopy(self)
        other.__init__(mix)  # type: ignore[misc]
        other._request = deepcopy(self._request)
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({f'mix={self.mix}' if self.mix else ''})"

    def set_score_request(self, *, sample_weight: bool | str | None = None) -> Self:
        """A scorer that asks for weights, where scikit-learn's metadata routing is enabled."""
        from sklearn.utils.metadata_routing import MetadataRequest

        other = deepcopy(self)
        other._request = MetadataRequest(owner=type(self).__name__)
        other._request.score.add_request(param="sample_weight", alias=sample_weight)
        return other

    def get_metadata_routing(self) -> Any:
        """What it asks for, in scikit-learn's own form."""
        if self._request is not None:
            return deepcopy(self._request)
        return self.set_score_request().get_metadata_routing()


class CrossEntropyScorer(Scorer):
    """Minus the cross-entropy in bits a row.

    Raises:
        UsageError: the estimator has no ``predict_proba``; labels or weights do not suit the rows; labels are of
            another type than the estimator's classes.
        DataError: the estimator gives no probabilities, or a label is missing.

    Examples:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.model_selection import cross_val_score
        >>> X, y = load_iris(return_X_y=True)
        >>> model = LogisticRegression(max_iter=500)
        >>> round(float(cross_val_score(model, X, y, scoring=cross_entropy_scorer).mean()), 2)
        -0.2
    """

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The score of a fitted estimator on these rows."""
        losses, weights, _ = scored(estimator, X, y, sample_weight, self.mix)
        return -Unit.bit.of(mean(losses, weights)) + 0.0


class SkillScorer(Scorer):
    """D2, the share of the label frequencies' entropy that the estimator explains: 1 at best, 0 as good as they are.

    Rows of one class have an entropy of 0, of which nothing can be explained: 0 if they are predicted with certainty,
    -inf if not.

    Raises:
        UsageError: the estimator has no ``predict_proba``; labels or weights do not suit the rows; labels are of
            another type than the estimator's classes.
        DataError: the estimator gives no probabilities, or a label is missing.

    Examples:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import LogisticRegression
        >>> X, y = load_iris(return_X_y=True)
        >>> skill_scorer(LogisticRegression(max_iter=500).fit(X, y), X, y) > 0.8
        True
    """

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The score of a fitted estimator on these rows."""
        losses, weights, at = scored(estimator, X, y, sample_weight, self.mix)
        return skill_of(mean(losses, weights), float(entropy_of(np.asarray(np.bincount(at, weights), np.float64))))


def mean(losses: Array, weights: Array) -> float:
    """The weighted mean; rows of no weight have no say, however large their loss."""
    held = weights > 0.0
    return float(weights[held] @ losses[held]) / float(weights.sum())


def scored(estimator: Any, X: Any, y: Any, sample_weight: Any, mix: float) -> tuple[Array, Array, NDArray[np.int64]]:
    """The loss of each row in nats, its weight, and the number of its label among those of the rows."""
    if not hasattr(estimator, "predict_proba"):
        remedy = "wrap it in RecalibratedClassifier" if hasattr(estimator, "decision_function") else "take a classifier"
        raise UsageError(f"{type(estimator).__name__} has no predict_proba: {remedy}")
    labels, at = distinct(y)
    q = np.asarray(estimator.predict_proba(X), np.float64)
    if len(q) != len(at):
        raise UsageError(f"X has {len(q):,} rows and y {len(at):,} labels: each row needs its own")
    check_probabilities(q, estimator)
    weights = np.ones(len(at)) if sample_weight is None else weights_of(sample_weight, len(at))
    known = np.asarray(estimator.classes_).tolist()
    column = {label: i for i, label in enumerate(known)}
    of = np.array([column.get(label, -1) for label in labels], np.int64)
    for label in (label for label in labels if label not in column):
        if sort_of(label) not in map(sort_of, known):
            raise UsageError(
                f"the label {label!r} is {sort_of(label)}, and the classes of {type(estimator).__name__} are "
                f"{shortened(known)}: y must be coded as in training"
            )
    classes = len(column) + int((of < 0).sum())
    true = np.where(of[at] < 0, 0.0, q[np.arange(len(at)), of[at]])
    with np.errstate(divide="ignore"):
        return -np.log((1.0 - mix) * true + mix / classes), weights, at


def distinct(y: Any) -> tuple[list[Any], NDArray[np.int64]]:
    """The labels that there are, and which of them each row has; none is missing."""
    number: dict[Any, int] = {}
    at = np.array([number.setdefault(label, len(number)) for label in np.asarray(y).ravel().tolist()], np.int64)
    for label, i in number.items():
        if is_missing(label):
            raise DataError(f"row {int(np.argmax(at == i))} of y is missing: every row needs its label")
    return list(number), at


def sort_of(label: Any) -> str:
    """What kind of thing a label is: all numbers are of one."""
    return "a number" if isinstance(label, Real) else f"of type {type(label).__name__}"


def check_probabilities(q: Array, estimator: Any) -> None:
    """Refuse rows that hold negative numbers or nan, or do not add up to 1."""
    right = (q >= 0.0).all(axis=1) & (np.abs(q.sum(axis=1) - 1.0) <= ROUNDING)
    if not right.all():
        row = int(np.argmin(right))
        raise DataError(f"predict_proba of {type(estimator).__name__} gives no probabilities in row {row}: {q[row]}")


def weights_of(sample_weight: Any, n: int) -> Array:
    """Weights that are numbers, one a row, none negative and not all zero."""
    try:
        weights = np.asarray(sample_weight, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"sample_weight must hold one number a row, and it is {sample_weight!r:.60}") from None
    if weights.shape != (n,):
        raise UsageError(f"sample_weight must hold one number a row, ({n},), and its shape is {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0.0).any() or not weights.sum() > 0.0:
        raise UsageError("sample_weight must be finite, not negative, and not all zero")
    return weights


cross_entropy_scorer = CrossEntropyScorer()
skill_scorer = SkillScorer()
