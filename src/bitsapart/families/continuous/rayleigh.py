"""Rayleigh distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, chapter 18."""

from typing import Any

from bitsapart.families.continuous.scaled_chi import ScaledChi


class Rayleigh(ScaledChi):
    """Rayleigh distribution with density (x / scale^2) e^(-(x / scale)^2 / 2) of numbers x >= 0.

    KL(P || Q) = v - 1 - log v with v = (scale_p / scale_q)^2.

    >>> import bitsapart as ba
    >>> print(ba.kl_divergence(ba.Rayleigh(1.0), ba.Rayleigh(2.0), unit="nat"))
    0.636294 nats
    """

    degrees = 2

    def _frozen(self) -> Any:
        from scipy.stats import rayleigh

        return rayleigh(scale=self.scale)
