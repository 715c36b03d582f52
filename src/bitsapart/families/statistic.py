"""Statistics: functions of one number whose expectations exponential families are made of.

A family names the statistics that its density is a function of, and gives the expectations that it knows in closed
form: the table "distribution x statistic" stands in for one formula a pair of families. A statistic can be evaluated
too, so that an expectation that no table has is integrated.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any


class Statistic(ABC):
    """A function of a value of a distribution; its parameters are arrays of the batch."""

    @abstractmethod
    def __call__(self, x: Array) -> Any:
        """At x."""

    @property
    @abstractmethod
    def words(self) -> str:
        """As in "E x^2 is infinite"."""


@dataclass(frozen=True)
class Constant(Statistic):
    """1."""

    words = "1"

    def __call__(self, x: Array) -> Any:
        return np.ones_like(x)


@dataclass(frozen=True)
class Power(Statistic):
    """x^k; x itself by default."""

    k: Any = 1.0

    @property
    def words(self) -> str:
        return "x" if np.all(self.k == 1.0) else f"x^{_shown(self.k)}"

    def __call__(self, x: Array) -> Any:
        return x**self.k


@dataclass(frozen=True)
class Deviation(Statistic):
    """|x - center|^k."""

    center: Any
    k: Any = 1.0

    @property
    def words(self) -> str:
        if np.all(np.equal(self.center, 0.0)):
            return f"x^{_shown(self.k)}" if np.all(np.equal(self.k, 2.0)) else f"|x|^{_shown(self.k)}"
        return f"|x - {_shown(self.center)}|^{_shown(self.k)}"

    def __call__(self, x: Array) -> Any:
        return np.abs(x - self.center) ** self.k


@dataclass(frozen=True)
class LogPower(Statistic):
    """(log x)^k."""

    k: Any = 1.0

    @property
    def words(self) -> str:
        return "log x" if np.all(self.k == 1.0) else f"(log x)^{_shown(self.k)}"

    def __call__(self, x: Array) -> Any:
        return np.log(x) ** self.k


@dataclass(frozen=True)
class LogComplement(Statistic):
    """log(1 - x^a); log(1 - x) by default."""

    a: Any = 1.0

    @property
    def words(self) -> str:
        return "log(1 - x)" if np.all(self.a == 1.0) else f"log(1 - x^{_shown(self.a)})"

    def __call__(self, x: Array) -> Any:
        return np.log1p(-(x**self.a))


@dataclass(frozen=True)
class LogitPower(Statistic):
    """(log(x / (1 - x)))^k."""

    k: Any = 1.0

    @property
    def words(self) -> str:
        return "logit x" if np.all(self.k == 1.0) else f"(logit x)^{_shown(self.k)}"

    def __call__(self, x: Array) -> Any:
        return (np.log(x) - np.log1p(-x)) ** self.k


@dataclass(frozen=True)
class Exponential(Statistic):
    """e^(c x)."""

    c: Any

    @property
    def words(self) -> str:
        return f"e^({_shown(self.c)} x)"

    def __call__(self, x: Array) -> Any:
        return np.exp(self.c * x)


@dataclass(frozen=True)
class Cosine(Statistic):
    """cos x."""

    words = "cos x"

    def __call__(self, x: Array) -> Any:
        return np.cos(x)


@dataclass(frozen=True)
class Sine(Statistic):
    """sin x."""

    words = "sin x"

    def __call__(self, x: Array) -> Any:
        return np.sin(x)


@dataclass(frozen=True)
class LogFactorial(Statistic):
    """log((x + shift)!) = log Gamma(x + shift + 1)."""

    shift: Any = 0.0

    @property
    def words(self) -> str:
        return "log x!" if np.all(self.shift == 0.0) else f"log (x + {_shown(self.shift)})!"

    def __call__(self, x: Array) -> Any:
        from scipy.special import gammaln

        return gammaln(x + self.shift + 1.0)


@dataclass(frozen=True)
class LogChoose(Statistic):
    """The logarithm of the binomial coefficient: n over x."""

    n: Any

    @property
    def words(self) -> str:
        return f"log({_shown(self.n)} over x)"

    def __call__(self, x: Array) -> Any:
        from scipy.special import gammaln

        return gammaln(self.n + 1.0) - gammaln(x + 1.0) - gammaln(self.n - x + 1.0)


def _shown(value: Any) -> str:
    values = np.unique(np.asarray(value))
    return f"{values[0]:g}" if values.size == 1 else f"{values[0]:g} to {values[-1]:g}"
