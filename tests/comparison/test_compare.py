"""What `compare` says of tables whose truth is known."""

import datetime as dt
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import bitsapart as ba
from bitsapart.comparison.comparison import ColumnShift

N = 100_000


def column(reference: Any, current: Any, **options: Any) -> ColumnShift:
    return ba.compare(pa.table({"x": reference}), pa.table({"x": current}), **options).columns["x"]


def closed_form(p: Any, q: Any) -> float:
    """KL(P || Q) in bits by quadrature between quantiles of P."""
    ends = p.ppf([1e-12, 1e-6, 0.01, 0.5, 0.99, 1 - 1e-6, 1 - 1e-12])
    parts = [
        integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), a, b, limit=500)[0] for a, b in pairwise(ends)
    ]
    return sum(parts) / math.log(2)


PAIRS = {
    "normal": (stats.norm(0, 1), stats.norm(0.5, 1.2), lambda x: x),
    "lognormal": (stats.norm(0, 1.5), stats.norm(0.5, 1.8), np.exp),
    "student": (stats.t(2), stats.t(2, 0, 2), lambda x: x),
}


@pytest.mark.parametrize("name", PAIRS)
def test_excess_is_that_of_the_closed_form(name: str) -> None:
    reference, current, transform = PAIRS[name]
    truth = closed_form(current, reference)
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        samples = [transform(side.rvs(N, random_state=rng)) for side in (reference, current)]
        excess = column(*samples).excess
        assert excess is not None
        found.append(excess.value)
        assert excess.low < truth < excess.high
    assert np.mean(found) == pytest.approx(truth, rel=0.02)


def test_one_outlier_moves_nothing() -> None:
    rng = np.random.default_rng(0)
    reference, current = rng.normal(size=N), rng.normal(0.5, 1.2, N)
    before = column(reference, current).excess
    after = column(np.append(reference, 1e4), np.append(current, 1e4)).excess
    assert after.value == pytest.approx(before.value, rel=0.01)


def test_a_spike_that_moves_a_hundredth_is_seen() -> None:
    rng = np.random.default_rng(0)
    spike = rng.random(N) < 0.7
    background = rng.normal(size=N)
    shift = column(np.where(spike, 0.00, background), np.where(spike, 0.01, background))
    assert shift.verdict == "shifted"
    assert shift.excess.value > 1
    assert max(shift.contributions, key=lambda c: c.bits).low <= 0.01


def test_half_null_and_moved_dates_are_shifts() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=5_000)
    half = column(values, pa.array(values, mask=rng.random(5_000) < 0.5))
    assert half.verdict == "shifted"
    assert (half.reference_null, round(half.current_null, 1)) == (0, 0.5)
    assert [v.value for v in half.new_values] == ["null"]

    days = [dt.date(2020, 1, 1) + dt.timedelta(days=int(d)) for d in rng.integers(0, 365, 5_000)]
    moved = column(pa.array(days), pa.array([day.replace(year=2022, day=min(day.day, 28)) for day in days]))
    assert moved.verdict == "shifted"
    assert moved.excess.value > 5
    assert moved.current_span == ("2022-01-01", "2022-12-28")


def test_new_values_are_infinite_and_finite_under_the_prior() -> None:
    shift = column(["a"] * 900 + ["b"] * 100, ["a"] * 850 + ["b"] * 100 + ["new"] * 50)
    assert math.isinf(shift.excess.value)
    assert math.isinf(shift.cross_entropy.value)
    assert shift.excess.high == math.inf
    assert 0 < shift.excess.low < shift.excess_with_prior.value
    assert "0.5" in shift.excess_with_prior.method
    assert [(v.value, v.count) for v in shift.new_values] == [("new", 50)]
    assert shift.new_mass == 0.05
    by_hand = 0.85 * math.log2(0.85 / 0.9) + 0.1 * math.log2(0.1 / 0.1) + 0.05 * math.log2(0.05 * 1000.5 / 0.5)
    assert shift.excess_with_prior.value == pytest.approx(by_hand, abs=0.01)
    assert column(["a"] * 900, ["b"] * 900, prior=0).excess_with_prior is None


