"""How labels differ from item to item: a Dirichlet law, and the bounds of an item's entropy that need it or do not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import digamma, gammaln

from bitsapart.estimate.discrete.zhang import zhang

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
CELLS = 1 << 20
MOST_TERMS = 1_000
"""Terms of the series that are added up one by one; the rest is an integral."""
STEP = 0.1
"""Of log a, for derivatives."""
LOW, ESTIMATE, HIGH, POOLED = range(4)


@dataclass(frozen=True, eq=False)
class Items:
    """Counts of labels: ``counts`` and ``own``, (items, classes), ``weights``, (items,), and clusters where there are.

    ``own``: what one label of that class weighs; 1 unless labels have weights of their own.
    """

    counts: Array
    own: Array
    weights: Array
    clusters: Codes | None = None

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, rows: slice) -> "Items":
        clusters = None if self.clusters is None else self.clusters[rows]
        return Items(self.counts[rows], self.own[rows], self.weights[rows], clusters)

    def without(self, rows: Codes, classes: Codes) -> "Items":
        """These items, each without a label of one class."""
        counts, at = self.counts[rows], np.arange(len(rows))
        left = counts[at, classes] - self.own[rows, classes]
        counts[at, classes] = np.where(left > 1e-9, left, 0.0)
        return Items(counts, self.own[rows], self.weights[rows])

    def together(self, other: "Items") -> "Items":
        """These and then the others."""
        clusters = None
        if self.clusters is not None and other.clusters is not None:
            clusters = np.concatenate([self.clusters, other.clusters])
        parts = ((self.counts, other.counts), (self.own, other.own), (self.weights, other.weights))
        counts, own, weights = (np.concatenate(pair) for pair in parts)
        return Items(counts, own, weights, clusters)


@dataclass(frozen=True, eq=False)
class Law:
    """Dirichlet(a m): how shares differ from item to item. ``m`` > 0 sums to 1."""

    a: float
    m: Array

    def around(self) -> tuple["Law", "Law"]:
        """The laws a step of log a above and below."""
        return Law(self.a * np.exp(STEP), self.m), Law(self.a * np.exp(-STEP), self.m)

    def tail(self, n: Array) -> Array:
        """What the first n - 1 terms of the series leave out on average, in nats, for each n."""
        whole = np.maximum(np.floor(n + 1e-6), 1.0).astype(np.int64)
        size = min(int(whole.max(initial=1)), max(50, min(MOST_TERMS, CELLS // len(self.m))))
        entropy = float(self.m @ (digamma(self.a + 1.0) - digamma(self.a * self.m + 1.0)))
        v = np.arange(1.0, size)
        b = self.a * (1.0 - self.m)
        # E p (1 - p)^v
        moments = np.exp(self.scale() + gammaln(b + v[:, None]) - gammaln(self.a + v[:, None] + 1.0)).sum(axis=1)
        left = np.maximum(entropy - np.concatenate([[0.0, 0.0], np.cumsum(moments / v)]), 0.0)
        found = left[np.minimum(whole, size)]
        beyond = whole > size
        found[beyond] = self.far_tail(whole[beyond])
        return np.asarray(found)

    def scale(self) -> Array:
        """The logarithm of m Gamma(a + 1) / Gamma(a (1 - m))."""
        return np.asarray(np.log(self.m) + gammaln(self.a + 1.0) - gammaln(self.a * (1.0 - self.m)))

    def far_tail(self, n: Codes) -> Array:
        """The same for large n, by an integral over v: E p (1 - p)^v falls as (v + a (1 - m / 2))^-(a m + 1)."""
        if not len(n):
            return np.empty(0)
        power = self.a * self.m + 1.0
        known, at = np.unique(n, return_inverse=True)
        shift = self.a * (1.0 - self.m / 2.0) * power / (power + 1.0) - 0.5
        logs = self.scale() - power * np.log(known[:, None] + shift)
        return np.asarray((np.exp(logs) / power).sum(axis=1)[at])


def fitted(items: Items) -> Law:
    """The law under which each label is best predicted from the others of its item.

    A beta(1/2, 1/2) prior on how alike labels of one item are, 1 / (1 + a), one item's worth, keeps a from the ends.
    """
    classes = items.counts.shape[1]
    square = float((items.weights**2).sum())
    worth = items.weights * (float(items.weights.sum()) / square if square > 0.0 else 0.0)
    n = items.counts.sum(axis=1)
    m = (worth @ (items.counts / n[:, None]) + 0.5) / (float(worth.sum()) + 0.5 * classes)
    row, k = np.nonzero(items.counts)
    share = worth[row] * items.counts[row, k] / n[row]
    others, all_others = items.counts[row, k] - items.own[row, k], n[row] - items.own[row, k]

    def loss(log_a: float) -> float:
        a = float(np.exp(log_a))
        surprise = np.log(all_others + a) - np.log(others + a * m[k])
        return float(share @ surprise) + float(np.log1p(a)) - 0.5 * log_a

    best = minimize_scalar(loss, bounds=(-8.0, 8.0), method="bounded", options={"xatol": 1e-3})
    return Law(float(np.exp(best.x)), m)


def bounds(items: Items, law: Law) -> Array:
    """From below, the estimate, from above, and under the label frequencies of the law, in nats: (items, 4).

    Items without labels are 0.
    """
    n = items.counts.sum(axis=1)
    found = np.zeros((len(items), POOLED + 1))
    some = n > 0.0
    found[some, LOW] = zhang(items.counts[some])
    found[some, ESTIMATE] = found[some, LOW] + law.tail(n[some])
    row, k = np.nonzero(items.counts)
    others, all_others = items.counts[row, k] - items.own[row, k], n[row] - items.own[row, k]
    surprise = np.log(np.maximum(all_others, 0.0) + law.a) - np.log(np.maximum(others, 0.0) + law.a * law.m[k])
    found[:, HIGH] = np.bincount(row, items.counts[row, k] / n[row] * surprise, len(items))
    found[some, POOLED] = items.counts[some] @ -np.log(law.m) / n[some]
    return found


def rate(items: Items, law: Law) -> float:
    """How the mean estimate follows an item's score, its loss differentiated by log a, as ``law`` follows all items."""
    up, down = (np.average(bounds(items, other), axis=0, weights=items.weights) for other in law.around())
    bend = up[HIGH] + down[HIGH] - 2.0 * np.average(bounds(items, law)[:, HIGH], weights=items.weights)
    return float(-(up[ESTIMATE] - down[ESTIMATE]) * STEP / (2.0 * bend)) if bend > 0.0 else 0.0


def score(items: Items, law: Law) -> Array:
    """The loss of each item differentiated by log a."""
    up, down = (bounds(items, other)[:, HIGH] for other in law.around())
    return np.asarray((up - down) / (2.0 * STEP))
