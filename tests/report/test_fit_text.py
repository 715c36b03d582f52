"""The text of a fit: the answer first, every number with how sure it is, and it fits."""

import math
from dataclasses import replace
from pathlib import Path

import fit_samples as samples
import pytest
import report_checks as checks

from bitsapart.fitting.result import Certificate, Fit
from bitsapart.report.fit import sentences
from bitsapart.report.fit.numbers import brackets, number, over, sure
from bitsapart.report.fit.text import render, to_text


def flat(fit: Fit, width: int = 100) -> str:
    """The text with the breaks of its lines undone."""
    return " ".join(to_text(fit, width).split())


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
@pytest.mark.parametrize("sample", samples.EVERY)
def test_no_line_is_wider_than_asked_and_no_number_is_nan(sample: str, width: int) -> None:
    checks.fits(to_text(samples.EVERY[sample], width), width)


def test_the_headline_comes_first() -> None:
    first = {name: sentences.headline(fit) for name, fit in samples.EVERY.items()}
    assert all(flat(samples.EVERY[name]).startswith(" ".join(said.split())) for name, said in first.items())
    assert first["sampled"] == "The closest Gamma is 4.441 bits away: KL(target ‖ fit) [4.421, 4.461]"
    assert first["reverse"] == "The closest Normal is 0.893 bits away: KL(fit ‖ target)"
    assert first["far"] == "The closest Normal is infinitely many bits away: KL(target ‖ fit)"
    assert first["unknown"].startswith("The closest Normal is an unknown number of bits away")
    assert "0 bits away, but the one that the sample gives infinitely many" in first["endless"]


def test_the_account_adds_up() -> None:
    terms = sentences.account(samples.sampled())
    assert [term.sign for term in terms] == ["", "+", "+", "="]
    assert sum(term.bits.value for term in terms[:-1]) == pytest.approx(terms[-1].bits.value, rel=1e-15)
    assert [term.name for term in sentences.account(samples.formula())][1:] == ["family misfit", "cross-entropy"]
    backward = sentences.account(samples.reverse())
    assert [term.name for term in backward] == ["entropy of the fit", "KL(fit ‖ target)", "cross-entropy"]
    assert backward[0].bits.value + backward[1].bits.value == backward[2].bits.value


def test_numbers_say_how_sure_they_are() -> None:
    assert sure(samples.bits(4.4408, 0.0201)) == brackets(samples.bits(4.4408, 0.0201)) == "[4.421, 4.461]"
    assert sure(samples.bits(0.62, 1.1e-14, "bound")) == "± 1.10e-14"
    assert brackets(samples.bits(0.62, 1.1e-14, "bound")) == ""
    assert sure(samples.bits(0.62, 0.1, "bound")) == "[0.520, 0.720]"
    assert sure(samples.bits(0.62, 0.0, "bound")) == sure(samples.exact(1.0)) == "exact"
    assert sure(samples.bits(0.62, None)) == sure(samples.bits(math.nan, None)) == ""
    assert sure(replace(samples.bits(0.62), low=0.0, high=math.inf, kind="bound")) == "[0, ∞)"
    assert sure(replace(samples.bits(0.62), low=-math.inf)) == "(−∞, 0.640]"
    assert over([samples.exact(1.0), samples.bits(1.0)]) == "95 % interval"
    assert over([samples.exact(1.0)]) == "error"
    assert over([samples.bits(1.0, None)]) == over([]) == ""


def test_parameters_have_six_digits_and_real_minus_signs() -> None:
    assert [number(value) for value in (-1.11022e-16, 1.3387e6, 1978.25, 0.0, math.inf)] == [
        "−1.11022e-16", "1.3387e6", "1978.25", "0", "∞",
    ]  # fmt: skip
    text = to_text(samples.sampled())
    assert "shape       1.97619  [1.9505, 2.00188]" in text
    assert "27,004 rows of distance → Gamma(shape=1.97619, rate=0.00196275)" in text


def test_all_stationary_points_are_listed() -> None:
    text = to_text(samples.reverse())
    assert "minimum, the best  0.893  Normal(mean=0.952795, sd=1.78787)" in text
    assert "minimum            0.986  Normal(mean=-1.98568, sd=0.518174)" in text
    assert "saddle             1.539  Normal(mean=-1.1982, sd=1.19129)" in text
    one = replace(samples.reverse(), minima=samples.reverse().minima[:1])
    assert "stationary points" not in to_text(one)


def test_of_very_many_parameters_and_points_some_are_shown() -> None:
    text = to_text(samples.many())
    assert "260 more parameters in the JSON document." in text
    assert "888 more stationary points in the JSON document." in text
    assert len(text.splitlines()) < 90


def certified(gap: float, proved: bool) -> str:
    return sentences.certificate(replace(samples.formula(), certificate=Certificate("a search", gap, proved, 0.0)))[0]


def test_a_certificate_says_what_is_proved() -> None:
    assert certified(1e-16, True) == "No member of the family is closer, which is proved up to rounding (a search)."
    assert certified(3.1e-10, True).startswith("No member of the family is closer by more than 3.10e-10 bits, which is")
    assert certified(0.0, False) == "Nothing closer was found, which is no proof (a search)."
    assert certified(0.02, False).endswith("; 0.0200 bits may be left to gain nearby.")
    assert "; an unknown number of bits may be left" in certified(math.nan, False)
    assert "Stationarity residual ∞." in flat(samples.unknown())


def test_khat_is_judged_by_its_threshold() -> None:
    assert "Pareto k-hat 0.810 is above 0.700: numbers from importance weights are not to be trusted" in flat(
        samples.posterior()
    )
    assert "Pareto k-hat 0.500 is not above 0.700: importance weights can be used." in flat(samples.posterior(0.5))
    assert "Pareto k-hat is unknown" in flat(samples.unknown())
    assert "k-hat" not in flat(samples.reverse())
    assert "log₂ of the target’s normaliser −29.60 [−29.61, −29.59]" in flat(samples.posterior())


def test_a_descent_is_told() -> None:
    told = "In 18 steps of gradient descent the divergence fell from 78.16 to 0.621 bits."
    assert told in flat(samples.traced())
    assert "Descent" not in flat(samples.formula())


def test_names_are_harmless() -> None:
    for width in (40, 100):
        text = to_text(samples.hostile(), width)
        assert not set(text) & {"\x1b", "\x07", "\r", "\u202e", "\u2066"}
    assert "[red]rich[/] :smile: [/]" in text


def test_an_ascii_stream_gets_ascii_and_a_terminal_colours() -> None:
    assert "infinite" in checks.on_an_ascii_stream(render(samples.endless()))
    assert "->" in checks.on_an_ascii_stream(render(samples.sampled()))
    assert "+- 1.10e-14" in checks.on_an_ascii_stream(render(samples.formula()))
    assert "\x1b[" in checks.on_a_terminal(render(samples.sampled()))[0]


def test_a_fit_prints_itself(tmp_path: Path) -> None:
    fit = samples.sampled()
    assert str(fit) == to_text(fit)
    assert fit.to_html(tmp_path / "fit.html").read_text("utf-8").startswith("<!doctype html>")
    assert "family misfit" in fit._repr_html_()