def test_the_prior_is_monotone_in_a_new_value_and_blind_to_others() -> None:
    def excess(new: int, unrelated: int) -> float:
        known = ["a"] * 60_000 + ["b"] * 40_000
        other = ["unrelated"] * unrelated
        return column(known + other, known + other + ["new"] * new).finite_excess.value

    costs = [excess(k, 0) for k in (0, 1, 3, 10, 30, 100, 1_000, 5_000)]
    assert costs == sorted(costs)
    assert excess(5_000, 8) == pytest.approx(costs[-1], rel=1e-3)
    assert excess(100, 8) == pytest.approx(costs[5], abs=2e-4)


def test_a_table_closer_to_the_reference_scores_less() -> None:
    current = ["a"] * 950 + ["b"] * 50
    costs = [column(["a"] * 1000 + ["b"] * seen, current).finite_excess.value for seen in (0, 1, 2, 5, 20, 50)]
    assert costs == sorted(costs, reverse=True)


def test_identical_tables_are_stable() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    shift = column(values, values)
    assert (shift.excess.value, shift.excess.low, shift.verdict, shift.p_value) == (0, 0, "stable", 1)


@pytest.mark.parametrize("make", [lambda i: f"user-{i}", lambda i: i], ids=["text", "whole"])
def test_identifiers_are_no_drift(make: Any) -> None:
    shift = column([make(i) for i in range(3_000)], [make(i) for i in range(3_000, 6_000)])
    assert shift.verdict == "identifier"
    assert shift.q_value is None
    assert "0 %" in shift.notes[0]


def test_missing_identifiers_are_a_shift() -> None:
    keys = [f"user-{i}" for i in range(6_000)]
    holes = [None if i % 2 else key for i, key in enumerate(keys)]
    shift = column(keys[:3_000], holes[3_000:])
    assert shift.verdict == "shifted"
    assert "identifier" in shift.notes[0]
    assert column(holes[:3_000], holes[3_000:]).verdict == "identifier"


@pytest.mark.parametrize(("values", "rows"), [(20, 200), (50, 400), (100, 400), (300, 2_000)])
def test_disjoint_rare_values_are_a_shift(values: int, rows: int) -> None:
    names = [f"v{2 * (i % values):04}" for i in range(rows)]
    shift = column(names, [name + "b" for name in names])
    assert (shift.verdict, shift.excess.value, shift.new_mass) == ("shifted", math.inf, 1)
    assert shift.excess.low > 3


def test_rare_values_that_vanish_by_name_are_a_shift() -> None:
    rng = np.random.default_rng(0)
    before, after = ([f"v{i:04}" for i in rng.integers(low, 1000, 5_000)] for low in (0, 500))
    shift = column(before, after)
    assert shift.excess.value == pytest.approx(1, abs=0.1)
    assert shift.pooled_share > 0.5


def test_few_rows_claim_little() -> None:
    rng = np.random.default_rng(0)
    apart = column(rng.normal(0, 1, 10), rng.normal(100, 1, 10))
    assert apart.p_value < 0.05
    assert apart.excess.low < 0.1 < 1 < apart.excess.high
    letters = column(list("abcde"), list("fghij"))
    assert (letters.verdict, letters.account) == ("undecided", None)
    assert "too few" in letters.notes[0]


def test_few_exceptions_are_measured() -> None:
    mostly = np.zeros(3_000)
    some = mostly.copy()
    some[:2] = 5
    shift = column(mostly, some)
    assert (shift.excess.value, shift.excess.low, shift.verdict) == (math.inf, 0, "undecided")
    assert column(some, mostly).verdict == "stable"


