"""Means of losses with intervals: weighted, paired, clustered, and corrected for their skewness.

A mean of skewed numbers, as losses are, is not covered by mean +- 1.96 standard errors: at 300 rows 95 % become 90 %.
Hall (1992), "On the removal of skewness by transformation", J. R. Statist. Soc. B 54, 221-228, turns the studentised
mean T into g(T) = T + a T^2 / 3 + a^2 T^3 / 27 + a / 6, a = skewness / sqrt(n), which is closer to normal and can be
inverted. Clusters: Cameron & Miller (2015), "A practitioner's guide to cluster-robust inference", section II.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
PLAIN, CLUSTERED = "mean + Hall 1992", "mean of clusters + Hall 1992"


@dataclass
class Sums:
    """Of w and y = x - pivot: over rows, or over clusters of their summed w and w y."""

    weight: float
    weighted: Array
    """sum w y, one a series."""
    squares: Array
    """sum w^2 z z', with z = (1, y): (1 + series, 1 + series)."""
    cubes: Array
    """sum w^3 y^k for k = 0 to 3: (4, series)."""


class Means:
    """Means of several series over the same rows, gathered block by block; two add up with ``+``.

    Series are given in nats. Rows of one cluster, named by a whole number from 0, are added up first: memory grows with
    the number of clusters, not of rows. An infinite value makes its mean infinite, unless its weight is 0: rows without
    weight are not there. NaN, as from inf - inf, or infinities of both signs leave a mean unknown.

    >>> means = Means(2)
    >>> means.add(np.array([[0.5, 0.1], [0.7, 0.3], [0.3, 0.1]]))
    >>> print(means.estimate(0, unit=Unit.nat).value, means.n)
    0.5 3
    """

    def __init__(self, series: int) -> None:
        self.series, self.n = series, 0
        self.pivot: Array | None = None
        self.rows = Sums(0.0, np.zeros(series), np.zeros((series + 1, series + 1)), np.zeros((4, series)))
        self.beyond = np.zeros((3, series), np.int64)
        """How many values are inf, -inf and NaN."""
        self.clusters: Array | None = None
        """sum w (1, y) and the number of rows, of each cluster: (clusters, 2 + series)."""

    def add(self, values: Array, weights: Array | None = None, clusters: Codes | None = None) -> None:
        """Rows of values (rows, series), with a weight and a cluster each."""
        values = np.asarray(values, np.float64).reshape(len(values), self.series)
        w = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
        if not w.all():
            there = w > 0.0
            values, w, clusters = values[there], w[there], None if clusters is None else clusters[there]
        if not len(values):
            return
        wrong = ~np.isfinite(values)
        if wrong.any():
            self.beyond += [
                (values == np.inf).sum(axis=0),
                (values == -np.inf).sum(axis=0),
                np.isnan(values).sum(axis=0),
            ]
            values = np.where(wrong, 0.0, values)
        if self.pivot is None:
            self.pivot = values.mean(axis=0)
        y = values - self.pivot
        self.n += len(values)
        self.rows.weight += float(w.sum())
        self.rows.weighted += w @ y
        z = np.column_stack([w, w[:, None] * y])
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):  # an estimate without interval, then
            self.rows.squares += z.T @ z
            cube = w * w * w
            self.rows.cubes += np.stack(
                [np.full(self.series, cube.sum()), cube @ y, cube @ (y * y), cube @ (y * y * y)]
            )
        if clusters is not None:
            self._add_clusters(np.column_stack([z, np.ones(len(z))]), clusters)

    def _add_clusters(self, parts: Array, codes: Codes) -> None:
        size = int(codes.max()) + 1
        held = np.zeros((0, parts.shape[1])) if self.clusters is None else self.clusters
        if size > len(held):
            grown = np.zeros((max(size, 2 * len(held)), parts.shape[1]))
            grown[: len(held)] = held
            held = grown
        np.add.at(held, codes, parts)
        self.clusters = held

    def __add__(self, other: Self) -> "Means":
        """Both together; clusters are the same where their numbers are."""
        both = Means(self.series)
        both.n, both.beyond = self.n + other.n, self.beyond + other.beyond
        both.pivot = self.pivot if self.pivot is not None else other.pivot
        if both.pivot is None:
            return both
        for part in (self, other):
            moved = part._about(both.pivot)
            both.rows.weight += moved.weight
            both.rows.weighted += moved.weighted
            both.rows.squares += moved.squares
            both.rows.cubes += moved.cubes
            if part.clusters is not None and part.pivot is not None:
                held = part.clusters.copy()
                held[:, 1:-1] += held[:, :1] * (part.pivot - both.pivot)
                both._add_clusters(held, np.arange(len(held)))
        return both

    def _about(self, pivot: Array) -> Sums:
        """The sums with y about another pivot."""
        sums = self.rows
        if self.pivot is None:
            return sums
        d = self.pivot - pivot
        turn = np.eye(self.series + 1)
        turn[1:, 0] = d
        c = sums.cubes
        cubes = np.stack(
            [
                c[0],
                c[1] + d * c[0],
                c[2] + 2 * d * c[1] + d**2 * c[0],
                c[3] + 3 * d * c[2] + 3 * d**2 * c[1] + d**3 * c[0],
            ]
        )
        return Sums(sums.weight, sums.weighted + d * sums.weight, turn @ sums.squares @ turn.T, cubes)

    @property
    def weight(self) -> float:
        """The sum of all weights."""
        return self.rows.weight

    @property
    def groups(self) -> int | None:
        """How many clusters there are; None where none were named."""
        return None if self.clusters is None else int((self.clusters[:, -1] > 0).sum())

    def mean(self, i: int) -> float:
        """The weighted mean of a series, in nats."""
        if self.beyond[:, i].any():
            up, down, undefined = (self.beyond[:, i] > 0).tolist()
            return math.nan if undefined or up == down else math.inf if up else -math.inf
        assert self.pivot is not None  # noqa: S101  (a mean of no rows is not asked for)
        return float(self.pivot[i] + self.rows.weighted[i] / self.rows.weight)

    def finite_mean(self, i: int, missing: float) -> float:
        """The mean over the rows that are finite, whose infinite ones weigh ``missing`` together."""
        assert self.pivot is not None  # noqa: S101
        left = self.rows.weight - missing
        return float((self.rows.weighted[i] + self.pivot[i] * self.rows.weight) / left) if left > 0 else math.nan

    @np.errstate(over="ignore", invalid="ignore")
    def _deviations(self) -> tuple[Array, Array, int]:
        """Sums of u u' and u^3 of the units' deviations u = sum w (x - mean), and how many units there are."""
        shift = self.rows.weighted / self.rows.weight
        if self.clusters is not None:
            held = self.clusters[self.clusters[:, -1] > 0]
            u = held[:, 1:-1] - held[:, :1] * shift
            return u.T @ u, (u**3).sum(axis=0), len(held)
        assert self.pivot is not None  # noqa: S101
        about = self._about(self.pivot + shift)
        return about.squares[1:, 1:], about.cubes[3], self.n

    def covariance(self) -> Array:
        """The covariance of the means, (series, series)."""
        products, _, units = self._deviations()
        return products / self.rows.weight**2 * (units / (units - 1.0) if units > 1 else math.nan)

    def effective_n(self, i: int = 0) -> float:
        """(sum w)^2 / sum w^2; with clusters, that times the ratio of the variance without them to that with them."""
        plain = self.rows.weight**2 / float(self.rows.squares[0, 0])
        if self.clusters is None or self.n < 2 or self.pivot is None:
            return plain
        alone = self._about(self.pivot + self.rows.weighted / self.rows.weight).squares[1 + i, 1 + i]
        clustered = self.covariance()[i, i] * self.rows.weight**2
        return float(plain * alone / clustered) if clustered > 0 else plain

    def estimate(self, i: int = 0, level: float = 0.95, unit: Unit = Unit.nat, note: str = "") -> Estimate:
        """The mean of a series with its interval."""
        method = PLAIN if self.clusters is None else CLUSTERED
        value = self.mean(i)
        if math.isinf(value):
            words = "an infinite value was seen, so the expected value is infinite"
            return Estimate(value, value, value, level, "exact", "mean", unit, self.n, note or words)
        if math.isnan(value):
            words = "infinite less infinite has no mean"
            return Estimate(value, None, None, level, "unknown", "mean", unit, self.n, note or words)
        products, cubes, units = self._deviations()
        if units < 2 or not math.isfinite(products[i, i] + cubes[i]):
            words = "one row has no interval" if self.clusters is None else "one cluster has no interval"
            words = words if units < 2 else "values or weights are too large for an interval"
            found = Estimate(value, None, None, level, "unknown", "mean", Unit.nat, self.n, note or words)
            return found.to(unit)
        low, high = skewed_interval(value, float(products[i, i]), float(cubes[i]), self.rows.weight, units, level)
        return Estimate(value, low, high, level, "confidence", method, Unit.nat, self.n, note).to(unit)


