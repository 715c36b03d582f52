"""A number that never travels alone: value, interval, kind of interval, method, unit, sample size."""

import math
from dataclasses import dataclass, replace
from typing import Literal

from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Kind = Literal["exact", "bound", "confidence", "unknown"]


@dataclass(frozen=True)
class Estimate:
    """An estimated quantity. There is no arithmetic on it: a sum needs a covariance that it does not have.

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

    def __str__(self) -> str:
        def show(x: float) -> str:
            return f"{x:.3f}" if not math.isinf(x) else "infinite" if x > 0.0 else "-infinite"

        interval = "" if self.low is None or self.high is None else f" [{show(self.low)}, {show(self.high)}]"
        unit = f" {self.unit.name}s" if self.unit else ""
        return f"{show(self.value)}{unit}{interval}"
