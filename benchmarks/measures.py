"""Speed of the measures against their peers, each pair in one run on the same arrays, answers checked equal.

python benchmarks/measures.py          prints the table and writes docs/speed.md
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special
import scipy.stats
import torch

import bitsapart as ba

PAGE = Path(__file__).parent.parent / "docs" / "speed.md"
PAIRS = 30_000_000
ROWS, VOCABULARY = 2048, 32_000
REPEATS = 7

Job = Callable[[], Any]


def seconds(jobs: dict[str, Job], repeats: int = REPEATS) -> dict[str, float]:
    """Median wall time of each, in turns so that noise falls on all; a call before wakes memory and cores up."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            job()
            start = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def checked(jobs: dict[str, Job], rtol: float) -> None:
    """Stop if two libraries do not say the same."""
    first, *others = ((name, np.asarray(job(), dtype=float)) for name, job in jobs.items())
    for name, value in others:
        if not np.allclose(value, first[1], rtol=rtol, atol=0.0):
            raise SystemExit(f"{name} says {value}, {first[0]} {first[1]}")


def many_pairs() -> tuple[dict[str, Job], dict[str, Job]]:
    """Ways to say KL of two long arrays in nats, and the sum of both."""
    rng = np.random.default_rng(0)
    p, q = (side / side.sum() for side in rng.random((2, PAIRS)))
    tp, tq = torch.from_numpy(p), torch.from_numpy(q)
    ways: dict[str, Job] = {
        "`ba.kl_divergence`": lambda: ba.kl_divergence(p, q, unit="nat"),
        "NumPy `(p * np.log(p / q)).sum()`": lambda: (p * np.log(p / q)).sum(),
        "torch `(p * (p / q).log()).sum()`": lambda: (tp * (tp / tq).log()).sum(),
        "torch `F.kl_div(q.log(), p, reduction='sum')`": lambda: torch.nn.functional.kl_div(
            tq.log(), tp, reduction="sum"
        ),
        "`scipy.special.rel_entr(p, q).sum()`": lambda: scipy.special.rel_entr(p, q).sum(),
        "`scipy.stats.entropy(p, q)`": lambda: scipy.stats.entropy(p, q),
    }
    return ways, {"NumPy `p.sum() + q.sum()`, the floor": lambda: p.sum() + q.sum()}


