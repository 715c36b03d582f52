"""What the page on several fits says, its pictures, and its fragment."""

import re
from itertools import pairwise

import fit_samples as samples
from report_checks import Page, text_of

from bitsapart.report.fits.html import BRIEF, to_fragment, to_html

PAGES = {name: to_html(sample) for name, sample in samples.FITS.items()}


def test_the_answer_and_the_numbers_are_there() -> None:
    text = text_of(PAGES["chosen"])
    for words in (
        "Gamma predicts new rows best of 3 families. Normal costs 0.0237 bits a row more [0.0205, 0.0269]",
        "27,004 rows of distance, floor 6.816 [6.801, 6.830] bits",
        "Bits that a row costs under a fit to other rows",
        "Beta: No Beta is closest: the target is 94 in row 0.",
        "Held-out bits are those of 20,000 rows",
        "Normal(mean=1006.84, sd=719.035)",
    ):
        assert words in text, words


def test_both_directions_stand_beside_each_other() -> None:
    page = PAGES["both"]
    [pair] = re.findall(r'<div class="pair">(.*)</div></section><footer', page.replace("</main>", ""), flags=re.DOTALL)
    assert re.findall(r"<h3[^>]*>([^<]+)", pair) == ["Normal, forward", "Normal, reverse"]
    assert pair.count("<figure") == 2
    assert '<div class="pair"' not in PAGES["chosen"]
    assert text_of(page).count("What it costs") == 2


def test_the_first_four_are_drawn_over_each_other() -> None:
    [over] = re.findall(r'<section aria-labelledby="over">.*?</svg>', PAGES["ten"], flags=re.DOTALL)
    for css in ("cl", "t", "sl", "ink"):
        assert over.count(f'<path class="{css}"') == 1
    assert over.count('<path class="e"') == 1
    [two] = re.findall(r'<section aria-labelledby="over">.*?</svg>', PAGES["both"], flags=re.DOTALL)
    assert two.count('<path class="cl"') == two.count('<path class="t"') == 1
    assert 'aria-labelledby="over"' not in PAGES["none"]


def test_very_many_fits_are_shortened() -> None:
    many = to_html(samples.ten(25))
    assert len(many.encode()) < 250_000
    assert 0 < text_of(many).count(BRIEF) < 25
    assert BRIEF not in text_of(PAGES["chosen"])


def test_headings_go_down_one_step_at_a_time() -> None:
    for page in PAGES.values():
        levels = [int(level) for level in re.findall(r"<h(\d)", page)]
        assert all(below - above <= 1 for above, below in pairwise(levels))


def test_a_fragment_has_a_row_a_family() -> None:
    fragment = to_fragment(samples.chosen())
    assert [tag for tag, _ in Page(fragment).tags].count("tr") == 5
    assert "0.0237 [0.0205, 0.0269]" in text_of(fragment)
    assert "0.621 and 0.893" in text_of(to_fragment(samples.both()))
    assert "<script>" not in to_fragment(samples.strange())
