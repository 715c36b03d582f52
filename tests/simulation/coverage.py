"""How often the intervals of divergences hold the truth, and how wide they are: coverage.py OUT.json [--quick].

Each cell draws samples from known distributions: P of a given shape, Q an exponential tilt of it with a given
KL(P || Q), without pooling of rare outcomes. A result may say "too few data": kind "bound", which has a low end only.
For each measure a cell holds the truth; of results of kind "confidence" how many they are, the share that holds the
truth (``coverage``) and the misses on each side; the share of the others (``too_few``) and how many of their low ends
lie above the truth; the share of all samples with a wrong statement of either kind (``errors``); median width; bias.

Tables of counts (mutual information, conditional entropy) have a grid of their own, and in a few cells other intervals
are computed from the same samples, to compare widths.
"""

import argparse
import itertools
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
from scipy import special
from shapes import SHAPES, shape, tilted

import bitsapart as ba
from bitsapart.estimate.asked import Asked
from bitsapart.estimate.conditional_entropy import conditional_entropy_estimates
from bitsapart.estimate.cross_entropy import cross_entropy_estimates
from bitsapart.estimate.jensen_shannon import js_estimates
from bitsapart.estimate.kl_divergence import kl_estimates
from bitsapart.estimate.mutual_information import mi_estimates
from bitsapart.estimate.unseen_tail import own_entropy

OUTCOMES = (2, 10, 100, 1_000, 10_000)
BITS = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
SIZES = (100, 1_000, 10_000, 100_000)
ROWS = tuple((n, n) for n in SIZES) + tuple(
    pair for small, large in itertools.pairwise(SIZES) for pair in ((large, small), (small, large))
)
QUICK = {"outcomes": (2, 100), "bits": (0.0, 0.01, 0.5), "rows": ((100, 100), (10_000, 1_000), (1_000, 10_000))}
TABLES = ((2, 2), (3, 5), (10, 10), (30, 30))
TABLE_ROWS = (100, 1_000, 10_000)
TABLE_BITS = (0.0, 0.01, 0.1, 0.5)
RIVAL_CELLS = tuple(
    (k, shape, bits, n) for k in (2, 10, 100) for shape in ("uniform", "zipf") for bits in BITS for n in (1_000, 10_000)
)
PILOT = {1_000: 200, 10_000: 100}
"""Where none of so many samples of many outcomes has an interval of the divergence, no more are drawn."""
AT_ONCE = 2_000_000
"""Counts of one side at a time."""


def drawn(rng, rows, p, samples):
    """Samples of so many rows, as counts (samples, outcomes)."""
    if rows >= p.size:
        return rng.multinomial(rows, p, size=samples).astype(np.float64)
    steps = np.cumsum(p)
    place = np.searchsorted(steps / steps[-1], rng.random((samples, rows)), side="right")
    place += np.arange(samples)[:, None] * p.size
    return np.bincount(place.ravel(), minlength=samples * p.size).reshape(samples, p.size).astype(np.float64)


def two_samples(p, q, n, m, rng, asked):
    """The measures of two samples: a function of how many to draw, and their true values."""
    own, kl = float(ba.entropy(p, unit="nat")), float(ba.kl_divergence(p, q, unit="nat"))
    truth = {"kl": kl, "cross_entropy": own + kl, "js": float(ba.js_divergence(p, q, unit="nat"))}

    def draw(samples):
        x, y = drawn(rng, n, p, samples), drawn(rng, m, q, samples)
        own = own_entropy(x)
        kl = kl_estimates(x, y, asked, own)
        return {
            "kl": kl,
            "cross_entropy": cross_entropy_estimates(x, y, asked, own, kl),
            "js": js_estimates(x, y, asked),
        }

    return draw, truth


def one_table(joint, n, rng, asked):
    """The measures of a table of counts: a function of how many to draw, and their true values."""
    truth = {
        "mutual_information": float(ba.mutual_information(joint, unit="nat")),
        "conditional_entropy": float(ba.conditional_entropy(joint, unit="nat")),
    }

    def draw(samples):
        tables = drawn(rng, n, joint.ravel(), samples).reshape(samples, *joint.shape)
        return {
            "mutual_information": mi_estimates(tables, asked),
            "conditional_entropy": conditional_entropy_estimates(tables, asked),
        }

    return draw, truth


