"""Where the loss sits: in few rows, in which classes, at what confidence."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bitsapart.scoring.bins import Bins
from bitsapart.scoring.result import Slice, Tail, WorstRow
from bitsapart.scoring.tally import CONFIDENCE, SCORED, Tally
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
WORST = (0.01, 0.05)


def tail(tally: Tally, losses: Array, weights: Array, classes: Sequence[str]) -> Tail:
    """The share of the loss that the worst rows hold, and the worst of them.

    ``losses`` and ``weights``: of all rows, where they are at hand; else, empty, a histogram of losses with 64 bins per
    doubling serves, within 1 %. Rows of infinite loss are left out, or they would hold all of it.
    """
    if len(losses):
        finite = np.isfinite(losses) & (weights > 0.0)
        order = np.argsort(-losses[finite], kind="stable")
        weights = weights[finite][order]
        held = weights * losses[finite][order]
    else:
        weights, held = tally.histogram[:, ::-1]
    shares = tuple((share, held_by(share, weights, held)) for share in WORST)
    loss = float(tally.groups[:, 0].sum())
    wrong = None
    infinite = math.isinf(tally.means.mean(SCORED))
    if infinite or loss > 0.0:
        # a certain miss is misclassified, and its loss is all of it
        part = 1.0 if infinite else min(1.0, float(tally.wrong[1]) / loss)
        wrong = (float(tally.wrong[0]) / tally.means.weight, part)
    return Tail(shares, wrong, tuple(worst(entry, classes) for entry in sorted(tally.worst, reverse=True)))


def held_by(share: float, weights: Array, held: Array) -> float:
    """The share of the sum of ``held`` that the first rows have, which are a share of the weight."""
    total = float(held.sum())
    if not total > 0.0:
        return math.nan
    reached = np.concatenate([[0.0], np.cumsum(weights)])
    gathered = np.concatenate([[0.0], np.cumsum(held)])
    return float(np.interp(share * reached[-1], reached, gathered)) / total


def worst(entry: tuple[float, int, int, int, float, float], classes: Sequence[str]) -> WorstRow:
    """One of the worst rows."""
    loss, minus_row, label, top, probability, confidence = entry
    return WorstRow(-minus_row, classes[label], probability, classes[top], confidence, Unit.bit.of(loss))


def slices(
    bins: Bins, names: Sequence[str], level: float, clustered: bool, most: int | None = None
) -> tuple[Slice, ...]:
    """Bins that have rows; with ``most``, so many that hold the largest share of the loss.

    Certain misses hold all of the loss, each as much as its weight: what shares come to as they become certain.
    """
    rows, weights, hits, missed = bins.sums[5:]
    losses = missed if missed.any() else bins.sums[2]
    total, loss = float(weights.sum()), float(losses.sum())
    places = np.flatnonzero(weights > 0.0)
    if most is not None:
        places = places[np.argsort(-losses[places], kind="stable")][:most]
    return tuple(
        Slice(
            names[i],
            int(rows[i]),
            float(weights[i]) / total,
            bins.estimate(i, level, clustered),
            float(losses[i]) / loss if loss > 0.0 else math.nan,
            float(hits[i] / weights[i]),
        )
        for i in places.tolist()
    )


def confidences() -> tuple[str, ...]:
    """What the bins of confidence are called."""
    return tuple(f"{low:g} to {high:g}" for low, high in pairwise(CONFIDENCE))