def skewed_interval(
    value: float, squares: float, cubes: float, weight: float, units: int, level: float
) -> tuple[float, float]:
    """Ends of the interval of a mean from sum u^2 and sum u^3 of its units' weighted deviations."""
    if squares <= 0.0:
        return value, value
    error = math.sqrt(squares * units / (units - 1.0)) / weight
    a = cubes / squares**1.5
    z = quantile(level, units)
    return value - error * untransformed(z, a), value - error * untransformed(-z, a)


def untransformed(x: float, a: float) -> float:
    """The T with g(T) = x."""
    if abs(a) < 1e-6:
        return x - a / 6.0 - a * x * x / 3.0
    return 3.0 / a * (math.cbrt(1.0 + a * (x - a / 6.0)) - 1.0)


def quantile(level: float, units: int) -> float:
    """Of Student's t with units - 1 degrees of freedom, two-sided."""
    from scipy.special import stdtrit

    return float(stdtrit(units - 1.0, 0.5 + level / 2.0))


def mean_of(
    values: ArrayLike,
    weights: Array | None = None,
    clusters: Codes | None = None,
    level: float = 0.95,
    unit: Unit = Unit.nat,
    note: str = "",
) -> Estimate:
    """The mean of values, given in nats, with its interval, in ``unit``.

    >>> print(mean_of(np.linspace(0.0, 1.0, 50) ** 3))
    0.255 nats [0.180, 0.350]
    """
    array = np.asarray(values, np.float64)
    means = Means(1)
    means.add(array[:, None], weights, clusters)
    return means.estimate(0, level, unit, note)


