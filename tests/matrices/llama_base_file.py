"""A writer of llama.cpp's base files, for tests: the arithmetic of tools/perplexity/perplexity.cpp, in NumPy.

Assumed of it: all in float32 but the sum of exponentials, which is a double; codes round half to even (its
``nearest_int`` adds 1.5 * 2**23); the place that pads an odd vocabulary is 0. NumPy's exp and the C library's expf may
differ in the last bit of a float32, which moves a log-probability by as much.
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


def encoded(logits: np.ndarray) -> np.ndarray:
    """Rows of logits as the uint16 of a base file, shape (rows, 4 + V + V % 2)."""
    logits = np.asarray(logits, np.float32)
    largest = logits.max(1, keepdims=True)
    smallest = np.maximum(logits.min(1, keepdims=True), largest - np.float32(16))
    total = np.exp(logits - largest).sum(1, keepdims=True, dtype=np.float64)
    log_total = np.log(total).astype(np.float32)
    scale = (largest - smallest) / np.float32(65535)
    with np.errstate(divide="ignore", invalid="ignore"):
        codes = np.rint((np.float32(1) / scale) * (logits - smallest))
    codes = np.where((logits > smallest) & (scale > 0), codes, 0).astype("<u2")
    head = np.concatenate([scale, smallest - largest - log_total], axis=1).astype("<f4").view("<u2")
    padding = np.zeros((len(logits), logits.shape[1] % 2), "<u2")
    return np.concatenate([head, codes, padding], axis=1)


def write_base_file(path: str | Path, tokens: ArrayLike, logits: ArrayLike) -> Path:
    """Write what ``llama-perplexity --kl-divergence-base`` would.

    Args:
        path: Where to.
        tokens: Shape (chunks, context).
        logits: Shape (chunks, context - 1 - context // 2, vocabulary): row j of a chunk predicts its token
            context // 2 + 1 + j. Log-probabilities are logits too.
    """
    tokens, logits = np.asarray(tokens, "<i4"), np.asarray(logits)
    chunks, context = tokens.shape
    assert logits.shape[:2] == (chunks, context - 1 - context // 2)
    with Path(path).open("wb") as file:
        file.write(b"_logits_" + struct.pack("<iii", context, logits.shape[2], chunks) + tokens.tobytes())
        file.writelines(encoded(chunk).tobytes() for chunk in logits)
    return Path(path)
