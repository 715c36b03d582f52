"""Comparisons made by hand, with the corners that a report must survive."""

import math
import random
from dataclasses import dataclass, replace

from bitsapart.comparison.comparison import (
    ColumnShift,
    Comparison,
    Contribution,
    NewValue,
    SchemaChange,
    TableFacts,
    Verdict,
)
from bitsapart.values.account import Account
from bitsapart.values.contingency import Outcome
from bitsapart.values.encoding import Encoding, Nominal, Ordered
from bitsapart.values.estimate import Estimate
from bitsapart.values.plan import ColumnPlan, Plan
from bitsapart.values.unit import Unit

HOSTILE = [
    "<script>alert('x')</script>",
    "\"quotes\" & 'apostrophes'",
    "line\nbreak\r\x1b[31mred\x07",
    "[red]rich[/] :smile: [/]",
    "👩‍🚀 ünïcödé 列",
    "\u202etxt.exe\u2066",
    "x" * 300,
    "",
    " ",
    "</style></svg><img src=x onerror=alert(1)>",
]


@dataclass
class Cell:
    """An outcome with its counts on both sides."""

    outcome: Outcome
    reference: int
    current: int


def estimate(value: float, spread: float | None = None, n: int = 25_000, method: str = "miller_madow") -> Estimate:
    if spread is None:
        return Estimate(value, None, None, 0.95, "unknown", method, Unit.bit, n)
    low, high = max(0.0, value - spread), value + spread
    return Estimate(value, low, high, 0.95, "confidence", f"{method} + delta", Unit.bit, n)


def contributions(cells: list[Cell]) -> tuple[Contribution, ...]:
    reference, current = sum(c.reference for c in cells), sum(c.current for c in cells)
    parts = []
    for cell in cells:
        q, p = cell.reference / reference, cell.current / current
        bits = 0.0 if p == 0 else math.inf if q == 0 else p * math.log2(p / q)
        o = cell.outcome
        parts.append(Contribution(o.label, o.kind, q, p, bits, cell.reference, cell.current, o.low, o.high))
    return tuple(parts)


def shift(
    name: str, kind: str, cells: list[Cell], *, verdict: Verdict | None = None, tolerance: float = 0.01
) -> ColumnShift:
    """A column judged roughly as compare would judge it."""
    parts = contributions(cells)
    n = sum(c.current for c in cells)
    entropy = -sum(c.current_share * math.log2(c.current_share) for c in parts if c.current_share)
    plug_in = sum(c.bits for c in parts)
    rows = sum(c.reference for c in cells)
    finite = sum(
        c.bits if c.reference_count else c.current_share * math.log2(c.current_share * rows / 0.5) for c in parts
    )
    half = 2 * math.sqrt(max(finite, 1e-9) / n) + len(parts) / n
    infinite = math.isinf(plug_in)
    excess = (
        Estimate(math.inf, finite / 2, math.inf, 0.95, "bound", "plug_in", Unit.bit, n)
        if infinite
        else estimate(plug_in, half)
    )
    low, high = max(0.0, finite - 1.4 * half), finite + 1.4 * half
    judged: Verdict = verdict or ("shifted" if low > tolerance else "stable" if high < tolerance else "undecided")
    new = [c for c in parts if c.reference_count == 0 and c.current_count]
    return ColumnShift(
        name=name,
        kind=kind,
        reference_type="double" if kind == "numeric" else "string",
        current_type="double" if kind == "numeric" else "string",
        verdict=judged,
        encoding=f"{len(cells)} outcomes fixed from the reference",
        outcomes=len(cells),
        account=Account(
            estimate(entropy, 0.01), excess, entropy + low, math.inf if infinite else entropy + high, "joint delta"
        ),
        excess_with_prior=estimate(finite, half, method="dirichlet") if infinite else None,
        reverse=estimate(finite * 1.1, half),
        js=estimate(min(1.0, finite / 4), half / 4),
        simultaneous=(low, high),
        p_value=math.exp(-n * finite),
        q_value=min(1.0, 30 * math.exp(-n * finite)),
        test="G test",
        rows_to_decide=120_000 if judged == "undecided" else None,
        new_mass=sum(c.current_share for c in new),
        new_mass_expected=0.0004,
        new_values=tuple(NewValue(c.outcome, c.current_count, c.current_share) for c in new[:10]),
        new_values_total=len(new),
        plug_in=plug_in,
        contributions=parts,
        reference_null=next((c.reference_share for c in parts if c.kind == "null"), 0.0),
        current_null=next((c.current_share for c in parts if c.kind == "null"), 0.0),
        reference_span=("-41.5", "1301.0") if kind == "numeric" else None,
        current_span=("-38.0", "1017.0") if kind == "numeric" else None,
        notes=("The type changed from int64 to double.",) if name.endswith("7") else (),
    )


