"""How far one column has moved: from two aligned histograms to every number that is reported of it."""

import math

import numpy as np

from bitsapart.comparison.align import EXPECTED, align, coarsen, with_full_tails
from bitsapart.comparison.comparison import ColumnShift, Contribution, NewValue
from bitsapart.comparison.options import Options
from bitsapart.comparison.refused import refused
from bitsapart.estimate.difference import difference_test
from bitsapart.estimate.divergence import account, divergence_with_prior, js_divergence, kl_divergence
from bitsapart.estimate.rows import rows_to_decide
from bitsapart.measures.kl_divergence import kl_contributions
from bitsapart.tables.columns import spoken
from bitsapart.values.contingency import Contingency
from bitsapart.values.histogram import SPECIALS, Histogram, NominalHistogram, OrderedHistogram, Unreadable
from bitsapart.values.plan import ColumnPlan
from bitsapart.values.schema import Column
from bitsapart.values.unit import Unit

UNIQUE = 0.95
"""Share of rows whose value occurs once, from which on a column on both sides is an identifier."""
FEWEST = 20
"""Rows with a value that a column needs to be called an identifier."""
LISTED = 20


def column_shift(
    plan: ColumnPlan,
    columns: tuple[Column, Column],
    reference: Histogram | Unreadable,
    current: Histogram | Unreadable,
    options: Options,
    compared: int,
) -> ColumnShift:
    """Everything about one column but its verdict and q-value; ``compared`` columns share the error of the verdicts."""
    if isinstance(reference, Unreadable):
        return refused(columns, plan.kind, f"the column cannot be read in the reference: {reference.reason}")
    if isinstance(current, Unreadable):
        return refused(columns, plan.kind, f"the column cannot be read in the current table: {current.reason}")
    fine = align(plan, reference, current)
    if isinstance(reference, NominalHistogram) and isinstance(current, NominalHistogram):
        note = identifier(reference, current)
        if note:
            return refused(columns, plan.kind, note, verdict="identifier")
    coarse = coarsen(plan, fine)
    return measured(plan, columns, fine, coarse, (reference, current), options, compared)


def identifier(reference: NominalHistogram, current: NominalHistogram) -> str | None:
    """What to say of a column that names its rows; None where it does not."""
    level = max(reference.level, current.level)
    reference, current = reference.at_level(level), current.at_level(level)
    for side in (reference, current):
        rows = sum(side.counts.values())
        once = sum(count == 1 for count in side.counts.values())
        if rows < FEWEST or once < UNIQUE * rows:
            return None
    known = sum(value in reference.counts for value in current.counts) / len(current.counts)
    return (
        "an identifier: nearly every row has a value of its own, so there is no distribution to compare; "
        f"{known:.0%} of the current values also stand in the reference"
    )


def measured(
    plan: ColumnPlan,
    columns: tuple[Column, Column],
    fine: Contingency,
    coarse: Contingency,
    histograms: tuple[Histogram, Histogram],
    options: Options,
    compared: int,
) -> ColumnShift:
    """All numbers of a comparable column."""
    p, q = coarse.current, coarse.reference
    full = with_full_tails(coarse)
    whole = account(p, q, options.level).to(Unit.bit)
    joint_level = 1 - (1 - options.level) / compared
    joint = kl_divergence(p, q, joint_level).to(Unit.bit)
    infinite = math.isinf(whole.divergence.value) and options.prior > 0
    p_value, test = difference_test(fine.current, fine.reference, fine.ordered)
    parts = contributions(coarse)
    new = coarse if fine.ordered else fine
    unseen = np.flatnonzero((new.reference == 0) & (new.current > 0))
    often = unseen[np.argsort(-new.current[unseen], kind="stable")][:LISTED].tolist()
    n, m = int(p.sum()), int(q.sum())
    nulls = [side.specials.get("null", 0) / max(side.rows, 1) for side in histograms]
    return ColumnShift(
        name=plan.name,
        kind=plan.kind,
        reference_type=columns[0].type,
        current_type=columns[1].type,
        encoding=encoding_in_words(coarse, fine),
        outcomes=len(coarse.outcomes),
        account=whole,
        excess_with_prior=divergence_with_prior(p, q, options.prior, options.level).to(Unit.bit) if infinite else None,
        reverse=kl_divergence(full.reference, full.current, options.level).to(Unit.bit),
        js=js_divergence(p, q, options.level).to(Unit.bit),
        simultaneous=None if joint.low is None or joint.high is None else (joint.low, joint.high),
        p_value=p_value,
        test=test,
        rows_to_decide=rows_to_decide(p, q, options.tolerance * Unit.bit.value, joint_level),
        new_mass=int(new.current[unseen].sum()) / max(n, 1),
        new_mass_expected=0.0 if fine.ordered else int(np.sum(fine.reference == 1)) / max(m, 1),
        new_values=tuple(
            NewValue(new.outcomes[i].label, int(new.current[i]), float(new.current[i] / n)) for i in often
        ),
        new_values_total=len(unseen),
        plug_in=math.fsum(part.bits for part in parts),
        contributions=parts,
        reference_null=nulls[0],
        current_null=nulls[1],
        reference_span=span(plan, histograms[0]),
        current_span=span(plan, histograms[1]),
        pooled_share=pooled_share(coarse),
        notes=plan.notes,
    )


def contributions(coarse: Contingency) -> tuple[Contribution, ...]:
    """Signed bits of every outcome; their sum is the plug-in divergence."""
    n, m = max(int(coarse.current.sum()), 1), max(int(coarse.reference.sum()), 1)
    bits = kl_contributions(coarse.current / n, coarse.reference / m) / math.log(2)
    return tuple(
        Contribution(o.label, o.kind, r / m, c / n, float(b), int(r), int(c), o.low, o.high)
        for o, r, c, b in zip(coarse.outcomes, coarse.reference.tolist(), coarse.current.tolist(), bits, strict=True)
    )


def pooled_share(coarse: Contingency) -> float:
    """Share of the current rows whose value was counted together with others of a nominal column."""
    pooled = [o.kind in {"rare", "pooled"} for o in coarse.outcomes]
    return float(coarse.current[pooled].sum() / max(coarse.current.sum(), 1))


def encoding_in_words(coarse: Contingency, fine: Contingency) -> str:
    """How values became outcomes."""
    kinds = [outcome.kind for outcome in coarse.outcomes]
    parts = []
    if kinds.count("range"):
        parts.append(f"{number_of(kinds.count('range'), 'range')} between quantiles of the reference")
    if kinds.count("value"):
        parts.append(number_of(kinds.count("value"), "single value"))
    if "rare" in kinds:
        together = len(fine.outcomes) - sum(k not in {"range", "rare"} for k in kinds)
        what = "rare values" if fine.ordered else f"{together:,} values expected under {EXPECTED} times a side"
        parts.append(f"{what} counted together")
    parts += [f"{kind}" for kind in kinds if kind in SPECIALS]
    return ", ".join(parts)


def number_of(number: int, thing: str) -> str:
    """So many things."""
    return f"{number:,} {thing}{'s' * (number != 1)}"


def span(plan: ColumnPlan, histogram: Histogram) -> tuple[str, str] | None:
    """Lowest and highest value, in words."""
    if not isinstance(histogram, OrderedHistogram) or histogram.lowest is None or histogram.highest is None:
        return None
    return spoken(histogram.lowest, plan.type), spoken(histogram.highest, plan.type)
