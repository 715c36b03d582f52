"""Sentences: true, natural, and not at odds with each other."""

import re
from dataclasses import replace

import pytest
import report_samples as samples

from bitsapart.comparison.comparison import NewValue, SchemaChange, TableFacts, Verdict
from bitsapart.report import words
from bitsapart.report.comparison import sentences
from bitsapart.report.comparison.html import to_html
from bitsapart.report.comparison.remarks import remarks
from bitsapart.report.comparison.text import to_text
from bitsapart.values.contingency import Outcome
from bitsapart.values.estimate import Estimate

QUIET = samples.shift("quiet", "numeric", samples.normal_cells(0.0), verdict="stable")
WAITING = replace(samples.shift("x", "numeric", samples.normal_cells(0.1)), verdict="undecided", rows_to_decide=126_000)


def judged(*verdicts: Verdict, q_value: float | None = 1e-20, tolerance: float = 0.01) -> samples.Comparison:
    """A comparison of so many columns with these verdicts."""
    columns = [replace(QUIET, name=f"c{i}", verdict=verdict) for i, verdict in enumerate(verdicts)]
    return replace(samples.compared(columns), q_value=q_value, tolerance=tolerance)


def measured(verdict: Verdict, excess: Estimate, simultaneous: tuple[float, float]) -> samples.ColumnShift:
    """A column whose excess and intervals are these."""
    account = QUIET.account
    assert account
    return replace(
        QUIET,
        verdict=verdict,
        account=replace(account, divergence=excess),
        simultaneous=simultaneous,
        rows_to_decide=None,
    )


def of_rows(reference: int, current: int, *columns: samples.ColumnShift) -> samples.Comparison:
    """A comparison of tables of a certain size."""
    comparison = samples.compared(list(columns))
    return replace(comparison, reference=TableFacts("a", reference, 1), current=TableFacts("b", current, 1))


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        (judged("shifted"), "Overwhelming evidence that something differs (smallest q-value <1e-15)."),
        (judged("stable", q_value=0.4), "No evidence that anything differs (smallest q-value 0.400)."),
        (
            judged("stable", "stable"),
            "Overwhelming evidence that something differs, though by no more than the tolerance "
            "(smallest q-value <1e-15).",
        ),
        (
            judged("stable", "undecided", q_value=0.03),
            "Some evidence that something differs, though not surely by more than the tolerance "
            "(smallest q-value 0.030).",
        ),
        (judged("not comparable", q_value=None), "No test of equality could be made."),
    ],
)
def test_evidence(comparison: samples.Comparison, sentence: str) -> None:
    assert sentences.evidence(comparison) == sentence


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        (judged("shifted"), "The one column compared has moved by more than 0.01 bits."),
        (judged("stable"), "The one column compared has not moved by more than 0.01 bits."),
        (judged("undecided"), "The one column compared has not surely moved by more than 0.01 bits."),
        (judged("identifier"), "The one column in common could not be compared."),
        (judged("identifier", "not comparable"), "None of 2 columns could be compared."),
        (judged("shifted", "shifted", tolerance=1.0), "Both columns have moved by more than 1 bit."),
        (judged(*["shifted"] * 5), "All 5 columns have moved by more than 0.01 bits."),
        (judged("shifted", "stable"), "1 of 2 columns has moved by more than 0.01 bits; 1 stable."),
        (
            judged("stable", "undecided"),
            "No column of 2 has surely moved by more than 0.01 bits; 1 undecided, 1 stable.",
        ),
        (
            judged("stable", "identifier", tolerance=2.0),
            "No column of 2 has moved by more than 2 bits; 1 stable, 1 without a verdict.",
        ),
    ],
)
def test_headline(comparison: samples.Comparison, sentence: str) -> None:
    assert sentences.headline(comparison) == sentence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9999993, ">99.999 %"),
        (0.999988, "99.9988 %"),
        (0.99996, "99.996 %"),
        (0.9995, "99.95 %"),
        (0.9994, "99.9 %"),
        (1.0, "100 %"),
        (1 - 1e-15, "100 %"),
        (7e-7, "<0.001 %"),
        (0.00012, "0.012 %"),
    ],
)
def test_shares_near_their_ends(value: float, shown: str) -> None:
    assert words.share(value) == shown


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (0.9999991, 0.9999993, "99.99991 % → 99.99993 %"),
        (0.0000005, 0.0000007, "0.00005 % → 0.00007 %"),
        (0.33312, 0.33288, "33.31 % → 33.29 %"),
        (0.5, 0.5, "50.0 % → 50.0 %"),
        (0.9999993, 1.0, ">99.999 % → 100 %"),
    ],
)
def test_two_shares_never_look_the_same_unless_they_are(old: float, new: float, shown: str) -> None:
    [part] = samples.contributions([samples.Cell(Outcome("value", "a"), 1, 1)])
    assert sentences.shares(replace(part, reference_share=old, current_share=new)) == shown


