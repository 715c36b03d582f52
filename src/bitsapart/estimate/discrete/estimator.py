"""What the public door needs to know of an entropy estimator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimator:
    """An estimator of entropy from counts (..., outcomes), in nats (...), and what it can take.

    ``options``: its keyword arguments beyond counts, of "outcomes" and "prior". ``refusal``: why it means nothing for
    counts that are not whole (survey weights scaled to their effective sample size, see ``effective_counts``); empty
    where it does. ``term``: f(c, n) of which it is the sum over outcomes, up to a function of n and to being kept from
    falling below 0; None where it is no such sum. ``standard_error``: of the same arguments as ``function``, (...) in
    nats. ``reason``: what it is, in a few words.
    """

    name: str
    function: Callable[..., Array]
    reason: str
    standard_error: Callable[..., Array]
    options: tuple[str, ...] = ()
    refusal: str = ""
    term: Callable[[Array, float], Array] | None = None

    @property
    def weights(self) -> bool:
        """Whether survey weights may be estimated from."""
        return not self.refusal

    @property
    def additive(self) -> bool:
        """Whether it is a sum over outcomes of a function of their counts."""
        return self.term is not None

    def __call__(self, counts: Array, **options: Any) -> Array:
        """The entropy in nats, (...), of counts (..., outcomes)."""
        return self.function(counts, **options)
