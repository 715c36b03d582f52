"""Whole-process time and peak memory of `bitsapart compare`, of evidently, and of only decoding the same columns.

    python benchmarks/compare_tables.py [--rows 1000000] [--repetitions 5] [--without-evidently]

Same files, same machine, same run, in turns. Evidently does its default drift report and saves it; bitsapart compares
and writes its report. The floors only decode every column of both files with PyArrow on all cores: once as
`pyarrow.parquet.read_table` does, and once, as fast as can be, a row group at a time with text as dictionaries.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tables import paths

HERE = Path(__file__).parent
READ_TABLE = """
import sys, pyarrow.parquet as pq
for path in sys.argv[1:]:
    pq.read_table(path)
"""
DICTIONARIES = """
import sys, pyarrow.parquet as pq
for path in sys.argv[1:]:
    text = [f.name for f in pq.read_schema(path) if str(f.type) == "string"]
    with pq.ParquetFile(path, read_dictionary=text, memory_map=True) as file:
        for group in range(file.num_row_groups):
            file.read_row_group(group)
"""
EVIDENTLY = """
import sys, pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
Report([DataDriftPreset()]).run(current, reference).save_html(sys.argv[3])
"""


def measured(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"DO_NOT_TRACK": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"failed: {' '.join(command)[:200]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--without-evidently", action="store_true")
    given = parser.parse_args()
    tables = [str(path) for path in paths(given.rows)]
    with tempfile.TemporaryDirectory() as folder:
        ours = [str(Path(sys.executable).parent / "bitsapart"), "compare", *tables, "--report", f"{folder}/ours.html"]
        theirs = [
            str(HERE / ".venv-evidently/bin/python"),
            "-W",
            "ignore",
            "-c",
            EVIDENTLY,
            *tables,
            f"{folder}/theirs.html",
        ]
        read_table = [sys.executable, "-c", READ_TABLE, *tables]
        dictionaries = [sys.executable, "-c", DICTIONARIES, *tables]
        measured(ours)  # the files are in the page cache from here on
        names = ("read_table", "dictionaries", "bitsapart", "evidently")
        runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
        for repetition in range(given.repetitions):
            runs["read_table"].append(measured(read_table))
            runs["dictionaries"].append(measured(dictionaries))
            runs["bitsapart"].append(measured(ours))
            if repetition == 0 and not given.without_evidently:
                runs["evidently"].append(measured(theirs))
        sizes = {path.stem: path.stat().st_size for path in Path(folder).iterdir()}
    print(f"{given.rows:,} rows x 20 columns, twice; medians of {given.repetitions} runs (evidently: one)\n")
    print(f"{'':<12}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    medians = {
        name: [statistics.median(run[i] for run in found) for i in range(3)] for name, found in runs.items() if found
    }
    for name, (wall, cpu, memory) in medians.items():
        print(f"{name:<12}{wall:>9.2f}{cpu:>9.2f}{memory:>9.0f}")
    wall = medians["bitsapart"][0]
    floors = [f"{wall / medians[name][0]:.1f} times as long as {name}" for name in ("read_table", "dictionaries")]
    print(f"\nbitsapart takes {' and '.join(floors)}", end="")
    if "evidently" in medians:
        print(f", and evidently {medians['evidently'][0] / wall:.0f} times as long as bitsapart", end="")
    print(f".\nReports: {', '.join(f'{name} {size / 1e6:.2f} MB' for name, size in sorted(sizes.items()))}.")


if __name__ == "__main__":
    main()