def difference_of(
    first: Array,
    second: Array,
    weights: Array | None = None,
    clusters: Codes | None = None,
    level: float = 0.95,
    unit: Unit = Unit.nat,
    note: str = "",
) -> Estimate:
    """The mean of first - second, row by row, with its interval.

    Infinite where one of the two is at a row with weight; unknown, and NaN, where both are.
    """
    with np.errstate(invalid="ignore"):
        differences = np.asarray(first) - np.asarray(second)
    return mean_of(differences, weights, clusters, level, unit, note)


def within(estimate: Estimate, low: float, high: float) -> Estimate:
    """An estimate of what cannot be beyond two ends: nor can its interval."""
    if estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=min(max(estimate.low, low), high), high=max(min(estimate.high, high), low))


def share_of(
    share: float, n: float, level: float = 0.95, rows: int | None = None, groups: int | None = None
) -> Estimate:
    """A share among (effectively) n independent rows, with the score interval of Wilson (1927), eq. on p. 210.

    Where ``n`` was seen from the scatter of ``groups`` clusters, Student's quantile takes the place of the normal one
    (Korn & Graubard 1998, "Confidence intervals for proportions ...", Survey Methodology 24, 193-201); shares of 0 and
    1 have no scatter, and each cluster counts as one row.

    >>> print(share_of(0.9, 100))
    0.900 [0.826, 0.945]
    """
    from scipy.special import ndtri

    if groups is not None and share in {0.0, 1.0}:
        n = min(n, groups)
    z = float(ndtri(0.5 + level / 2.0)) if groups is None else quantile(level, max(2, groups))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    count = round(n) if rows is None else rows
    return Estimate(share, min(low, share), max(high, share), level, "confidence", "wilson", None, count)
