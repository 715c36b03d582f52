"""What the page of a model comparison says, and its pictures."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import models_samples as samples
from report_checks import text_of

from bitsapart.model_comparison.result import Breakdown
from bitsapart.report.models import figures
from bitsapart.report.models.html import to_html

PAGES = {name: to_html(sample) for name, sample in samples.EVERY.items()}


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
