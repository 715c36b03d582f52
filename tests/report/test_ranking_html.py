"""What the page of a ranking says, and its fragment."""

import re

import models_samples as samples
from report_checks import text_of

from bitsapart.report.ranking.html import to_fragment, to_html

PAGES = {name: to_html(ranking) for name, ranking in samples.RANKINGS.items()}


def test_a_ranking_of_many_stays_small_and_names_all() -> None:
    many = samples.ranked(*(samples.compared(0.001 * i, f"candidate {i:02d}") for i in range(1, 21)))
    html = to_html(many)
    assert len(html.encode()) < 500_000
    assert all(f"candidate {i:02d}" in html for i in range(1, 21))
    assert "in a report of its own" in html


def test_what_there_is_nothing_of_has_no_part() -> None:
    titles = {name: re.findall(r"<h2[^>]*>([^<]*)", page) for name, page in PAGES.items()}
    assert titles["none"] == ["How these numbers are made"]
    assert "Which of two is closer" in titles["three"]
    assert "Which of two is closer" not in titles["one"]


def test_a_fragment_shows_all_candidates_and_warns() -> None:
    ranking = samples.ranked(*samples.EVERY.values())
    text = text_of(to_fragment(ranking))
    assert "is closest to the base" in text
    assert text.count(samples.compared().candidate.name) > 3
    assert "may be mere storage" in text
    assert "∞" in text
    assert "No candidate was compared." in text_of(to_fragment(samples.ModelRanking((), (), "0.1.0")))
