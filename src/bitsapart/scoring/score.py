"""Score predictions: open, read once, recalibrate a sample, compose the ladder."""

import math
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from bitsapart.estimate.counts import level_of, seed_of
from bitsapart.estimate.mean import difference_of, share_of, within
from bitsapart.scoring.brier import brier
from bitsapart.scoring.diagnosis import diagnosis
from bitsapart.scoring.floor import NOT_OF_LABELS, UNKNOWN
from bitsapart.scoring.ladder import ladder
from bitsapart.scoring.losses import blended
from bitsapart.scoring.opened import Request
from bitsapart.scoring.opening import opened
from bitsapart.scoring.probe import Probed, probed
from bitsapart.scoring.reading import Pass, Progress, Wanted
from bitsapart.scoring.recalibration.gap import calibration_gap
from bitsapart.scoring.recalibration.recalibrated import Recalibrated, check_names, recalibrated
from bitsapart.scoring.recalibration.steps import steps
from bitsapart.scoring.reliability import reliability
from bitsapart.scoring.result import Brier, Diagnosis, Floor, PairedScore, Recalibration, Reliability, Rung, Score
from bitsapart.scoring.sample import Sample
from bitsapart.scoring.storage import storage
from bitsapart.scoring.tally import APART, BETTER, HIT, LOSS, OTHER, SCORED, Tally
from bitsapart.scoring.targets import shortened
from bitsapart.scoring.where import confidences, slices, tail
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
FEWEST, MOST_FOLDS = 20, 100
"""Rows below which nothing is recalibrated."""


def score(
    predictions: Any,
    labels: Any = None,
    *,
    from_logits: bool = False,
    classes: Sequence[Any] | None = None,
    positive: Any = None,
    columns: Sequence[str] | None = None,
    votes: Any = None,
    annotators: Any = None,
    weights: Any = None,
    clusters: Any = None,
    features: Any = None,
    repeats: Any = None,
    against: Any = None,
    mix: float | None = None,
    recalibrations: Sequence[str] | str = "auto",
    sample: int | None = None,
    folds: int = 5,
    seed: int = 0,
    level: float = 0.95,
    progress: Progress | None = None,
) -> Score:
    """The cross-entropy of predictions in bits per label, with its interval, and what it is made of.

    The mean of -log2 q(label) is taken apart by a chain of other predictions r for the same rows, since mean(-log q) =
    mean(-log r) + mean(log r - log q) exactly: what temperature scaling (Guo et al. 2017, "On calibration of modern
    neural networks", section 4.2) would save, what a better map chosen inside the folds would save beyond it, what a
    probe on the features would, and what is left; where labels differ on the same item, the floor H(Y | X) in it. Each
    step is a paired mean with its interval, each row predicted by maps fitted to other rows.

    Args:
        predictions: probabilities, (n, K), or of the second of two classes, (n,); an array, a tensor, the path of a
            .npy, .npz or .safetensors file; or a table (Parquet, CSV, Arrow, JSON lines, a frame), in which the other
            arguments are names of columns.
        labels: (n,) one label a row; or (n, K) soft labels, rows that sum to 1; of a table, one column or several.
        from_logits: whether predictions are logits (log-odds, for a single column).
        classes: names of the classes in the order of the predictions' columns; those of a table's columns, or the
            numbers 0 to K - 1 otherwise. Labels are matched with them, and never sorted.
        positive: the label that a single column of probabilities is of; 1 or True otherwise.
        columns: those of a table that hold the predictions; all of floating-point numbers that nothing else takes
            otherwise.
        votes: (n, K) how often each class was chosen for the row's item. In place of labels: they are scored, each
            vote a label. Beside labels: the labels are scored, and the votes' floor is told without being subtracted.
        annotators: (n, A) the labels of A annotators, missing where one gave none; turned into votes.
        weights: (n,) a weight for each row.
        clusters: (n,) rows with one value (a patient, a document) are not independent of each other: intervals and
            folds keep them together.
        features: (n, d) numbers that a probe may use: what they would save is looked for with scikit-learn.
        repeats: (n,) or (n, k) rows with equal values are one item whose label was drawn several times: they give a
            floor for whoever knows no more than these values.
        against: the predictions of another model for the same rows, in the same form.
        mix: in place of q, (1 - mix) q + mix / K is scored besides: finite where a label had probability 0.
        recalibrations: names of the maps to try ("temperature", "vector", "matrix"; "platt", "beta", "isotonic" for two
            classes), "auto" for all that the rows can carry, () for none.
        sample: how many rows recalibrations, probes and pictures are made of, drawn at random; 100,000 and
            2^19 probabilities at the most by default.
        folds: of the cross-fitting.
        seed: of all that is drawn.
        level: confidence level of the intervals.
        progress: called with what is being done, the rows done and the rows in all.

    Returns:
        A `Score`, whose ``rungs`` add up to its ``cross_entropy``.

    Raises:
        UsageError: an option is out of its range, or arguments do not fit together.
        DataError: data cannot be read, rows are no distributions, labels no classes, numbers of rows differ.

    >>> import bitsapart as ba
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.dirichlet([1, 1, 1], 5000)
    >>> labels = (truth.cumsum(axis=1) < rng.random((5000, 1))).sum(axis=1)
    >>> sharp = truth**2 / (truth**2).sum(axis=1, keepdims=True)
    >>> found = ba.score(sharp, labels, recalibrations=["temperature"])
    >>> for name, bits, tag in found.rungs:
    ...     print(f"{name}: {bits} ({tag})")
    saved by temperature scaling: 0.145 bits [0.123, 0.167] (lower bound)
    left after that: 1.191 bits [1.167, 1.216] (upper bound)
    """
    wanted = checked(mix, sample, folds, seed, level, recalibrations)
    if not isinstance(from_logits, bool | np.bool_):
        raise UsageError(f"from_logits is True or False; got {from_logits!r}")
    request = Request(
        labels, votes, annotators, weights, clusters, features, repeats, from_logits, classes, positive, columns
    )
    found = opened(predictions, request)
    other = None if against is None else opened(against, request, "the other model's predictions")
    if other is not None and (other.rows, other.classes) != (found.rows, found.classes):
        ours, theirs = (f"{side.rows:,} rows of the classes {shortened(side.classes)}" for side in (found, other))
        raise UsageError(
            f"the predictions have {ours}, and the other model's {theirs}: both are to be for the same rows, with the "
            "same classes in one order"
        )
    with np.errstate(over="ignore", invalid="ignore"):  # losses beyond 1e150 nats have no square
        reading = Pass(found, other, wanted)
        tally, drawn = reading.run(progress)
        return Composition(reading, tally, drawn, level, recalibrations).score()


