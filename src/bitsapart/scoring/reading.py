"""One pass over predictions, block by block: tally, sample, repeated labels."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.estimate.mean import Means
from bitsapart.scoring.bins import Bins
from bitsapart.scoring.floor import FloorOfRepeats, FloorOfVotes
from bitsapart.scoring.losses import Predicted, blended, cross_entropies, loss_of
from bitsapart.scoring.opened import Block, Opened
from bitsapart.scoring.sample import Sample
from bitsapart.scoring.tally import (
    APART,
    BETTER,
    CONFIDENCE,
    FEWEST_GROUPS,
    GROUP_CELLS,
    GROUPS,
    HIT,
    LOSS,
    LOWEST,
    OCTAVE,
    OTHER,
    SCORED,
    Tally,
)
from bitsapart.scoring.targets import Truth
from bitsapart.values.errors import DataError, UsageError

Array = NDArray[np.float64]
SAMPLED_CELLS, SAMPLED_ROWS = 1 << 19, 100_000
"""Probabilities, and rows, that the sample has at the most, unless a number of rows is asked for."""
LISTED = 20
"""Rows that are listed one by one."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What the pass is to do."""

    mix: float | None = None
    sample: int | None = None
    folds: int = 5
    seed: int = 0


class Pass:
    """One pass, block by block."""

    def __init__(self, opened: Opened, other: Opened | None, wanted: Wanted) -> None:
        self.opened, self.other, self.wanted = opened, other, wanted
        self.votes = FloorOfVotes(len(opened.classes)) if opened.targets.kind == "votes" or opened.votes else None
        self.repeats = FloorOfRepeats(len(opened.classes)) if opened.repeats is not None else None
        classes = len(opened.classes)
        self.tally = Tally(classes, Means(6), by_class=Bins.empty(classes))
        self.tally.groups = np.zeros((min(GROUPS, max(FEWEST_GROUPS, GROUP_CELLS // classes)), 1 + classes))
        self.codes: dict[Any, int] = {}
        asked = min(SAMPLED_ROWS, max(1, SAMPLED_CELLS // classes)) if wanted.sample is None else wanted.sample
        # some more than asked, of which as many are kept in the end
        self.asked, self.share = asked, min(1.0, (asked + 6.0 * math.sqrt(asked)) / opened.rows)
        self.parts: list[dict[str, Any]] = []

    def run(self, progress: Progress | None = None) -> tuple[Tally, Sample]:
        """All blocks."""
        for block in self.opened.blocks():
            self.add(block)
            if progress is not None:
                progress("reading predictions", block.start + block.rows, self.opened.rows)
        if not self.tally.means.weight > 0.0:
            raise DataError("all weights are 0")
        return self.tally, self.sampled()

    def add(self, block: Block) -> None:
        """One block."""
        weights = block.weights if block.truth.votes is None else block.weights * block.truth.votes
        clusters = self.coded(block.clusters)
        log_q = None if block.truth.labels is not None else block.predicted.log_q()
        losses = loss_of(block.predicted, block.truth, log_q)
        top = block.predicted.top
        confidence = np.exp(block.predicted.at(top))
        hits = hits_of(block.truth, top)
        series = np.zeros((block.rows, 6))
        series[:, LOSS] = losses
        series[:, HIT] = hits
        self.add_misses(block, losses, weights)
        scored = self.scored(block.predicted, block.truth, losses, log_q)
        series[:, SCORED] = scored
        if self.other is not None:
            self.add_other(series, block, scored)
        self.tally.means.add(series, weights, clusters)
        self.add_rows(block, scored, weights, clusters, hits, confidence)
        self.add_by_class(block, scored, weights, hits, log_q)
        self.add_repeated(block, clusters)
        self.keep(block, weights, clusters)

    def scored(self, predicted: Predicted, truth: Truth, losses: Array, log_q: Array | None) -> Array:
        """The losses, or with ``mix`` those of (1 - mix) q + mix / classes."""
        mix, classes = self.wanted.mix, self.tally.classes
        if mix is None:
            return losses
        if truth.labels is not None:
            return np.asarray(-blended(predicted.at(truth.labels), mix, classes))
        assert truth.shares is not None and log_q is not None  # noqa: PT018, S101
        return cross_entropies(truth.shares, blended(log_q, mix, classes))

    def add_repeated(self, block: Block, clusters: NDArray[np.int64] | None) -> None:
        """Labels that were drawn several times for one item, for the floor."""
        if self.votes is not None:
            beside = self.opened.votes
            truth = block.truth if beside is None else beside.read(block.start, block.start + block.rows)
            assert truth.shares is not None and truth.votes is not None  # noqa: PT018, S101
            counts = np.rint(truth.shares * truth.votes[:, None])
            self.votes.add(counts, block.weights * truth.votes, clusters)
        if self.repeats is not None:
            if block.truth.labels is None:
                raise UsageError("repeats= (--repeats) takes one label a row; votes tell of repeated labels themselves")
            self.repeats.add(block.keys or [], block.truth.labels, block.weights)

    def coded(self, clusters: NDArray[Any] | None) -> NDArray[np.int64] | None:
        """Clusters as whole numbers from 0."""
        if clusters is None:
            return None
        values = clusters.tolist()
        return np.array([self.codes.setdefault(value, len(self.codes)) for value in values], np.int64)

    def add_other(self, series: Array, block: Block, losses: Array) -> None:
        """The other model's losses on the same rows."""
        assert self.other is not None  # noqa: S101
        predicted = self.other.predicted(block.start, block.start + block.rows)
        log_q = None if block.truth.labels is not None else predicted.log_q()
        theirs = self.scored(predicted, block.truth, loss_of(predicted, block.truth, log_q), log_q)
        both = np.isinf(losses) & np.isinf(theirs)
        self.tally.both_missed += int(both.sum())
        series[:, OTHER] = theirs
        with np.errstate(invalid="ignore"):
            series[:, APART] = np.where(both, 0.0, losses - theirs)
        series[:, BETTER] = np.where(losses == theirs, 0.5, losses < theirs)

    def add_misses(self, block: Block, losses: Array, weights: Array) -> None:
        """Labels whose probability was 0."""
        missed = np.flatnonzero(np.isinf(losses) & (weights > 0.0))
        tally = self.tally
        tally.misses += len(missed)
        tally.missed_weight += float(weights[missed].sum())
        tally.miss_rows += (block.start + missed)[: LISTED - len(tally.miss_rows)].tolist()

    def add_rows(
        self,
        block: Block,
        losses: Array,
        weights: Array,
        clusters: NDArray[np.int64] | None,
        hits: Array,
        confidence: Array,
    ) -> None:
        """What is kept of single rows, and in groups of them."""
        tally = self.tally
        rows = np.arange(block.start, block.start + block.rows)
        infinite = np.isinf(losses)
        finite = np.where(infinite, 0.0, losses)
        wx = weights * finite
        group = (rows if clusters is None else clusters) % len(tally.groups)
        tally.groups[:, 0] += np.bincount(group, wx, minlength=len(tally.groups))
        if block.truth.labels is not None:
            np.add.at(tally.groups, (group, 1 + block.truth.labels), weights)
        else:
            np.add.at(tally.groups[:, 1:], group, weights[:, None] * block.truth.all_shares(tally.classes))
        bins = np.clip(
            (OCTAVE * (np.log2(np.maximum(finite, 1e-300)) - LOWEST)).astype(np.int64), 0, tally.histogram.shape[1] - 1
        )
        kept = np.where(infinite, 0.0, weights)
        tally.histogram[0] += np.bincount(bins, kept, minlength=tally.histogram.shape[1])
        tally.histogram[1] += np.bincount(bins, wx, minlength=tally.histogram.shape[1])
        wrong = 1.0 - hits
        tally.wrong += ((weights * wrong).sum(), (wx * wrong).sum())
        levels = np.clip(np.searchsorted(CONFIDENCE, confidence, side="right") - 1, 0, len(CONFIDENCE) - 2)
        tally.by_confidence.add(levels, weights, losses, hits)
        sums = block.predicted.sums
        if sums is None:
            tally.largest_logit = max(tally.largest_logit, float(np.abs(block.predicted.offset).max()))
        else:
            held = tally.row_sums or sums
            tally.row_sums = (min(held[0], sums[0]), max(held[1], sums[1]))
        self.add_worst(block, losses, weights, confidence)

    def add_worst(self, block: Block, losses: Array, weights: Array, confidence: Array) -> None:
        """The rows with the largest losses."""
        truth, heap = block.truth, self.tally.worst
        least = heap[0][0] if len(heap) == LISTED else -1.0
        places = np.flatnonzero((losses > least) & (weights > 0.0))
        labels = truth.labels if truth.shares is None else truth.shares.argmax(axis=1)
        assert labels is not None  # noqa: S101
        for i in places[np.argsort(-losses[places], kind="stable")][:LISTED]:
            label = int(labels[i])
            q = math.exp(block.predicted.at(np.full(block.rows, label))[i])
            entry = (
                float(losses[i]),
                -(block.start + int(i)),
                label,
                int(block.predicted.top[i]),
                q,
                float(confidence[i]),
            )
            if len(heap) < LISTED:
                heapq.heappush(heap, entry)
            else:
                heapq.heappushpop(heap, entry)

    def add_by_class(self, block: Block, losses: Array, weights: Array, hits: Array, log_q: Array | None) -> None:
        """The loss of each class: of soft targets, each class has its share."""
        labels, tally = block.truth.labels, self.tally
        if labels is not None:
            tally.by_class.add(labels, weights, losses, hits)
            return
        assert log_q is not None  # noqa: S101
        shares = block.truth.all_shares(tally.classes)
        rows, codes = np.nonzero(shares)
        right = (block.predicted.top[rows] == codes).astype(np.float64)
        own = (
            log_q[rows, codes]
            if self.wanted.mix is None
            else blended(log_q[rows, codes], self.wanted.mix, tally.classes)
        )
        tally.by_class.add(codes, weights[rows] * shares[rows, codes], -own, right)

    def keep(self, block: Block, weights: Array, clusters: NDArray[np.int64] | None) -> None:
        """The rows of the sample; those without weight are not there."""
        rows = np.arange(block.start, block.start + block.rows)
        there = weights > 0.0
        if self.share < 1.0:
            there &= hashed(rows, self.wanted.seed) < np.uint64(self.share * 2.0**64)
        if not there.any():
            return
        chosen = slice(None) if there.all() else np.flatnonzero(there)
        values, truth = block.predicted, block.truth
        part = replace(values, values=values.values[chosen], offset=values.offset[chosen], top=values.top[chosen])
        self.parts.append(
            {
                "log_q": part.log_q(),
                "labels": None if truth.labels is None else truth.labels[chosen],
                "shares": None if truth.shares is None else truth.shares[chosen],
                "votes": None if truth.votes is None else truth.votes[chosen],
                "weights": weights[chosen],
                "clusters": None if clusters is None else clusters[chosen],
                "rows": rows[chosen],
                "features": None if block.features is None else block.features[chosen],
            }
        )

    def sampled(self) -> Sample:
        """The sample put together."""
        rows = np.concatenate([np.empty(0, np.int64), *(part["rows"] for part in self.parts)])
        kept = np.arange(len(rows))
        if len(rows) > self.asked:
            kept = np.sort(np.argsort(hashed(rows, self.wanted.seed), kind="stable")[: self.asked])

        def whole(name: str) -> Any:
            parts = [part[name] for part in self.parts]
            return None if not parts or parts[0] is None else np.concatenate(parts)[kept]

        classes = self.tally.classes
        log_q = whole("log_q")
        if log_q is None:
            log_q = np.zeros((0, classes))
        labels, shares, rows = whole("labels"), whole("shares"), whole("rows")
        if rows is None:
            rows, labels = np.zeros(0, np.int64), np.zeros(0, np.int64)
        clusters = whole("clusters")
        # dealt by a hash of its own, so that folds and sample are independent
        by = rows if clusters is None else clusters
        folds = (hashed(by, self.wanted.seed + 1) % np.uint64(self.wanted.folds)).astype(np.int64)
        if clusters is None:
            folds = np.argsort(np.argsort(hashed(rows, self.wanted.seed + 1))) % self.wanted.folds
        targets = Truth(labels, shares, None).all_shares(classes)
        weights = whole("weights")
        weights = np.zeros(0) if weights is None else weights
        of = self.tally.means.n
        votes, features = whole("votes"), whole("features")
        self.parts.clear()
        return Sample(log_q, targets, labels, weights, clusters, folds, rows, votes, features, of)


def hits_of(truth: Truth, top: NDArray[np.int64]) -> Array:
    """1 where the most probable class is the label; of soft targets, its share."""
    if truth.labels is not None:
        return np.asarray(truth.labels == top, np.float64)
    assert truth.shares is not None  # noqa: S101
    return np.asarray(truth.shares[np.arange(len(top)), top])


def hashed(numbers: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea & Flood 2014) of numbers: the same sample whatever the blocks."""
    x = numbers.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
