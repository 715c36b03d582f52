"""Every format survives numbers that a comparison seldom has."""

import math
import random
from dataclasses import replace

import pytest
import report_checks as checks
import report_samples as samples

from bitsapart.report.comparison.frame import to_frame
from bitsapart.report.comparison.html import to_fragment, to_html
from bitsapart.report.comparison.json import from_json, to_json
from bitsapart.report.comparison.text import to_text
from bitsapart.values.account import Account
from bitsapart.values.contingency import Outcome
from bitsapart.values.estimate import Estimate

NUMBERS = [0.0, -0.001, 1e-300, 1e-9, 0.5, 14.2, 1e6, math.inf, math.nan]
ENDS: list[float | int] = [-1e300, -5, 0, 1e-300, 3, 3.5, 2**62]
COLUMNS = list(samples.mixed().columns.values())


def odd_estimate(rng: random.Random) -> Estimate:
    value = rng.choice(NUMBERS)
    low = rng.choice([None, 0.0, -math.inf, value])
    high = None if low is None else rng.choice([math.inf, value, 20.0])
    kind = rng.choice(["exact", "bound", "confidence", "unknown"])
    return replace(samples.estimate(1.0, 0.1), value=value, low=low, high=high, kind=kind)


def odd_cells(rng: random.Random) -> list[samples.Cell]:
    kinds = rng.choice([["range"], ["value"], ["range", "value", "null", "nan", "inf"], ["value", "rare", "pooled"]])
    ordered = kinds[-1] != "pooled"
    cells = [samples.Cell(Outcome("value", "present"), 1, 1)]
    for i in range(rng.choice([0, 1, 2, 8, 50])):
        kind, low = rng.choice(kinds), rng.choice([None, *ENDS])
        high = None if low is None or rng.random() < 0.3 else low + rng.choice([1, 0.5, 1e308])
        place = (low, high) if ordered and kind in {"range", "value"} else (None, None)
        counts = (rng.choice([0, 1, 5, 10 ** rng.randint(1, 9)]) for _ in range(2))
        cells.append(samples.Cell(Outcome(kind, f"{rng.choice(samples.HOSTILE)}{i}", *place), *counts))
    return cells


def odd_column(rng: random.Random, column: samples.ColumnShift) -> samples.ColumnShift:
    return replace(
        column,
        account=rng.choice([None, Account(odd_estimate(rng), odd_estimate(rng), None, None, "x")]),
        excess_with_prior=rng.choice([None, odd_estimate(rng)]),
        reverse=rng.choice([None, odd_estimate(rng)]),
        simultaneous=rng.choice([None, (0.0, math.inf), (1.0, 2.0)]),
        q_value=rng.choice([None, 0.0, 1.0]),
        verdict=rng.choice(["shifted", "stable", "undecided", "identifier", "not comparable"]),
        rows_to_decide=rng.choice([None, 1, 12_345_678]),
        new_mass=rng.choice([0.0, 1e-9, 1.0]),
        contributions=rng.choice([(), samples.contributions(odd_cells(rng))]),
    )


@pytest.mark.parametrize("seed", range(40))
def test_odd_numbers_are_survived(seed: int) -> None:
    rng = random.Random(seed)
    comparison = samples.compared([odd_column(rng, column) for column in rng.sample(COLUMNS, 6)])
    comparison = replace(comparison, tolerance=rng.choice([0.0, 1e-9, 5.0]), prior=0.0, q_value=None)
    checks.every_path_is_finite(to_html(comparison))
    text = to_json(comparison)
    assert to_json(from_json(text)) == text
    assert len(to_frame(comparison)) == 6
    assert to_text(comparison, rng.choice([20, 40, 70, 100]))
    assert "bits" in to_fragment(comparison)
