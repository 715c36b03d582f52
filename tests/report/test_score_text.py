"""The text of a score: the answer first, digits that add up, nothing invented, and it fits."""

import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import report_checks as checks
import score_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from bitsapart.report.score import ladder, sentences
from bitsapart.report.score.text import render, to_text
from bitsapart.scoring.result import Score


def flat(score: Score, width: int = 100) -> str:
    """The text with the breaks of its lines undone."""
    return " ".join(to_text(score, width).split())


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
@pytest.mark.parametrize("sample", samples.EVERY)
def test_no_line_is_wider_than_asked_and_no_number_is_nan(sample: str, width: int) -> None:
    checks.fits(to_text(samples.EVERY[sample], width), width)


def test_the_headline_comes_first() -> None:
    first = {name: sentences.headline(score) for name, score in samples.EVERY.items()}
    assert all(flat(score).startswith(first[name]) for name, score in samples.EVERY.items())
    assert first["scored"] == (
        "Cross-entropy 0.546 bits per label [0.524, 0.567]: recalibration would save about 0.201, surely 0.179 of them."
    )
    assert first["binary"].endswith(": no recalibration that was tried would surely save any of them.")
    assert first["infinite"].startswith("Cross-entropy infinite: 24 of 10,000 labels had probability 0; without them ")
    assert first["infinite"].endswith(" 0.512 bits per label [0.492, 0.532].")
    assert first["mixed"].endswith("; with a mix of 0.001 it is 0.557 bits per label [0.535, 0.579].")
    assert first["all missed"] == "Cross-entropy infinite: all 3 labels had probability 0."
    assert first["bare"] == "Cross-entropy 1.000 bits per label, where label frequencies cost 0."


def test_a_saving_that_is_not_sure_is_not_promised() -> None:
    unsure = replace(samples.scored(), gap=samples.binary().gap)
    assert "would surely save any" in sentences.headline(unsure)


def printed(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=8), st.floats(1e-9, 1.0))
def test_printed_rungs_add_up_and_are_right_to_the_last_digit(parts: list[float], scale: float) -> None:
    parts = [part * scale for part in parts]
    whole = math.fsum(parts)
    texts, total = ladder.adding(parts, whole)
    assert sum(map(printed, texts)) == printed(total)
    unit = Decimal(1).scaleb(printed(total).as_tuple().exponent)  # type: ignore[arg-type]
    assert abs(printed(total) - Decimal(whole)) <= unit * Decimal("0.500001")
    assert all(
        abs(printed(text) - Decimal(part)) <= unit * Decimal("1.000001")
        for text, part in zip(texts, parts, strict=True)
    )


@pytest.mark.parametrize("sample", ["scored", "binary", "mixed", "votes", "tiny"])
def test_the_ladder_adds_up_to_the_number_of_the_headline(sample: str) -> None:
    score = samples.EVERY[sample]
    *rungs, whole = ladder.steps(score)
    total = score.mixed or score.cross_entropy
    assert whole.estimate is total
    if sample not in {"binary", "mixed"}:  # those rungs were written down by hand
        assert sum(printed(step.value) for step in rungs) == printed(whole.value)
        assert printed(whole.value) == pytest.approx(Decimal(total.value), abs=Decimal("0.00005"))


def test_rungs_that_do_not_add_up_are_shown_as_they_are() -> None:
    assert ladder.adding([0.5, 0.25], 1.0) == (["0.5000", "0.2500"], "1.0000")


def test_what_is_unknown_is_said() -> None:
    assert "unknown (needs features or repeated labels)." in flat(samples.scored())
    explained = replace(samples.scored(), floor_note="unknown: labels are hard and no features were given")
    assert "unknown: labels are hard and no features were given" in flat(explained)
    assert "There is no upper bound: one is known for two classes only." in flat(samples.scored())
    text = flat(samples.bare())
    assert "how much of it the model explains (D2) is unknown" in text
    assert "the ladder" not in text


def test_shares_of_an_infinite_loss_are_told_as_what_they_are() -> None:
    known = replace(samples.infinite(), tail=replace(samples.scored().tail, misclassified=(0.089, 1.0)))
    text = flat(known)
    assert "Certain misses are left out here and in the tables, or they would hold all of it." in text
    assert "Misclassified are 8.9 % of labels." in text


def test_every_recalibration_is_named() -> None:
    text = flat(samples.scored())
    for name in ("temperature scaling", "vector scaling", "matrix scaling", "T = 2.31 (2.28 to 2.35 over the folds)"):
        assert name in text
    assert "calibration gap" not in text.lower()
    assert "isotonic regression −∞" in flat(samples.binary()).replace("  ", " ")


