"""Discrete uniform distribution. Johnson, Kemp & Kotz 2005, Univariate Discrete Distributions, section 6.10."""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.found import Found
from bitsapart.families.parameter import WHOLE, Domain
from bitsapart.families.statistic import Deviation, Power, Statistic
from bitsapart.families.support import Lattice, Support
from bitsapart.values.errors import UsageError


class DiscreteUniform(Distribution):
    """Discrete uniform distribution on the whole numbers from low to high, both included.

    KL(P || Q) = log(n_q / n_p) with n = high - low + 1, where Q covers P.

    >>> import bitsapart as ba
    >>> print(ba.DiscreteUniform(1, 8).entropy())
    3 bits
    """

    domains: ClassVar[dict[str, Domain]] = {"low": WHOLE, "high": WHOLE}

    def __init__(self, low: Any, high: Any) -> None:
        self._set(low=low, high=high)
        low, high = np.broadcast_arrays(self.low, self.high)
        for place in zip(*np.nonzero(np.atleast_1d(low > high)), strict=True):
            row = f" in row {', '.join(map(str, place))}" if self.batch_shape else ""
            given = f"low {np.atleast_1d(low)[place]:g} and high {np.atleast_1d(high)[place]:g}"
            raise UsageError(f"DiscreteUniform: low should not be above high; got {given}{row}")

    low: Array
    high: Array

    @property
    def size(self) -> Array:
        """How many numbers there are."""
        return self.high - self.low + 1.0

    @property
    def support(self) -> Support:
        return Lattice(self.low, self.high)

    def _log_density(self, x: Array) -> Array:
        return np.broadcast_to(-np.log(self.size), np.broadcast_shapes(np.shape(x), self.batch_shape))

    def _entropy(self) -> Array:
        return np.log(self.size)

    def _cross_entropy_of(self, p: Distribution) -> Found:
        """The same for every P whose mass lies inside."""
        shape = np.broadcast_shapes(p.batch_shape, self.batch_shape)
        return Found.of(np.broadcast_to(np.log(self.size), shape), "moment rule")

    def _kl_divergence(self, q: "DiscreteUniform") -> Array:
        return np.log1p((q.size - self.size) / self.size)

    def moment(self, statistic: Statistic) -> Array | None:
        mean = self.low + 0.5 * (self.high - self.low)
        variance = (self.size - 1.0) * (self.size + 1.0) / 12.0
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), mean, variance + mean**2)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return variance + (mean - center) ** 2
        return None

    def _cdf(self, x: Array) -> Array:
        return np.clip((np.floor(x) - self.low + 1.0) / self.size, 0.0, 1.0)

    def _survival(self, x: Array) -> Array:
        return np.clip((self.high - np.floor(x)) / self.size, 0.0, 1.0)

    def _quantile(self, u: Array) -> Array:
        x = self.low + np.ceil(u * self.size) - 1.0
        return np.where((u >= 0.0) & (u <= 1.0), np.clip(x, self.low, self.high), np.nan)

    def _upper_quantile(self, u: Array) -> Array:
        x = self.high - np.floor(u * self.size)
        return np.where((u >= 0.0) & (u <= 1.0), np.clip(x, self.low, self.high), np.nan)

    def _sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return self._quantile(1.0 - generator.random((*shape, *self.batch_shape)))

    def _frozen(self) -> Any:
        from scipy.stats import randint

        return randint(self.low, self.high + 1.0)
