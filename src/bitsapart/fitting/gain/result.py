"""What data taught, in bits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bitsapart.values.estimate import Estimate


@dataclass(frozen=True)
class Gain:
    """The information gained from prior to posterior, KL(posterior || prior). Lindley 1956, eq. 1.

    ``joint`` is that of all parameters together; that of each by itself, in ``parameters``, can add up to more or less.
    """

    joint: Estimate
    parameters: Mapping[str, Estimate] = field(default_factory=dict)
    expected: Estimate | None = None
    """The gain that was to be expected before the data came, where the model says: their mutual information."""
    surprise: Estimate | None = None
    """Gain less expected gain: large where prior and data disagree. Seehars et al. 2014, eq. 13."""
    p_value: float | None = None
    """How often the prior predicts data as improbable as these, or more. Box 1980, section 2."""
    dimensionality: float | None = None
    """How many parameters the data constrain, twice the posterior variance of log L. Handley & Lemos 2019, eq. 27."""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        width = max([len("dimensionality"), *(len(name) for name in self.parameters)]) + 2
        lines = [f"{'gain':<{width}}{self.joint}"]
        lines += [f"  {name:<{width - 2}}{one}" for name, one in self.parameters.items()]
        if self.expected is not None:
            lines.append(f"{'expected':<{width}}{self.expected}")
        if self.surprise is not None:
            lines.append(f"{'surprise':<{width}}{self.surprise}")
        if self.p_value is not None:
            lines.append(f"{'p-value':<{width}}{self.p_value:.4g}")
        if self.dimensionality is not None:
            lines.append(f"{'dimensionality':<{width}}{self.dimensionality:.3g}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])