def normal_cells(shift_by: float, bins: int = 40, nulls: tuple[int, int] = (0, 0), n: int = 25_000) -> list[Cell]:
    """Quantile bins of a normal reference, the current one moved; lognormal-looking edges."""

    def cdf(x: float) -> float:
        return 0.5 * (1 + math.erf(x / math.sqrt(2)))

    def quantile(u: float) -> float:
        low, high = -9.0, 9.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if cdf(middle) < u else (low, middle)
        return low

    cuts = [quantile(i / bins) for i in range(1, bins)]
    edges = [round(math.exp(1 + c), 2) for c in cuts]
    cells = []
    for i in range(bins):
        a, b = (-99.0 if i == 0 else cuts[i - 1]), (99.0 if i == bins - 1 else cuts[i])
        low, high = (None if i == 0 else edges[i - 1]), (None if i == bins - 1 else edges[i])
        label = f"< {high:g}" if low is None else f"≥ {low:g}" if high is None else f"[{low:g}, {high:g})"
        mass = cdf(b - shift_by) - cdf(a - shift_by)
        cells.append(Cell(Outcome("range", label, low, high), n // bins, round(n * mass)))
    if any(nulls):
        cells.append(Cell(Outcome("null", "null"), *nulls))
    return cells


def spike_cells(bins: int = 24) -> list[Cell]:
    """An ordered column of which 70 % is exactly 0."""
    cells = normal_cells(0.2, bins, n=8_000)
    cells.insert(0, Cell(Outcome("value", "0", 0.0, 5e-324), 70_000, 65_000))
    cells[1] = replace(
        cells[1], outcome=Outcome("range", f"(0, {cells[1].outcome.high})", 5e-324, cells[1].outcome.high)
    )
    cells.append(Cell(Outcome("nan", "NaN"), 100, 300))
    return cells


def nominal_cells(values: list[str], seed: int = 1, n: int = 25_000, change: float = 0.2) -> list[Cell]:
    rng = random.Random(seed)
    shares = [1 / (i + 1.5) for i in range(len(values))]
    moved = [s * math.exp(rng.gauss(0, change)) for s in shares]
    a, b = sum(shares), sum(moved)
    pairs = zip(values, shares, moved, strict=True)
    return [Cell(Outcome("value", v), round(n * s / a), round(n * m / b)) for v, s, m in pairs]


def apart(name: str, verdict: Verdict, note: str) -> ColumnShift:
    """An identifier, or a column that could not be compared."""
    nothing = shift(name, "categorical", nominal_cells(["a", "b"]), verdict=verdict)
    return replace(nothing, account=None, reverse=None, js=None, simultaneous=None, p_value=None, q_value=None,
                   contributions=(), plug_in=0.0, notes=(note,), test="")  # fmt: skip


def compared(columns: list[ColumnShift]) -> Comparison:
    plans = []
    for column in columns:
        encoding: Encoding = Nominal(listed=("a",))
        if column.kind == "numeric":
            lows = sorted({float(c.low) for c in column.contributions if c.low is not None})
            encoding = Ordered(tuple(lows), (0,), "float64")
        plans.append(ColumnPlan(column.name, "numeric" if column.kind == "numeric" else "categorical", "x", encoding))
    verdicts = {c.verdict for c in columns}
    verdict: Verdict = "shifted" if "shifted" in verdicts else "undecided" if "undecided" in verdicts else "stable"
    return Comparison(
        reference=TableFacts("flights-2013-01.parquet", 27_004, len(columns) + 1),
        current=TableFacts("flights-2013-07.parquet", 29_425, len(columns)),
        columns={c.name: c for c in columns},
        schema_changes=(
            SchemaChange("gate", "only in reference", "string", ""),
            SchemaChange("delay_7", "type changed", "int64", "double"),
            SchemaChange("[red]<b>\n", "only in current", "", "string"),
        ),
        verdict=verdict,
        q_value=min((c.q_value for c in columns if c.q_value is not None), default=None),
        tolerance=0.01,
        level=0.95,
        prior=0.5,
        multiplicity="Benjamini-Hochberg for q-values; Bonferroni for the simultaneous intervals",
        plan=Plan(tuple(plans), 27_004, 27_004),
        version="0.1.0",
    )


CARRIERS = ["United", "JetBlue", "ExpressJet", "Delta", "American", "Endeavor", "Envoy", "US Airways", "Southwest",
            "Virgin America", "AirTran", "Frontier"]  # fmt: skip


def mixed() -> Comparison:
    """Thirty columns of every sort."""
    infinite = [
        *nominal_cells(["EWR", "JFK", "LGA"]),
        Cell(Outcome("value", "SWF"), 0, 412),
        Cell(Outcome("value", "HPN"), 0, 37),
        Cell(Outcome("null", "null"), 12, 0),
    ]
    columns = [
        shift("dep_delay", "numeric", normal_cells(0.35, 40, (700, 900))),
        shift("precip", "numeric", spike_cells()),
        shift("carrier", "categorical", nominal_cells(CARRIERS, change=0.4)),
        shift("dest", "categorical", nominal_cells([f"airport {i:03d}" for i in range(300)], 3)),
        shift("origin", "categorical", infinite),
        apart("flight_id", "identifier", "Every value is different on both sides."),
        apart("payload", "not comparable", "The types binary and double cannot be compared."),
        shift("temp", "numeric", normal_cells(0.12, 40, (30, 31))),
        shift("wind", "numeric", normal_cells(0.115)),
    ]
    for i, name in enumerate(HOSTILE):
        values = [*HOSTILE[i:], *HOSTILE[:i], "null"]
        columns.append(shift(name, "categorical", nominal_cells(values, 10 + i, change=0.3 if i < 4 else 0.01)))
    columns += [shift(f"stable_{i}", "numeric", normal_cells(0.004 * i, 30)) for i in range(6)]
    columns += [
        shift(f"steady_{i}", "categorical", nominal_cells(CARRIERS, i, change=0.005)) for i in range(30 - len(columns))
    ]
    return compared(columns)


def wide(number: int = 500) -> Comparison:
    """Very many columns."""
    base = [shift("x", "numeric", normal_cells(0.01 * (i % 45), 40, (10, 12))) for i in range(20)]
    base += [shift("x", "categorical", nominal_cells(CARRIERS, i)) for i in range(20)]
    return compared([replace(base[i % 40], name=f"column_{i:03d}") for i in range(number)])