def test_total_separation_is_said() -> None:
    rng = np.random.default_rng(0)
    shift = column(rng.uniform(0, 1, 5_000), rng.uniform(10, 20, 5_000))
    assert "every current value lies above the highest of the reference" in shift.notes[0]


def test_single_values_name_their_neighbourhood() -> None:
    zero = np.zeros(1_000)
    labels = [c.outcome for c in column(zero, np.append(zero[:500], np.full(500, 1.5))).contributions]
    assert labels == ["0", "above 0"]
    spread = column(np.append(zero, np.linspace(1, 2, 1_000)), np.append(zero, np.linspace(1, 2, 1_000)))
    assert "e-3" not in " ".join(c.outcome for c in spread.contributions)


def test_constants_and_nulls() -> None:
    assert column(["same"] * 50, ["same"] * 50).verdict == "stable"
    assert column(pa.nulls(50), pa.nulls(50)).verdict == "stable"
    assert column(["same"] * 500, ["other"] * 500).verdict == "shifted"
    assert column(pa.nulls(500), ["other"] * 500).verdict == "shifted"
    assert column([1.5] * 500, pa.nulls(500)).verdict == "shifted"


def test_specials_are_outcomes_of_their_own() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=4_000)
    current = reference.copy()
    current[:400], current[400:800], current[800:1200] = math.nan, math.inf, -math.inf
    shift = column(pa.array(reference), pa.array(current))
    assert {c.outcome: c.current_count for c in shift.contributions[-3:]} == {"nan": 400, "-inf": 400, "inf": 400}


def test_high_cardinality_without_change_is_no_shift() -> None:
    rng = np.random.default_rng(0)
    draw = [pa.array([f"v{i}" for i in rng.zipf(1.2, 30_000) % 60_000]) for _ in range(2)]
    shift = column(*draw)
    assert shift.verdict != "shifted"
    assert shift.q_value > 1e-3
    assert shift.new_mass == pytest.approx(shift.new_mass_expected, rel=0.1)
    assert shift.excess.low == 0


def test_nested_columns_say_what_is_compared() -> None:
    lists = column([[1] * (i % 3) for i in range(900)], [[1] * (i % 3 + 1) for i in range(900)])
    assert lists.verdict == "shifted"
    assert "length" in lists.notes[0]
    records = column([{"a": 1}, None] * 500, [{"a": 2}, {"a": 1}] * 500)
    assert records.verdict == "shifted"
    assert "null or not" in records.notes[0]


def test_schema_changes_are_reported() -> None:
    rows = [i % 100 for i in range(300)]
    reference = pa.table({"a": rows, "b": rows, "gone": rows, "kind": [str(i % 3) for i in rows], "c": rows})
    current = pa.table(
        [pa.array(rows), pa.array(rows), pa.array(rows, pa.float64()), pa.array(rows), pa.array(rows)],
        names=["c", "a", "b", "kind", "new"],
    )
    found = ba.compare(reference, current)
    changes = {(change.column, change.change) for change in found.schema_changes}
    assert changes == {
        ("gone", "only in reference"),
        ("new", "only in current"),
        ("b", "type changed"),
        ("kind", "type changed"),
        ("c", "moved"),
    }
    assert found.columns["kind"].verdict == "not comparable"
    assert "string" in found.columns["kind"].notes[0]
    assert found.columns["b"].account is not None


def test_a_repeated_name_is_reported_and_the_rest_compared() -> None:
    twice = pa.table([pa.array([1, 2] * 50)] * 3, names=["x", "x", "y"])
    found = ba.compare(twice, twice)
    assert list(found.columns) == ["y"]
    assert [(c.column, c.change) for c in found.schema_changes] == [("x", "not unique")]


