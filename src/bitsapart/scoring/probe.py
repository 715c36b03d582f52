"""Probes: what the features say of the label beyond the model's own prediction, each row by a probe of other rows.

The mean loss of any cross-fitted prediction is, on average, no less than H(Y | X), so a probe bounds the floor from
above: it is the best probe found, and never the floor itself. Two are tried, multinomial logistic regression and
boosted trees (scikit-learn's HistGradientBoostingClassifier), both on the features and the model's log-scores. Which
one is chosen for a fold is settled on its two neighbours among the folds, by probes that saw neither them nor it.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.scoring.sample import Sample
from bitsapart.values.errors import DataError, UsageError

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

MOST_CLASSES = 50
"""With more, the fits take minutes and there are few rows for each class."""
MOST_ROWS = 20_000
"""Rows that a probe learns from; it predicts all."""
TREES = 300
"""Trees over all classes; two classes take one tree a step, more take one for each class."""
FAR = 50.0
"""Log-scores are held within this as inputs: beyond it they say no more, and they would stretch the scale."""
LARGEST = 1e100
"""A feature whose square is a number yet, for its scale."""
PULL = 2.0
"""Rows' worth of the label frequencies in each prediction, so that no loss is infinite."""


@dataclass(frozen=True, eq=False)
class Probed:
    """``losses``: of each row in nats, under a probe of other folds. ``choice``: which probe, fold by fold."""

    losses: Array
    choice: tuple[str, ...]


def probed(sample: Sample, seed: int) -> Probed:
    """The losses of cross-fitted probes on the features of the sample and the model's log-scores.

    Raises:
        UsageError: scikit-learn is not installed, there are no features, or more than 50 classes.
        DataError: a feature is infinite, or has no value in any row.
    """
    inputs = inputs_of(sample)
    known, folds = np.unique(sample.folds, return_inverse=True)
    count = len(known)
    probes = {name: Probe(make, inputs, sample, folds) for name, make in candidates(sample, seed).items()}
    names = tuple(probes)
    seen = np.zeros((len(names), count))
    for i, probe in enumerate(probes.values()):
        for k in range(count if count > 2 else 0):
            j = (k + 1) % count
            tested = probe.losses((k, j))
            seen[i, k] += tested[j]
            seen[i, j] += tested[k]
    choice = tuple(names[i] for i in np.argmin(seen, axis=0))
    losses = np.empty(len(folds))
    for k, name in enumerate(choice):
        losses[folds == k] = probes[name].rows_of(k)
    return Probed(losses, choice)


def inputs_of(sample: Sample) -> Array:
    """The features next to the log-scores, (rows, features + scores)."""
    if find_spec("sklearn") is None:
        raise UsageError("a probe on the features takes scikit-learn: pip install 'bitsapart[learn]'")
    if sample.features is None:
        raise UsageError("there are no features for a probe: name them")
    classes = sample.log_q.shape[1]
    if classes > MOST_CLASSES:
        raise UsageError(f"a probe on the features takes {MOST_CLASSES} classes at most, and there are {classes}")
    beyond = np.argwhere(np.abs(sample.features) > LARGEST)
    if len(beyond):
        row, column = beyond[0]
        raise DataError(
            f"feature {column} of row {sample.rows[row]} is {sample.features[row, column]:g}: a probe takes values up "
            f"to {LARGEST:g}, or missing ones"
        )
    told = ~np.isnan(sample.features).all(axis=0)
    if not told.any():
        raise DataError("no feature has a value in any row: a probe takes finite values, some of which may be missing")
    scores = sample.log_q[:, 1:] - sample.log_q[:, :1] if classes == 2 else sample.log_q
    return np.hstack([sample.features[:, told], np.clip(scores, -FAR, FAR)])


def candidates(sample: Sample, seed: int) -> dict[str, Callable[[], Any]]:
    """How to make each probe anew."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = sample.log_q.shape[1]
    steps = TREES // classes if classes > 2 else TREES // 3

    def logistic() -> Any:
        imputer = SimpleImputer(keep_empty_features=True)
        return make_pipeline(imputer, StandardScaler(), LogisticRegression(max_iter=300))

    def trees() -> Any:
        return HistGradientBoostingClassifier(
            max_iter=max(steps, 10), max_leaf_nodes=8, learning_rate=0.1, min_samples_leaf=20, l2_regularization=1.0,
            early_stopping=False, random_state=int(seed) % 2**32,
        )  # fmt: skip

    return {"logistic regression": logistic, "boosted trees": trees}


class Probe:
    """One kind of probe on one sample."""

    def __init__(self, make: Callable[[], Any], inputs: Array, sample: Sample, folds: Rows) -> None:
        self.make, self.inputs, self.sample, self.folds = make, inputs, sample, folds

    def losses(self, held: tuple[int, ...]) -> dict[int, float]:
        """The weighted loss of each of the folds held out, under a probe that saw neither."""
        predict = self.fitted(held)
        return {k: float(self.sample.weights[self.folds == k] @ predict(k)) for k in held}

    def rows_of(self, fold: int) -> Array:
        """The losses of the rows of a fold under a probe of the others."""
        return self.fitted((fold,))(fold)

    def fitted(self, held: tuple[int, ...]) -> Callable[[int], Array]:
        """Losses of the rows of a fold, from a probe fitted to all folds but those held out."""
        train = np.flatnonzero(~np.isin(self.folds, held) & (self.sample.weights > 0.0))
        train = train[:: max(1, -(-len(train) // MOST_ROWS))]
        targets, weights = self.sample.targets[train], self.sample.weights[train]
        row, label = np.nonzero(targets)
        classes = targets.shape[1]
        weight = weights[row] * targets[row, label]
        weight = weight * (len(train) / weight.sum()) if len(train) else weight
        base = (np.bincount(label, weight, classes) + 1.0 / classes) / (len(train) + 1.0)
        model = self.learnt(self.inputs[train[row]], label, weight) if len(np.unique(label)) > 1 else None

        def predict(fold: int) -> Array:
            rows = np.flatnonzero(self.folds == fold)
            share = np.zeros((len(rows), classes))
            if model is None or not len(rows):
                share += base
            else:
                share[:, model.classes_] = model.predict_proba(self.inputs[rows])
            log_q = np.log((len(train) * share + PULL * base) / (len(train) + PULL))
            return self.losses_of(rows, log_q)

        return predict

    def learnt(self, inputs: Array, label: Rows, weight: Array) -> Any:
        """A probe of these rows."""
        model = self.make()
        name = "sample_weight" if not hasattr(model, "steps") else f"{model.steps[-1][0]}__sample_weight"
        with warnings.catch_warnings():
            # a probe that has not converged is a worse probe, and no less honest
            warnings.simplefilter("ignore")
            return model.fit(inputs, label, **{name: weight})

    def losses_of(self, rows: Rows, log_q: Array) -> Array:
        """The losses of some rows of the sample."""
        labels = None if self.sample.labels is None else self.sample.labels[rows]
        return replace(self.sample, labels=labels, targets=self.sample.targets[rows]).losses(log_q)
