"""Encodings: how a raw value of a column becomes an outcome. They are fixed before anything is counted.

Four outcomes exist beside the encoded ones in every column, apart from each other: null, NaN, -infinity, +infinity.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Ordered:
    """Intervals of an ordered column: edges e_1 < ... < e_k make the outcomes (-inf, e_1), [e_1, e_2), ..., [e_k, inf).

    A value that is common by itself (an atom) is the interval from it to the next representable key, so that
    atoms and ranges are counted in one search. Keys are float64, or int64 for whole numbers and times
    (days, seconds, ... since the epoch, in the unit of the column's type).
    """

    edges: tuple[float, ...] | tuple[int, ...]
    atoms: tuple[int, ...]
    """Which outcomes hold one single value."""
    key: Literal["float64", "int64"]
    of: Literal["value", "length"] = "value"

    @property
    def outcomes(self) -> int:
        """The number of intervals."""
        return len(self.edges) + 1


@dataclass(frozen=True)
class Nominal:
    """Every distinct value is an outcome, exactly, up to ``cap`` distinct values.

    Beyond the cap a histogram keeps the values whose hash falls below 2**-level, with the smallest level that
    fits, besides those ``listed``, and counts the others together. The level depends on the set of values only,
    never on their order or on how the rows were divided.
    """

    cap: int = 262_144
    listed: tuple[str, ...] = ()
    of: Literal["value", "presence"] = "value"


Encoding = Ordered | Nominal
