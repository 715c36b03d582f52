"""From two opened sides to the numbers of all tokens, whichever of them is cut off to lists."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitsapart.model_comparison.blocks import Progress
from bitsapart.model_comparison.checks import normalisation, tokens_line
from bitsapart.model_comparison.joined_rows import joined_rows
from bitsapart.model_comparison.list_pairs import measure_lists
from bitsapart.model_comparison.list_reader import open_lists
from bitsapart.model_comparison.logits import Logits, alike, check_shapes, open_logits
from bitsapart.model_comparison.measured import Measured, measure
from bitsapart.model_comparison.options import Options
from bitsapart.model_comparison.result import LogitsFacts
from bitsapart.model_comparison.text_rows import (
    TextRows,
    check_axes,
    check_range,
    check_same_tokens,
    checked_labels,
    one_a_row,
    text_rows,
)
from bitsapart.model_comparison.tokens import Vocabulary
from bitsapart.model_comparison.top_lists import TopLists, is_table
from bitsapart.values.errors import DataError, UsageError

Side = Logits | TopLists
Whole = NDArray[np.int64]
LARGEST = 1 << 31
"""Above every id."""


@dataclass(eq=False)
class Given:
    """What was given beside the two sides."""

    labels: object
    documents: object
    domains: object
    known: Vocabulary
    ids: dict[str, int]
    options: Options
    progress: Progress | None
    closing: ExitStack
    """Ends what was opened."""
    fixed: bool = field(init=False)
    """Whether the ids of tokens given as text are those of a vocabulary, and not made up here."""

    def __post_init__(self) -> None:
        self.fixed = bool(self.ids)

    def open(self, source: object, role: str) -> Side:
        """A side from whatever it is."""
        if isinstance(source, list | tuple) and source and all(isinstance(one, str | PathLike) for one in source):
            raise UsageError(
                f"{role} is a list of {len(source)} paths, where one is needed: several files are read as one by a "
                "glob such as 'logits-*.npy', or by their folder"
            )
        if is_table(source):
            return open_lists(source, role, self.ids, self.fixed, self.closing)
        return open_logits(source, role, self.options.vocabulary)

    @property
    def vocabulary(self) -> Vocabulary:
        """What ids stand for, also those that were made up here."""
        if self.fixed or not self.ids:
            return self.known
        return Vocabulary({number: token.encode("utf-8", "replace") for token, number in self.ids.items()})


@dataclass(frozen=True, eq=False)
class Pair:
    """Two sides of the same text, measured."""

    sides: tuple[Side, Side]
    facts: tuple[LogitsFacts, LogitsFacts]
    measured: Measured
    """Of the tokens that are compared."""
    text: TextRows
    checks: Sequence[str]
    notes: Sequence[str]
    nonfinite: Whole
    """Rows left out because a number is not finite."""
    candidate_nonfinite: int
    """In how many of these the candidate's are not."""
    outcomes: int
    """How many tokens there are to choose from."""


def measured_pair(base: Side, candidate: Side, given: Given) -> Pair:
    """Check that two sides go together, and measure every token."""
    if isinstance(base, Logits) and isinstance(candidate, Logits):
        check_shapes(base, candidate)
        check_axes(base.matrix.shape[:-1], candidate.matrix.shape[:-1], (base.name, candidate.name))
        base, candidate, notes = alike(base, candidate)
        checks = [*tokens_line(base, candidate), *normalisation(base), *normalisation(candidate)]
        text = text_of(base, candidate, None, given)
        found = measure(base, candidate, text, f"comparing {candidate.name}", given.progress)
    else:
        found, text, checks, notes = measured_lists(base, candidate, given)
    nonfinite = np.flatnonzero(text.use & ~found.finite)
    notes = [*notes, *vocabulary_notes(given.known, base, candidate)]
    of_candidate = int((text.use & ~found.finite_q).sum())
    documents = len(text.documents.names)
    facts = side_facts(base, candidate, documents), side_facts(candidate, base, documents)
    return Pair(
        (base, candidate),
        facts,
        found.compressed(text.use & found.finite),
        text,
        checks,
        notes,
        nonfinite,
        of_candidate,
        outcomes(base, candidate),
    )


def outcomes(*sides: Side) -> int:
    """How many tokens there are to choose from, as far as is known."""
    return min(side.vocabulary if isinstance(side, Logits) else side.seen for side in sides)


def vocabulary_notes(known: Vocabulary, *sides: Side) -> list[str]:
    """That the tokens that were given are not as many as there are columns: they may be of another model."""
    columns = min((side.vocabulary for side in sides if isinstance(side, Logits)), default=0)
    if not columns or not known.pieces:
        return []
    bare = columns - sum(number < columns for number in known.pieces)
    beyond = max(known.pieces) + 1
    lines = []
    if bare:
        first = next(number for number in range(columns) if number not in known.pieces)
        lines.append(
            f"Of {columns:,} tokens, {bare:,} have no text in tokens=, from {first:,} on: is it of this model?"
        )
    if beyond > columns:
        lines.append(f"tokens= has ids up to {beyond - 1:,}, but there are {columns:,} tokens: is it of this model?")
    return lines


