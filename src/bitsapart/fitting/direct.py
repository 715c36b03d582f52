"""Families whose closest member to a sample has a formula of its own: extremes, a median, covariances, shares."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.registry import family
from bitsapart.families.support import Entries, Interval, Lattice, Space
from bitsapart.fitting.directions import von_mises_fisher
from bitsapart.fitting.fitted import EXACT, Fitted, Options, Spread, counted, few_rows, mean_loss
from bitsapart.fitting.gathered import Gathered, Scaling, first_scaling, gather
from bitsapart.fitting.mixture import mixture
from bitsapart.fitting.target import Sample
from bitsapart.values.errors import UsageError

Array = Any


def uniform(sample: Sample, options: Options) -> Fitted:
    """From the least to the greatest value; the ends of the truth by the law of the range of a uniform sample."""
    data = gather(sample, [], Scaling(), Interval(), "Uniform", options.seed)
    few_rows(data, 2, "Uniform")
    low, high = float(data.low), float(data.high)
    varying(high > low, "uniform")
    reach = (high - low) * beyond(data, options)
    ends = {"low": (low - reach, low), "high": (high, high + reach)}
    loss = math.log(high - low)
    return Fitted(
        family("Uniform")(low, high), data, (), loss, EXACT, False, ends=ends, optimism=2.0 / data.effective_n
    )


def discrete_uniform(sample: Sample, options: Options) -> Fitted:
    """From the least to the greatest value."""
    support = Lattice(-np.inf, np.inf)
    rows = sample if sample.weighting == "weights" else counted(sample, support, "DiscreteUniform")
    data = gather(rows, [], Scaling(), support, "DiscreteUniform", options.seed)
    low, high = float(data.low), float(data.high)
    reach = math.ceil((high - low + 1.0) * beyond(data, options))
    ends = {"low": (low - reach, low), "high": (high, high + reach)}
    member = family("DiscreteUniform")(low, high)
    return Fitted(member, data, (), math.log(high - low + 1.0), EXACT, True, ends=ends)


def beyond(data: Gathered, options: Options) -> float:
    """Ranges by which the truth may reach beyond an extreme, at the level."""
    return float((1.0 - options.level) ** (-1.0 / max(data.n - 1, 1)) - 1.0)


def pareto(sample: Sample, options: Options) -> Fitted:
    """The scale is the least value, and 1 / shape the mean of log(x / scale)."""
    data = gather(sample, [np.log], Scaling(), Interval(0.0, np.inf), "Pareto", options.seed)
    few_rows(data, 2, "Pareto")
    scale = float(data.low)
    gap = data.means[0] - math.log(scale)
    varying(gap > 0.0, "Pareto")
    shape, n = 1.0 / gap, data.effective_n
    least = scale * (1.0 - options.level) ** (1.0 / (n * shape))
    half = 2.0 / math.sqrt(n)
    ends = {"scale": (least, scale), "shape": (shape * math.exp(-half), shape * math.exp(half))}
    loss = -math.log(shape) - shape * math.log(scale) + (shape + 1.0) * data.means[0]
    member = family("Pareto")(shape=shape, scale=scale)
    return Fitted(member, data, (), loss, EXACT, False, ends=ends, optimism=1.5 / n)


def laplace(sample: Sample, options: Options) -> Fitted:
    """The location is the median, the scale the mean distance from it.

    The median's error has the density of the data there, from the values about it, in place of a second derivative.
    """
    scaling = first_scaling(sample)
    data = gather(sample, [], scaling, Interval(), "Laplace", options.seed)
    few_rows(data, 2, "Laplace")
    notes = partly(data)
    location, scale = median_and_distance(data.values, data.weights)
    varying(scale > 0.0, "Laplace")
    order = np.argsort(data.values)
    z, n = data.values[order], data.effective_n
    share = np.cumsum(data.weights[order])
    near = min(0.25, 1.0 / math.sqrt(math.sqrt(n)))
    low, high = (float(z[min(np.searchsorted(share, 0.5 + side), len(z) - 1)]) for side in (-near, near))
    density = 2.0 * near / (high - low) if high > low else 0.5 / scale
    distances = np.abs(data.values - location)
    variance = float(data.weights @ distances**2) - scale**2
    of_each = np.array([0.5 / (density * scale), variance / scale**2])
    errors = np.array([0.5 / density, math.sqrt(variance)]) / math.sqrt(n)
    spread = Spread(float(of_each.sum()) / 2.0 / n, float(of_each @ of_each) / 2.0 / n**2, errors * scaling.scale, 2)
    member = family("Laplace")(location, scale)
    return Fitted(member, data, (), mean_loss(member, data), EXACT, False, notes, spread)


def median_and_distance(values: Array, weights: Array) -> tuple[float, float]:
    """The weighted median, and the mean distance from it."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order])
    half = 0.5 * share[-1]
    low = min(int(np.searchsorted(share, half * (1.0 - 1e-12))), len(order) - 1)
    high = min(int(np.searchsorted(share, half * (1.0 + 1e-12), side="right")), len(order) - 1)
    middle = 0.5 * float(values[order[low]] + values[order[high]])
    return middle, float(weights @ np.abs(values - middle)) / float(share[-1])


