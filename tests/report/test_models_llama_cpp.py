"""The table of llama.cpp in the reports, beside our own numbers."""

import html
import io
import re
from dataclasses import replace

import models_samples as samples
import pytest
import report_checks as checks

from bitsapart.model_comparison.result import LlamaCppTable, ModelComparison, ModelRanking, WithError
from bitsapart.report.console import show
from bitsapart.report.models.json import from_json, schema, to_json
from bitsapart.report.models.text import render

RANKS = (0.0, 0.1, 1.0, 5.0, 10.0, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0)
TABLE = LlamaCppTable(
    tokens=4_096,
    perplexity=WithError(6.25881, 0.0412),
    base_perplexity=WithError(6.123404, 0.04),
    correlation=0.99806,
    log_ratio=WithError(0.021874, 0.0021),
    ratio=WithError(1.022115, 0.0022),
    difference=WithError(0.135406, 0.0133),
    kld=WithError(0.021627, 0.000418),
    kld_percentiles={p: p**3 / 1e6 for p in RANKS},
    change=WithError(-0.00312, 0.00051),
    change_percentiles={p: (p - 50) / 50 for p in sorted((*RANKS, 25.0, 75.0))},
    rms_change=WithError(0.0327, 0.0006),
    same_top=WithError(0.97119, 0.00263),
)
LINES = (
    "Mean PPL(Q)                   :   6.258810 ±   0.041200",
    "Cor(ln(PPL(Q)), ln(PPL(base))):  99.81%",
    "Maximum KLD:   1.000000",
    "99.9%   KLD:   0.997003",
    " 5.0%   KLD:   0.000125",
    "Median  KLD:   0.125000",
    "Mean    Δp: -0.312 ± 0.051 %",
    "75.0%   Δp: 50.000%",
    "RMS Δp    :  3.270 ± 0.060 %",
    "Same top p: 97.119 ± 0.263 %",
)


def sample() -> ModelComparison:
    """Of a base file of llama.cpp."""
    found = samples.compared()
    return replace(found, base=replace(found.base, format="llama.cpp"), llama_cpp=TABLE)


def test_the_text_has_its_lines_as_they_are() -> None:
    text = str(sample())
    assert str(TABLE).splitlines()[0] == "====== Perplexity statistics ======"
    for line in str(TABLE).splitlines():
        assert f"  {line}".rstrip() in text.splitlines()
    for line in LINES:
        assert line in str(TABLE).splitlines()
    assert "As llama.cpp prints it" not in str(samples.compared())
    assert "no table of fewer" not in text


@pytest.mark.parametrize("width", [40, 100])
def test_the_text_fits(width: int) -> None:
    plain = io.StringIO()
    show(render(sample()), plain, width)
    checks.fits(plain.getvalue(), width)


def test_what_a_reader_has_to_know() -> None:
    few = replace(sample(), llama_cpp=replace(TABLE, tokens=99))
    assert "llama.cpp itself prints no table of fewer than 100 tokens" in " ".join(str(few).split())
    both = replace(few, candidate=replace(few.candidate, format="llama.cpp"))
    assert "The candidate was read from such a file too" in " ".join(str(both).split())
    assert "from such a file too" not in str(few)


def test_an_ascii_terminal_shows_it() -> None:
    text = checks.on_an_ascii_stream(render(sample()))
    assert "Mean    KLD:   0.021627 +-   0.000418" in text
    assert "RMS dp    :  3.270 +- 0.060 %" in text


def test_the_page_has_it_folded(tmp_path: object) -> None:
    page = sample().to_html(f"{tmp_path}/report.html").read_text("utf-8")
    checks.is_whole_and_offline(page)
    checks.shows_nothing_hidden(page)
    found = re.search(r"<details><summary>[^<]*</summary><pre>([^<]*)</pre></details>", page)
    assert found is not None
    assert html.unescape(found[1]) == str(TABLE)
    ranking = ModelRanking((sample(), samples.compared()), (), "0.1.0")
    assert ranking.to_html(f"{tmp_path}/ranking.html").read_text("utf-8").count("<pre>") == 1


def test_the_document_has_it() -> None:
    document = checks.document(to_json(sample()), schema())
    assert document["llama_cpp"]["kld"] == {"value": 0.021627, "error": 0.000418}
    assert from_json(to_json(sample())) == sample()
    assert checks.document(to_json(samples.compared()), schema())["llama_cpp"] is None
