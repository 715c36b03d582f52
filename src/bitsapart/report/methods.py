"""How the numbers were made: every set of methods once, at the foot of the page, and what the words mean."""

from bitsapart.compare.comparison import ColumnShift, Comparison
from bitsapart.report.svg import esc
from bitsapart.values.estimate import Estimate

NAMES = {
    "entropy": "entropy",
    "excess": "excess",
    "cross_entropy": "cross-entropy",
    "excess_with_prior": "excess with prior",
    "reverse": "reverse",
    "js": "Jensen–Shannon",
}
KINDS = {
    "exact": "exact",
    "bound": "its interval is a bound",
    "confidence": "confidence interval",
    "unknown": "no interval",
}


class Methods:
    """The sets of methods met so far, in their order; columns refer to them by number."""

    def __init__(self) -> None:
        self.sets: list[str] = []

    def link(self, column: ColumnShift) -> str:
        """A reference to the methods of a column."""
        used = in_words(column)
        if used not in self.sets:
            self.sets.append(used)
        number = self.sets.index(used) + 1
        return f'<p class="how"><a href="#m{number}">Methods and kinds of interval: {number}</a></p>'

    def as_list(self) -> str:
        """All of them."""
        items = "".join(f'<li id="m{number}">{used}</li>' for number, used in enumerate(self.sets, 1))
        return f'<h3>Methods</h3><ol class="notes">{items}</ol>' if items else ""


def in_words(column: ColumnShift) -> str:
    """Which method and kind of interval stands behind which number, equal ones together, escaped."""
    found: dict[str, list[str]] = {}
    for key, name in NAMES.items():
        estimate: Estimate | None = getattr(column, key)
        if estimate is not None:
            how = f"{estimate.method.replace('_', '-')}, {KINDS[estimate.kind]}"
            found.setdefault(how, []).append(name)
    if column.test:
        found.setdefault(column.test, []).append("q-value")
    return "; ".join(f"{', '.join(names)}: {esc(how)}" for how, names in found.items()) + "."


def footer(comparison: Comparison, methods: Methods) -> str:
    """What the numbers mean, in plain words."""
    items = "".join(f"<dt>{name}</dt><dd>{esc(text)}</dd>" for name, text in _terms(comparison))
    version = f'<p class="ver">bitsapart {esc(comparison.version)}</p>'
    return f"<footer><h2>What the numbers mean</h2><dl>{items}</dl>{methods.as_list()}{version}</footer>"


def _terms(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    level, limit, prior = f"{100 * comparison.level:g} %", f"{comparison.tolerance:g} bits", f"{comparison.prior:g}"
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
            f"{prior} rows was spent on all such values.",
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
