"""Text: fits its width, shows data harmlessly, says what matters first."""

import io
import re

import pytest
import report_checks as checks
import report_samples as samples
from rich.cells import cell_len
from rich.console import Console

from bitsapart.report import words
from bitsapart.report.comparison import sentences
from bitsapart.report.comparison.text import render, to_text
from bitsapart.report.console import show
from bitsapart.values.contingency import Outcome


@pytest.mark.parametrize("width", [40, 64, 80, 100, 160])
def test_no_line_is_wider_than_asked(width: int) -> None:
    checks.fits(to_text(samples.mixed(), width), width)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_data_are_shown_harmlessly(width: int) -> None:
    text = to_text(samples.mixed(), width)
    assert not set(text) & {"\x1b", "\x07", "\r", "\u202e", "\u2066"}
    assert "[red]" in text
    assert "line\\nbreak" in text or "line\\n" in text
    assert "│" not in text
    assert "─" not in text


def test_markup_and_emoji_codes_stay_letters_on_a_terminal() -> None:
    coloured, plain = checks.on_a_terminal(render(samples.mixed()))
    assert "[red]rich[/] :smile: [/]" in plain
    assert "\x1b" not in plain
    assert "\x1b[" in coloured


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    buffer = io.StringIO()
    Console(file=buffer, force_terminal=True, width=120).print(render(samples.mixed()))
    assert not re.search("\x1b\\[[0-9;]*3[0-7]m", buffer.getvalue())


def test_piped_text_is_plain_and_as_wide_as_by_default() -> None:
    buffer = io.StringIO()
    show(render(samples.mixed()), buffer)
    assert "\x1b" not in buffer.getvalue()
    assert max(cell_len(line.rstrip()) for line in buffer.getvalue().splitlines()) <= 100


def test_an_ascii_stream_gets_ascii() -> None:
    text = checks.on_an_ascii_stream(render(samples.mixed()))
    assert "infinite (0." in text
    assert "->" in text


def test_the_headline_comes_first() -> None:
    first = to_text(samples.mixed()).splitlines()[0]
    assert first.startswith("7 of 30 columns have moved by more than 0.01 bits; 3 undecided")


def test_columns_are_sorted_by_finite_excess() -> None:
    values = [c.finite_excess.value for c in sentences.ranked(samples.mixed()) if c.finite_excess]
    assert values == sorted(values, reverse=True)


def test_of_very_many_columns_the_first_are_printed() -> None:
    text = to_text(samples.wide())
    assert sum(line.startswith(("shifted", "undecided")) for line in text.splitlines()) == 30
    assert "... and 470 more columns" in text


def test_the_most_responsible_outcome_is_the_one_that_changed_most() -> None:
    cells = [
        samples.Cell(Outcome("value", "common"), 5000, 5050),
        samples.Cell(Outcome("value", "tripled"), 10, 30),
        samples.Cell(Outcome("value", "other"), 4990, 4920),
    ]
    [first] = sentences.responsible(samples.contributions(cells), 1)
    assert sentences.change(first) == "tripled: 0.1 % → 0.3 %, +0.00475"


def test_weights_have_the_same_sum_as_the_contributions() -> None:
    column = samples.mixed().columns["carrier"]
    assert sum(map(sentences.weight, column.contributions)) == pytest.approx(column.plug_in, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\u202eb", "a\\u202eb"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("👩‍🚀", "👩‍🚀"),
        ("a\u200db", "a\\u200db"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert words.visible(text) == shown


def test_a_value_that_looks_like_a_special_is_quoted() -> None:
    value, special = (Outcome(kind, "null") for kind in ("value", "null"))
    parts = samples.contributions([samples.Cell(value, 1, 2), samples.Cell(special, 2, 1)])
    assert [sentences.outcome(part) for part in parts] == ["'null'", "null"]