def checked(
    mix: float | None, sample: int | None, folds: int, seed: int, level: float, recalibrations: Sequence[str] | str
) -> Wanted:
    """The options, in their ranges."""
    level_of(level)
    seed_of(seed)
    if mix is not None and (isinstance(mix, bool) or not isinstance(mix, Real) or not 0.0 < mix < 1.0):
        raise UsageError(f"mix should lie between 0 and 1, such as 0.001; got {mix!r}")
    if sample is not None and (not isinstance(sample, Integral) or sample < 0):
        raise UsageError(f"sample is a number of rows, 0 or more; got {sample!r}")
    if not isinstance(folds, Integral) or not 2 <= folds <= MOST_FOLDS:
        raise UsageError(f"folds should be 2 to {MOST_FOLDS}; got {folds!r}")
    if recalibrations != "auto" and not isinstance(recalibrations, list | tuple):
        raise UsageError(f"recalibrations is a list of names, or 'auto'; got {recalibrations!r}")
    check_names(() if recalibrations == "auto" else recalibrations)
    return Wanted(mix, sample, int(folds), int(seed))


class Composition:
    """What the pass has added up, and what is made of its sample."""

    def __init__(
        self, reading: Pass, tally: Tally, drawn: Sample, level: float, recalibrations: Sequence[str] | str
    ) -> None:
        self.reading, self.tally, self.drawn, self.level = reading, tally, drawn, level
        self.found, self.other, self.wanted = reading.opened, reading.other, reading.wanted
        mix = self.wanted.mix
        self.sample = drawn if mix is None else replace(drawn, log_q=blended(drawn.log_q, mix))
        self.notes: list[str] = []
        self.losses = self.sample.losses(self.sample.log_q)
        self.tried = self.recalibrated(recalibrations)
        self.probe = self.probed()

    def recalibrated(self, names: Sequence[str] | str) -> Recalibrated | None:
        """The recalibrations, where they are wanted and there are rows for them."""
        rows = int((self.sample.weights > 0.0).sum())
        if len(names) == 0 or self.wanted.sample == 0:
            return None
        if rows < FEWEST:
            few = "1 row is" if rows == 1 else f"{rows} rows are"
            self.notes.append(f"{few} too few to recalibrate on: {FEWEST} are needed")
            return None
        if len(np.unique(self.sample.folds)) < 2:
            self.notes.append("all rows are in one cluster: none are left to fit recalibrations to")
            return None
        return recalibrated(self.sample, None if isinstance(names, str) else names)

    def probed(self) -> Probed | None:
        """The probe, where there are features."""
        if self.sample.features is None or self.tried is None:
            return None
        return probed(self.sample, self.wanted.seed)

    def floor(self) -> tuple[Floor | None, Floor | None, str]:
        """The floor that the ladder may use, the one that is known, and what there is to say of it."""
        reading = self.reading
        if reading.repeats is not None:
            known, words = reading.repeats.floor(self.level)
            return known, known, words
        if reading.votes is None:
            return None, None, UNKNOWN
        known, words = reading.votes.floor(self.level)
        if self.found.targets.kind == "votes":
            return known, known, words
        return None, known, words if known is None else NOT_OF_LABELS

    def pictures(self) -> tuple[Brier | None, tuple[Reliability, ...], Diagnosis | None]:
        """What is made of the sampled predictions as they are."""
        if not len(self.drawn.rows):
            return None, (), None
        curves = reliability(self.drawn, self.level, self.wanted.seed, self.found.classes)
        return brier(self.drawn), curves, diagnosis(self.drawn, self.found.logits)

    def mean(self, series: int) -> Estimate:
        """The mean of losses, which are not negative."""
        found = within(self.tally.means.estimate(series, self.level, Unit.bit), 0.0, math.inf)
        if found.kind == "confidence" and found.low == found.high:
            note = "all losses are equal: they show no scatter to tell the error from"
            return replace(found, low=None, high=None, kind="unknown", note=note)
        return found

    def rungs(self, total: Estimate, floor: Floor | None) -> tuple[Rung, ...]:
        """The ladder of the whole, and why it is shorter than one might expect."""
        taken = [] if self.tried is None else steps(self.tried, self.probe)
        found = ladder(self.sample, total, self.losses, taken, floor, self.level)
        left = found[-1].bits
        if floor is not None and found[-1].name != "floor" and math.isfinite(left.value):
            self.notes.append(self.no_floor(floor))
        if taken and len(found) == 1:
            self.notes.append(self.no_step())
        return found

    def no_floor(self, floor: Floor) -> str:
        """Why a floor that is known is not in the ladder."""
        what = f"their floor ({floor.estimate}) does not bound it and is not in the ladder"
        if self.reading.repeats is not None:
            return f"the repeats= columns tell less of the label than the model does, so {what}"
        return f"the predictions know more of these votes than their items tell, as if made from them, so {what}"

    def no_step(self) -> str:
        """Why there is none of the steps although maps were tried."""
        assert self.tried is not None  # noqa: S101
        why = "a certain miss stays one under every map that was tried"
        able = [name for i, name in enumerate(self.tried.names) if np.isfinite(self.tried.losses[:, 1 + i]).all()]
        if able:
            why = (
                f"{able[0]} alone makes the loss finite, but was not chosen in every fold: the rows of other folds, "
                "which choose the map, hold too few certain misses to tell"
            )
        return f"no step leads from an infinite loss to a finite one: {why}; mix= (--mix) scores a finite mixture"

    def score(self) -> Score:
        """All of it put together."""
        found, tally, level = self.found, self.tally, self.level
        means = tally.means
        base, skill = tally.base(level)
        usable, floor, floor_note = self.floor()
        total = self.mean(SCORED)
        rungs = self.rungs(total, usable)
        if floor is None and self.probe is not None:
            why = "unknown" if floor_note == UNKNOWN else floor_note
            floor_note = f"{why}; at most {rungs[-1].bits}, what the best probe found leaves"
        of_sample = self.pictures()
        total = replace(total, value=math.fsum(rung.bits.value for rung in rungs))
        self.remarks(of_sample[2])
        mixed = self.wanted.mix is not None
        clustered = means.groups is not None
        return Score(
            name=str(found.predictions.name),
            n=means.n,
            effective_n=means.effective_n(LOSS),
            clusters=means.groups,
            classes=found.classes,
            label_kind=found.targets.kind,
            from_logits=found.logits,
            cross_entropy=self.mean(LOSS) if mixed else total,
            base=base,
            skill=skill,
            rungs=rungs,
            recalibrations=self.recalibrations(),
            gap=None if self.tried is None else calibration_gap(self.sample, self.tried, level, self.wanted.seed),
            floor=floor,
            floor_note=floor_note,
            certain_misses=tally.misses,
            certain_miss_rows=tuple(tally.miss_rows),
            without_misses=self.without_misses(),
            mix=self.wanted.mix,
            mixed=total if mixed else None,
            accuracy=share_of(means.mean(HIT), means.effective_n(HIT), level, means.n, means.groups),
            tail=tail(tally, *self.all_losses(), found.classes),
            by_class=slices(tally.by_class, found.classes, level, clustered, most=20),
            by_confidence=slices(tally.by_confidence, confidences(), level, clustered),
            brier=of_sample[0],
            reliability=of_sample[1],
            diagnosis=of_sample[2],
            storage=storage(found.dtype, found.logits, tally.row_sums, tally.largest_logit),
            against=self.against(),
            sampled=len(self.sample.rows),
            folds=self.wanted.folds,
            seed=self.wanted.seed,
            level=level,
            notes=tuple(self.notes),
            version=version("bitsapart"),
        )

    def all_losses(self) -> tuple[Array, Array]:
        """The losses and weights of all rows, if the sample holds them as they are."""
        return (self.losses, self.sample.weights) if self.sample.is_all else (np.empty(0), np.empty(0))

    def remarks(self, diagnosis: Diagnosis | None) -> None:
        """Notes on what may be other than it was meant."""
        sums, unseen = self.tally.row_sums, np.flatnonzero(self.tally.frequencies == 0.0)
        if sums is not None and max(1.0 - sums[0], sums[1] - 1.0) > 1e-6:
            self.notes.append(f"rows sum to {sums[0]:.6g} to {sums[1]:.6g}: each stands for its shares of its sum")
        if len(unseen):
            names = shortened([self.found.classes[i] for i in unseen])
            self.notes.append(f"no label is {names}: if that is no class, columns= (--prediction) names those that are")
        if self.tally.misses and len(self.drawn.rows) and np.isin(self.drawn.log_q, (0.0, -math.inf)).all():
            self.notes.append("all probabilities are 0 or 1, as of predicted classes: each label costs 0 or infinity")
        if diagnosis is not None and diagnosis.double_softmax:
            self.notes.append("the predictions look as if a softmax had been taken twice")

    def without_misses(self) -> Estimate:
        """The mean over the rows whose label was possible."""
        means = self.tally.means
        if not self.tally.misses:
            return self.mean(LOSS)
        value = means.finite_mean(LOSS, self.tally.missed_weight)
        note = "over the rows whose label had a probability above 0"
        left = means.n - self.tally.misses
        return Estimate(value, None, None, self.level, "unknown", "mean", Unit.nat, left, note).to(Unit.bit)

    def recalibrations(self) -> tuple[Recalibration, ...]:
        """Each map against the model itself."""
        if self.tried is None:
            return ()
        for name, reason in self.tried.skipped:
            self.notes.append(f"{name} was not tried: {reason}")
        given = (self.sample.weights, self.sample.clusters)
        model = self.tried.losses[:, 0]
        made = []
        for i, name in enumerate(self.tried.names):
            theirs = self.tried.losses[:, 1 + i]
            if np.any(np.isinf(model) & np.isinf(theirs)):
                self.notes.append(f"{name} leaves probabilities of 0 as they are, so its loss stays infinite")
                continue
            saved = difference_of(model, theirs, *given, level=self.level, unit=Unit.bit)
            made.append(Recalibration(name, saved, self.tried.words[i]))
        return tuple(made)

    def against(self) -> PairedScore | None:
        """The other model."""
        if self.other is None:
            return None
        means = self.tally.means
        theirs, apart = self.mean(OTHER), means.estimate(APART, self.level, Unit.bit)
        both = self.tally.both_missed
        if both:
            words = "1 row is a certain miss" if both == 1 else f"{both} rows are certain misses"
            self.notes.append(f"{words} of both models, which count as equal there")
        p_value = None
        if math.isfinite(apart.value) and apart.low is not None:
            error = math.sqrt(max(0.0, float(means.covariance()[APART, APART])))
            statistic = abs(means.mean(APART)) / error if error > 0.0 else math.inf if means.mean(APART) else 0.0
            p_value = float(2.0 * stdtr(max(1, (means.groups or means.n) - 1), -statistic))
        return PairedScore(str(self.other.predictions.name), theirs, apart, p_value, means.mean(BETTER))
