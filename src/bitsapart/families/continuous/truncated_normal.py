"""Truncated normal distribution. Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, 13.10.

Everything is relative to the mode x0, where the density is highest: with t = (x - x0) / scale and alpha =
(x0 - location) / scale (0 where the location is inside), the density is proportional to e^(-t (alpha + t / 2)), in
which alpha t >= 0. Integrals of it are sums of positive terms, and have all digits wherever the ends are.
"""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from bitsapart.families.continuous.normal import HALF_LOG_2_PI
from bitsapart.families.continuous.uniform import check_ends
from bitsapart.families.distribution import Array
from bitsapart.families.exponential_family import ExponentialFamily, Term
from bitsapart.families.maths.ratios import exponential_excess
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import ANY, POSITIVE, REAL, Domain
from bitsapart.families.statistic import Constant, Deviation, Power, Statistic
from bitsapart.families.support import Interval, Support

NODES, WEIGHTS = np.polynomial.legendre.leggauss(36)
DEPTH = 50.0
"""Integrals end where the density has fallen by e^-50."""
STEPS = 60
"""Of Newton's method and of its halvings, at most."""
FLAT = 1e-9
"""The least curvature of a log density, of values of variance 1, that is one of a normal distribution."""
POLISH = 3
"""Newton steps to a quantile."""
CLOSE = 8.0
"""Log ratios of densities up to this are integrated; beyond it the divergence is no small difference."""


