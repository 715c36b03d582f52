"""Speed of distributions that are formulas against their peers, in one run on the same numbers, answers checked equal.

python benchmarks/families.py          prints the table and writes docs/speed-of-families.md
"""

import os
import platform
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import torch

import bitsapart as ba
from measures import Job, checked, seconds

PAGE = Path(__file__).parent.parent / "docs" / "speed-of-families.md"
BATCH = 1_000_000
ROWS = 10_000_000
REPEATS, FEW = 15, 5

FAMILIES = {"Normal": 2, "Gamma": 2, "Beta": 2, "Poisson": 1, "Exponential": 1}
"""And how many parameters they have."""


def batch(name: str) -> dict[str, Job]:
    """KL of many pairs of one family."""
    rng = np.random.default_rng(0)
    p, q = rng.uniform(0.5, 20.0, (2, FAMILIES[name], BATCH))
    ours = [getattr(ba, name)(*side) for side in (p, q)]
    theirs = [getattr(torch.distributions, name)(*map(torch.from_numpy, side)) for side in (p, q)]
    return {
        "ba": lambda: ba.kl_divergence(*ours, unit="nat").value,
        "torch": lambda: torch.distributions.kl_divergence(*theirs).numpy(),
    }


def mixtures(components: int) -> Job:
    """KL of two mixtures of normal distributions in one dimension."""
    rng = np.random.default_rng(components)
    sides = [
        ba.Mixture(
            rng.dirichlet(np.full(components, 3.0)),
            [ba.Normal(mean, sd) for mean, sd in zip(*rng.uniform(0.5, 3.0, (2, components)), strict=True)],
        )
        for _ in range(2)
    ]
    return lambda: ba.kl_divergence(*sides)


def of_batches() -> list[str]:
    """A table of families: ours, torch's, and the ratio."""
    lines = ["| family | ours, ms | torch, ms | times ours |", "|---|---|---|---|"]
    for name in FAMILIES:
        jobs = batch(name)
        agreed(jobs)
        found = seconds(jobs, REPEATS)
        ratio = found["torch"] / found["ba"]
        lines.append(f"| {name} | {1e3 * found['ba']:.1f} | {1e3 * found['torch']:.1f} | {ratio:.1f} |")
    return lines


def agreed(jobs: dict[str, Job]) -> None:
    """Where P and Q are close, torch has few digits: these it may have lost."""
    apart = np.asarray(jobs["ba"]()) > 1e-3
    checked({name: masked(job, apart) for name, job in jobs.items()}, 1e-9)


def masked(job: Job, mask: Any) -> Job:
    """Some of the answers."""
    return lambda: np.asarray(job())[mask]


def of_mixtures() -> list[str]:
    """A table of mixtures by their number of components."""
    lines = ["| components | ms | answer |", "|---|---|---|"]
    for components in range(2, 6):
        job = mixtures(components)
        answer = job()
        if answer.kind not in ("bound", "exact"):
            raise SystemExit(f"mixtures of {components}: {answer}, of kind {answer.kind}")
        lines.append(f"| {components} | {1e3 * seconds({'ba': job}, REPEATS)['ba']:.1f} | {answer} |")
    return lines


def of_fits() -> list[str]:
    """A table of forward fits of many rows, next to the least that NumPy can do for the same statistics."""
    rows = np.random.default_rng(0).gamma(2.0, 1.0, ROWS)
    jobs: dict[str, tuple[Job, Job]] = {
        "Normal": (lambda: ba.fit(rows, "normal"), lambda: (rows.mean(), rows.var())),
        "Gamma": (lambda: ba.fit(rows, "gamma"), lambda: (rows.mean(), np.log(rows).mean())),
    }
    lines = ["| family | `ba.fit`, s | NumPy, its statistics alone, s | times NumPy |", "|---|---|---|---|"]
    for name, (ours, theirs) in jobs.items():
        found = seconds({"ba": ours, "NumPy": theirs}, FEW)
        ratio = found["ba"] / found["NumPy"]
        lines.append(f"| {name} | {found['ba']:.2f} | {found['NumPy']:.2f} | {ratio:.1f} |")
    return lines


def main() -> None:
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    lines = [
        "# Speed of distributions that are formulas",
        "",
        f"Made by `python benchmarks/families.py` ({platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
        f"{platform.python_version()}, NumPy {np.__version__}, scipy {scipy.__version__}, torch {torch.__version__}):",
        f"wall time, medians of {REPEATS} turns in one process on the same arrays, answers checked to be equal.",
        "",
        f"## KL of {BATCH:,} pairs, float64",
        "",
        "Ours comes with an interval of rounding for every pair.",
        "",
        *of_batches(),
        "",
        "## KL of two Gaussian mixtures in one dimension",
        "",
        *of_mixtures(),
        "",
        f"## Forward fit of {ROWS:,} rows",
        "",
        "Beside the parameters, a fit has entropy, misfit and intervals: a constant cost, on a sample of the rows.",
        "",
        *of_fits(),
        "",
    ]
    text = "\n".join(lines)
    PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
