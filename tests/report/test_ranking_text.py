"""Text of a ranking: the closest first, fits its width, never nan."""

import re
from dataclasses import replace

import models_samples as samples
import pytest
import report_checks as checks

from bitsapart.report.ranking.text import to_text


@pytest.mark.parametrize("width", [40, 64, 100])
def test_a_ranking_fits_and_says_no_nan(width: int) -> None:
    for ranking in (samples.ranked(), samples.ranked(*samples.EVERY.values()), samples.ranked(samples.compared())):
        checks.fits(to_text(ranking, width), width)


def test_a_ranking_names_the_closest_and_whether_it_is_told_apart() -> None:
    text = to_text(samples.ranked(), 200)
    assert text.startswith("q8_0.npy is closest to the base: 0.00121")
    assert "not told apart from q6_k.npy with 0.00125 (p = 1.000)" in text.splitlines()[0]
    apart = samples.ranked(samples.compared(0.001, "a"), samples.compared(0.1, "b"))
    assert "ahead of b with 0.100 (p = 3e-09)" in to_text(apart, 200).splitlines()[0]
    assert str(apart).startswith("a is closest")
    assert re.search(r"q8_0\.npy − q4_k_m\.npy .* q8_0\.npy\n", text)
    assert re.search(r"q8_0\.npy − q6_k\.npy .* undecided\n", text)


def test_of_very_many_pairs_neighbours_are_shown() -> None:
    ranking = samples.ranked(*(samples.compared(0.001 * i, f"c{i:02d}") for i in range(1, 13)))
    text = to_text(ranking)
    assert len(ranking.pairs) == 66
    assert len(re.findall(r"c\d\d − c\d\d", text)) == 11
    assert "Neighbours in the ranking; 55 more pairs in the JSON." in text
    tiny = replace(ranking, pairs=tuple(replace(pair, adjusted=1e-20) for pair in ranking.pairs))
    assert "ahead of c02 with 0.00200 (p < 1e-15)" in to_text(tiny, 200)
