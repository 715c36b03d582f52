"""llama.cpp's base files, against bytes put together by hand and against the log-probabilities that went in."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_base_file import write_base_file

from bitsapart.matrices import open_matrix
from bitsapart.values.errors import DataError


def drawn(chunks=3, context=8, vocabulary=11, seed=0):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, vocabulary, (chunks, context))
    return tokens, rng.normal(0, 4, (chunks, context - 1 - context // 2, vocabulary))


def test_bytes_by_hand(tmp_path):
    """Context 5: rows at positions 2 and 3 predict tokens 3 and 4. Vocabulary 3: one place of padding a row."""
    rows = [struct.pack("<ff4H", 0.25, -4.0, 0, 1, 16, 999), struct.pack("<ff4H", 0.5, -2.0, 4, 0, 2, 0)]
    path = tmp_path / "base.kld"
    path.write_bytes(b"_logits_" + struct.pack("<3i5i", 5, 3, 1, 0, 1, 2, 1, 0) + b"".join(rows))
    matrix = open_matrix(path, "base")
    assert (matrix.shape, matrix.rows, matrix.columns) == ((1, 2, 3), 2, 3)
    assert (matrix.segments, matrix.dtype, matrix.name) == ((2,), "llama.cpp uint16", str(path))
    assert matrix.tokens.tolist() == [1, 0]
    assert matrix.block(0, 2).tolist() == [[-4.0, -3.75, 0.0], [0.0, -2.0, -1.0]]
    assert matrix.block(0, 2).dtype == np.float32


@settings(max_examples=50, deadline=None)
@given(context=st.integers(3, 9), vocabulary=st.integers(1, 9), chunks=st.integers(1, 4), seed=st.integers(0, 99))
def test_round_trip(tmp_path_factory, context, vocabulary, chunks, seed):
    tokens, logits = drawn(chunks, context, vocabulary, seed)
    matrix = open_matrix(write_base_file(tmp_path_factory.mktemp("x") / "x.bin", tokens, logits), "base")
    rows = logits.reshape(-1, vocabulary)
    wanted = rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)
    wanted = np.maximum(wanted, wanted.max(1, keepdims=True) - 16)
    step = np.ptp(wanted, axis=1, keepdims=True) / 65535
    assert (np.abs(matrix.block(0, matrix.rows) - wanted) <= step * 0.51 + 1e-5).all()
    assert matrix.tokens.tolist() == tokens[:, context // 2 + 1 :].ravel().tolist()
    assert matrix.segments == (context - 1 - context // 2,) * chunks
    for start in range(matrix.rows):
        assert np.array_equal(matrix.block(start, start + 1), matrix.block(0, matrix.rows)[start : start + 1])


def test_far_outcomes_stay_16_nats_below_the_best_and_flat_rows_are_flat(tmp_path):
    logits = np.array([[[0.0, -40.0, -np.inf, -15.0], [2.0, 2.0, 2.0, 2.0]]])
    matrix = open_matrix(write_base_file(tmp_path / "x", np.zeros((1, 5)), logits), "base")
    first, flat = matrix.block(0, 2)
    assert np.allclose(first, [0, -16, -16, -15], atol=2e-4)
    assert np.allclose(flat, -np.log(4), atol=1e-6)


def test_the_hash_is_of_all_tokens(tmp_path):
    tokens, logits = drawn()
    same = open_matrix(write_base_file(tmp_path / "a", tokens, logits), "a")
    other_logits = open_matrix(write_base_file(tmp_path / "b", tokens, logits * 2), "b")
    tokens[0, 0] = (tokens[0, 0] + 1) % 11  # context only: not predicted by any row
    other_text = open_matrix(write_base_file(tmp_path / "c", tokens, logits), "c")
    assert same.token_hash == other_logits.token_hash != other_text.token_hash
    assert same.tokens.tolist() == other_text.tokens.tolist()


def test_several_files_are_joined(tmp_path):
    for number in (2, 10):
        write_base_file(tmp_path / f"part{number}", *drawn(seed=number))
    whole = open_matrix(tmp_path, "base")
    parts = [open_matrix(tmp_path / f"part{number}", "base") for number in (2, 10)]
    assert whole.segments == (3,) * 6
    assert whole.tokens.tolist() == [*parts[0].tokens, *parts[1].tokens]
    assert whole.token_hash not in {None, parts[0].token_hash}
    assert np.array_equal(whole.block(7, 12), np.concatenate([parts[0].block(7, 9), parts[1].block(0, 3)]))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda b: b[:-1], "has 403 bytes where 3 chunks of 8 tokens with a vocabulary of 11 take 404"),
        (lambda b: b + b"\0", "bytes where 3 chunks of 8 tokens with a vocabulary of 11 take"),
        (lambda b: b[:12] + struct.pack("<i", 13) + b[16:], "bytes where .* vocabulary of 13 take"),
        (lambda b: b[:12] + struct.pack("<i", 2**31 - 1) + b[16:], "vocabulary of 2,147,483,647 take"),
        (lambda b: b[:8] + struct.pack("<i", 2) + b[12:], "damaged .* context 2, vocabulary 11, chunks 3"),
        (lambda b: b[:16] + struct.pack("<i", -1) + b[20:], "damaged .* chunks -1"),
        (lambda b: b[:24] + struct.pack("<i", 11) + b[28:], "token id 11 at position 1 of chunk 0, outside"),
        (lambda b: b[:11], "cut short: 11 bytes"),
    ],
)
def test_damage_is_told_with_numbers(tmp_path, spoil, message):
    path = write_base_file(tmp_path / "x", *drawn())
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=message):
        open_matrix(path, "base")
