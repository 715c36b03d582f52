"""Half-normal distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 13."""

from typing import Any

from bitsapart.families.continuous.scaled_chi import ScaledChi


class HalfNormal(ScaledChi):
    """Distribution of |X| for X normal of mean 0, with density sqrt(2 / pi) e^(-(x / scale)^2 / 2) / scale.

    KL(P || Q) = (v - 1 - log v) / 2 with v = (scale_p / scale_q)^2.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.HalfNormal(1.0), ba.HalfNormal(2.0), unit="nat"))
    0.318147 nats
    """

    degrees = 1

    def _frozen(self) -> Any:
        from scipy.stats import halfnorm

        return halfnorm(scale=self.scale)
