"""What each measure obeys, as data: one suite tests every measure against it, and the table of laws is made from it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

Subject = Literal["distribution", "pair", "joint"]
Finite = Literal[
    "always", "q > 0 where p > 0", "p > 0 where q > 0", "p > 0 where q > 0 and back", "some outcome in common"
]


@dataclass(frozen=True)
class Bound:
    """The largest value a measure can take: in words, and as a function of the number of outcomes, in nats."""

    words: str
    of: Callable[[int], float]

    def __str__(self) -> str:
        return self.words


UNBOUNDED = Bound("none", lambda _outcomes: math.inf)
ONE = Bound("1", lambda _outcomes: 1.0)
LOG_2 = Bound("log 2", lambda _outcomes: math.log(2.0))
LOG_OUTCOMES = Bound("log K", lambda outcomes: math.log(outcomes))
OUTCOMES = Bound("K", float)


@dataclass(frozen=True)
class Laws:
    """The laws of a measure of one distribution, of a pair, or of a joint table; None where a law has no meaning.

    symmetric        D(P, Q) = D(Q, P)
    zero_iff_equal   D(P, Q) = 0 exactly when P = Q
    triangle         D(P, R) <= D(P, Q) + D(Q, R)
    at_most          the largest value, for K outcomes
    finite           when the value is finite
    convex           pair: jointly convex in (P, Q); concave: of one distribution
    data_processing  merging outcomes never makes it larger
    additive         over independent parts: D(P1 x P2, Q1 x Q2) = D(P1, Q1) + D(P2, Q2)
    """

    of: Subject
    at_most: Bound
    information: bool = True
    """Whether the value has a unit of information (bit, nat, ban) or is a pure number."""
    finite: Finite = "always"
    symmetric: bool | None = None
    zero_iff_equal: bool | None = None
    triangle: bool | None = None
    convex: bool | None = None
    concave: bool | None = None
    data_processing: bool | None = None
    additive: bool | None = None

    @property
    def metric(self) -> bool:
        """Symmetric, zero exactly at equality, and the triangle inequality."""
        return bool(self.symmetric and self.zero_iff_equal and self.triangle)


def divergence(
    at_most: Bound,
    *,
    symmetric: bool,
    finite: Finite = "always",
    information: bool = False,
    triangle: bool = False,
    convex: bool = True,
    additive: bool = False,
) -> Laws:
    """Laws of what is 0 exactly at P = Q and never grows when outcomes are merged; most are convex, and no metrics."""
    return Laws(
        "pair",
        at_most,
        information=information,
        finite=finite,
        symmetric=symmetric,
        zero_iff_equal=True,
        triangle=triangle,
        convex=convex,
        data_processing=True,
        additive=additive,
    )


class Declared(Protocol):
    """A measure with its laws; those with a parameter (the order) declare them for each of its values."""

    __name__: str
    laws: Callable[..., Laws]

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """The value of the measure."""


MEASURES: dict[str, Declared] = {}
"""Every measure by its public name."""

Function = TypeVar("Function", bound=Callable[..., Any])


def obeys(laws: Laws | Callable[[float], Laws]) -> Callable[[Function], Function]:
    """Declare what a measure obeys, for each value of its parameter where it has one.

    >>> from bitsapart import js_distance, renyi_divergence
    >>> js_distance.laws().metric
    True
    >>> renyi_divergence.laws(0.5).symmetric, renyi_divergence.laws(2).symmetric
    (True, False)
    """

    def declare(measure: Function) -> Function:
        measure.laws = laws if callable(laws) else lambda: laws  # type: ignore[attr-defined]
        MEASURES[measure.__name__] = measure  # type: ignore[assignment]
        return measure

    return declare
