"""How often the intervals of an entropy hold it, and how wide they are next to others: entropy.py OUT.json [--quick].

Each cell draws samples from a known distribution and takes the intervals of `ba.estimate.entropy`, once with the
alphabet listed (outcomes that were not seen are zeros) and once with what was seen only. Next to it, from the same
samples, what others do: the estimate of Miller & Madow with the delta method, and Chao, Wang & Jost's with 1.96
standard deviations of the coverage-adjusted bootstrap or with the delta method, and the posterior standard deviation
of NSB (alphabet known).
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from shapes import SHAPES, shape

import bitsapart as ba
from bitsapart.estimate.discrete.estimators import ESTIMATORS
from bitsapart.estimate.discrete.sample_coverage import sample_coverage
from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.intervals.coverage_bootstrap import assemblage_of, bootstrap_error

OUTCOMES = (2, 10, 100, 1_000, 10_000)
ROWS = (100, 1_000, 10_000, 100_000)
BLOCK = 2_000_000
"""Counts in hand at a time."""
RIVALS = 100
"""Samples from which the slower rivals are taken."""


def measure(p, n, repeats, rivals, rng):
    """One cell: for each way to take an interval, what it did."""
    truth = float(ba.entropy(p, unit="nat"))
    found = {"listed": [], "unknown": []}
    others = {}
    step = max(BLOCK // p.size, 1)
    for start in range(0, repeats, step):
        counts = rng.multinomial(n, p, size=min(step, repeats - start))
        for name, outcomes in (("listed", p.size), ("unknown", "unknown")):
            many = entropy(counts, outcomes=None if name == "listed" else outcomes, unit="nat")
            found[name].append(np.array([many.value, many.low, many.high, many.kind == "confidence"], dtype=float))
        if start == 0:
            others = alternatives(counts[:rivals].astype(float), p.size)
    cell = {name: summary(np.concatenate(parts, axis=1), truth) for name, parts in found.items()}
    cell["rivals"] = {name: rival(value, error, truth) for name, (value, error) in others.items()}
    return {"truth": truth, **cell}


def summary(parts, truth):
    """Coverage, misses, width, bias and error, over intervals; and how often there is a bound only."""
    value, low, high, told = parts
    told = told > 0
    slack = 1e-9
    above, below = low > truth + slack, high < truth - slack
    held = ~(above | below)
    return {
        "samples": value.size,
        "too_few": float(np.mean(~told)),
        "coverage": float(np.mean(held[told])) if told.any() else None,
        "low_end_above": float(np.mean(above[told])) if told.any() else None,
        "high_end_below": float(np.mean(below[told])) if told.any() else None,
        "bound_above": float(np.mean(above[~told])) if not told.all() else None,
        "median_width": float(np.median((high - low)[told])) if told.any() else None,
        "bias": float(np.mean(value) - truth),
        "rmse": float(np.sqrt(np.mean((value - truth) ** 2))),
    }


def alternatives(counts, outcomes):
    """(value, standard error) of what others do."""
    found = {}
    for name in ("miller_madow", "chao_wang_jost"):
        estimator = ESTIMATORS[name]
        found[f"{name} + delta"] = estimator.function(counts), estimator.standard_error(counts)
    seen = sample_coverage(counts)
    error = [
        bootstrap_error(assemblage_of(row, c, u), 100, np.random.default_rng(0))
        for row, c, u in zip(counts, seen.coverage, seen.unseen, strict=True)
    ]
    found["chao_wang_jost + bootstrap"] = found["chao_wang_jost + delta"][0], np.array(error)
    nsb = ESTIMATORS["nsb"]
    if outcomes <= 1_000:
        found["nsb + posterior"] = (
            nsb.function(counts, outcomes=outcomes),
            nsb.standard_error(counts, outcomes=outcomes),
        )
    return found


def rival(value, error, truth):
    """Coverage and width of value +- 1.96 standard errors."""
    return {
        "coverage": float(np.mean(np.abs(value - truth) <= 1.96 * error)),
        "median_width": float(np.median(2 * 1.96 * error)),
        "samples": int(value.size),
    }


def main():
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="100 samples a cell, fewer cells")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--seed", type=int, default=20_240_229)
    options = parser.parse_args()
    repeats = options.repeats or (100 if options.quick else 1_000)
    outcomes, rows = ((10, 1_000), (100, 1_000)) if options.quick else (OUTCOMES, ROWS)
    cells, start = [], time.perf_counter()
    for number, (k, name, n) in enumerate((k, s, n) for k in outcomes for s in SHAPES for n in rows):
        rng = np.random.default_rng([options.seed, number])
        rivals = min(RIVALS, repeats) if k * n <= 10**7 else 0
        cells.append({"outcomes": k, "shape": name, "n": n, **measure(shape(name, k), n, repeats, rivals, rng)})
    report = {"level": 0.95, "repeats": repeats, "seed": options.seed, "unit": "nat", "cells": cells}
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    for name in ("listed", "unknown"):
        told = [(c[name]["coverage"], c["outcomes"], c["shape"], c["n"]) for c in cells if c[name]["coverage"]]
        few = sum(c[name]["too_few"] > 0.5 for c in cells)
        sys.stdout.write(f"{name}: {len(cells)} cells, mostly too few in {few}; lowest coverage {sorted(told)[:8]}\n")
    sys.stdout.write(f"{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
