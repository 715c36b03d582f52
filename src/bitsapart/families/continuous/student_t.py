"""Student's t distribution. Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 28."""

from typing import Any, ClassVar

import numpy as np

from bitsapart.families.continuous.cauchy import CLOSE, log_one_and_square
from bitsapart.families.continuous.normal import HALF_LOG_2_PI
from bitsapart.families.distribution import Array, Distribution
from bitsapart.families.maths.ratios import excess
from bitsapart.families.parameter import POSITIVE, REAL, Domain
from bitsapart.families.statistic import Deviation, Exponential, Power, Statistic
from bitsapart.families.support import Interval, Support


class StudentT(Distribution):
    """Student's t: density c(df) (1 + z^2 / df)^(-(df + 1) / 2) / scale, z = (x - location) / scale.

    c(df) = Gamma((df + 1) / 2) / (Gamma(df / 2) sqrt(pi df)). KL(P || Q) has no closed form.

    >>> import bitsapart as ba
    >>> print(ba.StudentT(1.0).entropy(unit="nat"))   # that of a Cauchy distribution
    2.53102 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"df": POSITIVE, "location": REAL, "scale": POSITIVE}

    def __init__(self, df: Any, location: Any = 0.0, scale: Any = 1.0) -> None:
        self._set(df=df, location=location, scale=scale)

    df: Array
    location: Array
    scale: Array

    @property
    def support(self) -> Support:
        return Interval()

    def _log_density(self, x: Array) -> Array:
        z = (x - self.location) / self.scale / np.sqrt(self.df)
        constant = _half_step(0.5 * self.df) - HALF_LOG_2_PI - np.log(self.scale)
        return constant - 0.5 * (self.df + 1.0) * log_one_and_square(z)

    def _log_ratio(self, q: "StudentT", x: Array) -> Array:
        """Log of q's density over this one's at x, exact where the two are close.

        The part of z is written as what is left of that of a normal distribution, where z^2 < df.
        """
        z = (x - self.location) / self.scale
        widening, shift = (self.scale - q.scale) / q.scale, (self.location - q.location) / q.scale
        step = q.df - self.df
        constant = _half_step_difference(0.5 * self.df, 0.5 * step) - np.log1p((q.scale - self.scale) / self.scale)
        inner = np.abs(z) < np.sqrt(self.df)
        # the logarithm of 1 + z^2 / df grows by log(1 + change)
        held = np.where(inner, 1.0, z)
        growth = widening + shift / held
        far = (growth * (2.0 + growth) - step / self.df) / q.df / (1.0 / (held * held) + 1.0 / self.df)
        z_near = np.where(inner, z, 0.0)
        move = widening * z_near + shift
        squares = move * (2.0 * z_near + move)
        y = z_near * z_near / self.df
        rise = (squares - y * step) / q.df
        near = rise / (1.0 + y)
        change = np.where(inner, near, far)
        usable = np.where(change > CLOSE, change, 0.0)
        half = 0.5 * (q.df + 1.0)
        left = half * (excess(np.where(inner, usable, 0.0)) + rise * y / (1.0 + y)) + 0.5 * step * excess(y)
        inside = left - 0.5 * squares - 0.5 * rise
        outside = -half * np.log1p(usable) - 0.5 * step * log_one_and_square(held / np.sqrt(self.df))
        close = constant + np.where(inner, inside, outside)
        return np.where(change > CLOSE, close, q._log_density(x) - self._log_density(x))

    def _entropy(self) -> Array:
        a = 0.5 * self.df
        # psi(a + 1/2) - psi(a) = 1 / (2 a) + the slope
        tail = (a + 0.5) * (_half_step_slope(a) + 0.5 / a)
        return np.broadcast_to(tail - _half_step(a) + HALF_LOG_2_PI + np.log(self.scale), self.batch_shape)

    def moment(self, statistic: Statistic) -> Array | None:
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                mean = np.where(self.df > 1.0, self.location, np.nan)
                return np.where(np.equal(k, 1.0), mean, self.location**2 + self._variance)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (self.location - center) ** 2 + self._variance
            case Exponential(c) if np.all(np.not_equal(c, 0.0)):
                return np.full(np.broadcast_shapes(self.batch_shape, np.shape(c)), np.inf)
        return None

    @property
    def _variance(self) -> Array:
        """E (x - location)^2, infinite for df of 2 or less."""
        return np.where(self.df > 2.0, self.scale**2 * (self.df / np.where(self.df > 2.0, self.df - 2.0, 1.0)), np.inf)

    def standardised(self, location: Array, scale: Array) -> "StudentT":
        return StudentT(self.df, (self.location - location) / scale, self.scale / scale)

    def _frozen(self) -> Any:
        from scipy.stats import t

        return t(self.df, self.location, self.scale)


# log Gamma(a + 1/2) - log Gamma(a) - log(a) / 2, which tends to 0: moved up by the recurrence, then the series in 1 / a

MOVE = 16
SERIES = (-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224, -5461 / 425984, 929569 / 15728640)
"""Coefficients of 1/a, 1/a^3, ...: -(1 - 4^-k) B_2k / (k (2 k - 1)). Tricomi & Erdelyi 1951."""


def _moved(a: Array) -> Array:
    return np.where(a < MOVE, a + MOVE, a)


def _half_step(a: Array) -> Array:
    found = sum(c / _moved(a) ** (2 * i + 1) for i, c in enumerate(SERIES))
    for i in range(MOVE):
        b = a + i
        found = found + np.where(a < MOVE, 0.5 * np.log(b / (b + 0.5) * ((b + 1.0) / (b + 0.5))), 0.0)
    return found


def _half_step_slope(a: Array) -> Array:
    found = sum(-(2 * i + 1) * c / _moved(a) ** (2 * i + 2) for i, c in enumerate(SERIES))
    for i in range(MOVE):
        b = a + i
        found = found + np.where(a < MOVE, 0.25 / (b * (b + 0.5) * (b + 1.0)), 0.0)
    return found


def _half_step_difference(a: Array, step: Array) -> Array:
    """From a to a + step."""
    low = np.minimum(a, a + step) < MOVE
    moved = np.where(low, a + MOVE, a)
    shrink = -np.log1p(step / moved)
    found = sum(c / moved ** (2 * i + 1) * np.expm1((2 * i + 1) * shrink) for i, c in enumerate(SERIES))
    for i in range(MOVE):
        m, b = a + i + 0.5, a + step + i + 0.5
        growth = step * (m + b) / (4.0 * b * b * (a + i) * (a + i + 1.0))
        found = found + np.where(low, 0.5 * np.log1p(growth), 0.0)
    return found
