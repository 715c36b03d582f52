"""Two language models compared token by token, and several candidates ranked against one base."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bitsapart.values.estimate import Estimate
from bitsapart.values.shown import Shown, loaded

PERCENTILES = (0.0, 0.1, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0)


@dataclass(frozen=True)
class LogitsFacts:
    """Where one side came from."""

    name: str
    format: str
    dtype: str
    tokens: int
    vocabulary: int
    documents: int


@dataclass(frozen=True)
class Perplexity:
    """How both models predict the text itself; needs the ids of its tokens.

    ``base`` and ``candidate`` are pure numbers, ``ratio`` (candidate / base) has the interval of the paired
    difference; ``excess`` is that difference in bits per token.
    """

    base: Estimate
    candidate: Estimate
    ratio: Estimate
    excess: Estimate
    correlation: float
    """Of the two models' surprisals."""


@dataclass(frozen=True)
class TemperatureRepair:
    """What one scalar would mend: candidate logits divided by ``temperature``, fitted to other documents."""

    temperature: float
    saved: Estimate
    left: Estimate
    tokens: int


@dataclass(frozen=True)
class Bucket:
    """Some of the tokens."""

    name: str
    tokens: int
    kl: Estimate
    kl_share: float
    top1_agreement: float


@dataclass(frozen=True)
class Breakdown:
    """The divergence by domain, document, position, or by how undecided the base is.

    ``macro``: the plain mean over the buckets, each with equal weight.
    """

    by: str
    buckets: tuple[Bucket, ...]
    macro: float


@dataclass(frozen=True)
class WorstToken:
    """One of the tokens with the largest divergence."""

    row: int
    document: int
    position: int
    kl: float
    base_top: str
    base_probability: float
    """Of the base's own top token, by the base."""
    candidate_probability: float
    """Of the same token, by the candidate."""
    candidate_top: str
    candidate_confidence: float
    label: str
    context: str
    document_name: str = ""
    """As it was given; its number where none was."""


@dataclass(frozen=True)
class Noise:
    """How small a divergence these files can show.

    ``storage``: the mean divergence, in bits per token, that rounding the base to the type of either file would make.
    ``rerun``: the divergence of the base from a second run of itself, where one was given.
    """

    storage: float
    storage_dtype: str
    rerun: Estimate | None
    near: bool
    """Whether the divergence is within twice of the larger of the two."""


@dataclass(frozen=True)
class Truncation:
    """Log-probabilities of the top tokens only: bounds in place of numbers.

    ``lower`` is the divergence of the distributions with everything unlisted merged into one outcome; ``tail_at_most``
    what the unlisted could add, infinite where both sides are truncated.
    """

    lower: Estimate
    upper: float
    base_tail: float
    candidate_tail: float
    """The mean mass of what is unlisted."""
    exact_tokens: int


@dataclass(frozen=True)
class WithError:
    """A number and its standard error, for which tokens count as independent."""

    value: float
    error: float


@dataclass(frozen=True)
class LlamaCppTable:
    """What llama.cpp prints of the same base file and candidate, by its own definitions: nats, and shares of 1.

    Its distributions are not normalised and its errors not clustered, so that it differs from what stands beside it
    from the fifth decimal on, and in all errors. llama.cpp itself prints no table of fewer than 100 tokens.
    """

    tokens: int
    perplexity: WithError
    """Mean PPL(Q), of the candidate."""
    base_perplexity: WithError
    correlation: float
    """Cor(ln(PPL(Q)), ln(PPL(base)))."""
    log_ratio: WithError
    """Mean ln(PPL(Q)/PPL(base))."""
    ratio: WithError
    difference: WithError
    """Mean PPL(Q)-PPL(base)."""
    kld: WithError
    kld_percentiles: Mapping[float, float]
    """From the minimum, 0, over the median, 50, to the maximum, 100."""
    change: WithError
    """Mean Δp: of the probability of the token that came, candidate less base."""
    change_percentiles: Mapping[float, float]
    rms_change: WithError
    same_top: WithError

    def __str__(self) -> str:
        """The lines that llama.cpp prints, character by character."""
        return "\n".join(loaded("bitsapart.report.models.llama_cpp").printed(self))


@dataclass(frozen=True)
class ModelComparison(Shown):
    """What a candidate loses against a base, in bits per token. Prints as a table; its frame has one row a quantity."""

    report: ClassVar[str] = "bitsapart.report.models"
    base: LogitsFacts
    candidate: LogitsFacts
    n: int
    """Tokens compared."""
    entropy: Estimate
    kl: Estimate
    """KL(base || candidate)."""
    cross_entropy: Estimate
    """entropy + kl."""
    reverse_kl: Estimate
    js: Estimate
    percentiles: Mapping[str, Mapping[float, float]]
    """Of "kl", and where labels are known of "probability_change" (candidate less base, of the token itself)."""
    worst_percent_share: float
    """The share of the whole divergence that the worst 1 % of tokens hold."""
    top1_agreement: Estimate
    top5_agreement: Estimate
    """The mean share of the base's five most probable tokens that are among the candidate's five."""
    confident: float
    """The probability from which on the base counts as confident."""
    confident_tokens: int
    confident_flips: Estimate
    """Of the tokens at which the base is confident, the share where the candidate's top token differs."""
    acceptance: Estimate
    """1 - total variation: the rate at which speculative decoding would accept the candidate's drafts."""
    perplexity: Perplexity | None
    temperature: TemperatureRepair | None
    breakdowns: tuple[Breakdown, ...]
    worst: tuple[WorstToken, ...]
    noise: Noise
    truncation: Truncation | None
    infinite_tokens: int
    """Tokens at which the candidate excludes what the base allows: infinite bits each."""
    nonfinite_tokens: int
    """Tokens left out because a logit of either side is NaN or infinite."""
    effective_n: float
    """Independent tokens that the document-clustered standard error of the divergence is worth."""
    checks: tuple[str, ...]
    notes: tuple[str, ...]
    level: float
    version: str
    candidate_nonfinite_tokens: int = 0
    """Of ``nonfinite_tokens``, those where the candidate's own logits are."""
    llama_cpp: LlamaCppTable | None = None
    """Of a base file of llama.cpp, compared whole and without NaN: the numbers that llama.cpp prints."""


@dataclass(frozen=True)
class PairTest:
    """Two candidates against each other: ``difference`` is KL of the first less KL of the second, paired by token."""

    first: str
    second: str
    difference: Estimate
    p_value: float
    adjusted: float
    """The p-value after Holm's correction for all pairs."""


@dataclass(frozen=True)
class ModelRanking(Shown):
    """Several candidates, the closest to the base first. Prints as a table; its frame has one row a candidate."""

    report: ClassVar[str] = "bitsapart.report.ranking"
    comparisons: tuple[ModelComparison, ...]
    pairs: tuple[PairTest, ...]
    version: str
