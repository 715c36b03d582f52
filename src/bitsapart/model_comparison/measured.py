"""What the pass over both files leaves: some numbers a token, in nats, about 100 bytes together."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bitsapart.measures.logit_pairs import LogitPairs, logit_pairs
from bitsapart.model_comparison.blocks import Progress, both_in_blocks
from bitsapart.model_comparison.llama_cpp import LlamaCppTokens
from bitsapart.model_comparison.logits import LLAMA, Logits
from bitsapart.model_comparison.result import LlamaCppTable
from bitsapart.model_comparison.text_rows import TextRows

Floats = NDArray[np.float64]
NO_ARRAYS = ("bounds", "llama_cpp")
"""Fields of `Measured` that are no array with an entry a token."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """What unlisted tokens leave open: upper ends beside the lower ones, one entry a token, nats."""

    entropy: Floats
    kl: Floats
    reverse_kl: Floats
    js: Floats
    total_variation: Floats
    tail_p: Floats
    tail_q: Floats
    exact: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Measured:
    """One entry a token; P is the base and Q the candidate. Where lists are cut off, lower bounds."""

    row: NDArray[np.int64]
    entropy: Floats
    kl: Floats
    reverse_kl: Floats
    js: Floats
    total_variation: Floats
    surprisal_p: Floats
    surprisal_q: Floats
    probability_p: Floats
    probability_q: Floats
    q_of_top_p: Floats
    top_p: NDArray[np.int32]
    top_q: NDArray[np.int32]
    common_top5: NDArray[np.int8]
    """-1 where it cannot be known, as with ``top_p`` and ``top_q``."""
    finite: NDArray[np.bool_]
    finite_q: NDArray[np.bool_]
    """Whether the candidate's numbers are."""
    bounds: Bounds | None = None
    llama_cpp: LlamaCppTable | None = None
    """Of all rows of the files."""

    @staticmethod
    def empty(rows: int) -> "Measured":
        """Room for so many tokens."""
        types: dict[str, Any] = {"finite": np.bool_, "finite_q": np.bool_, "common_top5": np.int8}
        types |= {"top_p": np.int32, "top_q": np.int32}
        names = [field.name for field in fields(Measured) if field.name not in {"row", *NO_ARRAYS}]
        arrays: dict[str, Any] = {name: np.empty(rows, types.get(name, np.float64)) for name in names}
        return Measured(np.arange(rows), **arrays)

    def fill(self, place: slice, pairs: LogitPairs) -> None:
        """Keep what the kernel says of a block."""
        for field in fields(pairs):
            if hasattr(self, field.name):
                getattr(self, field.name)[place] = getattr(pairs, field.name)

    def compressed(self, keep: NDArray[np.bool_]) -> Self:
        """Some of the tokens, in the room of all: what this had is lost."""
        if keep.all():
            return self
        names = (field.name for field in fields(self) if field.name not in NO_ARRAYS)
        kept: dict[str, Any] = {name: moved(getattr(self, name), keep) for name in names}
        if self.bounds is not None:
            kept["bounds"] = Bounds(**{f.name: moved(getattr(self.bounds, f.name), keep) for f in fields(Bounds)})
        return replace(self, **kept)

    @property
    def ranked(self) -> NDArray[np.bool_]:
        """At which tokens the most probable one of either side is known."""
        return np.asarray((self.top_p >= 0) & (self.top_q >= 0))

    def __len__(self) -> int:
        return len(self.row)


def moved(values: NDArray[Any], keep: NDArray[np.bool_]) -> NDArray[Any]:
    """The values to keep, moved to the front."""
    kept = values[: np.count_nonzero(keep)]
    kept[:] = values[keep]
    return kept


def measure(base: Logits, candidate: Logits, text: TextRows, what: str, progress: Progress | None = None) -> Measured:
    """One pass over both sides."""
    found = Measured.empty(base.rows)
    theirs = LlamaCppTokens.of(base, candidate)
    as_stored = text.labels is not None and base.dtype == candidate.dtype == LLAMA
    for place, (p, q) in both_in_blocks(base, candidate, what, progress):
        labels = None if text.labels is None else text.labels[place]
        found.fill(place, logit_pairs(base.leveled(p), candidate.leveled(q), labels))
        found.finite_q[place] = found.finite[place]
        odd = np.flatnonzero(~found.finite[place])
        found.finite_q[place.start + odd] = are_finite(q[odd])
        if theirs:
            theirs.fill(place, p, q)
        if as_stored and labels is not None:
            found.surprisal_p[place], found.surprisal_q[place] = stored(p, labels), stored(q, labels)
    return replace(found, llama_cpp=theirs.table()) if theirs else found


def are_finite(logits: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows are logits: neither NaN nor infinite, though single tokens may be excluded by -inf."""
    return np.asarray((logits < np.inf).all(axis=1) & (logits > -np.inf).any(axis=1))


def stored(logs: NDArray[Any], labels: NDArray[np.int32]) -> Floats:
    """Surprisals in a file of llama.cpp, which were normalised before small log-probabilities were raised."""
    found = -np.take_along_axis(logs, np.maximum(labels, 0)[:, None], 1)[:, 0].astype(np.float64)
    return np.where(labels < 0, np.nan, found)
