"""A distribution as weighted values: what a fit to a formula averages over where no expectation is known.

In one dimension the values are those of adaptive quadrature of the density, of the log density and of the square, or
all values of a discrete distribution that matter; in several dimensions, draws.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.support import Interval, Lattice, Points
from bitsapart.fitting.panels import NODES, WEIGHTS, integrate
from bitsapart.values.errors import UsageError

Array = Any

TAILS = (1e-280, 1e-200, 1e-140, 1e-100, 1e-70, 1e-50, 1e-35, 1e-25, 1e-18, 1e-13, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05)
INNER = (0.1, 0.2, 0.3, 0.4, 0.5)
WIDEST = 4.0
"""Ratio of distances from the middle that a first panel spans at most."""
LEFT_OUT = 1e-18
MOST_VALUES = 1 << 21
DRAWS = 1 << 16


@dataclass(frozen=True, eq=False)
class Nodes:
    """Values and weights that add up to about 1."""

    values: Array
    weights: Array
    note: str = ""
    exact: bool = True
    """Whether they are quadrature, and no draws."""

    def mean(self, terms: Array) -> float:
        """The expectation of a function from its values; infinite or nan where it does not exist in the tails."""
        kept = self.weights > 0.0
        return float(self.weights[kept] @ terms[kept])


def nodes_of(p: Distribution, seed: int = 0) -> Nodes:
    """Nodes of a distribution."""
    support = p.support
    if p.event_shape:
        draws = p.sample(DRAWS, seed=seed)
        return Nodes(draws, np.full(DRAWS, 1.0 / DRAWS), f"averaged over {DRAWS:,} draws", exact=False)
    if isinstance(support, Points):
        values = np.asarray(support.points)
        return Nodes(values, np.exp(p.log_density(values)))
    if isinstance(support, Lattice):
        return whole_numbers(p, support)
    if not isinstance(support, Interval):
        raise UsageError(f"{type(p).__name__} cannot be averaged over: it has its mass on {support.words}")
    return line(p, support)


def whole_numbers(p: Distribution, support: Lattice) -> Nodes:
    """Every whole number but for tails of no mass."""
    low, high, note = float(support.low), float(support.high), ""
    middle = float(p.quantile(0.5))
    reach = 16.0
    while high - middle > reach and reach < MOST_VALUES and float(p.survival(middle + reach)) > LEFT_OUT:
        reach *= 2.0
    high = min(high, middle + reach)
    down = 16.0
    while middle - low > down and down < MOST_VALUES and float(p.cdf(middle - down)) > LEFT_OUT:
        down *= 2.0
    low = max(low, middle - down)
    if float(p.survival(high)) > LEFT_OUT:
        note = f"averaged up to {high:.0f}, above which the target has the mass {float(p.survival(high)):.1e}"
    values = np.arange(low, high + 1.0)
    weights = np.exp(p.log_density(values))
    kept = weights > 0.0
    return Nodes(values[kept], weights[kept], note)


def line(p: Distribution, support: Interval) -> Nodes:
    """Nodes on panels that quadrature has halved as far as it helps."""
    edges = first_edges(p, support)
    middle = float(p.quantile(0.5))
    with np.errstate(all="ignore"):
        size = float(np.median(np.abs(np.asarray(p.quantile(np.array([0.1, 0.9]))) - middle)))
    size = size if np.isfinite(size) and size > 0.0 else 1.0

    def steering(x: Array) -> Array:
        with np.errstate(all="ignore"):
            logs = np.asarray(p.log_density(x))
            density = np.exp(logs)
            z = (x - middle) / size
            terms = np.stack([density, density * logs, density * np.minimum(z * z, 1e12)])
        return np.where(np.isfinite(terms) & (density > 0.0), terms, 0.0)

    found = integrate(steering, edges)
    ends = found.panels
    halves = np.concatenate(
        [np.stack([ends[:, 0], ends.mean(axis=1)], 1), np.stack([ends.mean(axis=1), ends[:, 1]], 1)]
    )
    half = 0.5 * (halves[:, 1] - halves[:, 0])
    x = (halves.mean(axis=1)[:, np.newaxis] + half[:, np.newaxis] * NODES).reshape(-1)
    with np.errstate(all="ignore"):
        w = np.exp(np.asarray(p.log_density(x))) * (half[:, np.newaxis] * WEIGHTS).reshape(-1)
    used = np.isfinite(w) & (w > 0.0)
    order = np.argsort(x[used])
    return Nodes(x[used][order], w[used][order])


def first_edges(p: Distribution, support: Interval) -> Array:
    """Quantiles, kinks, and in long tails distances from the middle that grow by a factor."""
    u = np.array([*TAILS, *INNER])
    with np.errstate(all="ignore"):
        inner = np.concatenate([p.quantile(u), p.upper_quantile(u)])
    inner = inner[np.isfinite(inner)]
    kinks = [float(point) for point in p.breakpoints()]
    inside = [end for end in (float(support.low), float(support.high)) if math.isfinite(end)]
    edges = np.unique(np.concatenate([inner, kinks, inside]))
    edges = edges[(edges >= support.low) & (edges <= support.high)]
    middle = float(p.quantile(0.5))
    spread = max(abs(float(p.quantile(0.75)) - middle), abs(middle - float(p.quantile(0.25))), 1e-300)
    added = []
    for side in (-1.0, 1.0):
        distances = np.abs(edges[(edges - middle) * side > 0.0] - middle)
        if distances.size and distances.max() > WIDEST * spread:
            steps = math.ceil(math.log(distances.max() / spread, WIDEST))
            added.append(middle + side * spread * WIDEST ** np.arange(steps))
    for end in inside:
        # towards an end, where the density may be a power of the distance
        distances = np.abs(edges[edges != end] - end)
        least = max(float(distances.min()), 1e-290)
        steps = math.ceil(math.log(max(float(distances.max()) / least, 1.0), WIDEST * WIDEST))
        added.append(end + (1.0 if end == support.low else -1.0) * least * (WIDEST * WIDEST) ** np.arange(steps))
    whole = np.unique(np.concatenate([edges, *added]))
    return whole[(whole >= edges[0]) & (whole <= edges[-1])]
