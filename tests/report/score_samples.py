"""Scores as the reports may meet them: made by hand, so that no scoring is needed to test how they are shown."""

import math
from dataclasses import replace

from report_samples import HOSTILE

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
    WorstRow,
)
from bitsapart.values.estimate import Estimate, Kind
from bitsapart.values.unit import Unit

N = 10_000
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def bits(value: float, half: float | None = 0.02, kind: Kind = "confidence", note: str = "", n: int = N) -> Estimate:
    """A number of bits with an interval, or with none."""
    if half is None or not math.isfinite(value):
        return Estimate(value, None, None, 0.95, "unknown", "mean", Unit.bit, n, note)
    return Estimate(value, value - half, value + half, 0.95, kind, "mean of pairs", Unit.bit, n, note)


def bound(value: float) -> Estimate:
    """A one-sided lower bound: the number is its own lower end."""
    return Estimate(value, value, math.inf, 0.95, "bound", "best map of other folds", Unit.bit, N, "one-sided")


def pure(value: float, half: float | None = 0.005, n: int = N) -> Estimate:
    """A number without a unit."""
    if half is None or not math.isfinite(value):
        return Estimate(value, None, None, 0.95, "unknown", "ratio", None, n)
    return Estimate(value, value - half, value + half, 0.95, "confidence", "ratio", None, n)


def slices(names: tuple[str, ...], loss: float = 0.5456) -> tuple[Slice, ...]:
    """Slices of which some cost several times what others do."""
    weights = [1 + 0.9 * ((7 * i) % 5) for i in range(len(names))]
    whole = sum(weights)
    size = N // max(1, len(names))
    return tuple(
        Slice(name, size, 1 / len(names), bits(loss * w * len(names) / whole, 0.03, n=size), w / whole, 0.99 - 0.03 * w)
        for name, w in zip(names, weights, strict=True)
    )


def worst(labels: tuple[str, ...] = CLASSES, most: int = 10) -> tuple[WorstRow, ...]:
    """Rows whose label was all but excluded."""
    return tuple(
        WorstRow(977 * i + 13, labels[i % len(labels)], 2.0 ** -(45.1 / (1 + i / 4)), labels[(i + 3) % len(labels)],
                 0.999 - 0.01 * i, 45.1 / (1 + i / 4))
        for i in range(most)
    )  # fmt: skip


def reliability(name: str = "automobile", bend: float = 1.4) -> Reliability:
    """A curve of an over-confident model, and a band around the diagonal."""
    predicted = tuple(i / 12 for i in range(13))
    observed = tuple(min(1.0, 0.5 + (p - 0.5) / bend) for p in predicted)
    grid = tuple(i / 20 for i in range(21))
    half = [0.015 + 0.11 * math.sqrt(p * (1 - p)) for p in grid]
    low = tuple(max(0.0, p - h) for p, h in zip(grid, half, strict=True))
    high = tuple(min(1.0, p + h) for p, h in zip(grid, half, strict=True))
    counts = tuple(int(40 + 4_000 * abs(p - 0.475) ** 6 * 60) for p in [0.025 + i / 20 for i in range(20)])
    return Reliability(name, predicted, observed, grid, low, high, counts, 0.34, 0.95)


