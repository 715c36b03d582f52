"""What the words on the page of a model comparison mean, and where the methods come from."""

from bitsapart.model_comparison.result import ModelComparison


def terms(comparison: ModelComparison | None) -> tuple[tuple[str, str], ...]:
    """Terms and their meanings, of one comparison or of none."""
    level = f"{100 * comparison.level:g} %" if comparison else "the level asked for"
    return (
        (
            "Token by token",
            "both models saw the same text before each token; all numbers are about the whole distribution of the next "
            "token, in bits (log₂), and a mean is over tokens.",
        ),
        (
            "Divergence",
            "KL(base ‖ candidate) = Σ p log₂(p / q) with p from the base and q from the candidate: what it costs per "
            "token to code what the base would write with the candidate in its place. 0 only where both agree. The "
            "reverse swaps the roles.",
        ),
        (
            "Cross-entropy",
            "entropy of the base + divergence. The entropy is the base’s own uncertainty, no fault of the candidate.",
        ),
        (
            "Jensen–Shannon",
            "the divergence of each side from the mean of both, averaged: between 0 and 1 bit, never infinite.",
        ),
        (
            "Percentiles",
            "of the divergence of single tokens, as llama.cpp prints them: of 100 tokens, 99 lie below the 99 % line.",
        ),
        (
            "Acceptance",
            "1 − total variation = Σ min(p, q): the rate at which speculative decoding accepts what the candidate "
            "drafts for the base (Leviathan, Kalman and Matias 2023).",
        ),
        (
            "Perplexity",
            "2 to the mean surprisal of the text itself; the interval of the ratio is that of the difference paired by "
            "token. Perplexity can improve by luck while the distributions differ: the divergence cannot.",
        ),
        (
            "Temperature",
            "one number that divides all logits of the candidate, fitted to text it is not judged on.",
        ),
        (
            "Noise",
            "what rounding to the stored type makes on its own, and what a second run of the base makes. A divergence "
            "within twice of it may be no property of the candidate.",
        ),
        (
            "Intervals",
            f"at level {level}. Tokens of one document resemble each other, so errors are clustered by document "
            "(Cameron and Miller 2015); shares of tokens have Wilson’s interval (1927).",
        ),
    )
