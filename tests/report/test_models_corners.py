"""Whatever numbers a model comparison holds, every format can show them."""

import math
from dataclasses import replace

import models_samples as samples
import pytest
import report_checks as checks
from hypothesis import given, settings
from hypothesis import strategies as st

from bitsapart.model_comparison.result import (
    PERCENTILES,
    Breakdown,
    Bucket,
    ModelComparison,
    ModelRanking,
    Noise,
    TemperatureRepair,
    Truncation,
)
from bitsapart.report import words
from bitsapart.report.models.frame import to_rows
from bitsapart.report.models.html import to_html
from bitsapart.report.models.text import to_text
from bitsapart.report.ranking.html import to_html as ranking_to_html
from bitsapart.report.ranking.text import to_text as ranking_to_text
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

NUMBER = st.one_of(st.sampled_from([0.0, 1e-11, 5e-324, 1e300, math.inf, math.nan, -1e-17]), st.floats())
TEXT = st.text(alphabet="xy <\x1b\u202e", max_size=4)
SHARE = st.one_of(st.sampled_from([0.0, 1.0, 1e-300, math.inf, math.nan]), st.floats(0, 1))
END = st.one_of(st.none(), NUMBER)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    return Estimate(draw(NUMBER), draw(END), draw(END), 0.9, "confidence", "any", Unit.bit, 3, draw(TEXT))


@st.composite
def shares(draw: st.DrawFn) -> Estimate:
    return Estimate(draw(SHARE), draw(SHARE), draw(SHARE), 0.9, "confidence", "any", None, 3)


@st.composite
def comparisons(draw: st.DrawFn) -> ModelComparison:
    buckets = [Bucket(draw(TEXT), 3, draw(estimates()), draw(SHARE), draw(SHARE)) for _ in range(2)]
    values = {name: draw(estimates()) for name in ("entropy", "kl", "cross_entropy", "reverse_kl", "js")}
    rates = {name: draw(shares()) for name in ("top1_agreement", "top5_agreement", "acceptance")}
    return replace(
        samples.compared(),
        **values,
        **rates,
        percentiles={"kl": {p: draw(NUMBER) for p in PERCENTILES[::3]}, "probability_change": {}},
        breakdowns=(Breakdown(draw(TEXT), tuple(buckets), draw(NUMBER)),),
        noise=Noise(draw(NUMBER), "bfloat16", draw(st.one_of(st.none(), estimates())), draw(st.booleans())),
        temperature=TemperatureRepair(draw(NUMBER), draw(estimates()), draw(estimates()), 3),
        truncation=draw(st.one_of(st.none(), st.builds(Truncation, estimates(), NUMBER, SHARE, SHARE, st.just(0)))),
        worst_percent_share=draw(SHARE),
        effective_n=draw(NUMBER),
    )


@settings(max_examples=60, deadline=None)
@given(comparisons())
def test_any_numbers_can_be_shown(comparison: ModelComparison) -> None:
    checks.fits(to_text(comparison, 60), 60)
    checks.every_path_is_finite(to_html(comparison))
    again = comparison.to_json()
    assert ModelComparison.from_json(again).to_json() == again
    assert to_rows(comparison)[1]["quantity"] == "kl"
    ranking = samples.ranked(comparison, samples.compared(name="other"))
    checks.every_path_is_finite(ranking_to_html(ranking))
    checks.every_path_is_finite(ranking._repr_html_())
    assert "other" in ranking_to_text(ranking, 60)
    assert ModelRanking.from_json(ranking.to_json()).to_json() == ranking.to_json()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (0.99996, "1.00"), (0.00009999, "1.00e-4"), (0.0001, "0.000100"), (999_999.0, "999999.00"),
        (1e6, "1.00e6"), (1e-300, "1.00e-300"), (-2.5e-11, "−2.50e-11"), (math.nan, "unknown"), (-math.inf, "−∞"),
        (None, "unknown"),
    ],
)  # fmt: skip
def test_fine_numbers(value: float | None, text: str) -> None:
    assert words.fine(value) == text
