"""How often `compare` is wrong when nothing has changed, and how often it finds what has: written as JSON.

    python tests/simulation/decisions.py OUT.json [--repetitions 400] [--processes 1]

Twenty mixed columns, one of 2,000 and one of 50,000 values. "alarm": the overall verdict is shifted, or any q < 0.05.
"""

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import bitsapart as ba

Rng = np.random.Generator
Maker = Callable[[Rng, int], pa.Array]


def zipf(values: int, tilt: float = 0.0) -> Maker:
    """Values with shares 1, 1/2, 1/3 ...; ``tilt`` moves mass from the even to the odd ones."""
    share = 1 / np.arange(1, values + 1) * np.where(np.arange(values) % 2, np.exp(tilt), np.exp(-tilt))
    share /= share.sum()
    names = pa.array([f"value-{i}" for i in range(values)])
    ends = np.cumsum(share)
    ends[-1] = 1.0
    return lambda rng, n: pa.DictionaryArray.from_arrays(pa.array(np.searchsorted(ends, rng.random(n), "right")), names)


def holed(make: Callable[[Rng, int], Any], share: float) -> Maker:
    """Some values null."""
    return lambda rng, n: pa.array(make(rng, n), mask=rng.random(n) < share)


def spike(rng: Rng, n: int) -> np.ndarray:
    """70 % zeros."""
    return np.where(rng.random(n) < 0.7, 0.0, rng.normal(5, 2, n))


COLUMNS: dict[str, Callable[[Rng, int], Any]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "normal_null": holed(lambda rng, n: rng.normal(size=n), 0.05),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1.5, n),
    "student": lambda rng, n: rng.standard_t(2, n),
    "beta": lambda rng, n: rng.beta(2, 5, n),
    "uniform": lambda rng, n: rng.random(n),
    "spike": spike,
    "count": lambda rng, n: rng.poisson(4, n),
    "amount": lambda rng, n: rng.integers(0, 100_000, n),
    "gamma_null": holed(lambda rng, n: rng.gamma(2, 3, n), 0.2),
    "score": lambda rng, n: np.round(rng.normal(50, 10, n), 1),
    "two": zipf(2),
    "five": zipf(5),
    "ten": zipf(10),
    "rare": lambda rng, n: pa.array(np.where(rng.random(n) < 3 / n, "rare", "common")),
    "fifty": zipf(50),
    "two_hundred": zipf(200),
    "two_thousand": zipf(2_000),
    "fifty_thousand": zipf(50_000),
}


def table(rng: Rng, n: int, **instead: Callable[[Rng, int], Any]) -> pa.Table:
    """A table of n rows, some columns made otherwise."""
    return pa.table({name: make(rng, n) for name, make in (COLUMNS | instead).items()})


def tilt_for(values: int, bits: float) -> float:
    """The tilt of a Zipf column that costs so many bits of excess."""
    base = 1 / np.arange(1, values + 1)
    base /= base.sum()
    low, high = 0.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        p = base * np.where(np.arange(values) % 2, np.exp(middle), np.exp(-middle))
        p /= p.sum()
        low, high = (middle, high) if np.sum(p * np.log2(p / base)) < bits else (low, middle)
    return low


SHIFTS: dict[str, dict[str, Callable[[Rng, int], Any]]] = {
    "nothing": {},
    "normal +0.1 sd": {"normal": lambda rng, n: rng.normal(0.1, 1, n)},
    "normal 0.05 bits": {"normal": lambda rng, n: rng.normal(np.sqrt(0.1 * np.log(2)), 1, n)},
    "five values 0.05 bits": {"five": zipf(5, tilt_for(5, 0.05))},
    "fifty values 0.05 bits": {"fifty": zipf(50, tilt_for(50, 0.05))},
    "2,000 values 0.05 bits": {"two_thousand": zipf(2_000, tilt_for(2_000, 0.05))},
    "50,000 values 0.05 bits": {"fifty_thousand": zipf(50_000, tilt_for(50_000, 0.05))},
}
CELLS = [("nothing", 500), ("nothing", 5_000), ("nothing", 100_000), ("normal +0.1 sd", 5_000)] + [
    (name, 20_000) for name in SHIFTS if "bits" in name
]


def cell(shift: str, n: int, repetitions: int) -> dict[str, object]:
    """Rates over repetitions of one cell."""
    changed = next(iter(SHIFTS[shift]), None)
    rates = {"alarm": 0, "verdict shifted": 0, "q < 0.05": 0, "found": 0, "shifted": 0, "others shifted": 0}
    for seed in range(repetitions):
        rng = np.random.default_rng([seed, n, len(shift)])
        result = ba.compare(table(rng, n), table(rng, n, **SHIFTS[shift]))
        low = {name for name, column in result.columns.items() if (column.q_value or 1.0) < 0.05}
        moved = {name for name, column in result.columns.items() if column.verdict == "shifted"}
        rates["alarm"] += bool(low or moved)
        rates["verdict shifted"] += bool(moved)
        rates["q < 0.05"] += bool(low)
        rates["found"] += changed in low
        rates["shifted"] += changed in moved
        rates["others shifted"] += bool(moved - {changed})
    return {"shift": shift, "n": n, "repetitions": repetitions} | {k: v / repetitions for k, v in rates.items()}


def main() -> None:
    """Run all cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--processes", type=int, default=1, help="cells run side by side; the results are the same")
    given = parser.parse_args()
    repetitions = [given.repetitions if n < 100_000 else given.repetitions // 2 for _, n in CELLS]
    cells = []
    with ProcessPoolExecutor(given.processes) as pool:
        for found in pool.map(cell, *zip(*CELLS, strict=True), repetitions):
            cells.append(found)
            print(found, flush=True)  # noqa: T201
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(cells, indent=1) + "\n")


if __name__ == "__main__":
    main()
