"""Maxwell distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 18."""

from typing import Any

from bitsapart.families.continuous.scaled_chi import ScaledChi


class Maxwell(ScaledChi):
    """Maxwell distribution with density sqrt(2 / pi) x^2 e^(-(x / scale)^2 / 2) / scale^3 of numbers x >= 0.

    KL(P || Q) = 3 (v - 1 - log v) / 2 with v = (scale_p / scale_q)^2.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Maxwell(1.0), ba.Maxwell(2.0), unit="nat"))
    0.954442 nats
    """

    degrees = 3

    def _frozen(self) -> Any:
        from scipy.stats import maxwell

        return maxwell(scale=self.scale)
