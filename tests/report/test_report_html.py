"""What the page on a comparison says, and how large it may be."""

import pytest
import report_checks as checks
import report_samples as samples
from report_checks import Page

from bitsapart.cli.run import demo_tables
from bitsapart.comparison.compare import compare
from bitsapart.report.comparison.html import to_html


@pytest.fixture(scope="module")
def html() -> str:
    return to_html(samples.mixed())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_a_page_of_many_columns_has_many_pictures(html: str) -> None:
    assert len(checks.pictures(html)) > 60


def test_the_headline_and_the_numbers_are_there(page: Page) -> None:
    text = "".join(page.texts)
    column = samples.mixed().columns["dep_delay"]
    assert "7 of 30 columns have moved by more than 0.01 bits" in text
    assert column.excess is not None
    assert f"{column.excess.value:.4f}" in text
    assert "infinitely many bits" in text
    assert "About 120,000 rows on each side would decide." in text


@pytest.mark.parametrize(
    ("comparison", "limit"),
    [
        (samples.mixed(), 250_000),
        (
            samples.compared([samples.shift(f"c{i}", "numeric", samples.normal_cells(0.3, 40)) for i in range(30)]),
            250_000,
        ),
        (samples.wide(), 2_000_000),
        (compare(*demo_tables()), 250_000),
    ],
    ids=["mixed", "all shifted", "500 columns", "demo"],
)
def test_size(comparison: samples.Comparison, limit: int) -> None:
    assert len(to_html(comparison).encode()) < limit


def test_more_columns_than_cards_are_in_the_table() -> None:
    page = Page(to_html(samples.wide(50)))
    assert sum(attributes.get("class") == "card" for _, attributes in page.tags) == 30
    assert sum("column_0" in text for text in page.texts) >= 50


def test_contributions_in_a_table_add_up_to_the_plug_in(html: str) -> None:
    column = samples.mixed().columns["carrier"]
    card = next(part for part in html.split('<section class="card"')[1:] if "<bdi>carrier</bdi>" in part)
    last = card.split('<tr class="sum"><td>all')[1].split("</table>")[0].split("<td>")[-1]
    assert float(last) == pytest.approx(column.plug_in, abs=5e-4)


def test_an_empty_comparison_is_a_page_too() -> None:
    page = Page(to_html(samples.compared([])))
    assert page.problems == []
    assert "None of 0 columns could be compared" in "".join(page.texts)
