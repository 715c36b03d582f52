"""One pass: what it adds up, whatever the blocks, and in memory that does not grow with the rows."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

import bitsapart as ba
import bitsapart.scoring.opened as module
from bitsapart.scoring.opened import Request
from bitsapart.scoring.opening import opened
from bitsapart.scoring.reading import Pass, Wanted
from bitsapart.values.unit import Unit

RNG = np.random.default_rng(20)
N, K = 3000, 4
P = RNG.dirichlet(np.ones(K), N)
Y = (P.cumsum(axis=1) < RNG.random((N, 1))).sum(axis=1).clip(0, K - 1)
W = RNG.exponential(size=N)
G = RNG.integers(0, 150, N)
LOSSES = -np.log2(P[np.arange(N), Y])


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All numbers and words of a JSON document, by their places."""
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(value, f"{path}/{key}")
    else:
        yield path, tree


def agree(first, second):
    """Two scores say the same, but for rounding."""
    one, other = (dict(leaves(json.loads(found.to_json()))) for found in (first, second))
    assert one.keys() == other.keys()
    for place, value in one.items():
        if isinstance(value, float):
            assert other[place] == pytest.approx(value, rel=1e-10, abs=1e-10), place
        else:
            assert other[place] == value, place


@pytest.mark.parametrize(
    "options",
    [
        {"recalibrations": ()},
        {"weights": W, "clusters": G, "against": np.roll(P, 1, axis=0), "sample": 700},
        {"mix": 0.01, "sample": 700},
    ],
)
@pytest.mark.parametrize("cells", [1, 333])
def test_nothing_depends_on_the_blocks(monkeypatch, options, cells):
    whole = ba.score(P, Y, **options)
    monkeypatch.setattr(module, "CELLS", cells)
    agree(ba.score(P, Y, **options), whole)


def test_weighted_figures_are_those_of_scikit_learn():
    found = ba.score(P, Y, weights=W, recalibrations=())
    assert found.cross_entropy.value * math.log(2) == pytest.approx(metrics.log_loss(Y, P, sample_weight=W), rel=1e-13)
    assert found.skill.value == pytest.approx(metrics.d2_log_loss_score(Y, P, sample_weight=W), rel=1e-11)
    assert found.accuracy.value == pytest.approx(metrics.accuracy_score(Y, P.argmax(axis=1), sample_weight=W))
    assert found.effective_n == pytest.approx(W.sum() ** 2 / (W**2).sum())


def test_rows_without_weight_are_not_there():
    weights = np.append(W, [0.0, 0.0])
    predictions = np.vstack([P, [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]])
    found = ba.score(predictions, np.append(Y, [3, 3]), weights=weights)
    agree(found, ba.score(P, Y, weights=W))
    assert found.certain_misses == 0


def test_scaled_weights_say_the_same():
    agree(ba.score(P, Y, weights=W * 1e-40), ba.score(P, Y, weights=W))


@pytest.mark.parametrize("clustered", [False, True])
def test_intervals_of_base_and_skill_are_near_the_delta_method(clustered):
    found = ba.score(P, Y, clusters=G if clustered else None, recalibrations=())
    frequencies = np.bincount(Y, minlength=K) / N
    code = -np.log2(frequencies)[Y]
    influence = code - code.mean(), (LOSSES.mean() / code.mean() * code - LOSSES) / code.mean()
    for estimate, values in zip((found.base, found.skill), influence, strict=True):
        sums = np.bincount(G, values) if clustered else values - values.mean()
        half = 1.96 * math.sqrt(float((sums**2).sum())) / N
        assert estimate.value - estimate.low == pytest.approx(half, rel=0.3)


def test_the_worst_rows_hold_what_they_hold_with_or_without_a_histogram():
    exact, binned = ba.score(P, Y, recalibrations=()).tail, ba.score(P, Y, recalibrations=(), sample=10).tail
    held = np.sort(LOSSES)[::-1].cumsum() / LOSSES.sum()
    for (share, part), (_, rough) in zip(exact.shares, binned.shares, strict=True):
        assert part == pytest.approx(held[round(share * N) - 1], rel=1e-9)
        assert rough == pytest.approx(part, rel=0.01)
    wrong = P.argmax(axis=1) != Y
    assert exact.misclassified == pytest.approx((wrong.mean(), LOSSES[wrong].sum() / LOSSES.sum()))
    assert [row.row for row in exact.worst] == np.argsort(-LOSSES, kind="stable")[: len(exact.worst)].tolist()
    first = exact.worst[0]
    assert (first.bits, first.probability) == pytest.approx((LOSSES.max(), P[first.row, Y[first.row]]))
    assert (first.label, first.predicted) == (str(Y[first.row]), str(P[first.row].argmax()))


def test_slices_are_means_of_their_rows():
    found = ba.score(P, Y, weights=W, recalibrations=())
    for part in found.by_class:
        rows = int(part.name) == Y
        assert part.rows == rows.sum()
        assert part.bits.value == pytest.approx(np.average(LOSSES[rows], weights=W[rows]))
        assert part.share == pytest.approx(W[rows].sum() / W.sum())
        assert part.loss_share == pytest.approx((W * LOSSES)[rows].sum() / (W * LOSSES).sum())
        assert part.accuracy == pytest.approx(np.average(P[rows].argmax(axis=1) == Y[rows], weights=W[rows]))
    for parts in (found.by_class, found.by_confidence):
        assert math.fsum(part.share for part in parts) == pytest.approx(1.0)
        assert math.fsum(part.loss_share for part in parts) == pytest.approx(1.0)
    top = P.max(axis=1)
    counts = [((top >= low) & (top < high)).sum() for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.99))]
    assert [part.rows for part in found.by_confidence][:4] == counts


