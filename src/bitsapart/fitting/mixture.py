"""Mixtures of normal distributions by expectation maximisation from several starts. Dempster, Laird & Rubin 1977.

The likelihood has no maximum: a component on a single value makes it infinite. What is meant is the best of its local
maxima in the inside, as found from several starts; a component that collapses ends a start.
"""

import math
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from bitsapart.families.distribution import Distribution
from bitsapart.families.no_minimiser import NoMinimiserError
from bitsapart.families.parameter import POSITIVE, PROBABILITY, REAL
from bitsapart.families.registry import family
from bitsapart.families.support import Interval
from bitsapart.fitting.fitted import Fitted, Named, Options, Spread, few_rows
from bitsapart.fitting.gathered import first_scaling, gather
from bitsapart.fitting.result import Certificate
from bitsapart.fitting.search import descended, newton
from bitsapart.fitting.slopes import sandwich
from bitsapart.fitting.target import Sample
from bitsapart.fitting.unconstrained import from_log_ratios, log_ratios
from bitsapart.values.errors import UsageError
from bitsapart.values.unit import Unit

Array = Any

STARTS = 8
ROUNDS = 60
"""Of expectation maximisation, which is slow at the end; a descent goes on from there."""
SETTLED = 1e-8
LOOKED_AT = 4096
"""Rows that starts are compared on."""
DESCENDED = 2
"""Starts that are descended from."""
COLLAPSED = 1e-3
"""Standard deviation of a component, in those of all values, below which it has collapsed."""
HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True, eq=False)
class Normals:
    """A batch of mixtures of normals: logarithms of weights, means and standard deviations, each (..., components)."""

    log_weights: Array
    means: Array
    sds: Array

    def parts(self, x: Array) -> list[Array]:
        """Log densities of the components with their weights, (..., rows) each."""
        heights = self.log_weights - np.log(self.sds) - HALF_LOG_2_PI
        found = []
        for i in range(self.means.shape[-1]):
            z = (x - self.means[..., i, np.newaxis]) / self.sds[..., i, np.newaxis]
            found.append(heights[..., i, np.newaxis] - 0.5 * z * z)
        return found

    def log_density(self, x: Array) -> Array:
        """(..., rows)."""
        parts = self.parts(x)
        most = reduce(np.maximum, parts)
        return np.log(sum(np.exp(part - most) for part in parts)) + most

    def distribution(self) -> Distribution:
        """As one of the families."""
        normal = family("Normal")
        parts = [normal(mean, sd) for mean, sd in zip(self.means, self.sds, strict=True)]
        weights = np.exp(self.log_weights)
        found: Distribution = family("Mixture")(weights / weights.sum(), parts)
        return found


class NormalsUnconstrained:
    """Mixtures of normals as vectors of real numbers, as ``Unconstrained`` does for families."""

    family = Normals

    def __init__(self, components: int) -> None:
        self.components = components
        self.size = 3 * components - 1

    def vector(self, member: Normals) -> Array:
        """Ratios of weights, means, logarithms of standard deviations."""
        return np.concatenate([log_ratios(np.exp(member.log_weights)), member.means, np.log(member.sds)], axis=-1)

    def member(self, vector: Array) -> Normals:
        """The mixture of a vector (..., size); one axis of 1 before the last is that of rows."""
        flat = vector[..., 0, :] if np.ndim(vector) == 3 else vector
        k = self.components
        with np.errstate(divide="ignore"):
            logs = np.log(from_log_ratios(flat[..., : k - 1])) if k > 1 else np.zeros((*flat.shape[:-1], 1))
        return Normals(logs, flat[..., k - 1 : 2 * k - 1], np.exp(flat[..., 2 * k - 1 :]))


def mixture(sample: Sample, options: Options) -> Fitted:
    """A mixture of so many normal components."""
    if sample.event:
        raise UsageError("a mixture of normals is a family of numbers, and the target has vectors")
    data = gather(sample, [], first_scaling(sample), Interval(), "Mixture", options.seed)
    few_rows(data, 3 * options.components - 1, "Mixture")
    found = best(data.values, data.weights, options.components, options.seed)
    free: Any = NormalsUnconstrained(options.components)
    spread = sandwich(free, found, data)
    scaling = data.scaling
    in_x = Normals(found.log_weights, found.means * scaling.scale + scaling.location, found.sds * scaling.scale)
    certificate = Certificate(
        "search",
        spread.residual**2 / 2.0 / Unit.bit.value,
        False,
        spread.residual,
        f"the best of the local maxima that {STARTS} starts led to",
    )
    own = Spread(spread.error, spread.error_variance, named(in_x, spread.covariance, float(scaling.scale)), free.size)
    loss = float(-(data.weights @ found.log_density(data.values)))
    notes = () if data.all_kept else (f"fitted to {len(data.values):,} rows drawn at random from the {data.n:,}",)
    return Fitted(found.distribution(), data, (), loss, certificate, False, notes, own, whole=in_x.distribution())


