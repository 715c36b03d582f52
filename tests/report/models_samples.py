"""Model comparisons made by hand, with the corners that a report must survive."""

import math
from dataclasses import replace

from report_samples import HOSTILE

from bitsapart.model_comparison.result import (
    PERCENTILES,
    Breakdown,
    Bucket,
    LogitsFacts,
    ModelComparison,
    ModelRanking,
    Noise,
    PairTest,
    Perplexity,
    TemperatureRepair,
    Truncation,
    WorstToken,
)
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

N = 4_096


def bits(value: float, relative: float | None = 0.08, n: int = N) -> Estimate:
    """A number of bits with an interval, or with none."""
    if relative is None or not math.isfinite(value):
        return Estimate(value, None, None, 0.95, "unknown", "mean", Unit.bit, n)
    low, high = value - relative * abs(value), value + relative * abs(value)
    return Estimate(value, low, high, 0.95, "confidence", "mean; clustered by document", Unit.bit, n)


def pure(value: float, half: float | None = 0.005, n: int = N, method: str = "Wilson") -> Estimate:
    """A number without a unit."""
    if half is None or not math.isfinite(value):
        return Estimate(value, None, None, 0.95, "unknown", method, None, n)
    return Estimate(value, value - half, value + half, 0.95, "confidence", method, None, n)


def percentiles(kl: float) -> dict[float, float]:
    """Of a lognormal: most tokens cost little, few much."""
    grid = (-4.0, -3.1, -2.33, -1.64, -1.28, -0.67, 0.0, 0.67, 1.28, 1.64, 2.33, 3.1, 4.0)
    return {p: kl * math.exp(1.5 * z - 1.1) for p, z in zip(PERCENTILES, grid, strict=True)}


def breakdowns(kl: float) -> tuple[Breakdown, ...]:
    groups = {
        "domain": ("wikipedia", "code", "dialogue"),
        "position": ("0-31", "32-127", "128-511", "512-2047"),
        "entropy of the base": ("0-0.25 bits", "0.25-1 bits", "1-2 bits", "2-4 bits", "above 4 bits"),
        "document": tuple(f"document {i}" for i in range(30)),
    }
    found = []
    for by, names in groups.items():
        weights = [1 + 0.7 * ((7 * i) % 5) for i in range(len(names))]
        size = N // len(names)
        buckets = tuple(
            Bucket(name, size, bits(kl * w / 2, 0.1 + 0.02 * w, size), w / sum(weights), 1 - 0.02 * w)
            for name, w in zip(names, weights, strict=True)
        )
        found.append(Breakdown(by, buckets, kl * sum(weights) / len(weights) / 2))
    return tuple(found)


def worst(
    tokens: tuple[str, ...] = (" the", " a", "\n", "ing", "}", " Paris", " London", "1984"),
) -> tuple[WorstToken, ...]:
    return tuple(
        WorstToken(
            row=977 * i + 13,
            document=i // 3,
            position=41 * i + 3,
            kl=9.4 / (i + 1),
            base_top=token,
            base_probability=0.97 - 0.05 * i,
            candidate_probability=0.004 * (i + 1),
            candidate_top=tokens[(i + 1) % len(tokens)],
            candidate_confidence=0.61,
            label=token if i % 2 else "",
            context="The capital of France was known for its light, its river and its bread, and so they went to",
        )
        for i, token in enumerate(tokens)
    )


def compared(kl: float = 0.0312, name: str = "llama-q4_k_m.npy") -> ModelComparison:
    """With everything that there can be, and nothing wrong."""
    repair = TemperatureRepair(1.0431, bits(kl * 0.07, 0.3), bits(kl * 0.93), N)
    text = Perplexity(pure(6.1234, 0.2), pure(6.2588, 0.21), pure(1.0221, 0.0034), bits(0.0316, 0.15), 0.9981)
    return ModelComparison(
        base=LogitsFacts("llama-f16.npy", "npy", "float16", N, 32_000, 30),
        candidate=LogitsFacts(name, "npy", "float16", N, 32_000, 30),
        n=N,
        entropy=bits(2.6121, 0.02),
        kl=bits(kl),
        cross_entropy=bits(2.6121 + kl, 0.02),
        reverse_kl=bits(kl * 1.04),
        js=bits(kl * 0.25),
        percentiles={
            "kl": percentiles(kl),
            "probability_change": {p: (p - 50) ** 3 / 250_000 for p in PERCENTILES},
        },
        worst_percent_share=0.2312,
        top1_agreement=pure(0.9712),
        top5_agreement=pure(0.9433, method="mean; clustered by document"),
        confident=0.9,
        confident_tokens=1_212,
        confident_flips=pure(0.0031, 0.002, 1_212),
        acceptance=pure(0.9641, method="mean; clustered by document"),
        perplexity=text,
        temperature=repair,
        breakdowns=breakdowns(kl),
        worst=worst(),
        noise=Noise(1.1e-6, "float16", bits(3.1e-5, 0.2), False),
        truncation=None,
        infinite_tokens=0,
        nonfinite_tokens=6,
        effective_n=412.7,
        checks=("The token ids of both files are the same.", "All rows sum to 1 within 1e-6."),
        notes=("The vocabulary of the candidate is padded by 24 tokens, which were left out.",),
        level=0.95,
        version="0.1.0",
    )