def test_certain_misses_are_counted_listed_and_have_a_remedy() -> None:
    text = flat(samples.infinite())
    assert "24 labels had probability 0 (rows 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, ..., counted from 0)" in text
    assert "The 9,976 other labels: 0.512 bits per label [0.492, 0.532]" in text
    assert "--mix 0.001" in text
    mixed = flat(samples.infinite(0.001))
    assert "Scored as (1 - 0.001) q + 0.001 / 10, which excludes nothing: 0.557 bits per label" in mixed
    assert "= cross-entropy with a mix of 0.001" in mixed
    assert "Certain misses" not in flat(samples.scored())
    without = flat(replace(samples.scored(), mix=0.1, mixed=samples.bits(0.7)))
    assert "Certain misses" not in without
    assert "Scored as (1 - 0.1) q + 0.1 / 10" in without


def test_floor_and_bounds_are_brackets() -> None:
    text = flat(samples.votes())
    assert "0.236 [0.232, 0.240], between 0.223 [0.219, 0.226] and 0.297 [0.292, 0.302] bits" in text
    assert "511,400 labels of 10,000 items; Miller-Madow" in text
    assert "Of the votes, not of one official label." in text
    assert "could save: at least 0.179, with 95 % confidence (the best of the maps tried" in flat(samples.scored())
    assert "could save: infinitely many bits, since a label had probability 0." in flat(samples.infinite())
    assert "nothing beyond chance was found" in flat(samples.binary())
    assert "From above, about 0.0221" in flat(samples.binary())


def test_the_tail_and_what_stands_beside() -> None:
    text = flat(samples.scored())
    assert "The worst 1 % of labels hold 28 % of the loss, 5 % hold 77 %, 10 % hold 94 %" in text
    assert "Misclassified are 8.9 % of labels and hold 94 % of the loss." in text
    assert "Brier score 0.1382 = 0.0214 miscalibration − 0.7832 discrimination + 0.9000 uncertainty" in text
    assert "summed over classes, on the scale 0 to 2" in text
    assert "This model less lenet-5-cifar10.npz: 1.431 bits per label [1.399, 1.463], p-value <1e-15" in text
    assert "on the scale 0 to 1" in flat(samples.binary())
    assert "both are infinite" in flat(samples.infinite())


@given(st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 1))
def test_the_parts_of_the_brier_score_add_up_as_printed(first: float, second: float, third: float) -> None:
    *parts, (_, _, mean) = sentences.brier_parts(samples.Brier(first - second + third, first, second, third, 92))
    assert sum(-printed(text) if sign == "−" else printed(text) for sign, _, text in parts) == printed(mean)


def test_many_classes_are_shortened() -> None:
    text = flat(samples.many())
    assert "1,000 classes in this order: class 0, class 1," in text
    assert ", …, class 999" in text
    assert "... the 12 of 1,000 that hold most of the loss; 988 more in the JSON" in text
    fewer = flat(replace(samples.many(), by_class=samples.many().by_class[:12]))
    assert "... the 12 of 1,000 that hold most of the loss" in fewer
    assert "more in the JSON" not in fewer.split("by confidence")[0]


def test_the_slices_shown_of_many_are_those_that_cost_most() -> None:
    slices = samples.slices(tuple(f"class {i}" for i in range(40)))
    shown = sentences.order(slices, 12)
    assert min(part.loss_share for part in shown) >= max(part.loss_share for part in slices if part not in shown)
    assert sentences.order(slices, 40) == list(slices)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_a_long_name_of_a_rung_is_not_cut(width: int) -> None:
    name = "further saved by the best of temperature, platt, beta, isotonic, chosen inside the folds"
    first, second, third = samples.scored().rungs
    text = flat(replace(samples.scored(), rungs=(first, second._replace(name=name), third)), width)
    assert set(name.split()) <= set(text.split())
    assert "…" not in text.split("the ladder")[1].split("each map")[0]


def test_names_are_harmless() -> None:
    text = to_text(samples.hostile())
    assert not set(text) & {"\x1b", "\x07", "\r", "\u202e", "\u2066"}
    assert "[red]rich[/] :smile: [/]" in text


def test_an_ascii_stream_gets_ascii_and_a_terminal_colours() -> None:
    assert "infinite" in checks.on_an_ascii_stream(render(samples.infinite()))
    assert "->" in checks.on_an_ascii_stream(render(samples.scored()))
    assert "\x1b[" in checks.on_a_terminal(render(samples.scored()))[0]
    assert "\x1b" not in to_text(samples.scored())


def test_a_score_prints_itself(tmp_path: Path) -> None:
    score = samples.scored()
    assert str(score) == to_text(score)
    assert score.to_html(tmp_path / "score.html").read_text("utf-8").startswith("<!doctype html>")
    assert "matrix scaling" in score._repr_html_()


def test_the_remarks_on_squared_error_stand_for_its_numbers() -> None:
    score = samples.scored()
    assert score.diagnosis is not None
    assert sentences.diagnosis(score) == list(score.diagnosis.remarks)
    [line] = sentences.diagnosis(replace(score, diagnosis=replace(score.diagnosis, remarks=())))
    assert line.startswith("7.1 % of labels have a probability below 1/3")
    assert "for 5.2 % the model is sure of another class" in line
