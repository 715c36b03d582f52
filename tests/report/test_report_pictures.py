"""Pictures: few outcomes are named, rare ones stand apart, the tolerance is one line."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
import report_samples as samples

from bitsapart.report.comparison.card import _details
from bitsapart.report.comparison.figures import axis_of, whisker
from bitsapart.report.comparison.html import to_html
from bitsapart.report.comparison.nominal import gathered, nominal_picture
from bitsapart.report.comparison.ordered import is_ordered, ordered_picture
from bitsapart.values.contingency import Outcome


def texts(picture: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)


def with_groups(number: int) -> samples.ColumnShift:
    cells = samples.nominal_cells([f"value {i}" for i in range(9)])
    cells += [samples.Cell(Outcome("rare", f"rare: N{i}0 … N{i}9"), 400 + i, 500) for i in range(number)]
    return samples.shift("names", "categorical", cells)


def test_an_ordered_column_of_two_outcomes_is_drawn_as_named_bars() -> None:
    low, high = Outcome("value", "0", 0.0), Outcome("range", "above 0", 5e-324)
    column = samples.shift("x", "numeric", [samples.Cell(low, 900, 0), samples.Cell(high, 0, 900)])
    assert not is_ordered(column)
    assert {"0", "above 0"} <= set(texts(nominal_picture(column, 9)))
    assert "Both outcomes as a table" in to_html(samples.compared([column]))


def test_one_outcome_is_not_all_1_outcomes() -> None:
    column = samples.shift("x", "categorical", [samples.Cell(Outcome("value", "a"), 9, 9)])
    assert "The only outcome as a table" in to_html(samples.compared([column]))


def test_outcomes_pooled_out_of_order_are_drawn_apart() -> None:
    cells = samples.normal_cells(0.3, 10)
    rare = samples.Cell(Outcome("rare", "rare: 1 … 9", 1.0, 9.0), 50, 60)
    column = samples.shift("x", "numeric", [*cells[:5], rare, *cells[5:]])
    shown = texts(ordered_picture(column, 0))
    assert shown.count("rare") == 1
    end = float(re.search(r'<text x="([\d.]+)"[^>]*>rare<', ordered_picture(column, 0)).group(1))  # type: ignore[union-attr]
    assert end > 400


@pytest.mark.parametrize(("groups", "rows"), [(3, 3), (4, 1), (30, 1)])
def test_many_groups_of_rare_values_are_one_row(groups: int, rows: int) -> None:
    column = with_groups(groups)
    parts = gathered(column.contributions)
    assert sum(part.kind == "rare" for part in parts) == rows
    assert sum(part.current_share for part in parts) == pytest.approx(1.0)
    assert sum(part.bits for part in parts) == pytest.approx(column.plug_in)
    shown = texts(nominal_picture(column, 9))
    assert {f"value {i}" for i in range(9)} <= set(shown)
    assert (f"rare, {groups} groups" in shown) == (rows == 1)


def test_the_table_lists_all_groups_where_there_is_room_and_else_their_sum() -> None:
    column = with_groups(30)
    assert "All 39 outcomes as a table" in _details(column, 80)
    short = _details(column, 12)
    assert "9 of 39 outcomes as a table" in short
    assert "rare, 30 groups" in short


def test_the_tolerance_is_one_line_through_rows_of_any_height() -> None:
    comparison = samples.mixed()
    for name in ("origin", "flight_id"):  # infinite, and without an excess
        line = whisker(comparison.columns[name], axis_of(comparison), comparison.tolerance)
        assert re.search(r'class="t" d="M[\d.]+ -\d{3}v\d{3}"', line)
    page = to_html(comparison)
    assert ".over td.pic{clip-path:" in page
    assert page.count('class="t"') == len(comparison.columns) + 1


def test_the_asterisk_is_explained_below_its_table() -> None:
    page = to_html(samples.mixed())
    assert page.index("*</small>") < page.index('<p class="foot">* The reference never had') < page.index('id="each"')
    assert 'class="foot"' not in to_html(samples.compared([samples.mixed().columns["temp"]]))


def test_labels_of_an_axis_stay_apart_in_the_larger_type_of_small_screens() -> None:
    cells = samples.normal_cells(0.3, 40, (10, 10))
    cells = [replace(c, outcome=replace(c.outcome, label=c.outcome.label.replace(".", "0000."))) for c in cells]
    picture = ordered_picture(samples.shift("x", "numeric", cells), 0)
    below = re.findall(r'<text x="([\d.]+)" y="144">([^<]*)<', picture)
    places = [(float(x), 7.6 * len(name)) for x, name in below]
    assert len(places) > 3
    for (x, size), (following, wide) in pairwise(places):
        assert x + size / 2 < following - wide / 2
    assert all(x + size / 2 <= 441 for x, size in places)


def test_a_day_is_named_once() -> None:
    lows = [f"2024-01-0{d} {h:02d}:00:00" for d in (1, 2) for h in range(0, 24, 4)]
    cells = [samples.Cell(Outcome("range", f"{low} to below", i, i + 1), 90, 80) for i, low in enumerate(lows)]
    shown = texts(ordered_picture(samples.shift("when", "temporal", cells), 0))
    assert [text for text in shown if text.startswith("2024")] == ["2024-01-01", "2024-01-02"]