def tiny() -> ModelComparison:
    """A difference that is mere rounding."""
    return replace(compared(2.3e-11), noise=Noise(1.9e-11, "float16", None, True), perplexity=None)


def infinite() -> ModelComparison:
    """The candidate excludes what the base allows at some tokens."""
    sample = compared()
    bound = Estimate(math.inf, 0.021, math.inf, 0.95, "bound", "mean", Unit.bit, N)
    values = percentiles(0.03) | {99.9: math.inf, 100.0: math.inf}
    ends = (replace(sample.breakdowns[0].buckets[0], kl=bound, kl_share=math.nan), *sample.breakdowns[0].buckets[1:])
    return replace(
        sample,
        kl=bound,
        cross_entropy=replace(bound, low=2.6),
        percentiles={"kl": values},
        worst_percent_share=math.nan,
        breakdowns=(Breakdown("domain", ends, math.inf), *sample.breakdowns[1:]),
        worst=(replace(sample.worst[0], kl=math.inf, candidate_probability=0.0), *sample.worst[1:]),
        infinite_tokens=12,
        temperature=None,
    )


def truncated(upper: float = 0.0731) -> ModelComparison:
    """Top tokens only."""
    sample = compared()
    lower = Estimate(0.0312, 0.0287, 0.0340, 0.95, "bound", "unlisted merged", Unit.bit, N)
    return replace(sample, kl=lower, truncation=Truncation(lower, upper, 0.12, 0.131, 120))


def bare() -> ModelComparison:
    """As little as there can be: no labels, no documents, no intervals, a single token."""
    sample, nothing = compared(0.5), bits(math.nan, None, 0)
    one = {name: replace(bits(0.5, None), n=1) for name in ("entropy", "kl", "reverse_kl", "js")}
    return replace(
        sample,
        **one,  # type: ignore[arg-type]
        n=1,
        cross_entropy=bits(1.0, None),
        percentiles={},
        worst_percent_share=math.nan,
        confident_tokens=0,
        confident_flips=replace(nothing, unit=None),
        perplexity=None,
        temperature=None,
        breakdowns=(),
        worst=(),
        noise=Noise(0.0, "float64", None, False),
        nonfinite_tokens=0,
        effective_n=math.nan,
        checks=(),
        notes=(),
    )


def nothing() -> ModelComparison:
    """All tokens were left out."""
    unknown = bits(math.nan, None, 0)
    names = ("entropy", "kl", "cross_entropy", "reverse_kl", "js", "top1_agreement", "top5_agreement", "acceptance")
    noise = Noise(math.nan, "float16", unknown, False)
    return replace(bare(), **dict.fromkeys(names, unknown), n=0, noise=noise, nonfinite_tokens=N)  # type: ignore[arg-type]


def hostile() -> ModelComparison:
    """Names and tokens that would break out of what shows them."""
    sample = compared()
    buckets = tuple(replace(sample.breakdowns[0].buckets[0], name=text) for text in HOSTILE)
    tokens = tuple(
        replace(token, context=text + " " + HOSTILE[4])
        for token, text in zip(worst(tuple(HOSTILE)), HOSTILE, strict=True)
    )
    return replace(
        sample,
        base=replace(sample.base, name=HOSTILE[0], format=HOSTILE[3], dtype=HOSTILE[5]),
        candidate=replace(sample.candidate, name=HOSTILE[2]),
        breakdowns=(Breakdown(HOSTILE[9], buckets, 0.03),),
        worst=tokens,
        checks=tuple(HOSTILE),
        notes=tuple(HOSTILE),
    )


def ranked(*comparisons: ModelComparison) -> ModelRanking:
    """Three candidates, of which the first two cannot be told apart; or others."""
    found = comparisons or (
        compared(0.00121, "q8_0.npy"),
        compared(0.00125, "q6_k.npy"),
        compared(0.0312, "q4_k_m.npy"),
    )
    names = [c.candidate.name for c in found]
    pairs = []
    for i in range(len(found)):
        for j in range(i + 1, len(found)):
            apart = found[i].kl.value - found[j].kl.value
            p = 0.4 if abs(apart) < 1e-3 else 1e-9
            pairs.append(PairTest(names[i], names[j], bits(apart, 0.5), p, min(1.0, 3 * p)))
    return ModelRanking(found, tuple(pairs), "0.1.0")


EVERY = {
    "compared": compared(),
    "tiny": tiny(),
    "infinite": infinite(),
    "truncated": truncated(),
    "cut on both sides": truncated(math.inf),
    "bare": bare(),
    "nothing": nothing(),
    "hostile": hostile(),
    "equal": replace(compared(0.0), temperature=None),
}

RANKINGS = {
    "three": ranked(),
    "corners": ranked(*EVERY.values()),
    "one": ranked(compared()),
    "none": ModelRanking((), (), "0.1.0"),
}
