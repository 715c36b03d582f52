"""The code: what goes in comes out, in as many bits as the cross-entropy says."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitsapart.coding import PLACES, decode, draw, encode, shares, weights
from bitsapart.values.errors import DataError, UsageError

WORDS = 64
"""Bits of the coder's state at the end."""

models = st.lists(st.floats(0, 1), min_size=1, max_size=40).filter(lambda q: sum(q) > 1e-3)


def model(numbers: list[float]) -> np.ndarray:
    q = np.array(numbers)
    return q / q.sum()


@given(models, st.integers(0, 2**32), st.integers(0, 300))
@settings(deadline=None, max_examples=200)
def test_what_is_coded_comes_back(numbers: list[float], seed: int, n: int) -> None:
    q = model(numbers)
    symbols = draw(q, n, seed)
    assert decode(encode(symbols, q), q, n).tolist() == symbols.tolist()


@given(models)
def test_weights_are_a_distribution_that_costs_little_more(numbers: list[float]) -> None:
    q = model(numbers)
    found = weights(q)
    possible = q > 0
    assert found.sum() == 1 << PLACES
    assert np.array_equal(found > 0, possible)
    most = -math.log2(1 - possible.sum() / 2**PLACES) + 1e-8
    assert np.all(np.log2(q[possible]) + PLACES - np.log2(found[possible]) <= most)


def test_the_size_is_the_cross_entropy() -> None:
    p, q = [0.5, 0.25, 0.125, 0.125], [0.125, 0.125, 0.25, 0.5]
    symbols = np.repeat([0, 1, 2, 3], [4000, 2000, 1000, 1000])
    assert shares(symbols, 4).tolist() == p
    # H(P) = 1.75 bits, KL(P || Q) = 0.875: exact, as all probabilities are powers of two
    assert 8 * len(encode(symbols, p)) == pytest.approx(8000 * 1.75, abs=WORDS)
    assert 8 * len(encode(symbols, q)) == pytest.approx(8000 * 2.625, abs=WORDS)


@pytest.mark.parametrize("q", [[1e-12, 0.25, 0.75 - 1e-12], [0.1, 0.2, 0.7], [0.999, 0.0005, 0.0005], [1e-300, 0, 1]])
@pytest.mark.parametrize("outcome", [0, 2])
def test_the_coder_has_the_weights_that_are_told(q: list[float], outcome: int) -> None:
    cost = PLACES - math.log2(weights(q)[outcome])
    assert 8 * len(encode([outcome] * 2000, q)) == pytest.approx(2000 * cost, abs=WORDS)


def test_a_run_of_the_likeliest_symbol_costs_what_the_model_says() -> None:
    for outcome in (0, 1):
        assert 8 * len(encode([outcome] * 1000, [0.5, 0.5])) == pytest.approx(1000, abs=WORDS)


def test_impossible_outcomes_cost_nothing() -> None:
    symbols = [0, 2, 0, 0, 2] * 50
    assert encode(symbols, [0.5, 0.0, 0.5, 0.0]) == encode([s // 2 for s in symbols], [0.5, 0.5])


def test_certain_symbols_need_no_bytes() -> None:
    assert encode([1] * 1000, [0.0, 1.0]) == b""
    assert decode(b"", [0.0, 1.0], 3).tolist() == [1, 1, 1]
    assert encode([], [0.5, 0.5]) == b""
    assert decode(b"", [0.5, 0.5], 0).tolist() == []


def test_draws_follow_the_distribution() -> None:
    p = [0.0, 0.7, 0.0, 0.3, 0.0]
    found = shares(draw(p, 200_000, seed=1), 5)
    assert found[[0, 2, 4]].tolist() == [0, 0, 0]
    assert found[1] == pytest.approx(0.7, abs=5 * math.sqrt(0.21 / 200_000))
    assert draw(p, 0, seed=1).tolist() == []
    assert draw(p, 100, seed=1).tolist() == draw(p, 100, seed=1).tolist()


@pytest.mark.parametrize(
    ("symbols", "q", "sentence"),
    [
        ([0, 1], [1.0, 0.0], "symbol 1 is outcome 1, which has probability 0 under the model"),
        ([0, 2], [0.5, 0.5], "from 0 to 1; these go from 0 to 2"),
        ([-1, 0], [0.5, 0.5], "these go from -1 to 0"),
        ([0.0, 1.0], [0.5, 0.5], "whole numbers"),
        ([[0, 1]], [0.5, 0.5], "whole numbers"),
        ([0], [0.5, 0.4], "sum to 0.9"),
        ([0], [1.5, -0.5], "outcome 1 of the model has probability -0.5"),
        ([0], [math.nan, 1.0], "outcome 0 of the model has probability nan"),
        ([0], [[0.5, 0.5]], "got shape"),
        ([0], [], "got shape"),
    ],
)
def test_wrong_use_is_refused(symbols: list[object], q: list[object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        encode(symbols, q)


def test_wrong_data_are_refused() -> None:
    q = [0.5, 0.25, 0.25]
    data = encode([0, 1, 2] * 100, q)
    for wrong, n in (
        (data[:-1], 300),
        (data[:-4], 300),
        (data[4:], 300),
        (data[1:] + data[:1], 300),
        (data + b"\0\0\0\0", 300),
        (b"", 300),
        (data, 200),
        (data, 299),
        (data, 301),
        (data, 0),
    ):
        with pytest.raises(DataError, match=f"{len(wrong)} bytes are not the code of {n} symbols"):
            decode(wrong, q, n)
    for other in ([0.0, 1.0, 0.0], [0.5, 0.26, 0.24], [0.25, 0.25, 0.5]):
        with pytest.raises(DataError, match="are not the code"):
            decode(data, other, 300)
    with pytest.raises(UsageError, match="n is the number of symbols"):
        decode(data, q, -1)


def test_without_the_coder_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(UsageError, match=r"pip install 'bitsapart\[code\]'"):
        encode([0, 1], [0.5, 0.5])