def multivariate_normal(sample: Sample, options: Options) -> Fitted:
    """Mean and covariance of the rows, about the mean of the first ones."""
    if len(sample.event) != 1:
        raise UsageError("MultivariateNormal is a family of vectors, and the target has numbers: give rows of (n, d)")
    d = sample.event[0]
    data = gather(sample, [], Scaling(), Entries((Interval(),) * d), "MultivariateNormal", options.seed)
    few_rows(data, d + 1, "MultivariateNormal")
    about = first_scaling(sample).location
    total, first, second = 0.0, np.zeros(d), np.zeros((d, d))
    for block in sample.read():
        y = block.values - about
        w = np.ones(len(y)) if block.weights is None else block.weights
        total += float(w.sum())
        first += w @ y
        second += (y * w[:, np.newaxis]).T @ y
    shift = first / total
    covariance = second / total - np.outer(shift, shift)
    member = family("MultivariateNormal").from_moments(about + shift, 0.5 * (covariance + covariance.T))
    loss = float(member.entropy("nat").value)
    return Fitted(member, data, (), loss, EXACT, False, (), normal_spread(member, data))


def normal_spread(member: Any, data: Gathered) -> Spread:
    """Errors of means and covariances, which are means of products, whatever the rows are drawn from."""
    y = data.values - member.mean
    factor = np.linalg.cholesky(member.covariance)
    size = (np.linalg.solve(factor, y.T) ** 2).sum(axis=0)
    d, n = y.shape[1], data.effective_n
    error = float(data.weights @ size + 0.5 * (data.weights @ size**2 - d)) / (2.0 * n)
    freedom = d + d * (d + 1) / 2
    of_means = np.sqrt(data.spread @ y**2)
    of_covariance = np.array(
        [
            [math.sqrt(data.spread @ (y[:, i] * y[:, j] - member.covariance[i, j]) ** 2) for j in range(d)]
            for i in range(d)
        ]
    )
    entries = np.concatenate([of_means, of_covariance.reshape(-1)])
    return Spread(error, 2.0 * error * error / freedom, entries, int(freedom))