def dependent(outcomes, nats):
    """A table of Zipf marginals: so much of it one variable's value says the other's, that the information is this."""
    first, second = (shape("zipf", one) for one in outcomes)
    known = np.zeros(outcomes)
    known[np.arange(outcomes[0]), np.arange(outcomes[0]) * outcomes[1] // outcomes[0]] = first
    low, high = 0.0, 1.0
    while nats and high - low > 1e-12:
        middle = (low + high) / 2.0
        found = (1.0 - middle) * np.outer(first, second) + middle * known
        low, high = (middle, high) if ba.mutual_information(found, unit="nat") < nats else (low, middle)
    return (1.0 - low) * np.outer(first, second) + low * known


def cell(draw, truth, outcomes, repeats):
    """What each measure's intervals did."""
    parts = {name: [] for name in truth}
    done, pilot = 0, PILOT.get(outcomes, repeats)
    while done < repeats:
        samples = max(min(AT_ONCE // outcomes, repeats - done, repeats if done else pilot), 1)
        for name, found in draw(samples).items():
            parts[name].append((found.value, found.low, found.high, found.kind == "confidence"))
        done += samples
        if done >= pilot and not any(part[3].any() for part in parts[next(iter(truth))]):
            break
    joined = {name: [np.concatenate(column) for column in zip(*found, strict=True)] for name, found in parts.items()}
    return {"repeats": done} | {name: summary(*joined[name], value) for name, value in truth.items()}


def summary(value, low, high, sure, truth):
    """Coverage, misses, width and bias."""
    slack = 1e-9 * max(truth, 1e-3)
    above, below = low > truth + slack, high < truth - slack
    some = int(sure.sum())
    found = {
        "truth": truth,
        "intervals": some,
        "too_few": 1.0 - some / sure.size,
        "bound_low_above": int(np.sum(above & ~sure)),
        "errors": float(np.mean(above | below)),
    }
    if some:
        missed = {"low_end_above": int(np.sum(above & sure)), "high_end_below": int(np.sum(below & sure))}
        found |= {"coverage": 1.0 - sum(missed.values()) / some, **missed}
        found["median_width"] = float(np.median((high - low)[sure]))
        found["bias"] = float(np.mean(value[sure]) - truth)
    return found


def rivals(p, q, n, m, rng, level, samples=200, replicates=400):
    """Coverage and median width of other intervals of KL, next to ours, in the same samples, if most have ours."""
    truth = float(ba.kl_divergence(p, q, unit="nat"))
    x, y = drawn(rng, n, p, samples), drawn(rng, m, q, samples)
    ours = kl_estimates(x, y, Asked(level))
    kept = ours.kind == "confidence"
    ends = {"ours": (ours.low, ours.high)}
    plain, c = plug_in(x, y), first_order_bias(x, y)
    z = float(special.ndtri((1.0 + level) / 2.0))
    error = z * np.sqrt(first_order_variance(x, y))
    ends["plug-in Wald"] = np.maximum(plain - error, 0.0), plain + error
    ends["bias-corrected Wald"] = np.maximum(plain - c - error, 0.0), np.maximum(plain - c + error, 0.0)
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    quantiles = []
    for one, other in zip(x, y, strict=True):
        again = rng.multinomial(n, one / n, size=replicates), rng.multinomial(m, other / m, size=replicates)
        quantiles.append(np.quantile(plug_in(*again), tails))
    low, high = np.array(quantiles).T
    ends["percentile bootstrap"] = low, high
    ends["basic bootstrap"] = np.maximum(2.0 * plain - high, 0.0), np.maximum(2.0 * plain - low, 0.0)
    found = {"samples": int(kept.sum()), "truth": truth}
    for name, (low, high) in ends.items() if kept.mean() >= 0.5 else ():
        above, below = (low > truth + 1e-12)[kept].mean(), (high < truth - 1e-12)[kept].mean()
        width = float(np.median((high - low)[kept]))
        found[name] = {"coverage": 1.0 - float(above + below), "high_end_below": float(below), "median_width": width}
    return found


def plug_in(x, y):
    """KL of the shares, half a count where Q has none."""
    n, m = x.sum(axis=-1, keepdims=True), y.sum(axis=-1, keepdims=True)
    return np.sum(special.xlogy(x / n, (x / n) / (np.maximum(y, 0.5) / m)), axis=-1)


def first_order_bias(x, y):
    """(K - 1) / 2n + (sum p/q - 1) / 2m by the plug-in."""
    n, m = x.sum(axis=-1), y.sum(axis=-1)
    ratio = np.sum((x / n[:, None]) / (np.maximum(y, 0.5) / m[:, None]), axis=-1)
    return (np.count_nonzero(x, axis=-1) - 1.0) / (2.0 * n) + (ratio - 1.0) / (2.0 * m)


def first_order_variance(x, y):
    """Var_p(log p/q) / n + (sum p^2/q - 1) / m by the plug-in."""
    n, m = x.sum(axis=-1), y.sum(axis=-1)
    p, q = x / n[:, None], np.maximum(y, 0.5) / m[:, None]
    logs = np.log(np.where(p > 0.0, p, 1.0) / q)
    scatter = np.sum(p * logs**2, axis=-1) - np.sum(p * logs, axis=-1) ** 2
    return scatter / n + np.maximum(np.sum(p * p / q, axis=-1) - 1.0, 0.0) / m


def cells_of(options):
    """Every cell of the grid, as (description, draw, truth, outcomes)."""
    outcomes, bits, rows = (
        (QUICK[name] for name in ("outcomes", "bits", "rows")) if options.quick else (OUTCOMES, BITS, ROWS)
    )
    asked = Asked(options.level)
    grid = [(k, s, b, r) for k in options.outcomes or outcomes for s in SHAPES for b in bits for r in rows]
    for number, (k, name, b, (n, m)) in enumerate(grid):
        p = shape(name, k)
        q = tilted(p, b * math.log(2.0), np.random.default_rng([options.seed, k]))
        draw, truth = two_samples(p, q, n, m, np.random.default_rng([options.seed, number]), asked)
        yield {"outcomes": k, "shape": name, "kl_bits": b, "current": n, "reference": m}, draw, truth, k
    if options.outcomes:
        return
    tables, sizes = (TABLES[:2], TABLE_ROWS[:2]) if options.quick else (TABLES, TABLE_ROWS)
    for number, (size, b, n) in enumerate((t, b, n) for t in tables for b in TABLE_BITS for n in sizes):
        joint = dependent(size, b * math.log(2.0))
        draw, truth = one_table(joint, n, np.random.default_rng([options.seed, 1, number]), asked)
        yield {"table": list(size), "mi_bits": b, "current": n}, draw, truth, joint.size


def compared(options):
    """The cells in which other intervals are computed too."""
    for number, (k, name, b, n) in enumerate(RIVAL_CELLS[:: 6 if options.quick else 1]):
        p = shape(name, k)
        q = tilted(p, b * math.log(2.0), np.random.default_rng([options.seed, k]))
        found = rivals(p, q, n, n, np.random.default_rng([options.seed, 2, number]), options.level)
        yield {"outcomes": k, "shape": name, "kl_bits": b, "current": n, "reference": n, **found}


def say(cells, name):
    """One line on a measure: over the cells in which most samples have an interval."""
    found = [one[name] for one in cells if name in one and one[name]["too_few"] < 0.5]
    if not found:
        return
    covered = np.array([one["coverage"] for one in found])
    short = np.mean([one[name]["too_few"] for one in cells if name in one])
    sys.stdout.write(
        f"{name:20} cells {len(found)}, coverage mean {covered.mean():.3f}, lowest {covered.min():.3f}, "
        f"below 0.93: {np.sum(covered < 0.93)}; too few data in {100 * short:.0f} % of all samples\n"
    )


def main():
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="a few cells, 100 repeats")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--outcomes", type=int, nargs="*", help="only these numbers of outcomes, no tables, no rivals")
    parser.add_argument("--level", type=float, default=0.95)
    parser.add_argument("--seed", type=int, default=20_240_229)
    options = parser.parse_args()
    repeats = options.repeats or (100 if options.quick else 1000)
    start, cells = time.perf_counter(), []
    for about, draw, truth, outcomes in cells_of(options):
        cells.append({**about, **cell(draw, truth, outcomes, repeats if outcomes <= 1_000 else min(repeats, 400))})
    others = [] if options.outcomes else list(compared(options))
    report = {"level": options.level, "seed": options.seed, "unit": "nat", "cells": cells, "alternatives": others}
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    for name in ("kl", "cross_entropy", "js", "mutual_information", "conditional_entropy"):
        say(cells, name)
    sys.stdout.write(f"{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
