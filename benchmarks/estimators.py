"""Speed of the entropy estimators against infomeasure on the same counts, each pair in one run, answers checked equal.

benchmarks/.venv-peers/bin/python benchmarks/estimators.py     prints the tables and writes docs/estimators-speed.md

infomeasure takes counts of outcomes seen, one row at a time, for most of its estimators, and samples for two. Its
Grassberger is that of 1988, and its NSB another integral, so that these answers differ from ours.
"""

import math
import os
import platform
from importlib.metadata import version
from pathlib import Path

import infomeasure
import numpy as np
import scipy

import bitsapart as ba
from bitsapart.estimate.discrete.estimators import ESTIMATORS
from measures import Job, checked, seconds

PAGE = Path(__file__).parent.parent / "docs" / "estimators-speed.md"
PEERS = {
    "plug_in": "discrete",
    "miller_madow": "miller_madow",
    "grassberger": "grassberger",
    "zhang": "zhang",
    "chao_shen": "chao_shen",
    "chao_wang_jost": "chao_wang_jost",
    "shrinkage": "shrink",
    "dirichlet": "bayes",
    "nsb": "nsb",
}
FROM_SAMPLES = {"grassberger", "zhang"}
DIFFERENT = {"grassberger", "nsb"}
SLOW = {"nsb", "pitman_yor"}
ROWS, OUTCOMES = 1_000, 256


def counted(outcomes: int, rows: int) -> np.ndarray:
    """Counts of outcomes seen in a sample from a Zipf distribution."""
    p = 1.0 / np.arange(1, outcomes + 1)
    counts = np.random.default_rng(0).multinomial(rows, p / p.sum())
    return counts[counts > 0].astype(np.float64)


def peer(name: str, counts: np.ndarray) -> Job:
    """A call of infomeasure; samples are laid out before the clock starts."""
    found = infomeasure.get_estimator_class(measure="entropy", approach=PEERS[name])
    options = {"alpha": 0.5} if name == "dirichlet" else {}
    whole = counts.astype(np.int64)
    if name in FROM_SAMPLES:
        samples = np.repeat(np.arange(whole.size), whole)
        return lambda: found(samples, base="e", **options).result()
    outcomes = np.arange(whole.size)
    return lambda: found.from_counts(outcomes, whole, base="e", **options).result()


def one_row(counts: np.ndarray, left_out: set[str], repeats: int) -> list[str]:
    """A table of one row of counts; ``left_out``: of the peer, too slow to wait for."""
    lines = ["| estimator | ours, ms | infomeasure, ms | times ours |", "|---|---|---|---|"]
    for name, estimator in ESTIMATORS.items():
        jobs: dict[str, Job] = {"ours": lambda estimator=estimator: estimator(counts)}
        if name in PEERS and name not in left_out:
            jobs["infomeasure"] = peer(name, counts)
            if name not in DIFFERENT:
                checked(jobs, 1e-9)
        lines.append(line(name, seconds(jobs, repeats)))
    return lines


def line(name: str, found: dict[str, float]) -> str:
    """A row of a table of milliseconds."""
    ours, theirs = found["ours"], found.get("infomeasure", math.nan)
    other = f"{1e3 * theirs:.3g} | {theirs / ours:.1f}" if "infomeasure" in found else "- | -"
    return f"| {name} | {1e3 * ours:.3g} | {other} |"


def batch() -> list[str]:
    """A table of many rows of counts: ours in one call, the peer in a loop."""
    p = np.random.default_rng(1).dirichlet(np.full(OUTCOMES, 0.5), size=ROWS)
    counts = np.random.default_rng(2).multinomial(5_000, p).astype(np.float64)
    lines = ["| estimator | ours, ms | infomeasure, ms | times ours |", "|---|---|---|---|"]
    for name, estimator in ESTIMATORS.items():
        jobs: dict[str, Job] = {"ours": lambda estimator=estimator: estimator(counts)}
        if name in PEERS and name not in FROM_SAMPLES | SLOW | {"dirichlet", "shrinkage"}:
            loop = [peer(name, row[row > 0.0]) for row in counts]
            jobs["infomeasure"] = lambda loop=loop: [job() for job in loop]
            checked(jobs, 1e-9)
        lines.append(line(name, seconds(jobs, 1 if name in SLOW else 3)))
    found = seconds({"ours": lambda: ba.estimate.entropy(counts)}, 3)
    return [*lines, f"| `ba.estimate.entropy(counts)`, with intervals | {1e3 * found['ours']:.3g} | none | |"]


def main() -> None:
    small, large = counted(1_000, 10_000), counted(20_000_000, 4_000_000)[:1_000_000]
    lines = [
        "# Speed of the entropy estimators",
        "",
        f"Made by `make speed` ({platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
        f"{platform.python_version()}, NumPy {np.__version__}, scipy {scipy.__version__}, infomeasure "
        f"{version('infomeasure')}):",
        "medians of several turns in one process on the same counts, answers checked to be equal but for grassberger",
        "(infomeasure's is that of 1988) and nsb (its integral is another one). Its grassberger and zhang take",
        "samples, which were laid out beforehand; where a dash stands it was not asked.",
        "",
        f"## {small.size:,} outcomes, {int(small.sum()):,} rows",
        "",
        *one_row(small, set(), 3),
        "",
        f"## {large.size:,} outcomes, {int(large.sum()):,} rows",
        "",
        *one_row(large, {"grassberger", "zhang", "nsb"}, 3),
        "",
        f"## {ROWS:,} rows of {OUTCOMES} outcomes, ours in one call",
        "",
        *batch(),
        "",
    ]
    text = "\n".join(lines)
    PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