def categorical(sample: Sample, options: Options) -> Fitted:
    """The shares of the outcomes 0, 1, ... up to the greatest that was seen."""
    support = Lattice(0.0, np.inf)
    rows = sample if sample.weighting == "weights" else counted(sample, support, "Categorical")
    data = gather(rows, [], Scaling(), support, "Categorical", options.seed)
    if float(data.high) > MOST_OUTCOMES:
        raise UsageError(f"Categorical has an outcome for every whole number up to {data.high:.0f}: too many to list")
    counts: Array = np.bincount(data.values.astype(np.int64), data.weights)
    shares = counts / counts.sum()
    member = family("Categorical")(shares)
    seen, n = int((shares > 0.0).sum()), data.effective_n
    error = (seen - 1) / (2.0 * n)
    spread = Spread(error, error / n, np.sqrt(shares * (1.0 - shares) / n), seen - 1)
    return Fitted(member, data, (), mean_loss(member, data), EXACT, True, (), spread)


MOST_OUTCOMES = 1_000_000


def multinomial(sample: Sample, options: Options) -> Fitted:
    """The shares of all counts together; every row has the same total."""
    if len(sample.event) != 1:
        raise UsageError("Multinomial is a family of vectors of counts, and the target has numbers")
    total = float(next(iter(sample.read())).values[0].sum())

    def inside(x: Array) -> Array:
        return ((x >= 0.0) & (x == np.floor(x))).all(axis=-1) & (x.sum(axis=-1) == total)

    support = Space(f"counts that sum to {total:g}, as the first row does,", sample.event, inside, total)
    data = gather(sample, [], Scaling(), support, "Multinomial", options.seed)
    sums = np.zeros(sample.event)
    for block in sample.read():
        sums += block.values.sum(axis=0) if block.weights is None else block.weights @ block.values
    shares = sums / sums.sum()
    member = family("Multinomial")(total, shares)
    y = data.values / total - shares
    seen = shares > 0.0
    variance = data.spread @ y**2
    error = float((variance[seen] / shares[seen]).sum()) * total / 2.0
    freedom = max(int(seen.sum()) - 1, 1)
    spread = Spread(error, 2.0 * error**2 / freedom, np.concatenate([[0.0], np.sqrt(variance)]), freedom)
    return Fitted(member, data, ("n",), mean_loss(member, data), EXACT, True, (), spread)


def dirichlet(sample: Sample, options: Options) -> Fitted:
    """From the means of log x."""
    if len(sample.event) != 1:
        raise UsageError("Dirichlet is a family of probability vectors, and the target has numbers")

    def inside(x: Array) -> Array:
        return (x > 0.0).all(axis=-1) & (np.abs(x.sum(axis=-1) - 1.0) <= 1e-6)

    support = Space("vectors of positive numbers that sum to 1,", sample.event, inside)
    data = gather(sample, [], Scaling(), support, "Dirichlet", options.seed)
    few_rows(data, sample.event[0], "Dirichlet")
    sums, total = np.zeros(sample.event), 0.0
    for block in sample.read():
        logs = np.log(block.values)
        sums += logs.sum(axis=0) if block.weights is None else block.weights @ logs
        total += len(logs) if block.weights is None else float(block.weights.sum())
    member = family("Dirichlet").from_moments(sums / total)
    return Fitted(member, data, (), mean_loss(member, data), EXACT, False)


def partly(data: Gathered) -> tuple[str, ...]:
    """A note where not all rows were used."""
    if data.all_kept:
        return ()
    return (f"fitted to {len(data.values):,} rows drawn at random from the {data.n:,}",)


def varying(holds: bool, name: str) -> None:
    """An error for values that do not vary."""
    if not holds:
        raise NoMinimiserError(f"no {name} distribution is closest: the values do not vary")


DIRECT: dict[str, Callable[[Sample, Options], Fitted]] = {
    "Categorical": categorical,
    "Dirichlet": dirichlet,
    "DiscreteUniform": discrete_uniform,
    "Laplace": laplace,
    "Mixture": mixture,
    "Multinomial": multinomial,
    "MultivariateNormal": multivariate_normal,
    "Pareto": pareto,
    "Uniform": uniform,
    "VonMisesFisher": von_mises_fisher,
}
"""By the name of the family, where no parameter is held fixed."""
