"""What the page on a fit says, its pictures, and its fragment."""

import math
import re
from dataclasses import replace
from itertools import pairwise

import fit_samples as samples
import numpy as np
import pytest
import report_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st
from report_checks import text_of

from bitsapart.families.continuous.normal import Normal
from bitsapart.fitting.result import Picture, Step
from bitsapart.report.fit import figures
from bitsapart.report.fit.html import to_fragment, to_html
from bitsapart.report.page import asset

PAGES = {name: to_html(sample) for name, sample in samples.EVERY.items()}


def test_the_answer_and_the_numbers_are_there() -> None:
    text = text_of(PAGES["sampled"])
    for words in (
        "The closest Gamma is 4.441 bits away. KL(target ‖ fit) [4.421, 4.461]",
        "27,004 rows of distance → Gamma(shape=1.97619, rate=0.00196275)",
        "floor, entropy of the target",
        "family misfit",
        "[1.03e-6, 0.000170]",
        "which is proved up to rounding (Fenchel gap)",
        "The values repeat, as they are rounded to multiples of 1.",
        "How these numbers are made",
        "spacings; confidence interval",
    ):
        assert words in text, words


def test_parts_that_there_are_none_of_are_left_out() -> None:
    text = text_of(PAGES["formula"])
    for title in ("All stationary points", "The descent", "Notes", "k-hat", "Intervals"):
        assert title not in text
        assert title in "".join(map(text_of, PAGES.values()))
    assert "parameter error" not in text_of(PAGES["reverse"])


def test_headings_go_down_one_step_at_a_time() -> None:
    for page in PAGES.values():
        levels = [int(level) for level in re.findall(r"<h(\d)", page)]
        assert levels[0] == 1
        assert all(below - above <= 1 for above, below in pairwise(levels))


def test_every_class_of_a_picture_has_a_colour() -> None:
    sheet = asset("style.css")
    used = {
        name for classes in re.findall(r'<path class="([^"]+)"', "".join(PAGES.values())) for name in classes.split()
    }
    used |= {name for line, dot, _ in figures.LINES for name in (line, dot)}
    assert {name for name in used if f".{name}{{" not in sheet} == set()


def curve(picture: str, css: str) -> list[tuple[float, float]]:
    """The points of a line."""
    [d] = re.findall(rf'<path class="{css}" d="([^"]+)"', picture)
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", d)]


def test_lines_lie_where_they_should() -> None:
    fitted = Normal(0.0, 1.0)
    one = replace(samples.formula(), distribution=fitted, picture=samples.densities(fitted, fitted, -3.0, 3.0))
    points = curve(figures.densities([one], ""), "cl")
    top = max(one.picture.fitted)
    frame = figures.Frame(-3.0, 3.0, top * 1.04)
    assert points == [
        (pytest.approx(frame.x(x), abs=0.06), pytest.approx(frame.y(y), abs=0.06))
        for x, y in zip(one.picture.x, one.picture.fitted, strict=True)
    ]
    assert frame.x(0.0) == figures.WIDTH / 2
    assert frame.y(0.0) == figures.ABOVE + figures.HEIGHT


def bars(picture: str) -> list[tuple[float, float, float]]:
    """Left end, width and height of the bars."""
    [d] = re.findall(r'<path class="e" d="([^"]+)"', picture)
    return [(float(x), float(w), float(h)) for x, w, h in re.findall(r"M([\d.]+) [\d.]+h([\d.]+)v([\d.]+)h", d)]


def test_a_histogram_is_drawn_as_bars_of_its_heights() -> None:
    fit = samples.sampled()
    found = bars(figures.densities([fit], ""))
    assert len(found) == 40
    [(_, width, first), (_, _, second)] = found[:2]
    assert width == pytest.approx((figures.WIDTH - 2 * figures.LEFT) / 40, abs=0.11)
    assert second / first == pytest.approx(fit.picture.heights[1] / fit.picture.heights[0], abs=0.01)


