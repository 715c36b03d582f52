"""Whether the rows that would decide are predicted well: rows.py OUT.json [--quick] [--repeats N].

Each cell draws samples of n rows a side, P of a given shape and Q a tilt of it with a given KL(P || Q), near or away
from the tolerance. Samples that leave it undecided predict how many rows would settle it. The actual number is that
at which half of fresh samples of the same two distributions are settled, found by halving. Outcomes that would be rarer
than ten rows are pooled beforehand, as `compare` does. The claim is about the median prediction, where most samples
of n rows are undecided and n is at least a fifth of the actual number; quartiles say how far a single one may be off.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
from shapes import shape, tilted

from bitsapart.estimate.kl_divergence import kl_ends
from bitsapart.estimate.kl_moments import kl_spread
from bitsapart.estimate.rows import rows_to_decide
from bitsapart.estimate.too_few import MOST_MISSED, expected_misses

OUTCOMES = (2, 10, 100, 300)
SHAPES = ("uniform", "zipf")
TIMES_TOLERANCE = (0.0, 0.25, 0.5, 0.75, 1.5, 2.0, 4.0)
ROWS = (200, 1_000, 5_000, 20_000)
TOLERANCE = 0.01 * math.log(2.0)
LEVEL = 0.95
MOST = 2_000_000
AT_ONCE = 2_000_000


def truth(outcomes, name, nats, n, seed):
    """Both distributions, outcomes of less than ten expected rows made one, and KL of these nats."""
    p = shape(name, outcomes)
    frequent = p * n >= 10.0
    if not frequent.all():
        p = np.append(p[frequent], p[~frequent].sum())
    return p, tilted(p, nats, np.random.default_rng([seed, outcomes]))


def undecided(p, q, n, repeats, rng):
    """Samples (repeats, outcomes) of both sides, and which of them leave it open."""
    x, y = rng.multinomial(n, p, repeats).astype(float), rng.multinomial(n, q, repeats).astype(float)
    low, high = kl_ends(x, y, kl_spread(x, y), LEVEL)
    high = np.where(np.any((y == 0) & (x > 0), axis=1) | (expected_misses(x, y) > MOST_MISSED), np.inf, high)
    return x, y, (low <= TOLERANCE) & (high >= TOLERANCE)


def share_open(p, q, n, repeats, rng):
    """The share of samples of this size that leave it open."""
    batch = max(AT_ONCE // p.size, 1)
    sizes = [min(batch, repeats - start) for start in range(0, repeats, batch)]
    return sum(int(undecided(p, q, n, size, rng)[2].sum()) for size in sizes) / repeats


def actual(p, q, repeats, rng):
    """Rows a side at which half of the samples are settled; None beyond MOST."""
    low, high = 20.0, 40.0
    while share_open(p, q, int(high), repeats, rng) > 0.5:
        low, high = high, 2.0 * high
        if high > MOST:
            return None
    while high / low > 1.03:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if share_open(p, q, int(middle), repeats, rng) > 0.5 else (low, middle)
    return round(math.sqrt(low * high))


def cell(outcomes, name, times, n, repeats, seed):
    """Predictions and the actual number."""
    p, q = truth(outcomes, name, times * TOLERANCE, n, seed)
    rng = np.random.default_rng([seed, outcomes, len(name), int(100 * times), n])
    x, y, open_ = undecided(p, q, n, repeats, rng)
    found = [rows_to_decide(one, other, TOLERANCE, LEVEL) for one, other in zip(x[open_], y[open_], strict=True)]
    predicted = np.array([math.inf if rows is None else rows for rows in found])
    needed = actual(p, q, repeats, rng)
    row = {"outcomes": outcomes, "shape": name, "times_tolerance": times, "rows": n, "pooled_outcomes": p.size}
    row |= {"open": float(open_.mean()), "actual": needed}
    if needed is None or open_.mean() < 0.1:
        return row
    quartiles = np.quantile(predicted, [0.25, 0.5, 0.75], method="inverted_cdf")
    return row | {
        "quartiles": [float(x) if math.isfinite(x) else None for x in quartiles],
        "ratio": quartiles[1] / needed,
    }


def main():
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="fewer cells, 100 repeats")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--seed", type=int, default=20_240_229)
    options = parser.parse_args()
    repeats = options.repeats or (100 if options.quick else 200)
    outcomes, rows = ((2, 100), (1_000, 20_000)) if options.quick else (OUTCOMES, ROWS)
    cells, start = [], time.perf_counter()
    for k, name, times, n in ((k, s, t, n) for k in outcomes for s in SHAPES for t in TIMES_TOLERANCE for n in rows):
        if truth(k, name, 0.0, n, options.seed)[0].size < 2:
            continue
        cells.append(cell(k, name, times, n, repeats, options.seed))
        sys.stdout.write(json.dumps(cells[-1]) + "\n")
        sys.stdout.flush()
    report = {"level": LEVEL, "tolerance_bits": 0.01, "repeats": repeats, "seed": options.seed, "cells": cells}
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 1.0), (1.0, math.inf)):
        ratios = np.array([c["ratio"] for c in cells if "ratio" in c and low <= c["rows"] / c["actual"] < high])
        if ratios.size:
            within = np.mean((ratios >= 0.5) & (ratios <= 2.0))
            ends = f"{ratios.min():.2f} to {ratios.max():.2f}, within a factor of 2: {within:.2f}"
            sys.stdout.write(f"rows at hand over rows needed {low} to {high}: {ratios.size} cells, ratios {ends}\n")
    sys.stdout.write(f"{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
