"""Contracts for those who write an engine: subclass `EngineContract` in a pytest module, and say how to make one.

    class TestMine(EngineContract):
        def engine(self, table):
            return MyEngine(table)

Every law of `bitsapart.tables.engines.engine.Engine` is then tested on tables that have broken engines before.
"""

import datetime as dt
import math
from abc import ABC, abstractmethod
from decimal import Decimal

import numpy as np
import pyarrow as pa

from bitsapart.tables.engines.engine import Engine
from bitsapart.tables.engines.memory import MemoryEngine
from bitsapart.tables.source import open_table
from bitsapart.tables.survey import survey
from bitsapart.values.histogram import Histogram, Unreadable

NAN, INF = math.nan, math.inf
DAY = dt.date(2020, 2, 29)
MOMENT = dt.datetime(2020, 2, 29, 12, 30)

EVERY_TYPE = pa.table(
    {
        "int8": pa.array([1, 2, None, 2, -128, 127, 0, 0], pa.int8()),
        "int64": pa.array([2**63 - 1, -(2**63), 0, None, 2**53 + 1, 2**53, 1, 1], pa.int64()),
        "uint64": pa.array([2**64 - 1, 0, 1, None, 5, 5, 5, 5], pa.uint64()),
        "float64": pa.array([NAN, INF, -INF, None, 0.0, -0.0, 1e308, 5e-324]),
        "float32": pa.array([1.5, NAN, None, 1.5, 1.5, -INF, 2.5, 0.1], pa.float32()),
        "float16": pa.array(np.array([1, 2, 2, 2, 2, 2, 2, 60000], np.float16)),
        "boolean": pa.array([True, False, None, True, True, True, False, None]),
        "string": pa.array(["a", "", None, "null", "a\nb", "é😀", "a", "NaN"]),
        "large_string": pa.array(["a", "b", None, "a", "a", "b", "c", "c"], pa.large_string()),
        "string_view": pa.array(["a", "b", None, "a", "a", "b", "c", "c"], pa.string_view()),
        "dictionary": pa.array(["x", None, "y", "x", "x", "x", "y", "z"]).dictionary_encode(),
        "dictionary_of_int": pa.array([7, None, 8, 7, 7, 7, 8, 9]).dictionary_encode(),
        "decimal": pa.array([Decimal("0.10"), None, Decimal("0.10"), *[Decimal("99.99")] * 5]),
        "date32": pa.array([DAY, None, DAY, DAY, *[dt.date(1969, 12, 31)] * 4]),
        "date64": pa.array([DAY, None, DAY, DAY, *[dt.date(1969, 12, 31)] * 4], pa.date64()),
        "timestamp": pa.array([MOMENT, None, *[MOMENT] * 6], pa.timestamp("us")),
        "timestamp_zone": pa.array([MOMENT, None, *[MOMENT] * 6], pa.timestamp("ns", "Europe/Berlin")),
        "time": pa.array([dt.time(1, 2), None, *[dt.time(23, 59)] * 6]),
        "time32": pa.array([1, None, *[86399] * 6], pa.time32("s")),
        "duration": pa.array([dt.timedelta(days=1), None, *[dt.timedelta(seconds=-1)] * 6]),
        "binary": pa.array([b"\x00\xff", None, b"", b"\x00\xff", *[b"a"] * 4]),
        "list": pa.array([[1], None, [], [1, 2], *[[1, 2, 3]] * 4]),
        "map": pa.array([[("a", 1)], None, [], *[[("a", 1), ("b", 2)]] * 5], pa.map_(pa.utf8(), pa.int64())),
        "struct": pa.array([{"a": 1}, None, {"a": None}, *[{"a": 2}] * 5]),
        "null": pa.nulls(8),
        "constant": pa.array(["same"] * 8),
        "a.b": pa.array(range(8)),
        "": pa.array([0.5] * 8),
        '\'; DROP TABLE "x" [red]\n😀': pa.array([1] * 8),
    }
)
"""Eight rows of every type, with the values that are easily confused."""


