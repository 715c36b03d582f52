"""Two histograms aligned on the same outcomes: everything after this is a pure function of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

OutcomeKind = Literal["value", "range", "rare", "pooled", "null", "nan", "-inf", "inf"]


@dataclass(frozen=True)
class Outcome:
    """What one cell of a contingency stands for.

    ``kind`` is "value" (one value), "range" (an interval [low, high) of an ordered column; an end that is None is
    open), "rare" (values too rare on both sides to stand alone), "pooled" (values beyond the encoding's cap), or one
    of the specials. ``label`` is text for people; ``low`` and ``high`` are keys of the encoding.
    """

    kind: OutcomeKind
    label: str
    low: float | int | None = None
    high: float | int | None = None


@dataclass(frozen=True, eq=False)
class Contingency:
    """Counts of both tables on the same outcomes; the first ``ordered`` outcomes are in their natural order."""

    outcomes: Sequence[Outcome]
    reference: NDArray[np.int64]
    current: NDArray[np.int64]
    ordered: int = 0
    by_name: NDArray[np.int64] | None = None
    """The place of each outcome by its name, of a nominal column."""
