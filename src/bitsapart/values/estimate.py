"""A number that never travels alone: value, interval, kind of interval, method, unit, sample size."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Kind = Literal["exact", "bound", "confidence", "unknown"]


@dataclass(frozen=True)
class Estimate:
    """A quantity that was estimated or computed. There is no arithmetic on it: a sum needs a covariance that it lacks.

    ``low`` and ``high`` are the ends of a two-sided interval at ``level``; an end that the data do not
    bound is 0 or infinite (``kind="bound"``), and both are None where an interval would be a lie
    (``kind="unknown"``). ``n`` is the number of rows behind the number; ``note`` says why, where there is a choice to
    explain or a limit to know. ``unit`` is None for a pure number, such as a probability.

    >>> print(Estimate(0.029, 0.017, 0.045, 0.95, "confidence", "miller_madow + delta", Unit.bit, 1000))
    0.029 bits [0.017, 0.045]
    """

    value: float
    low: float | None
    high: float | None
    level: float
    kind: Kind
    method: str
    unit: Unit | None
    n: int
    note: str = ""

    def to(self, unit: Unit) -> "Estimate":
        """The same estimate in another unit."""
        if unit is self.unit:
            return self
        if self.unit is None:
            raise UsageError(f"a number without a unit has no value in {unit.name}s")
        size = self.unit.value

        def convert(x: float) -> float:
            return float(unit.of(x * size)) + 0.0

        return replace(
            self,
            value=convert(self.value),
            low=None if self.low is None else convert(self.low),
            high=None if self.high is None else convert(self.high),
            unit=unit,
        )

    def __float__(self) -> float:
        """The value alone, for who takes leave of its interval."""
        return self.value

    def __format__(self, form: str) -> str:
        """The value alone where a form for numbers is asked for."""
        return format(self.value, form) if form else str(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The value alone as an array, so that NumPy and testing tools can compare it."""
        return np.asarray(self.value, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        def show(x: float) -> str:
            return f"{x:.3f}" if not math.isinf(x) else "infinite" if x > 0.0 else "-infinite"

        unit = f" {self.unit.name}s" if self.unit else ""
        if self.low is not None and self.high is not None and 0.0 < self.high - self.low < 1e-6 * abs(self.value):
            # computed, not estimated
            return f"{self.value:.6g}{unit}"
        interval = "" if self.low is None or self.high is None else f" [{show(self.low)}, {show(self.high)}]"
        return f"{show(self.value)}{unit}{interval}"
