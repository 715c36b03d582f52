"""The page of a model comparison: whole, safe, offline, small, and saying what it should."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import models_samples as samples
import pytest
from test_report_html import Page

from bitsapart.model_comparison.result import Breakdown
from bitsapart.report.models import figures
from bitsapart.report.models.html import ranking_to_html, to_fragment, to_html
from bitsapart.report.page import POLICY
from bitsapart.report.words import visible

RANKINGS = {
    "three": samples.ranked(),
    "corners": samples.ranked(*samples.EVERY.values()),
    "one": samples.ranked(samples.compared()),
    "none": samples.ModelRanking((), (), "0.1.0"),
}
PAGES = {name: to_html(sample) for name, sample in samples.EVERY.items()}
PAGES |= {f"ranking of {name}": ranking_to_html(ranking) for name, ranking in RANKINGS.items()}


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
        assert root.attrib.get("aria-label") or root.attrib["aria-hidden"] == "true"
        for path in root.iter("path"):
            assert re.fullmatch(r"[MmHhVvLlZz\d .-]+", path.attrib["d"])
        for text in root.iter("text"):
            assert -5 <= float(text.attrib["x"]) <= width
            assert 0 <= float(text.attrib["y"]) <= height + 6
        for circle in root.iter("circle"):
            assert 0 <= float(circle.attrib["cx"]) <= width


def test_no_nan_no_control_character_and_not_too_large(html: str) -> None:
    assert not re.search(r"\b(nan|inf|None)\b", text_of(re.sub(r"<style>.*?</style>|<script>.*?</script>", "", html)))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]", html)
    assert len(html.encode()) < 250_000


def test_hostile_tokens_are_text_and_nothing_else() -> None:
    page = Page(PAGES["hostile"])
    text = "".join(page.texts)
    for name in samples.HOSTILE:
        assert visible(name)[:30] in text
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    assert not [tag for tag, _ in page.tags if tag == "img"]


def test_the_answer_is_the_title_and_all_parts_are_there() -> None:
    html = PAGES["compared"]
    assert "The candidate costs 0.0312 bits per token [0.0287, 0.0337] more than the base." in text_of(html)
    titles = re.findall(r"<h2[^>]*>([^<]*)", html)
    assert titles == ["What it costs", "What to make of it", "Single tokens", "Where it is lost",
                      "The tokens that cost most", "Checks and notes", "How these numbers are made"]  # fmt: skip
    for words in ("Leviathan", "Wilson", "Cameron and Miller", "llama.cpp", "97.0 % → 0.4 %", "KL(base ‖ candidate)"):
        assert words in text_of(html), words


def test_what_is_not_known_has_no_part() -> None:
    titles = re.findall(r"<h2[^>]*>([^<]*)", PAGES["bare"])
    assert titles == ["What it costs", "How these numbers are made"]
    assert "perplexity of" not in PAGES["bare"]


def test_a_difference_near_the_noise_is_said_above_all_numbers() -> None:
    html = PAGES["tiny"]
    assert html.index("may be mere storage") < html.index("<h2")
    assert 'class="lead undecided"' not in PAGES["compared"]


def test_of_very_many_documents_the_worst_are_shown() -> None:
    buckets = samples.breakdowns(0.03)[0].buckets * 700
    buckets = tuple(replace(b, name=f"d{i}", kl=samples.bits(0.01 + i / 1e5)) for i, b in enumerate(buckets))
    html = to_html(replace(samples.compared(), breakdowns=(Breakdown("document", buckets, 0.02),)))
    assert "d2099" in html
    assert "<bdi>d0</bdi>" not in html
    assert "The 24 with the largest divergence; 2,076 more" in html


def test_a_ranking_of_many_stays_small_and_names_all() -> None:
    many = samples.ranked(*(samples.compared(0.001 * i, f"candidate {i:02d}") for i in range(1, 21)))
    html = ranking_to_html(many)
    assert len(html.encode()) < 500_000
    assert all(f"candidate {i:02d}" in html for i in range(1, 21))
    assert "in a report of its own" in html


def test_the_line_of_percentiles_rises_and_floors_are_lines() -> None:
    root = ET.fromstring(figures.percentiles(samples.compared()))
    places = [float(circle.attrib["cx"]) for circle in root.iter("circle")]
    assert places == sorted(places)
    assert len(places) == 13
    names = [text.text for text in root.iter("text")]
    assert {"mean", "storage noise", "rerun noise"} <= set(names)
    infinite = ET.fromstring(figures.percentiles(samples.infinite()))
    assert len(list(infinite.iter("circle"))) == 11
    assert "mean" not in [text.text for text in infinite.iter("text")]


@pytest.mark.parametrize("values", [[], [0.0], [5e-324], [1e300, 1e-300], [float("inf")], [float("nan"), 0.1], [1.0]])
def test_every_axis_has_two_ends(values: list[float]) -> None:
    axis = figures.axis(values, 10, 100)
    assert 0 < axis.low < axis.high
    assert [axis(axis.low), axis(axis.high), axis(float("nan")), axis(0.0)] == [10, 100, 10, 10]
    assert 2 <= len(axis.powers()) <= 8


def test_a_bar_holds_its_interval() -> None:
    estimate = samples.bits(0.05, 0.4)
    paths = [p.attrib["d"] for p in ET.fromstring(figures.bar(estimate, 0.07)).iter("path")]
    bar, whisker = paths
    width = float(bar.split("h")[1].split("v")[0])
    start, end = (float(x) for x in re.findall(r"[\d.]+", whisker)[::2])
    assert start < width < end <= figures.BAR


def test_a_fragment_brings_no_styles_and_unique_ids() -> None:
    first, second = (Page(to_fragment(samples.hostile())) for _ in range(2))
    assert first.problems == []
    assert not {"style", "script", "html", "body"} & {tag for tag, _ in first.tags}
    ids = [{a["id"] for _, a in page.tags if "id" in a} for page in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert samples.compared()._repr_html_().startswith("<div role")
