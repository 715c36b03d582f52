"""The page on a score: whole, safe, offline, small, and saying what it should."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import score_samples as samples
from test_report_html import Page

from bitsapart.report.page import POLICY
from bitsapart.report.score import figures
from bitsapart.report.score.html import to_fragment, to_html
from bitsapart.report.words import visible

PAGES = {name: to_html(sample) for name, sample in samples.EVERY.items()}


@pytest.fixture(params=PAGES, scope="module")
def html(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]


def text_of(html: str) -> str:
    return "".join(Page(html).texts).replace("\xa0", " ")


def test_every_element_is_closed_and_nothing_is_requested(html: str) -> None:
    page = Page(html)
    assert page.problems == []
    assert not re.search(r"https?:|url\(|@import|//[a-z]", re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL))
    for _, attributes in page.tags:
        assert not {"src", "srcset", "action", "data"} & set(attributes)
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}) in page.tags
    tags = [tag for tag, _ in page.tags]
    assert tags.count("main") == tags.count("h1") == tags.count("script") == tags.count("style") == 1


def test_ids_are_unique_and_links_lead_somewhere(html: str) -> None:
    tags = Page(html).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(a.get("href") or "")[1:] for tag, a in tags if tag == "a"} <= set(ids)
    assert {a["aria-labelledby"] for _, a in tags if "aria-labelledby" in a} <= set(ids)


def test_pictures_are_well_formed_finite_and_named(html: str) -> None:
    for picture in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
        root = ET.fromstring(picture)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"]
        for path in root.iter("path"):
            assert re.fullmatch(r"[MmHhVvLlZz\d .-]+", path.attrib["d"])
            assert path.attrib.get("fill") or path.attrib.get("stroke")
        for text in root.iter("text"):
            assert -5 <= float(text.attrib["x"]) <= width
            assert 0 <= float(text.attrib["y"]) <= height + 6


def test_no_number_is_nan_and_the_page_is_small(html: str) -> None:
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text_of(html))
    assert len(html.encode()) < 250_000


def test_tables_have_heads_for_columns_and_rows(html: str) -> None:
    for table in re.findall(r"<table.*?</table>", html, flags=re.DOTALL):
        assert 'scope="col"' in table or 'scope="row"' in table


def test_hostile_names_are_text_and_nothing_else() -> None:
    page = Page(PAGES["hostile"])
    text = "".join(page.texts).replace("\xa0", " ")
    assert all(visible(name)[:20] in text for name in samples.HOSTILE)
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", PAGES["hostile"])


def test_the_answer_and_the_numbers_are_there() -> None:
    text = text_of(PAGES["scored"])
    for words in ("Cross-entropy 0.546 bits per label [0.524, 0.567].", "0.201 of them matrix scaling would save.",
                  "the model explains 83.6 % [82.9 %, 84.2 %] of them (D2)", "lower bound: the truth is at least this",
                  "saved by temperature scaling", "0.1494", "[0.130, 0.169]", "T = 2.31 (2.28 to 2.35 over the folds)",
                  "Misclassified are 8.9 % of labels", "unknown (needs features or repeated labels)",
                  "Outside of the 95 % band at 34 % of predictions", "How these numbers are made"):  # fmt: skip
        assert words in text, words


def test_parts_that_there_are_none_of_are_left_out() -> None:
    text = text_of(PAGES["bare"])
    for title in ("What it is made of", "How often predictions came true", "Certain misses", "Against another model"):
        assert title not in text
        assert title in "".join(map(text_of, PAGES.values()))


def bars(picture: str, css: str) -> list[tuple[float, float]]:
    """Where the bars of a class begin and how long they are."""
    found = re.findall(rf'<path class="{css}" d="M([\d.]+) [\d.]+h([\d.]+)v13', picture)
    return [(float(start), float(length)) for start, length in found]


def test_the_waterfall_steps_down_from_the_model_to_nothing() -> None:
    picture = figures.waterfall(samples.scored())
    [(start, whole)] = bars(picture, "c")
    [(first, saved), (second, further)] = bars(picture, "s")
    [(left, rest)] = bars(picture, "e")
    assert start == left == 0
    assert saved + further + rest == pytest.approx(whole, abs=0.3)
    assert first + saved == pytest.approx(whole, abs=0.2)
    assert second + further == pytest.approx(first, abs=0.2)
    assert second == pytest.approx(rest, abs=0.2)
    assert saved / whole == pytest.approx(0.1494 / 0.5456, abs=0.002)


def test_a_step_that_costs_goes_the_other_way() -> None:
    assert len(bars(figures.waterfall(samples.binary()), "a")) == 1
    assert not bars(figures.waterfall(samples.scored()), "a")


def test_without_a_length_there_is_no_waterfall() -> None:
    assert figures.waterfall(samples.infinite()) == ""
    assert figures.waterfall(samples.bare()) == ""
    assert "An infinite step has no length" in text_of(PAGES["infinite"])


def test_a_curve_lies_where_it_should() -> None:
    found = replace(
        samples.reliability(), predicted=(0.0, 0.5, 1.0), observed=(0.25, 0.25, 1.0), grid=(0.0, 1.0), low=(0.0, 0.9),
        high=(0.1, 1.0), counts=(5, 0, 10),
    )  # fmt: skip
    picture = figures.reliability(found)
    side, left, above = figures.SIDE, figures.LEFT, figures.ABOVE
    middle, low = left + side / 2, above + 0.75 * side
    assert f'd="M{left} {low:g}L{middle:g} {low:g}L{left + side} {above}"' in picture
    heights = [float(h) for h in re.findall(r"v([\d.]+)h-", re.findall(r'class="e" d="([^"]+)"', picture)[0])]
    assert heights == [(figures.BELOW - 2) / 2, figures.BELOW - 2]


def test_a_fragment_brings_no_styles_and_no_script() -> None:
    fragment = to_fragment(samples.scored())
    assert not re.search(r"<style|<script|class=", fragment)
    text = text_of(fragment)
    assert "0.201 of them matrix scaling would save" in text
    assert "= cross-entropy" in text
    assert "<script>" not in to_fragment(samples.hostile())
    assert "24 labels had probability 0" in text_of(to_fragment(samples.infinite()))
    assert "<table" not in to_fragment(samples.bare())
