"""Recalibrations of a sample, each row by a map that was fitted to other rows.

For a map fitted to other folds, E[saving] <= E KL(P(Y | Q) || Q), whatever the map is: what it saves is an honest lower
bound of what could be saved. The map is chosen inside of the training folds too: rows of fold j are predicted by the
maps fitted without j and without the fold k that is held out; the map with the least mean loss there is chosen for k. A
fit without two folds serves both ways round, so that 5 folds take 5 + 10 fits. Many folds are put together into 5
groups, and the choice is made for each group without its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from bitsapart.scoring.recalibration.beta import Beta
from bitsapart.scoring.recalibration.isotonic import Isotonic
from bitsapart.scoring.recalibration.map import PER_PARAMETER, Array, Map, Rows, refusal, shown, worth
from bitsapart.scoring.recalibration.matrix import Matrix
from bitsapart.scoring.recalibration.platt import Platt
from bitsapart.scoring.recalibration.temperature import Temperature
from bitsapart.scoring.recalibration.vector import Vector
from bitsapart.scoring.sample import Sample
from bitsapart.values.errors import UsageError

MAPS: dict[str, type[Any]] = {each.name: each for each in (Temperature, Platt, Beta, Isotonic, Vector, Matrix)}
"""Every map by its name, in order of complexity."""
BINARY = ("temperature", "platt", "beta", "isotonic")
SEVERAL = ("temperature", "vector", "matrix")
MANY_FOLDS, GROUPS = 20, 5
"""With more folds, their pairs are too many: the map is chosen inside of so many groups of them."""


@dataclass(frozen=True, eq=False)
class Recalibrated:
    """Losses in nats, (rows, 1 + maps): those of the model itself, then those of each cross-fitted map.

    ``chosen``: the losses under the map that was chosen inside the training folds; ``choice``: its name, fold by fold.
    ``fitted``: each map, fitted to all rows. ``words``: its parameters. ``skipped``: maps not tried, and why.
    """

    names: tuple[str, ...]
    losses: Array
    chosen: Array
    choice: tuple[str, ...]
    fitted: tuple[Map, ...]
    words: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]

    def best(self, weights: Array) -> int:
        """The index of the map with the least mean loss in cross-fitting; the simpler one in a tie."""
        return least([total(losses, weights) for losses in self.losses[:, 1:].T])


def recalibrated(sample: Sample, names: Sequence[str] | None = None) -> Recalibrated:
    """Every map that the sample can carry, cross-fitted over ``sample.folds``, and one chosen inside of the folds.

    Temperature scaling is always among them. ``names``: those to try besides; all that suit the number of classes if
    None.

    Raises:
        UsageError: there is no map of such a name.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> odds = rng.normal(size=200)
        >>> labels = (rng.random(200) < 1.0 / (1.0 + np.exp(-odds))).astype(int)
        >>> log_q = -np.logaddexp(0.0, np.column_stack([3.0 * odds, -3.0 * odds]))
        >>> n = np.arange(200)
        >>> sample = Sample(log_q, np.eye(2)[labels], labels, np.ones(200), None, n % 5, n, None, None, 200)
        >>> tried = recalibrated(sample)
        >>> tried.names, tried.losses.shape, bool(tried.chosen.mean() < tried.losses[:, 0].mean())
        (('temperature', 'platt', 'beta', 'isotonic'), (200, 5), True)
        >>> tried.words[0]
        'T = 3.07 (2.68 to 3.24 over the folds)'
    """
    return cross_fitted(replace(sample, weights=worth(sample.weights)), names)


def cross_fitted(sample: Sample, names: Sequence[str] | None) -> Recalibrated:
    """``recalibrated`` with weights that count rows: a weight of 2 is the row twice."""
    tried, skipped = usable(sample, names)
    cross = [CrossFit(MAPS[name], sample) for name in tried]
    losses = np.column_stack([sample.losses(sample.log_q)] + [each.losses() for each in cross])
    folds, count = cross[0].folds, cross[0].count
    if count <= MANY_FOLDS:
        choice = chosen_inside(cross)
    else:
        grouped = replace(sample, folds=folds % GROUPS)
        choice = chosen_inside([CrossFit(MAPS[name], grouped) for name in tried])[np.arange(count) % GROUPS]
    return Recalibrated(
        names=tried,
        losses=losses,
        chosen=losses[np.arange(len(losses)), 1 + choice[folds]],
        choice=tuple(tried[i] for i in choice),
        fitted=tuple(each.whole for each in cross),
        words=tuple(in_words(each.whole, each.without) for each in cross),
        skipped=skipped,
    )


def check_names(names: Sequence[Any]) -> None:
    """Refuse what is the name of no map."""
    for name in names:
        if not isinstance(name, str) or name not in MAPS:
            raise UsageError(f"there is no recalibration named {name!r}: choose among {', '.join(MAPS)}")


def usable(sample: Sample, names: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The maps to try, simplest first, and those that are not, each with the reason."""
    classes, n = sample.log_q.shape[1], float(sample.weights.sum())
    suited = BINARY if classes == 2 else SEVERAL
    asked = suited if names is None else ("temperature", *names)
    check_names(asked)
    tried, skipped = [], []
    for name in (each for each in MAPS if each in asked):
        reason = why_not(name, suited, n, sample.log_q)
        if reason:
            skipped.append((name, reason))
        else:
            tried.append(name)
    return tuple(tried), tuple(skipped)


