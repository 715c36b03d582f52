"""What the words on the page of a comparison mean."""

from bitsapart.comparison.comparison import Comparison
from bitsapart.report import words


def terms(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Terms and their meanings, in plain words."""
    level, limit, prior = (
        f"{100 * comparison.level:g} %",
        words.measured(comparison.tolerance, "bit"),
        words.measured(comparison.prior, "row"),
    )
    plan = comparison.plan
    return (
        (
            "Entropy",
            "the bits per value that the current table needs with the best possible code: what cannot be saved.",
        ),
        (
            "Excess",
            "KL(current ‖ reference), the bits per value on top of that when one acts on the reference. It is infinite "
            "when a value turns up that the reference never had; an asterisk marks the excess after a prior of "
            f"{prior} was spent on all such values.",
        ),
        ("Cross-entropy", "entropy + excess, what is really paid."),
        (
            "Contribution",
            "share now × log₂(share now / share then) of one outcome, negative for what has become rarer. Over a "
            "column they add up to the excess before its correction for bias.",
        ),
        (
            "Verdict",
            f"shifted where the interval of the excess that holds for all columns at once lies above {limit}, stable "
            "where it lies below, else undecided. This is a question of size.",
        ),
        (
            "q-value",
            "evidence against no difference at all, corrected for the number of columns. This is a question of "
            "certainty: with many rows a difference too small to matter is certain too.",
        ),
        ("Intervals", f"at level {level}. Many columns: {comparison.multiplicity}."),
        (
            "Outcomes",
            f"fixed before anything was counted, from {plan.sampled:,} of the reference’s {plan.rows:,} rows.",
        ),
    )
