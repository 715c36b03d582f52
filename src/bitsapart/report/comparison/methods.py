"""How the numbers were made: every set of methods once, at the foot of the page, and what the words mean."""

from bitsapart.comparison.comparison import Comparison
from bitsapart.report import words
from bitsapart.report.svg import esc
from bitsapart.values.estimate import Estimate

KINDS = {
    "exact": "exact",
    "bound": "its interval is a bound",
    "confidence": "confidence interval",
    "unknown": "no interval",
}


class Methods:
    """The methods met so far, in their order; numbers in the cards refer to them."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def of(self, estimate: Estimate) -> str:
        """A reference to the method of an estimate and its kind of interval."""
        return self.reference(f"{estimate.method.replace('_', '-')}; {KINDS[estimate.kind]}")

    def reference(self, method: str) -> str:
        """A reference to a method."""
        if method not in self.met:
            self.met.append(method)
        number = self.met.index(method) + 1
        return f'<sup><a href="#m{number}">{number}</a></sup>'

    def as_list(self) -> str:
        """All of them."""
        items = "".join(f'<li id="m{number}">{esc(method)}</li>' for number, method in enumerate(self.met, 1))
        return f'<h3>Methods, by their numbers</h3><ol class="notes">{items}</ol>' if items else ""


def footer(comparison: Comparison, methods: Methods) -> str:
    """What the numbers mean, in plain words."""
    items = "".join(f"<dt>{name}</dt><dd>{esc(text)}</dd>" for name, text in _terms(comparison))
    version = f'<p class="ver">bitsapart {esc(comparison.version)}</p>'
    return f"<footer><h2>What the numbers mean</h2><dl>{items}</dl>{methods.as_list()}{version}</footer>"


def _terms(comparison: Comparison) -> tuple[tuple[str, str], ...]:
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
