"""Two tables for the benchmarks: 12 numeric and 8 categorical columns, three with nulls, four shifted a little."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(__file__).parent / "data"


def mixed(rows: int, seed: int, shifted: bool) -> pa.Table:
    """A table of 20 columns."""
    rng = np.random.default_rng(seed)
    by = 1.0 if shifted else 0.0

    def zipf(values: int, first: float = 1.0) -> pa.Array:
        share = 1 / np.arange(1, values + 1)
        share[0] *= first
        names = np.array([f"value-{i:05}" for i in range(values)])
        return pa.array(names[rng.choice(values, rows, p=share / share.sum())])

    def holed(values: np.ndarray, share: float) -> pa.Array:
        return pa.array(values, mask=rng.random(rows) < share)

    columns = {
        "normal": pa.array(rng.normal(0.1 * by, 1, rows)),
        "normal_null": holed(rng.normal(size=rows), 0.05),
        "exponential": pa.array(rng.exponential(1 + 0.1 * by, rows)),
        "lognormal": pa.array(rng.lognormal(0, 1.5, rows)),
        "student": pa.array(rng.standard_t(2, rows)),
        "beta": pa.array(rng.beta(2, 5, rows)),
        "uniform": pa.array(rng.random(rows).astype(np.float32)),
        "spike": pa.array(np.where(rng.random(rows) < 0.7, 0.0, rng.normal(5, 2, rows))),
        "count": pa.array(rng.poisson(4, rows)),
        "amount": pa.array(rng.integers(0, 100_000, rows)),
        "gamma_null": holed(rng.gamma(2, 3, rows), 0.2),
        "score": pa.array(np.round(rng.normal(50, 10, rows), 1)),
        "two": zipf(2),
        "five": zipf(5, 1 + 0.1 * by),
        "ten": zipf(10),
        "twelve_null": holed(zipf(12).to_numpy(zero_copy_only=False), 0.1),
        "fifty": zipf(50, 1 + 0.1 * by),
        "two_hundred": zipf(200),
        "two_thousand": zipf(2_000),
        "fifty_thousand": zipf(50_000),
    }
    return pa.table(columns)


def paths(rows: int) -> tuple[Path, Path]:
    """Parquet files of such tables, made once."""
    DATA.mkdir(exist_ok=True)
    found = []
    for side, seed in (("reference", 1), ("current", 2)):
        path = DATA / f"{side}-{rows}.parquet"
        if not path.exists():
            pq.write_table(mixed(rows, seed, side == "current"), path)
        found.append(path)
    return found[0], found[1]
