"""Whatever numbers a score holds, it can be shown: within its width, without nan, and its pictures well formed."""

import math
from dataclasses import replace

import report_checks as checks
import score_samples as samples
from hypothesis import given, settings
from hypothesis import strategies as st

from bitsapart.report.score.html import to_fragment, to_html
from bitsapart.report.score.text import to_text
from bitsapart.scoring.result import (
    Brier,
    CalibrationGap,
    Diagnosis,
    Floor,
    PairedScore,
    Recalibration,
    Reliability,
    Rung,
    Score,
    Slice,
    Storage,
    Tail,
)
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

NUMBER = st.one_of(st.floats(), st.floats(-20, 20), st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324]))
SHARE = st.one_of(st.floats(0, 1), st.just(math.nan))
TEXT = st.text(alphabet="xy <\x1b\u202e列", max_size=30)
KIND = st.sampled_from(["exact", "bound", "confidence", "unknown"])
ENDS = st.one_of(
    st.just((None, None)), st.tuples(NUMBER, NUMBER).filter(lambda ends: not any(map(math.isnan, ends))).map(sorted)
)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    low, high = draw(ENDS)
    return Estimate(draw(NUMBER), low, high, 0.95, draw(KIND), draw(TEXT), Unit.bit, 3, draw(TEXT))


BITS = estimates()
SLICE = st.builds(Slice, TEXT, st.integers(0, 9), SHARE, BITS, SHARE, st.one_of(st.none(), SHARE))
FIVE = st.lists(SHARE, min_size=5, max_size=5).map(tuple)
CURVE = st.builds(
    Reliability, TEXT, FIVE, FIVE, FIVE, FIVE, FIVE, st.lists(st.integers(0, 99), max_size=20).map(tuple), SHARE,
    st.just(0.95),
)  # fmt: skip
RUNG = st.builds(Rung, TEXT, BITS, st.sampled_from(["exact", "lower bound", "upper bound", "estimate"]))


def several(one: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=most).map(tuple)


def maybe(one: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), one)


SCORES = st.fixed_dictionaries(
    {
        "name": TEXT,
        "effective_n": NUMBER,
        "cross_entropy": BITS,
        "base": BITS,
        "skill": BITS.map(lambda found: replace(found, unit=None)),
        "rungs": several(RUNG),
        "recalibrations": several(st.builds(Recalibration, TEXT, BITS, TEXT)),
        "gap": maybe(st.builds(CalibrationGap, BITS, maybe(BITS))),
        "floor": maybe(st.builds(Floor, BITS, BITS, BITS, st.just(3), st.just(9), TEXT)),
        "floor_note": TEXT,
        "certain_misses": st.integers(0, 3),
        "without_misses": BITS,
        "mix": st.just(0.01),
        "mixed": maybe(BITS),
        "tail": st.builds(Tail, several(st.tuples(SHARE, SHARE)), maybe(st.tuples(SHARE, SHARE)), st.just(())),
        "by_class": several(SLICE),
        "by_confidence": several(SLICE),
        "brier": maybe(st.builds(Brier, NUMBER, NUMBER, NUMBER, NUMBER, st.just(3))),
        "reliability": several(CURVE),
        "diagnosis": maybe(st.builds(Diagnosis, SHARE, SHARE, FIVE, st.booleans(), several(TEXT))),
        "storage": st.builds(Storage, TEXT, NUMBER, NUMBER, maybe(st.tuples(NUMBER, NUMBER))),
        "against": maybe(st.builds(PairedScore, TEXT, BITS, BITS, maybe(SHARE), SHARE)),
        "notes": several(TEXT),
    }
).map(lambda parts: replace(samples.scored(), **parts))


@settings(max_examples=60, deadline=None)
@given(SCORES, st.integers(40, 120))
def test_any_numbers_can_be_shown(score: Score, width: int) -> None:
    checks.fits(to_text(score, width), width)
    checks.every_path_is_finite(to_html(score))
    assert to_fragment(score).startswith("<div")
    document = score.to_json()
    assert Score.from_json(document).to_json() == document
