"""The identity H(P, Q) = H(P) + KL(P || Q) as a value that cannot break it: two are stored, the third derived."""

from dataclasses import dataclass

from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit


@dataclass(frozen=True)
class Account:
    """Entropy and divergence of one pair of distributions, with the interval of their sum.

    ``sum_low`` and ``sum_high`` come from the joint uncertainty of the two, which are correlated: the
    interval of the cross-entropy is not the sum of the other two intervals.
    """

    entropy: Estimate
    divergence: Estimate
    sum_low: float | None
    sum_high: float | None
    sum_method: str

    @property
    def cross_entropy(self) -> Estimate:
        """H(P, Q), whose value is exactly entropy + divergence in any unit."""
        divergence = self.divergence
        return Estimate(
            value=self.entropy.value + divergence.value,
            low=self.sum_low,
            high=self.sum_high,
            level=divergence.level,
            kind=divergence.kind,
            method=self.sum_method,
            unit=divergence.unit,
            n=divergence.n,
        )

    def __str__(self) -> str:
        rows = (
            ("entropy", "H(P)", self.entropy),
            ("+ divergence", "KL(P || Q)", self.divergence),
            ("= cross-entropy", "H(P, Q)", self.cross_entropy),
        )
        return "\n".join(f"{name:<16}{symbol:<11}{estimate}" for name, symbol, estimate in rows)

    def to(self, unit: Unit) -> "Account":
        """The same account in another unit."""
        total = self.cross_entropy.to(unit)
        return Account(self.entropy.to(unit), self.divergence.to(unit), total.low, total.high, self.sum_method)
