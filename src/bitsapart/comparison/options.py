"""What the user decides of a comparison."""

import math
from dataclasses import dataclass

from bitsapart.values.errors import UsageError


@dataclass(frozen=True)
class Options:
    """What the user decides; kept in the result."""

    tolerance: float = 0.01
    level: float = 0.95
    prior: float = 0.5

    def __post_init__(self) -> None:
        if not (self.tolerance >= 0 and math.isfinite(self.tolerance)):
            raise UsageError(f"tolerance must be a number of bits >= 0; got {self.tolerance}")
        if not 0 < self.level < 1:
            raise UsageError(f"level must lie between 0 and 1, for instance 0.95; got {self.level}")
        if not (self.prior >= 0 and math.isfinite(self.prior)):
            raise UsageError(f"prior must be a pseudo-count >= 0, for instance 0.5; got {self.prior}")