def mixed(rows: int, seed: int = 0) -> pa.Table:
    """A larger table: atoms, heavy tails, nulls, NaN, many values, keys of rows."""
    rng = np.random.default_rng(seed)
    floats = rng.standard_t(1.5, rows)
    floats[rng.random(rows) < 0.01] = NAN
    return pa.table(
        {
            "heavy": pa.array(floats, mask=rng.random(rows) < 0.05),
            "spike": np.where(rng.random(rows) < 0.4, 0.0, rng.exponential(size=rows)),
            "vast": rng.lognormal(0, 40, rows),
            "whole": rng.integers(-(10**12), 10**12, rows),
            "few": rng.poisson(3, rows).astype(np.int16),
            "when": pa.array(rng.integers(0, 10**9, rows), pa.timestamp("s")),
            "word": pa.array([f"w{i}" for i in rng.zipf(1.3, rows) % 5000]),
            "key": [f"row {i}" for i in range(rows)],
            "number": np.arange(rows),
        }
    )


class EngineContract(ABC):
    """The laws of an engine, as tests."""

    @abstractmethod
    def engine(self, table: pa.Table) -> Engine:
        """The engine under test, holding a table."""

    def stored(self, table: pa.Table) -> pa.Table:
        """The table with the types that the engine's storage gives it, where that has fewer types than Arrow."""
        return table

    def counts(self, table: pa.Table, plan_of: pa.Table) -> dict[str, Histogram | Unreadable]:
        """What the engine counts in a table on the plan of another."""
        return dict(self.engine(table).count(survey(memory(plan_of))))

    def test_agrees_with_memory_on_every_type(self) -> None:
        """Counts are those of the specification."""
        table = self.stored(EVERY_TYPE)
        plan = survey(memory(table))
        assert dict(self.engine(table).count(plan)) == dict(memory(table).count(plan))

    def test_agrees_with_memory_on_many_rows(self) -> None:
        """Counts are those of the specification, on another table's plan."""
        table, plan = mixed(20_000, seed=2), survey(memory(mixed(20_000)))
        assert dict(self.engine(table).count(plan)) == dict(memory(table).count(plan))

    def test_counts_every_row_once(self) -> None:
        """No row is lost, and none is counted twice."""
        for name, histogram in self.counts(EVERY_TYPE, EVERY_TYPE).items():
            assert not isinstance(histogram, Unreadable), name
            assert histogram.rows == EVERY_TYPE.num_rows, name

    def test_is_additive(self) -> None:
        """The counts of all rows are the sum of the counts of any parts."""
        table = mixed(9_000)
        whole = self.counts(table, table)
        first, second = self.counts(table.slice(0, 1_234), table), self.counts(table.slice(1_234), table)
        for name, histogram in whole.items():
            assert histogram == first[name] + second[name], name  # type: ignore[operator]

    def test_does_not_depend_on_order(self) -> None:
        """Shuffled rows give the same counts."""
        table = mixed(9_000)
        shuffled = table.take(np.random.default_rng(1).permutation(len(table)))
        assert self.counts(shuffled, table) == self.counts(table, table)

    def test_surveys_like_memory(self) -> None:
        """The sample, and so the plan, is that of the specification."""
        table = self.stored(mixed(200_000))
        assert survey(self.engine(table)) == survey(memory(table))

    def test_keeps_specials_apart(self) -> None:
        """Null, NaN and the infinities are four outcomes; 0.0 and -0.0 are one."""
        found = self.counts(EVERY_TYPE, EVERY_TYPE)["float64"]
        assert found.specials == {"null": 1, "nan": 1, "-inf": 1, "inf": 1}  # type: ignore[union-attr]

    def test_counts_types_that_changed_within_a_family(self) -> None:
        """Whole numbers on a plan of fractions, days on a plan of seconds, and the other way round."""
        whole = pa.table({"x": pa.array([1, 2, 2, None] * 10), "t": pa.array([DAY] * 40)})
        fractions = pa.table({"x": pa.array([1.0, 2.5, 2.0, None] * 10), "t": pa.array([MOMENT] * 40)})
        for table, other in ((whole, fractions), (fractions, whole)):
            plan = survey(memory(other))
            assert dict(self.engine(table).count(plan)) == dict(memory(table).count(plan))


def memory(table: pa.Table) -> MemoryEngine:
    """The specification, holding a table."""
    return MemoryEngine(open_table(table, "reference"))
