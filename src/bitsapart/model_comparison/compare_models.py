"""Compare models: open, check, measure in one pass, sum up."""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from bitsapart.model_comparison.blocks import Progress
from bitsapart.model_comparison.estimates import bits
from bitsapart.model_comparison.logits import Logits
from bitsapart.model_comparison.noise import noise as noise_of
from bitsapart.model_comparison.noise import storage_noise
from bitsapart.model_comparison.options import Options
from bitsapart.model_comparison.pairing import Given, Side, measured_pair
from bitsapart.model_comparison.per_token import PerToken
from bitsapart.model_comparison.ranking import Candidate, ranking
from bitsapart.model_comparison.result import ModelComparison, ModelRanking
from bitsapart.model_comparison.summary import Found, summary
from bitsapart.model_comparison.temperature import temperature_repair
from bitsapart.model_comparison.tokens import open_vocabulary
from bitsapart.model_comparison.truncation import LEAST
from bitsapart.values.errors import UsageError
from bitsapart.values.estimate import Estimate


def compare_models(
    base: object,
    candidate: object,
    labels: object = None,
    *,
    documents: object = None,
    domains: object = None,
    tokens: object = None,
    noise: object = None,
    vocabulary: int | None = None,
    confident: float = 0.9,
    level: float = 0.95,
    worst: int = 20,
    seed: int = 0,
    per_token: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ModelComparison | ModelRanking:
    """What a candidate model, such as a quantised one, loses against a base, in bits per token.

    Token by token on the same text, H(base, candidate) = H(base) + KL(base || candidate) (Kullback & Leibler 1951), the
    reverse, the Jensen-Shannon divergence (Lin 1991) and 1 - total variation, the rate at which speculative decoding
    accepts the candidate's drafts (Leviathan, Kalman & Matias 2023). Errors are clustered by document. Files are read
    in blocks, once, and memory grows with the number of tokens only.

    Args:
        base: logits or log-probabilities with a row a token, (tokens, vocabulary) or (documents, positions,
            vocabulary): an array, or the path of a .npy, .npz, .safetensors or llama.cpp base file, a glob or folder of
            such. Or a table (Parquet, Arrow, CSV, JSON lines, a frame) of lists of top tokens as inference servers give
            them, with the columns ``ids`` (or ``tokens``) and ``logprobs``, and where known ``doc``, ``pos``,
            ``token_id``, ``target_logprob``, ``lse``, ``tail`` and ``domain``; the divergences are bounds then.
        candidate: the same for the other model; or a list of several, which are ranked.
        labels: the token that came at each row, whole numbers, of one or two axes; rows with a negative one, as padding
            has, are left out. Files of llama.cpp and tables bring their own. Like documents and domains, an array or
            the path of a .npy, .npz, .safetensors or .txt file, the last with an entry a line.
        documents: which document each row is of, an entry a row or a document; by default what the files say.
        domains: which domain each row is of, for a breakdown, in the same way.
        tokens: what ids stand for: the path of a tokenizer.json, a vocab.json or a text file with a token a line, or a
            list.
        noise: a second run of the base, whose divergence is the floor of all others.
        vocabulary: how many of the columns are real tokens, where some are padding.
        confident: the probability of its top token from which on the base counts as confident.
        level: confidence level of the intervals.
        worst: how many of the tokens that cost most are kept.
        seed: of the samples that temperature and noise are measured on.
        per_token: a Parquet file to write, with a row a token (and candidate); whole or not at all.
        progress: called with what is being done, the rows done and the rows in all.

    Returns:
        A `ModelComparison`, or of several candidates a `ModelRanking`.

    Raises:
        UsageError: an option is out of its range, or a file cannot be written, or is one of those that are read.
        DataError: a side cannot be read, holds probabilities, or is of other tokens or another vocabulary than the
            other; labels are beyond the vocabulary.

    >>> import numpy as np, bitsapart as ba
    >>> base = np.log([[0.5, 0.25, 0.25], [0.9, 0.05, 0.05]])
    >>> found = ba.compare_models(base, np.log([[0.25, 0.5, 0.25], [0.9, 0.05, 0.05]]), labels=[0, 0])
    >>> found.kl.value, found.top1_agreement.value, round(found.perplexity.ratio.value, 4)
    (0.125, 0.5, 1.4142)
    """
    options = Options(vocabulary, confident, level, worst, seed)
    known, ids = open_vocabulary(tokens)
    several = isinstance(candidate, list | tuple) and not is_rows(candidate)
    sources = list(candidate) if several else [candidate]  # type: ignore[call-overload]
    if not sources:
        raise UsageError("the list of candidates is empty: give at least one")
    inputs = (base, *sources, labels, documents, domains, tokens, noise)
    with PerToken(per_token, inputs) as table, ExitStack() as closing:
        given = Given(labels, documents, domains, known, ids, options, progress, closing)
        first = given.open(base, "base")
        roles = [f"candidate {number}" for number in range(1, len(sources) + 1)] if several else ["candidate"]
        rerun = second_run(first, noise, given)
        found = [
            compared(first, given.open(source, role), given, rerun, table)
            for source, role in zip(sources, roles, strict=True)
        ]
    return ranking(found, level) if several else found[0].comparison


def is_rows(candidate: Sequence[Any]) -> bool:
    """Whether a list holds rows of numbers, and not several candidates."""
    return bool(candidate) and (
        isinstance(candidate[0], list | tuple | int | float) or getattr(candidate[0], "ndim", None) in {0, 1}
    )


@np.errstate(over="ignore", invalid="ignore")  # logits near the largest of float64: sums of divergences overflow
def compared(base: Side, candidate: Side, given: Given, rerun: Estimate | None, table: PerToken) -> Candidate:
    """One candidate."""
    options = given.options
    pair = measured_pair(base, candidate, given)
    measured, text = pair.measured, pair.text
    clusters = None if text.clusters is None else text.clusters[measured.row]
    p, q = pair.sides
    whole = (p, q) if isinstance(p, Logits) and isinstance(q, Logits) else None
    floor = storage_noise(*whole, measured.row, options.seed) if whole else (math.nan, base.dtype)
    found = Found(
        pair=pair,
        noise=noise_of(floor, bits(measured.kl, clusters, options.level), rerun),
        temperature=temperature_repair(*whole, measured, text, options.level, options.seed) if whole else None,
    )
    table.add(candidate.name, measured, text)
    return Candidate(summary(found, options, given.vocabulary), measured.row, measured.kl, clusters)


def second_run(base: Side, rerun: object, given: Given) -> Estimate | None:
    """The divergence of the base from a second run of itself."""
    if rerun is None:
        return None
    again = measured_pair(base, given.open(rerun, "noise"), given)
    clusters = None if again.text.clusters is None else again.text.clusters[again.measured.row]
    found = bits(again.measured.kl, clusters, given.options.level)
    return found if again.measured.bounds is None else replace(found, note=LEAST)