def test_a_slice_with_a_certain_miss_is_infinite_and_holds_the_loss():
    predictions = P.copy()
    predictions[:3] = [1.0, 0.0, 0.0, 0.0]
    labels = Y.copy()
    labels[:3] = [1, 1, 2]
    found = ba.score(predictions, labels, recalibrations=())
    parts = {part.name: part for part in found.by_class}
    assert {name: part.bits.value == math.inf for name, part in parts.items()} == {
        "0": False,
        "1": True,
        "2": True,
        "3": False,
    }
    assert [parts[name].loss_share for name in "0123"] == pytest.approx([0.0, 2 / 3, 1 / 3, 0.0])
    assert parts["1"].rows == (labels == 1).sum()
    assert parts["1"].accuracy == pytest.approx((predictions[labels == 1].argmax(axis=1) == 1).mean())
    assert found.by_class[0].name == "1"
    assert found.by_confidence[-1].bits.value == math.inf


def test_slices_of_soft_labels_weigh_each_class_by_its_share():
    shares = np.random.default_rng(23).dirichlet(np.ones(K), N)
    found = {part.name: part for part in ba.score(P, shares, recalibrations=()).by_class}
    for k in range(K):
        part = found[str(k)]
        assert part.bits.value == pytest.approx(np.average(-np.log2(P[:, k]), weights=shares[:, k]))
        assert part.share == pytest.approx(shares[:, k].mean())


def test_the_base_is_no_more_than_that_of_equal_frequencies_and_known_where_the_loss_is_infinite():
    predictions = np.full((60, 3), 1.0 / 3.0)
    predictions[0] = [1.0, 0.0, 0.0]
    found = ba.score(predictions, [1, 2, 0] * 20, recalibrations=())
    assert found.base.value == pytest.approx(math.log2(3))
    assert found.base.high == pytest.approx(math.log2(3))
    assert 1.5 < found.base.low <= found.base.value
    assert (found.skill.value, found.skill.kind) == (-math.inf, "unknown")


def test_many_classes_take_memory_for_a_row_or_two():
    p = np.random.default_rng(24).dirichlet(np.full(60_000, 0.5), 30)
    tally = Pass(opened(p, Request(np.arange(30))), None, Wanted(sample=0)).run()[0]
    assert tally.groups.nbytes <= 20 * 60_001 * 8
    assert tally.means.mean(0) == pytest.approx(-np.log(p[np.arange(30), np.arange(30)]).mean())


# the sample ----------------------------------------------------------------------------------------------------------


def drawn(sample=None, seed=0, **parts):
    """The sample of one pass."""
    return Pass(opened(P, Request(Y, **parts)), None, Wanted(sample=sample, seed=seed)).run()[1]


@pytest.mark.parametrize("size", [0, 1, 100, 2900, 2999, 3000, 5000])
def test_a_sample_has_as_many_rows_as_asked_for_in_order(size):
    found = drawn(size)
    assert len(found.rows) == min(size, N)
    assert (np.diff(found.rows) > 0).all()
    np.testing.assert_allclose(np.exp(found.log_q), P[found.rows], rtol=1e-12)
    assert (found.labels == Y[found.rows]).all()
    assert found.is_all == (size >= N)


def test_samples_of_other_seeds_are_others_and_each_row_has_its_chance():
    taken = np.zeros(N)
    for seed in range(40):
        taken[drawn(300, seed).rows] += 1
    assert not np.array_equal(drawn(300, 0).rows, drawn(300, 1).rows)
    # 40 draws of a tenth: 4 +- 1.9 a row, thirds of the rows alike
    assert taken.std() == pytest.approx(1.9, rel=0.15)
    assert np.array([part.mean() for part in np.array_split(taken, 3)]) == pytest.approx(4.0, abs=0.2)


def test_folds_are_of_one_size_and_keep_clusters_together():
    plain = np.bincount(drawn().folds)
    assert len(plain) == 5
    assert np.ptp(plain) <= 1
    found = drawn(clusters=G)
    folds = {cluster: set(found.folds[found.clusters == cluster].tolist()) for cluster in np.unique(found.clusters)}
    assert {len(fold) for fold in folds.values()} == {1}
    assert set().union(*folds.values()) == set(range(5))


def test_clusters_of_any_kind_are_the_same_clusters():
    names = np.array([f"patient {g}" for g in G])
    agree(ba.score(P, Y, clusters=names), ba.score(P, Y, clusters=G))
    agree(ba.score(P, Y, clusters=G.astype(float)), ba.score(P, Y, clusters=G))


# memory --------------------------------------------------------------------------------------------------------------

MEASURED = """
import re, sys, numpy as np, bitsapart as ba
memory = lambda what: int(re.search(what + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
small = np.linspace(0.01, 0.99, 400)
ba.score(small, (small > 0.5).astype(int), recalibrations=(), sample=0)
open("/proc/self/clear_refs", "w").write("5")
before = memory("VmRSS")
found = ba.score(sys.argv[1], sys.argv[2], recalibrations=(), sample=0)
print(found.cross_entropy.value, memory("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    rows = 2_000_000
    p = np.random.default_rng(21).random(rows)
    labels = (np.random.default_rng(22).random(rows) < p).astype(np.int64)
    np.save(tmp_path / "p.npy", p)
    np.save(tmp_path / "y.npy", labels)
    files = [str(tmp_path / name) for name in ("p.npy", "y.npy")]
    done = subprocess.run([sys.executable, "-c", MEASURED, *files], capture_output=True, text=True, check=True)
    value, extra = map(float, done.stdout.split())
    assert value == pytest.approx(Unit.bit.of(metrics.log_loss(labels, p)), rel=1e-12)
    assert extra < 16.0  # of 32 MB of files