def scored() -> Score:
    """A network on CIFAR-10: everything but a floor, and nothing infinite."""
    confidence = tuple(f"{100 * i // 10} to {100 * (i + 1) // 10} %" for i in range(1, 10))
    return Score(
        name="wrn-16-4-cifar10.npz",
        n=N,
        effective_n=float(N),
        clusters=None,
        classes=CLASSES,
        label_kind="hard",
        from_logits=False,
        cross_entropy=bits(0.5456, 0.0213),
        base=bits(3.3219, 0.0003),
        skill=pure(1 - 0.5456 / 3.3219, 0.0064),
        rungs=(
            Rung("saved by temperature scaling", bits(0.1494, 0.0196, "bound", "T = 2.31"), "lower bound"),
            Rung("further saved by matrix scaling", bits(0.0513, 0.0111), "lower bound"),
            Rung("left after that", bits(0.5456 - 0.1494 - 0.0513, 0.0102), "upper bound"),
        ),
        recalibrations=(
            Recalibration("temperature", bits(0.1494, 0.0196), "T = 2.31 (2.28 to 2.35 over the folds)"),
            Recalibration("vector", bits(0.1981, 0.0235), "20 numbers"),
            Recalibration("matrix", bits(0.2007, 0.0255), "110 numbers"),
        ),
        gap=CalibrationGap(bound(0.1793), None),
        floor=None,
        floor_note="unknown (needs features or repeated labels)",
        certain_misses=0,
        certain_miss_rows=(),
        without_misses=bits(0.5456, 0.0213),
        mix=None,
        mixed=None,
        accuracy=pure(0.911, 0.0056),
        tail=Tail(((0.01, 0.28), (0.05, 0.77), (0.1, 0.94)), (0.089, 0.94), worst()),
        by_class=slices(CLASSES),
        by_confidence=slices(confidence),
        brier=Brier(0.1382, 0.0214, 0.7832, 0.9, N),
        reliability=(reliability(), reliability("cat", 1.9)),
        diagnosis=Diagnosis(
            0.071, 0.052, (0.61, 0.08, 0.06, 0.05, 0.04, 0.04, 0.03, 0.03, 0.03, 0.03), False,
            ("Squared error behind a softmax would give 5.2 % of the rows next to no gradient.",),
        ),
        storage=Storage("float32", 1.4e-45, 8.6e-8, (0.9999994, 1.0000005)),
        against=PairedScore("lenet-5-cifar10.npz", bits(1.9763, 0.03), bits(1.9763 - 0.5456, 0.032), 1e-300, 0.83),
        sampled=N,
        folds=5,
        seed=0,
        level=0.95,
        notes=("Rows were matched by their place.",),
        version="0.1.0",
    )  # fmt: skip


def binary() -> Score:
    """Two classes: a bracket on the gap, a floor from features, everything small."""
    return replace(
        scored(),
        name="rain.csv",
        n=92,
        effective_n=71.3,
        clusters=14,
        classes=("dry", "wet"),
        cross_entropy=bits(0.8632, 0.11, n=92),
        base=bits(0.9832, 0.02, n=92),
        skill=pure(0.122, 0.1, 92),
        rungs=(
            Rung("saved by Platt scaling", bits(-0.0123, 0.03), "lower bound"),
            Rung("further saved by the best probe on features", bits(0.0411, 0.05), "estimate"),
            Rung("left after that", bits(0.8344, 0.1), "upper bound"),
        ),
        recalibrations=(
            Recalibration("temperature", bits(-0.0012, 0.01), "T = 1.02 (0.97 to 1.07 over the folds)"),
            Recalibration("platt", bits(-0.0123, 0.03), "slope = 0.93, shift = 0.02"),
            Recalibration("isotonic", bits(-math.inf, None), "11 steps"),
        ),
        gap=CalibrationGap(bound(0.0), bits(0.0221, None)),
        floor=Floor(bits(0.61, 0.05), bits(0.66, 0.06), bits(0.71, 0.07), 14, 92, "Miller-Madow of the cells"),
        floor_note="Of the label given the columns month and station.",
        accuracy=pure(0.70, 0.09, 92),
        tail=Tail(((0.01, 0.05), (0.05, 0.14)), (0.3, 0.52), worst(("dry", "wet"), 4)),
        by_class=slices(("dry", "wet"), 0.8632),
        brier=Brier(0.2059, 0.0171, 0.0555, 0.2443, 92),
        reliability=(reliability("wet", 1.2),),
        storage=Storage("float64", 0.0, 1.6e-16, None),
        from_logits=True,
        against=PairedScore("epc.csv", bits(0.954, 0.1), bits(-0.0908, 0.06), None, 0.61),
        sampled=92,
        notes=(),
    )


def infinite(mix: float | None = None) -> Score:
    """Some labels were given probability 0."""
    sample = scored()
    end = Estimate(math.inf, 0.5, math.inf, 0.95, "bound", "mean", Unit.bit, N)
    mixed = None if mix is None else bits(0.5571, 0.022)
    rungs = (
        Rung("saved by temperature scaling", bits(math.inf if mix is None else 0.151, 0.02), "lower bound"),
        Rung("left after that", bits(0.4061, 0.02), "upper bound"),
    )
    ends = (replace(sample.by_class[0], bits=replace(end, value=math.inf), loss_share=math.nan), *sample.by_class[1:])
    missed = replace(sample.tail.worst[0], probability=0.0, bits=math.inf)
    return replace(
        sample,
        cross_entropy=end,
        skill=replace(pure(-math.inf, None), low=-math.inf, high=0.84, kind="bound"),
        rungs=rungs,
        certain_misses=24,
        certain_miss_rows=tuple(range(3, 23, 2)),
        without_misses=bits(0.5121, 0.0201, n=N - 24),
        mix=mix,
        mixed=mixed,
        tail=Tail(((0.01, math.nan), (0.05, math.nan)), (0.089, math.nan), (missed, *sample.tail.worst[1:])),
        by_class=ends,
        gap=CalibrationGap(replace(bound(math.inf), note="a label had probability 0"), None),
        brier=None,
        against=PairedScore("lenet.npz", end, bits(math.nan, None), None, 0.5),
    )


