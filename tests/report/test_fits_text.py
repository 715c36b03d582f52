"""The text of several fits: the best first, whether it is told apart, and it fits."""

from dataclasses import replace

import fit_samples as samples
import pytest
import report_checks as checks

from bitsapart.fitting.result import FitComparison
from bitsapart.report.fits import sentences
from bitsapart.report.fits.text import render, to_text


def flat(found: FitComparison, width: int = 100) -> str:
    """The text with the breaks of its lines undone."""
    return " ".join(to_text(found, width).split())


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
@pytest.mark.parametrize("sample", samples.FITS)
def test_no_line_is_wider_than_asked_and_no_number_is_nan(sample: str, width: int) -> None:
    checks.fits(to_text(samples.FITS[sample], width), width)


def test_the_headline_says_whether_the_next_is_told_apart() -> None:
    assert sentences.headline(samples.chosen()) == (
        "Gamma predicts new rows best of 3 families: Normal costs 0.0237 bits a row more [0.0205, 0.0269]"
    )
    close = sentences.headline(samples.chosen(0.0012))
    assert close.endswith("not told apart from Normal, which costs 0.00120 bits a row more [−0.00200, 0.00440]")
    first, second, *_ = samples.chosen().candidates
    assert second.above_best is not None
    unsure = replace(second, above_best=replace(second.above_best, value=float("nan"), low=None, high=None))
    assert sentences.headline(replace(samples.chosen(), candidates=(first, unsure))).endswith("Normal is next")


def test_headlines_without_rows() -> None:
    assert sentences.headline(samples.both()) == (
        "The closest Normal in both directions: 0.621 bits by KL(target ‖ fit) and 0.893 bits by KL(fit ‖ target)"
    )
    assert sentences.headline(samples.formulas()) == (
        "Normal is the closest of 2 families: 0.621 bits by KL(target ‖ fit), then Gamma with infinitely many bits"
    )
    assert sentences.headline(samples.FITS["none"]) == "No family could be fitted to 27,004 rows of distance"


def test_families_that_could_not_be_fitted_say_why() -> None:
    text = flat(samples.chosen())
    assert "Left out Beta: No Beta is closest: the target is 94 in row 0." in text
    assert "Notes Uniform: A held-out row is impossible under a fit." in text
    assert "Left out" not in flat(samples.both())


def test_the_table_has_all_that_were_compared() -> None:
    text = flat(samples.chosen())
    assert "Gamma 11.26 0 4.441 [4.421, 4.461]" in text
    assert "Normal 11.28 0.0237 [0.0205, 0.0269] 4.722 [4.702, 4.742]" in text
    assert "Uniform ∞ ∞ 0 [−0.0201, 0.0201]" in text


def test_the_best_is_told_in_full_and_so_are_both_directions() -> None:
    text = flat(samples.chosen())
    assert text.count("in bits per value") == 1
    assert "shape 1.97619 [1.9505, 2.00188]" in text
    both = flat(samples.both())
    assert both.count("How good it is") == 2
    assert "Normal, reverse KL(fit ‖ target) 0.893" in both
    assert "Closest members" not in both


def test_names_are_harmless() -> None:
    assert not set(to_text(samples.strange())) & {"\x1b", "\x07", "\r", "\u202e", "\u2066"}
    assert "->" in checks.on_an_ascii_stream(render(samples.chosen()))
    assert "\x1b[" in checks.on_a_terminal(render(samples.chosen()))[0]
    assert str(samples.both()) == to_text(samples.both())
