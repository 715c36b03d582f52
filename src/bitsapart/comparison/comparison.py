"""The result of a comparison, as values: what ``compare`` returns, and what every report is drawn from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from bitsapart.values.account import Account
from bitsapart.values.contingency import OutcomeKind
from bitsapart.values.estimate import Estimate
from bitsapart.values.plan import Plan
from bitsapart.values.shown import Shown

Verdict = Literal["shifted", "stable", "undecided", "identifier", "not comparable"]


@dataclass(frozen=True)
class Contribution:
    """What one outcome adds to the plug-in divergence of its column, in bits, with its sign.

    Over all outcomes of a column the contributions add up to ``ColumnShift.plug_in`` exactly. A negative one belongs
    to an outcome that is rarer now than in the reference. ``bits`` is infinite for an outcome that the reference
    never had. The outcome "rare new values" carries the rows that the reference is credited with for what it has not
    shown, beside its own rows.
    """

    outcome: str
    kind: OutcomeKind
    reference_share: float
    current_share: float
    bits: float
    reference_count: int
    current_count: int
    low: float | int | None = None
    high: float | int | None = None

    def __iter__(self) -> Iterator[str | float]:
        """Outcome, share in the reference, share in the current table, bits: what a loop over them wants to unpack."""
        return iter((self.outcome, self.reference_share, self.current_share, self.bits))


@dataclass(frozen=True)
class NewValue:
    """A value of the current table that the reference never had."""

    value: str
    count: int
    share: float


@dataclass(frozen=True)
class ColumnShift:
    """How far one column has moved: P is the current table, Q the reference; all numbers in bits.

    ``account``, ``reverse``, ``js`` and what follows from them are None where the column could not be compared or is
    an identifier; ``notes`` then say why.
    """

    name: str
    kind: str
    reference_type: str
    current_type: str
    verdict: Verdict = "undecided"
    encoding: str = ""
    """How values became outcomes, in a few words."""
    outcomes: int = 0
    account: Account | None = None
    """Entropy of the current table and KL(current || reference)."""
    excess_with_prior: Estimate | None = None
    """The excess when the prior's pseudo-count is spent on values the reference never had; None if it has all."""
    reverse: Estimate | None = None
    """KL(reference || current)."""
    js: Estimate | None = None
    simultaneous: tuple[float, float] | None = None
    """Interval of the excess that holds for all columns at once; the verdict compares it with the tolerance."""
    p_value: float | None = None
    q_value: float | None = None
    test: str = ""
    rows_to_decide: int | None = None
    """About how many rows on the larger side would settle an undecided verdict."""
    new_mass: float = 0.0
    """Share of current rows whose value the reference never had."""
    new_mass_expected: float = 0.0
    """The share of such rows to expect if nothing had changed (Good-Turing, from the reference's singletons)."""
    new_values: tuple[NewValue, ...] = ()
    """The most frequent of them."""
    new_values_total: int = 0
    plug_in: float = 0.0
    """The divergence of the observed shares, without bias correction: the sum of the contributions."""
    contributions: tuple[Contribution, ...] = ()
    """In the column's natural order, or by falling reference share."""
    reference_null: float = 0.0
    current_null: float = 0.0
    reference_span: tuple[str, str] | None = None
    """Lowest and highest value of an ordered column."""
    current_span: tuple[str, str] | None = None
    pooled_share: float = 0.0
    """Share of current rows whose value was counted together with other, rare ones."""
    notes: tuple[str, ...] = ()

    @property
    def entropy(self) -> Estimate | None:
        """H(current)."""
        return self.account.entropy if self.account else None

    @property
    def cross_entropy(self) -> Estimate | None:
        """H(current, reference) = entropy + excess."""
        return self.account.cross_entropy if self.account else None

    @property
    def excess(self) -> Estimate | None:
        """KL(current || reference): the bits that acting on the reference costs per value."""
        return self.account.divergence if self.account else None

    divergence = excess

    @property
    def finite_excess(self) -> Estimate | None:
        """The excess, or where it is infinite the one under the prior."""
        return self.excess_with_prior or self.excess


@dataclass(frozen=True)
class SchemaChange:
    """A difference between the two tables' columns."""

    column: str
    change: Literal["only in reference", "only in current", "type changed", "moved", "not unique"]
    reference: str
    current: str

    def __str__(self) -> str:
        if self.change == "type changed":
            return f"{self.column}: type changed from {self.reference} to {self.current}"
        if self.change == "moved":
            return f"{self.column}: moved from place {self.reference} to place {self.current}"
        if self.change == "not unique":
            return f"{self.column}: the name occurs more than once; not compared"
        return f"{self.column}: {self.change}"


@dataclass(frozen=True)
class TableFacts:
    """Where one side came from and how large it is."""

    name: str
    rows: int
    columns: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison(Shown):
    """Two tables compared. Prints as a table; ``to_html``, ``to_json`` and ``to_frame`` give it elsewhere.

    The frame has one row a column.
    """

    report: ClassVar[str] = "bitsapart.report.comparison"
    reference: TableFacts
    current: TableFacts
    columns: Mapping[str, ColumnShift]
    schema_changes: tuple[SchemaChange, ...]
    verdict: Verdict
    """shifted if any column is, else undecided if any is, else stable."""
    q_value: float | None
    """The smallest q-value of all columns: evidence that anything differs at all."""
    tolerance: float
    level: float
    prior: float
    multiplicity: str
    plan: Plan
    version: str

    @property
    def rows(self) -> tuple[int, int]:
        """Rows of the reference and of the current table."""
        return self.reference.rows, self.current.rows
