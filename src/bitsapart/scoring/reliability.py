"""Reliability curves: how often what was predicted came true, as isotonic regression and without bins.

The band is one of consistency: where the curve of a model that is calibrated would lie, from outcomes drawn by the
predictions themselves. Dimitriadis, Gneiting & Jordan 2021, "Stable reliability diagrams for probabilistic
classifiers", PNAS 118, e2016191118; Broecker & Smith 2007, "Increasing the reliability of reliability diagrams".
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from bitsapart.scoring.recalibration.isotonic import ties
from bitsapart.scoring.result import Reliability
from bitsapart.scoring.sample import Sample

Array = NDArray[np.float64]
DRAWS = 400
"""Sets of outcomes that the band is made of."""
GROUPS = 1_000
"""Groups of neighbouring predictions that the band is made of: finer than its width where there are more rows."""
BINS = 20
CORNERS = 200
CELLS = 100
"""Cells of the square, each way, in which a curve of more than CORNERS corners keeps one."""
TOP = "most probable class"


def reliability(
    sample: Sample, level: float, seed: int, classes: Sequence[str], most: int = 4
) -> tuple[Reliability, ...]:
    """The curve of class 1 of two classes; else of the most probable class, then of those that hold most of the loss.

    Outcomes are drawn row by row as single labels, or as many as there are votes. So the band is too wide for soft
    labels, and too narrow where rows of one cluster go together.
    """
    weighted = sample.weights > 0.0
    log_q, targets, weights = sample.log_q[weighted], sample.targets[weighted], sample.weights[weighted]
    votes = None if sample.votes is None else sample.votes[weighted]
    rng = np.random.default_rng(seed)

    def curve(name: str, log_p: Array, y: Array) -> Reliability:
        return one(name, np.minimum(np.exp(log_p), 1.0), y, weights, votes, level, rng)

    if log_q.shape[1] == 2:
        return (curve(classes[1], log_q[:, 1], targets[:, 1]),)
    rows, top = np.arange(len(log_q)), log_q.argmax(axis=1)
    first = curve(TOP, log_q[rows, top], targets[rows, top])
    with np.errstate(invalid="ignore"):
        held = weights @ np.where(targets > 0.0, -targets * log_q, 0.0)
    worst = np.argsort(-held, kind="stable")[:most]
    return (first, *(curve(classes[k], log_q[:, k], targets[:, k]) for k in worst))


def one(
    name: str,
    q: Array,
    y: Array,
    weights: Array,
    votes: Array | None,
    level: float,
    rng: np.random.Generator,
) -> Reliability:
    """The curve of one outcome ``y`` that was predicted with probability ``q``."""
    predicted, observed = corners(*ties(q, y, weights))
    group = groups(q)
    size = int(group.max()) + 1
    rows, held = np.bincount(group, minlength=size), np.bincount(group, weights, size)
    centre = np.minimum(np.bincount(group, weights * q, size) / held, 1.0)
    plain = votes is None and bool((weights == weights[0]).all())

    def mean(outcomes: Array) -> Array:
        return np.asarray(np.bincount(group, weights * outcomes, size) / held)

    def fit(shares: Array) -> Array:
        return np.asarray(isotonic_regression(shares, weights=held).x)

    def draw() -> Array:
        return np.asarray(rng.binomial(rows, centre) / rows) if plain else mean(drawn(q, votes, rng))

    draws = np.stack([fit(draw()) for _ in range(DRAWS)])
    # each of DRAWS + 1 curves is as likely as the others to be the outermost if the model is calibrated
    ends = (0.5 - level / 2.0, 0.5 + level / 2.0)
    low, high = np.quantile(draws, ends, axis=0, method="weibull")
    found = fit(mean(y))
    beyond = (found < low - 1e-12) | (found > high + 1e-12)
    shown = thinned(centre)
    counts = np.bincount(np.minimum((q * BINS).astype(np.int64), BINS - 1), minlength=BINS)
    return Reliability(
        name,
        listed(predicted),
        listed(observed),
        listed(centre[shown]),
        listed(low[shown]),
        listed(high[shown]),
        tuple(counts.tolist()),
        float(held[beyond].sum() / held.sum()),
        level,
    )


def drawn(q: Array, votes: Array | None, rng: np.random.Generator) -> Array:
    """Outcomes as a calibrated model would see them: 0 or 1, or shares of votes."""
    if votes is None:
        return (rng.random(len(q)) < q).astype(np.float64)
    return np.asarray(rng.binomial(votes.astype(np.int64), q) / votes)


def groups(q: Array) -> NDArray[np.int64]:
    """The group of each prediction, in their order: equal ones together, of many neighbours together."""
    known, at, times = np.unique(q, return_inverse=True, return_counts=True)
    if len(known) <= GROUPS:
        return np.asarray(at, np.int64)
    place = (np.cumsum(times) - times) * GROUPS // len(q)
    return np.asarray(np.unique(place, return_inverse=True)[1][at], np.int64)


def corners(x: Array, y: Array, weights: Array) -> tuple[Array, Array]:
    """Where isotonic regression of ``y``, at ascending ``x``, begins and ends each of its steps.

    >>> x, y, one = np.array([0.1, 0.2, 0.8]), np.array([1.0, 0.0, 1.0]), np.ones(3)
    >>> [side.tolist() for side in corners(x, y, one)]
    [[0.1, 0.2, 0.8], [0.5, 0.5, 1.0]]
    """
    steps = isotonic_regression(y, weights=weights)
    first, last = steps.blocks[:-1], steps.blocks[1:] - 1
    ends = np.unique(np.concatenate([first, last]))
    ends = ends[cells(x[ends], steps.x[ends])]
    return x[ends], steps.x[ends]


def cells(x: Array, y: Array) -> NDArray[np.int64]:
    """The corners to keep: all, or the first in each cell of the square, and the last of all."""
    if len(x) <= CORNERS:
        return np.arange(len(x))
    code = np.floor(x * CELLS).astype(np.int64) * (CELLS + 1) + np.floor(y * CELLS).astype(np.int64)
    return np.unique(np.append(np.unique(code, return_index=True)[1], len(x) - 1))


def thinned(x: Array) -> NDArray[np.int64]:
    """Some ascending positions, CORNERS at the most: half of them even in x, half of them even in rows."""
    if len(x) <= CORNERS:
        return np.arange(len(x))
    half = CORNERS // 2
    even = np.searchsorted(x, np.linspace(x[0], x[-1], half))
    return np.unique(np.concatenate([even, np.linspace(0, len(x) - 1, half).round().astype(np.int64)]))


def listed(numbers: Array) -> tuple[float, ...]:
    """Probabilities as numbers of Python."""
    return tuple(np.clip(numbers, 0.0, 1.0).tolist())