def named(member: Normals, covariance: Array, scale: float) -> tuple[Named, ...]:
    """Weights, means and standard deviations with their errors."""
    k = len(member.means)
    weights = np.exp(member.log_weights)
    slope = (np.diag(weights) - np.outer(weights, weights))[:, : k - 1]
    own = covariance[: k - 1, : k - 1]
    weight_errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, own, slope), 0.0))
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    found = [Named(f"weights[{i}]", float(weights[i]), float(weight_errors[i]), PROBABILITY) for i in range(k)]
    means, sds = errors[k - 1 : 2 * k - 1] * scale, errors[2 * k - 1 :] * member.sds
    found += [Named(f"mean[{i}]", float(member.means[i]), float(means[i]), REAL) for i in range(k)]
    return (*found, *(Named(f"sd[{i}]", float(member.sds[i]), float(sds[i]), POSITIVE) for i in range(k)))


def best(x: Array, w: Array, components: int, seed: int) -> Normals:
    """The mixture of the largest likelihood of weighted values, about of unit size, that the starts lead to.

    Raises:
        NoMinimiserError: a component collapses from every start.
    """
    if components < 1:
        raise UsageError(f"a mixture has 1 component or more; got components={components}")
    generator = np.random.default_rng(seed)
    size = math.sqrt(float(w @ (x - w @ x) ** 2))
    if size <= 0.0:
        raise NoMinimiserError("no mixture of normals is closest: the values do not vary")
    few, few_weights = x, w
    if len(x) > LOOKED_AT:
        chosen = np.linspace(0, len(x) - 1, LOOKED_AT).astype(np.int64)
        few, few_weights = x[chosen], w[chosen] / w[chosen].sum()
    ends = [climbed(start, few, few_weights, size) for start in starts(few, few_weights, components, size, generator)]
    inside = sorted(
        (end for end in ends if end is not None), key=lambda end: -float(few_weights @ end.log_density(few))
    )
    free: Any = NormalsUnconstrained(components)
    tops = [finished(free, end, x, w, size) for end in inside[:DESCENDED]]
    found = max((top for top in tops if top), key=lambda top: float(w @ top.log_density(x)), default=None)
    if found is None:
        raise NoMinimiserError(
            "no mixture of normals is closest: from every start a component collapses on few values, where the "
            "likelihood is infinite; ask for fewer components"
        )
    order = np.argsort(found.means)
    return Normals(found.log_weights[order], found.means[order], found.sds[order])


def finished(free: Any, begin: Normals, x: Array, w: Array, size: float) -> Normals | None:
    """The local maximum of the likelihood that is near; None where a component collapses on the way."""
    at = free.vector(begin)
    found: Normals = free.member(newton(free, descended(free, at, at, x, w), x, w))
    return found if (found.sds > COLLAPSED * size).all() else None


def starts(x: Array, w: Array, components: int, size: float, generator: Any) -> list[Normals]:
    """Means at quantiles, and at values drawn far from each other (Arthur & Vassilvitskii 2007)."""
    order = np.argsort(x)
    share = np.cumsum(w[order])
    at = np.searchsorted(share, (np.arange(components) + 0.5) / components * share[-1])
    centres = [x[order][np.minimum(at, len(x) - 1)]]
    for _ in range(STARTS - 1):
        chosen = [float(generator.choice(x, p=w / w.sum()))]
        while len(chosen) < components:
            distance = np.abs(x[:, np.newaxis] - np.array(chosen)).min(axis=1) ** 2 * w
            chosen.append(float(generator.choice(x, p=distance / distance.sum())) if distance.any() else chosen[0])
        centres.append(np.sort(chosen))
    even = np.full(components, -math.log(components))
    return [Normals(even, means, np.full(components, size / components)) for means in centres]


def climbed(mixture: Normals, x: Array, w: Array, size: float) -> Normals | None:
    """Where expectation maximisation leads; None where a component collapses."""
    before = -math.inf
    for _ in range(ROUNDS):
        parts = mixture.parts(x)
        most = reduce(np.maximum, parts)
        whole = np.array([np.exp(part - most) for part in parts])
        sums = whole.sum(axis=0)
        loss = float(w @ (np.log(sums) + most))
        held = whole * (w / sums)
        weights = held.sum(axis=1)
        if not (weights > 0.0).all():
            return None
        means = held @ x / weights
        variances = np.array([part @ (x - mean) ** 2 for part, mean in zip(held, means, strict=True)]) / weights
        if not (variances > (COLLAPSED * size) ** 2).all():
            return None
        mixture = Normals(np.log(weights / weights.sum()), means, np.sqrt(variances))
        if loss - before < SETTLED:
            break
        before = loss
    return mixture
