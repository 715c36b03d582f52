"""Predictions with their labels, weights and the rest, read together block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.scoring.losses import Predicted, checked, two_classes
from bitsapart.scoring.targets import OneAgainstRest, Targets, Truth, Values, is_missing, shortened
from bitsapart.values.errors import DataError

CELLS = 1 << 19
"""Probabilities in a block: 4 MB, which stay in the cache while they are looked at several times."""
ROWS = 1 << 13
"""Rows in a block, at the most: what is gathered of each row stays in the cache too."""
LARGEST_WEIGHT = 1e90
"""Its third power is a number yet."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Request:
    """What was asked for, as given."""

    labels: Any = None
    votes: Any = None
    annotators: Any = None
    weights: Any = None
    clusters: Any = None
    features: Any = None
    repeats: Any = None
    from_logits: bool = False
    classes: Sequence[Any] | None = None
    positive: Any = None
    columns: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows: predictions, truth, and what goes with them."""

    start: int
    predicted: Predicted
    truth: Truth
    weights: Array
    clusters: NDArray[Any] | None
    features: Array | None
    keys: list[Any] | None

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.weights)


@dataclass(frozen=True, eq=False)
class Opened:
    """Predictions and all that goes with them, opened and not yet read."""

    predictions: Values
    dtype: str
    logits: bool
    binary: bool
    targets: Targets
    weights: Values | None
    clusters: Values | None
    features: Values | None
    repeats: Values | None
    votes: Targets | None
    """Votes beside hard labels: they bound the annotators' floor, and are not what is scored."""
    unasked: tuple[str, ...] = ()
    """The columns of a table that were taken for the predictions, where none were named."""

    @property
    def rows(self) -> int:
        """How many."""
        return self.predictions.rows

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in the order of the columns."""
        return self.targets.names

    def predicted(self, start: int, stop: int) -> Predicted:
        """The predictions of some rows, checked."""
        values = self.predictions.block(start, stop)
        name = str(self.predictions.name)
        try:
            if self.binary:
                values = two_classes(values, self.logits, name, start)
            return checked(values, self.logits, name, start)
        except DataError as error:
            if not self.unasked:
                raise
            raise DataError(
                f"{error}; the predictions are the columns {shortened(self.unasked)}, all that hold floating-point "
                "numbers and are not asked for elsewhere: columns=[...] (--prediction) names others"
            ) from None

    def blocks(self) -> Iterator[Block]:
        """All rows, in order."""
        step = max(1, min(ROWS, CELLS // len(self.classes)))
        for start in range(0, self.rows, step):
            stop = min(start + step, self.rows)
            yield Block(
                start,
                self.predicted(start, stop),
                self.targets.read(start, stop),
                self.weighed(start, stop),
                None if self.clusters is None else self.clustered(self.clusters, start, stop),
                None if self.features is None else self.features.block(start, stop).astype(np.float64),
                None if self.repeats is None else [tuple(row) for row in self.repeats.block(start, stop).tolist()],
            )
        if isinstance(self.targets.values, OneAgainstRest):
            self.targets.values.finished()

    def clustered(self, clusters: Values, start: int, stop: int) -> NDArray[Any]:
        """The clusters of some rows, none of them missing."""
        found = clusters.block(start, stop).reshape(-1)
        if found.dtype.kind in "fO":
            row = next((row for row, value in enumerate(found.tolist(), start) if is_missing(value)), None)
            if row is not None:
                raise DataError(f"the cluster of row {row} is missing: give a row that is alone a cluster of its own")
        return found

    def weighed(self, start: int, stop: int) -> Array:
        """The weights of some rows, checked."""
        if self.weights is None:
            return np.ones(stop - start)
        found = self.weights.block(start, stop).reshape(-1).astype(np.float64)
        wrong = ~((found == 0.0) | ((found >= 1.0 / LARGEST_WEIGHT) & (found <= LARGEST_WEIGHT)))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DataError(
                f"the weight of row {start + row} is {found[row]:g}: weights are 0, or from {1 / LARGEST_WEIGHT:g} to "
                f"{LARGEST_WEIGHT:g}; only their ratios count"
            )
        return found