def test_bits_do_not_depend_on_the_engine() -> None:
    rng = np.random.default_rng(0)
    tables = [pa.table({"x": rng.normal(m, 1, 5_000), "y": rng.choice(list("abc"), 5_000)}) for m in (0, 0.2)]
    assert ba.compare(*tables, engine="memory") == ba.compare(*tables, engine="arrow", threads=3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 1.0, -1.0])), min_size=1, max_size=200),
    st.lists(st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=200),
)
def test_laws_hold_for_any_numbers(reference: list[float | None], current: list[float | None]) -> None:
    laws(column(pa.array(reference, pa.float64()), pa.array(current, pa.float64())))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1, max_size=200),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1, max_size=200),
)
def test_laws_hold_for_any_text(reference: list[str | None], current: list[str | None]) -> None:
    shift = column(pa.array(reference, pa.utf8()), pa.array(current, pa.utf8()))
    if shift.verdict != "identifier":
        laws(shift)


def laws(shift: ColumnShift) -> None:
    """What holds of every comparable column."""
    assert 0 < shift.p_value <= 1
    if shift.account is None:
        assert shift.verdict == "undecided"
        assert "too few" in shift.notes[0]
        return
    assert shift.excess.value >= 0
    assert shift.excess.low <= shift.excess.value <= shift.excess.high
    assert shift.cross_entropy.value == shift.entropy.value + shift.excess.value
    assert 0 < shift.p_value <= 1
    assert math.fsum(c.bits for c in shift.contributions) == shift.plug_in
    assert sum(c.current_count for c in shift.contributions) >= 1
    assert shift.js.value <= 1 + 1e-12
    assert shift.finite_excess.value < math.inf
    assert sum(c.reference_share for c in shift.contributions) == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tolerance": -1}, "tolerance must be a number of bits >= 0; got -1"),
        ({"tolerance": math.nan}, "tolerance"),
        ({"level": 95}, "level must lie between 0 and 1, for instance 0.95; got 95"),
        ({"prior": -0.5}, "prior"),
        ({"engine": "spark"}, "engine must be auto, memory or arrow; got 'spark'"),
        ({"columns": ["agee"]}, "no column 'agee' in either table; did you mean 'age'"),
        ({"ignore": ["age"]}, "no column is left"),
    ],
)
def test_wrong_use_is_one_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ba.UsageError, match=sentence.replace("(", r"\(")):
        ba.compare({"age": [1, 2]}, {"age": [1, 2]}, **options)


def test_frames_of_all_kinds_are_tables() -> None:
    import duckdb
    import pandas as pd
    import polars as pl

    rng = np.random.default_rng(0)
    data = {"x": rng.normal(size=1_000), "y": rng.choice(["a", "b"], 1_000)}
    table = pa.table(data)
    frames = [pd.DataFrame(data), pl.DataFrame(data), duckdb.from_arrow(table), pa.RecordBatchReader.from_stream(table)]
    whole = ba.compare(table, table)
    for frame in frames:
        assert ba.compare(table, frame).columns == whole.columns


def test_a_pandas_frame_with_mixed_objects_and_missing_values() -> None:
    import pandas as pd

    frame = pd.DataFrame({"mixed": [1, "a", None, 2.5] * 100, "gap": [1.0, np.nan] * 200, 7: range(400)})
    found = ba.compare(frame, frame)
    assert set(found.columns) == {"mixed", "gap", "7"}
    assert found.columns["gap"].current_null == 0.5
    assert [c.outcome for c in found.columns["mixed"].contributions] == ["1", "2.5", "a", "null"]


def test_evidence_sees_what_happens_to_rare_values_together() -> None:
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in rng.zipf(1.3, 2_000)]
    fresh = [[f"{side}{i}" for i in rng.integers(0, 90_000, 600)] for side in ("old", "young")]
    shift = column(words[:1_000] + fresh[0], words[1_000:] + fresh[1])
    assert shift.verdict == "shifted"
    assert shift.q_value < 1e-6
    holes = pa.array(words * 50, mask=rng.random(100_000) < 0.5)
    assert column(words[:50], holes).q_value < 0.01
