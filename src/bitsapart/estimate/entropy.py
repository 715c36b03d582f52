"""Entropy from counts, with its interval: which estimator, and what it says of its own.

Every method's number comes with one interval for the true entropy, that of ``auto``; a number that is biased for the
sample at hand may lie outside of it, and the note says so.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import answered, choice, level_of, read_counts, seed_of, sided, two_sided
from bitsapart.estimate.discrete.estimators import ESTIMATORS
from bitsapart.estimate.discrete.poisson_mixture import fitted
from bitsapart.estimate.discrete.zhang import zhang
from bitsapart.estimate.effective_sample_size import effective_counts
from bitsapart.estimate.intervals.entropy import Ends, entropy_ends
from bitsapart.estimate.unseen import alphabet
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]

METHODS = ("auto", *ESTIMATORS)
FOR_UNIFORM = 2.0
"""Nats of log-likelihood that a declared alphabet adds to the weight of the uniform distribution."""
KNOWN = "the number of outcomes is known: what was not seen follows from how many were seen 0, 1, 2, ... times"
UNKNOWN = "the number of outcomes is not known: what was not seen follows from how many were seen once and twice"
WEIGHTED = "survey weights: digamma functions, the one estimate of small bias that is defined for them"


def entropy(
    counts: ArrayLike,
    method: str = "auto",
    *,
    outcomes: Any = None,
    prior: Any = None,
    effective_n: Any = None,
    level: float = 0.95,
    side: str = "both",
    unit: str | Unit = "bit",
    axis: int = -1,
    seed: int = 0,
) -> Estimate | Estimates:
    """H of the distribution behind ``counts``, shape (..., outcomes) -> (...), with an interval that holds it.

    ``method``: auto, or the name of a file in ``estimate/discrete``: plug_in, miller_madow, grassberger, zhang,
    chao_shen, chao_wang_jost, poisson_mixture, shrinkage, dirichlet, nsb, pitman_yor. auto takes chao_wang_jost where
    the number of outcomes is unknown and poisson_mixture where it is known; both are zhang's digamma estimate where
    nothing is rare.

    ``outcomes``: how many there can be, seen or not (a number, or one for each row); "unknown"; or None: a row with
    zeros lists them all, one without is what was met, of an unknown alphabet. A number also lets auto draw the
    estimate to log(outcomes) where the counts look uniform. ``prior``: of ``dirichlet``, a pseudo-count or jeffreys,
    laplace, perks, minimax. ``effective_n``: the effective sample size, where counts are sums of survey weights (see
    ``effective_sample_size``). ``side``: "lower" or "upper" gives a bound on one side at ``level``; ``seed``: of the
    bootstrap, where there is one.

    Raises UsageError for counts that are negative, not finite or not whole, fewer outcomes than were seen, and weights
    where the method has no meaning for them.

    >>> print(entropy([50, 25, 25]))
    1.515 bits [1.351, 1.709]
    >>> print(entropy([4, 2, 1, 1, 0, 0], "grassberger", unit="nat"))
    1.516 nats [0.760, 1.792]
    >>> entropy([[50, 25, 25], [80, 10, 10]]).value.round(3).tolist()
    [1.515, 0.937]
    """
    level, method, seed = level_of(level), choice(method, "method", METHODS), seed_of(seed)
    if prior is not None and method != "dirichlet":
        raise UsageError(f"{method} takes no prior: leave it out, or take method dirichlet")
    weighted = effective_n is not None
    (rows,), shape = read_counts({"counts": counts}, axis, whole=not weighted)
    if weighted:
        refuse_weights(method)
        rows = effective_counts(rows, np.broadcast_to(effective_n, shape).reshape(-1) if shape else effective_n)
    known = alphabet(rows, flat(outcomes, shape))
    ends = entropy_ends(rows, known, two_sided(level, side), seed, weighted)
    if method == "auto":
        value = auto_entropy(rows, known, ends.missed, declared=outcomes is not None)
        name, note = chosen(known, weighted)
    else:
        value = by_method(rows, method, known, outcomes, prior)
        name, note = np.full(value.shape, method, dtype=object), np.full(value.shape, "", dtype=object)
        if "outcomes" in ESTIMATORS[method].options:
            note[np.isnan(known)] = f"the number of outcomes is taken to be {rows.shape[1]}, those listed"
    found = assembled(rows, value, ends, name, note, level, keep=method == "auto")
    return answered(sided(found, side, 0.0, ends.most), shape, unit)


def entropy_rows(counts: Array, level: float, seed: int = 0) -> Estimates:
    """What ``entropy`` with its defaults gives for ``counts`` (rows, outcomes), in nats.

    They are one side of two that list the same outcomes: a single one that both list is all there is.
    """
    known = alphabet(counts, 1 if counts.shape[1] == 1 else None)
    ends = entropy_ends(counts, known, level, seed)
    name, note = chosen(known, weighted=False)
    return assembled(counts, auto_entropy(counts, known, ends.missed), ends, name, note, level, keep=True)


def auto_entropy(counts: Array, known: Array, missed: Array, declared: bool = False) -> Array:
    """Zhang's digamma estimate and what it misses, (rows,), in nats, between 0 and log ``known``.

    Where the alphabet was declared and one rate explains all counts, the estimate moves to log ``known``.
    """
    value = zhang(counts) + missed
    most = np.log(np.where(np.isfinite(known), known, np.inf))
    rows = np.flatnonzero(np.isfinite(known) & (counts.sum(axis=1) > 0.0)) if declared else np.array([], dtype=np.intp)
    if rows.size:
        mixture = fitted(np.floor(counts[rows]), known[rows])
        single = special.expit(special.logit(mixture.weights[:, -1]) + FOR_UNIFORM)
        uniform = np.where(mixture.outcomes == known[rows], single, 0.0)
        value[rows] = (1.0 - uniform) * value[rows] + uniform * most[rows]
    return np.clip(value, 0.0, most)


def by_method(counts: Array, method: str, known: Array, outcomes: Any, prior: Any) -> Array:
    """The estimate of one method, (rows,); one that needs an alphabet takes the listed outcomes where it is unknown."""
    estimator = ESTIMATORS[method]
    options: dict[str, Any] = {}
    if "outcomes" in estimator.options:
        options["outcomes"] = np.where(np.isfinite(known), known, float(counts.shape[1]))
    elif outcomes is not None and outcomes != "unknown":
        raise UsageError(f"{method} takes no number of outcomes: leave out outcomes, or take method nsb or auto")
    if "prior" in estimator.options and prior is not None:
        options["prior"] = prior
    return np.asarray(estimator.function(counts, **options), dtype=np.float64).reshape(counts.shape[0])


def refuse_weights(method: str) -> None:
    """A clear refusal of survey weights where the method has no meaning for them."""
    if method != "auto" and not ESTIMATORS[method].weights:
        usable = ", ".join(name for name, estimator in ESTIMATORS.items() if estimator.weights)
        raise UsageError(f"{method} cannot take survey weights: {ESTIMATORS[method].refusal}; these can: {usable}")


def chosen(known: Array, weighted: bool) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """The estimator that auto takes in each row, and why."""
    finite = np.isfinite(known)
    name = np.where(weighted, "zhang", np.where(finite, "poisson_mixture", "chao_wang_jost")).astype(object)
    why = np.where(weighted, WEIGHTED, np.where(finite, KNOWN, UNKNOWN)).astype(object)
    return name, why


def assembled(
    counts: Array,
    value: Array,
    ends: Ends,
    name: NDArray[np.object_],
    note: NDArray[np.object_],
    level: float,
    keep: bool,
) -> Estimates:
    """Values and ends together; ``keep``: an interval is widened to hold its value, as rounding may leave it out."""
    low, high = ends.low, ends.high
    if keep:
        low, high = np.minimum(low, value), np.maximum(high, value)
    outside = (value < low - 1e-12) | (value > high + 1e-12)
    told = np.where(outside, "the number lies outside the interval for the truth: it is biased at this sample size", "")
    note = joined(joined(ends.note, note), told.astype(object))
    rows = np.floor(counts.sum(axis=1) + 1e-9).astype(np.int64)
    return Estimates(value, low, high, level, ends.kind, name + " + " + ends.method, Unit.nat, rows, note)


def joined(first: NDArray[np.object_], second: NDArray[np.object_]) -> NDArray[np.object_]:
    """Two remarks, either of which may be empty."""
    return np.asarray(np.where((first != "") & (second != ""), first + "; " + second, first + second))


def flat(outcomes: Any, shape: tuple[int, ...]) -> Any:
    """A number of outcomes for each row of the flattened batch, where there is one for each of the batch."""
    if outcomes is None or isinstance(outcomes, str) or np.ndim(outcomes) == 0:
        return outcomes
    try:
        return np.broadcast_to(outcomes, shape).reshape(-1)
    except ValueError as error:
        raise UsageError(
            f"outcomes has shape {np.shape(outcomes)}: one number is wanted, or one for each of the batch {shape}"
        ) from error