def others() -> list[tuple[str, dict[str, Job]]]:
    """Other measures of the same size against the usual expression."""
    rng = np.random.default_rng(1)
    p, q = (side / side.sum() for side in rng.random((2, PAIRS // 3)))
    return [
        ("entropy", {"ba": lambda: ba.entropy(p, unit="nat"), "peer": lambda: scipy.stats.entropy(p)}),
        ("cross-entropy", {"ba": lambda: ba.cross_entropy(p, q, unit="nat"), "peer": lambda: -(p * np.log(q)).sum()}),
        (
            "Jensen-Shannon distance",
            {"ba": lambda: ba.js_distance(p, q, unit="nat"), "peer": lambda: jensenshannon(p, q)},
        ),
        ("total variation", {"ba": lambda: ba.total_variation(p, q), "peer": lambda: np.abs(p - q).sum() / 2}),
        (
            "squared Hellinger",
            {"ba": lambda: ba.squared_hellinger(p, q), "peer": lambda: ((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2},
        ),
        ("chi-squared", {"ba": lambda: ba.chi_squared_divergence(p, q), "peer": lambda: ((p - q) ** 2 / q).sum()}),
        (
            "Renyi of order 1/2",
            {
                "ba": lambda: ba.renyi_divergence(p, q, 0.5, unit="nat"),
                "peer": lambda: -2 * np.log(np.sqrt(p * q).sum()),
            },
        ),
    ]


def jensenshannon(p: Any, q: Any) -> Any:
    """Scipy's."""
    from scipy.spatial.distance import jensenshannon as distance

    return distance(p, q)


def vocabulary() -> dict[str, Job]:
    """KL of many rows of single-precision logits, a row each."""
    rng = np.random.default_rng(2)
    a = rng.standard_normal((ROWS, VOCABULARY), dtype=np.float32)
    b = a + np.float32(0.3) * rng.standard_normal((ROWS, VOCABULARY), dtype=np.float32)
    ta, tb = torch.from_numpy(a), torch.from_numpy(b)

    def peer() -> Any:
        logs = torch.nn.functional.log_softmax(tb, -1), torch.nn.functional.log_softmax(ta, -1)
        return torch.nn.functional.kl_div(*logs, log_target=True, reduction="none").sum(-1)

    return {
        "`ba.kl_divergence(a, b, from_logits=True)`": lambda: ba.kl_divergence(a, b, from_logits=True, unit="nat"),
        "torch `F.kl_div` after two `log_softmax`": peer,
    }


def peak_megabytes(code: str) -> float:
    """Peak memory of a process that runs the code after making the logits, above one that only makes them."""
    setup = (
        "import numpy as np, bitsapart as ba, resource\n"
        f"a = np.zeros(({ROWS}, {VOCABULARY}), np.float32); a += 1; b = a + np.float32(1)\n"
        "ba.kl_divergence(a[:2], b[:2], from_logits=True)\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
    )
    report = "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)"
    done = subprocess.run(
        [sys.executable, "-c", f"{setup}{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return float(done.stdout) / 1024.0


def small() -> dict[str, Job]:
    """Ten outcomes."""
    p, q = np.random.default_rng(3).dirichlet(np.ones(10), size=2)
    return {
        "`ba.entropy(p)`": lambda: ba.entropy(p),
        "`ba.kl_divergence(p, q)`": lambda: ba.kl_divergence(p, q),
        "`ba.js_divergence(p, q)`": lambda: ba.js_divergence(p, q),
        "`ba.renyi_divergence(p, q, 2)`": lambda: ba.renyi_divergence(p, q, 2),
        "`scipy.stats.entropy(p, q)`": lambda: scipy.stats.entropy(p, q),
        "NumPy `(p * np.log(p / q)).sum()`": lambda: (p * np.log(p / q)).sum(),
    }


def each(job: Job, calls: int = 2000) -> Job:
    """Many calls."""

    def repeated() -> None:
        for _ in range(calls):
            job()

    return repeated


def first_call() -> float:
    """Seconds from the start of Python to the first answer, less those of importing NumPy."""
    call = "import numpy as np, bitsapart as ba; ba.kl_divergence(np.array([.5, .5]), np.array([.25, .75]))"
    jobs = {
        name: (lambda code=code: subprocess.run([sys.executable, "-c", code], check=True))
        for name, code in (("ours", call), ("numpy", "import numpy"))
    }
    found = seconds(jobs)
    return found["ours"] - found["numpy"]


def table(head: str, found: dict[str, float], scale: float, digits: int) -> list[str]:
    """A table of times and ratios to the first."""
    ours = next(iter(found.values()))
    lines = [f"| {head} | times ours |", "|---|---|---|"]
    return lines + [f"| {name} | {value * scale:.{digits}f} | {value / ours:.1f} |" for name, value in found.items()]


def main() -> None:
    lines = [
        "# Speed of the measures",
        "",
        f"Made by `make speed` ({platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
        f"{platform.python_version()}, NumPy {np.__version__}, scipy {scipy.__version__}, torch {torch.__version__}):",
        f"wall time, medians of {REPEATS} turns in one process on the same arrays, answers checked to be equal.",
        "",
        f"## KL of two arrays of {PAIRS:,} probabilities, float64",
        "",
    ]
    ways, floor = many_pairs()
    checked(ways, 1e-9)
    lines += table("way | seconds", seconds(ways | floor), 1.0, 3)
    lines += [
        "",
        f"## Other measures, {PAIRS // 3:,} outcomes",
        "",
        "| measure | ours, s | usual expression, s | times ours |",
        "|---|---|---|---|",
    ]
    for name, jobs in others():
        checked(jobs, 1e-9)
        found = seconds(jobs)
        lines.append(f"| {name} | {found['ba']:.3f} | {found['peer']:.3f} | {found['peer'] / found['ba']:.1f} |")
    lines += ["", f"## KL of {ROWS:,} rows of {VOCABULARY:,} logits, float32", ""]
    rows = vocabulary()
    checked(rows, 1e-3)
    lines += table("way | seconds", seconds(rows), 1.0, 3)
    extra = peak_megabytes("ba.kl_divergence(a, b, from_logits=True)")
    lines += ["", f"Extra memory of ours: {extra:.1f} MB.", "", "## Ten outcomes", ""]
    jobs = small()
    lines += table("way | microseconds a call", seconds({name: each(job) for name, job in jobs.items()}), 1e6 / 2000, 1)
    lines += ["", f"The first answer of a fresh process comes {first_call():.2f} s after that process has NumPy.", ""]
    text = "\n".join(lines)
    PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
