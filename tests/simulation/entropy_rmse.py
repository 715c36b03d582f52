"""Bias and root-mean-square error of every entropy estimator, same samples for all: entropy_rmse.py OUT.json [--quick].

1,000 outcomes, Zipf (1/i) and uniform; 100, 1,000 and 10,000 rows; 1,000 samples a cell. Of these estimators
`poisson_mixture`, `shrinkage`, `dirichlet` and `nsb` know how many outcomes there are; the others do not. In nats.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from bitsapart.estimate.discrete.estimators import ESTIMATORS
from bitsapart.estimate.entropy import entropy

OUTCOMES = 1000
ROWS = (100, 1_000, 10_000)
SHAPES = {"zipf": 1.0 / np.arange(1, OUTCOMES + 1), "uniform": np.ones(OUTCOMES)}


def answers(samples):
    """The estimates of all samples by every estimator: {name: (samples,)}."""
    found = {
        "auto": entropy(samples, unit="nat").value,
        "auto, outcomes=1000": entropy(samples, outcomes=OUTCOMES, unit="nat").value,
        "auto, alphabet unknown": entropy(samples, outcomes="unknown", unit="nat").value,
    }
    for name, estimator in ESTIMATORS.items():
        if name != "dirichlet":
            found[name] = estimator(samples)
            continue
        for prior in ("jeffreys", "laplace", "perks", "minimax"):
            found[f"dirichlet, {prior}"] = estimator(samples, prior=prior)
    return found


def cell(shape, rows, samples, seed):
    """One cell: {name: {bias, rmse, infinite}}; of the estimates that are finite, and how many are not."""
    p = SHAPES[shape] / SHAPES[shape].sum()
    truth = float(-np.sum(p * np.log(p)))
    drawn = np.random.default_rng(seed).multinomial(rows, p, size=samples).astype(np.float64)
    result = {}
    for name, values in answers(drawn).items():
        off = values[np.isfinite(values)] - truth
        entry = {"infinite": int(values.size - off.size)}
        if off.size:
            entry |= {"bias": float(np.mean(off)), "rmse": float(np.sqrt(np.mean(off**2)))}
        result[name] = entry
    return {"shape": shape, "rows": rows, "samples": samples, "truth": truth, "estimators": result}


def shown(one):
    """bias/RMSE, and how many estimates were not finite."""
    infinite = f" ({one['infinite']} infinite)" if one["infinite"] else ""
    return f"{one['bias']:+.3f}/{one['rmse']:.3f}{infinite}" if "bias" in one else "infinite"


def table(cells):
    """The cells as a table, bias/RMSE."""
    heads = [f"{cell['shape']} {cell['rows']:,}" for cell in cells]
    lines = ["| estimator | " + " | ".join(heads) + " |", "|---" * (len(cells) + 1) + "|"]
    for name in cells[0]["estimators"]:
        found = [cell["estimators"][name] for cell in cells]
        lines.append(f"| {name} | " + " | ".join(map(shown, found)) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="30 samples a cell")
    given = parser.parse_args()
    samples = 30 if given.quick else 1000
    start = time.perf_counter()
    cells = [cell(shape, rows, samples, [rows, len(shape)]) for shape in SHAPES for rows in ROWS]
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps({"outcomes": OUTCOMES, "unit": "nat", "cells": cells}, indent=1) + "\n")
    print(table(cells))  # noqa: T201
    print(f"{time.perf_counter() - start:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