def test_bits_that_an_outcome_saves_are_not_told() -> None:
    cells = [samples.Cell(Outcome("value", "gone"), 300, 0), samples.Cell(Outcome("value", "rarer"), 700, 600)]
    cells.append(samples.Cell(Outcome("value", "more"), 100, 500))
    gone, rarer, more = samples.contributions(cells)
    assert sentences.change(gone) == "gone: 27.3 % → 0 %"
    assert sentences.change(rarer) == "rarer: 63.6 % → 54.5 %"
    assert sentences.change(more).endswith("→ 45.5 %, +1.06")
    assert "−" in sentences.change(rarer, negative=True)


def test_one_row_of_a_new_value_does_not_come_before_a_value_that_has_vanished() -> None:
    cells = [samples.Cell(Outcome("value", f"v{i}"), 300, 300) for i in range(3)]
    cells += [samples.Cell(Outcome("rare", "rare: a … b"), 0, 1), samples.Cell(Outcome("value", "gone"), 300, 0)]
    assert sentences.responsible(samples.contributions(cells))[0].outcome == "gone"


def test_an_undecided_column_whose_shown_interval_excludes_the_tolerance_explains_itself() -> None:
    column = measured("undecided", samples.estimate(0.02, 0.005), (0.0084, 0.04))
    comparison = samples.compared([column, replace(QUIET, name="other")])
    assert remarks(column, comparison) == [
        "Undecided: the interval that holds for all 2 columns at once, [0.0084, 0.0400], contains the tolerance of "
        "0.01 bits."
    ]
    assert "Undecided: the interval" in to_text(comparison)
    page = to_html(comparison)
    assert page.count("contains the tolerance of 0.01 bits") == 1


def test_verdicts_that_agree_with_the_shown_interval_say_nothing() -> None:
    column = measured("undecided", samples.estimate(0.01, 0.005), (0.002, 0.04))
    assert remarks(column, samples.compared([column])) == []


@pytest.mark.parametrize(
    ("pooled", "reason"),
    [
        (0.84, "84.0 % of the rows hold values that were counted in groups only"),
        (0.0, "there are too few rows to tell"),
    ],
)
def test_an_undecided_column_at_zero_gives_the_true_reason(pooled: float, reason: str) -> None:
    column = replace(measured("undecided", samples.estimate(0.0, 0.0), (0.0, 0.0)), pooled_share=pooled)
    comparison = samples.compared([column])
    assert f"Undecided: {reason}." in remarks(column, comparison)
    page = to_html(comparison)
    assert f"[0, 0], lies below the tolerance of 0.01 bits, but {reason}." in page
    assert "contains" not in re.sub(r"<footer>.*", "", page, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("rows", "to_decide", "sentence"),
    [
        ((25_000, 27_000), 126_000, "About 130,000 rows on each side would decide."),
        ((10_000, 1_000), 138_000, "About 14 times as many rows on both sides would decide."),
        ((10_000, 1_000), 12_300, "About 1.3 times as many rows on both sides would decide."),
        ((1_000, 10_000), 12_345_678, "About 1,200 times as many rows on both sides would decide."),
    ],
)
def test_rows_that_would_decide(rows: tuple[int, int], to_decide: int, sentence: str) -> None:
    column = replace(WAITING, rows_to_decide=to_decide)
    assert sentence in remarks(column, of_rows(*rows, column))


