"""Both engines keep the contract, whatever the rows are stored in."""

from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from bitsapart.tables.engines.arrow import ArrowEngine
from bitsapart.tables.engines.engine import Engine
from bitsapart.tables.engines.memory import MemoryEngine
from bitsapart.tables.source import open_table
from bitsapart.testing import EngineContract


class TestMemory(EngineContract):
    def engine(self, table: pa.Table) -> Engine:
        return MemoryEngine(open_table(table, "reference"))


class TestArrow(EngineContract):
    def engine(self, table: pa.Table) -> Engine:
        return ArrowEngine(open_table(table, "reference"))


class TestArrowInManyPieces(EngineContract):
    def engine(self, table: pa.Table) -> Engine:
        parts = [open_table(table.slice(at, 777), "reference") for at in range(0, len(table), 777)]
        whole = open_table(table, "reference")
        whole.pieces = tuple(piece for part in parts for piece in part.pieces)
        return ArrowEngine(whole, threads=3)


class OnDisk(EngineContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def path(self) -> Path:
        return self.folder / f"table-{len(list(self.folder.iterdir()))}"


class TestArrowOnParquet(OnDisk):
    def stored(self, table: pa.Table) -> pa.Table:
        buffer = pa.BufferOutputStream()
        pq.write_table(table, buffer)
        return pq.read_table(pa.BufferReader(buffer.getvalue()))

    def engine(self, table: pa.Table) -> Engine:
        path = self.path().with_suffix(".parquet")
        pq.write_table(table, path, row_group_size=5_000)
        return ArrowEngine(open_table(path, "reference"))


class TestArrowOnFeather(OnDisk):
    def engine(self, table: pa.Table) -> Engine:
        path = self.path().with_suffix(".feather")
        pyarrow.feather.write_feather(table, path, compression="lz4", chunksize=3_000)
        return ArrowEngine(open_table(path, "reference"))
