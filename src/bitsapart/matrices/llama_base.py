"""What llama.cpp's perplexity tool writes with --kl-divergence-base: each row's log-probabilities in 16 bits a token.

``_logits_`` | int32 context length n, vocabulary V, number of chunks | int32 tokens, n a chunk | for each chunk a row
for each position from n // 2 to n - 2, which predicts the token at the next: float32 scale, float32 minimum, V uint16
codes, and one more that means nothing where V is odd. A log-probability is scale * code + minimum, in nats; those that
are 16 nats or more below the row's largest all have the code 0.

Source: tools/perplexity/perplexity.cpp of llama.cpp. The file names neither model nor version.
"""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.matrices.matrix import Shaped
from bitsapart.matrices.stored import Place
from bitsapart.values.errors import DataError

MAGIC = b"_logits_"
HEADER = struct.Struct("<8siii")
HEAD = 4
"""Codes' widths that the scale and the minimum take at the head of a row."""


@dataclass(frozen=True, eq=False)
class LlamaBase(Shaped):
    """The log-probabilities in a base file of llama.cpp: chunks, rows of each, vocabulary."""

    place: Place

    @property
    def dtype(self) -> str:
        """As stored."""
        return "llama.cpp uint16"

    def block(self, start: int, stop: int) -> NDArray[Any]:
        """Log-probabilities of rows [start, stop) in nats, float32, computed as llama.cpp does."""
        self.check(start, stop)
        stored = np.empty((stop - start, row_width(self.columns)), "<u2")
        self.place.read(stored, start * stored.shape[1] * 2)
        head = stored[:, :HEAD].copy().view("<f4")
        values = stored[:, HEAD : HEAD + self.columns].astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            values *= head[:, :1]
            values += head[:, 1:]
        return values


def row_width(vocabulary: int) -> int:
    """How many 16-bit places a row takes."""
    return HEAD + vocabulary + vocabulary % 2


def open_llama_base(path: Path) -> LlamaBase:
    """A base file of llama.cpp."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEADER.size)
        if len(head) < HEADER.size:
            raise DataError(f"{path} is a llama.cpp base file that is cut short: {size} bytes")
        _, context, vocabulary, chunks = HEADER.unpack(head)
        if context < 3 or vocabulary < 1 or chunks < 1:
            raise DataError(
                f"{path} is a damaged llama.cpp base file: context {context}, vocabulary {vocabulary}, chunks {chunks}"
            )
        scored = context - 1 - context // 2
        start = HEADER.size + 4 * context * chunks
        end = start + chunks * scored * row_width(vocabulary) * 2
        if size != end:
            raise DataError(
                f"{path} has {size:,} bytes where {chunks} chunks of {context} tokens with a vocabulary of "
                f"{vocabulary:,} take {end:,}: llama.cpp was stopped while it wrote, or the file is damaged"
            )
        tokens = np.frombuffer(file.read(start - HEADER.size), "<i4").reshape(chunks, context)
    outside = np.argwhere((tokens < 0) | (tokens >= vocabulary))
    if len(outside):
        chunk, position = outside[0]
        raise DataError(
            f"{path} has the token id {tokens[chunk, position]} at position {position} of chunk {chunk}, outside its "
            f"vocabulary of {vocabulary:,}"
        )
    predicted = tokens[:, context // 2 + 1 :].astype(np.int64).reshape(-1)
    digest = hashlib.blake2b(np.array([context, chunks], "<i4").tobytes() + tokens.tobytes(), digest_size=16)
    return LlamaBase(
        str(path),
        (chunks, scored, vocabulary),
        Place.of(path, start),
        tokens=predicted,
        token_hash=digest.hexdigest(),
    )
