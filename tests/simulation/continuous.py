"""How often the intervals from samples of numbers hold the truth: continuous.py OUT.json [--quick] [--repeats N].

Each cell draws samples from known distributions: Gaussians shifted and scaled, Student-t with 3 degrees, a mixture of
two bumps, in 1 to 10 columns; sizes equal and ten to one. The table holds, for each cell, the share of two-sided
intervals at 0.95 that hold the truth, the share of samples that the tool calls too few (kind "bound"), how often each
end is on the wrong side over all samples, the median width, and the bias and root-mean-square error of the value. In
nats.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
from scipy import integrate, stats

from bitsapart.estimate.continuous import (
    entropy_from_samples,
    kl_divergence_from_samples,
    mutual_information_from_samples,
)

LEVEL = 0.95
SIZES = ((200, 200), (1000, 1000), (2000, 200), (200, 2000))
MANY, FEW = 1000, 400
"""Repeats of a cell in one column, and where a call takes long."""


def student_kl(scale):
    """KL of Student-t with 3 degrees from itself times a scale."""
    law, wide = stats.t(3), stats.t(3, scale=scale)
    return 2.0 * integrate.quad(lambda x: law.pdf(x) * (law.logpdf(x) - wide.logpdf(x)), 0.0, np.inf)[0]


def bumps_kl(a):
    """KL of two bumps at -a and a from a standard normal."""

    def integrand(x):
        log = np.logaddexp(stats.norm.logpdf(x, a), stats.norm.logpdf(x, -a)) - math.log(2.0)
        return math.exp(log) * (log - stats.norm.logpdf(x))

    return integrate.quad(integrand, -15.0, 15.0, limit=300)[0]


def shift(size, d):
    """Standard normals, moved along the diagonal by this much."""
    move = size / math.sqrt(d)
    return lambda g, n: g.normal(size=(n, d)) + move, lambda g, m: g.normal(size=(m, d)), size**2 / 2.0


def scale(ratio, d):
    """Normals whose deviation is this many times that of Q."""
    truth = d * (ratio**2 / 2.0 - 0.5 - math.log(ratio))
    return lambda g, n: ratio * g.normal(size=(n, d)), lambda g, m: g.normal(size=(m, d)), truth


def student(ratio, d):
    """Independent columns of Student-t, Q this many times as wide."""
    truth = d * student_kl(ratio)
    return lambda g, n: g.standard_t(3, (n, d)), lambda g, m: ratio * g.standard_t(3, (m, d)), truth


def mixture(a, d):
    """Two bumps along the diagonal against a standard normal."""

    def draw(g, n):
        return g.normal(size=(n, d)) + (g.choice([-a, a], n) / math.sqrt(d))[:, np.newaxis]

    return draw, lambda g, m: g.normal(size=(m, d)), bumps_kl(a)


def correlated(rho, d):
    """Pairs of columns with this correlation."""

    def draw(g, n):
        x = g.normal(size=(n, d))
        return x, rho * x + math.sqrt(1.0 - rho**2) * g.normal(size=(n, d))

    return draw, -d / 2.0 * math.log1p(-(rho**2))


def dependent_student(rho):
    """A bivariate Student-t with 5 degrees; its information by quadrature of the closed form of its entropy."""
    nu = 5.0
    joint = stats.multivariate_t(shape=[[1.0, rho], [rho, 1.0]], df=nu).entropy()
    truth = 2.0 * stats.t(nu).entropy() - float(joint)

    def draw(g, n):
        x, z = g.normal(size=(2, n))
        wide = np.sqrt(nu / g.chisquare(nu, n))
        return x * wide, (rho * x + math.sqrt(1.0 - rho**2) * z) * wide

    return draw, truth


PAIRS = {"shift": shift, "scale": scale, "student": student, "mixture": mixture}
ONE_COLUMN = (
    ("shift", 0.0), ("shift", 0.3), ("shift", 1.0), ("shift", 1.2), ("scale", 1.3), ("scale", 0.77), ("student", 1.5),
    ("mixture", 1.5),
)  # fmt: skip
COLUMNS = (
    ("shift", 0.0, 2, 1000), ("shift", 1.0, 2, 1000), ("scale", 1.3, 2, 1000), ("student", 1.5, 2, 1000),
    ("mixture", 1.5, 2, 1000), ("shift", 1.0, 5, 1000), ("scale", 1.3, 5, 1000), ("student", 1.5, 5, 1000),
    ("mixture", 1.5, 5, 1000), ("shift", 0.5, 5, 200), ("shift", 0.0, 10, 1000), ("scale", 0.77, 10, 1000),
)  # fmt: skip
LAWS = {
    "normal": stats.norm(),
    "uniform": stats.uniform(),
    "exponential": stats.expon(),
    "student": stats.t(3),
    "laplace": stats.laplace(),
}


def kl_cells():
    """Divergences: (description, draw a sample, call, truth, repeats)."""
    for method, cases, sizes in (
        ("auto", ONE_COLUMN, SIZES),
        ("auto", (("shift", 0.0), ("mixture", 1.5)), ((10_000, 10_000),)),
        ("bias_reduced", ONE_COLUMN[:1] + ONE_COLUMN[3:5], ((1000, 1000), (2000, 200))),
    ):
        for name, value in cases:
            for n, m in sizes:
                yield kl_cell(method, name, value, 1, n, m, MANY if n + m < 10_000 else FEW)
    for name, value, d, n in COLUMNS:
        yield kl_cell("auto", name, value, d, n, n, FEW)


def kl_cell(method, name, value, d, n, m, repeats):
    """One cell."""
    first, second, truth = PAIRS[name](value, d)

    def call(g):
        return kl_divergence_from_samples(first(g, n), second(g, m), method, level=LEVEL, unit="nat")

    return cell("kl_divergence", f"{name} {value:g}", d, n, m, method), call, truth, repeats


def entropy_cells():
    """Differential entropies."""
    for method in ("auto", "nearest_neighbours"):
        for name, law in LAWS.items():
            for n in (100, 1000, 10_000):
                if method == "auto" or n == 1000:
                    yield entropy_cell(method, name, law, 1, n, MANY if n < 10_000 else FEW)
    for name, d, n in (("student", 2, 1000), ("normal", 5, 1000)):
        yield entropy_cell("auto", name, LAWS[name], d, n, FEW)


def entropy_cell(method, name, law, d, n, repeats):
    """One cell."""

    def call(g):
        return entropy_from_samples(law.ppf(g.uniform(size=(n, d))), method, level=LEVEL, unit="nat")

    return cell("entropy", name, d, n, 0, method), call, d * float(law.entropy()), repeats


def information_cells():
    """Mutual information."""
    cases = [(f"normal {rho:g}", *correlated(rho, d), d, n) for rho, d, n in (
        (0.0, 1, 200), (0.0, 1, 1000), (0.2, 1, 1000), (0.9, 1, 1000), (0.5, 3, 500),
    )]  # fmt: skip
    cases.append(("student 0.5", *dependent_student(0.5), 1, 1000))
    for name, draw, truth, d, n in cases:

        def call(g, draw=draw, n=n):
            return mutual_information_from_samples(*draw(g, n), level=LEVEL, unit="nat")

        yield cell("mutual_information", name, d, n, 0, "auto"), call, truth, FEW


def cell(quantity, distribution, d, n, m, method):
    """What a cell is."""
    return {"quantity": quantity, "distribution": distribution, "d": d, "n": n, "m": m, "method": method}


def measured(call, truth, repeats, seed):
    """What the intervals of one cell did."""
    rows = []
    for repeat in range(repeats):
        found = call(np.random.default_rng([*seed, repeat]))
        rows.append((found.value, found.low, found.high, found.kind == "confidence"))
    value, low, high, sure = np.array(rows, dtype=float).T
    sure = sure > 0
    slack = 1e-9 * max(abs(truth), 1e-3)
    above, below = low > truth + slack, high < truth - slack
    return {
        "truth": truth,
        "coverage": float(np.mean(~(above | below)[sure])) if sure.any() else None,
        "too_few": float(np.mean(~sure)),
        "low_above": float(np.mean(above)),
        "high_below": float(np.mean(below)),
        "median_width": float(np.median((high - low)[sure])) if sure.any() else None,
        "bias": float(np.mean(value) - truth),
        "rmse": float(np.sqrt(np.mean((value - truth) ** 2))),
        "intervals": int(sure.sum()),
        "repeats": repeats,
    }


def line(found):
    """One cell in words."""
    coverage = "   - " if found["coverage"] is None else f"{found['coverage']:.3f}"
    size = f"{found['n']}/{found['m']}" if found["m"] else f"{found['n']}"
    return (
        f"{found['quantity']:18} {found['method']:18} {found['distribution']:12} d {found['d']:2} {size:>11} "
        f"truth {found['truth']:.3f} coverage {coverage} too few {found['too_few']:.2f} "
        f"low above {found['low_above']:.3f} high below {found['high_below']:.3f} "
        f"bias {found['bias']:+.4f} rmse {found['rmse']:.4f}\n"
    )


def main():
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="every third cell, 50 repeats")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--seed", type=int, default=20_261_124)
    options = parser.parse_args()
    cells, start = [], time.perf_counter()
    grid = list(enumerate([*kl_cells(), *entropy_cells(), *information_cells()]))
    for number, (what, call, truth, repeats) in grid[:: 3 if options.quick else 1]:
        repeats = options.repeats or (50 if options.quick else repeats)
        begun = time.perf_counter()
        cells.append({**what, **measured(call, truth, repeats, [options.seed, number])})
        cells[-1]["seconds_a_call"] = round((time.perf_counter() - begun) / repeats, 4)
        sys.stdout.write(line(cells[-1]))
        sys.stdout.flush()
    report = {"level": LEVEL, "seed": options.seed, "unit": "nat", "cells": cells}
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    known = [found for found in cells if found["intervals"] >= found["repeats"] / 4]
    for quantity in ("kl_divergence", "entropy", "mutual_information"):
        shares = [found["coverage"] for found in known if found["quantity"] == quantity]
        text = f"{quantity:18} cells {len(shares)}, coverage mean {np.mean(shares):.3f}, lowest {min(shares):.3f}"
        sys.stdout.write(f"{text}, below 0.93: {sum(share < 0.93 for share in shares)}\n")
    sys.stdout.write(f"{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
