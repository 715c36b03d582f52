"""Units of information. Inside this package everything is in nats; a unit appears at the door only."""

import math
from enum import Enum


class Unit(Enum):
    """A unit of information; its value is its size in nats.

    >>> Unit.bit.of(math.log(8))
    3.0
    """

    bit = math.log(2.0)
    nat = 1.0
    ban = math.log(10.0)

    def of(self, nats: float) -> float:
        """The same quantity in this unit."""
        return nats / self.value
