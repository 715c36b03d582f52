"""What is checked of the files themselves, on sampled rows: that they are logits, and what padding columns hold."""

import numpy as np
from numpy.typing import NDArray

from bitsapart.model_comparison.blocks import spread
from bitsapart.model_comparison.logits import LLAMA, Logits
from bitsapart.values.errors import DataError

SAMPLE = 32
Floats = NDArray[np.float64]
NORMAL = 1e-3
COARSE = {"float16": 1e-2, "bfloat16": 5e-2, LLAMA: 5e-2}


def normalisation(side: Logits) -> list[str]:
    """Whether the rows are log-probabilities, and the mass of columns that do not count; refuses probabilities."""
    rows = spread(np.arange(side.rows), SAMPLE, 0)
    sampled = [side.whole(row, row + 1)[0].astype(np.float64) for row in rows.tolist()]
    sampled = [row for row in sampled if is_finite(row[: side.vocabulary])]
    if not sampled:
        return []
    if not all(map(is_finite, sampled)):
        beyond = side.matrix.columns - side.vocabulary
        return [f"{side.name} has {beyond:,} columns beyond the vocabulary, left out, with NaN or infinite logits."]
    tolerance = max([NORMAL, *(COARSE.get(kind, 0.0) for kind in side.dtype.split(" and "))])
    refuse_probabilities(side, sampled, tolerance)
    lines = []
    away = max(abs(log_sum(row)) for row in sampled)
    if side.matrix.columns > 1 and away <= tolerance:
        lines.append(f"The rows of {side.name} are log-probabilities: those sampled sum to 1 within {away:.1g}.")
    if side.vocabulary < side.matrix.columns:
        lines.append(padding(side, sampled))
    return lines


def is_finite(row: Floats) -> bool:
    """Whether a row can be of logits: -inf is allowed, but not alone."""
    return bool((row < np.inf).all() and (row > -np.inf).any())


def refuse_probabilities(side: Logits, rows: list[Floats], tolerance: float) -> None:
    """Probabilities given as logits would make wrong numbers that look right."""
    if side.matrix.columns > 1 and all((row >= 0.0).all() and abs(row.sum() - 1.0) <= tolerance for row in rows):
        raise DataError(
            f"{side.name} holds probabilities, rows of numbers from 0 to 1 that sum to 1, where logits or "
            "log-probabilities are needed: take their logarithm"
        )


def padding(side: Logits, rows: list[Floats]) -> str:
    """What the columns beyond the vocabulary hold."""
    beyond = [1.0 - np.exp(log_sum(row[: side.vocabulary]) - log_sum(row)) for row in rows]
    return (
        f"{side.name} has {side.matrix.columns - side.vocabulary:,} columns beyond the vocabulary, left out with "
        f"{np.mean(beyond):.2g} of the mass on average ({len(rows)} rows sampled, at most {max(beyond):.2g})."
    )


def log_sum(row: Floats) -> float:
    """Log sum e^x."""
    largest = float(row.max())
    return largest + float(np.log(np.exp(row - largest).sum())) if largest > -np.inf else -np.inf


def tokens_line(base: Logits, candidate: Logits) -> list[str]:
    """Whether both files name the same text; refused where they do not."""
    first, second = base.matrix, candidate.matrix
    if first.token_hash is None or second.token_hash is None:
        return []
    if first.token_hash == second.token_hash:
        return ["The token ids of both files are the same."]
    if first.tokens is not None and second.tokens is not None and first.tokens.shape == second.tokens.shape:
        apart = np.flatnonzero(first.tokens != second.tokens)
        if len(apart):
            row = int(apart[0])
            raise DataError(
                f"{first.name} and {second.name} are not of the same text: row {row} predicts token "
                f"{first.tokens[row]} in one and {second.tokens[row]} in the other"
            )
    raise DataError(
        f"{first.name} and {second.name} are not of the same text: they predict the same tokens in other contexts"
    )
