"""How often the intervals hold the truth, and how wide they are: coverage.py OUT.json [--quick].

Each cell draws two samples from known distributions: P of a given shape, Q an exponential tilt of it with a given
KL(P || Q). Outcomes that would be rarer than ten rows in either sample are pooled, by the true shares, so that
the encoding is not chosen by the sample itself. The table holds, for each cell and each measure, the share of intervals
that hold the truth, how many miss it on which side, the mean width and the mean error; for samples in which the
estimate is infinite, how often its low end lies above the truth.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np

import bitsapart as ba
from bitsapart.estimate.divergence import account, js_divergence

OUTCOMES = (2, 10, 30, 100, 300)
BITS = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
ROWS = ((500, 500), (5_000, 5_000), (100_000, 100_000), (5_000, 500), (500, 5_000))
SHAPES = ("uniform", "zipf", "geometric", "two spikes")
QUICK_OUTCOMES, QUICK_ROWS, QUICK_BITS = (2, 30, 300), ((500, 500), (5_000, 500), (5_000, 5_000)), (0.0, 0.01, 0.5)


def shape(name, outcomes):
    """A distribution of this shape."""
    i = np.arange(1, outcomes + 1)
    if name == "uniform":
        weights = np.ones(outcomes)
    elif name == "zipf":
        weights = 1.0 / i
    elif name == "geometric":
        weights = np.exp(-5.0 * i / outcomes) if outcomes > 2 else np.array([0.9, 0.1])
    else:
        weights = np.full(outcomes, 0.1 / max(outcomes - 2, 1))
        weights[:2] = (0.45, 0.45) if outcomes > 2 else (0.98, 0.02)
    return weights / weights.sum()


def tilted(p, nats, rng):
    """The exponential tilt of p along a random direction whose divergence from it is this."""
    if nats == 0.0:
        return p
    direction = rng.standard_normal(p.size) if p.size > 2 else np.array([1.0, -1.0])
    low, high = 0.0, 50.0
    q = p
    for _ in range(100):
        middle = (low + high) / 2.0
        logs = np.log(p) + middle * direction
        q = np.exp(logs - logs.max())
        q = q / q.sum()
        low, high = (middle, high) if ba.kl_divergence(p, q, unit="nat") < nats else (low, middle)
    return q


def pooled(p, q, n, m):
    """Groups of outcomes such that each expects ten rows on both sides under the pooled share."""
    share = (n * p + m * q) / (n + m)
    frequent = share * min(n, m) >= 10.0
    group = np.where(frequent, np.cumsum(frequent) - 1, frequent.sum())
    rest = share[~frequent].sum()
    if 0.0 < rest * min(n, m) < 10.0 and frequent.any():
        rarest = np.where(frequent)[0][np.argmin(share[frequent])]
        group[~frequent] = group[rarest]
    return group


def measure(p, q, n, m, level, repeats, rng):
    """One cell: what each measure's intervals did."""
    group = pooled(p, q, n, m)
    p, q = (np.bincount(group, x) / x.sum() for x in (p, q))
    p, q = p / p.sum(), q / q.sum()
    own, kl = float(ba.entropy(p, unit="nat")), float(ba.kl_divergence(p, q, unit="nat"))
    truth = {"entropy": own, "kl": kl, "cross_entropy": own + kl, "js": float(ba.js_divergence(p, q, unit="nat"))}
    ends = {name: [] for name in truth}
    infinite = above = 0
    for _ in range(repeats):
        x, y = rng.multinomial(n, p), rng.multinomial(m, q)
        found = account(x, y, level)
        estimates = {"entropy": found.entropy, "js": js_divergence(x, y, level)}
        if math.isinf(found.divergence.value):
            infinite += 1
            above += found.divergence.low > kl
        else:
            estimates |= {"kl": found.divergence, "cross_entropy": found.cross_entropy}
        for name, estimate in estimates.items():
            ends[name].append((estimate.low, estimate.high, estimate.value))
    cell = {name: summary(np.array(ends[name]), value) for name, value in truth.items() if ends[name]}
    return {"pooled_outcomes": int(p.size), "infinite": infinite, "infinite_low_above_truth": int(above), **cell}


def summary(ends, truth):
    """Coverage, misses, width and bias of intervals (low, high, value)."""
    low, high, value = ends.T
    slack = 1e-9 * max(truth, 1e-3)
    too_high, too_low = int(np.sum(low > truth + slack)), int(np.sum(high < truth - slack))
    return {
        "truth": truth,
        "intervals": len(ends),
        "coverage": 1.0 - (too_high + too_low) / len(ends),
        "low_end_above": too_high,
        "high_end_below": too_low,
        "width": float(np.mean(high - low)),
        "bias": float(np.mean(value) - truth),
    }


def main():
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="a tenth of the cells, 100 repeats")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--level", type=float, default=0.95)
    parser.add_argument("--seed", type=int, default=20_240_229)
    options = parser.parse_args()
    repeats = options.repeats or (100 if options.quick else 1000)
    outcomes, rows, bits = (QUICK_OUTCOMES, QUICK_ROWS, QUICK_BITS) if options.quick else (OUTCOMES, ROWS, BITS)
    cells, start = [], time.perf_counter()
    for number, (k, name, b, (n, m)) in enumerate(
        (k, s, b, r) for k in outcomes for s in SHAPES for b in bits for r in rows
    ):
        p = shape(name, k)
        q = tilted(p, b * math.log(2.0), np.random.default_rng([options.seed, k]))
        found = measure(p, q, n, m, options.level, repeats, np.random.default_rng([options.seed, number]))
        cells.append({"outcomes": k, "shape": name, "kl_bits": b, "current": n, "reference": m, **found})
    report = {"level": options.level, "repeats": repeats, "seed": options.seed, "unit": "nat", "cells": cells}
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    for name in ("kl", "js", "entropy", "cross_entropy"):
        found = [cell[name]["coverage"] for cell in cells if name in cell and cell[name]["intervals"] >= repeats / 2]
        line = f"{name:14} cells {len(found)}, coverage mean {np.mean(found):.3f}, lowest {min(found):.3f}"
        sys.stdout.write(f"{line}, below 0.93: {sum(c < 0.93 for c in found)}\n")
    sys.stdout.write(f"{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
