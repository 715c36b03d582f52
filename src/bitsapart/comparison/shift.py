"""How far one column has moved: from two aligned histograms to every number that is reported of it."""

import math
from dataclasses import replace

import numpy as np

from bitsapart.comparison.align import align
from bitsapart.comparison.coarsen import EXPECTED, coarsen, with_full_tails
from bitsapart.comparison.comparison import ColumnShift, Contribution, NewValue
from bitsapart.comparison.options import Options
from bitsapart.comparison.refused import refused
from bitsapart.estimate.difference.combined import difference_test, grouped_test
from bitsapart.estimate.divergence import account, divergence_with_prior, js_in_nats, kl_in_nats
from bitsapart.estimate.rows import rows_to_decide
from bitsapart.measures.kl_divergence import kl_contributions
from bitsapart.tables.columns import spoken
from bitsapart.values.contingency import Contingency, Outcome
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
    note = identifier(reference, current)
    if note:
        specials = [i for i, outcome in enumerate(fine.outcomes) if outcome.kind in SPECIALS]
        if not specials:
            return refused(columns, plan.kind, note, verdict="identifier")
        # its values cannot be compared, but how many are missing can
        fine = presence(fine, specials)
        found = measured(plan, columns, fine, fine, (reference, current), options, compared)
        return replace(found, verdict="identifier", notes=(note, *found.notes))
    return measured(plan, columns, fine, coarsen(plan, fine), (reference, current), options, compared)


def presence(fine: Contingency, specials: list[int]) -> Contingency:
    """All values as one outcome, and the specials."""
    reference, current = (
        np.append(side.sum() - side[specials].sum(), side[specials]) for side in (fine.reference, fine.current)
    )
    outcomes = (Outcome("value", "a value of its own"), *(fine.outcomes[i] for i in specials))
    return Contingency(outcomes, reference, current)


def identifier(reference: Histogram, current: Histogram) -> str | None:
    """What to say of a column that names its rows; None where it does not."""
    if not (isinstance(reference, NominalHistogram) and isinstance(current, NominalHistogram)):
        return None
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
        f"{100 * known:.0f} % of the current values are also in the reference"
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
    if len(coarse.outcomes) == 1 < len(fine.outcomes):
        return unmeasured(plan, columns, fine)
    p, q = coarse.current, coarse.reference
    full = with_full_tails(coarse)
    whole = account(p, q, options.level).to(Unit.bit)
    joint_level = 1 - (1 - options.level) / compared
    joint = kl_in_nats(p, q, joint_level).to(Unit.bit)
    infinite = math.isinf(whole.divergence.value) and options.prior > 0
    p_value, test = evidence(plan, fine, coarse)
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
        reverse=kl_in_nats(full.reference, full.current, options.level).to(Unit.bit),
        js=js_in_nats(p, q, options.level).to(Unit.bit),
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
        notes=(*separated(plan, *histograms), *plan.notes),
    )


def separated(plan: ColumnPlan, reference: Histogram, current: Histogram) -> tuple[str, ...]:
    """A remark where all values of an ordered column have left the reference's range."""
    if not (isinstance(reference, OrderedHistogram) and isinstance(current, OrderedHistogram)):
        return ()
    old, new = (reference.lowest, reference.highest), (current.lowest, current.highest)
    if old[0] is None or old[1] is None or new[0] is None or new[1] is None:
        return ()
    if new[0] > old[1]:
        return (f"every current value lies above the highest of the reference ({spoken(old[1], plan.type)})",)
    if new[1] < old[0]:
        return (f"every current value lies below the lowest of the reference ({spoken(old[0], plan.type)})",)
    return ()


def evidence(plan: ColumnPlan, fine: Contingency, coarse: Contingency) -> tuple[float, str]:
    """P-value of "no difference at all", and the name of the test."""
    if fine.ordered or not any(outcome.kind == "rare" for outcome in coarse.outcomes):
        return difference_test(fine.current, fine.reference, fine.ordered)
    groups = coarsen(plan, fine, new_apart=False)
    specials = sum(outcome.kind in SPECIALS for outcome in groups.outcomes)
    return grouped_test(fine.current, fine.reference, groups.current, groups.reference, specials)


def unmeasured(plan: ColumnPlan, columns: tuple[Column, Column], fine: Contingency) -> ColumnShift:
    """A column with too few rows for two outcomes: only whether the tables differ can be asked."""
    p_value, test = difference_test(fine.current, fine.reference, fine.ordered)
    n, m = int(fine.current.sum()), int(fine.reference.sum())
    note = f"{number_of(m, 'row')} against {number_of(n, 'row')} are too few to measure how far such values have moved"
    return replace(refused(columns, plan.kind, note, verdict="undecided"), p_value=p_value, test=test)


def contributions(coarse: Contingency) -> tuple[Contribution, ...]:
    """Signed bits of every outcome; their sum is the plug-in divergence."""
    n, m = max(int(coarse.current.sum()), 1), max(int(coarse.reference.sum()), 1)
    bits = kl_contributions(coarse.current / n, coarse.reference / m) / math.log(2)
    return tuple(
        Contribution(o.label, o.kind, r / m, c / n, float(b) + 0.0, int(r), int(c), o.low, o.high)
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
        together = len(fine.outcomes) - sum(kind != "rare" for kind in kinds)
        parts.append(
            f"{number_of(together, 'value')} expected under {EXPECTED} times a side, "
            f"counted in {number_of(kinds.count('rare'), 'group')}"
        )
    parts += [kind for kind in kinds if kind in SPECIALS]
    return ", ".join(parts)


def number_of(number: int, thing: str) -> str:
    """So many things."""
    return f"{number:,} {thing}{'s' * (number != 1)}"


def span(plan: ColumnPlan, histogram: Histogram) -> tuple[str, str] | None:
    """Lowest and highest value, in words."""
    if not isinstance(histogram, OrderedHistogram) or histogram.lowest is None or histogram.highest is None:
        return None
    return spoken(histogram.lowest, plan.type), spoken(histogram.highest, plan.type)