class TruncatedNormal(ExponentialFamily):
    """Normal distribution within the numbers from low to high, which may be infinite.

    Location and scale are the mean and standard deviation of the normal distribution before it was cut. With Z the
    probability that it is between the ends, KL(P || Q) = log(Z_q scale_q / (Z_p scale_p)) + E (z_q^2 - z_p^2) / 2.

    >>> import bitsapart as ba
    >>> p, q = ba.TruncatedNormal(0.0, 1.0, 0.0, 1.0), ba.TruncatedNormal(0.0, 2.0, 0.0, 1.0)
    >>> print(p.mean, ba.kl_divergence(p, q, unit="nat"))
    0.45986... 0.00577408 nats
    """

    domains: ClassVar[dict[str, Domain]] = {"location": REAL, "scale": POSITIVE, "low": ANY, "high": ANY}
    fixed = ("low", "high")

    def __init__(self, location: Any = 0.0, scale: Any = 1.0, low: Any = -np.inf, high: Any = np.inf) -> None:
        self._set(location=location, scale=scale, low=low, high=high)
        check_ends(self)

    location: Array
    scale: Array
    low: Array
    high: Array

    @property
    def support(self) -> Support:
        return Interval(self.low, self.high)

    @property
    def _shape(self) -> "_Shape":
        return _Shape(self.location, self.scale, self.low, self.high)

    def _log_density(self, x: Array) -> Array:
        shape = self._shape
        return -shape.fall((x - shape.mode) / self.scale) - np.log(self.scale) - np.log(shape.averages()[0])

    def _entropy(self) -> Array:
        shape = self._shape
        size, first, second = shape.averages()
        return np.log(self.scale) + np.log(size) + shape.alpha * first + 0.5 * second

    def _kl_divergence(self, q: "TruncatedNormal") -> Array:
        within = _Shape(q.location, q.scale, self.low, self.high)
        found = _kl_within(self._shape, within)
        if np.all((self.low == q.low) & (self.high == q.high)):
            return found
        return found - _log_share(q._shape, within)

    def moment(self, statistic: Statistic) -> Array | None:
        shape = self._shape
        _, first, second = shape.averages()
        mean, variance = shape.mode + self.scale * first, self.scale**2 * (second - first * first)
        match statistic:
            case Power(k) if np.all(np.isin(k, (1.0, 2.0))):
                return np.where(np.equal(k, 1.0), mean, mean * mean + variance)
            case Deviation(center, k) if np.all(np.equal(k, 2.0)):
                return (shape.mode - center + self.scale * first) ** 2 + variance
            case Deviation(center, k) if np.all(np.equal(k, 1.0)):
                return self._mean_deviation(np.asarray(center, float))
        return None

    def _mean_deviation(self, center: Array) -> Array:
        """E |x - center|, of the parts on both sides."""
        total = np.zeros(np.broadcast_shapes(self.batch_shape, center.shape))
        cut = np.clip(center, self.low, self.high)
        for low, high in ((self.low, cut), (cut, self.high)):
            part = _Shape(self.location, self.scale, low, high)
            size, first, _ = part.averages()
            away = np.abs(part.mode - center + self.scale * first)
            total = total + np.where(size > 0.0, np.exp(_log_share(self._shape, part)) * away, 0.0)
        return total

    def standardised(self, location: Array, scale: Array) -> "TruncatedNormal":
        ends = (self.low - location) / scale, (self.high - location) / scale
        return TruncatedNormal((self.location - location) / scale, self.scale / scale, *ends)

    def natural(self) -> list[Term]:
        precision = 1.0 / (self.scale * self.scale)
        return [Term(self.location * precision, Power()), Term(-0.5 * precision, Power(2.0))]

    def log_partition(self) -> Array:
        return 0.5 * (self.location / self.scale) ** 2 + self._log_size() - HALF_LOG_2_PI

    def _log_size(self) -> Array:
        """The log of scale Z sqrt(2 pi)."""
        shape = self._shape
        return np.log(self.scale) + np.log(shape.averages()[0]) - 0.5 * shape.alpha**2

    def log_base(self) -> list[Term]:
        return [Term(-HALF_LOG_2_PI, Constant())]

    def density_terms(self) -> list[Term]:
        # x^2 and x cancel far from 0
        return [Term(-0.5 / self.scale**2, Deviation(self.location, 2.0)), Term(-self._log_size(), Constant())]

    @classmethod
    def natural_space(cls, theta: list[Array], **_fixed: Any) -> Any:
        return (theta[1] < 0.0) & np.isfinite(theta[0])

    @classmethod
    def from_natural(cls, theta: list[Array], **fixed: Any) -> "TruncatedNormal":
        precision = -2.0 * theta[1]
        return cls(theta[0] / precision, 1.0 / np.sqrt(precision), fixed["low"], fixed["high"])

    @classmethod
    def from_moments(cls, moments: list[Array], **fixed: Any) -> "TruncatedNormal":
        mean = np.asarray(moments[0], float)
        variance = np.asarray(moments[1], float) - mean * mean
        if not np.all(np.isfinite(mean) & np.isfinite(variance)):
            raise NoMinimiserError("no truncated normal distribution is closest: E x or E x^2 is infinite or undefined")
        if not np.all((variance > 0.0) & (mean > fixed["low"]) & (mean < fixed["high"])):
            raise NoMinimiserError(
                "no truncated normal distribution is closest: the values do not vary, or their mean is outside the ends"
            )
        return cls(*_of_moments(mean, np.sqrt(variance), fixed["low"], fixed["high"]), fixed["low"], fixed["high"])

    def _cdf(self, x: Array) -> Array:
        return self._share(self.low, np.clip(x, self.low, self.high))

    def _survival(self, x: Array) -> Array:
        return self._share(np.clip(x, self.low, self.high), self.high)

    def _share(self, low: Array, high: Array) -> Array:
        return np.exp(_log_share(self._shape, _Shape(self.location, self.scale, low, high)))

    def _quantile(self, u: Array) -> Array:
        return self._polished(self._frozen().ppf(u), lambda x: u - self._cdf(x))

    def _upper_quantile(self, u: Array) -> Array:
        return self._polished(self._frozen().isf(u), lambda x: self._survival(x) - u)

    def _polished(self, x: Array, missing: Callable[[Array], Array]) -> Array:
        """Newton steps from scipy's quantile, which has few digits far out in a tail."""
        for _ in range(POLISH):
            moved = x + missing(x) * np.exp(-self._log_density(x))
            x = np.where(np.isfinite(moved), np.clip(moved, self.low, self.high), x)
        return x

    def _frozen(self) -> Any:
        from scipy.stats import truncnorm

        ends = (self.low - self.location) / self.scale, (self.high - self.location) / self.scale
        return truncnorm(*ends, self.location, self.scale)


