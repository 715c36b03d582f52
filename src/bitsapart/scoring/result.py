"""A score: the cross-entropy of predictions, and the ladder of what it is made of."""

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from bitsapart.values.estimate import Estimate
from bitsapart.values.shown import Shown

Tag = Literal["exact", "lower bound", "upper bound", "estimate"]
"""What a number says of the truth that its name promises."""
IN_WORDS = {
    "temperature": "temperature scaling",
    "vector": "vector scaling",
    "matrix": "matrix scaling",
    "platt": "Platt scaling",
    "beta": "beta calibration",
    "isotonic": "isotonic regression",
}
"""What each recalibration is called."""
LabelKind = Literal["hard", "soft", "votes"]


class Rung(NamedTuple):
    """One step of the ladder. The rungs add up to the cross-entropy; the note of the estimate gives the details."""

    name: str
    bits: Estimate
    tag: Tag


@dataclass(frozen=True)
class Recalibration:
    """What one way to recalibrate would save against the model itself, each row by a map fitted to other rows."""

    name: str
    saved: Estimate
    parameters: str
    """Such as ``T = 2.31``."""


@dataclass(frozen=True)
class Floor:
    """A bracket on H(Y | X), what no model can go below: labels differ although the item is the same.

    The ladder shows ``estimate.value`` between the outer ends of the bracket, ``low.low`` and ``high.high``.
    """

    low: Estimate
    estimate: Estimate
    """Its own interval, narrower than the bracket, is one under the law of the items."""
    high: Estimate
    items: int
    labels: int
    """How many labels or votes stand behind it."""
    method: str


@dataclass(frozen=True)
class CalibrationGap:
    """How much any recalibration could save: E KL(P(Y | Q) || Q), between two bounds.

    ``low``: a one-sided bound, from the best map of other folds, chosen inside them. ``high``: an estimate from above,
    without an interval, in-sample isotonic regression less its optimism; for two classes only.
    """

    low: Estimate
    high: Estimate | None


@dataclass(frozen=True)
class Slice:
    """Some of the rows: how many, their mean loss, and the share of the whole loss that they hold."""

    name: str
    rows: int
    share: float
    """Of the weight of all rows."""
    bits: Estimate
    loss_share: float
    accuracy: float | None


@dataclass(frozen=True)
class WorstRow:
    """One of the rows with the largest loss."""

    row: int
    label: str
    probability: float
    predicted: str
    confidence: float
    bits: float


@dataclass(frozen=True)
class Tail:
    """Where the loss sits: the share held by the worst rows, such as (0.01, 0.28), (0.05, 0.77)."""

    shares: tuple[tuple[float, float], ...]
    misclassified: tuple[float, float] | None
    """The share of rows whose most probable class is not the label, and the share of the loss that they hold."""
    worst: tuple[WorstRow, ...]


@dataclass(frozen=True)
class Brier:
    """The Brier score and its parts by isotonic regression: mean = miscalibration - discrimination + uncertainty.

    For two classes on the scale 0 to 1, (1 - q)^2 of the class that is true; for more, the sum over classes, 0 to 2.
    """

    mean: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    rows: int
    """Rows that the parts were made from."""


@dataclass(frozen=True)
class Reliability:
    """How often what was predicted came true: isotonic regression of the outcome on the probability, as steps.

    ``predicted``, ``observed``: the corners of the curve; ``grid``, ``low``, ``high``: where a calibrated model's
    curve would lie with probability ``level`` at each point; ``counts``: rows per bin of predicted probability, over
    20 equal bins from 0 to 1.
    """

    name: str
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    grid: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]
    outside: float
    """The share of predictions at which the curve lies outside of the band."""
    level: float


@dataclass(frozen=True)
class Diagnosis:
    """Whether squared error behind a saturating link would have trouble to learn from these predictions.

    ``flat``: the share of rows whose true class has a probability below 1/3, where squared error of a sigmoid is not
    convex. ``vanishing``: the share at which the model is sure of another class, more than 1/2, and the gradient under
    squared error is less than 1 % of that under cross-entropy.
    ``ratios``: a histogram of that gradient ratio, 2 s (1 - s), over ten equal bins from 0 to 1/2. ``remarks``: what
    there is to say, with the evidence against it.
    """

    flat: float
    vanishing: float
    ratios: tuple[float, ...]
    double_softmax: bool
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Storage:
    """What the type that the predictions are stored in can tell apart.

    ``smallest``: probabilities below it are stored as 0; 0.0 for logits, which have no such floor. ``rounding``: by how
    many bits a stored probability's information may be wrong. ``row_sums``: the least and the largest sum of a row.
    """

    dtype: str
    smallest: float
    rounding: float
    row_sums: tuple[float, float] | None


@dataclass(frozen=True)
class PairedScore:
    """Another model on the same rows: ``difference`` is this model's cross-entropy less the other's."""

    name: str
    cross_entropy: Estimate
    difference: Estimate
    p_value: float | None
    better: float
    """The share of rows on which this model's loss is smaller."""


@dataclass(frozen=True)
class Score(Shown):
    """What a model's cross-entropy is made of. Prints as a ladder; ``to_html`` and ``to_json`` give it elsewhere.

    The frame that ``to_frame`` gives is the ladder, one row a rung.
    """

    report: ClassVar[str] = "bitsapart.report.score"
    name: str
    n: int
    effective_n: float
    """(sum w)^2 / sum w^2, or the number of clusters' worth that the variance shows."""
    clusters: int | None
    classes: tuple[str, ...]
    label_kind: LabelKind
    from_logits: bool
    cross_entropy: Estimate
    base: Estimate
    """The entropy of the label frequencies: what predicting them would cost."""
    skill: Estimate
    """D2 = 1 - cross-entropy / base; a pure number. Of labels of one class 0 if they cost nothing, else -inf."""
    rungs: tuple[Rung, ...]
    """Add up (``math.fsum``) to ``cross_entropy.value``, or with ``mix`` to ``mixed.value``."""
    recalibrations: tuple[Recalibration, ...]
    gap: CalibrationGap | None
    floor: Floor | None
    floor_note: str
    """Why the floor is unknown, and what bounds it from above if a probe does; or what it is a floor of."""
    certain_misses: int
    """Rows whose label had probability 0: infinite bits each."""
    certain_miss_rows: tuple[int, ...]
    """The first of them."""
    without_misses: Estimate
    """The mean over the other rows: a number that a model can make small by being wrong with certainty."""
    mix: float | None
    mixed: Estimate | None
    """The cross-entropy of (1 - mix) q + mix / classes."""
    accuracy: Estimate | None
    tail: Tail
    by_class: tuple[Slice, ...]
    by_confidence: tuple[Slice, ...]
    brier: Brier | None
    reliability: tuple[Reliability, ...]
    diagnosis: Diagnosis | None
    storage: Storage
    against: PairedScore | None
    sampled: int
    """Rows that recalibrations, probes and pictures are made of."""
    folds: int
    seed: int
    level: float
    notes: tuple[str, ...]
    version: str
