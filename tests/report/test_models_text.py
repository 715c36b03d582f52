"""Text of model comparisons: the answer first, fits its width, never nan, shows tokens harmlessly."""

import math
import re
from dataclasses import replace

import models_samples as samples
import pytest
import report_checks as checks

from bitsapart.report.models import sentences
from bitsapart.report.models.text import render, to_text


@pytest.mark.parametrize("width", [40, 64, 72, 80, 100, 160])
@pytest.mark.parametrize("sample", samples.EVERY)
def test_no_line_is_wider_than_asked_and_none_says_nan(sample: str, width: int) -> None:
    checks.fits(to_text(samples.EVERY[sample], width), width)


def first(comparison: samples.ModelComparison) -> str:
    return to_text(comparison, 300).splitlines()[0]


def test_the_answer_is_the_first_line() -> None:
    assert first(samples.compared()) == (
        "The candidate costs 0.0312 bits per token [0.0287, 0.0337] more than the base: KL(base || candidate)."
    )
    assert str(samples.compared()).startswith("The candidate costs 0.0312 bits per token")
    assert "2.30e-11 bits per token" in first(samples.tiny())
    assert "infinitely many bits: it excludes what the base allows at 12 of 4,096" in first(samples.infinite())
    assert first(samples.truncated()).startswith("The candidate costs at least 0.0312 bits per token")
    assert first(samples.nothing()) == "No divergence could be computed: 0 tokens compared."
    assert first(samples.EVERY["equal"]) == (
        "The candidate costs nothing: KL(base || candidate) is 0 at each of 4,096 tokens."
    )
    assert first(samples.bare()).startswith("The candidate costs 0.500 bits per token more than the base")


def test_the_identity_is_printed_as_a_sum() -> None:
    lines = to_text(samples.compared()).splitlines()
    place = next(i for i, line in enumerate(lines) if "H(base)" in line)
    signs = [line[:2] for line in lines[place : place + 3]]
    values = [float(re.search(r"(\d+\.\d+)  \[", line)[1]) for line in lines[place : place + 3]]  # type: ignore[index]
    assert signs == ["  ", "+ ", "= "]
    assert values[0] + values[1] == pytest.approx(values[2], abs=6e-4)


def test_everything_asked_for_is_there() -> None:
    text = to_text(samples.compared())
    for words in (
        "KL(candidate || base)", "Jensen-Shannon", "same top token", "top five", "flips where base ≥ 90 %",
        "1 - total variation", "perplexity of the candidate", "storage noise, rounding to float16", "99.9 %", "median",
        "The worst 1 % of tokens hold 23.1 % of all bits", "By domain", "By position", "By entropy of the base",
        "12 with the largest divergence; 18 more", "base ' the' 97.0 %; candidate 0.4 %, prefers ' a' 61.0 %",
        "The capital of France", "1.043", "worth 413 independent tokens", "6 tokens were left out", "Checks", "Notes",
    ):  # fmt: skip
        assert words in text, words


def test_a_difference_near_the_noise_is_called_so() -> None:
    assert "within twice of the noise floor: this difference may be mere storage" in sentences.near(samples.tiny())
    rerun = replace(samples.compared(), noise=replace(samples.compared().noise, near=True))
    assert "a mere second run of the base" in sentences.near(rerun)
    assert sentences.near(samples.compared()) == ""
    assert sentences.noise(samples.compared())[-1] == "The divergence is far above the larger of them."


def test_truncation_is_a_bound_and_no_guess() -> None:
    said = " ".join(sentences.truncation(samples.truncated()))
    assert "lower bound" in said
    assert "nothing is guessed" in said
    assert "at most 0.0419 bits, so the divergence is at most 0.0731" in said
    assert "At 120 of 4,096 tokens nothing is unlisted" in said
    both = " ".join(sentences.truncation(samples.truncated(math.inf)))
    assert "no upper limit, since both sides are cut off" in both


def test_a_temperature_that_saves_nothing_is_no_saving() -> None:
    found = samples.compared().temperature
    assert found is not None
    useless = replace(found, saved=samples.bits(-0.0001))
    assert "would save nothing" in sentences.temperature(replace(samples.compared(), temperature=useless))
    assert "7.0 % of the divergence" in sentences.temperature(samples.compared())


def test_notes_of_estimates_are_said_once_with_their_names() -> None:
    noted = [replace(estimate, note="one document only") for estimate in (samples.bits(1.0), samples.bits(0.5))]
    comparison = replace(samples.compared(), kl=noted[0], js=noted[1])
    assert sentences.remarks(comparison) == ["divergence, Jensen-Shannon: one document only"]


def test_data_are_shown_harmlessly() -> None:
    text = to_text(samples.hostile())
    assert not set(text) & {"\x1b", "\x07", "\r", "\u202e", "\u2066"}
    assert "'[red]rich[/] :smile: [/]'" in text
    assert "'line\\nbreak" in text


def test_markup_in_tokens_stays_letters_on_a_terminal_and_streams_may_be_ascii() -> None:
    _, plain = checks.on_a_terminal(render(samples.hostile()))
    assert "[red]rich[/] :smile: [/]" in plain
    assert "infinite  [0.0210, infinite)" in checks.on_an_ascii_stream(render(samples.infinite()))


def test_a_saving_that_may_be_none_is_called_so() -> None:
    found = samples.compared().temperature
    assert found is not None
    doubtful = replace(found, temperature=1.00001, saved=samples.bits(1e-6, 2.0))
    said = sentences.temperature(replace(samples.compared(), temperature=doubtful))
    assert "by 1.000010" in said
    assert "nothing that is certain" in said


def test_equal_models_are_not_near_the_noise() -> None:
    equal = samples.EVERY["equal"]
    assert "noise floor" not in to_text(replace(equal, noise=replace(equal.noise, near=True)))


def test_buckets_that_are_not_listed_are_said_to_be_missing() -> None:
    sample = samples.compared()
    breakdown = replace(sample.breakdowns[0], buckets=sample.breakdowns[0].buckets[:2])
    text = to_text(replace(sample, breakdowns=(breakdown,)), 150)
    assert "hold 2,730 of 4,096 tokens" in text
    assert "not listed" not in to_text(replace(sample, n=4095, breakdowns=sample.breakdowns[:1]), 150)


def test_logits_that_are_no_numbers_stand_in_the_first_sentence() -> None:
    broken = replace(samples.compared(), nonfinite_tokens=100, candidate_nonfinite_tokens=90)
    total = broken.n + 100
    assert sentences.headline(broken).startswith(
        f"The candidate’s logits are NaN or infinite at 90 of {total:,} tokens"
    )


def test_quotients_of_lower_bounds_are_not_told() -> None:
    assert "on top of the base’s own" in sentences.proportion(samples.compared())
    assert "on top of the base’s own" not in sentences.proportion(samples.truncated())
