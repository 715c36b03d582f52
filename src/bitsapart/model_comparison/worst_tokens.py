"""The tokens with the largest divergence, and the text that they stand in."""

import numpy as np
from numpy.typing import NDArray

from bitsapart.model_comparison.measured import Measured
from bitsapart.model_comparison.result import WorstToken
from bitsapart.model_comparison.text_rows import TextRows
from bitsapart.model_comparison.tokens import Vocabulary
from bitsapart.values.unit import Unit

BEFORE = 8
"""Tokens of context."""


def worst_tokens(measured: Measured, text: TextRows, number: int, vocabulary: Vocabulary) -> tuple[WorstToken, ...]:
    """So many tokens, the worst first, of equal ones the first first; those that cost nothing are none."""
    return tuple(worst_token(measured, int(i), text, vocabulary) for i in largest(measured.kl, number))


def largest(kl: NDArray[np.float64], number: int) -> NDArray[np.int64]:
    """The places of the largest values above 0, in order."""
    number = min(number, len(kl))
    if not number:
        return np.empty(0, np.int64)
    least = np.partition(kl, len(kl) - number)[len(kl) - number]
    above, equal = np.flatnonzero(kl > least), np.flatnonzero(kl == least)
    places = np.concatenate([above, equal[: number - len(above)]])
    places = places[np.lexsort((places, -kl[places]))]
    worst: NDArray[np.int64] = places[kl[places] > 0.0]
    return worst


def worst_token(measured: Measured, i: int, text: TextRows, vocabulary: Vocabulary) -> WorstToken:
    """One of them."""
    row = int(measured.row[i])
    label = "" if text.labels is None else vocabulary.text(int(text.labels[row]))
    return WorstToken(
        row=row,
        document=text.document_number(row),
        document_name=str(text.documents.names[text.documents.codes[row]]),
        position=int(text.positions[row]),
        kl=float(measured.kl[i]) / Unit.bit.value,
        base_top=vocabulary.text(int(measured.top_p[i])),
        base_probability=float(measured.probability_p[i]),
        candidate_probability=float(measured.q_of_top_p[i]),
        candidate_top=vocabulary.text(int(measured.top_q[i])),
        candidate_confidence=float(measured.probability_q[i]),
        label=label,
        context=context(row, text, vocabulary),
    )


def context(row: int, text: TextRows, vocabulary: Vocabulary) -> str:
    """The tokens before, in the same document."""
    if text.labels is None:
        return ""
    same = np.flatnonzero(text.documents.codes[:row] == text.documents.codes[row])[-BEFORE:]
    return vocabulary.join(text.labels[same].tolist())
