"""What is asked of an estimator from two samples of counts, and its answer put together: one place for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.counts import choice, level_of, seed_of, sided, two_sided
from bitsapart.estimate.degenerate import degenerate, filled_in
from bitsapart.estimate.intervals.basic_bootstrap import basic_bootstrap, bootstrap_name
from bitsapart.estimate.intervals.delta import DELTA_METHOD, TOO_NEAR, delta
from bitsapart.estimate.intervals.noncentral import Spread
from bitsapart.values.errors import UsageError
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
MOST_PRIOR = 1e15
INTERVALS = ("auto", "noncentral", "basic_bootstrap", "delta")


@dataclass(frozen=True)
class Asked:
    """Which interval is wanted: its kind, level and side, the seed of its replicates, and counts for what is new."""

    level: float = 0.95
    interval: str = "auto"
    side: str = "both"
    seed: int = 0
    prior: float | None = None

    def __post_init__(self) -> None:
        level_of(self.level)
        choice(self.interval, "interval", INTERVALS)
        two_sided(self.level, self.side)
        object.__setattr__(self, "seed", seed_of(self.seed))
        if self.prior is not None and not (isinstance(self.prior, int | float) and 0.0 < self.prior <= MOST_PRIOR):
            raise UsageError(f"prior should be a number of counts above 0, such as 0.5; got {self.prior!r}")

    @property
    def two_sided(self) -> float:
        """The level of the two-sided interval of which the ends are taken."""
        return two_sided(self.level, self.side)


@dataclass(frozen=True)
class Measure:
    """A measure of samples of counts, each of (rows, outcomes), as the intervals need it; all in nats.

    ``spread``: the estimate and the moments of its law. ``ends``: its own interval from these, at a level. ``notes``:
    for each row why there are too few data for a high end, or "". ``estimate`` and ``plug_in``, (rows,): the
    estimate without the interval, and the truth if the samples were the distributions. ``largest`` and ``infinite``,
    (rows,): the largest value possible, and whether the samples give an infinite one.
    """

    method: str
    estimator: str
    spread: Callable[..., Spread]
    ends: Callable[..., tuple[Array, Array]]
    notes: Callable[..., list[str]]
    estimate: Callable[..., Array]
    plug_in: Callable[..., Array]
    largest: Callable[..., Array]
    infinite: Callable[..., NDArray[np.bool_]]


def estimated(measure: Measure, sides: tuple[Array, ...], asked: Asked) -> Estimates:
    """Estimates in nats, one a row of the sides, each of (rows, outcomes)."""
    full = filled_in(*sides)
    spread = measure.spread(*full)
    largest = measure.largest(*full)
    value = np.where(measure.infinite(*full), np.inf, np.clip(spread.estimate, 0.0, largest))
    low, high, method, notes = ends_of(measure, full, spread, asked)
    kind = np.full(value.shape, "confidence", dtype=object)
    kind[np.isnan(low)] = "unknown"
    few = measure.notes(*full)
    short = np.array([bool(note) for note in few], dtype=bool)
    short &= kind == "confidence"
    kind[short] = "bound"
    high = np.where(short, largest, np.clip(high, value, largest))
    low = np.clip(low, 0.0, value)
    words = np.array([one or other for one, other in zip(few, notes, strict=True)], dtype=object)
    methods = np.full(value.shape, method, dtype=object)
    n = np.asarray(sum(side.sum(axis=-1) for side in sides), dtype=np.int64)
    found = Estimates(value, low, high, asked.level, kind, methods, Unit.nat, n, words)
    return degenerate(sided(found, asked.side, 0.0, largest), *sides)


def ends_of(measure: Measure, sides: list[Array], spread: Spread, asked: Asked) -> tuple[Array, Array, str, list[str]]:
    """Both ends, the name of estimator and interval, and remarks, by the interval asked for."""
    level = asked.two_sided
    none = [""] * len(sides[0])
    if asked.interval == "basic_bootstrap":
        low, high = basic_bootstrap(measure.estimate, measure.plug_in, sides, spread.estimate, level, asked.seed)
        return low, high, f"{measure.estimator} + {bootstrap_name(asked.seed)}", none
    if asked.interval == "delta":
        low, high = delta(spread, level)
        return low, high, f"{measure.estimator} + {DELTA_METHOD}", [TOO_NEAR * bool(x) for x in np.isnan(low)]
    low, high = measure.ends(*sides, spread, level)
    return low, high, f"{measure.estimator} + {measure.method}", none
