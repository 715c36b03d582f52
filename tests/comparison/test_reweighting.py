"""What a reweighting removes: known answers, the identity, columns of every type, and intervals that cover."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

import bitsapart as ba


def bits(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sum(p * np.log2(p / q)))


def table(cells: np.ndarray, names: tuple[str, ...] = ("x", "y")) -> dict[str, list[str]]:
    places = np.repeat(np.arange(cells.size), cells.ravel())
    codes = np.unravel_index(places, cells.shape)
    return {name: [f"{name}{i}" for i in code] for name, code in zip(names, codes, strict=True)}


def drawn(joint: np.ndarray, n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).multinomial(n, joint.ravel()).reshape(joint.shape)


REFERENCE = np.array([[0.3, 0.2], [0.1, 0.4]])
CURRENT = np.array([[0.1, 0.3], [0.4, 0.2]])


def test_one_margin_in_closed_form() -> None:
    before, after = (np.round(joint * 1_000_000).astype(int) for joint in (REFERENCE, CURRENT))
    found = ba.reweighting(table(before), table(after), ["x", "y"], by=["x"])
    removed = bits(CURRENT.sum(1), REFERENCE.sum(1))
    assert found.removed.value == pytest.approx(removed, abs=5e-4)
    assert found.before.value == pytest.approx(bits(CURRENT, REFERENCE), abs=5e-4)
    assert found.left.value == pytest.approx(bits(CURRENT, REFERENCE) - removed, abs=5e-4)
    assert found.before.value == pytest.approx(found.removed.value + found.left.value, rel=1e-12)
    assert found.effective_share == pytest.approx(1 / np.sum(CURRENT.sum(1) ** 2 / REFERENCE.sum(1)), rel=1e-6)
    assert "would remove" in str(found)
    assert found.new_mass == 0.0


def test_weights_give_the_reference_the_current_margins() -> None:
    before, after = table(drawn(REFERENCE, 3000, 1)), table(drawn(CURRENT, 2000, 2))
    found = ba.reweighting(before, after, ["x", "y"])
    weights = found.weights(before)
    assert weights.mean() == pytest.approx(1.0)
    for name in ("x", "y"):
        own = np.average(np.array(before[name]) == f"{name}0", weights=weights)
        assert own == pytest.approx(np.mean(np.array(after[name]) == f"{name}0"), abs=1e-9)
    assert found.effective_share == pytest.approx(weights.sum() ** 2 / np.sum(weights**2) / len(weights), rel=1e-9)


def test_margins_of_pairs_in_any_order() -> None:
    draw = np.random.default_rng(5)
    before, after = draw.integers(5, 60, (2, 2, 3, 4))
    names = ("x", "y", "z")
    first = ba.reweighting(table(before, names), table(after, names), names, by=[("z", "x"), "y"])
    second = ba.reweighting(table(before, names), table(after, names), names, by=["y", ("x", "z")])
    assert first.removed.value == pytest.approx(second.removed.value, rel=1e-6)
    assert first.margins == (("z", "x"), ("y",))
    whole = ba.reweighting(table(before, names), table(after, names), names, by=[names])
    assert whole.left.value == pytest.approx(0.0, abs=1e-12)


def test_columns_of_every_type() -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(40)]
    rows = 400
    draw = np.random.default_rng(0)
    before = pa.table(
        {
            "number": pa.array([None if i % 9 == 0 else float(i % 50) for i in range(rows)]),
            "odd": pa.array([[np.nan, np.inf, -np.inf, 1.5][i % 4] for i in range(rows)]),
            "whole": pa.array(draw.integers(0, 5, rows)),
            "text": pa.array([["a", "b", None][i % 3] for i in range(rows)]).dictionary_encode(),
            "flag": pa.array([i % 2 == 0 for i in range(rows)]),
            "day": pa.array([days[i % 40] for i in range(rows)]),
            "list": pa.array([[1] * (i % 3) for i in range(rows)]),
            "record": pa.array([None if i % 5 == 0 else {"k": i} for i in range(rows)]),
        }
    )
    after = before.take(pa.array(draw.integers(0, rows, 300)))
    for name in before.column_names:
        found = ba.reweighting(before, after, [name])
        assert found.left.value == pytest.approx(0.0, abs=1e-9), name
        assert len(found.weights(before)) == rows, name
        assert found.weights(before).mean() == pytest.approx(1.0, abs=1e-9), name
        assert found.cells.size == len(found.levels[0].labels), name
    both = ba.reweighting(before, after, ["number", "text", "flag"], levels=3)
    assert both.cells.shape == (4, 3, 2)


def test_rare_and_new_values() -> None:
    before = {"x": [f"v{i % 30}" for i in range(600)]}
    after = {"x": [f"v{i % 30}" for i in range(500)] + ["new"] * 100}
    found = ba.reweighting(before, after, ["x"], levels=5)
    assert found.levels[0].labels[-1] == "other values"
    assert found.new_mass == 0.0
    apart = ba.reweighting(before, after, ["x"], levels=40)
    assert apart.new_mass == pytest.approx(1 / 6)
    assert "new cells" in str(apart)
    with pytest.raises(ba.UsageError, match="give prior= some rows"):
        ba.reweighting(before, after, ["x"], levels=40, prior=0.0)


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        (["x", "x"], {}, "different names"),
        ([], {}, "one at least"),
        (["z"], {}, "no column 'z'"),
        (["x"], {"by": ["y"]}, "some of the columns 'x'"),
        (["x"], {"by": []}, "no margin"),
        (["x"], {"levels": 1}, "2 or more"),
        (["x"], {"level": 2.0}, "between 0 and 1"),
        (["x"], {"seed": -1}, "seed"),
    ],
)
def test_bad_options_are_refused(columns: list[str], options: dict[str, object], words: str) -> None:
    rows = table(drawn(REFERENCE, 100, 0))
    with pytest.raises(ba.UsageError, match=words):
        ba.reweighting(rows, rows, columns, **options)


def test_a_profile_has_no_joint_counts_and_too_many_cells_are_refused() -> None:
    rows = table(drawn(REFERENCE, 100, 0))
    with pytest.raises(ba.UsageError, match="needs the reference's rows"):
        ba.reweighting(ba.profile(rows), rows, ["x"])
    wide = {f"c{i}": [str(j % 11) for j in range(50)] for i in range(6)}
    with pytest.raises(ba.UsageError, match="fewer columns"):
        ba.reweighting(wide, wide, list(wide))
    found = ba.reweighting(rows, rows, ["x"])
    with pytest.raises(ba.UsageError, match="no column 'x'"):
        found.weights({"other": [1]})


@pytest.mark.parametrize("current", [CURRENT, np.array([[0.28, 0.22], [0.15, 0.35]]), REFERENCE])
def test_intervals_cover(current: np.ndarray) -> None:
    removed = bits(current.sum(1), REFERENCE.sum(1))
    left = bits(current, REFERENCE) - removed
    covered = np.zeros(2)
    runs = 50
    for seed in range(runs):
        before, after = table(drawn(REFERENCE, 400, seed)), table(drawn(current, 400, 10_000 + seed))
        found = ba.reweighting(before, after, ["x", "y"], by=["x"], seed=seed)
        for i, (estimate, truth) in enumerate([(found.removed, removed), (found.left, left)]):
            covered[i] += estimate.low <= truth <= estimate.high
    # over 3 standard errors below 95 %
    assert np.all(covered >= 0.84 * runs), covered / runs