def test_rows_that_would_decide_many_columns_are_one_line_of_text() -> None:
    columns = [replace(WAITING, name=f"c{i}", rows_to_decide=10_000 * (i + 3)) for i in range(4)]
    text = to_text(of_rows(5_000, 5_000, *columns))
    assert "Rows on each side that would decide: c0 30,000; c1 40,000; c2 50,000; c3 60,000." in text
    assert "would decide." not in text.replace("that would decide", "")
    text = to_text(of_rows(5_000, 500, *columns), 200)
    assert "Times as many rows on both sides that would decide: c0 6.0; c1 8.0; c2 10; c3 12." in text
    assert to_text(of_rows(5_000, 5_000, *columns[:3])).count("rows on each side would decide.") == 3


def test_new_ranges_are_not_counted_as_values() -> None:
    new = NewValue("above 0", 25_000, 1.0)
    column = replace(QUIET, kind="numeric", new_mass=1.0, new_mass_expected=0.0, new_values=(new,), new_values_total=1)
    comparison = samples.compared([column])
    assert remarks(column, comparison) == ["Values the reference never had, in 100 % of the rows: above 0 (100 %)."]
    nominal = replace(column, kind="categorical")
    assert remarks(nominal, comparison) == ["1 value the reference never had, in 100 % of the rows: above 0 (100 %)."]


def test_rows_in_groups_of_rare_values() -> None:
    column = replace(QUIET, pooled_share=0.38, rows_to_decide=None)
    sentence = (
        "38.0 % of the rows hold values too rare to stand alone, counted in groups: the true excess can be larger"
    )
    assert remarks(column, samples.compared([column])) == [f"{sentence}, and so is the entropy."]
    assert remarks(replace(column, pooled_share=0.09), samples.compared([column])) == []


def test_notes_come_first_as_sentences() -> None:
    note = "every current value lies above the highest of the reference (64.4)"
    column = replace(QUIET, notes=(note,), pooled_share=0.3)
    first, *rest = remarks(column, samples.compared([column]))
    assert first == "Every current value lies above the highest of the reference (64.4)."
    assert len(rest) == 1


def test_a_note_of_many_columns_is_told_once() -> None:
    columns = [replace(QUIET, name=f"c{i}", notes=("lists are compared by their length only",)) for i in range(6)]
    text = to_text(samples.compared(columns))
    assert "c0, c1, c2 and 3 more columns: Lists are compared by their length only." in text


def test_the_interval_behind_an_infinite_excess_belongs_to_the_number_in_brackets() -> None:
    column = samples.mixed().columns["origin"]
    value, ends = sentences.excess(column)
    assert re.fullmatch(r"∞ \(0\.\d{4}", value)
    assert re.fullmatch(r"\[0\.\d{4}, 0\.\d{4}\]\)", ends)
    assert re.search(r"∞ \(0\.\d{4} +\[0\.\d{4}, 0\.\d{4}\]\)", to_text(samples.mixed()))
    assert "in brackets the excess, and its interval, after a prior of 0.5 rows" in " ".join(
        to_text(samples.mixed()).split()
    )


def test_a_nameless_column_that_changed_can_be_seen() -> None:
    assert sentences.schema_change(SchemaChange("", "only in current", "", "string")) == "'': only in current"
    assert sentences.schema_change(SchemaChange("a\n", "moved", "1", "2")) == "'a\\n': moved from place 1 to place 2"


def test_how_a_table_was_put_together_is_told() -> None:
    comparison = replace(samples.mixed(), current=TableFacts("b", 1, 1, ("'x' is missing in 1 of 2 files",)))
    assert "current: 'x' is missing in 1 of 2 files" in to_text(comparison)
    assert "<li>current: &#x27;x&#x27; is missing in 1 of 2 files</li>" in to_html(comparison)
    assert "1 row, 1 column" in to_text(comparison)
