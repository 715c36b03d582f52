"""CPU time and memory of a score next to scikit-learn's log loss: a process each, the same array, answers checked.

python benchmarks/score.py [ROWS CLASSES]          prints the table
"""

import json
import math
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROWS, CLASSES = 100_000, 1000
BLOCK = 1000


def only_score(path: Path) -> Callable[[], float]:
    """All that one pass finds."""
    import bitsapart as ba

    p, labels = np.load(path), np.load(path.with_name("labels.npy"))
    return lambda: ba.score(p, labels, recalibrations=(), sample=0).cross_entropy.value


def score_file(path: Path) -> Callable[[], float]:
    """The same, reading a file block by block."""
    import bitsapart as ba

    return lambda: ba.score(path, path.with_name("labels.npy"), recalibrations=(), sample=0).cross_entropy.value


def whole_score(path: Path) -> Callable[[], float]:
    """With recalibrations, as by default."""
    import bitsapart as ba

    p, labels = np.load(path), np.load(path.with_name("labels.npy"))
    return lambda: ba.score(p, labels).cross_entropy.value


def log_loss(path: Path) -> Callable[[], float]:
    """Scikit-learn's, in bits."""
    from sklearn import metrics

    p, labels = np.load(path), np.load(path.with_name("labels.npy"))
    classes = np.arange(p.shape[1])
    return lambda: metrics.log_loss(labels, p, labels=classes) / math.log(2.0)


WAYS = {
    "`ba.score(p, y, recalibrations=(), sample=0)`": only_score,
    "the same from `p.npy`": score_file,
    "`ba.score(p, y)`, ladder and all": whole_score,
    "`sklearn.metrics.log_loss(y, p)`": log_loss,
}


def written(folder: Path, rows: int, classes: int) -> Path:
    """Predictions and labels that are drawn from them."""
    rng = np.random.default_rng(3)
    path = folder / "p.npy"
    p = np.lib.format.open_memmap(path, "w+", np.float64, (rows, classes))
    labels = np.empty(rows, np.int64)
    for start in range(0, rows, BLOCK):
        stop = min(start + BLOCK, rows)
        p[start:stop] = rng.dirichlet(np.ones(classes), stop - start)
        labels[start:stop] = (p[start:stop].cumsum(axis=1) < rng.random((stop - start, 1))).sum(axis=1)
    np.save(folder / "labels.npy", labels.clip(0, classes - 1))
    return path


def memory(what: str) -> float:
    """Of this process, in megabytes: VmRSS now, or VmHWM at its most."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) / 1024.0 if found else math.nan


def measure(name: str, folder: str) -> None:
    """One way in this process: a small call that loads what is needed, then the one that counts."""
    small, large = (WAYS[name](Path(folder) / size / "p.npy") for size in ("small", "large"))
    small()
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak so far is forgotten
    before, start = memory("VmRSS"), time.process_time()
    value = large()
    print(json.dumps([value, time.process_time() - start, memory("VmHWM") - before]))


def main() -> None:
    from measures import table  # not in the processes that are measured, since torch comes with it

    rows, classes = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (ROWS, CLASSES)
    found = {}
    with TemporaryDirectory() as folder:
        for size, n in (("small", 3 * classes), ("large", rows)):
            (Path(folder) / size).mkdir()
            written(Path(folder) / size, n, classes)
        for name in WAYS:
            done = subprocess.run(
                [sys.executable, __file__, name, folder], stdout=subprocess.PIPE, text=True, check=True
            )
            found[name] = json.loads(done.stdout)
    values = [value for value, _, _ in found.values()]
    if not np.allclose(values, values[0], rtol=1e-12, atol=0.0):
        raise SystemExit(f"the answers differ: {values}")
    lines = [
        f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, NumPy {np.__version__}, scikit-learn "
        f"{version('scikit-learn')}; {rows:,} rows of {classes:,} probabilities, float64, "
        f"{rows * classes * 8 / 2**20:,.0f} MB; each way says {values[0]:.10f} bits:",
        "",
        *table("way | CPU seconds", {name: cpu for name, (_, cpu, _) in found.items()}, 1.0, 2),
        "",
        *table(
            "way | extra memory at its peak, MB", {name: max(peak, 0.1) for name, (_, _, peak) in found.items()}, 1.0, 1
        ),
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in WAYS:
        measure(*sys.argv[1:])
    else:
        main()