class _Shape:
    """The density of a normal distribution between two ends, relative to its mode, as arrays of the batch."""

    def __init__(self, location: Array, scale: Array, low: Array, high: Array) -> None:
        self.location, self.scale, self.low, self.high = location, scale, low, high
        # a piece of no width at infinity is one of no width anywhere
        empty = np.isinf(low) & (low == high)
        low, high = np.where(empty, location, low), np.where(empty, location, high)
        self.mode = np.clip(location, low, high)
        self.alpha = (self.mode - location) / scale
        self.ends = (self.mode - low) / scale, (high - self.mode) / scale
        """How far they are, below and above."""

    def fall(self, t: Array) -> Array:
        """The log density at the mode less that at t."""
        return t * (self.alpha + 0.5 * t)

    @property
    def reach(self) -> tuple[Array, Array]:
        """How far integrals go, below and above."""
        slope = np.abs(self.alpha)
        depth = 2.0 * DEPTH / (slope + np.sqrt(slope * slope + 2.0 * DEPTH))
        return np.minimum(self.ends[0], depth), np.minimum(self.ends[1], depth)

    def points(self) -> Iterator[tuple[Array, Array]]:
        """Nodes t with their weights, of which the sum is ``size``."""
        for side, reach in zip((-1.0, 1.0), self.reach, strict=True):
            if not np.any(reach):
                continue
            for node, weight in zip(NODES, WEIGHTS, strict=True):
                # a square: nodes near the mode, where the mass may be, are exact relative to their distance from it
                root = 0.5 + 0.5 * node
                t = side * reach * root * root
                yield t, weight * root * reach * np.exp(-self.fall(t))

    def averages(self, highest: int = 2) -> list[Array]:
        """The integral of the density that is 1 at the mode, and E t, E t^2, ..."""
        sums = [np.zeros(np.shape(self.alpha)) for _ in range(highest + 1)]
        for t, weight in self.points():
            sums = [total + weight * t**k for k, total in enumerate(sums)]
        size = sums[0]
        return [size, *(total / np.where(size > 0.0, size, 1.0) for total in sums[1:])]


def _kl_within(p: _Shape, q: _Shape) -> Array:
    """Between the same ends: the log of E e^(y - E y), y the log ratio of the densities up to a constant."""
    size, first, second = p.averages()
    widening, shift = (p.scale - q.scale) / q.scale, (p.location - q.location) / q.scale
    quadratic = -0.5 * widening * (2.0 + widening)
    linear = 2.0 * quadratic * p.alpha - (1.0 + widening) * shift
    furthest = np.maximum(*p.reach)
    spread = furthest * (np.abs(linear) + furthest * np.abs(quadratic))
    mean = linear * first + quadratic * second
    total = np.zeros(np.shape(mean))
    for t, weight in p.points():
        total = total + weight * exponential_excess(np.where(spread < CLOSE, t * (linear + quadratic * t) - mean, 0.0))
    if np.all(spread < CLOSE):
        return np.log1p(total / size)
    # t of q is moved + ratio t
    ratio, moved = p.scale / q.scale, (p.mode - q.mode) / q.scale
    fall_q = q.alpha * (moved + ratio * first) + 0.5 * (moved**2 + ratio * (2.0 * moved * first + ratio * second))
    direct = np.log(q.averages()[0] / size) - np.log(ratio) + fall_q - p.alpha * first - 0.5 * second
    return np.where(spread < CLOSE, np.log1p(total / size), direct)