def why_not(name: str, suited: Sequence[str], n: float, log_q: Array) -> str:
    """Why a map is not tried, or nothing."""
    classes = log_q.shape[1]
    if name not in suited:
        return f"it is not for {classes} classes"
    size = MAPS[name].parameters(classes)
    if name != "temperature" and n < PER_PARAMETER * size:
        return f"{size} parameters take {PER_PARAMETER * size} rows, and there are {n:.0f}"
    return refusal(MAPS[name], log_q)


class CrossFit:
    """One map, fitted to all rows, without each fold, and (when asked) without each pair of folds."""

    def __init__(self, kind: type[Any], sample: Sample) -> None:
        known, self.folds = np.unique(sample.folds, return_inverse=True)
        self.fit = kind.fitter(sample.log_q, sample.targets, sample.weights)
        self.sample, self.count = sample, len(known)
        self.whole: Map = self.fit(np.arange(len(self.folds)), None)
        self.without: list[Map] = [self.fitted_without((k,), self.whole) for k in range(self.count)]

    def fitted_without(self, held: tuple[int, ...], start: Map) -> Map:
        """The map fitted to all folds but some."""
        fitted: Map = self.fit(np.flatnonzero(~np.isin(self.folds, held)), start)
        return fitted

    def losses_of(self, fold: int, fitted: Map) -> Array:
        """The losses of the rows of a fold under a map."""
        rows = np.flatnonzero(self.folds == fold)
        labels, targets = self.sample.labels, self.sample.targets
        if labels is None:
            part = replace(self.sample, targets=targets[rows])
        else:
            part = replace(self.sample, labels=labels[rows])
        return part.losses(fitted.apply(self.sample.log_q[rows]))

    def losses(self) -> Array:
        """The loss of each row under the map fitted to the other folds."""
        losses = np.empty(len(self.folds))
        for k, fitted in enumerate(self.without):
            losses[self.folds == k] = self.losses_of(k, fitted)
        return losses

    def inner(self) -> Array:
        """How much each choice of fold to hold out would see: (folds, 2), infinite weight and finite loss.

        Over the rows of the other folds, each under the map fitted without its fold and the one held out.
        """
        seen = np.zeros((self.count, 2))
        for k, j in combinations(range(self.count), 2):
            fitted = self.fitted_without((k, j), self.without[k])
            for out, tested in ((k, j), (j, k)):
                seen[out] += total(self.losses_of(tested, fitted), self.sample.weights[self.folds == tested])
        return seen


def total(losses: Array, weights: Array) -> tuple[float, float]:
    """The weight of the rows whose loss is infinite, and the weighted loss of the others."""
    finite = np.isfinite(losses)
    return float(weights[~finite].sum()), float(weights[finite] @ losses[finite])


def least(totals: Sequence[tuple[float, float]]) -> int:
    """The index of the first of the least totals."""
    return min(range(len(totals)), key=lambda i: totals[i])


def chosen_inside(cross: Sequence[CrossFit]) -> Rows:
    """For each fold, the index of the map with the least loss inside of the other folds; the simpler one in a tie."""
    count = cross[0].count
    if len(cross) == 1:
        return np.zeros(count, np.int64)
    seen = [each.inner() for each in cross]
    return np.array([least([tuple(each[k]) for each in seen]) for k in range(count)], np.int64)


def in_words(fitted: Map, without: Sequence[Map]) -> str:
    """The parameters of a map, and between which values they lie over the folds: ``T = 2.31 (2.28 to 2.35 ...)``."""
    parts = []
    for i, (name, value) in enumerate(fitted.numbers):
        over = [each.numbers[i][1] for each in without]
        parts.append(f"{name} = {shown(value)} ({shown(min(over))} to {shown(max(over))})")
    return ", ".join(parts).replace(")", " over the folds)", 1)