def side_facts(side: Side, other: Side, documents: int) -> LogitsFacts:
    """What is kept of a side; lists do not say how many tokens there are, but the other side may."""
    if isinstance(side, Logits):
        return side.facts(documents)
    return side.facts(documents, other.vocabulary if isinstance(other, Logits) else None)


def measured_lists(base: Side, candidate: Side, given: Given) -> tuple[Measured, TextRows, list[str], list[str]]:
    """The same where at least one side is a table of lists."""
    if base.rows != candidate.rows:
        raise DataError(
            f"{base.name} has {base.rows:,} rows and {candidate.name} has {candidate.rows:,}: both models must be "
            "asked at the same tokens"
        )
    vocabulary = next((s.vocabulary for s in (base, candidate) if isinstance(s, Logits)), given.options.vocabulary)
    for side in (base, candidate):
        check_ids(side, vocabulary, given)
    order = joined_rows(base, candidate) if isinstance(base, TopLists) and isinstance(candidate, TopLists) else None
    text, notes = text_of(base, candidate, order, given), list[str]()
    joined = all(isinstance(side, TopLists) and side.position is not None for side in (base, candidate))
    if not joined:
        notes.append("Rows were matched by their order, since not both sides name documents and positions.")
    empty = no_list(base, np.arange(base.rows)) | no_list(candidate, np.arange(base.rows) if order is None else order)
    if (empty & text.use).any():
        notes.append(f"{int((empty & text.use).sum()):,} rows have no list of tokens on one side, and were left out.")
        text = replace(text, use=text.use & ~empty)
    progress = f"comparing {candidate.name}", given.progress
    found = measure_lists(base, candidate, order, text, vocabulary, progress)
    if text.labels is not None:
        unknown = np.isnan(found.surprisal_p) | np.isnan(found.surprisal_q)
        if (unknown & text.use & found.finite).any():
            number = int((unknown & text.use & found.finite).sum())
            notes.append(f"There is no perplexity: the token that came is not among those listed in {number:,} rows.")
    checks = [line for side in (base, candidate) if isinstance(side, Logits) for line in normalisation(side)]
    return found, text, checks, notes


def check_ids(side: Side, vocabulary: int | None, given: Given) -> None:
    """Refuse lists whose tokens are beyond the vocabulary, or have no id where the other side has columns."""
    if isinstance(side, Logits):
        return
    if vocabulary is not None and given.ids and not given.fixed:
        raise DataError(f"{side.name} lists tokens as text: tokens= says which column is which token")
    if vocabulary is not None and side.largest >= vocabulary:
        raise DataError(f"{side.name} lists token {side.largest:,}, but there are {vocabulary:,} tokens")


def no_list(side: Side, rows: Whole) -> NDArray[np.bool_]:
    """Which rows have an empty list, though all its numbers are finite."""
    if isinstance(side, Logits):
        return np.zeros(len(rows), bool)
    return np.asarray((np.diff(side.offsets)[rows] == 0) & side.finite[rows])


def text_of(base: Side, candidate: Side, order: Whole | None, given: Given) -> TextRows:
    """What is known of the rows: what was given, else what the files say."""
    sides, axes, lengths = (base, candidate), row_axes(base, candidate), segments(base, candidate)
    vocabulary = next((s.vocabulary for s in sides if isinstance(s, Logits)), given.options.vocabulary or LARGEST)
    labels = None if given.labels is None else checked_labels(given.labels, axes, vocabulary)
    found = tokens_of(base), reordered(tokens_of(candidate), order)
    check_same_tokens(found[0], found[1], (base.name, candidate.name))
    for side, tokens in zip(sides, found, strict=True):
        check_same_tokens(labels, tokens, ("labels", side.name))
        if labels is None and tokens is not None:
            check_range(tokens, vocabulary, side.name)
            labels = tokens
    documents = optional(given.documents, "documents", axes, lengths)
    tables = [(s, None if s is base else order) for s in sides if isinstance(s, TopLists)]
    positions = None
    for side, way in tables:
        if documents is None and side.document is not None and side.position is not None:
            documents, positions = reordered(side.document, way), reordered(side.position, way)
    domains = optional(given.domains, "domains", axes, lengths)
    for side, way in tables:
        domains = reordered(side.domain, way) if domains is None else domains
    return text_rows(labels, documents, domains, lengths, positions)


def tokens_of(side: Side) -> Whole | None:
    """The ids of the text that a side names."""
    return side.matrix.tokens if isinstance(side, Logits) else side.label


def reordered(values: NDArray[Any] | None, order: Whole | None) -> NDArray[Any] | None:
    """Values in the order of the base's rows."""
    return values if values is None or order is None else values[order]


def optional(source: object, role: str, axes: tuple[int, ...], lengths: tuple[int, ...]) -> NDArray[Any] | None:
    """One value a row, where it was given."""
    return None if source is None else one_a_row(source, role, axes, lengths)


def row_axes(*sides: Side) -> tuple[int, ...]:
    """The axes of the rows, such as documents by positions; of two ways, the one with more."""
    return max(((s.matrix.shape[:-1] if isinstance(s, Logits) else (s.rows,)) for s in sides), key=len)


def segments(*sides: Side) -> tuple[int, ...]:
    """The rows of each document as the files have them; of two ways, the one with more."""
    return max(((s.matrix.segments if isinstance(s, Logits) else (s.rows,)) for s in sides), key=len)
