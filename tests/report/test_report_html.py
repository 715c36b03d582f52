"""The page: whole, safe, offline, small, and saying what it should."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
import report_samples as samples

from bitsapart.cli.run import demo_tables
from bitsapart.comparison.compare import compare
from bitsapart.report.comparison.html import to_html
from bitsapart.report.comparison.notebook import to_fragment
from bitsapart.report.page import POLICY
from bitsapart.report.words import visible

VOID = {"meta", "br", "input"}
OPTIONAL_END = {"td", "th", "tr", "tbody", "thead"}
SVG = {"svg", "path", "text", "g", "title", "circle"}
TEXT = "h1 h2 h3 p span small sup b a bdi ul ol li dl dt dd details summary div section figure"
TABLE = "table thead tbody tr th td"
ALLOWED = SVG | set(f"html head meta style script body main header footer {TEXT} {TABLE}".split())


class Page(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.problems: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL_END:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def html() -> str:
    return to_html(samples.mixed())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_every_element_is_closed_and_expected(page: Page) -> None:
    assert page.problems == []
    assert {tag for tag, _ in page.tags} <= ALLOWED


def test_hostile_names_are_text_and_nothing_else(page: Page) -> None:
    text = "".join(page.texts)
    for name in samples.HOSTILE:
        assert visible(name)[:40] in text
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert sum(tag == "style" for tag, _ in page.tags) == 1


def test_no_control_or_bidirectional_character_is_left(html: str) -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]", html)


def test_nothing_is_requested(html: str, page: Page) -> None:
    assert not re.search(r"https?:|url\(|@import|//[a-z]", re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL))
    for _, attributes in page.tags:
        assert not {"src", "srcset", "action", "data"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}) in page.tags


def test_links_lead_somewhere_and_ids_are_unique(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(a.get("href") or "")[1:] for tag, a in page.tags if tag == "a"} <= set(ids)


def test_pictures_are_well_formed_and_finite(html: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(pictures) > 60
    for picture in pictures:
        root = ET.fromstring(picture)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        assert root.attrib.get("aria-label") or root.attrib["aria-hidden"] == "true"
        for path in root.iter("path"):
            assert re.fullmatch(r"[MmHhVvLlZz\d .-]+", path.attrib["d"])
            assert path.attrib.get("fill") or path.attrib.get("stroke") or path.get("class") is None
        for text in root.iter("text"):
            assert -5 <= float(text.attrib["x"]) <= width
            assert 0 <= float(text.attrib["y"]) <= height + 6


def test_the_headline_and_the_numbers_are_there(page: Page) -> None:
    text = "".join(page.texts)
    column = samples.mixed().columns["dep_delay"]
    assert "7 of 30 columns have moved by more than 0.01 bits" in text
    assert column.excess is not None
    assert f"{column.excess.value:.4f}" in text
    assert "infinitely many bits" in text
    assert "About 120,000 rows on each side would decide." in text


def test_language_landmark_and_title(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en"}) in page.tags
    assert tags.count("main") == tags.count("h1") == 1
    assert tags.count("title") > 1


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


def test_a_fragment_brings_no_styles_and_unique_ids() -> None:
    first, second = (Page(to_fragment(samples.mixed())) for _ in range(2))
    assert first.problems == []
    assert not {"style", "script", "html", "body"} & {tag for tag, _ in first.tags}
    ids = [{a["id"] for _, a in page.tags if "id" in a} for page in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
