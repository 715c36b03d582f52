"""Speed of all that is said of two models' logits next to torch's KL alone, in one run, answers checked to be equal.

python benchmarks/models.py [ROWS VOCABULARY]          prints the tables
"""

import os
import platform
import subprocess
import sys

import numpy as np
import torch
from numpy.typing import NDArray

import bitsapart as ba
from bitsapart.measures.logit_pairs import logit_pairs, tempered_cross_entropy
from measures import Job, checked, seconds, table

ROWS, VOCABULARY = 2048, 32_000
BETAS = np.linspace(0.8, 1.2, 8)
SAMPLE = 16
"""Of so many rows, one is evaluated at eight temperatures."""


def logits(rows: int, outcomes: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two models that are some tenths of a nat apart."""
    rng = np.random.default_rng(2)
    a = rng.standard_normal((rows, outcomes), dtype=np.float32)
    return a, a + np.float32(0.3) * rng.standard_normal((rows, outcomes), dtype=np.float32)


def torch_kl(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """KL a row, as it is usually written."""
    logs = torch.nn.functional.log_softmax(b, -1), torch.nn.functional.log_softmax(a, -1)
    return torch.nn.functional.kl_div(*logs, log_target=True, reduction="none").sum(-1)


def ways(a: NDArray[np.float32], b: NDArray[np.float32]) -> dict[str, Job]:
    """KL by itself, and with everything else."""
    ta, tb = torch.from_numpy(a), torch.from_numpy(b)
    return {
        "`logit_pairs(a, b)`, everything": lambda: logit_pairs(a, b).kl,
        "`ba.kl_divergence(a, b, from_logits=True)`": lambda: ba.kl_divergence(a, b, from_logits=True, unit="nat"),
        "torch `F.kl_div` after two `log_softmax`": lambda: torch_kl(ta, tb),
    }


def storages(a: NDArray[np.float32], b: NDArray[np.float32]) -> dict[str, Job]:
    """The same numbers as they are stored, and the temperatures of a sample."""
    halves = [x.astype(np.float16) for x in (a, b)]
    brains = [(x.view(np.uint32) >> np.uint32(16)).astype(np.uint16) for x in (a, b)]
    return {
        "float32": lambda: logit_pairs(a, b),
        "float16": lambda: logit_pairs(*halves),
        "bfloat16": lambda: logit_pairs(*brains, bfloat16=True),
        f"1 row of {SAMPLE} at {len(BETAS)} temperatures": lambda: tempered_cross_entropy(
            a[::SAMPLE], b[::SAMPLE], BETAS
        ),
    }


def peak_megabytes(rows: int, outcomes: int) -> float:
    """Peak memory of a process that compares logits it has, above what it had before."""
    code = (
        "import numpy as np, resource\n"
        "from bitsapart.measures.logit_pairs import logit_pairs\n"
        f"a = np.zeros(({rows}, {outcomes}), np.float32); a += 1; b = a + np.float32(1)\n"
        "logit_pairs(a[:2, :9], b[:2, :9])\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "logit_pairs(a, b)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout) / 1024.0


def main() -> None:
    rows, outcomes = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (ROWS, VOCABULARY)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    a, b = logits(rows, outcomes)
    jobs = ways(a, b)
    checked(jobs, 1e-3)
    jobs["`ba.compare_models(a, b)`, from opening to the result"] = lambda: ba.compare_models(a, b)
    lines = [
        f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores for each, NumPy {np.__version__}, torch "
        f"{torch.__version__}; {rows:,} rows of {outcomes:,} logits, float32:",
        "",
        *table("way | seconds", seconds(jobs), 1.0, 3),
        "",
        *table("stored as | seconds", seconds(storages(a, b)), 1.0, 3),
        "",
        f"Extra memory of ours: {peak_megabytes(rows, outcomes):.1f} MB.",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
