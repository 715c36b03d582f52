"""What two rows of logits say of each other, by the kernel and by the formulas, against other ways to say it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any
from unittest.mock import patch

import mpmath as mp
import numpy as np
import pytest
from cases import vocabulary
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from make_oracle import ORACLE
from scipy.special import log_softmax

import bitsapart as ba
from bitsapart.measures import kernels
from bitsapart.measures.logit_pairs import LogitPairs, logit_pairs, tempered_cross_entropy
from bitsapart.values.errors import DataError, UsageError

INF = np.inf
DIVERGENCES = ("kl", "reverse_kl", "js", "total_variation")
NAMES = [field.name for field in fields(LogitPairs)]
TYPES = ("float16", "bfloat16", "float32", "float64")


@contextmanager
def by(way: str) -> Iterator[None]:
    """The kernel, or the formulas that run where nothing is compiled."""
    with patch.object(kernels, "_kernels", kernels._kernels if way == "kernel" else None):
        yield


def pairs(p: Any, q: Any, labels: Any = None, way: str = "kernel", **options: Any) -> LogitPairs:
    with by(way):
        return logit_pairs(np.asarray(p), np.asarray(q), labels, **options)


def same(x: LogitPairs, y: LogitPairs, rtol: float = 0.0, atol: float = 0.0) -> None:
    for name in NAMES:
        np.testing.assert_allclose(getattr(x, name), getattr(y, name), rtol=rtol, atol=atol, err_msg=name)


def logs(p: Any) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(p)


def brain(x: np.ndarray) -> np.ndarray:
    """The bits of bfloat16: the upper half of a float32, cut."""
    return (x.astype(np.float32).view(np.uint32) >> np.uint32(16)).astype(np.uint16)


def stored(x: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """As stored, and the numbers that this means."""
    if kind == "bfloat16":
        bits = brain(x)
        return bits, (bits.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    return x.astype(kind), x.astype(kind).astype(np.float64)


# against mpmath -----------------------------------------------------------------------------------------------------


class Exact:
    """One row in so many digits that nothing of it is lost."""

    def __init__(self, row: np.ndarray) -> None:
        self.logits = [mp.mpf(float(x)) for x in row]
        self.log_sum = mp.log(mp.fsum(mp.exp(x) for x in self.logits))
        self.p = [mp.exp(x - self.log_sum) for x in self.logits]

    def surprise(self, i: int) -> mp.mpf:
        return self.log_sum - self.logits[i]


def exact_kl(p: Exact, q: Exact) -> mp.mpf:
    return mp.fsum(x * (q.surprise(i) - p.surprise(i)) for i, x in enumerate(p.p) if x)


def exact(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """The truth about a pair of short rows."""
    with mp.workdps(500):
        p, q = Exact(a), Exact(b)
        both = list(zip(p.p, q.p, strict=True))
        js = mp.fsum(x * mp.log(2 * x / (x + y)) for pair in both for x, y in (pair, pair[::-1]) if x) / 2
        found = {
            "entropy": mp.fsum(x * p.surprise(i) for i, x in enumerate(p.p) if x),
            "kl": exact_kl(p, q),
            "reverse_kl": exact_kl(q, p),
            "js": js,
            "total_variation": mp.fsum(abs(x - y) for x, y in both) / 2,
            "probability_p": max(p.p),
            "probability_q": max(q.p),
            "surprisal_p": p.surprise(1),
            "surprisal_q": q.surprise(1),
        }
        return {name: float(value) for name, value in found.items()}


def hard_rows() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(5)
    for scale in (0.01, 1.0, 30.0, 1e4):
        for step in (0.0, 1e-9, 1e-5, 1e-2, 0.5, 20.0):
            for shift in (0.0, -3.7, 500.0):
                a = scale * rng.standard_normal(21)
                yield f"scale {scale}, step {step}, shift {shift}", a, a + step * rng.standard_normal(21) + shift
    yield "uniform", np.zeros(3), np.zeros(3)
    yield "one outcome", np.array([3.0, -INF]), np.array([-2.0, -INF])
    yield "certain of the same", np.array([90.0, 0.0, 1.0]), np.array([95.0, 0.0, -1.0])
    yield "certain of different things", np.array([90.0, 0.0, 1.0]), np.array([0.0, 95.0, -1.0])
    yield "a probability below the smallest float", np.array([0.0, -900.0]), np.array([0.0, -1.0])
    yield "logits as large as float16 has them", np.array([65504.0, -65504.0]), np.array([-65504.0, 65504.0])
    yield "subnormal logits", np.array([6e-8, 0.0, 6e-5]), np.array([0.0, 6e-8, 1e-5])


@pytest.mark.parametrize("way", ["kernel", "formulas"])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("masked", ["nothing masked", "the same masked"])
def test_hard_rows_are_their_truth(kind: str, masked: str, way: str) -> None:
    for name, a, b in hard_rows():
        if masked == "the same masked":
            a, b = np.append(a, [-INF] * 2), np.append(b, [-INF] * 2)
        (p, a), (q, b) = stored(a, kind), stored(b, kind)
        found = pairs(p[None], q[None], [1], way, bfloat16=True)
        assert found.finite[0], name
        for field, truth in exact(a, b).items():
            rel = 1e-12 if field == "total_variation" else 5e-14
            assert getattr(found, field)[0] == pytest.approx(truth, rel=rel, abs=1e-300), f"{field} of {name}"


@pytest.mark.parametrize("way", ["kernel", "formulas"])
def test_a_vocabulary_in_single_precision(way: str) -> None:
    """KL of 4e-11 nats, where differences of logarithms in single precision are off by thousands of times that."""
    case = vocabulary()
    p, q = (array.astype(np.float32)[None] for array in case.arrays())
    truth = json.loads(ORACLE.read_text())[case.name]["truth"]
    found = pairs(p, q, way=way)
    assert 3e-11 < float(truth["kl_divergence"]) < 5e-11
    assert found.kl[0] == pytest.approx(float(truth["kl_divergence"]), rel=1e-3)
    assert found.js[0] == pytest.approx(float(truth["js_divergence"]), rel=1e-3)
    assert found.total_variation[0] == pytest.approx(float(truth["total_variation"]), rel=1e-3)
    assert found.reverse_kl[0] == pytest.approx(found.kl[0], rel=1e-4)
    # of the very numbers that were given
    a, b = (x[0].astype(np.float64) for x in (p, q))
    values, times = np.unique(np.stack([a, b]), axis=1, return_counts=True)
    with mp.workdps(60):
        sums = [mp.fsum(int(n) * mp.exp(mp.mpf(float(x))) for x, n in zip(side, times, strict=True)) for side in values]
        gap = mp.log(sums[0]) - mp.log(sums[1])
        terms = [(int(n) * mp.exp(mp.mpf(float(x))) / sums[0], mp.mpf(float(x)) - mp.mpf(float(y)) - gap)
                 for x, y, n in zip(*values, times, strict=True)]  # fmt: skip
        kl = mp.fsum(p * minus_r for p, minus_r in terms)
        variation = mp.fsum(p * abs(mp.expm1(-minus_r)) for p, minus_r in terms) / 2
    assert found.kl[0] == pytest.approx(float(kl), rel=1e-11)
    assert found.total_variation[0] == pytest.approx(float(variation), rel=1e-11)


# against plain double precision -------------------------------------------------------------------------------------


def plain(a: np.ndarray, b: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Everything as it is usually written, good enough far from P = Q."""
    log_p, log_q = log_softmax(a, -1), log_softmax(b, -1)
    p, q, rows = np.exp(log_p), np.exp(log_q), np.arange(len(a))
    middle = np.log(0.5 * (p + q))
    top_p, top_q = p.argmax(-1), q.argmax(-1)
    fives = [np.argsort(-x, axis=-1, kind="stable")[:, :5] for x in (a, b)]
    return {
        "entropy": -(p * log_p).sum(-1),
        "kl": (p * (log_p - log_q)).sum(-1),
        "reverse_kl": (q * (log_q - log_p)).sum(-1),
        "js": 0.5 * ((p * (log_p - middle)).sum(-1) + (q * (log_q - middle)).sum(-1)),
        "total_variation": 0.5 * np.abs(p - q).sum(-1),
        "probability_p": p.max(-1),
        "probability_q": q.max(-1),
        "p_of_top_q": p[rows, top_q],
        "q_of_top_p": q[rows, top_p],
        "surprisal_p": -log_p[rows, labels],
        "surprisal_q": -log_q[rows, labels],
        "top_p": top_p,
        "top_q": top_q,
        "common_top5": np.array([len(set(x) & set(y)) for x, y in zip(*fives, strict=True)]),
        "finite": np.ones(len(a), dtype=bool),
    }