def test_whole_numbers_get_bars_and_dots() -> None:
    picture = figures.densities([samples.discrete()], "")
    found = bars(picture)
    assert len(found) == 13
    assert found[1][0] - found[0][0] > found[0][1] + 2
    middle = [x + w / 2 for x, w, _ in found]
    assert [x for x, _ in curve(picture, "cl")] == pytest.approx(middle, abs=0.11)
    assert picture.count("M", picture.index('class="c"'), picture.index("/>", picture.index('class="c"'))) == 13
    assert 'class="c"' not in figures.densities([samples.discrete(most=300)], "")


def test_other_minima_are_drawn_thin() -> None:
    fit = samples.reverse()
    picture = figures.densities([fit], "")
    peak = min(curve(picture, "cl dim"), key=lambda point: point[1])
    frame = figures.Frame(-6.0, 6.0, 1.0)
    assert peak[0] == pytest.approx(frame.x(-2.0), abs=0.1)
    assert "other minima" in text_of(PAGES["reverse"])
    assert "other minima" not in text_of(PAGES["formula"])
    assert figures.others(fit) == [fit.minima[1]]


def test_where_a_density_cannot_be_drawn_there_is_no_picture() -> None:
    for picture in (
        Picture(),
        Picture((0.0, 1.0), (0.0, 0.0), (0.0, 0.0)),
        Picture((1.0, 1.0), (1.0, 1.0), (1.0, 1.0)),
        Picture((math.nan,), (math.nan,), (math.nan,)),
        Picture((-1e308, 1e308), (1.0, 1.0), (1.0, 1.0)),
    ):
        assert figures.densities([replace(samples.formula(), picture=picture)], "") == ""
    assert "<figure" not in PAGES["posterior"]
    assert "covariance[2, 2]" in text_of(PAGES["posterior"])


def test_marks_are_round_numbers() -> None:
    assert re.findall(r">([−\d,.]+)</text>", figures.densities([samples.sampled()], "")) == [
        "0", "1,000", "2,000", "3,000", "4,000", "5,000",
    ]  # fmt: skip
    assert re.findall(r">([−\d,.]+)</text>", figures.densities([samples.formula()], ""))[:2] == ["−6", "−4"]


def test_a_descent_goes_down() -> None:
    points = curve(figures.descent(samples.traced()), "cl")
    assert len(points) == 19
    assert [y for _, y in points] == sorted(y for _, y in points)
    assert figures.descent(samples.formula()) == ""
    assert figures.descent(replace(samples.formula(), trace=(Step(1.0, ()), Step(1.0, ())))) == ""


def test_a_fragment_brings_no_styles_and_no_script() -> None:
    fragment = to_fragment(samples.sampled())
    assert "class=" not in fragment
    assert "= cross-entropy" in text_of(fragment)
    assert "<script>" not in to_fragment(samples.hostile())


NUMBER = st.one_of(st.floats(), st.floats(-20, 20), st.sampled_from([0.0, math.inf, math.nan, 5e-324, 1e308]))
SEVERAL = st.lists(NUMBER, max_size=5).map(tuple)


@settings(max_examples=60, deadline=None)
@given(st.builds(Picture, SEVERAL, SEVERAL, SEVERAL, SEVERAL, SEVERAL), SEVERAL)
def test_any_numbers_can_be_drawn(picture: Picture, trace: tuple[float, ...]) -> None:
    steps = tuple(Step(value, ()) for value in trace)
    for sample in (samples.reverse(), samples.discrete()):
        checks.every_path_is_finite(to_html(replace(sample, picture=picture, trace=steps)))


def test_a_picture_of_many_points_is_small() -> None:
    x = np.linspace(-6.0, 6.0, 400)
    picture = replace(samples.densities(samples.TARGET, samples.NORMAL), x=tuple(x.tolist()))
    assert len(figures.densities([replace(samples.formula(), picture=picture)], "")) < 8_000