def _log_share(whole: _Shape, part: _Shape) -> Array:
    """The log of the probability of a part, exact where that is close to 1 too."""
    below = _Shape(whole.location, whole.scale, whole.low, part.low)
    above = _Shape(whole.location, whole.scale, part.high, whole.high)
    inside = _log_piece(whole, part)
    outside = np.exp(_log_piece(whole, below)) + np.exp(_log_piece(whole, above))
    return np.where(outside < 0.5, np.log1p(-np.minimum(outside, 0.5)), inside)


def _log_piece(whole: _Shape, piece: _Shape) -> Array:
    step = (piece.mode - whole.mode) / whole.scale
    with np.errstate(divide="ignore"):
        return np.log(piece.averages()[0] / whole.averages()[0]) - 0.5 * step * (piece.alpha + whole.alpha)


def _of_moments(mean: Array, sd: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Location and scale, by damped Newton steps in the natural parameters of y = (x - mean) / sd, which is convex."""
    low, high = (np.asarray(low) - mean) / sd, (np.asarray(high) - mean) / sd
    theta = np.zeros(np.shape(mean)), np.full(np.shape(mean), -0.5)
    value, gradient, step = _newton_step(*theta, low, high)
    for _ in range(STEPS):
        slope = gradient[0] * step[0] + gradient[1] * step[1]
        if np.all(-slope <= 1e-28):
            break
        length = np.where(step[1] > 0.0, np.minimum(1.0, -0.9 * theta[1] / np.where(step[1] > 0.0, step[1], 1.0)), 1.0)
        for _ in range(STEPS):
            moved = theta[0] + length * step[0], theta[1] + length * step[1]
            tried = _newton_step(*moved, low, high)
            worse = tried[0] > value + 1e-4 * length * slope + 1e-15 * np.abs(value)
            if not worse.any():
                break
            length = np.where(worse, 0.5 * length, length)
        theta = moved
        value, gradient, step = tried
    if not np.all(theta[1] < -FLAT):
        raise NoMinimiserError(
            "no truncated normal distribution is closest: the values are as spread out as uniform or exponential ones, "
            "and scale would be infinite"
        )
    scale = 1.0 / np.sqrt(-2.0 * theta[1])
    return mean + sd * theta[0] * scale * scale, sd * scale


def _newton_step(first: Array, second: Array, low: Array, high: Array) -> tuple[Array, Any, Any]:
    """What is minimised, A(theta) - theta_2, with its gradient and Newton's step: E y and E y^2 are to be 0 and 1."""
    scale = 1.0 / np.sqrt(-2.0 * second)
    shape = _Shape(first * scale * scale, scale, low, high)
    size, *means = shape.averages(4)
    # of y = mode + scale t, from the moments around E t
    m = [np.ones(np.shape(size)), *means]
    center = shape.mode + scale * m[1]
    c2 = scale**2 * (m[2] - m[1] ** 2)
    c3 = scale**3 * (m[3] - 3.0 * m[1] * m[2] + 2.0 * m[1] ** 3)
    c4 = scale**4 * (m[4] - 4.0 * m[1] * m[3] + 6.0 * m[1] ** 2 * m[2] - 3.0 * m[1] ** 4)
    gradient = center, center**2 + c2 - 1.0
    # covariances of y and y^2
    cross = c3 + 2.0 * center * c2
    square = c4 - c2 * c2 + 4.0 * center * c3 + 4.0 * center**2 * c2
    determinant = np.maximum(c2 * square - cross**2, 1e-300)
    step = (
        (cross * gradient[1] - square * gradient[0]) / determinant,
        (cross * gradient[0] - c2 * gradient[1]) / determinant,
    )
    value = np.log(size * scale) + shape.mode * (first + second * shape.mode) - second
    return value, gradient, step