def votes() -> Score:
    """Several votes stand behind each item: the floor is known, as a bracket."""
    return replace(
        scored(),
        label_kind="votes",
        cross_entropy=bits(1.116, 0.02),
        skill=pure(0.664, 0.01),
        rungs=(
            Rung("saved by temperature scaling", bits(0.4823, 0.013), "lower bound"),
            Rung("left above the floor", bits(0.3976, 0.02), "estimate"),
            Rung("floor", bits(0.2361, 0.004), "estimate"),
        ),
        floor=Floor(bits(0.2228, 0.0034), bits(0.2361, 0.004), bits(0.297, 0.005), N, 511_400, "Miller-Madow"),
        floor_note="Of the votes, not of one official label.",
        accuracy=None,
        tail=replace(scored().tail, misclassified=None),
        diagnosis=None,
    )


def bare() -> Score:
    """As little as there can be: one row, no interval, nothing that was asked for."""
    nothing = bits(math.nan, None, n=0)
    return replace(
        scored(),
        name="",
        n=1,
        effective_n=math.nan,
        classes=("a", "b"),
        cross_entropy=bits(1.0, None, n=1),
        base=bits(0.0, None, n=1),
        skill=pure(math.nan, None, 1),
        rungs=(),
        recalibrations=(),
        gap=None,
        without_misses=nothing,
        accuracy=None,
        tail=Tail((), None, ()),
        by_class=(),
        by_confidence=(),
        brier=None,
        reliability=(),
        diagnosis=None,
        storage=Storage("float64", 0.0, math.nan, None),
        against=None,
        sampled=0,
        notes=(),
    )


def all_missed() -> Score:
    """Every label was given probability 0."""
    return replace(
        infinite(), n=3, certain_misses=3, certain_miss_rows=(0, 1, 2), without_misses=bits(math.nan, None, n=0)
    )


def hostile() -> Score:
    """Names that would break out of what shows them."""
    sample = scored()
    names = tuple(HOSTILE)
    return replace(
        sample,
        name=names[0],
        classes=names,
        rungs=tuple(Rung(name, rung.bits, rung.tag) for name, rung in zip(names, sample.rungs, strict=False)),
        recalibrations=tuple(
            replace(r, name=n, parameters=n) for r, n in zip(sample.recalibrations, names, strict=False)
        ),
        floor_note=names[2],
        tail=replace(sample.tail, worst=worst(names)),
        by_class=slices(names),
        reliability=tuple(reliability(name) for name in names[:4]),
        diagnosis=replace(sample.diagnosis, double_softmax=True, remarks=names) if sample.diagnosis else None,
        storage=replace(sample.storage, dtype=names[4]),
        against=replace(sample.against, name=names[2]) if sample.against else None,
        notes=names,
    )


def many(number: int = 1_000) -> Score:
    """Very many classes."""
    names = tuple(f"class {i}" for i in range(number))
    return replace(
        scored(), classes=names, by_class=slices(names), reliability=tuple(reliability(name) for name in names[:30])
    )


def tiny() -> Score:
    """A model that hardly loses anything."""
    return replace(
        scored(),
        cross_entropy=bits(2.3e-6, 1e-7),
        rungs=(
            Rung("saved by temperature scaling", bits(1.1e-6, 1e-7), "lower bound"),
            Rung("left after that", bits(1.2e-6, 1e-7), "upper bound"),
        ),
    )


EVERY = {
    "scored": scored(),
    "binary": binary(),
    "infinite": infinite(),
    "mixed": infinite(0.001),
    "votes": votes(),
    "bare": bare(),
    "all missed": all_missed(),
    "hostile": hostile(),
    "many": many(),
    "tiny": tiny(),
}