@pytest.mark.parametrize("way", ["kernel", "formulas"])
@pytest.mark.parametrize("kinds", [(kind, kind) for kind in TYPES] + [("float16", "float64"), ("float32", "bfloat16")])
@pytest.mark.parametrize("outcomes", [1, 2, 4, 5, 6, 15, 16, 17, 255, 256, 257, 1000])
def test_random_rows_as_usually_written(outcomes: int, kinds: tuple[str, str], way: str) -> None:
    rng = np.random.default_rng(outcomes)
    a = 3.0 * rng.standard_normal((7, outcomes))
    (p, a), (q, b) = stored(a, kinds[0]), stored(a + rng.standard_normal(a.shape), kinds[1])
    labels = rng.integers(outcomes, size=7)
    found = pairs(p, q, labels, way, bfloat16=True)
    for name, expected in plain(a, b, labels).items():
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-11, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("kind", TYPES)
def test_the_kernel_and_the_formulas_agree(kind: str) -> None:
    rng = np.random.default_rng(11)
    a = 5.0 * rng.standard_normal((9, 3001))
    b = a + np.geomspace(1e-7, 30.0, 9)[:, None] * rng.standard_normal(a.shape)
    a[3, ::7] = b[3, ::7] = b[4, 5] = a[5, 9] = -INF
    a[6, 2], b[7, 3000], a[8] = np.nan, INF, -INF
    p, q = stored(a, kind)[0], stored(b, kind)[0]
    labels = rng.integers(-1, 3001, size=9)
    same(*(pairs(p, q, labels, way, bfloat16=True) for way in ("kernel", "formulas")), rtol=1e-12, atol=1e-18)
    with by("formulas"):
        expected = tempered_cross_entropy(p, q, [0.3, 1.0, 40.0], bfloat16=True)
    found = tempered_cross_entropy(p, q, [0.3, 1.0, 40.0], bfloat16=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


# what is excluded, and what is no number ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["kernel", "formulas"])
@pytest.mark.parametrize("kind", TYPES)
def test_what_one_side_excludes_is_infinitely_far(kind: str, way: str) -> None:
    a = logs([[0.5, 0.5, 0.0], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    b = logs([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    (p, a), (q, b) = stored(a, kind), stored(b, kind)
    found = pairs(p, q, [2, 2, 0], way, bfloat16=True)
    assert found.finite.all()
    assert np.isinf(found.kl).tolist() == [False, True, True]
    assert np.isinf(found.reverse_kl).tolist() == [True, False, True]
    expected = [exact(x, y) for x, y in zip(a, b, strict=True)]
    assert found.kl[0] == pytest.approx(expected[0]["kl"], rel=1e-13)
    assert found.reverse_kl[1] == pytest.approx(expected[1]["reverse_kl"], rel=1e-13)
    assert found.js == pytest.approx([each["js"] for each in expected], rel=1e-13)
    assert found.total_variation == pytest.approx([each["total_variation"] for each in expected], rel=1e-13)
    assert found.js[2] == pytest.approx(np.log(2.0), rel=1e-15)
    assert found.js[2] <= np.log(2.0)
    assert found.total_variation[2] == 1.0
    assert found.p_of_top_q[2] == found.q_of_top_p[2] == 0.0
    assert np.isinf(found.surprisal_p).tolist() == [True, False, False]
    assert np.isinf(found.surprisal_q).tolist() == [False, True, True]


@pytest.mark.parametrize("way", ["kernel", "formulas"])
def test_excluded_by_far_shifted_rows(way: str) -> None:
    """Differences beyond the doubles."""
    huge = 1.7e308
    p, q = np.array([[huge, -INF, 0.0], [huge, -huge, 0.0]]), np.array([[-huge, 0.0, -INF], [-huge, huge, 0.0]])
    found = pairs(p, q, way=way)
    assert found.kl[0] == found.reverse_kl[0] == INF
    assert found.js == pytest.approx([np.log(2.0)] * 2, rel=1e-15)
    assert found.total_variation.tolist() == [1.0, 1.0]
    assert found.kl[1] > 1e308
    assert found.entropy.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("way", ["kernel", "formulas"])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("outcomes", [1, 3, 400])
def test_rows_that_are_no_logits_are_marked(outcomes: int, kind: str, way: str) -> None:
    a = np.linspace(0.0, 1.0, outcomes) * np.ones((7, 1))
    b = a.copy()
    a[1, -1], a[2, 0], a[3], b[4, -1], b[5, 0] = np.nan, INF, -INF, np.nan, INF
    found = pairs(stored(a, kind)[0], stored(b, kind)[0], np.zeros(7, dtype=int), way, bfloat16=True)
    good = [True, False, False, False, False, False, True]
    assert found.finite.tolist() == good
    for name in NAMES[:-1]:
        column = getattr(found, name)
        assert ((column >= 0) == good).all(), name
        if column.dtype == np.int64:
            assert (column[1:-1] == -1).all()
        else:
            assert np.isnan(column[1:-1]).all()
    with by(way):
        tempered = tempered_cross_entropy(stored(a, kind)[0], stored(b, kind)[0], [0.5, 2.0], bfloat16=True)
    assert (np.isfinite(tempered).all(-1) == good).all()


# ranks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["kernel", "formulas"])
@pytest.mark.parametrize("order", ["random", "rising", "falling", "few values", "mostly excluded"])
@pytest.mark.parametrize("outcomes", [3, 5, 40, 2000])
def test_top_five_with_ties(outcomes: int, order: str, way: str) -> None:
    rng = np.random.default_rng(outcomes)
    values = {
        "random": rng.standard_normal((2, 30, outcomes)),
        "rising": np.arange(outcomes) + 0.1 * rng.standard_normal((2, 30, outcomes)),
        "falling": -np.arange(outcomes) + 2.0 * rng.standard_normal((2, 30, outcomes)),
        "few values": rng.integers(4, size=(2, 30, outcomes)).astype(float),
        "mostly excluded": np.where(rng.random((2, 30, outcomes)) < 0.9, -INF, 1.0),
    }[order]
    values[:, :, 0] = 0.0
    fives = np.argsort(-values, axis=-1, kind="stable")[..., :5]
    found = pairs(*values, way=way)
    assert found.top_p.tolist() == fives[0, :, 0].tolist()
    assert found.top_q.tolist() == fives[1, :, 0].tolist()
    assert found.common_top5.tolist() == [len(set(x) & set(y)) for x, y in zip(*fives.tolist(), strict=True)]


def test_labels() -> None:
    a = np.log([[0.25, 0.75]] * 3)
    found = pairs(a, a[:, ::-1], [0, -1, 1])
    assert found.surprisal_p == pytest.approx([np.log(4), np.nan, np.log(4 / 3)], nan_ok=True)
    assert found.surprisal_q == pytest.approx([np.log(4 / 3), np.nan, np.log(4)], nan_ok=True)
    assert np.isnan(pairs(a, a).surprisal_p).all()


# temperature --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["kernel", "formulas"])
@pytest.mark.parametrize("kind", TYPES)
def test_cross_entropy_at_a_temperature(kind: str, way: str) -> None:
    rng = np.random.default_rng(3)
    (p, a), (q, b) = (stored(4.0 * rng.standard_normal((5, 300)), kind) for _ in range(2))
    betas = np.array([1e-3, 0.5, 1.0, 1.7, 200.0])
    with by(way):
        found = tempered_cross_entropy(p, q, betas, bfloat16=True)
        one = logit_pairs(p, q, bfloat16=True)
    expected = [-(np.exp(log_softmax(a, -1)) * log_softmax(beta * b, -1)).sum(-1) for beta in betas]
    np.testing.assert_allclose(found, np.transpose(expected), rtol=1e-12)
    np.testing.assert_allclose(found[:, 2], one.entropy + one.kl, rtol=1e-13)


@pytest.mark.parametrize("way", ["kernel", "formulas"])
def test_a_temperature_does_not_bring_back_what_is_excluded(way: str) -> None:
    a, b = logs([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]]), logs([[0.5, 0.5, 0.0]] * 2)
    with by(way):
        found = tempered_cross_entropy(a, b, [0.5, 2.0])
    assert found[0] == pytest.approx([np.log(2)] * 2)
    assert np.isinf(found[1]).all()


# properties ---------------------------------------------------------------------------------------------------------

ROWS = st.integers(1, 40).flatmap(
    lambda outcomes: arrays(
        np.float64, (2, 3, outcomes), elements=st.one_of(st.floats(-40, 40), st.just(-INF), st.floats(-1e4, 1e4))
    )
).filter(lambda x: bool((x > -INF).any(-1).all()))  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(ROWS, st.sampled_from(["kernel", "formulas"]))
def test_bounds_and_symmetry(rows: np.ndarray, way: str) -> None:
    found, swapped = pairs(*rows, way=way), pairs(*rows[::-1], way=way)
    for name in DIVERGENCES:
        assert (getattr(found, name) >= 0.0).all(), name
    assert (found.js <= np.log(2.0)).all()
    assert (found.total_variation <= 1.0).all()
    # Pinsker, and JS below total variation (Lin 1991)
    assert (2.0 * found.total_variation**2 <= found.kl * (1 + 1e-12) + 1e-30).all()
    assert (found.js <= np.log(2.0) * found.total_variation * (1 + 1e-9) + 1e-24).all()
    assert (found.entropy <= np.log(rows.shape[-1]) * (1 + 1e-12) + 1e-300).all()
    np.testing.assert_allclose(found.kl, swapped.reverse_kl, rtol=1e-11, atol=1e-26)
    np.testing.assert_allclose(found.js, swapped.js, rtol=1e-11, atol=1e-26)
    np.testing.assert_allclose(found.total_variation, swapped.total_variation, rtol=1e-11, atol=1e-16)
    assert found.common_top5.tolist() == swapped.common_top5.tolist()


@settings(max_examples=100, deadline=None)
@given(ROWS, st.integers(-30, 30), st.randoms(use_true_random=False))
def test_neither_a_shift_nor_an_order_matters(rows: np.ndarray, shift: int, random: Any) -> None:
    """Of logits that are whole numbers of 1/64, so that a shift rounds nothing."""
    a, b = np.round(rows * 64.0) / 64.0
    order = list(range(a.shape[1]))
    random.shuffle(order)
    found = pairs(a, b)
    for other in (pairs(a + shift, b - 3 * shift), pairs(a[:, order], b[:, order])):
        for name in ("entropy", *DIVERGENCES, "probability_p", "probability_q"):
            expected = getattr(found, name)
            np.testing.assert_allclose(getattr(other, name), expected, rtol=1e-12, atol=1e-26, err_msg=name)


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_equal_rows_are_at_no_distance(rows: np.ndarray) -> None:
    for way in ("kernel", "formulas"):
        found = pairs(rows[0], rows[0], way=way)
        for name in DIVERGENCES:
            assert (getattr(found, name) == 0.0).all(), name
        assert (found.common_top5 == min(5, rows.shape[-1])).all()


# memory and cores ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["kernel", "formulas"])
def test_rows_have_the_same_digits_in_any_company(way: str) -> None:
    """Alone, in parts, and on several cores."""
    rng = np.random.default_rng(8)
    p = rng.standard_normal((200, 1999)).astype(np.float32)
    q = p + np.float32(0.1) * rng.standard_normal(p.shape, dtype=np.float32)
    labels = rng.integers(1999, size=200)
    with patch.object(kernels, "cores", lambda: 3), patch.object(kernels, "TASK", 5000):
        whole = pairs(p, q, labels, way)
    for rows in (slice(17, 18), slice(30, 141)):
        same(
            replace(whole, **{name: getattr(whole, name)[rows] for name in NAMES}),
            pairs(p[rows], q[rows], labels[rows], way),
        )


@pytest.mark.parametrize("way", ["kernel", "formulas"])
@pytest.mark.parametrize("kind", TYPES)
def test_any_layout_of_memory(kind: str, way: str) -> None:
    rng = np.random.default_rng(9)
    p, q = (stored(rng.standard_normal((40, 70)), kind)[0] for _ in range(2))
    expected = pairs(p, q, way=way, bfloat16=True)
    column = np.asfortranarray(p)
    spread = np.zeros((80, 140), dtype=p.dtype)
    spread[::2, ::2] = p
    reversed_rows = p[::-1].copy()[::-1]
    swapped = p.astype(p.dtype.newbyteorder())
    raw = np.zeros(p.nbytes + 1, dtype=np.uint8)
    unaligned = raw[1:].view(p.dtype).reshape(p.shape)
    unaligned[...] = p
    unaligned.flags.writeable = False
    for layout in (column, spread[::2, ::2], reversed_rows, swapped, unaligned):
        same(expected, pairs(layout, q, way=way, bfloat16=True))
        with by(way):
            np.testing.assert_array_equal(
                tempered_cross_entropy(q, layout, [0.7], bfloat16=True),
                tempered_cross_entropy(q, p, [0.7], bfloat16=True),
            )


def test_a_file_that_is_mapped(tmp_path: Any) -> None:
    rng = np.random.default_rng(10)
    p, q = rng.standard_normal((2, 30, 50)).astype(np.float16)
    np.save(tmp_path / "p.npy", p)
    same(pairs(p, q), logit_pairs(np.load(tmp_path / "p.npy", mmap_mode="r"), q))


def test_every_half_and_every_bfloat16() -> None:
    """All bits that are numbers, by their place among logits that do not depend on them."""
    bits = np.arange(1 << 16, dtype=np.uint16)
    brains = (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
    for values, array, option in ((bits.view(np.float16), bits.view(np.float16), False), (brains, bits, True)):
        good = np.isfinite(values)
        rows = np.stack([array[good], np.zeros_like(array[good])], -1)
        known = np.stack([values[good], np.zeros_like(values[good])], -1).astype(np.float64)
        same(pairs(rows, rows, bfloat16=option), pairs(known, known), rtol=1e-13, atol=1e-300)


def test_bfloat16_of_ml_dtypes() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    rows = np.random.default_rng(12).standard_normal((2, 4, 30)).astype(ml_dtypes.bfloat16)
    same(pairs(*rows), pairs(*rows.astype(np.float64)), rtol=1e-13)


def test_no_rows() -> None:
    found = pairs(np.empty((0, 4)), np.empty((0, 4)), [])
    assert [len(getattr(found, name)) for name in NAMES] == [0] * len(NAMES)
    assert tempered_cross_entropy(np.empty((0, 4)), np.empty((0, 4)), [1.0, 2.0]).shape == (0, 2)


def test_no_temperature() -> None:
    assert tempered_cross_entropy(np.zeros((2, 4)), np.zeros((2, 4)), []).shape == (2, 0)


# what is refused ----------------------------------------------------------------------------------------------------

GOOD = np.zeros((2, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ((GOOD, np.zeros((2, 4))), UsageError, "one shape"),
        ((GOOD[0], GOOD[0]), UsageError, "rows and outcomes"),
        ((np.zeros((2, 0)), np.zeros((2, 0))), UsageError, "rows and outcomes"),
        ((GOOD, GOOD.astype(int)), UsageError, "q should be float16, bfloat16, float32 or float64, not int64"),
        ((GOOD.astype(np.uint16), GOOD), UsageError, "p should be .* not uint16"),
        ((GOOD, GOOD.astype(complex)), UsageError, "not complex128"),
        ((GOOD, GOOD, [0, 3]), DataError, "label 3 in row 1 .* 3 outcomes 0 to 2"),
        ((GOOD, GOOD, [0]), UsageError, "2 whole numbers, one a row"),
        ((GOOD, GOOD, [0.0, 1.0]), UsageError, "2 whole numbers, one a row"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: tuple[Any, ...], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        logit_pairs(*arguments)


@pytest.mark.parametrize("betas", [[0.0], [-1.0], [np.nan], [INF], 1.0])
def test_a_temperature_is_a_positive_number(betas: Any) -> None:
    with pytest.raises(UsageError, match="list of positive numbers"):
        tempered_cross_entropy(GOOD, GOOD, betas)


def test_kl_is_what_the_measure_says() -> None:
    p, q = np.random.default_rng(13).standard_normal((2, 20, 900)).astype(np.float32)
    found = pairs(p, q)
    for name, measure in (("kl", ba.kl_divergence), ("js", ba.js_divergence)):
        expected = measure(p.astype(float), q.astype(float), from_logits=True, unit="nat")
        np.testing.assert_allclose(getattr(found, name), expected, rtol=1e-13)
