"""What the page on a score says, its pictures, and its fragment."""

import re
from dataclasses import replace

import pytest
import score_samples as samples
from report_checks import text_of

from bitsapart.report.score import figures
from bitsapart.report.score.html import to_fragment, to_html

PAGES = {name: to_html(sample) for name, sample in samples.EVERY.items()}


def test_the_answer_and_the_numbers_are_there() -> None:
    text = text_of(PAGES["scored"])
    for words in (
        "Cross-entropy 0.546 bits per label [0.524, 0.567].",
        "Recalibration would save about 0.201, surely 0.179 of them",
        "the model explains 83.6 % [82.9 %, 84.2 %] of them (D2)",
        "lower bound: on average the truth is at least this",
        "saved by temperature scaling",
        "0.1494",
        "[0.130, 0.169]",
        "T = 2.31 (2.28 to 2.35 over the folds)",
        "Misclassified are 8.9 % of labels",
        "unknown (needs features or repeated labels)",
        "Outside of the 95 % band at 34 % of predictions",
        "How these numbers are made",
    ):
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
    assert "class=" not in fragment
    text = text_of(fragment)
    assert "recalibration would save about 0.201, surely 0.179 of them" in text
    assert "= cross-entropy" in text
    assert "<script>" not in to_fragment(samples.hostile())
    assert "24 labels had probability 0" in text_of(to_fragment(samples.infinite()))
    assert "<table" not in to_fragment(samples.bare())
