"""Whether squared error behind a saturating link, in place of cross-entropy, would have trouble to learn from here.

With s = sigmoid(z) the probability of what is true, in the logit z,

    cross-entropy  -log s:       gradient -(1 - s),          second derivative s (1 - s) > 0
    squared error  (1 - s)^2:    gradient -2 s (1 - s)^2,    second derivative 2 s (1 - s)^2 (3 s - 1) < 0 for s < 1/3

so that the gradients' ratio is 2 s (1 - s): it vanishes where s is next to 0, which is where a model that is sure
of another class has most to learn. (It also does where s is next to 1, and nothing is left to learn.) For more than two
classes the class that is true is taken against the rest, as if behind a sigmoid of its own.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from bitsapart.estimate.mean import difference_of
from bitsapart.scoring.result import Diagnosis
from bitsapart.scoring.sample import Sample
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
CONVEX_FROM = 1.0 / 3.0
VANISHING = 0.01
WORTH_A_WORD = 0.001
"""Share of labels whose gradient vanishes from which there is something to say."""
BINS = 10
FEWEST = 20
"""Rows below which predictions are not called those of a softmax taken twice."""
REACHED = 0.9
"""What a probability fed into a second softmax comes up to somewhere, where a model is sure of anything."""
STORED = 2e-3
"""How far float16 may move a logarithm that is no larger than log(1 + e)."""
FOR_SQUARED_ERROR = (
    "Against it: squared error (the Brier score) is strictly proper too; it is least at the same probabilities, with a "
    "regret of (p - q)^2 to a label's probability p, of which twice is never more than the regret of cross-entropy in "
    "nats (Pinsker). And on raw outputs, with no sigmoid or softmax before it, it trains classifiers about as well as "
    "cross-entropy (Hui & Belkin 2021, arXiv 2006.07322): the trouble is the link that saturates, not the square"
)


def diagnosis(sample: Sample, from_logits: bool = False, level: float = 0.95) -> Diagnosis:
    """What there is to say, each label weighed by its row's weight and its share in the row's target."""
    weights = sample.weights[:, None] * sample.targets / sample.weights.sum()
    there = weights > 0.0
    s, held = np.exp(sample.log_q[there]), weights[there]
    # 1 - s from the logarithm: next to certainty the difference has no digits
    ratio = 2.0 * s * -np.expm1(sample.log_q[there])
    flat = float(held[s < CONVEX_FROM].sum())
    vanishing = float(held[(ratio < VANISHING) & sure_of_another(sample.log_q)[there]].sum())
    places = np.minimum((ratio * 2 * BINS).astype(np.int64), BINS - 1)
    remarks = [vanishing_words(flat, vanishing, sample.log_q.shape[1])] if vanishing >= WORTH_A_WORD else []
    twice = taken_twice(sample, from_logits, level)
    shares = np.minimum(np.bincount(places, held, BINS), 1.0)
    return Diagnosis(
        min(flat, 1.0),
        min(vanishing, 1.0),
        tuple(shares.tolist()),
        twice is not None,
        tuple(remarks if twice is None else [twice, *remarks]),
    )


def sure_of_another(log_q: Array) -> NDArray[np.bool_]:
    """Whether a class other than this one has more than half of the probability, (rows, classes)."""
    sure = log_q > np.log(0.5)
    return np.asarray(sure.any(axis=1, keepdims=True) & ~sure)


def vanishing_words(flat: float, vanishing: float, classes: int) -> str:
    """The remark on confidently wrong predictions."""
    proxy = "" if classes == 2 else ", the true class taken against the rest as behind a sigmoid of its own"
    return (
        f"For {100 * vanishing:.3g} % of labels the model is sure of another class: under squared error behind a "
        f"sigmoid or softmax their gradient is less than {100 * VANISHING:g} % of that under cross-entropy{proxy}, and "
        f"{100 * flat:.3g} % lie where that loss is not convex (probability below 1/3). {FOR_SQUARED_ERROR}."
    )


def taken_twice(sample: Sample, from_logits: bool, level: float) -> str | None:
    """The remark that the predictions are softmax of probabilities; None where they do not look like it.

    They do if, read as that, they are probabilities in every row, which come up to near certainty somewhere, as those
    of most models do; and if these, or a temperature of 1/2 or less, predict the labels better by more than chance.
    """
    held = sample.weights > 0.0
    if np.count_nonzero(held) < FEWEST or not np.isfinite(sample.log_q).all():
        return None
    once = before(sample.log_q)
    if once is None or float(once[held].max()) < REACHED:
        return None
    plain = sample.losses(sample.log_q)
    way, better = sharper(sample, once)
    saved = difference_of(plain, better, sample.weights, sample.clusters, level=level, unit=Unit.bit)
    if not np.isfinite(better).all() or saved.low is None or saved.low <= 0.0:
        return None
    loss = float(np.average(plain, weights=sample.weights)) / Unit.bit.value
    least = float((sample.log_q.max(axis=1) - sample.log_q.min(axis=1))[held].max())
    found = "These logits are probabilities" if from_logits else "Softmax seems to have been taken twice"
    return (
        f"{found}: in every row no probability is more than e = 2.718 times another (at most {np.exp(least):.4g} "
        f"times), as a softmax of numbers between 0 and 1 gives, and {way} would save {saved.value:.3g} bits "
        f"[{saved.low:.3g}, {saved.high:.3g}] of {loss:.3g}. Against it: a model that is much too unsure can look the "
        "same; the code that writes the predictions tells"
    )


def sharper(sample: Sample, once: Array) -> tuple[str, Array]:
    """What would predict the labels better, in words and by its losses: ``once``, or a temperature of 1/2 or less."""
    with np.errstate(divide="ignore"):
        undone = sample.losses(np.log(once))
    beta = inverse_temperature(sample)
    sharp = sample.losses(log_softmax(beta * sample.log_q, axis=1))
    mean, other = (float(np.average(x, weights=sample.weights)) for x in (undone, sharp))
    if beta < 2.0 or mean < other:
        return "taking it once", undone
    return f"multiplying their logarithms by {beta:.3g}", sharp


def before(log_q: Array) -> Array | None:
    """The probabilities p, (rows, classes), with q = softmax(p); None if there are none in some row.

    log q = p - c, and the p add up to 1. Two classes may also be 1 - sigmoid(p) and sigmoid(p).

    >>> before(np.log([[0.7310585786300049, 0.2689414213699951]])).round(6).tolist()
    [[1.0, 0.0]]
    """
    classes = log_q.shape[1]
    p = log_q + (1.0 - log_q.sum(axis=1, keepdims=True)) / classes
    if classes == 2:
        odds = log_q[:, 1] - log_q[:, 0]
        if odds.min() >= -STORED and 0.0 < odds.max() <= 1.0 + STORED:
            p = np.column_stack([1.0 - odds, odds])
    return np.clip(p, 0.0, 1.0) if p.min() >= -STORED else None


def inverse_temperature(sample: Sample) -> float:
    """The number that log-probabilities are best multiplied by, up to 1,000."""

    def loss(log_beta: float) -> float:
        losses = sample.losses(log_softmax(np.exp(log_beta) * sample.log_q, axis=1))
        return float(np.average(losses, weights=sample.weights))

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, np.log(1_000.0)), method="bounded").x))
